"""The audit trail as a list of the console."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.cells import cell_len

from rmtui import clock
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import later, tr
from rmtui.services import filters, trail
from rmtui.services.types import AuditEntry, AuditQuery, Count, Cursor, Page
from rmtui.tui.glyphs import show
from rmtui.tui.keynames import key_of
from rmtui.tui.paging import around_of, page_of
from rmtui.tui.sources import OUTCOMES, outcome_cell, text_cell
from rmtui.tui.widgets.columns import Cell, Column, wide
from rmtui.tui.widgets.source import Source
from rmtui.tui.widgets.window import Around, Place

__all__ = ["AuditSource", "Outcome", "TrailQuery"]

Outcome = Literal["", "done", "refused", "failed"]
PROOFS = (later("certificate"), later("code"), later("token"), later("unproven"))
"""How an operator may be known."""


@dataclass(frozen=True, slots=True)
class TrailQuery:
    """What the pane shows: the filter as it was typed, so that ``since:2h`` goes on meaning the last two hours."""

    text: str = ""
    outcome: Outcome = ""
    """Empty is all of them; what is typed goes before."""
    sort: Literal["time"] = "time"
    reverse: bool = False

    @property
    def asked(self) -> AuditQuery:
        """As the services take it.

        :raises FilterError: the filter cannot be understood.
        """
        read = filters.parse(self.text, filters.AUDIT)
        values: dict[str, Any] = {"outcome": self.outcome, **read.values}
        return AuditQuery(text=read.text, reverse=self.reverse, **values)


class AuditSource(Source[AuditEntry, TrailQuery]):
    """What was done, and what was refused."""

    def key(self, row: AuditEntry) -> Hashable:
        return row.id

    def name(self, row: AuditEntry) -> str:
        return row.target or row.operator or tr("entry {id}", id=row.id)

    def columns(self, query: TrailQuery) -> Sequence[Column[AuditEntry]]:
        """At 80 columns all but the reason, which stands in the details; the outcome goes last, so that nothing refused looks like done."""
        time = tr("Time ({zone})", zone=clock.zone())
        return [
            Column(time, lambda row: Cell(clock.stamp(row.at)[:16]), 16, weight=9, sort="time", falling=True),
            Column(tr("Operator"), self._operator, 10, most=20, weight=8),
            Column(tr("Proven by"), self._proof, max(cell_len(tr(proof)) for proof in PROOFS), weight=4),
            Column(tr("Action"), lambda row: text_cell(row.action), 11, weight=10),
            Column(tr("Target"), lambda row: text_cell(row.target), 10, most=24, weight=7),
            Column(tr("Outcome"), lambda row: outcome_cell(row.outcome), wide(*OUTCOMES), weight=10),
            Column(tr("Reason"), lambda row: text_cell(row.reason), 20, most=80, weight=3),
        ]

    @staticmethod
    def _operator(row: AuditEntry) -> Cell:
        return text_cell(row.operator) if row.operator else Cell(tr("nobody"), "list--muted")

    @staticmethod
    def _proof(row: AuditEntry) -> Cell:
        return text_cell(tr(row.proof)) if row.proof != "none" else Cell(tr("unproven") if row.operator else "", "list--muted")

    def cursor(self, query: TrailQuery, row: AuditEntry) -> Cursor:
        return trail.cursor(query.asked, row)

    def page(self, query: TrailQuery, place: Place) -> Page[AuditEntry]:
        return page_of(trail.list_entries, query.asked, place)

    def around(self, query: TrailQuery, row: AuditEntry) -> Around[AuditEntry]:
        return around_of(trail.list_entries, query.asked, self.cursor(query, row))

    def count(self, query: TrailQuery) -> Count:
        return trail.count_entries(query.asked)

    def whereabouts(self, query: TrailQuery, row: AuditEntry) -> str:
        """Out of the filter's time, or out of the trail, which nobody may do."""
        try:
            trail.entry(row.id)
        except UnreachableError:
            raise
        except RmtuiError:
            return tr("Entry {id} has gone from the audit trail, which rmtui never does; `rmtui audit verify` says more.", id=row.id)
        return tr("Entry {id} is older than the filter asks for now.", id=row.id)

    def empty(self, query: TrailQuery) -> str:
        if query.text:
            return tr("No entry fits “{text}”. Esc clears the filter.", text=show(query.text))
        return {
            "": tr("Nothing has been done yet. Whatever is done, or refused, stands here afterwards."),
            "done": tr("Nothing was done. {others} shows other outcomes.", others=key_of("audit.outcome", "f")),
            "refused": tr("Nothing was refused. {others} shows other outcomes.", others=key_of("audit.outcome", "f")),
            "failed": tr("Nothing has failed. {others} shows other outcomes.", others=key_of("audit.outcome", "f")),
        }[query.outcome]
