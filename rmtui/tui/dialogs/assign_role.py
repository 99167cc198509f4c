"""Give a role to somebody by callsign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.widget import Widget
from textual.widgets import Input

from rmtui.i18n import later, tr
from rmtui.services import people, roles
from rmtui.text import role_problem
from rmtui.tui.dialogs.base import Dialog, entry, prose
from rmtui.tui.glyphs import show

__all__ = ["AssignRoleDialog"]


class AssignRoleDialog(Dialog[str]):
    """Takes a role and a callsign. Gives a sentence on what changed."""

    CONFIRM = later("Give role")

    def __init__(self, role: str = "") -> None:
        super().__init__(tr("Give a role"))
        self._role = role

    def body(self) -> Iterable[Widget]:
        """Two lines to type in."""
        yield prose(tr("A role that does not exist yet comes into being with its first member."))
        yield entry(
            tr("Role"), ident="role", value=self._role if role_problem(self._role) is None else "", placeholder=tr("for example admin")
        )
        yield entry(tr("Callsign"), ident="callsign", placeholder=tr("who gets it"))

    def first_focus(self) -> str:
        """The first line that is empty."""
        return "#callsign" if self._role else "#role"

    def submit(self) -> None:
        """Give it."""
        role, callsign = self.query_one("#role", Input).value.strip(), self.query_one("#callsign", Input).value.strip()
        problem = role_problem(role)
        if problem or not callsign:
            self.tell(
                tr("Type a role: {problem}. Nothing was changed.", problem=problem)
                if problem
                else tr("Type the callsign; nothing was changed.")
            )
            self.focus_on("#role" if problem else "#callsign")
            return
        operator = self.console.operator

        def work() -> tuple[str, bool]:
            person = people.find(callsign).row
            return person.callsign, roles.assign(operator, person.pk, role)

        self.act(work, tr("giving {role} to {callsign}", role=show(role), callsign=show(callsign)))

    def finished(self, value: Any) -> None:
        """Say which."""
        callsign, given = value
        role = show(self.query_one("#role", Input).value.strip())
        self.dismiss(
            tr("{callsign}: given {role}.", callsign=show(callsign), role=role)
            if given
            else tr("{callsign} has {role} already.", callsign=show(callsign), role=role)
        )
