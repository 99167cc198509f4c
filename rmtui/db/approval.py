"""An approval is one outcome: claim, make, commit.

The claim (a row of ours, unique by enrolment) keeps a second operator from signing the same. Keys, certificate and files
are made with no transaction open, complete and durable, before the rows that point at them commit. Whatever fails on the
way is undone; a crash leaves a claim that dies with its process and files that nothing points at, which are swept.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from peewee import DatabaseError, IntegrityError, InterfaceError

from rmtui import clock, settings
from rmtui.db import callsigns, effects, issuing
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.enrollments import Enrollment, EnrollmentState, decision
from rmtui.db.errors import BeingApproved, CallsignReserved, EnrollmentError, InvalidCallsign, OutcomeUnknown, WrongCode
from rmtui.db.locks import exclusive
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person
from rmtui.db.prepared import Prepared, Slot, insert
from rmtui.db.process import alive, host, process
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.text import callsign_problem, normalise_callsign, plain, same_code

if TYPE_CHECKING:
    from rmtui.pki.interface import SignedCertificate

__all__ = ["CLAIM_TIME", "approve", "check_code", "create_with_cert", "live_claim"]

CLAIM_TIME = dt.timedelta(minutes=5)
"""How long an approval may take before another operator may try."""

_under_way: set[uuid.UUID] = set()
"""Tokens of the claims that threads of this process are working on."""

_DECIDED = ("state", "decided_by", "decided_on", "person", "updated")
"""What a decision writes to an enrolment."""

_claim_of = Prepared(Claim, lambda: Claim.select().where(Claim.enrollment == Slot(Claim.enrollment)))
_end_claim = Prepared(
    Claim, lambda: Claim.delete().where((Claim.enrollment == Slot(Claim.enrollment)) & (Claim.token == Slot(Claim.token)))
)
_keep = Prepared(Issued, lambda: Issued.update(committed=True).where(Issued.serial == Slot(Issued.serial)))
_approved = Prepared(
    Enrollment,
    lambda: Enrollment.update({name: Slot(getattr(Enrollment, name)) for name in _DECIDED}).where(
        (Enrollment.pk == Slot(Enrollment.pk)) & (Enrollment.state == EnrollmentState.PENDING.value)
    ),
)
logger = logging.getLogger("rmtui.db.approval")
P = TypeVar("P", bound=Person)


@dataclass(slots=True)
class _Identity:
    """What is being made for somebody."""

    pk: uuid.UUID
    callsign: str
    csr: str | None
    signed: SignedCertificate | None = None
    """The certificate, once it is signed."""
    issued: Issued | None = None
    """The record of it, once there is one."""

    @property
    def directory(self) -> Path:
        return settings.current().people_dir / str(self.pk)

    @property
    def certspath(self) -> str:
        return str(settings.current().data_dir / "private" / "people" / str(self.pk))


def live_claim(enrollment_pk: uuid.UUID) -> Claim | None:
    """The claim that keeps others from approving this enrolment just now, if one does."""
    claim = _claim_of.first(enrollment=enrollment_pk)
    return claim if claim is not None and _lives(claim) else None


def _lives(claim: Claim) -> bool:
    if claim.expires <= clock.utcnow() or not alive(claim.host, claim.process):
        return False
    ours = (claim.host, claim.process) == (host(), process())
    return not ours or claim.token in _under_way  # ours may not have been taken back when the database was lost


def check_code(row: Enrollment, code: str) -> None:
    """Whether a code is the enrolment's, in constant time.

    :raises WrongCode: it is not, or it is empty.
    """
    if not same_code(code, row.approvecode):
        raise WrongCode(
            tr("That is not the code of {callsign}; nothing was approved. Ask them to read it out again.", callsign=plain(row.callsign))
        )


def approve(
    enrollment: Enrollment,
    approver: Person,
    code: str | None,
    *,
    on_commit: Callable[[Person, Issued], None] | None,
    progress: Callable[[str], None] | None,
) -> Person:
    """See :meth:`rmtui.db.enrollments.Enrollment.approve`."""
    tell = progress or (lambda _step: None)
    signer = issuing.authority()
    claim, row = _claim(enrollment, approver, code)
    identity = _Identity(claim.person, row.callsign, row.csr)
    names = (decision(row.pk), callsigns.taking(row.callsign))
    decided: dict[str, Any] = {}

    def commit() -> Person:
        with exclusive(*names):
            if not _end_claim.run(enrollment=row.pk, token=claim.token):
                enrollment.guard_pending()
                raise BeingApproved(
                    tr(
                        "The approval of {callsign} took too long and another took over; nothing was approved here.",
                        callsign=plain(row.callsign),
                    )
                )
            now = enrollment.guard_pending()
            _check_unchanged(now, row)
            person = _create_person(Person, identity, now.extra)
            at = clock.utcnow()
            decided.update(state=EnrollmentState.APPROVED.value, decided_by=approver.pk, decided_on=at, person=person.pk, updated=at)
            if _approved.run(pk=row.pk, **decided) != 1:  # the web API takes no lock of ours
                enrollment.guard_pending()
            if on_commit is not None and identity.issued is not None:
                on_commit(person, identity.issued)
        return person

    try:
        person = _outcome(identity, signer, tell, commit, claim, names)
    finally:
        _under_way.discard(claim.token)
    for name, value in decided.items():
        setattr(enrollment, name, value)
    return person


def create_with_cert(
    model: type[P], callsign: str, extra: Mapping[str, Any] | None, csr: str | None, on_commit: Callable[[P], None] | None
) -> P:
    """See :meth:`rmtui.db.people.Person.create_with_cert`."""
    callsign = normalise_callsign(callsign)
    signer = issuing.authority()
    identity = _Identity(uuid.uuid4(), callsign, csr)
    callsigns.check_reserved(callsign)
    model.check_free(callsign)
    _check_csr(identity.csr, callsign)

    names = (callsigns.taking(callsign),)

    def commit() -> P:
        with exclusive(*names):
            person = _create_person(model, identity, dict(extra or {}))
            if on_commit is not None:
                on_commit(person)
            return person

    return _outcome(identity, signer, lambda _step: None, commit, None, names)


def _claim(enrollment: Enrollment, approver: Person, code: str | None) -> tuple[Claim, Enrollment]:
    token = uuid.uuid4()
    try:
        with exclusive(decision(enrollment.pk), callsigns.taking(enrollment.callsign)):
            row = enrollment.guard_pending()
            if code is not None:
                check_code(row, code)
            _check_approvable(row, enrollment)
            held = _claim_of.first(enrollment=row.pk)
            if held is not None and _lives(held):
                raise BeingApproved(
                    tr(
                        "{operator} is approving {callsign} since {when}; nothing was done here.",
                        operator=plain(held.operator),
                        callsign=plain(row.callsign),
                        when=clock.stamp(held.created),
                    )
                )
            if held is not None:
                _end_claim.run(enrollment=row.pk, token=held.token)
            claim = Claim(
                token=token,
                enrollment=row.pk,
                person=uuid.uuid4(),
                operator=approver.callsign,
                host=host(),
                process=process(),
                expires=clock.utcnow() + CLAIM_TIME,
            )
            _under_way.add(token)
            insert(claim)
    except BaseException:  # the claim may be there all the same, where the answer to the commit was lost
        _under_way.discard(token)
        raise
    return claim, row


def _check_approvable(row: Enrollment, before: Enrollment) -> None:
    problem = callsign_problem(row.callsign)
    if problem is not None:
        raise InvalidCallsign(
            tr(
                "“{callsign}” cannot be approved: {problem}. Reject it, and let them ask again.",
                callsign=plain(row.callsign, 80),
                problem=problem,
            )
        )
    callsigns.check_reserved(row.callsign)
    Person.check_free(row.callsign)
    _check_csr(row.csr, row.callsign)
    _check_unchanged(row, before)


def _check_unchanged(now: Enrollment, before: Enrollment) -> None:
    if (now.callsign, now.csr, now.approvecode) != (before.callsign, before.csr, before.approvecode):
        raise EnrollmentError(
            tr("The enrolment of {callsign} was changed meanwhile; nothing was approved. Look again.", callsign=plain(before.callsign))
        )


def _check_csr(csr: str | None, callsign: str) -> None:
    if csr is not None:
        from rmtui.pki.csr import check_csr

        check_csr(csr, callsign)


def _create_person(model: type[P], identity: _Identity, extra: Mapping[str, Any]) -> P:
    model.check_free(identity.callsign)
    try:
        person: P = model.create(pk=identity.pk, callsign=identity.callsign, certspath=identity.certspath, extra=dict(extra))
    except IntegrityError:  # the web API takes no lock of ours, but the index holds
        raise CallsignReserved(tr("{callsign} was taken just now; nothing was made.", callsign=plain(identity.callsign))) from None
    _keep.run(serial=identity.issued.serial if identity.issued is not None else None)
    effects.plan(person.pk, person.callsign, "created")
    return person


def _outcome(
    identity: _Identity, signer: Any, tell: Callable[[str], None], commit: Callable[[], P], claim: Claim | None, names: tuple[str, ...]
) -> P:
    """Make the identity and commit; undo whatever was made when either fails.

    :param names: of the locks that ``commit`` holds.
    """
    try:
        _make(identity, signer, tell)
        tell(tr("Recording the approval"))
        return commit()
    except (DatabaseError, InterfaceError) as error:  # a connection that is lost is not always an OperationalError
        done = _after_lost_connection(identity, claim, names, error)
        if done is not None:
            return done  # type: ignore[return-value]
        raise
    except Exception:
        _undo(identity, claim)
        raise
    except BaseException:  # interrupted, perhaps just after the commit
        if not _committed(identity):
            _undo(identity, claim)
        raise


def _make(identity: _Identity, signer: Any, tell: Callable[[str], None]) -> None:
    from rmtui.pki.identity import make_identity

    def on_signed(signed: SignedCertificate) -> None:
        identity.signed = signed
        identity.issued = issuing.record_issued(signed, identity.pk, identity.callsign)
        tell(tr("Writing the files"))

    tell(tr("Making the key and the certificate") if identity.csr is None else tr("Signing the certificate"))
    make_identity(
        identity.directory,
        identity.callsign,
        signer,
        key_type=settings.current().key_type,
        csr_pem=None if identity.csr is None else identity.csr.encode(),
        on_signed=on_signed,
    )
    issuing.announce(signer, identity.pk, identity.callsign)


def _undo(identity: _Identity, claim: Claim | None) -> None:
    """Take back what was made: files, claim, and the certificate if one was signed. What fails here is logged, and swept later."""
    from rmtui.pki.identity import remove_identity

    try:
        remove_identity(identity.directory)
    except RmtuiError as error:
        logger.warning("left behind, to be swept: %s", error)
    if claim is not None:
        _end_claim.run(enrollment=claim.enrollment, token=claim.token)
    if identity.signed is not None:
        issuing.revoke_lost(identity.signed, identity.pk, identity.callsign)


def _committed(identity: _Identity) -> bool:
    """Whether the person is there for good; a transaction that an interruption left open is ended first."""
    if db.in_transaction():
        return False
    if not is_sqlite(db) or db.connection().in_transaction:
        db.rollback()
    return Person.select(Person.pk).where(Person.pk == identity.pk).exists()


def _after_lost_connection(identity: _Identity, claim: Claim | None, names: tuple[str, ...], error: Exception) -> Person | None:
    """What became of a commit whose answer was lost: the person if it was done, None after undoing what was not.

    A session that was lost may live on and commit yet: it holds its locks until then, and they are waited for.
    """
    try:
        lost = not is_sqlite(db) and db.connection().closed
        if lost:
            db.manual_close()
            db.connect()
        with exclusive(*names) if lost else nullcontext():
            person: Person | None = Person.get_or_none(Person.pk == identity.pk)
    except (DatabaseError, InterfaceError):
        raise OutcomeUnknown(
            tr(
                "The database was lost while {callsign} was being approved, and whether that was recorded is not known. "
                "Look at the enrolment once the database is back; if it is pending, approve it again.",
                callsign=plain(identity.callsign),
            )
        ) from error
    if person is None:
        try:
            _undo(identity, claim)
        except (DatabaseError, InterfaceError):
            logger.warning("left for the sweep: the claim and the certificate of %s", plain(identity.callsign))
    return person
