"""Give and take the roles of one person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import people, roles
from rmtui.services.roles import ADMIN
from rmtui.services.types import PersonRow
from rmtui.text import role_problem
from rmtui.tui.dialogs.base import Dialog, entry, prose
from rmtui.tui.glyphs import show
from rmtui.tui.widgets.ticks import Ticks

__all__ = ["EditRolesDialog"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What was done of what was asked."""

    given: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    refusal: RmtuiError | None = None

    @property
    def said(self) -> str:
        """What was done, as the end of a sentence; empty when nothing was."""
        given, taken = (", ".join(map(show, roles)) for roles in (self.given, self.taken))
        if given and taken:
            return tr("given {given}; taken {taken}", given=given, taken=taken)
        return tr("given {given}", given=given) if given else tr("taken {taken}", taken=taken) if taken else ""


class EditRolesDialog(Dialog[str]):
    """Ticks for every role there is, and a line for a new one. Gives a sentence on what changed."""

    CONFIRM = later("Save")

    @dataclass
    class _Read(Message, bubble=False):
        known: tuple[str, ...]
        now: tuple[str, ...]

    @dataclass
    class _Failed(Message, bubble=False):
        error: RmtuiError

    def __init__(self, row: PersonRow) -> None:
        super().__init__(tr("Roles of {callsign}", callsign=show(row.callsign, 48)))
        self._row = row
        self._had: set[str] = {*row.roles}
        self._saved = ""

    def body(self) -> Iterable[Widget]:
        """Roles, a new one, and what saving will do."""
        yield Ticks(sorted(self._had), self._row.roles, ident="roles")
        yield prose(tr("Reading the roles there are …"), ident="reading", classes="hint")
        yield entry(tr("New role"), ident="new", placeholder=tr("type one and press Enter to add it"))
        yield prose("", ident="plan")

    def first_focus(self) -> str:
        """The ticks."""
        return "#roles"

    def on_mount(self) -> None:
        """Fetch the roles as they are now."""
        super().on_mount()
        pk = self._row.pk

        def work() -> Message:
            now = people.person(pk).row.roles
            return self._Read(tuple(role.role for role in roles.list_roles()), now)

        self.errand("roles", work, self._Failed, description=tr("reading the roles"))
        self._plan()

    @on(_Read)
    def _show(self, message: _Read) -> None:
        self.query_one("#reading").display = False
        ticks = self.query_one("#roles", Ticks)
        added, cleared = ticks.ticked - self._had, self._had - ticks.ticked
        self._had = {*message.now}
        ticked = (self._had | added) - cleared
        ticks.tell(sorted({*message.known, *message.now, *added}), [*ticked])

    @on(_Failed)
    def _fail(self, message: _Failed) -> None:
        self.query_one("#reading").display = False
        self.tell(message.error.sentence)

    @on(Ticks.Changed)
    def _plan(self) -> None:
        ticked = self.query_one("#roles", Ticks).ticked
        give, take = sorted(ticked - self._had), sorted(self._had - ticked)
        said = [_plan(", ".join(map(show, give)), ", ".join(map(show, take)))]
        if ADMIN in give:
            said.append(tr("An admin can approve, reject, and give and take every role."))
        elif ADMIN in take:
            said.append(tr("They can no longer act here."))
        self.query_one("#plan", Static).update(" ".join(said))

    def entered(self, control: Widget) -> None:
        """Enter adds the role that was typed; otherwise it saves."""
        if isinstance(control, Input) and control.value.strip():
            self._add(control)
        else:
            self.submit()

    def _add(self, field: Input) -> bool:
        role = field.value.strip()
        problem = role_problem(role)
        if problem:
            self.tell(tr("{role} cannot be a role: {problem}. Nothing was changed.", role=role, problem=problem))
            return False
        self.tell("")
        self.query_one("#roles", Ticks).add(role)
        with field.prevent(Input.Changed):  # an Enter held down must not save what it has just added
            field.value = ""
        return True

    def submit(self) -> None:
        """Save what differs, a role that was typed and not added too."""
        field = self.query_one("#new", Input)
        if field.value.strip() and not self._add(field):
            return
        ticked = self.query_one("#roles", Ticks).ticked
        give, take = sorted(ticked - self._had), sorted(self._had - ticked)
        if not give and not take:
            self.dismiss(self._saved or None)
            return
        operator, pk = self.console.operator, self._row.pk

        def work() -> Changes:
            given: list[str] = []
            taken: list[str] = []
            try:
                for role in give:
                    roles.assign(operator, pk, role)
                    given.append(role)
                for role in take:
                    roles.remove(operator, pk, role)
                    taken.append(role)
            except RmtuiError as error:
                return Changes(tuple(given), tuple(taken), error)
            return Changes(tuple(given), tuple(taken))

        self.act(work, tr("changing the roles of {callsign}", callsign=show(self._row.callsign)))

    def finished(self, value: Any) -> None:
        """Close, or say what was refused after what was done."""
        changes: Changes = value
        self._had = (self._had | {*changes.given}) - {*changes.taken}
        if changes.said:
            self._saved = tr("{callsign}: {changes}.", callsign=show(self._row.callsign), changes=changes.said)
        if changes.refusal is None:
            self.dismiss(self._saved)
            return
        refusal = changes.refusal.sentence
        self.tell(tr("{refusal} Done before that: {changes}.", refusal=refusal, changes=changes.said) if changes.said else refusal)
        self._plan()
        self.focus_on("#roles")

    def action_cancel(self) -> None:
        """What was saved before a refusal is saved."""
        if self._saved and not self.running:
            self.dismiss(self._saved)
        else:
            super().action_cancel()


def _plan(give: str, take: str) -> str:
    """What saving will do."""
    if give and take:
        return tr("Saving gives {give}; takes {take}.", give=give, take=take)
    if give:
        return tr("Saving gives {give}.", give=give)
    return tr("Saving takes {take}.", take=take) if take else tr("Space ticks and clears. Nothing is changed yet.")
