"""Keeps what is shown as fresh as the database, and says so when the database does not answer."""

from __future__ import annotations

import datetime as dt
import math
import os
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any

from textual import on
from textual.message import Message

from rmtui import clock
from rmtui.errors import ConfigurationError, RmtuiError, UnreachableError
from rmtui.i18n import tr
from rmtui.services import deployment, enrollments
from rmtui.services.types import Summary
from rmtui.tui.errands import Errands
from rmtui.tui.link.listing import Listing
from rmtui.tui.widgets.listview import ListView
from rmtui.tui.widgets.status import UNREACHABLE, Health

__all__ = ["Watching", "refresh_seconds"]

RETRY = 5.0
"""Seconds between tries while the database does not answer and nothing else asks it."""
REREAD = dt.timedelta(seconds=30)
"""After this long everything is read again whatever the cheap question says."""


def refresh_seconds() -> float:
    """``RMTUI_REFRESH``: seconds between two cheap questions; 0 asks none.

    :raises ConfigurationError: it is not a number.
    """
    text = os.environ.get("RMTUI_REFRESH", "").strip()
    try:
        seconds = float(text) if text else 1.5
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise ConfigurationError(tr("RMTUI_REFRESH is {text}; it takes seconds, 0 for no refresh.", text=repr(text)))
    return max(seconds, 0.2) if seconds else 0.0


class Watching(Listing, Errands):
    """A screen that asks ``changes()`` now and then, and owns the :class:`Health` that the status line shows."""

    health: Health

    @dataclass
    class _Checked(Message, bubble=False):
        token: str = ""
        error: RmtuiError | None = None

    @dataclass
    class _Summed(Message, bubble=False):
        summary: Summary | None = None
        error: RmtuiError | None = None

    def __init__(self) -> None:
        super().__init__()
        self._token: str | None = None
        self._checking = False
        self._summing = False
        self._sum_again = False
        self._read_at: dt.datetime | None = None
        self._every = refresh_seconds()

    # For the screen

    @abstractmethod
    def show_health(self) -> None:
        """Draw the status line anew."""

    @abstractmethod
    def reread(self) -> None:
        """Read again what is on the screen."""

    def counted(self, summary: Summary) -> None:
        """How many wait is known anew; what was known before is in :attr:`health`."""

    # What it does

    def watch_database(self) -> None:
        """Begin."""
        self.set_interval(self._every or RETRY, self._tick)
        self.set_interval(1.0, self.show_health)
        self.sum_up()

    def _tick(self) -> None:
        if (self._every or self.health.trouble) and self.console.link.free:
            self.check()

    def check(self) -> None:
        """Ask the cheap question, unless it is being asked."""
        if not self._checking:
            self._checking = True
            self.errand(
                "changes",
                lambda: self._Checked(deployment.changes()),
                lambda error: self._Checked(error=error),
                description=tr("asking the database for changes"),
            )

    def refresh_all(self) -> None:
        """Read everything again, whatever has changed."""
        self._read_at = clock.utcnow()
        self.reread()
        self.sum_up()

    def sum_up(self) -> None:
        """Count those who wait; one count at a time."""
        if self._summing:
            self._sum_again = True
            return
        self._summing = True
        self.errand(
            "summary",
            lambda: self._Summed(enrollments.summary()),
            lambda error: self._Summed(error=error),
            description=tr("counting those who wait"),
        )

    def set_health(self, **values: Any) -> None:
        """Change what the status line says."""
        health = replace(self.health, **values)
        if health != self.health:
            self.health = health
            self.show_health()

    @on(_Checked)
    def _take_check(self, message: _Checked) -> None:
        self._checking = False
        if message.error is not None:
            self._lost(message.error)
            return
        due = self._read_at is None or clock.utcnow() - self._read_at >= REREAD
        changed = message.token != self._token or bool(self.health.trouble) or due
        self._token = message.token
        self._found()
        if changed:
            self.refresh_all()

    @on(_Summed)
    def _take_summary(self, message: _Summed) -> None:
        self._summing = False
        if message.summary is not None:
            self.counted(message.summary)
            self.set_health(summary=message.summary)
        elif message.error is not None:
            self._lost(message.error)
        if self._sum_again:
            self._sum_again = False
            self.sum_up()

    @on(ListView.Answered)
    def _take_answer(self, message: ListView.Answered) -> None:
        if message.error is not None:
            self._lost(message.error)
        else:
            self._found()

    def _lost(self, error: RmtuiError) -> None:
        headline = UNREACHABLE if isinstance(error, UnreachableError) else error.title
        self.set_health(trouble=error.sentence, headline=headline, lost_since=self.health.lost_since or clock.utcnow())

    def _found(self) -> None:
        self.set_health(trouble="", lost_since=None, seen=clock.utcnow())
