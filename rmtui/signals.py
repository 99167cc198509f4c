"""Signals that end the program: SIGTERM, and SIGHUP where the terminal is gone. At the end of a link both may come at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["ENDING", "ended_by_signals"]

ENDING = (signal.SIGTERM, signal.SIGHUP)


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
