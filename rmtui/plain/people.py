"""Who is in: the list, one of them, their roles, and the end of their certificate."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from rmtui.errors import RmtuiError
from rmtui.glyphs import show
from rmtui.i18n import later, tr, trn
from rmtui.plain import details
from rmtui.plain.listing import PAGE, Listing
from rmtui.plain.menu import Answer, menu
from rmtui.plain.session import Session
from rmtui.plain.words import name
from rmtui.services import certificates, filters, people, roles
from rmtui.services.operators import Permission
from rmtui.services.types import Count, Member, Page, PeopleQuery, PersonRow, RoleRow

__all__ = ["Members", "People", "Roles"]


class People(Listing[PersonRow]):
    """Those who are active, by callsign, until a filter asks for others."""

    WORDS = filters.PEOPLE

    def page(self, text: str, after: PersonRow | None) -> Page[PersonRow]:
        """As the service lists them."""
        query = PeopleQuery(text=text)
        return people.list_people(query, after=people.cursor(query, after) if after else None, limit=PAGE)

    def count(self, text: str) -> Count:
        """How many there are."""
        return people.count_people(PeopleQuery(text=text))

    def head(self, count: Count) -> str:
        """How many are in, or fit the filter."""
        if count.more:
            return tr("More than {n} people.", n=count.number)
        if self.text:
            return trn("{n} person fits the filter.", "{n} people fit the filter.", count.number)
        return trn("{n} person is in.", "{n} people are in.", count.number)

    def line(self, row: PersonRow) -> str:
        """Callsign, roles, and whether they are revoked."""
        return ", ".join(part for part in (name(row.callsign), tr("revoked") if row.revoked_on else "", *map(_role, row.roles)) if part)

    def choose(self, row: PersonRow) -> None:
        """The one that was shown with the number."""
        _One(self.session, row.pk, row.callsign).run()


class Roles(Listing[RoleRow]):
    """Every role that somebody has."""

    WORDS = filters.ROLES

    def page(self, text: str, after: RoleRow | None) -> Page[RoleRow]:
        """A part of all of them, which are few."""
        rows = self._rows(text)
        start = next((place for place, row in enumerate(rows, 1) if after and row.role == after.role), 0)
        return Page(tuple(rows[start : start + PAGE]), start > 0, len(rows) > start + PAGE)

    @staticmethod
    def _rows(text: str) -> list[RoleRow]:
        from rmtui.services.types import RoleQuery

        return roles.narrowed(roles.list_roles(), RoleQuery(text=text))

    def count(self, text: str) -> Count:
        """How many there are."""
        return Count(len(self._rows(text)))

    def head(self, count: Count) -> str:
        """How many there are."""
        return trn("{n} role.", "{n} roles.", count.number)

    def line(self, row: RoleRow) -> str:
        """The role, and how many have it."""
        return trn("{role}, {n} person", "{role}, {n} people", row.members, role=_role(row.role))

    def choose(self, row: RoleRow) -> None:
        """Who has it."""
        Members(self.session, row.role).run()


class Members(Listing[Member]):
    """Who has a role."""

    def __init__(self, session: Session, role: str) -> None:
        super().__init__(session)
        self._of = role

    def page(self, text: str, after: Member | None) -> Page[Member]:
        """As the service lists them."""
        return roles.list_members(self._of, after=roles.member_cursor(after) if after else None, limit=PAGE)

    def count(self, text: str) -> Count:
        """How many there are."""
        return people.count_people(PeopleQuery(role=self._of))

    def head(self, count: Count) -> str:
        """How many there are."""
        return trn("{n} person has the role {role}.", "{n} people have the role {role}.", count.number, role=_role(self._of))

    def line(self, row: Member) -> str:
        """The callsign."""
        return name(row.callsign)

    def choose(self, row: Member) -> None:
        """The person."""
        _One(self.session, row.pk, row.callsign).run()


def _role(role: str) -> str:
    return show(role, 40)


class _One:
    """One person, by their primary key."""

    def __init__(self, session: Session, pk: uuid.UUID, callsign: str) -> None:
        self.session, self._pk, self._seen = session, pk, callsign
        self._read()

    def _read(self) -> None:
        pk = self._pk
        self.detail = self.session.read(lambda: people.person(pk))

    def run(self) -> None:
        """Tell who they are, and ask what to do."""
        details.person(self.session.talk, self.detail.row)
        menu(self.session, tr("{callsign}: ", callsign=name(self._seen, 30)), self._answers)

    def _answers(self) -> Sequence[Answer]:
        found = [Answer("d", later("details"), later("certificate, files and the history."), lambda _rest: self._details())]
        if self.detail.row.revoked_on is None:
            told, grant = later("revoke them and their certificates, for good."), Permission.GRANT
            found[:0] = [
                Answer("g", later("give role"), later("give a role; g and its name asks less."), self._then(self._give), grant),
                Answer("t", later("take role"), later("take a role; t and its name asks less."), self._then(self._take), grant),
                Answer("x", later("revoke them"), told, self._then(self._revoke), Permission.REVOKE),
            ]
        return found

    def _then(self, act: Callable[[str], bool]) -> Callable[[str], bool]:
        """After what was refused or done, look what they are now."""

        def run(rest: str) -> bool:
            try:
                over = act(rest)
            except RmtuiError as error:
                self.session.tell(error)
                over = False
            if not over:
                self._again()
            return over

        return run

    def _again(self) -> None:
        """Read them again, and tell whether they are revoked by now."""
        before = self.detail.row
        self._read()
        if self.detail.row.revoked_on != before.revoked_on:
            details.person(self.session.talk, self.detail.row)

    def _details(self) -> None:
        self._again()
        details.whole_person(self.session.talk, self.detail)

    def _give(self, role: str) -> bool:
        session, talk, who = self.session, self.session.talk, name(self._seen)
        if session.refused(Permission.GRANT):
            return False
        role = role or talk.ask(tr("Role to give, empty cancels:"))
        if not role:
            talk.say(tr("Nothing was changed."))
            return False
        if role == roles.ADMIN:
            talk.say(tr("An admin can approve, reject, and give and take every role."))
        if not talk.agrees(tr("Type yes to give {callsign} the role {role}:", callsign=who, role=_role(role))):
            talk.say(tr("Nothing was changed."))
        elif session.change(lambda: roles.assign(session.operator, self.detail.row.pk, role)):
            talk.say(tr("{callsign} has the role {role} now.", callsign=who, role=_role(role)))
        else:
            talk.say(tr("{callsign} has the role {role} already.", callsign=who, role=_role(role)))
        return False

    def _take(self, role: str) -> bool:
        session, talk, who = self.session, self.session.talk, name(self._seen)
        if session.refused(Permission.GRANT):
            return False
        if not role:
            talk.facts((tr("Roles"), show(", ".join(self.detail.row.roles), 500) or tr("none")))
            role = talk.ask(tr("Role to take, empty cancels:"))
        if not role:
            talk.say(tr("Nothing was changed."))
            return False
        if role == roles.ADMIN:
            talk.say(tr("They can no longer act here after that."))
        if not talk.agrees(tr("Type yes to take the role {role} from {callsign}:", callsign=who, role=_role(role))):
            talk.say(tr("Nothing was changed."))
        elif session.change(lambda: roles.remove(session.operator, self.detail.row.pk, role)):
            talk.say(tr("{callsign} does not have the role {role} any more.", callsign=who, role=_role(role)))
        else:
            talk.say(tr("{callsign} does not have the role {role}; nothing was changed.", callsign=who, role=_role(role)))
        return False

    def _revoke(self, _rest: str) -> bool:
        session, talk, who = self.session, self.session.talk, name(self._seen)
        if session.refused(Permission.REVOKE):
            return False
        talk.say(tr("What is revoked:"))
        details.certificate(talk, self.detail)
        talk.say(tr("The CRL is published, so they no longer connect."))
        talk.say(tr("They cannot come back under this callsign, and it cannot be undone."))
        talk.say(tr("The reason, as everybody can read it in the CRL:"))
        for number, reason in enumerate(certificates.REASONS, 1):
            talk.say(f"{number}. {reason}: {tr(certificates.MEANING[reason])}")
        typed = talk.ask(tr("Number of the reason, empty cancels:"))
        if not (typed.isascii() and typed.isdigit() and len(typed) < 3 and 1 <= int(typed) <= len(certificates.REASONS)):
            talk.say(tr("Nobody was revoked."))
            return False
        reason = tuple(certificates.REASONS)[int(typed) - 1]
        if talk.ask(tr("Type the callsign {callsign} exactly to revoke them:", callsign=who)) not in {self._seen.strip(), who}:
            talk.say(tr("Nobody was revoked."))
            return False
        self._revoked(reason, who)
        return True

    def _revoked(self, reason: str, who: str) -> None:
        session, talk = self.session, self.session.talk
        talk.say(tr("Revoking {callsign} ...", callsign=who))
        done = session.change(lambda: certificates.revoke(session.operator, self.detail.row.pk, reason))
        talk.say(tr("{callsign} is revoked, and the CRL is published.", callsign=who))
        talk.say(trn("{n} certificate was revoked.", "{n} certificates were revoked.", len(done.serials)))
        for serial in done.serials:
            talk.facts((tr("Serial"), show(serial)))
        if done.left:
            talk.say(show(done.left))
