"""The approve code of a new or re-opened enrolment, shown once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from rmtui.services.types import CreatedEnrollment
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.glyphs import group, show

__all__ = ["CodeDialog"]


class CodeDialog(Dialog[None]):
    """Shows the code in groups of four until it is closed."""

    CANCEL = "Close"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy", id="code.copy", tooltip="Send the code to the terminal")]

    def __init__(self, created: CreatedEnrollment) -> None:
        super().__init__(f"Approve code of {show(created.callsign, 40)}")
        self._created = created

    def body(self) -> Iterable[Widget]:
        """The code, and what it is for."""
        yield prose(group(self._created.approvecode), classes="code")
        yield prose(
            "This is the only time it is shown. Hand it to the person, on paper or by voice; they read it out to whoever approves them. "
            "Should it be lost, reject the enrolment and re-open it: that gives a new code."
        )
        yield prose("y copies it through the terminal.", classes="hint")

    def action_copy(self) -> None:
        """Copy the code."""
        self.console.copy_text(self._created.approvecode)
