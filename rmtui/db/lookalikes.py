"""Who looks like whom, asked for many at once without reading everybody for each."""

from __future__ import annotations

import datetime as dt
import threading

from rmtui.db.people import Person
from rmtui.text import fold, skeleton

__all__ = ["Lookalikes"]

SLACK = dt.timedelta(hours=1)
"""How far the clocks of those who write may differ, so that nobody is missed who came meanwhile."""


class Lookalikes:
    """The people that count, by what their callsigns look like, and those that are about to be. For threads, each with a connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, str]] = {}
        self._read_before: set[str] = set()
        self._latest: dt.datetime | None = None

    def taking(self, callsign: str) -> list[str]:
        """Callsigns that look like this one without being the same; without any, this one counts too from now on.

        Needs an open connection.
        """
        with self._lock:
            self._read()
            alike = self._known.setdefault(skeleton(callsign), {})
            others = sorted(other for folded, other in alike.items() if folded != fold(callsign))
            if not others:
                alike.setdefault(fold(callsign), callsign)
            return others

    def _read(self) -> None:
        query = Person.select(Person.callsign, Person.created).where(Person.deleted.is_null())
        if self._latest is not None:
            query = query.where(Person.created >= self._latest - SLACK)
        for callsign, created in query.tuples().iterator():
            if callsign not in self._read_before:
                self._read_before.add(callsign)
                self._known.setdefault(skeleton(callsign), {}).setdefault(fold(callsign), callsign)
            self._latest = created if self._latest is None else max(self._latest, created)
