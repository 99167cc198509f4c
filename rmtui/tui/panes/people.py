"""Who is in, with their roles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from rmtui.services import filters, people
from rmtui.services.bulk import Target
from rmtui.services.operators import Permission
from rmtui.services.types import PeopleQuery, PersonRow
from rmtui.tui.facts import person_sections
from rmtui.tui.panes.acting import act_on_many
from rmtui.tui.panes.base import LIST_KEYS, NO_ROW, Pane
from rmtui.tui.sources import PeopleSource
from rmtui.tui.widgets.facts import Section
from rmtui.tui.widgets.listview import ListView

__all__ = ["PeoplePane"]

STATUSES = ("active", "revoked", "all")
"""What ``f`` goes through."""


class PeoplePane(Pane[PersonRow, PeopleQuery]):
    """People, active ones first shown."""

    KIND = "Person"
    ORDERS: ClassVar[dict[str, tuple[str, str]]] = {
        "callsign": ("by callsign", "by callsign, from the end"),
        "age": ("oldest first", "newest first"),
        "roles": ("by role", "by role, from the end"),
        "expires": ("first to run out first", "last to run out first"),
        "status": ("by status", "by status, from the end"),
        "revoked": ("latest revoked first", "earliest revoked first"),
        "reason": ("by reason", "by reason, from the end"),
    }
    WORDS = filters.PEOPLE
    BINDING_GROUP_TITLE = "People"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit roles", id="person.roles", tooltip="Give and take roles"),
        Binding("f", "cycle", "Status", id="person.status", tooltip="Show active, revoked, all"),
        *LIST_KEYS,
    ]

    def __init__(self) -> None:
        super().__init__(ListView(PeopleSource(), PeopleQuery(), ident="people-list"), ident="people")

    def scope(self, query: PeopleQuery) -> str:
        """The statuses shown."""
        return {"active": "Active", "revoked": "Revoked", "all": "Everybody"}[query.status]

    def query_for(self, row: PersonRow) -> PeopleQuery:
        """Among the active or the revoked ones."""
        query: PeopleQuery = self.query_now
        return replace(query, text="", status="active" if row.revoked_on is None else "revoked")

    def read_detail(self, row: PersonRow) -> Any:
        """One person, whole."""
        return people.person(row.pk)

    def say_detail(self, detail: Any) -> list[Section]:
        """As sections."""
        return person_sections(detail)

    def why_not(self, action: str) -> str:
        """Somebody has to be under the cursor, or marked."""
        return NO_ROW if action == "edit" and not self.chosen else super().why_not(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done."""
        if action == "edit" and not self.console.may(Permission.GRANT):
            return None
        return super().check_action(action, parameters)

    def action_cycle(self) -> None:
        """The next status."""
        query = self.query_now
        if self.filter_fixes("state"):
            return
        status = STATUSES[(STATUSES.index(query.status) + 1) % len(STATUSES)]
        self.ask(replace(query, status=status), keep=False)

    def action_edit(self) -> None:
        """Give and take roles."""
        if len(self.chosen) > 1:
            from rmtui.tui.dialogs.roles_many import RolesManyDialog

            act_on_many(self, RolesManyDialog(*self._active()))
        elif self.chosen:
            edit_roles(self, self.chosen[0])

    def _active(self) -> tuple[list[Target], tuple[int, str]]:
        """Those of the chosen that are in, and how many are not."""
        targets = [Target(row.pk, row.callsign) for row in self.chosen if row.revoked_on is None]
        return targets, (len(self.chosen) - len(targets), "revoked")


def edit_roles(pane: Pane[Any, Any], row: PersonRow) -> None:
    """Open the roles of a person over a pane."""
    from rmtui.tui.dialogs.edit_roles import EditRolesDialog

    def done(sentence: str | None) -> None:
        pane.reread()
        if sentence:
            pane.post_message(pane.Acted(sentence))

    pane.app.push_screen(EditRolesDialog(row), done)
