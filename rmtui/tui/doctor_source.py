"""What the doctor looks at and finds, as a list of the console; all of it is in memory."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from rmtui.i18n import later, tr
from rmtui.services.doctor import CHECKS, SEVERITIES, Checked, Finding, Step
from rmtui.services.types import Count, Cursor, Page
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.sources import text_cell
from rmtui.tui.widgets.columns import Cell, Column, wide
from rmtui.tui.widgets.source import Source
from rmtui.tui.widgets.window import Around, Place

__all__ = ["DoctorQuery", "DoctorRow", "DoctorSource", "state_cell"]

State = Literal["waits", "checking", "ok", "warning", "error"]
CUT = 400
"""Characters of a sentence that a cell looks at."""
STATES = {
    "waits": later("waits"),
    "checking": later("checking"),
    "ok": later("ok"),
    "warning": later("warning"),
    "error": later("error"),
}
"""How a state is called."""


@dataclass(frozen=True, slots=True)
class DoctorQuery:
    """How the list is ordered: as it is checked, and the worst first once all is."""

    finished: bool = False


@dataclass(frozen=True, slots=True)
class DoctorRow:
    """A check that has found nothing yet, or one finding of it."""

    run: str
    """Name of the check that is run."""
    place: int
    """Among its findings."""
    state: State
    finding: Finding | None = None
    checked: Checked | None = None
    """How far it has come."""

    @property
    def check(self) -> str:
        """What was looked at, as the README and the command line call it."""
        return self.finding.check if self.finding is not None else self.run

    @property
    def said(self) -> str:
        """What there is to say of it."""
        if self.finding is not None:
            return self.finding.sentence
        if self.checked is not None:
            return tr("Checked {number} of {total}.", number=f"{self.checked.number:,}", total=f"{self.checked.total:,}")
        return {"waits": "", "checking": tr("Looking …")}.get(self.state, tr("Nothing disagrees."))


def state_cell(state: State) -> Cell:
    """A state as symbol and word."""
    symbols = glyphs()
    symbol, style = {
        "waits": (symbols.pending, "list--muted"),
        "checking": (symbols.cursor, ""),
        "ok": (symbols.done, "list--good"),
        "warning": (symbols.warning, "list--pending"),
        "error": (symbols.refused, "list--bad"),
    }[state]
    return Cell(f"{symbol} {tr(STATES[state])}", style)


class DoctorSource(Source[DoctorRow, DoctorQuery]):
    """The checks in their order, each with what it found; told of every step."""

    def __init__(self) -> None:
        self.rows: tuple[DoctorRow, ...] = ()
        self._steps: dict[str, Step] = {}
        self.begin()

    def begin(self) -> None:
        """Nothing has been checked."""
        self._steps = {}
        self.rows = tuple(DoctorRow(name, 0, "waits") for name in CHECKS)

    @property
    def over(self) -> int:
        """How many checks are over."""
        return sum(step.findings is not None for step in self._steps.values())

    def take(self, step: Step) -> None:
        """Something has been looked at."""
        self._steps[step.check] = step
        self.rows = tuple(row for name in CHECKS for row in self._of(name))

    def _of(self, name: str) -> Sequence[DoctorRow]:
        step = self._steps.get(name)
        if step is None:
            return [DoctorRow(name, 0, "waits")]
        if step.findings is None:
            return [DoctorRow(name, 0, "checking", checked=step.checked)]
        return [DoctorRow(name, place, each.severity, each) for place, each in enumerate(step.findings)] or [DoctorRow(name, 0, "ok")]

    def key(self, row: DoctorRow) -> Hashable:
        return row.run, row.place

    def name(self, row: DoctorRow) -> str:
        return row.finding.subject if row.finding is not None and row.finding.subject else row.check

    def columns(self, query: DoctorQuery) -> Sequence[Column[DoctorRow]]:
        """How it is, of what, and as much of the sentence as has room."""
        return [
            Column(tr("State"), lambda row: state_cell(row.state), wide(*STATES.values()), weight=10),
            Column(tr("Check"), lambda row: text_cell(row.check), 18, most=23, weight=9),
            Column(tr("Found"), lambda row: Cell(show(row.said, CUT)), 20, most=CUT, weight=8),
        ]

    def cursor(self, query: DoctorQuery, row: DoctorRow) -> Cursor:
        raise RuntimeError("all rows are one page")

    def page(self, query: DoctorQuery, place: Place) -> Page[DoctorRow]:
        return Page(() if place.where in {"after", "before"} else tuple(self._ordered(query)), False, False)

    def around(self, query: DoctorQuery, row: DoctorRow) -> Around[DoctorRow]:
        rows = self._ordered(query)
        index = next((at for at, each in enumerate(rows) if self.key(each) == self.key(row)), 0)
        return Around(Page(tuple(rows[:index]), False, True), Page(tuple(rows[index:]), True, False))

    def count(self, query: DoctorQuery) -> Count:
        return Count(len(self.rows))

    def whereabouts(self, query: DoctorQuery, row: DoctorRow) -> str:
        return ""

    def empty(self, query: DoctorQuery) -> str:
        return tr("Nothing was checked.")

    def _ordered(self, query: DoctorQuery) -> list[DoctorRow]:
        rows = list(self.rows)
        return sorted(rows, key=lambda row: SEVERITIES.index(row.state) if row.state in SEVERITIES else -1) if query.finished else rows
