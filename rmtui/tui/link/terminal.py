"""The terminal's end of the line: written to, given up, and watched for going away."""

from __future__ import annotations

import asyncio
import os
import select
import termios
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["SIMPLE", "Terminal", "watch"]

SIMPLE = ("linux", "vt")
"""How the names of terminals begin that have no mouse, no title, no clipboard, and may draw what is sent to those."""
LOOK = 0.2
"""Seconds between two looks whether a write that finds no room is still wanted."""
CANCEL = b"\x18"
"""Ends whatever sequence was cut off."""


class Terminal:
    """Writes to a terminal: all of it, however long that takes, unless it is discarded meanwhile.

    It is opened anew where it can be, since not to wait on the descriptor that others share would be for them too.
    """

    def __init__(self, fd: int) -> None:
        try:
            self._fd = os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:  # no name here, as in some containers: a write may block, in a thread that nobody waits for
            self._fd = os.dup(fd)
        self._cut = self._discarding = False

    def write(self, data: bytes) -> None:
        """Write; what was cut off by :meth:`discard` is ended first.

        :raises OSError: there is no terminal any more.
        """
        view = memoryview(CANCEL + data if self._cut else data)
        self._cut = False
        while view:
            if self._discarding:
                self._discarding, self._cut = False, True
                return
            try:
                view = view[os.write(self._fd, view) :]
            except BlockingIOError:
                room = select.poll()
                room.register(self._fd, select.POLLOUT)
                room.poll(LOOK * 1000)

    def discard(self) -> None:
        """Give up what is being written, and throw away what the terminal has not read."""
        self._discarding = True
        with suppress(termios.error):  # it is gone
            termios.tcflush(self._fd, termios.TCOFLUSH)

    def close(self) -> None:
        """Write no more."""
        os.close(self._fd)


def watch(fd: int, loop: asyncio.AbstractEventLoop, gone: Callable[[], object]) -> None:
    """Call ``gone`` in the loop when the other end of a terminal is closed, whether or not a signal tells it too."""

    def wait() -> None:
        line = select.poll()
        line.register(fd, 0)
        line.poll()
        with suppress(RuntimeError):  # the loop has ended before
            loop.call_soon_threadsafe(gone)

    threading.Thread(target=wait, name="rmtui-line", daemon=True).start()
