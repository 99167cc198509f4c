"""The codes that people come through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import burning, filters, pools
from rmtui.services.bulk import Report, Target
from rmtui.services.burning import BurnPlan
from rmtui.services.operators import Permission
from rmtui.services.pools import PoolQuery, PoolRow
from rmtui.services.pools_many import Change
from rmtui.services.sheets import Sheet
from rmtui.tui.glyphs import show
from rmtui.tui.invite_facts import invite_sections
from rmtui.tui.invites_source import InvitesSource, code_of, read_invite
from rmtui.tui.panes.acting import act_on_many, ask_about
from rmtui.tui.panes.base import Pane
from rmtui.tui.panes.keys import NO_ROW, filter_key
from rmtui.tui.widgets.facts import Section
from rmtui.tui.widgets.listview import ListView

__all__ = ["InvitesPane"]

CHANGING = {"new", "switch", "delete", "reset", "sheet", "burn"}
"""Actions that change something, or hand a code out."""
ALONE = {
    "reset": later("One at a time gets a new code; Esc clears the marks."),
    "link": later("One at a time is handed on; Esc clears the marks."),
    "sheet": later("One at a time gets a sheet; Esc clears the marks."),
    "people": later("One at a time is looked into; Esc clears the marks."),
    "burn": later("One at a time is burnt; Esc clears the marks."),
}
"""Actions on one at a time, and what to say where several are marked."""
SCOPES = {
    "all": later("All invites"),
    "kept": later("Invites"),
    "active": later("Active invites"),
    "disabled": later("Disabled invites"),
    "deleted": later("Deleted invites"),
}
"""What the list shows."""
CHANGED = {
    ("disable", True): later("The invite {code} is disabled."),
    ("disable", False): later("The invite {code} is disabled already."),
    ("enable", True): later("The invite {code} is enabled."),
    ("enable", False): later("The invite {code} is enabled already."),
    ("delete", True): later("The invite {code} is deleted."),
    ("delete", False): later("The invite {code} is deleted already."),
}
"""What was done, or had been done before."""


class InvitesPane(Pane[PoolRow, PoolQuery]):
    """Invites, oldest first."""

    KIND = later("Invite")
    ORDERS: ClassVar[dict[str, tuple[str, str]]] = {
        "age": (later("oldest first"), later("newest first")),
        "code": (later("by code"), later("by code, from the end")),
        "owner": (later("by owner"), later("by owner, from the end")),
        "state": (later("active first"), later("active last")),
        "pending": (later("most pending first"), later("fewest pending first")),
        "approved": (later("most approved first"), later("fewest approved first")),
        "rejected": (later("most rejected first"), later("fewest rejected first")),
    }
    WORDS = filters.POOLS
    BINDING_GROUP_TITLE = later("Invites")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", later("New"), id="invite.new", tooltip=later("Make an invite; its code and link are shown")),
        Binding("l", "link", later("Link"), id="invites.link", tooltip=later("Show the link, its QR code and how the code is spelt")),
        Binding("p", "people", later("People"), id="invites.people", tooltip=later("To the enrolments that came through it")),
        Binding(
            "e",
            "switch",
            later("On/off"),
            id="invite.switch",
            tooltip=later("Disable an active invite, enable a disabled one; marked ones too"),
        ),
        Binding("b", "burn", later("Burn"), id="invite.burn", tooltip=later("It leaked: disable it, reject and revoke who came through")),
        Binding("w", "sheet", later("Sheet"), id="invite.sheet", tooltip=later("Write a sheet to print and hand out")),
        Binding(
            "z", "reset", later("New code"), id="invite.reset", show=False, tooltip=later("Give it a new code; the old one stops working")
        ),
        Binding("d", "delete", later("Delete"), id="invite.delete", show=False, tooltip=later("Delete it for good; marked ones too")),
        Binding("f", "cycle", later("Deleted"), id="invites.state", show=False, tooltip=later("Show deleted ones too, or not")),
        filter_key(later("Only what fits: text, state: owner: pool: older:")),
        Binding("s", "sort", later("Sort"), id="pane.sort", show=False, tooltip=later("Sort by the next column")),
        Binding("S", "reverse", later("Reverse"), id="pane.reverse", show=False, tooltip=later("Turn the order round")),
        Binding("y", "copy", later("Copy"), id="pane.copy", show=False, tooltip=later("Send the code to the terminal")),
        Binding("escape", "back", later("Back"), id="pane.back", show=False, tooltip=later("Clear the filter, then the marks")),
    ]

    @dataclass
    class _Planned(Message, bubble=False):
        plan: BurnPlan | None = None
        error: RmtuiError | None = None

    def __init__(self) -> None:
        super().__init__(ListView(InvitesSource(), PoolQuery(), ident="invites-list"), ident="invites")

    def scope(self, query: PoolQuery) -> str:
        """The states shown."""
        state = pools.state_shown(query)
        return tr(SCOPES[state])

    def query_for(self, row: PoolRow) -> PoolQuery:
        """Among those that are kept, or with the deleted ones."""
        query: PoolQuery = self.query_now
        return replace(query, text="", deleted=query.deleted or row.deleted is not None)

    def read_detail(self, row: PoolRow) -> Any:
        """One invite, whole."""
        return read_invite(row.pk)

    def say_detail(self, detail: Any) -> list[Section]:
        """As sections."""
        return invite_sections(detail)

    # What can be done

    def able(self) -> tuple[object, ...]:
        """The states of what is marked or under the cursor decide."""
        states = {(row.active, row.deleted is not None, bool(row.total)) for row in self.chosen}
        return (self.console.may(Permission.INVITE), len(self.chosen), *states)

    def why_not(self, action: str) -> str:
        """A deleted invite is never changed; many have only some things in common."""
        if action not in CHANGING | ALONE.keys() or action == "new":
            return super().why_not(action)
        rows = self.chosen
        if not rows:
            return tr(NO_ROW)
        if len(rows) > 1:
            if action in ALONE:
                return tr(ALONE[action])
            return tr("All of those that are marked are deleted.") if all(row.deleted for row in rows) else ""
        row = rows[0]
        if action in {"switch", "delete", "reset", "sheet"} and row.deleted is not None:
            return tr("{code} is deleted, for good.", code=code_of(row))
        return tr("Nobody has come through {code}.", code=code_of(row)) if action == "people" and not row.total else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what the row's state, the mode or a missing operator forbids."""
        if action in CHANGING and not self.console.may(Permission.INVITE):
            return None
        return super().check_action(action, parameters)

    def action_cycle(self) -> None:
        """With the deleted ones, or without."""
        query: PoolQuery = self.query_now
        if not self.filter_fixes("state"):
            self.ask(replace(query, deleted=not query.deleted))

    # Looking

    def action_link(self) -> None:
        """The link of the one under the cursor."""
        for row in self.chosen[:1]:
            self._show_link(row)

    def _show_link(self, row: PoolRow, news: str = "", done: str = "") -> None:
        """:param done: what to tell once the dialog is closed, if something was changed."""
        from rmtui.tui.dialogs.invite_link import InviteLinkDialog

        def closed(_nothing: None) -> None:
            if done:
                self._acted(done)

        self.app.push_screen(InviteLinkDialog(row, news), closed)

    def action_people(self) -> None:
        """Who came through the one under the cursor."""
        for row in self.chosen[:1]:
            code = f'"{row.code}"' if " " in row.code else row.code
            self.post_message(self.ListAsked("enrolments", f"pool:{code} state:all"))

    # Changing

    def _acted(self, sentence: str = "") -> None:
        self.reread()
        self.post_message(self.Acted(sentence))

    def action_new(self) -> None:
        """Ask for whom."""
        from rmtui.tui.dialogs.invite import NewInviteDialog

        def done(made: PoolRow | None) -> None:
            if made is not None:
                self.jump(made)
                self._show_link(made, tr("It is new, and good at once."), tr("The invite {code} is made.", code=code_of(made)))

        self.app.push_screen(NewInviteDialog(), done)

    def action_switch(self) -> None:
        """Disable what is active; where nothing is, enable what is disabled."""
        active = any(row.active and row.deleted is None for row in self.chosen)
        self._change("disable" if active else "enable")

    def action_delete(self) -> None:
        """Delete what is not deleted."""
        self._change("delete")

    def _change(self, change: Change) -> None:
        rows = self.chosen
        if len(rows) > 1:
            from rmtui.tui.dialogs.invite_change import ChangeInvitesDialog

            kept = [row for row in rows if row.deleted is None and (change == "delete" or row.active is (change == "disable"))]
            targets = [Target(row.pk, code_of(row)) for row in kept]
            why = tr("disabled or deleted already") if change == "disable" else tr("deleted already")
            act_on_many(self, ChangeInvitesDialog(change, targets, (len(rows) - len(kept), why)))
        elif rows:
            self._change_one(rows[0], change)

    def _change_one(self, row: PoolRow, change: Change) -> None:
        from rmtui.tui.dialogs.invite_change import ChangeInviteDialog

        def done(changed: bool | None) -> None:
            if changed is None:
                self.reread()
            else:
                self._acted(tr(CHANGED[change, changed], code=code_of(row)))

        ask_about(self, ChangeInviteDialog(row, change), [row.pk], done)

    def action_reset(self) -> None:
        """Ask whether."""
        if not self.chosen:
            return
        row = self.chosen[0]
        from rmtui.tui.dialogs.invite_change import ResetInviteDialog

        def done(code: str | None) -> None:
            if code is not None:
                new = replace(row, code=code)
                self._show_link(
                    new,
                    tr("{code} stopped working. This is the new code.", code=code_of(row)),
                    tr("The invite has the code {code} now.", code=code_of(new)),
                )

        self.app.push_screen(ResetInviteDialog(row), done)

    def action_sheet(self) -> None:
        """Ask where."""
        if not self.chosen:
            return
        from rmtui.tui.dialogs.invite_sheet import InviteSheetDialog
        from rmtui.tui.dialogs.message import MessageDialog

        def done(sheet: Sheet | None) -> None:
            if sheet is not None:
                path = show(sheet.path)
                said = tr("The sheet is at {path}.", path=path)
                if not sheet.link:
                    said = tr(
                        "The sheet is at {path}. Nothing says where the web page is, so it has the code alone, without link and QR code.",
                        path=path,
                    )
                self.app.push_screen(MessageDialog(tr("Sheet written"), said))
                self.post_message(self.Acted())

        self.app.push_screen(InviteSheetDialog(self.chosen[0]), done)

    def action_burn(self) -> None:
        """Find out whom it concerns, then ask."""
        if self.chosen:
            pk = self.chosen[0].pk
            self.errand(
                "plan",
                lambda: self._Planned(burning.plan(pk)),
                lambda error: self._Planned(error=error),
                description=tr("looking for who came through the invite"),
            )

    @on(_Planned)
    def _take_plan(self, message: _Planned) -> None:
        if message.error is not None:
            self.console.tell_error(message.error)
        elif message.plan is not None and self.display and self.screen.is_current:
            from rmtui.tui.dialogs.burn_invite import BurnInviteDialog

            def done(report: Report | None) -> None:
                self.reread()
                if report is not None:
                    self.post_message(self.Acted())

            live = self.console.deployment.has_web_page
            self.app.push_screen(BurnInviteDialog(message.plan, live=live), done)
