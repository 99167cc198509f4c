"""Who is in: the list of people with their roles, and one of them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from peewee import JOIN

from rmtui import clock
from rmtui.auth.operator import findable
from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment, EnrollmentPool
from rmtui.db.middleware import connected
from rmtui.db.own import Issued
from rmtui.db.people import Person, Role
from rmtui.errors import RmtuiError
from rmtui.services import audit, windows
from rmtui.services.types import CertificateView, Count, Cursor, Page, PeopleQuery, PersonDetail, PersonRow
from rmtui.services.windows import Order

__all__ = ["count_people", "cursor", "find", "list_people", "person", "present"]


def _select(query: PeopleQuery) -> Any:
    select = Person.select(Person.pk, Person.callsign, Person.created, Person.deleted, Person.revoke_reason)
    if query.status != "all":
        select = select.where(Person.deleted.is_null(query.status == "active"))
    if query.role is not None:
        select = select.where(Person.pk.in_(Role.select(Role.user).where(windows.equals(Role.role, query.role))))
    if query.expiring is not None:
        select = _expiring(select, query.expiring)
    return select.where(windows.holds(Person.callsign, query.text)) if query.text else select


def _expiring(select: Any, days: int) -> Any:
    """Active people who have no certificate of ours that is good for longer; one that ran out already counts too."""
    if not audit.ready():
        return select.where(Person.pk.is_null())
    until = clock.utcnow() + dt.timedelta(days=days)
    good = Issued.committed & Issued.revoked_on.is_null()
    soon = Issued.select(Issued.person).where(good & (Issued.not_after <= until))
    later = Issued.select(Issued.person).where(good & (Issued.not_after > until))
    return select.where(Person.deleted.is_null() & Person.pk.in_(soon) & Person.pk.not_in(later))


def _order(query: PeopleQuery) -> Order:
    sort = windows.lowered(Person.callsign) if query.sort == "callsign" else windows.moment(Person.created, Person.created)
    return Order((sort,), Person.pk, query.reverse)


def cursor(query: PeopleQuery, row: PersonRow) -> Cursor:
    """The place of a row in the list that ``query`` shows."""
    return Cursor(row.callsign if query.sort == "callsign" else row.created, row.pk)


def _fetch(limited: Any) -> Sequence[PersonRow]:
    """The people of a limited query, then all their roles in one more."""
    found = list(db.execute(limited))
    when, to_uuid = Person.created.python_value, windows.to_uuid
    few = limited.select(Person.pk).alias("few")
    query = Role.select(Role.user, Role.role).join(few, JOIN.INNER, on=(Role.user == few.c.pk))
    roles: dict[Any, set[str]] = {}
    for user, role in db.execute(query):
        roles.setdefault(user, set()).add(role)
    return [
        PersonRow(to_uuid(pk), callsign, tuple(sorted(roles[pk])) if pk in roles else (), when(created), when(deleted), reason)
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
    return windows.page(_select(query), _order(query), _fetch, after=after, before=before, at=at, last=last, limit=limit)


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


def _detail(found: Person) -> PersonDetail:
    row = _fetch(_select(PeopleQuery(status="all")).where(Person.pk == found.pk).limit(1))[0]
    enrolled = Enrollment.select().where(Enrollment.person == found.pk).first()
    decider = Person.get_or_none(Person.pk == enrolled.decided_by) if enrolled else None
    pool = EnrollmentPool.get_or_none(EnrollmentPool.pk == enrolled.pool) if enrolled else None
    certificate, problem, files = _certificate(found)
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
    )


def _certificate(found: Person) -> tuple[CertificateView | None, str, tuple[str, ...]]:
    from rmtui.pki.bundles import names_another
    from rmtui.pki.identity import read_certificate

    try:
        directory = found.directory
        if directory.is_symlink():
            return None, "A symbolic link stands where the person's directory should be. It was not followed; check who put it there.", ()
        files = tuple(sorted(path.name for path in directory.iterdir()))
    except (OSError, ValueError, RmtuiError) as error:  # a ValueError is a path with a NUL
        return None, error.sentence if isinstance(error, RmtuiError) else "This host does not see the person's files.", ()
    try:
        read = read_certificate(directory)
    except RmtuiError as error:
        return None, error.sentence, files
    problem = names_another(read.names, found.callsign)
    if problem:
        return None, problem, files
    return (
        CertificateView(read.serial, read.fingerprint, read.subject, read.issuer, read.key, read.not_before, read.not_after),
        "",
        files,
    )
