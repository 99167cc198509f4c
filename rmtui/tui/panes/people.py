"""Who is in, with their roles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from rmtui import settings
from rmtui.i18n import later, tr, trn
from rmtui.services import filters, people
from rmtui.services.bulk import Target
from rmtui.services.operators import Permission
from rmtui.services.types import PeopleQuery, PersonRow
from rmtui.tui.facts import person_sections
from rmtui.tui.glyphs import show
from rmtui.tui.panes.acting import act_on_many, ask_about
from rmtui.tui.panes.base import Pane
from rmtui.tui.panes.keys import LIST_KEYS, NO_ROW
from rmtui.tui.sources import PeopleSource
from rmtui.tui.widgets.facts import Section
from rmtui.tui.widgets.listview import ListView

if TYPE_CHECKING:
    from rmtui.tui.dialogs.person import PersonDialog

__all__ = ["PeoplePane"]

EXPIRING = "expiring"
STATUSES = ("active", EXPIRING, "revoked", "all")
"""What ``f`` goes through; where nobody is told what runs out soon, without that."""
PERMISSIONS = {"edit": Permission.GRANT, "revoke": Permission.REVOKE, "reissue": Permission.DECIDE, "export": Permission.DECIDE}
"""What the keys take that do something to a person."""


class PeoplePane(Pane[PersonRow, PeopleQuery]):
    """People, active ones first shown."""

    KIND = later("Person")
    ORDERS: ClassVar[dict[str, tuple[str, str]]] = {
        "callsign": (later("by callsign"), later("by callsign, from the end")),
        "age": (later("oldest first"), later("newest first")),
        "roles": (later("by role"), later("by role, from the end")),
        "expires": (later("first to run out first"), later("last to run out first")),
        "status": (later("by status"), later("by status, from the end")),
        "revoked": (later("latest revoked first"), later("earliest revoked first")),
        "reason": (later("by reason"), later("by reason, from the end")),
    }
    WORDS = filters.PEOPLE
    BINDING_GROUP_TITLE = later("People")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", later("Edit roles"), id="person.roles", tooltip=later("Give and take roles")),
        Binding("x", "revoke", later("Revoke"), id="person.revoke", tooltip=later("Revoke somebody and their certificates, with a reason")),
        Binding("i", "reissue", later("Reissue"), id="person.reissue", tooltip=later("A new certificate in place of the old one")),
        Binding("w", "export", later("Write"), id="person.export", tooltip=later("Write the PFX or PEM to a file, to hand it over")),
        Binding("f", "cycle", later("Status"), id="person.status", tooltip=later("Show active, expiring, revoked, all")),
        *LIST_KEYS,
    ]

    def __init__(self) -> None:
        super().__init__(ListView(PeopleSource(), PeopleQuery(), ident="people-list"), ident="people")

    def scope(self, query: PeopleQuery) -> str:
        """The statuses shown."""
        days = people.expiring_shown(query)
        if days is not None:
            return trn("Expiring within {n} day", "Expiring within {n} days", days)
        return {"active": tr("Active"), "revoked": tr("Revoked"), "all": tr("Everybody")}[people.status_shown(query)]

    def query_for(self, row: PersonRow) -> PeopleQuery:
        """Among the active or the revoked ones."""
        query: PeopleQuery = self.query_now
        return replace(query, text="", status="active" if row.revoked_on is None else "revoked", expiring=None)

    def opening_query(self) -> PeopleQuery:
        """Those who are in."""
        query: PeopleQuery = self.query_now
        return replace(query, text="", status="active", expiring=None)

    def read_detail(self, row: PersonRow) -> Any:
        """One person, whole."""
        return people.person(row.pk)

    def say_detail(self, detail: Any) -> list[Section]:
        """As sections."""
        return person_sections(detail)

    def able(self) -> tuple[object, ...]:
        """What the operator may, and whether those that are marked or under the cursor are in, decide."""
        return (*map(self.console.may, PERMISSIONS.values()), len(self.chosen), *{row.revoked_on is None for row in self.chosen})

    def why_not(self, action: str) -> str:
        """Somebody has to be under the cursor, or marked, and to be in where it is about their certificate."""
        if action not in PERMISSIONS:
            return super().why_not(action)
        if not self.chosen:
            return tr(NO_ROW)
        if action == "edit" or self._active()[0]:
            return ""
        if len(self.chosen) > 1:
            return tr("All of those that are marked are revoked.")
        return tr("{callsign} is revoked, and has no certificate that counts.", callsign=show(self.chosen[0].callsign, 64))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done."""
        if action in PERMISSIONS and not self.console.may(PERMISSIONS[action]):
            return None
        return super().check_action(action, parameters)

    def action_cycle(self) -> None:
        """The next status."""
        if self.filter_fixes("state"):
            return
        query, days = self.query_now, settings.current().expiring_days
        statuses = [status for status in STATUSES if days or status != EXPIRING]
        now = EXPIRING if query.expiring is not None else query.status
        following = statuses[(statuses.index(now) + 1) % len(statuses)] if now in statuses else "active"
        expiring = days if following == EXPIRING else None
        self.ask(replace(query, status="active" if expiring else following, expiring=expiring), keep=False)

    def action_edit(self) -> None:
        """Give and take roles."""
        if len(self.chosen) > 1:
            from rmtui.tui.dialogs.roles_many import RolesManyDialog

            act_on_many(self, RolesManyDialog(*self._active()))
        elif self.chosen:
            edit_roles(self, self.chosen[0])

    def action_revoke(self) -> None:
        """Ask why."""
        if len(self.chosen) > 1:
            from rmtui.tui.dialogs.revoke_many import RevokeManyDialog

            act_on_many(self, RevokeManyDialog(*self._active()))
        elif self.chosen:
            from rmtui.tui.dialogs.revoke import RevokeDialog

            self._push(RevokeDialog(self.chosen[0]))

    def action_reissue(self) -> None:
        """Ask for which key."""
        if len(self.chosen) > 1:
            from rmtui.tui.dialogs.reissue_many import ReissueManyDialog

            act_on_many(self, ReissueManyDialog(*self._active()))
        elif self.chosen:
            from rmtui.tui.dialogs.reissue import ReissueDialog

            self._push(ReissueDialog(self.chosen[0]))

    def action_export(self) -> None:
        """Ask where to."""
        if len(self.chosen) > 1:
            from rmtui.tui.dialogs.export_many import ExportManyDialog

            act_on_many(self, ExportManyDialog(*self._active()))
        elif self.chosen:
            from rmtui.tui.dialogs.export import ExportDialog

            self._push(ExportDialog(self.chosen[0]))

    def _push(self, dialog: PersonDialog) -> None:
        """Open a dialog about one."""

        def done(sentence: str | None) -> None:
            self.reread()
            if sentence:
                self.post_message(self.Acted(sentence))

        ask_about(self, dialog, [dialog.row.pk], done)

    def _active(self) -> tuple[list[Target], tuple[int, str]]:
        """Those of the chosen that are in, and how many are not."""
        targets = [Target(row.pk, row.callsign) for row in self.chosen if row.revoked_on is None]
        return targets, (len(self.chosen) - len(targets), tr("revoked"))


def edit_roles(pane: Pane[Any, Any], row: PersonRow) -> None:
    """Open the roles of a person over a pane."""
    from rmtui.tui.dialogs.edit_roles import EditRolesDialog

    def done(sentence: str | None) -> None:
        pane.reread()
        if sentence:
            pane.post_message(pane.Acted(sentence))

    pane.app.push_screen(EditRolesDialog(row), done)
