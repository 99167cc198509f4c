"""Who may do what: roles, their members, giving and taking."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from peewee import fn

from rmtui.auth.operator import ADMIN, Operator
from rmtui.db.base import db
from rmtui.db.locks import ADMINS, exclusive
from rmtui.db.middleware import connected
from rmtui.db.people import Person, Role
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import filters, windows
from rmtui.services.audit import acting
from rmtui.services.types import Cursor, Member, Page, RoleQuery, RoleRow
from rmtui.services.windows import Order
from rmtui.text import fold, plain, role_problem, storable

__all__ = [
    "ADMIN",
    "InvalidRole",
    "LastAdmin",
    "NotAMember",
    "SelfDemotion",
    "assign",
    "list_members",
    "list_roles",
    "member_cursor",
    "narrowed",
    "other_admins",
    "rank",
    "remove",
]


class InvalidRole(RmtuiError):
    """The text cannot be the name of a role."""

    title = later("Not a role")


class LastAdmin(RmtuiError):
    """Taking the role would leave nobody who can act."""

    title = later("Last admin")


class SelfDemotion(RmtuiError):
    """Nobody takes their own admin role."""

    title = later("Your own role")


class NotAMember(RmtuiError):
    """The person does not have the role."""

    title = later("Not a member")


@connected
def list_roles() -> tuple[RoleRow, ...]:
    """Every role that an active person has, by name, with how many have it."""
    query = (
        Role.select(Role.role, fn.COUNT(Role.user.distinct()))
        .join(Person, on=(Role.user == Person.pk))
        .where(Person.deleted.is_null())
        .group_by(Role.role)
        .order_by(Role.role)
    )
    return tuple(RoleRow(role, members) for role, members in db.execute(query))


def narrowed(rows: Iterable[RoleRow], query: RoleQuery) -> list[RoleRow]:
    """Those of all roles that a query shows, in its order; they are few, so the database is not asked again.

    :raises FilterError: the filter cannot be understood.
    """
    asked = filters.parse(query.text, filters.ROLES)
    only, words = asked.values.get("role"), [word.casefold() for word in asked.words]
    found = [row for row in rows if only in {None, row.role} and all(word in row.role.casefold() for word in words)]
    return sorted(found, key=lambda row: rank(query, row), reverse=query.reverse)


def rank(query: RoleQuery, row: RoleRow) -> tuple[int, str]:
    """The place of a role in the list that ``query`` shows, turned round or not."""
    return (-row.members if query.sort == "members" else 0, row.role)


def member_cursor(member: Member) -> Cursor:
    """The place of a member in the list of a role's members."""
    return Cursor(member.callsign, member.pk)


def _fetch(limited: Any) -> Sequence[Member]:
    return [Member(windows.to_uuid(pk), callsign) for pk, callsign in db.execute(limited)]


@connected
def list_members(
    role: str,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    at: Cursor | None = None,
    last: bool = False,
    limit: int = 200,
) -> Page[Member]:
    """A stretch of the active people who have a role, by callsign."""
    members = Role.select(Role.user).where(windows.equals(Role.role, role))
    select = Person.select(Person.pk, Person.callsign).where(Person.deleted.is_null() & Person.pk.in_(members))
    order = Order((windows.lowered(Person.callsign),), Person.pk)
    return windows.page(select, order, _fetch, after=after, before=before, at=at, last=last, limit=limit)


def _check(role: str) -> None:
    problem = role_problem(role)
    if problem is None and role != ADMIN and fold(role) == ADMIN:
        problem = tr("the role is written {admin}", admin=ADMIN)
    if problem is not None:
        raise InvalidRole(tr("“{role}” cannot be a role: {problem}. Nothing was changed.", role=plain(role, 40), problem=problem))


def assign(operator: Operator | None, person: uuid.UUID, role: str) -> bool:
    """Give a role; False when the person had it already.

    :raises InvalidRole: it cannot be a role's name.
    :raises Deleted: the person is revoked.
    """
    with acting(operator, "assign-role", person) as act:
        found = Person.by_pk(person, allow_deleted=True)
        act.on(found.pk, found.callsign)
        _check(role)
        with exclusive(ADMINS):
            given = found.assign_role(role)
            if given:
                act.done(role=role)
        return given


def remove(operator: Operator | None, person: uuid.UUID, role: str) -> bool:
    """Take a role, doublets of it too; False when the person did not have it.

    :raises SelfDemotion: it is the operator's own admin role.
    :raises LastAdmin: nobody else is an active admin.
    """
    with acting(operator, "remove-role", person) as act:
        found = Person.by_pk(person, allow_deleted=True)
        act.on(found.pk, found.callsign)
        with exclusive(ADMINS):
            act.person()
            if role == ADMIN and found.deleted is None and found.has_role(ADMIN) and other_admins(found) == 0:
                raise LastAdmin(
                    tr("{callsign} is the last admin; make another one first. Nothing was changed.", callsign=plain(found.callsign))
                )
            if role == ADMIN and operator is not None and found.pk == operator.pk:
                raise SelfDemotion(
                    tr("{callsign} is you; another admin takes your admin role. Nothing was changed.", callsign=plain(found.callsign))
                )
            taken = storable(role) and found.remove_role(role)
            if taken:
                act.done(role=role)
        return taken


def other_admins(person: Person) -> int:
    """How many other active admins there are."""
    admins = Role.select(Role.user).where(Role.role == ADMIN)
    number: int = Person.select().where(Person.deleted.is_null() & Person.pk.in_(admins) & (Person.pk != person.pk)).count()
    return number
