"""Putting right what the doctor found. Each reads again inside its write, and is an entry of the audit trail."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rmtui import clock
from rmtui.auth.operator import Operator
from rmtui.db import issuing
from rmtui.db.codes import with_code
from rmtui.db.enrollments import Enrollment, EnrollmentPool, EnrollmentState, decision
from rmtui.db.errors import Deleted
from rmtui.db.locks import exclusive
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.people import Person, Role
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.services.audit import Act, acting
from rmtui.services.doctor import people_files, rows
from rmtui.services.doctor.types import Item, Repaired
from rmtui.text import plain

__all__ = ["REPAIRS", "repair"]

Source = Callable[[], Iterator[Item]]
One = Callable[[Act, Item], str]


@dataclass(frozen=True, slots=True)
class _Repair:
    what: str
    """A clause to ask with."""
    sources: tuple[Source, ...]
    """Where what it can put right is found."""
    each: One | None = None
    """Puts one right and says so; "" when it is right meanwhile."""
    whole: Callable[[Act], list[str]] | None = None
    """Comes last, once."""


def repair(operator: Operator | None, name: str) -> Iterator[Repaired]:
    """Put everything right that this repair can, one after another; what is right meanwhile is passed over.

    :param name: one of :data:`REPAIRS`.
    :raises RmtuiError: the operator may not, or the database or the authority is gone; nothing more was put right.
    """
    how = REPAIRS[name]
    if how.each is not None:
        for item in _items(how, name):
            subject, begun = item.finding.subject, False
            try:
                with acting(operator, "repair", item.pk) as act:
                    begun = True
                    act.on(item.pk, subject)
                    said = how.each(act, item)
            except Deleted:
                continue
            except RmtuiError as error:
                if not begun or isinstance(error, UnreachableError):
                    raise
                yield Repaired(subject, False, error.sentence)
                continue
            if said:
                yield Repaired(subject, True, said)
    if how.whole is not None:
        with acting(operator, "repair") as act:
            told = how.whole(act)
            act.done(what=name, did=told)
        for sentence in told:
            yield Repaired("", True, sentence)


def _items(how: _Repair, name: str) -> Iterator[Item]:
    """What is to be put right, read as it goes; a connection is open only meanwhile."""
    with connection():
        for source in how.sources:
            for item in source():
                if item.finding.repair == name:
                    yield item


def _remove_doublets(act: Act, item: Item) -> str:
    with exclusive(f"roles:{item.pk}"):
        theirs = Role.select(Role.pk).where((Role.user == item.pk) & (Role.role == item.about)).order_by(Role.created, Role.pk)
        rest = [row.pk for row in theirs][1:]
        if not rest:
            return ""
        Role.delete().where(Role.pk.in_(rest)).execute()
        act.done(what="remove-doublets", role=item.about, removed=len(rest))
    return f"{plain(act.target, 80)} has the role {plain(item.about, 40)} once."


def _remove_role(act: Act, item: Item) -> str:
    with exclusive("roles-of-nobody"):
        row = Role.select(Role.role, Role.user).where((Role.pk == item.pk) & rows.nobody(Role.user)).tuples().first()
        if row is None:
            return ""
        Role.delete().where(Role.pk == item.pk).execute()
        act.done(what="remove-roles-of-nobody", role=row[0], user=row[1])
    return f"The role {plain(row[0], 40)} of {row[1]} is removed."


def _take_invite(act: Act, item: Item) -> str:
    with exclusive("invites-of-nobody"):
        this = (EnrollmentPool.pk == item.pk) & EnrollmentPool.deleted.is_null()
        row = EnrollmentPool.get_or_none(this & rows.nobody(EnrollmentPool.owner))
        if row is None:
            return ""
        taken = {"owner": act.who.pk, "active": False, "updated": clock.utcnow()}
        if not EnrollmentPool.update(**taken).where(this & (EnrollmentPool.owner == row.owner)).execute():
            return ""
        act.done(what="take-invites", owner_before=row.owner, active_before=row.active)
    return f"The invite {item.pk} is yours, and disabled."


def _settle_approved(act: Act, item: Item) -> str:
    """Point at the person of that name where they are nobody else's; else let it wait again, with a code that nobody was told."""
    with exclusive(decision(item.pk)):
        unnamed, gone = rows.approved_in_vain()
        row = Enrollment.get_or_none((Enrollment.pk == item.pk) & (unnamed | gone))
        if row is None:
            return ""
        approved = (Enrollment.pk == item.pk) & (Enrollment.state == EnrollmentState.APPROVED.value)
        person = Person.get_or_none((Person.callsign == row.callsign) & Person.deleted.is_null())
        if person is not None and not Enrollment.select().where(Enrollment.person == person.pk).exists():
            Enrollment.update(person=person.pk, updated=clock.utcnow()).where(approved).execute()
            act.done(what="settle-approved", person=person.pk)
            return f"The enrolment of {plain(row.callsign, 80)} points at the person of that name."
        undone = {"state": EnrollmentState.PENDING.value, "decided_by": None, "decided_on": None, "person": None, "updated": clock.utcnow()}
        with_code(lambda code: Enrollment.update(**undone, approvecode=code).where(approved).execute())
        act.done(what="settle-approved", decided_by_before=row.decided_by)
    return f"The enrolment of {plain(row.callsign, 80)} waits again; give it a new code to hand on with rmtui enrollments reset."


def _finish_approval(act: Act, item: Item) -> str:
    with exclusive(decision(item.pk)):
        row = Enrollment.by_pk(item.pk)
        waiting = (Enrollment.pk == item.pk) & (Enrollment.state == EnrollmentState.PENDING.value)
        person = Person.get_or_none((Person.pk == row.person) & Person.deleted.is_null())
        if person is None or person.callsign != row.callsign:
            return ""
        now = clock.utcnow()
        decided = {"state": EnrollmentState.APPROVED.value, "decided_by": act.who.pk, "decided_on": now, "updated": now}
        if not Enrollment.update(**decided).where(waiting).execute():
            return ""
        act.done(what="finish-approval", person=person.pk)
    return f"The enrolment of {plain(row.callsign, 80)} says approved."


def _reissue(act: Act, item: Item) -> str:
    from rmtui.pki.identity import read_certificate
    from rmtui.pki.interface import FileMissing

    person = Person.by_pk(item.pk)
    try:
        read_certificate(person.directory)
    except FileMissing:
        pass
    else:
        return ""
    enrollment = Enrollment.select(Enrollment.csr).where(Enrollment.person == person.pk).tuples().first()
    csr = enrollment[0] if enrollment is not None else None
    person.reissue(csr, on_commit=lambda old, new: act.done(what="reissue", serial=new, superseded=old, csr=csr is not None))
    return f"{plain(person.callsign, 80)} has a new certificate."


def _set_modes(act: Act, item: Item) -> str:
    from rmtui.pki.files import storage

    directory = Person.by_pk(item.pk).directory
    wrong = people_files.wrong_modes(directory)
    if not wrong:
        return ""
    with storage(directory, "changed"):
        above = directory.parent.stat()
        place = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            for name, mode in wrong:
                how = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                file = os.open(name, how, dir_fd=place) if name else os.dup(place)
                try:
                    if os.geteuid() == 0:
                        os.fchown(file, above.st_uid, above.st_gid)
                    os.fchmod(file, mode)
                finally:
                    os.close(file)
        finally:
            os.close(place)
    left = people_files.wrong_modes(directory)
    act.done(what="modes", of=[name or "." for name, _mode in wrong], left=[name or "." for name, _mode in left])
    if left:
        return f"Modes of {plain(act.target, 80)} are set; their owner is another user's, and only root can change that."
    return f"Modes and owners of the files of {plain(act.target, 80)} are as they should be."


def _record_revoked(act: Act, item: Item) -> str:
    """Record and revoke what others issued; what is recorded needs the CRL only."""
    with exclusive(f"roles:{item.pk}"):
        person = Person.get_or_none((Person.pk == item.pk) & Person.deleted.is_null(False))
        if person is None or Issued.select().where(Issued.person == item.pk).exists():
            return ""
        from rmtui.pki.interface import REASONS

        issuing.adopt_certificate(person)
        reason = person.revoke_reason if person.revoke_reason in REASONS else "unspecified"
        if not issuing.revoke_serials(Issued.person == person.pk, reason):
            return ""
        act.done(what="publish-crl", reason=reason)
    return f"The certificate of {plain(act.target, 80)} is recorded as revoked."


def _publish(_act: Act) -> list[str]:
    issuing.publish_crl()
    return ["The CRL is published."]


def _sweep(_act: Act) -> list[str]:
    told = issuing.sweep()
    issuing.publish_crl()
    return [*told, "What was left behind is swept, and the CRL is published."]


REPAIRS: Mapping[str, _Repair] = {
    "sweep": _Repair(
        "end claims that ran out, finish interrupted reissues, revoke lost certificates and remove the files of unfinished approvals",
        (),
        whole=_sweep,
    ),
    "settle-approved": _Repair(
        "point approved enrolments at the person of that name, or let them wait again where there is none",
        (rows.approved_without_person,),
        _settle_approved,
    ),
    "finish-approval": _Repair("mark enrolments approved whose person is made", (rows.person_of_pending,), _finish_approval),
    "reissue": _Repair("issue a certificate to people who have none on disk", (people_files.people,), _reissue),
    "modes": _Repair("set modes and owners of people's files", (people_files.people,), _set_modes),
    "remove-doublets": _Repair("remove doubled roles, and keep the oldest of each", (rows.doubled_roles,), _remove_doublets),
    "remove-roles-of-nobody": _Repair("remove the roles of people who are not there", (rows.roles_of_nobody,), _remove_role),
    "take-invites": _Repair("make invites yours whose owner is not there, and disable them", (rows.pools_of_nobody,), _take_invite),
    "publish-crl": _Repair("publish the CRL, with everybody who is revoked", (people_files.people,), _record_revoked, _publish),
}
"""What each repair does, in the order they are made: the CRL comes last, with all that the others revoked."""
