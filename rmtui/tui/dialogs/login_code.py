"""Make a login code, and hand one on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import on
from textual.widget import Widget
from textual.widgets import Input, Static

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import codes
from rmtui.settings import Secret
from rmtui.tui.codes_source import ADMIN, NOBODY
from rmtui.tui.dialogs.base import Dialog, entry, prose, warned
from rmtui.tui.dialogs.code import ShownCode
from rmtui.tui.glyphs import show, typed
from rmtui.tui.widgets.options import Options
from rmtui.tui.widgets.ticks import Ticks

__all__ = ["LoginCodeDialog", "MadeCode", "NewLoginCodeDialog"]

PERSON, NEW_ADMIN = later("somebody who is in"), later("a new admin")


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A login code, and for whom it is."""

    callsign: str | None
    """None when it names nobody."""
    admin: bool
    """Whether it makes an admin."""
    code: Secret

    @property
    def whom(self) -> str:
        """As it is told; harmless."""
        return tr(ADMIN) if self.admin else show(self.callsign or tr(NOBODY), 40)


class NewLoginCodeDialog(Dialog[MadeCode]):
    """Asks for whom."""

    CONFIRM = later("Make code")

    def __init__(self) -> None:
        super().__init__(tr("New login code"))

    def body(self) -> Iterable[Widget]:
        """For whom, and what follows from it."""
        yield prose(tr("For whom is it?"), classes="lead")
        yield Options((tr(PERSON), tr(NEW_ADMIN)), tr(PERSON), ident="whom")
        yield entry(tr("Callsign"), ident="callsign", placeholder=tr("of the person"))
        yield prose("", ident="consequence")

    def on_mount(self) -> None:
        """What follows from the first choice."""
        self._tell()
        super().on_mount()

    @property
    def _admin(self) -> bool:
        return self.query_one("#whom", Options).chosen == tr(NEW_ADMIN)

    @on(Ticks.Changed)
    def _chosen(self) -> None:
        self._tell()

    def _tell(self) -> None:
        """Say what follows from the choice."""
        self.query_one(".entry").display = not self._admin
        line = self.query_one("#consequence", Static)
        line.set_class(self._admin, "warning")
        line.update(
            warned(
                tr(
                    "Whoever has this code can make an admin, once: of themselves, or of anybody. Make it only to "
                    "let in somebody you would trust with everything here, and burn it if they do not come."
                )
            )
            if self._admin
            else tr(
                "Whoever has this code signs in as this person, once, and may do there what their roles allow. Hand it "
                "over by a way that you trust."
            )
        )

    def submit(self) -> None:
        """Make it."""
        callsign = None if self._admin else self.query_one("#callsign", Input).value.strip()
        if callsign == "":
            self.tell(tr("Type the callsign; nothing was made."))
            self.focus_on("#callsign")
            return
        operator = self.console.operator

        def work() -> MadeCode:
            return MadeCode(callsign, callsign is None, Secret(codes.create(operator, callsign)))

        self.act(work, tr("making a login code for {whom}", whom=tr(ADMIN) if callsign is None else show(callsign)))

    def refused(self, error: RmtuiError) -> None:
        """There may be no such person."""
        if self._admin:
            self.focus_on("#cancel")

    def finished(self, value: MadeCode) -> None:
        """The code is for the next dialog."""
        self.dismiss(value)


class LoginCodeDialog(ShownCode):
    """The code, to be handed on."""

    def __init__(self, made: MadeCode, *, new: bool) -> None:
        """:param new: whether it was made just now, rather than read."""
        can = (
            tr("Whoever has it can make an admin of anybody, once. Hand it over by a way that you trust.")
            if made.admin
            else tr("Whoever has it can sign in as {whom}, once. Hand it over by a way that you trust.", whom=made.whom)
        )
        then = tr("Should it be lost, w on the list shows it again.") if new else tr("That you read it is recorded.")
        super().__init__(
            tr("Login code for {whom}", whom=made.whom),
            made.code,
            f"{can} {then}",
            typed(tr("Should anybody else have seen it, burn it: x on the list.")),
        )
