"""The status line and the banner over it: who acts on what, what waits, and how fresh all of it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from rmtui import clock
from rmtui.i18n import later, tr, trn
from rmtui.services.types import Count, Summary
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.link.state import Link
from rmtui.tui.widgets.columns import GAP, cut
from rmtui.tui.widgets.oneline import OneLine, Piece

__all__ = ["UNREACHABLE", "Banner", "Health", "StatusLine"]

UNREACHABLE = later("Database unreachable")
"""What the banner begins with when nothing answers."""
MISSING = (later("rmtui init makes a new deployment."), later("If it was moved, move it back: what is shown here is from before."))
"""Advice for whoever starts, and what to say to whoever has seen this deployment already."""
REASON = 3
"""Lines at most that the reason takes under it."""
LONGEST = 24
"""Characters of the operator's callsign that are told."""
FRESH = dt.timedelta(seconds=10)
"""Data younger than this is not worth counting seconds for."""
STALE = dt.timedelta(minutes=1)
"""Over a thin line, data younger than this is as of the minute that is told."""
HEARTBEAT = dt.timedelta(minutes=1)
"""Over a thin line the time is told anew at least this often: a line that is dead is known by a time that stands still."""


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
    marks: int = 0
    """Rows that are marked in the pane that shows."""
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
        self._now = clock.utcnow()
        """The time that ages are told for; over a thin line it stands still between two keys, for a minute at most."""
        self.SEPARATOR = f" {glyphs().bar} "

    @property
    def link(self) -> Link:
        """The line to the terminal."""
        link: Link = self.app.link  # type: ignore[attr-defined]
        return link

    def touch(self) -> None:
        """A key was pressed: what is drawn next tells the time."""
        self._now = clock.utcnow()

    def _lay(self) -> None:
        now = clock.utcnow()
        if not self.link.thin or now - self._now >= HEARTBEAT:
            self._now = now
        super()._lay()

    def left(self) -> Sequence[Piece]:
        """Read-only badge, operator, queue, marks, filter."""
        health, pieces = self.health, []
        if health.read_only:
            pieces.append(Piece(" " + tr("READ-ONLY") + " ", "line--alert", 10))
        operator = self._operator()
        if self.link.behind:
            pieces.append(Piece(tr("line {behind} s behind", behind=self.link.behind), "line--alert", 11))
        pieces.append(Piece(operator, "line--strong" if health.operator else "line--alert", 9))
        pieces.append(self._queue())
        expiring = health.summary.expiring if health.summary else Count(0)
        if expiring.number:
            pieces.append(Piece(tr("{expiring} expiring", expiring=expiring), "line--strong", 6))
        failing = health.summary.failing if health.summary else Count(0)
        if failing.number:
            pieces.append(
                Piece(trn("{number} effect failing", "{number} effects failing", failing.number, number=failing), "line--alert", 8)
            )
        if health.marks:
            pieces.append(Piece(tr("{marks} marked", marks=f"{health.marks:,}"), "line--active", 9))
        if health.filter:
            pieces.append(
                Piece(
                    tr("filter: {filter}", filter=show(health.filter)),
                    "line--strong",
                    5,
                    least=4 + cell_len(tr("filter: {filter}", filter="")),
                )
            )
        return pieces

    def right(self) -> Sequence[Piece]:
        """Kind and place of the database, age of the data."""
        health = self.health
        return [Piece(f"{health.kind} {show(health.place)}", "line--muted", 4, least=14), self._age()]

    def _operator(self) -> str:
        """Who acts; that nobody proved it stands beside the name."""
        if not self.health.operator:
            return tr("no operator")
        name = show(self.health.operator, LONGEST)
        return (
            tr("{name} (unproven)", name=name)
            if self.health.proof == "none"
            else tr("{name} ({proof})", name=name, proof=tr(self.health.proof))
        )

    def _queue(self) -> Piece:
        summary = self.health.summary
        pending = tr("{number} pending", number=glyphs().dots if summary is None else summary.pending)
        if summary is None or not summary.oldest:
            return Piece(pending, "", 8)
        long = tr("{number} pending, oldest {age}", number=summary.pending, age=clock.age(summary.oldest, self._now))
        return Piece(long, "", 8, short=pending, shrinks=7)

    def _age(self) -> Piece:
        """Stays longest wherever it is what tells that something is wrong."""
        seen, now, trouble = self.health.seen, clock.utcnow(), bool(self.health.trouble)
        if seen is None:
            long, short = tr("reading"), ""
        elif self.link.thin and now - seen < STALE and not trouble:
            minute = clock.hour(self._now)
            long, short = tr("thin, as of {now}", now=minute), tr("as of {now}", now=minute)
        elif (now - seen < FRESH and not trouble) or (now - seen).total_seconds() < 1:
            long, short = tr("data now"), tr("fresh")
        else:
            trouble, age = True, clock.age(seen, now)
            long, short = tr("data {age} old", age=age), tr("{age} old", age=age)
        return Piece(long, "", 12 if trouble or self.link.thin else 9, short=short, shrinks=7)


class Banner(Widget):
    """Stands over the status line while the database does not answer: what, since when and what is done about it in the first line;
    the reason beside it where all of it has room, else in lines of its own.
    """

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._told = ("", "")
        self.display = False

    def tell(self, health: Health) -> None:
        """Show or hide it."""
        told = ("", "")
        if health.trouble:
            headline, since = tr(health.headline), clock.stamp(health.lost_since)[11:]
            first = tr("{headline} since {time}, retrying.", headline=headline, time=since) if since else ""
            first = first or tr("{headline}, retrying.", headline=headline)
            told = f"{glyphs().warning} {first}", show(health.trouble).replace(tr(MISSING[0]), tr(MISSING[1]))
        if told != self._told:
            self._told = told
            self.refresh(layout=True)
        self.display = bool(health.trouble)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes."""
        return len(self._lines(width))

    def render(self) -> RenderableType:
        """Its lines, as wide as the screen: without colour they are reversed."""
        width = self.content_size.width
        return Text("\n".join(cut(line, width) for line in self._lines(width)), no_wrap=True)

    def _lines(self, width: int) -> list[str]:
        first, rest = self._told
        together = f"{first}  {rest}"
        if cell_len(together) <= width:
            return [together]
        lines = [line.plain.rstrip() for line in Text(rest).wrap(self.app.console, max(width - GAP, 1))]
        if len(lines) > REASON:
            lines[REASON - 1 :] = [cut(" ".join(lines[REASON - 1 :]), width - GAP)]
        return [first, *(f"{'':{GAP}}{line}" for line in lines)]
