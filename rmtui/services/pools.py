"""Invites: the codes that people come through, whose they are, and who came."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from peewee import fn

from rmtui.auth.operator import Operator, findable
from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment, EnrollmentPool, EnrollmentState
from rmtui.db.errors import NotFound
from rmtui.db.locks import exclusive
from rmtui.db.middleware import connected
from rmtui.db.people import Person
from rmtui.services import audit, windows
from rmtui.services.audit import Act, acting
from rmtui.services.types import AuditEntry, Count, Cursor, Page, State
from rmtui.services.windows import Order
from rmtui.text import plain, storable

__all__ = [
    "PoolDetail",
    "PoolQuery",
    "PoolRow",
    "count_pools",
    "create",
    "cursor",
    "delete",
    "disable",
    "enable",
    "find",
    "list_pools",
    "pool",
    "reset",
]

_WORDS = {int(EnrollmentState[state.name]): state for state in State}


@dataclass(frozen=True, slots=True)
class PoolQuery:
    """What the list of invites shows, and in which order."""

    deleted: bool = False
    """Deleted ones too."""
    text: str = ""
    """Only invite codes that hold this text, without case."""
    sort: Literal["age"] = "age"
    """By creation, oldest first."""
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One invite as a list shows it."""

    pk: uuid.UUID
    code: str
    owner: str | None
    """Callsign of who made it; None when there is no such person."""
    active: bool
    """Whether people can come through, unless it is deleted."""
    created: dt.datetime
    deleted: dt.datetime | None
    pending: int
    """Who came through and waits."""
    approved: int
    rejected: int


@dataclass(frozen=True, slots=True)
class PoolDetail:
    """One invite, whole; who came through it is the list of enrolments of its primary key."""

    row: PoolRow
    extra: dict[str, Any]
    """What everybody who comes through inherits."""
    history: tuple[AuditEntry, ...]
    """Latest first, at most 50."""


def _select(query: PoolQuery) -> Any:
    cls = EnrollmentPool
    select = cls.select(cls.pk, cls.invitecode, cls.owner, cls.active, cls.created, cls.deleted)
    if not query.deleted:
        select = select.where(cls.deleted.is_null())
    return select.where(windows.holds(cls.invitecode, query.text)) if query.text else select


def _order(query: PoolQuery) -> Order:
    return Order((windows.moment(EnrollmentPool.created, EnrollmentPool.created),), EnrollmentPool.pk, query.reverse)


def cursor(_query: PoolQuery, row: PoolRow) -> Cursor:
    """The place of a row in the list."""
    return Cursor(row.created, row.pk)


def _came(pools: Sequence[Any]) -> dict[Any, dict[State, int]]:
    """How many came through each of a page's pools, by state; a state that others invented counts with the rejected."""
    keys = [windows.to_uuid(pk) for pk in pools]
    query = (
        Enrollment.select(Enrollment.pool, Enrollment.state, fn.COUNT(Enrollment.pk))
        .where(Enrollment.pool.in_(keys) & Enrollment.deleted.is_null())
        .group_by(Enrollment.pool, Enrollment.state)
    )
    came: dict[Any, dict[State, int]] = {}
    for pool, state, number in db.execute(query) if keys else ():
        word, counted = _WORDS.get(state, State.REJECTED), came.setdefault(pool, {})
        counted[word] = counted.get(word, 0) + number
    return came


def _fetch(limited: Any) -> Sequence[PoolRow]:
    """The rows of a limited query; owners and who came through are looked up for those few rows, each in one query."""
    found = list(db.execute(limited))
    owners = windows.names(Person.pk, Person.callsign, (row[2] for row in found))
    came = _came([row[0] for row in found])
    when = EnrollmentPool.created.python_value
    return [
        PoolRow(
            windows.to_uuid(pk),
            code,
            owners.get(owner),
            bool(active),
            when(created),
            when(deleted),
            *(came.get(pk, {}).get(state, 0) for state in (State.PENDING, State.APPROVED, State.REJECTED)),
        )
        for pk, code, owner, active, created, deleted in found
    ]


@connected
def list_pools(
    query: PoolQuery,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    at: Cursor | None = None,
    last: bool = False,
    limit: int = 200,
) -> Page[PoolRow]:
    """A stretch of the list: the first page, or what is after, before or at a place, or the last page."""
    return windows.page(_select(query), _order(query), _fetch, after=after, before=before, at=at, last=last, limit=limit)


@connected
def count_pools(query: PoolQuery, most: int = 10_000) -> Count:
    """How many there are, counting no further than ``most``."""
    return windows.count(_select(query), most)


@connected
def pool(pk: uuid.UUID) -> PoolDetail:
    """One invite, whole, deleted or not.

    :raises NotFound: there is none.
    """
    return _detail(EnrollmentPool.by_pk(pk, allow_deleted=True))


@connected
def find(invitecode: str) -> PoolDetail:
    """The invite with this code, as written or as read aloud, deleted or not.

    :raises NotFound: there is none.
    """
    if not storable(invitecode):
        raise NotFound("There is no such invite code.")
    return _detail(EnrollmentPool.by_invitecode(invitecode, allow_deleted=True))


def _detail(found: EnrollmentPool) -> PoolDetail:
    row = _fetch(_select(PoolQuery(deleted=True)).where(EnrollmentPool.pk == found.pk).limit(1))[0]
    return PoolDetail(row, found.extra, audit.history((found.pk,)))


def create(operator: Operator | None, owner: str | None = None) -> PoolRow:
    """Make an invite that is good at once.

    :param owner: callsign of whose it is; the operator's own without.
    :raises NotFound: there is no such person.
    :raises Deleted: they are revoked.
    """
    with acting(operator, "create-pool") as act:
        act.on(None, plain(owner, 80) if owner is not None else operator.callsign if operator else "")
        person = act.person() if owner is None else Person.by_callsign(findable(owner))
        with db.atomic():
            made = EnrollmentPool.create_for_owner(person)
            act.on(made.pk, person.callsign)
            act.done()
        return _detail(made).row


@contextmanager
def _changing(operator: Operator | None, action: str, pk: uuid.UUID) -> Iterator[tuple[Act, EnrollmentPool]]:
    """A transaction to change an invite in that is not deleted; two operators change it one after the other."""
    with acting(operator, action, pk) as act:
        found = EnrollmentPool.by_pk(pk, allow_deleted=True)
        owner = Person.get_or_none(Person.pk == found.owner)
        act.on(found.pk, owner.callsign if owner else "")
        with exclusive(f"pool:{found.pk}"):
            yield act, EnrollmentPool.by_pk(pk)


def _set_active(operator: Operator | None, action: str, pk: uuid.UUID, state: bool) -> bool:
    with _changing(operator, action, pk) as (act, found):
        changes = found.active is not state
        if changes:
            found.set_active(state)
            act.done()
        return changes


def enable(operator: Operator | None, pk: uuid.UUID) -> bool:
    """Let people come through; False when they could already.

    :raises Deleted: the invite is deleted.
    """
    return _set_active(operator, "enable-pool", pk, True)


def disable(operator: Operator | None, pk: uuid.UUID) -> bool:
    """Let nobody come through; False when nobody could already. Who came through stays as they are.

    :raises Deleted: the invite is deleted.
    """
    return _set_active(operator, "disable-pool", pk, False)


def delete(operator: Operator | None, pk: uuid.UUID) -> None:
    """Mark an invite as deleted, for good; who came through stays as they are.

    :raises Deleted: it is already.
    """
    with _changing(operator, "delete-pool", pk) as (act, found):
        found.delete()
        act.done()


def reset(operator: Operator | None, pk: uuid.UUID) -> str:
    """Give an invite a new code, and return it; the old one stops working.

    :raises Deleted: it is deleted.
    """
    with _changing(operator, "reset-pool", pk) as (act, found):
        code = found.reset_invitecode()
        act.done()
        return code
