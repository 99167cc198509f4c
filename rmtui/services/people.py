"""Who is in: the list of people with their roles, and one of them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from peewee import JOIN, SQL, Case, Entity, fn

from rmtui import clock
from rmtui.auth.operator import findable
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.enrollments import Enrollment, EnrollmentPool
from rmtui.db.middleware import connected
from rmtui.db.own import Issued
from rmtui.db.people import Person, Role
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.services import audit, filters, narrowing, windows
from rmtui.services.crl_state import crl_state
from rmtui.services.types import CertificateView, Count, Cursor, Page, PeopleQuery, PersonDetail, PersonRow
from rmtui.services.windows import Column, Sort

__all__ = ["by_callsign", "count_people", "cursor", "expiring_shown", "find", "list_people", "person", "present", "status_shown"]

_STATUS = Case(None, [(Person.deleted.is_null(), 0)], 1)
_CALLSIGN: Column[PersonRow] = Column((windows.lowered(Person.callsign),), (lambda row: row.callsign,))


def _created(row: PersonRow) -> dt.datetime:
    return row.created


def _ends(few: Sequence[uuid.UUID] | None = None) -> Any:
    """When the last certificate of ours runs out that somebody has, revoked ones left out; of all, or of a few people."""
    if not audit.ready():
        return Person.select(Person.pk.alias("person"), Person.created.alias("until")).where(windows.NOTHING)
    good = Issued.committed & Issued.revoked_on.is_null()
    if few is not None:
        good &= Issued.person.in_(few)
    return Issued.select(Issued.person, fn.MAX(Issued.not_after).alias("until")).where(good).group_by(Issued.person)


def _with_ends(select: Any) -> Any:
    ends = _ends().alias("ends")
    return select.join(ends, JOIN.LEFT_OUTER, on=(ends.c.person == Person.pk))


def _with_roles(select: Any) -> Any:
    roles = Role.select(Role.user.alias("person"), fn.MIN(fn.LOWER(Role.role)).alias("first")).group_by(Role.user).alias("given")
    return select.join(roles, JOIN.LEFT_OUTER, on=(roles.c.person == Person.pk))


def _first(roles: Sequence[str]) -> Any:
    """The first of a row's roles, as the database sees what is first."""
    least, few = (fn.MIN if is_sqlite(db) else fn.LEAST), [fn.LOWER(role) for role in roles]
    while len(few) > 1:  # no function takes more than a hundred
        few = [each[0] if len(each) == 1 else least(*each) for each in (few[at : at + 50] for at in range(0, len(few), 50))]
    return few[0] if few else ""


_FIRST = Entity("given", "first")
_COLUMNS: dict[str, Column[PersonRow]] = {
    "callsign": _CALLSIGN,
    "age": Column((windows.moment(Person.created, Person.created),), (_created,)),
    "status": windows.by_number(_STATUS, lambda row: int(row.revoked_on is not None), then=_CALLSIGN),
    "roles": Column(
        (Sort(Case(None, [(_FIRST.is_null(), 1)], 0)), Sort(fn.COALESCE(_FIRST, ""), _first), *_CALLSIGN.sorts),
        (lambda row: int(not row.roles), lambda row: row.roles, *_CALLSIGN.values),
        joined=_with_roles,
    ),
    "revoked": windows.by_time(Person.deleted, lambda row: row.revoked_on, Person.created, _created, descending=True),
    "reason": windows.by_text(Person.revoke_reason, lambda row: row.revoke_reason, then=_CALLSIGN),
    "expires": windows.by_time(Entity("ends", "until"), lambda row: row.expires, Person.created, _created, joined=_with_ends),
}


def status_shown(query: PeopleQuery) -> str:
    """Which status the list shows: ``active``, ``revoked`` or ``all``."""
    return _status(query, filters.typed(query.text, filters.PEOPLE))


def _status(query: PeopleQuery, typed: Mapping[str, Any]) -> str:
    """The one that was typed goes before the query's own, and a reason finds whoever has it."""
    return str(typed.get("state") or ("all" if "reason" in typed else query.status))


def expiring_shown(query: PeopleQuery) -> int | None:
    """Within how many days the certificates run out that the list shows; None where it shows others too."""
    return _expiring_within(query, filters.typed(query.text, filters.PEOPLE))


def _expiring_within(query: PeopleQuery, typed: Mapping[str, Any]) -> int | None:
    """What was typed goes before the query's own, and a state or a reason finds whoever has it."""
    days: int | None = typed.get("expiring", None if typed.keys() & {"state", "reason"} else query.expiring)
    return days


def _select(query: PeopleQuery) -> Any:
    asked = filters.parse(query.text, filters.PEOPLE)
    typed = asked.values
    select = Person.select(Person.pk, Person.callsign, Person.created, Person.deleted, Person.revoke_reason)
    status = _status(query, typed)
    if status != "all":
        select = select.where(Person.deleted.is_null(status == "active"))
    role, expiring = typed.get("role", query.role), _expiring_within(query, typed)
    if role is not None:
        select = select.where(Person.pk.in_(narrowing.members(role)))
    if "pool" in typed:
        came = Enrollment.select(Enrollment.person).where(Enrollment.pool.in_(narrowing.pools(typed["pool"])))
        select = select.where(Person.pk.in_(came.where(Enrollment.deleted.is_null())))
    if "reason" in typed:
        select = select.where(windows.same(Person.revoke_reason, typed["reason"]))
    if expiring is not None:
        select = _expiring(select, expiring)
    return windows.all_held(narrowing.aged(select, Person.created, typed), (Person.callsign,), asked.words)


def _expiring(select: Any, days: int) -> Any:
    """Active people who have no certificate of ours that is good for longer; one that ran out already counts too."""
    if not audit.ready():
        return select.where(windows.NOTHING)
    until = clock.utcnow() + dt.timedelta(days=days)
    good = Issued.committed & Issued.revoked_on.is_null()
    soon = Issued.select(Issued.person).where(good & (Issued.not_after <= until))
    later = Issued.select(SQL("1")).where(good & (Issued.person == Person.pk) & (Issued.not_after > until))
    return select.where(Person.deleted.is_null() & Person.pk.in_(soon) & ~fn.EXISTS(later))


def cursor(query: PeopleQuery, row: PersonRow) -> Cursor:
    """The place of a row in the list that ``query`` shows."""
    return _COLUMNS[query.sort].cursor(row, row.pk)


def _fetch(limited: Any) -> Sequence[PersonRow]:
    """The people of a limited query, then all their roles in one more, and when their certificates run out in another."""
    found = list(db.execute(limited))
    when, to_uuid = Person.created.python_value, windows.to_uuid
    few = [to_uuid(row[0]) for row in found]
    roles: dict[Any, set[str]] = {}
    for user, role in db.execute(Role.select(Role.user, Role.role).where(Role.user.in_(few))):
        roles.setdefault(user, set()).add(role)
    until = dict(db.execute(_ends(few)))
    return [
        PersonRow(to_uuid(pk), callsign, tuple(sorted(roles.get(pk, ()))), when(created), when(deleted), reason, when(until.get(pk)))
        for pk, callsign, created, deleted, reason in found
    ]


@connected
def list_people(
    query: PeopleQuery,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    at: Cursor | None = None,
    last: bool = False,
    limit: int = 200,
) -> Page[PersonRow]:
    """A stretch of the list: the first page, or what is after, before or at a place, or the last page."""
    column = _COLUMNS[query.sort]
    order = column.order(Person.pk, query.reverse)
    return windows.page(column.joined(_select(query)), order, _fetch, after=after, before=before, at=at, last=last, limit=limit)


@connected
def count_people(query: PeopleQuery, most: int = 10_000) -> Count:
    """How many there are, counting no further than ``most``."""
    return windows.count(_select(query), most)


@connected
def present(query: PeopleQuery, keys: Sequence[uuid.UUID]) -> tuple[PersonRow, ...]:
    """Those of some people, by primary key, that are in the list now; in no order."""
    return windows.among(_select(query), Person.pk, _fetch, keys)


@connected
def person(pk: uuid.UUID) -> PersonDetail:
    """One person, whole, revoked or not.

    :raises NotFound: there is none.
    """
    return _detail(Person.by_pk(pk, allow_deleted=True))


@connected
def find(callsign: str) -> PersonDetail:
    """The person with this callsign, exact or whatever the case, revoked or not.

    :raises NotFound: there is none.
    """
    return _detail(Person.by_callsign(findable(callsign), allow_deleted=True))


@connected
def by_callsign(callsign: str) -> PersonRow:
    """As :func:`find`, but no more than a list shows: neither files nor CRL are read.

    :raises NotFound: there is none.
    """
    return _row(Person.by_callsign(findable(callsign), allow_deleted=True))


def _row(found: Person) -> PersonRow:
    return _fetch(_select(PeopleQuery(status="all")).where(Person.pk == found.pk).limit(1))[0]


def _detail(found: Person) -> PersonDetail:
    row = _row(found)
    enrolled = Enrollment.select().where(Enrollment.person == found.pk).first()
    decider = Person.get_or_none(Person.pk == enrolled.decided_by) if enrolled else None
    pool = EnrollmentPool.get_or_none(EnrollmentPool.pk == enrolled.pool) if enrolled else None
    certificate, problem, files = _certificate(found)
    from rmtui.services import effects  # no list needs them

    return PersonDetail(
        row=row,
        certspath=found.certspath,
        files=files,
        certificate=certificate,
        certificate_problem=problem,
        approved_by=decider.callsign if decider else None,
        approved_on=enrolled.decided_on if enrolled else None,
        pool=pool.invitecode if pool else None,
        history=audit.history((found.pk, enrolled.pk if enrolled else None)),
        extra=found.extra,
        effects=effects.of_person(found.pk),
    )


def _certificate(found: Person) -> tuple[CertificateView | None, str, tuple[str, ...]]:
    from rmtui.pki.bundles import names_another
    from rmtui.pki.identity import read_certificate

    try:
        directory = found.directory
        if directory.is_symlink():
            return (
                None,
                tr("A symbolic link stands where the person's directory should be. It was not followed; check who put it there."),
                (),
            )
        files = tuple(sorted(path.name for path in directory.iterdir()))
    except (OSError, ValueError, RmtuiError) as error:  # a ValueError is a path with a NUL
        return None, error.sentence if isinstance(error, RmtuiError) else tr("This host does not see the person's files."), ()
    try:
        read = read_certificate(directory)
    except RmtuiError as error:
        return None, error.sentence, files
    problem = names_another(read.names, found.callsign)
    if problem:
        return None, problem, files
    crl, issuer = crl_state(read.serial_number, read.issuer), read.issuer.rfc4514_string()
    view = CertificateView(read.serial, read.fingerprint, read.subject, issuer, read.key, read.not_before, read.not_after, crl)
    return view, "", files
