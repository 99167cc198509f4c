"""Textual's driver for terminals, with :class:`~rmtui.tui.link.outlet.Outlet` between it and the terminal.

What of Textual this rests on is here and in ``pastes.py`` alone, and is tested in ``tests/tui/test_link_driver.py``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from codecs import getincrementaldecoder
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from rmtui.glyphs import charset
from rmtui.tui.link.outlet import Outlet
from rmtui.tui.link.terminal import SIMPLE, Terminal, watch

if TYPE_CHECKING:
    from rmtui.tui.link.state import Link

__all__ = ["LinkDriver"]

WIDEST, HIGHEST = 1_000, 400
"""Columns and lines that are drawn at most, whatever size a terminal says it has."""


class LinkDriver(LinuxDriver):
    """Draws through an :class:`Outlet`, and takes the terminal's answers to it out of what is typed."""

    _app: Any
    _outlet: Outlet | None = None
    _terminal: Terminal | None = None
    _watched = False
    _suspended = False
    _title = ""

    @property
    def link(self) -> Link:
        """What is known of the line."""
        link: Link = self._app.link
        return link

    def start_application_mode(self) -> None:
        """As Textual's, with the terminal given back as it was before anything was asked."""
        width, height = self._get_terminal_size()
        fd = sys.__stderr__.fileno() if sys.__stderr__ is not None else 2
        terminal = self._terminal = Terminal(fd)
        if not self._watched:
            self._watched = True
            loop = asyncio.get_running_loop()
            watch(self.fileno, loop, self._app.hang_up)
        simple = os.environ.get("TERM", "").startswith(SIMPLE)
        before = self.link.outlet
        outlet = Outlet(terminal.write, width, height, discard=terminal.discard, thin=self.link.thin, simple=simple, charset=charset())
        if before is not None:
            outlet.resume(before)
        self._outlet = self.link.outlet = outlet
        outlet.start()
        if not simple:
            self.link.entitle = self.entitle
            self._show_title("", self._title)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.link.before is not None and self.attrs_before is not None:
            self.attrs_before = self.link.before

    def write(self, data: str) -> None:
        """Have it drawn."""
        if self._outlet is not None:
            self._outlet.feed(data, self._screen(), self.link.scene())

    def entitle(self, title: str) -> None:
        """Have the terminal's window called this, once; its own title is kept and comes back with an empty one."""
        before, self._title = self._title, title
        self._show_title(before, title)

    def _show_title(self, before: str, title: str) -> None:
        if title != before:
            self.write(("" if before else "\x1b[22;0t") + f"\x1b]2;{title}\a" + ("" if title else "\x1b[23;0t"))

    def _screen(self) -> tuple[int, int]:
        width, height = self._app.size
        return width, height

    def _get_terminal_size(self) -> tuple[int, int]:
        width, height = super()._get_terminal_size()
        return min(width, WIDEST), min(height, HIGHEST)

    def suspend_application_mode(self) -> None:
        """As Textual's."""
        self._suspended = True
        super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """As Textual's, but only what was suspended: a line that ends sends the signal to go on too."""
        if self._suspended:
            super().resume_application_mode()
            # In the background Textual begins nothing, and is told again by what brings it to the front.
            self._suspended = self._key_thread is None or not self._key_thread.is_alive()

    def stop_application_mode(self) -> None:
        """As Textual's, when nothing is drawn any more."""
        if self._outlet is not None:
            self._outlet.leave()
            self._show_title(self._title, "")
        super().stop_application_mode()

    def close(self) -> None:
        """Write what is left."""
        if self._outlet is not None:
            self._outlet.stop()
            if self._terminal is not None and not self._outlet.is_alive():
                self._terminal.close()
            self._outlet = self._terminal = None
        super().close()

    def process_message(self, message: Message) -> None:
        """A message from the terminal; its answers are the outlet's."""
        if isinstance(message, events.CursorPosition) and self._outlet is not None and self._outlet.answered((message.x, message.y)):
            return
        if isinstance(message, (events.Key, events.Paste)):
            self.link.arrived(message)
        super().process_message(message)

    def run_input_thread(self) -> None:
        """As Textual's, after what was typed while the terminal was asked how far away it is."""
        self.link.typed_ahead(self.process_message)
        letters = charset()
        typed = partial(getincrementaldecoder("utf-8" if letters == "ascii" else letters), errors="ignore")
        vars(linux_driver)["getincrementaldecoder"] = lambda _utf8: typed  # its own ends the console at what is no UTF-8
        try:
            super().run_input_thread()
        except OSError:  # the terminal is gone, which is watched for
            return
