"""Every role, and who has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from rmtui.i18n import later, tr
from rmtui.services import filters
from rmtui.services.operators import Permission
from rmtui.services.types import PeopleQuery, PersonRow, RoleRow
from rmtui.tui.glyphs import show
from rmtui.tui.panes.base import Pane
from rmtui.tui.panes.keys import LIST_KEYS, NO_ROW, filter_key
from rmtui.tui.panes.people import edit_roles
from rmtui.tui.sources import PeopleSource, RoleQuery, RoleSource
from rmtui.tui.widgets.caption import Caption
from rmtui.tui.widgets.listview import ListView

__all__ = ["RolesPane"]

DELAY = 0.12
"""Seconds the cursor rests on a role before its members are asked for."""


class RolesPane(Pane[RoleRow, RoleQuery]):
    """Roles on the left, the members of the one under the cursor on the right."""

    ORDERS: ClassVar[dict[str, tuple[str, str]]] = {
        "role": (later("by name"), later("from the end")),
        "members": (later("most first"), later("fewest first")),
    }
    WORDS = filters.ROLES
    BINDING_GROUP_TITLE = later("Roles")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "give", later("Give role"), id="role.give", tooltip=later("Give a role, a new one too, to a callsign")),
        Binding("e", "edit", later("Edit roles"), id="role.edit", tooltip=later("Give and take the roles of the member under the cursor")),
        Binding("right,l", "members", later("Members"), id="role.members", key_display="→", tooltip=later("To the members of this role")),
        Binding("left,h", "roles", later("Roles"), id="role.roles", show=False, tooltip=later("Back to the roles")),
        filter_key(later("Only what fits: text, or such as role:admin")),
        *LIST_KEYS[1:],
    ]

    def __init__(self) -> None:
        super().__init__(ListView(RoleSource(), RoleQuery(), ident="roles-list", markable=False), ident="roles")
        self.members: ListView[PersonRow, PeopleQuery] = ListView(
            PeopleSource(members=True), PeopleQuery(role=""), ident="members-list", markable=False
        )
        self._members_caption = Caption()
        self._role: str | None = None

    def compose(self) -> ComposeResult:
        """Two lists."""
        with Horizontal():
            with Vertical(classes="side narrow"):
                yield Caption()
                yield self.view
            with Vertical(classes="beside"):
                yield self._members_caption
                yield self.members

    def scope(self, query: RoleQuery) -> str:
        """All of them."""
        return tr("Roles")

    @property
    def reading(self) -> bool:
        """Whether who has the role under the cursor is on its way as well."""
        return super().reading or self.members.reading or (self._role or "") != self.members.wanted.role

    def able(self) -> tuple[object, ...]:
        """Whether a member is under the cursor decides as well."""
        return (*super().able(), self.members.current is not None, self.members.has_focus)

    def why_not(self, action: str) -> str:
        """Who has the role decides."""
        row = self.view.current
        if action in {"edit", "members"} and self.members.current is None:
            return tr("Nobody who is in has the role {role}.", role=show(row.role, 40)) if row is not None else tr(NO_ROW)
        return super().why_not(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done."""
        if action in {"give", "edit"} and not self.console.may(Permission.GRANT):
            return None
        return super().check_action(action, parameters)

    def show_detail(self) -> None:
        """The members are what there is to say about a role."""
        row = self.view.current
        role = row.role if row is not None else ""
        if role != self._role:
            self._role = role
            self.set_timer(DELAY, self._show_members) if DELAY else self._show_members()

    def _show_members(self) -> None:
        if self._role is not None and self._role != self.members.wanted.role:
            self.members.ask(replace(self.members.wanted, role=self._role))
            self._tell_members()

    def _tell_members(self) -> None:
        caption = self._members_caption
        caption.scope = tr("Members of {role}", role=show(self._role, 40)) if self._role else tr("Members")
        row = self.view.current
        caption.count = None
        if row is not None and row.role == self._role:
            from rmtui.services.types import Count

            caption.count = Count(row.members)
        caption.position = self.members.window.position
        caption.update_line()

    @on(ListView.Moved)
    def _member_moved(self, event: ListView.Moved) -> None:
        self._tell_members()

    @on(ListView.Opened)
    def _open_either(self, event: ListView.Opened) -> None:
        if event.view is self.members:
            event.stop()
            self._open_member(event.row)
        else:
            self.action_members()

    @on(ListView.SortAsked)
    def _sort_members(self, event: ListView.SortAsked) -> None:
        if event.view is self.members:
            self.members.ask(self.sorted_by(self.members.wanted, event.sort), keep=True)

    def open_detail(self, row: RoleRow) -> None:
        """A role has no details but its members."""

    def _open_member(self, row: PersonRow) -> None:
        from rmtui.services import people
        from rmtui.tui.dialogs.detail import DetailDialog
        from rmtui.tui.facts import person_sections

        self.app.push_screen(DetailDialog(tr("Person"), row.callsign, lambda: people.person(row.pk), person_sections))

    def reread(self) -> None:
        """Both lists."""
        super().reread()
        if self._role:
            self.members.refresh_rows()

    def _focused(self) -> ListView[Any, Any]:
        return self.members if self.members.has_focus else self.view

    def action_sort(self) -> None:
        """The next order of the list in focus."""
        if self._focused() is self.members:
            query = self.members.wanted
            self.members.ask(replace(query, sort="age" if query.sort == "callsign" else "callsign", reverse=False), keep=True)
        else:
            super().action_sort()

    def action_reverse(self) -> None:
        """Turn the list in focus round."""
        if self._focused() is self.members:
            self.members.ask(replace(self.members.wanted, reverse=not self.members.wanted.reverse), keep=True)
        else:
            super().action_reverse()

    def action_copy(self) -> None:
        """The name under the cursor of the list in focus."""
        view = self._focused()
        if view.current is not None:
            self.console.copy_text(view.source.name(view.current))

    def action_back(self) -> None:
        """Esc goes back to the roles first, then clears the filter."""
        if self.members.has_focus:
            self.view.focus()
        else:
            super().action_back()

    def action_members(self) -> None:
        """To the members."""
        if self.members.current is not None:
            self.members.focus()

    def action_roles(self) -> None:
        """Back to the roles."""
        self.view.focus()

    def action_edit(self) -> None:
        """The roles of the member under the cursor."""
        row = self.members.current
        if row is not None:
            edit_roles(self, row)

    def action_give(self) -> None:
        """Give a role to a callsign."""
        from rmtui.tui.dialogs.assign_role import AssignRoleDialog

        row = self.view.current

        def done(sentence: str | None) -> None:
            self.reread()
            if sentence:
                self.post_message(self.Acted(sentence))

        self.app.push_screen(AssignRoleDialog(row.role if row is not None else ""), done)
