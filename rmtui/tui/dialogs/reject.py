"""Reject, and say why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.widget import Widget
from textual.widgets import Input

from rmtui.i18n import later, tr
from rmtui.services import enrollments
from rmtui.services.types import EnrollmentRow
from rmtui.tui.dialogs.base import entry, prose, warned
from rmtui.tui.dialogs.decision import DecisionDialog
from rmtui.tui.glyphs import show

__all__ = ["RejectDialog"]


class RejectDialog(DecisionDialog[bool]):
    """Opens on Cancel; a reason has to be given."""

    CONFIRM = later("Reject")
    DANGER = True

    def __init__(self, row: EnrollmentRow, *, live: bool) -> None:
        """:param live: whether a web page tells the person what was decided."""
        super().__init__(tr("Reject {callsign}", callsign=show(row.callsign, 48)), row)
        self._live = live

    def body(self) -> Iterable[Widget]:
        """What follows from it, and the reason."""
        name = show(self._row.callsign, 64)
        yield prose(
            tr(
                "{name} gets no certificate, and their approve code stops working. The callsign stays taken; o re-opens it later.",
                name=name,
            )
        )
        if self._live:
            yield prose(
                warned(enrollments.told_accepted(self._row.callsign)),
                classes="warning",
            )
        yield prose(tr("The reason is kept in the history; they do not see it."), classes="hint")
        yield entry(tr("Reason"), ident="reason", placeholder=tr("why: press Tab to type it"))

    def submit(self) -> None:
        """Reject."""
        reason = self.query_one("#reason", Input).value
        if not reason.strip():
            self.tell(tr("Say why; nothing was rejected."))
            self.focus_on("#reason")
            return
        operator, pk = self.console.operator, self._row.pk
        self.act(lambda: enrollments.reject(operator, pk, reason), tr("rejecting {callsign}", callsign=show(self._row.callsign)))

    def finished(self, value: Any) -> None:
        """Done."""
        self.dismiss(True)
