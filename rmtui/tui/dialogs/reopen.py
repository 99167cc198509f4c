"""Make a rejected enrolment pending again."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from rmtui import clock
from rmtui.services import enrollments
from rmtui.services.types import CreatedEnrollment, EnrollmentRow, State
from rmtui.tui.dialogs.base import prose
from rmtui.tui.dialogs.decision import DecisionDialog
from rmtui.tui.glyphs import show

__all__ = ["ReopenDialog"]


class ReopenDialog(DecisionDialog[CreatedEnrollment]):
    """Opens on Cancel; gives the enrolment with its new approve code."""

    CONFIRM = "Re-open"
    DANGER = True

    STATE = State.REJECTED

    def __init__(self, row: EnrollmentRow) -> None:
        super().__init__("Re-open", row)

    def body(self) -> Iterable[Widget]:
        """What follows from it."""
        row = self._row
        by = f" by {show(row.decided_by)}" if row.decided_by else ""
        on = f" on {clock.stamp(row.decided_on)}" if row.decided_on else ""
        yield prose(f"{show(row.callsign, 64)} was rejected{by}{on}.")
        yield prose(
            "Re-opening makes the enrolment pending again under a new approve code, which is shown once, next. "
            "The old code stays dead. The rejection stays in the history."
        )

    def submit(self) -> None:
        """Re-open."""
        operator, pk = self.console.operator, self._row.pk
        self.act(lambda: enrollments.reopen(operator, pk), f"re-opening {show(self._row.callsign)}")

    def finished(self, value: CreatedEnrollment) -> None:
        """The new code is for the next dialog."""
        self.dismiss(value)
