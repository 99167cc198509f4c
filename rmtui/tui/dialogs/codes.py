"""Code first: one box takes codes, links or chat lines, and finds whose they are."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from textual import on
from textual.widget import Widget
from textual.widgets import TextArea

from rmtui.i18n import later, tr, trn
from rmtui.services import matching
from rmtui.services.matching import Match
from rmtui.tui.dialogs.approve_many import mismatches
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.widgets.facts import Facts
from rmtui.tui.widgets.lines import Lines

__all__ = ["CodesDialog"]


class CodesDialog(Dialog[tuple[Match, ...]]):
    """Gives what the lines match, once something does.

    :param among: primary keys of the enrolments that are marked; None where it may be any.
    """

    CONFIRM = later("Find")

    def __init__(self, among: frozenset[uuid.UUID] | None = None) -> None:
        super().__init__(
            tr("Approve by code")
            if among is None
            else trn("Codes of the {n} that is marked", "Codes of the {n} that are marked", len(among))
        )
        self._among = among

    def body(self) -> Iterable[Widget]:
        """What it takes, the box, and what did not match."""
        yield prose(tr("An approve code, an approval link or a pasted chat line; several, one a line, are approved together."))
        yield Lines(ident="lines")
        yield prose(tr("Enter goes on; Down begins another line."), classes="hint")
        yield Facts(ident="facts")

    def on_mount(self) -> None:
        """Nothing to tell yet."""
        self.query_one("#facts").display = False
        super().on_mount()

    def first_focus(self) -> str:
        """The box."""
        return "#lines"

    @on(Lines.Entered)
    def _entered_lines(self, event: Lines.Entered) -> None:
        event.stop()
        if self.guard.accepts() and not self.running:
            self.submit()

    @on(TextArea.Changed)
    def _typed_lines(self) -> None:
        self.guard.moved()

    def submit(self) -> None:
        """Look for whose they are; nothing is changed by that."""
        text, among = self.query_one(Lines).text, self._among
        if not text.strip():
            self.tell(tr("Type or paste a code; nothing was looked for."))
            self.focus_on("#lines")
            return
        self.act(lambda: matching.match(text, among), tr("looking for whose codes these are"))

    def finished(self, value: Any) -> None:
        """Go on with what matched, or say why nothing did."""
        self.focus_on("#lines")
        if any(not match.barred for match in value) or (len(value) == 1 and value[0].ready):
            self.dismiss(value)
            return
        facts = self.query_one("#facts", Facts)
        if len(value) == 1:
            facts.display = False
            self.tell(value[0].problem)
        else:
            facts.tell(mismatches(value))
            facts.display = True
            self.tell(tr("None of these can be approved; nothing was changed."))
