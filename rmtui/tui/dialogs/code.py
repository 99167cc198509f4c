"""A code that was made or read just now, to be handed on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from rmtui.i18n import later, tr
from rmtui.services.types import CreatedEnrollment
from rmtui.settings import Secret
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.glyphs import show
from rmtui.tui.widgets.codebox import CodeBox

__all__ = ["CodeDialog", "ShownCode"]


class ShownCode(Dialog[None]):
    """Holds a code until it is closed: masked until it is asked for, and whenever another screen comes before it."""

    CANCEL = later("Close")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "reveal", later("Show"), id="code.reveal", tooltip=later("Show the code, or mask it")),
        Binding("y", "copy", later("Copy"), id="code.copy", tooltip=later("Send the code to the terminal")),
    ]

    def __init__(self, title: str, code: Secret, *says: str) -> None:
        """:param says: what it is for, a paragraph each."""
        super().__init__(title)
        self._code = code
        self._says = says

    def body(self) -> Iterable[Widget]:
        """The code, and what it is for."""
        yield CodeBox(self._code)
        for each in self._says:
            yield prose(each)

    def on_screen_suspend(self) -> None:
        """Another screen has come before it."""
        self.query_one(CodeBox).mask()

    def action_reveal(self) -> None:
        """Show the code, or mask it."""
        self.query_one(CodeBox).toggle()

    def action_copy(self) -> None:
        """Copy the code, without telling it."""
        self.console.copy_text(self._code.reveal(), told=tr("the code"))


class CodeDialog(ShownCode):
    """The approve code of an enrolment, new or under a new code."""

    def __init__(self, created: CreatedEnrollment) -> None:
        super().__init__(
            tr("Approve code of {callsign}", callsign=show(created.callsign, 40)),
            Secret(created.approvecode),
            tr(
                "This is the only time it can be shown. Hand it to the person, on paper or by voice; they read it out to "
                "whoever approves them. Should it be lost, z on the enrolment gives a new one."
            ),
        )
