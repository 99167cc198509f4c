"""Repairs of approvals that stopped half-way: an enrolment is given nobody but whom it made."""

from __future__ import annotations

from rmtui import clock
from rmtui.db import trail
from rmtui.db.approval import CLAIM_TIME
from rmtui.db.codes import with_code
from rmtui.db.enrollments import Enrollment, EnrollmentState, decision
from rmtui.db.locks import exclusive
from rmtui.db.own import Audit, Claim, Issued
from rmtui.db.people import Person
from rmtui.i18n import tr
from rmtui.services.audit import Act
from rmtui.services.doctor import rows
from rmtui.services.doctor.types import Fault
from rmtui.text import plain

__all__ = ["finish_approval", "settle_approved"]


def settle_approved(act: Act, item: Fault) -> str:
    """Point at the person of that name where this enrolment made them; else let it wait again, with a code that nobody was told."""
    with exclusive(decision(item.pk)):
        unnamed, gone = rows.approved_in_vain()
        row = Enrollment.get_or_none((Enrollment.pk == item.pk) & (unnamed | gone))
        if row is None:
            return ""
        approved = (Enrollment.pk == item.pk) & (Enrollment.state == EnrollmentState.APPROVED.value)
        person = Person.get_or_none((Person.callsign == row.callsign) & Person.deleted.is_null())
        taken = person is not None and Enrollment.select().where(Enrollment.person == person.pk).exists()
        if person is not None and not taken and _made(row, person):
            Enrollment.update(person=person.pk, updated=clock.utcnow()).where(approved).execute()
            act.done(what="settle-approved", person=person.pk)
            return tr("The enrolment of {callsign} points at the person of that name.", callsign=plain(row.callsign, 80))
        undone = {"state": EnrollmentState.PENDING.value, "decided_by": None, "decided_on": None, "person": None, "updated": clock.utcnow()}
        with_code(lambda code: Enrollment.update(**undone, approvecode=code).where(approved).execute())
        act.done(what="settle-approved", decided_by_before=row.decided_by)
    return tr(
        "The enrolment of {callsign} waits again; give it a new code to hand on with rmtui enrollments reset.",
        callsign=plain(row.callsign, 80),
    )


def _made(row: Enrollment, person: Person) -> bool:
    """Whether an approval of this enrolment made somebody: our records say so, or both were written in one go."""
    if row.decided_on is not None and abs(person.created - row.decided_on) <= CLAIM_TIME:
        return True
    if Claim.select().where((Claim.enrollment == row.pk) & (Claim.person == person.pk)).exists():
        return True
    approved = (Audit.target_pk == row.pk) & (Audit.action == "approve") & (Audit.outcome == "done")
    serials = [str(trail.details_of(entry.details).get("serial")) for entry in Audit.select(Audit.details).where(approved)]
    return Issued.select().where((Issued.person == person.pk) & Issued.serial.in_(serials)).exists()


def finish_approval(act: Act, item: Fault) -> str:
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
    return tr("The enrolment of {callsign} says approved.", callsign=plain(row.callsign, 80))
