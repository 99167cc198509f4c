"""Give a role to all that are marked, or take it from them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from textual import on
from textual.widget import Widget
from textual.widgets import Input, Static

from rmtui.i18n import later, tr, trn
from rmtui.services import bulk_actions
from rmtui.services.bulk import Report, Target
from rmtui.text import role_problem
from rmtui.tui.dialogs.base import entry, warned
from rmtui.tui.dialogs.bulk import BulkDialog, Told
from rmtui.tui.glyphs import show
from rmtui.tui.widgets.options import Options

__all__ = ["RolesManyDialog"]

GIVE, TAKE = later("Give the role"), later("Take the role away")


class RolesManyDialog(BulkDialog):
    """One role, given or taken."""

    VERB = later("Change")

    def heading(self, number: int) -> str:
        """People."""
        return trn("Change {number} person", "Change {number} people", number, number=f"{number:,}")

    def fields(self) -> Iterable[Widget]:
        """Which role, and whether it is given."""
        yield Options([tr(GIVE), tr(TAKE)], tr(GIVE), ident="what")
        yield entry(tr("Role"), ident="role", placeholder=tr("such as signal; admin may do everything")).add_class("close")
        yield Static("", markup=False, id="role-problem", classes="problem")

    @on(Input.Changed, "#role")
    def _judge(self, event: Input.Changed) -> None:
        problem = role_problem(event.value) if event.value else None
        self.query_one("#role-problem", Static).update(warned(tr("Not a role: {problem}.", problem=show(problem))) if problem else "")

    def problem(self) -> tuple[str, str] | None:
        """A role has to be named."""
        role = self.query_one("#role", Input).value.strip()
        if not role:
            return tr("Type the role; nothing was changed."), "#role"
        problem = role_problem(role)
        return (tr("Not a role: {problem}; nothing was changed.", problem=problem), "#role") if problem else None

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Give it to each, or take it from each."""
        operator, role = self.console.operator, self.query_one("#role", Input).value.strip()
        change = bulk_actions.assign_role if self.query_one("#what", Options).chosen == tr(GIVE) else bulk_actions.remove_role
        return lambda: change(operator, targets, role, told=told, stop=stop)
