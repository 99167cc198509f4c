"""What approving, rejecting and re-opening share: once somebody else has decided, there is nothing left to do but close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual import on
from textual.message import Message

from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.services import enrollments
from rmtui.services.types import EnrollmentRow, State
from rmtui.tui.dialogs.base import Dialog

__all__ = ["DecisionDialog"]

Result = TypeVar("Result")


class DecisionDialog(Dialog[Result]):
    """About one enrolment, while it is in the state in which it can be decided."""

    STATE: ClassVar[State] = State.PENDING

    @dataclass
    class _Now(Message, bubble=False):
        row: EnrollmentRow

    @dataclass
    class _NotNow(Message, bubble=False):
        error: RmtuiError

    def __init__(self, title: str, row: EnrollmentRow) -> None:
        super().__init__(title)
        self._row = row

    def refused(self, error: RmtuiError) -> None:
        """Look whether it can still be decided."""
        pk = self._row.pk
        self.errand("now", lambda: self._Now(enrollments.enrollment(pk).row), self._NotNow, description=tr("reading the enrolment again"))

    @on(_Now)
    def _look(self, message: _Now) -> None:
        if message.row.state is not self.STATE:
            self.over()

    @on(_NotNow)
    def _look_in_vain(self, message: _NotNow) -> None:
        if self.final(message.error):
            self.tell(message.error.sentence)
            self.over()
