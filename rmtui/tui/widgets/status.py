"""The status line and the banner over it: who acts on what, what waits, and how fresh all of it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from rmtui import clock
from rmtui.services.types import Summary
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.widgets.oneline import OneLine, Piece

__all__ = ["UNREACHABLE", "Banner", "Health", "StatusLine"]

UNREACHABLE = "Database unreachable"
"""What the banner begins with when nothing answers."""
FRESH = dt.timedelta(seconds=10)
"""Data younger than this is not worth counting seconds for."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the status line says, as one value."""

    operator: str | None
    read_only: bool
    kind: str
    place: str
    summary: Summary | None = None
    """None while it is being counted."""
    seen: dt.datetime | None = None
    """When the database last said that what is shown is what it holds."""
    filter: str = ""
    proof: str = "none"
    """How the operator is known."""
    lost_since: dt.datetime | None = None
    trouble: str = ""
    """Sentence of the failure; empty while all is well."""
    headline: str = UNREACHABLE
    """What kind of failure it is."""


class StatusLine(OneLine):
    """One line from a :class:`Health`."""

    def __init__(self, health: Health) -> None:
        super().__init__()
        self.health = health
        self.SEPARATOR = f" {glyphs().bar} "

    def left(self) -> Sequence[Piece]:
        """Read-only badge, operator, queue, filter."""
        health, pieces = self.health, []
        if health.read_only:
            pieces.append(Piece(" READ-ONLY ", "line--alert", 10))
        operator = self._operator()
        pieces.append(Piece(operator, "line--strong" if health.operator else "line--alert", 9, least=11))
        pieces.append(Piece(self._queue(), "", 8))
        if health.filter:
            pieces.append(Piece(f"filter: {show(health.filter)}", "line--strong", 7, least=12))
        return pieces

    def right(self) -> Sequence[Piece]:
        """Kind and place of the database, age of the data."""
        health = self.health
        return [Piece(f"{health.kind} {show(health.place)}", "line--muted", 4, least=14), Piece(self._age(), "", 6)]

    def _operator(self) -> str:
        """Who acts; that nobody proved it stands beside the name."""
        if not self.health.operator:
            return "no operator"
        name = show(self.health.operator)
        return f"{name} (unproven)" if self.health.proof == "none" else f"{name} ({self.health.proof})"

    def _queue(self) -> str:
        summary = self.health.summary
        if summary is None:
            return f"{glyphs().dots} pending"
        oldest = f", oldest {clock.age(summary.oldest)}" if summary.oldest else ""
        return f"{summary.pending} pending{oldest}"

    def _age(self) -> str:
        seen = self.health.seen
        if seen is None:
            return "reading"
        now = clock.utcnow()
        age = "now" if now - seen < FRESH and not self.health.trouble else clock.age(seen, now)
        return "data now" if age == "now" else f"data {age} old"


class Banner(OneLine):
    """Stands over the status line while the database does not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.health: Health | None = None
        self.display = False

    def tell(self, health: Health) -> None:
        """Show or hide it."""
        self.health = health
        self.display = bool(health.trouble)
        self.update_line()

    def left(self) -> Sequence[Piece]:
        """What is wrong, since when, and what the program does about it."""
        health = self.health
        if health is None or not health.trouble:
            return []
        since = f" since {clock.stamp(health.lost_since)[11:]}" if health.lost_since else ""
        return [
            Piece(f"{glyphs().warning} {health.headline}{since}, retrying.", weight=9),
            Piece(show(health.trouble), weight=5, least=20),
        ]
