"""Make a rejected enrolment pending again."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from rmtui import clock
from rmtui.i18n import later, tr
from rmtui.services import enrollments
from rmtui.services.types import CreatedEnrollment, EnrollmentRow, State
from rmtui.tui.dialogs.base import prose
from rmtui.tui.dialogs.decision import DecisionDialog
from rmtui.tui.glyphs import show

__all__ = ["ReopenDialog"]


class ReopenDialog(DecisionDialog[CreatedEnrollment]):
    """Opens on Cancel; gives the enrolment with its new approve code."""

    CONFIRM = later("Re-open")
    DANGER = True

    STATE = State.REJECTED

    def __init__(self, row: EnrollmentRow) -> None:
        super().__init__(tr("Re-open {callsign}", callsign=show(row.callsign, 48)), row)

    def body(self) -> Iterable[Widget]:
        """What follows from it."""
        row = self._row
        yield prose(_rejected(show(row.callsign, 64), show(row.decided_by or ""), clock.stamp(row.decided_on) if row.decided_on else ""))
        yield prose(
            tr(
                "Re-opening makes the enrolment pending again under a new approve code, which is shown once, next. The "
                "old code stays dead. The rejection stays in the history."
            )
        )

    def submit(self) -> None:
        """Re-open."""
        operator, pk = self.console.operator, self._row.pk
        self.act(lambda: enrollments.reopen(operator, pk), tr("re-opening {callsign}", callsign=show(self._row.callsign)))

    def finished(self, value: CreatedEnrollment) -> None:
        """The new code is for the next dialog."""
        self.dismiss(value)


def _rejected(callsign: str, by: str, when: str) -> str:
    """Who rejected them and when, as far as it is known."""
    if by and when:
        return tr("{callsign} was rejected by {by} on {when}.", callsign=callsign, by=by, when=when)
    if when:
        return tr("{callsign} was rejected on {when}.", callsign=callsign, when=when)
    return tr("{callsign} was rejected by {by}.", callsign=callsign, by=by) if by else tr("{callsign} was rejected.", callsign=callsign)
