"""What was done, by whom, and what was refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from rmtui.i18n import later, tr
from rmtui.services import enrollments, filters, people, trail
from rmtui.services.types import AuditEntry
from rmtui.tui.audit_source import AuditSource, Outcome, TrailQuery
from rmtui.tui.facts import entry_sections
from rmtui.tui.glyphs import show
from rmtui.tui.panes.base import Pane
from rmtui.tui.panes.keys import NO_ROW, filter_key
from rmtui.tui.widgets.facts import Section
from rmtui.tui.widgets.listview import ListView

__all__ = ["AuditPane"]

OUTCOMES: tuple[Outcome, ...] = ("", "done", "refused", "failed")
"""What ``f`` goes through."""
SCOPES = {"": later("All entries"), "done": later("Done"), "refused": later("Refused"), "failed": later("Failed")}
"""What the list shows."""


class AuditPane(Pane[AuditEntry, TrailQuery]):
    """The audit trail, newest first."""

    KIND = later("Audit entry")
    ORDERS: ClassVar[dict[str, tuple[str, str]]] = {"time": (later("newest first"), later("oldest first"))}
    WORDS = filters.AUDIT
    BINDING_GROUP_TITLE = later("Audit")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t", "target", later("Go to target"), id="audit.target", tooltip=later("To the person or enrolment that the entry is about")
        ),
        Binding("f", "cycle", later("Outcome"), id="audit.outcome", tooltip=later("Show all, done, refused, failed")),
        filter_key(later("Only what fits: text, or such as by:AURORA")),
        Binding("s", "sort", "Sort", show=False),
        Binding("S", "reverse", later("Reverse"), id="pane.reverse", show=False, tooltip=later("Oldest first, or newest first")),
        Binding("y", "copy", later("Copy"), id="pane.copy", show=False, tooltip=later("Send the target's callsign to the terminal")),
        Binding("escape", "back", later("Back"), id="pane.back", show=False, tooltip=later("Clear the filter")),
    ]

    @dataclass
    class _Found(Message, bubble=False):
        pane: str = ""
        row: Any = None
        problem: str = ""
        """Why there is nothing to go to."""

    def __init__(self) -> None:
        super().__init__(ListView(AuditSource(), TrailQuery(), ident="audit-list", markable=False), ident="audit")

    def scope(self, query: TrailQuery) -> str:
        """The outcomes shown."""
        outcome = query.asked.outcome
        return tr(SCOPES[outcome])

    def read_detail(self, row: AuditEntry) -> Any:
        """An entry is whole as it is, and never changes."""
        return row

    def say_detail(self, detail: Any) -> list[Section]:
        """As sections."""
        return entry_sections(detail)

    def able(self) -> tuple[object, ...]:
        """Whether there is a target decides."""
        row = self.view.current
        return (row is not None, row is not None and row.target_pk is not None)

    def why_not(self, action: str) -> str:
        """Not every entry is about somebody."""
        row = self.view.current
        if action != "target" or (row is not None and row.target_pk is not None):
            return super().why_not(action)
        return tr(NO_ROW) if row is None else tr("This entry is about no person and no enrolment.")

    def action_cycle(self) -> None:
        """The next outcome."""
        query: TrailQuery = self.query_now
        if self.filter_fixes("outcome"):
            return
        outcome = OUTCOMES[(OUTCOMES.index(query.outcome) + 1) % len(OUTCOMES)]
        self.ask(replace(query, outcome=outcome), keep=False)

    def action_sort(self) -> None:
        """There is nothing else to sort by."""
        self.console.tell(tr("The audit trail has one order, by time; S turns it round."))

    def action_target(self) -> None:
        """Find what the entry is about, and go there."""
        entry = self.view.current
        if entry is None or entry.target_pk is None:
            return
        pk, name = entry.target_pk, show(entry.target) or tr("What this entry is about")

        def work() -> Message:
            kind = trail.target_of(entry)
            if kind == "person":
                return self._Found("people", people.person(pk).row)
            if kind == "enrolment":
                return self._Found("enrolments", enrollments.enrollment(pk).row)
            return self._Found(problem=tr("{name} is gone from the database; what was done to it stands here.", name=name))

        self.errand(
            "target", work, lambda error: self._Found(problem=error.sentence), description=tr("looking for what the entry is about")
        )

    @on(_Found)
    def _go(self, message: _Found) -> None:
        if message.problem:
            self.console.tell(message.problem, severity="warning")
        elif self.display:
            self.post_message(self.JumpAsked(message.pane, message.row))
