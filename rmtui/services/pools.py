"""Invites: the codes that people come through, whose they are, and who came."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from peewee import JOIN, Case, Entity, fn

from rmtui.auth.operator import Operator, findable
from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment, EnrollmentPool, EnrollmentState
from rmtui.db.errors import NotFound
from rmtui.db.locks import exclusive
from rmtui.db.middleware import connected
from rmtui.db.people import Person
from rmtui.i18n import tr
from rmtui.services import audit, filters, narrowing, windows
from rmtui.services.audit import Act, acting
from rmtui.services.types import AuditEntry, Count, Cursor, Page, State
from rmtui.services.windows import Column
from rmtui.text import plain, storable

__all__ = [
    "PoolDetail",
    "PoolQuery",
    "PoolRow",
    "about",
    "count_pools",
    "create",
    "cursor",
    "delete",
    "disable",
    "enable",
    "find",
    "list_pools",
    "pool",
    "present",
    "reset",
    "shut",
    "state_shown",
]

_WORDS = {int(EnrollmentState[state.name]): state for state in State}


@dataclass(frozen=True, slots=True)
class PoolQuery:
    """What the list of invites shows, and in which order."""

    deleted: bool = False
    """Deleted ones too; a state that the filter names goes before."""
    text: str = ""
    """A filter, :data:`rmtui.services.filters.POOLS`; its plain words are of the invite code or of the owner's callsign."""
    sort: Literal["age", "code", "owner", "state", "pending", "approved", "rejected", "total"] = "age"
    """``age`` is by creation, oldest first; those by how many came through have the most first."""
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

    @property
    def total(self) -> int:
        """Everybody who came through."""
        return self.pending + self.approved + self.rejected


@dataclass(frozen=True, slots=True)
class PoolDetail:
    """One invite, whole; who came through it is the list of enrolments of its primary key."""

    row: PoolRow
    extra: dict[str, Any]
    """What everybody who comes through inherits."""
    history: tuple[AuditEntry, ...]
    """Latest first, at most 50."""


_OWNER = Person.alias()
_CREATED: Column[PoolRow] = Column((windows.moment(EnrollmentPool.created, EnrollmentPool.created),), (lambda row: row.created,))
_STATE = Case(None, [(EnrollmentPool.deleted.is_null(False), 2), (EnrollmentPool.active, 0)], 1)
_DECIDED = {state: fn.SUM(Case(None, [(Enrollment.state == number, 1)], 0)) for number, state in _WORDS.items()}


def _with_owner(select: Any) -> Any:
    return select.join(_OWNER, JOIN.LEFT_OUTER, on=(_OWNER.pk == EnrollmentPool.owner))


def _with_numbers(select: Any) -> Any:
    pending, approved, total = _DECIDED[State.PENDING], _DECIDED[State.APPROVED], fn.COUNT(Enrollment.pk)
    numbers = {"pending": pending, "approved": approved, "rejected": total - pending - approved, "total": total}
    came = (
        Enrollment.select(Enrollment.pool.alias("pool"), *(number.alias(name) for name, number in numbers.items()))
        .where(Enrollment.deleted.is_null())
        .group_by(Enrollment.pool)
        .alias("came")
    )
    return select.join(came, JOIN.LEFT_OUTER, on=(came.c.pool == EnrollmentPool.pk))


def _by_number(name: str, value: Callable[[PoolRow], int]) -> Column[PoolRow]:
    return windows.by_number(fn.COALESCE(Entity("came", name), 0), value, descending=True, joined=_with_numbers, then=_CREATED)


_COLUMNS: dict[str, Column[PoolRow]] = {
    "age": _CREATED,
    "code": Column((windows.lowered(EnrollmentPool.invitecode),), (lambda row: row.code,)),
    "owner": windows.by_text(_OWNER.callsign, lambda row: row.owner, joined=_with_owner, then=_CREATED),
    "state": windows.by_number(_STATE, lambda row: 2 if row.deleted is not None else int(not row.active), then=_CREATED),
    "pending": _by_number("pending", lambda row: row.pending),
    "approved": _by_number("approved", lambda row: row.approved),
    "rejected": _by_number("rejected", lambda row: row.rejected),
    "total": _by_number("total", lambda row: row.total),
}


def state_shown(query: PoolQuery) -> str:
    """Which state the list shows: one that the filter names, ``all``, or ``kept``, which is all but the deleted ones."""
    return str(filters.typed(query.text, filters.POOLS).get("state", "all" if query.deleted else "kept"))


def _select(query: PoolQuery) -> Any:
    cls, asked = EnrollmentPool, filters.parse(query.text, filters.POOLS)
    typed = asked.values
    select = cls.select(cls.pk, cls.invitecode, cls.owner, cls.active, cls.created, cls.deleted)
    state = state_shown(query)
    if state != "all":
        select = select.where(cls.deleted.is_null(state != "deleted"))
    if state in {"active", "disabled"}:
        select = select.where(cls.active == (state == "active"))
    if "owner" in typed:
        select = select.where(cls.owner.in_(narrowing.people(typed["owner"])))
    if "pool" in typed:
        select = select.where(cls.pk.in_(narrowing.pools(typed["pool"])))
    for word in asked.words:
        owners = Person.select(Person.pk).where(windows.holds(Person.callsign, word))
        select = select.where(windows.holds(cls.invitecode, word) | cls.owner.in_(owners))
    return narrowing.aged(select, cls.created, typed)


def cursor(query: PoolQuery, row: PoolRow) -> Cursor:
    """The place of a row in the list that ``query`` shows."""
    return _COLUMNS[query.sort].cursor(row, row.pk)


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
    column = _COLUMNS[query.sort]
    order = column.order(EnrollmentPool.pk, query.reverse)
    return windows.page(column.joined(_select(query)), order, _fetch, after=after, before=before, at=at, last=last, limit=limit)


@connected
def count_pools(query: PoolQuery, most: int = 10_000) -> Count:
    """How many there are, counting no further than ``most``."""
    return windows.count(_select(query), most)


@connected
def present(query: PoolQuery, keys: Sequence[uuid.UUID]) -> tuple[PoolRow, ...]:
    """Those of some invites, by primary key, that are in the list now; in no order."""
    return windows.among(_select(query), EnrollmentPool.pk, _fetch, keys)


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
        raise NotFound(tr("There is no such invite code."))
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


def about(act: Act, pk: uuid.UUID) -> EnrollmentPool:
    """The invite that an action is about, deleted or not.

    :raises NotFound: there is none.
    """
    found = EnrollmentPool.by_pk(pk, allow_deleted=True)
    owner = Person.get_or_none(Person.pk == found.owner)
    act.on(found.pk, owner.callsign if owner else "")
    return found


@contextmanager
def _changing(operator: Operator | None, action: str, pk: uuid.UUID, *, deleted: bool = False) -> Iterator[tuple[Act, EnrollmentPool]]:
    """A transaction to change an invite in; two operators change it one after the other.

    :param deleted: whether it may be deleted.
    """
    with acting(operator, action, pk) as act:
        found = about(act, pk)
        with exclusive(f"pool:{found.pk}"):
            yield act, EnrollmentPool.by_pk(pk, allow_deleted=deleted)


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


def shut(operator: Operator | None, pk: uuid.UUID, reason: str, **details: Any) -> bool:
    """Let nobody come through an invite that is burnt, deleted or not; False when nobody could already.

    :param details: what the entry says of the burning.
    """
    with _changing(operator, "burn-pool", pk, deleted=True) as (act, found):
        open_ = found.active and found.deleted is None
        if open_:
            found.set_active(False)
        act.done(reason, disabled=open_, **details)
        return open_


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
