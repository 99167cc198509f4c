"""Give a pending enrolment a new approve code."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from rmtui.i18n import later, tr
from rmtui.services import enrollments
from rmtui.services.types import CreatedEnrollment, EnrollmentRow
from rmtui.tui.dialogs.base import prose
from rmtui.tui.dialogs.decision import DecisionDialog
from rmtui.tui.glyphs import show

__all__ = ["ResetCodeDialog"]


class ResetCodeDialog(DecisionDialog[CreatedEnrollment]):
    """Opens on Cancel; gives the enrolment with its new approve code."""

    CONFIRM = later("New code")
    DANGER = True

    def __init__(self, row: EnrollmentRow) -> None:
        super().__init__(tr("New approve code of {callsign}", callsign=show(row.callsign, 48)), row)

    def body(self) -> Iterable[Widget]:
        """What follows from it."""
        yield prose(
            tr(
                "The approve code that {callsign} holds stops working at once, wherever it is written down.",
                callsign=show(self._row.callsign, 64),
            )
        )
        yield prose(tr("The new one is shown next, once. Whoever hands it over must reach the person by a way that you trust."))

    def submit(self) -> None:
        """Reset it."""
        operator, pk = self.console.operator, self._row.pk
        self.act(lambda: enrollments.reset_code(operator, pk), tr("making a new code for {callsign}", callsign=show(self._row.callsign)))

    def finished(self, value: CreatedEnrollment) -> None:
        """The new code is for the next dialog."""
        self.dismiss(value)
