"""Make an enrolment at the console, for somebody who has no web page at hand."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Input, Static

from rmtui.i18n import later, tr
from rmtui.services import enrollments
from rmtui.services.requests import read_request
from rmtui.services.types import CreatedEnrollment
from rmtui.text import callsign_problem
from rmtui.tui.dialogs.base import Dialog, entry, prose, warned
from rmtui.tui.glyphs import show

__all__ = ["EnrollDialog"]


class EnrollDialog(Dialog[CreatedEnrollment]):
    """Takes a callsign and, if the person brings a key of their own, the file of their CSR."""

    CONFIRM = later("Make enrolment")

    def __init__(self) -> None:
        super().__init__(tr("New enrolment"))

    def body(self) -> Iterable[Widget]:
        """Two lines to type in."""
        yield prose(tr("Makes a pending enrolment and its approve code, as the person's own web page would."))
        yield entry(tr("Callsign"), ident="callsign", placeholder=tr("what they are called")).add_class("close")
        yield prose("", ident="problem", classes="problem")
        yield entry(tr("CSR file"), ident="csr", placeholder=tr("optional: path of the request they brought"))
        yield prose(tr("Without a CSR their key is made here when they are approved."), classes="hint")

    @on(Input.Changed, "#callsign")
    def _judge(self, event: Input.Changed) -> None:
        problem = callsign_problem(event.value) if event.value else None
        self.query_one("#problem", Static).update(warned(tr("Not a callsign: {problem}.", problem=show(problem))) if problem else "")

    def submit(self) -> None:
        """Make it."""
        callsign, path = self.query_one("#callsign", Input).value, self.query_one("#csr", Input).value.strip()
        if not callsign:
            self.tell(tr("Type the callsign; nothing was made."))
            self.focus_on("#callsign")
            return
        operator = self.console.operator

        def work() -> CreatedEnrollment:
            return enrollments.create(operator, callsign, csr=read_request(path) if path else None)

        self.act(work, tr("making the enrolment of {callsign}", callsign=show(callsign)))

    def finished(self, value: CreatedEnrollment) -> None:
        """The code is for the next dialog."""
        self.dismiss(value)
