"""Carries out what is due outside the database while the console is open."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from textual import on
from textual.message import Message

from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.tui.watch import Watching

__all__ = ["CarryingOut"]

EVERY = 5.0
"""Seconds between two looks at what is due."""
MOST = 50
"""How many effects are tried before what became of them is counted."""


class CarryingOut(Watching):
    """A screen that runs due effects now and then: only while some wait, one run at a time, never in read-only mode."""

    @dataclass
    class _Ran(Message, bubble=False):
        tried: int = 0
        error: RmtuiError | None = None

    def __init__(self) -> None:
        super().__init__()
        self._under_way = False
        self._leaving = threading.Event()

    def watch_database(self) -> None:
        """Begin."""
        super().watch_database()
        if not self.health.read_only:
            self.set_interval(EVERY, self.carry_out)

    def carry_out(self) -> None:
        """Run what is due, unless nothing waits or the database does not answer."""
        summary = self.health.summary
        if self._under_way or self.health.read_only or self.health.trouble or summary is None or not summary.undone:
            return
        self._under_way = True

        def work() -> Message:
            from rmtui.services import effects

            if not effects.anything_due():
                return self._Ran()
            ran = effects.run_due(stop=self._leaving, most=MOST)
            return self._Ran(ran.tried)

        self.errand("effects", work, lambda error: self._Ran(error=error), description=tr("telling products and others of people"))

    @on(_Ran)
    def _take_ran(self, message: _Ran) -> None:
        self._under_way = False
        if message.tried:
            self.sum_up()
        if message.error is not None and not self.health.trouble:
            self.console.tell(message.error.sentence, severity="warning")

    def on_unmount(self) -> None:
        """Begin nothing more."""
        self._leaving.set()
