"""Give a role to somebody by callsign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.widget import Widget
from textual.widgets import Input

from rmtui.services import people, roles
from rmtui.text import role_problem
from rmtui.tui.dialogs.base import Dialog, entry, prose
from rmtui.tui.glyphs import show

__all__ = ["AssignRoleDialog"]


class AssignRoleDialog(Dialog[str]):
    """Takes a role and a callsign. Gives a sentence on what changed."""

    CONFIRM = "Give role"

    def __init__(self, role: str = "") -> None:
        super().__init__("Give a role")
        self._role = role

    def body(self) -> Iterable[Widget]:
        """Two lines to type in."""
        yield prose("A role that does not exist yet comes into being with its first member.")
        yield entry("Role", ident="role", value=self._role if role_problem(self._role) is None else "", placeholder="for example admin")
        yield entry("Callsign", ident="callsign", placeholder="who gets it")

    def first_focus(self) -> str:
        """The first line that is empty."""
        return "#callsign" if self._role else "#role"

    def submit(self) -> None:
        """Give it."""
        role, callsign = self.query_one("#role", Input).value.strip(), self.query_one("#callsign", Input).value.strip()
        problem = role_problem(role)
        if problem or not callsign:
            self.tell(f"Type a role: {problem}. Nothing was changed." if problem else "Type the callsign; nothing was changed.")
            self.focus_on("#role" if problem else "#callsign")
            return
        operator = self.console.operator

        def work() -> tuple[str, bool]:
            person = people.find(callsign).row
            return person.callsign, roles.assign(operator, person.pk, role)

        self.act(work, f"giving {show(role)} to {show(callsign)}")

    def finished(self, value: Any) -> None:
        """Say which."""
        callsign, given = value
        role = show(self.query_one("#role", Input).value.strip())
        self.dismiss(f"{show(callsign)}: given {role}." if given else f"{show(callsign)} has {role} already.")
