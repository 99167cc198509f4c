"""Tells an Enter that was meant from one that a held-down key repeats."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["EnterGuard"]

PAUSE = 0.75
"""Seconds; longer than the time any keyboard takes to begin repeating a key that is held down."""


class EnterGuard:
    """An Enter counts after another key was pressed in this state of the dialog, which ends the repeating of a held one, or after
    :data:`PAUSE` without an Enter.

    :param pressed: when the key that is being handled was pressed, in seconds of :func:`time.monotonic`: a key that waited for the
        console is as old as it is. Without, now.
    """

    def __init__(self, clock: Callable[[], float] | None = None, pressed: Callable[[], float] | None = None) -> None:
        self._clock = clock or time.monotonic
        self._pressed = pressed or self._clock
        self._last = self._clock()
        self._moved = False

    def begin(self) -> None:
        """The dialog asks something else now: what was typed before says nothing about it."""
        self._last = self._clock()
        self._moved = False

    def moved(self) -> None:
        """Another key was pressed."""
        self._moved = True

    def accepts(self) -> bool:
        """Whether the Enter that was pressed just now counts."""
        pressed = self._pressed()
        meant = self._moved or pressed - self._last >= PAUSE
        self._last = max(self._last, pressed)
        self._moved = False
        return meant
