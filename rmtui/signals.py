"""Signals that end the program: Ctrl+C, SIGTERM, and SIGHUP where the terminal is gone. At the end of a link several may come at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["ENDING", "ended_by_signals", "heed", "hold", "over"]

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Those that come from others than the operator."""
_ALL = (signal.SIGINT, *ENDING)


def hold() -> None:
    """Have the signals that end the program wait until :func:`heed`: before it is loaded, nobody can tell what they ended."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)


def heed() -> None:
    """Let the signals come that were held; one that waits is here before this returns."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ALL)


def over(code: int) -> None:
    """Have a signal end the program at once, with this exit code: nothing is left to be done."""
    exec("")  # noqa: S102  # an interruption in an earlier one, as of a dataclass that was being made, would be Python's own exit code
    for number in _ALL:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: os._exit(code))


def _too_late(_number: int, _frame: FrameType | None) -> None:
    """The program is ending already."""


@contextmanager
def ended_by_signals(error: Callable[[], BaseException]) -> Iterator[None]:
    """Have the first signal that ends the program raise this in the block; those after it are not heeded, so that what is open is closed.

    What is ignored, as below ``nohup``, stays so.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, _too_late)
        raise error()

    here = ENDING if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, end) for number in here if signal.getsignal(number) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is end:
                signal.signal(number, handler)
