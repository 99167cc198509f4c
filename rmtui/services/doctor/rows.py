"""Disagreements between rows, a page of them at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peewee import JOIN, SQL, Case, fn

from rmtui import clock
from rmtui.db import issuing, schema
from rmtui.db.approval import CLAIM_TIME
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.enrollments import Enrollment, EnrollmentPool, EnrollmentState
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person, Role
from rmtui.i18n import later, tr
from rmtui.services.doctor.host import crl_serials, listing, on_the_crl
from rmtui.services.doctor.types import PAGE, Finding, Item, pages
from rmtui.text import callsign_problem, plain

__all__ = ["approved_in_vain", "checks", "nobody", "unlisted"]


def nobody(column: Any) -> Any:
    """Whether there is no person with this primary key. Not ``NOT IN``, which PostgreSQL cannot hash once there are many."""
    them = Person.alias()
    return ~fn.EXISTS(them.select(them.pk).where(them.pk == column))


def approved_in_vain() -> tuple[Any, Any]:
    """Whether an enrolment is approved and names nobody, or nobody of its callsign who is there.

    Two questions: in one, with OR, they are slow.
    """
    approved, them = Enrollment.state == EnrollmentState.APPROVED.value, Person.alias()
    made = fn.EXISTS(them.select(them.pk).where((them.pk == Enrollment.person) & (them.callsign == Enrollment.callsign)))
    return approved & Enrollment.person.is_null(), approved & Enrollment.person.is_null(False) & ~made


def _paged(select: Any, key: Any) -> Iterator[list[Any]]:
    """Rows of a query as tuples, in the order of a unique column that each begins with."""

    def fetch(last: Any) -> list[Any]:
        query = select if last is None else select.where(key > last)
        return list(query.order_by(key).limit(PAGE).tuples())

    return pages(fetch, lambda row: row[0])


def _each(select: Any, key: Any) -> Iterator[Any]:
    for page in _paged(select, key):
        yield from page


def doubled_roles() -> Iterator[Item]:
    """Roles that somebody has more than once: they stay after they were taken."""

    def fetch(last: Any) -> list[Any]:
        query = Role.select(Role.user, Role.role, fn.COUNT(Role.pk)).group_by(Role.user, Role.role).having(fn.COUNT(Role.pk) > 1)
        if last is not None:
            query = query.where((Role.user > last[0]) | ((Role.user == last[0]) & (Role.role > last[1])))
        return list(query.order_by(Role.user, Role.role).limit(PAGE).tuples())

    for page in pages(fetch, lambda row: row):
        names: dict[Any, str] = dict(Person.select(Person.pk, Person.callsign).where(Person.pk.in_([row[0] for row in page])).tuples())  # type: ignore[arg-type]
        for user, role, number in page:
            name = names.get(user, str(user))
            sentence = tr(
                "{name} has the role {role} {number} times; the web page takes one, and they keep it.",
                name=plain(name, 80),
                role=plain(role, 40),
                number=number,
            )
            yield Item(Finding("doubled-role", "error", name, sentence, "remove-doublets"), user, role)


def roles_of_nobody() -> Iterator[Item]:
    """Roles whose person is gone."""
    for pk, user, role in _each(Role.select(Role.pk, Role.user, Role.role).where(nobody(Role.user)), Role.pk):
        sentence = tr("The role {role} is given to {user}, who is not there.", role=plain(role, 40), user=user)
        yield Item(Finding("role-of-nobody", "warning", str(user), sentence, "remove-roles-of-nobody"), pk)


def pools_of_nobody() -> Iterator[Item]:
    """Invites whose owner is gone: they break the API's list for everybody."""
    gone = EnrollmentPool.deleted.is_null() & nobody(EnrollmentPool.owner)
    for pk, owner in _each(EnrollmentPool.select(EnrollmentPool.pk, EnrollmentPool.owner).where(gone), EnrollmentPool.pk):
        sentence = tr(
            "The invite {pk} belongs to {owner}, who is not there; the web page can list no invites while it does.", pk=pk, owner=owner
        )
        yield Item(Finding("invite-of-nobody", "error", str(pk), sentence, "take-invites"), pk)


def broken_extra() -> Iterator[Item]:
    """People whose ``extra`` is neither object nor null: they break the API's people list for everybody."""
    column = SQL('"t1"."extra"')
    known = Case(None, ((fn.json_valid(column) == 1, fn.json_type(column)),), "broken")
    kind: Any = known if is_sqlite(db) else fn.jsonb_typeof(column)
    table = Person.alias("t1")
    query = table.select(table.pk, table.callsign).where(column.is_null(False) & kind.not_in(("object", "null")))
    for pk, callsign in _each(query, table.pk):
        sentence = tr(
            "The extra of {callsign} is no object; the web page can list no people while it is. Make it {{}}.", callsign=plain(callsign, 80)
        )
        yield Item(Finding("extra", "error", callsign, sentence), pk)


def callsigns() -> Iterator[Item]:
    """People and waiting enrolments whose callsigns break the rules."""
    waiting = (Enrollment.state == EnrollmentState.PENDING.value) & Enrollment.deleted.is_null()
    ofs = later(
        "The callsign “{callsign}” of the person breaks the rules: {problem}. Revoke them, and let them ask again under another name."
    )
    asks = later("The callsign “{callsign}” of the enrolment breaks the rules: {problem}. Reject it, and let them ask again.")
    for model, where, told, repair in (
        (Person, Person.deleted.is_null(), ofs, "revoke-callsigns"),
        (Enrollment, waiting, asks, "reject-callsigns"),
    ):
        for pk, callsign in _each(model.select(model.pk, model.callsign).where(where), model.pk):
            problem = callsign_problem(callsign)
            if problem is not None:
                sentence = tr(told, callsign=plain(callsign, 80), problem=problem)
                yield Item(Finding("callsign", "warning", callsign, sentence, repair), pk)


def same_but_for_case() -> Iterator[Item]:
    """Active people whose callsigns differ only in case, as far as the database can tell."""
    low = fn.LOWER(Person.callsign)

    def fetch(last: Any) -> list[Any]:
        query = Person.select(low, fn.COUNT(Person.pk)).where(Person.deleted.is_null())
        query = query if last is None else query.where(low > last)
        return list(query.group_by(low).having(fn.COUNT(Person.pk) > 1).order_by(low).limit(PAGE).tuples())

    for page in pages(fetch, lambda row: row[0]):
        rows: Any = Person.select(Person.pk, Person.callsign).where(Person.deleted.is_null() & low.in_([row[0] for row in page]))
        for pk, callsign in rows.order_by(low, Person.callsign).tuples():
            sentence = tr(
                "{callsign} differs from somebody else only in case; one of them is easily taken for the other.",
                callsign=plain(callsign, 80),
            )
            yield Item(Finding("same-but-for-case", "warning", callsign, sentence), pk)


def approved_without_person() -> Iterator[Item]:
    """Approved enrolments that made nobody, or name somebody else."""
    query = Enrollment.select(Enrollment.pk, Enrollment.callsign, Person.callsign)
    query = query.join(Person, JOIN.LEFT_OUTER, on=(Person.pk == Enrollment.person))
    for lost in approved_in_vain():
        for pk, callsign, other in _each(query.where(lost), Enrollment.pk):
            sentence = tr("{callsign} is approved, and nobody was made of it.", callsign=plain(callsign, 80))
            if other is not None:
                sentence = tr(
                    "{callsign} is approved, and the person whom it names is {other}.", callsign=plain(callsign, 80), other=plain(other, 80)
                )
            yield Item(Finding("approved-without-person", "error", callsign, sentence, "settle-approved"), pk)


def person_of_pending() -> Iterator[Item]:
    """Enrolments that wait although there is the person: an approval that stopped half-way, or somebody who asks for a taken name."""
    query = (
        Enrollment.select(Enrollment.pk, Enrollment.callsign, Enrollment.person, Person.pk)
        .join(Person, on=(Person.callsign == Enrollment.callsign))
        .where((Enrollment.state == EnrollmentState.PENDING.value) & Person.deleted.is_null())
        .where(Person.created < clock.utcnow() - CLAIM_TIME)
    )
    for pk, callsign, linked, person in _each(query, Enrollment.pk):
        name = plain(callsign, 80)
        if linked == person:
            sentence = tr("The person {name} was made of an enrolment that still says pending.", name=name)
            yield Item(Finding("person-of-pending", "error", callsign, sentence, "finish-approval"), pk)
        else:
            sentence = tr(
                "There is a person {name}, and an enrolment of that name waits: an approval that stopped half-way, or "
                "somebody who asks for a taken name. Whoever asks is not known to be that person; reject the enrolment, "
                "or revoke the person first.",
                name=name,
            )
            yield Item(Finding("person-of-pending", "warning", callsign, sentence), pk)


def old_claims() -> Iterator[Item]:
    """Claims that ran out long ago."""
    if schema.own_tables_ready():
        old = Claim.select(Claim.enrollment, Claim.operator).where(Claim.expires < clock.utcnow() - issuing.LEFTOVER_AGE)
        for pk, operator in _each(old, Claim.enrollment):
            sentence = tr("An approval that {operator} began was never ended, and its claim ran out.", operator=plain(operator, 80))
            yield Item(Finding("claim", "warning", str(pk), sentence, "sweep"), pk)


def lost_certificates() -> Iterator[Item]:
    """Certificates that were signed and that nobody has."""
    if schema.own_tables_ready():
        late = (Issued.created < clock.utcnow() - issuing.LEFTOVER_AGE) & Issued.revoked_on.is_null() & ~Issued.committed
        query = Issued.select(Issued.serial, Issued.callsign, Issued.person).where(late & Issued.person.not_in(Claim.select(Claim.person)))
        for serial, callsign, person in _each(query, Issued.serial):
            sentence = tr(
                "The certificate {serial} of {callsign} was signed and lost, and is good still.",
                serial=plain(serial, 60),
                callsign=plain(callsign, 80),
            )
            yield Item(Finding("lost-certificate", "error", callsign, sentence, "sweep"), person, serial)


def against_the_crl() -> Iterator[Item]:
    """Recorded certificates that the CRL says something else of; where there is none, those that only others know to be revoked."""
    listed, now = crl_serials(), clock.utcnow()
    alone = listed is None and not listing()
    if (listed is None and not alone) or not schema.own_tables_ready():
        return
    good = (Issued.not_after > now) & (Issued.revoked_on.is_null(False) | Issued.committed)
    columns = (Issued.serial, Issued.callsign, Issued.person, Issued.revoked_on, Person.deleted)
    query = Issued.select(*columns).join(Person, JOIN.LEFT_OUTER, on=(Person.pk == Issued.person)).where(good)
    for serial, callsign, person, revoked_on, deleted in _each(query, Issued.serial):
        there, name, number = int(serial, 16) in (listed or ()), plain(callsign, 80), plain(serial, 60)
        gone = revoked_on or deleted
        if gone is not None and not there and (revoked_on is None or not alone):
            when = clock.stamp(gone)
            if alone:
                said = later("{name} was revoked on {when} by others; whether the CA was told of the certificate {serial} is not known.")
            elif revoked_on is None:
                said = later("{name} was revoked on {when} by others, and the CRL does not name the certificate {serial}.")
            else:
                said = later("The certificate {serial} of {name} was revoked on {when}, and the CRL does not say so.")
            sentence = tr(said, serial=number, name=name, when=when)
            yield Item(Finding("revoked-not-listed", "error", callsign, sentence, "publish-crl"), person)
        elif gone is None and there:
            sentence = tr(
                "The CRL names the certificate {serial} of {name}, who is active here. Reissue it, or revoke them.",
                serial=number,
                name=name,
            )
            yield Item(Finding("listed-but-active", "error", callsign, sentence), person)


def unlisted() -> Iterator[tuple[str, str]]:
    """Serial and callsign of what is recorded as revoked and the CRL does not name; nothing where nobody publishes one.

    :raises RmtuiError: the CRL cannot be read, is not the CA's own or has run out.
    """
    if not listing():
        return
    listed = on_the_crl()
    revoked = Issued.revoked_on.is_null(False) & (Issued.not_after > clock.utcnow())
    for serial, callsign in _each(Issued.select(Issued.serial, Issued.callsign).where(revoked), Issued.serial):
        if int(serial, 16) not in listed:
            yield serial, callsign


checks = (
    ("approved-without-person", approved_without_person),
    ("person-of-pending", person_of_pending),
    ("doubled-role", doubled_roles),
    ("role-of-nobody", roles_of_nobody),
    ("invite-of-nobody", pools_of_nobody),
    ("extra", broken_extra),
    ("callsign", callsigns),
    ("same-but-for-case", same_but_for_case),
    ("claim", old_claims),
    ("lost-certificate", lost_certificates),
    ("revoked-not-listed", against_the_crl),
)
"""Each needs an open connection."""
