"""What an operator decides about an enrolment."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from rmtui.auth.operator import Operator
from rmtui.db import approval, callsigns
from rmtui.db.enrollments import Enrollment, EnrollmentPool, EnrollmentState
from rmtui.db.errors import AnswerLost, EnrollmentError, NotFound
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services.audit import acting
from rmtui.services.types import ApprovalPreview, Approved, CreatedEnrollment
from rmtui.text import normalise_callsign, plain, storable

__all__ = [
    "LookalikeWarning",
    "ReasonMissing",
    "Shown",
    "approve",
    "create",
    "reason_of",
    "reject",
    "reopen",
    "reset_code",
    "told_accepted",
]

MAX_REASON = 500
"""Characters a reason may have."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What an operator saw of an enrolment: nothing else is signed."""

    callsign: str
    key: str
    """SHA-256 of the public key of the CSR, lower-case hexadecimal; empty without a CSR."""

    @classmethod
    def of(cls, preview: ApprovalPreview) -> Shown:
        """What a preview showed."""
        return cls(preview.detail.row.callsign, preview.detail.csr_fingerprint)


class LookalikeWarning(RmtuiError):
    """The callsign looks like somebody else's; approving it takes a second yes."""

    title = later("Looks like somebody else")

    def __init__(self, callsign: str, others: tuple[str, ...]) -> None:
        self.callsign, self.others = callsign, others
        names = ", ".join(plain(other) for other in others)
        super().__init__(
            tr(
                "{callsign} looks like {names}; nothing was approved yet. Make sure that it is somebody else.",
                callsign=plain(callsign),
                names=names,
            )
        )


class ReasonMissing(RmtuiError):
    """A rejection says why."""

    title = later("Reason missing")


def create(operator: Operator | None, callsign: str, *, csr: str | None = None, invitecode: str | None = None) -> CreatedEnrollment:
    """Make a pending enrolment, as the person's web page would.

    :param csr: PEM of the person's own request, checked now as it will be when it is approved.
    :param invitecode: the pool the person comes through.
    :raises InvalidCallsign: it cannot be a callsign.
    :raises CallsignReserved: it is taken or reserved.
    :raises CSRError: the request is refused, and why.
    :raises PoolInactive: the invite is disabled.
    """
    with acting(operator, "create") as act:
        act.on(None, plain(callsign, 80))
        callsign = normalise_callsign(callsign)
        act.on(None, callsign)
        if csr is not None:
            from rmtui.pki.csr import check_csr

            check_csr(csr, callsign)
        if invitecode and not storable(invitecode):
            raise NotFound(tr("There is no such invite code."))
        pool = EnrollmentPool.by_invitecode(invitecode) if invitecode else None

        def record(made: Enrollment) -> None:
            act.on(made.pk, made.callsign)
            act.done(csr=csr is not None, pool=pool.pk if pool else None)

        made = Enrollment.create_for_callsign(callsign, pool=pool, extra=pool.extra if pool else None, csr=csr, on_commit=record)
        return CreatedEnrollment(made.pk, made.callsign, made.approvecode)


def approve(
    operator: Operator | None,
    pk: uuid.UUID,
    code: str,
    *,
    accept_lookalikes: bool = False,
    alike: Callable[[str], Sequence[str]] | None = None,
    shown: ApprovalPreview | Shown | None = None,
    progress: Callable[[str], None] | None = None,
) -> Approved:
    """Approve with the code the person read out: makes the person, their certificate and files.

    :param accept_lookalikes: whether the operator has seen the warning that the callsign looks like another.
    :param alike: tells the callsigns that look like one, where many are approved; everybody is looked at without it.
    :param shown: what the operator saw of it, which is what will be signed or nothing.
    :param progress: told each step as a few words.
    :raises WrongCode: it is not the enrolment's code.
    :raises EnrollmentError: another callsign or key is asked for by now than ``shown`` says.
    :raises LookalikeWarning: it takes a second yes.
    :raises AlreadyDecided: somebody decided first; who, and when.
    :raises BeingApproved: another approval of it is under way.
    """
    with acting(operator, "approve", pk) as act:
        found = Enrollment.by_pk(pk)
        act.on(found.pk, found.callsign)
        approval.check_code(found if found.state == EnrollmentState.PENDING else found.guard_pending(), code)
        if shown is not None:
            _check_shown(found, shown if isinstance(shown, Shown) else Shown.of(shown))
        others = tuple(alike(found.callsign) if alike is not None else callsigns.lookalikes(Person, found.callsign))
        if others and not accept_lookalikes:
            raise LookalikeWarning(found.callsign, others)

        signed: list[Issued] = []

        def record(_person: Person, issued: Issued) -> None:
            signed.append(issued)
            act.done(serial=issued.serial, looks_like=list(others))

        person = found.approve(act.who, code, on_commit=record, progress=progress)
        return Approved(person.pk, person.callsign, signed[-1].serial, signed[-1].not_after, str(person.directory))


def _check_shown(found: Enrollment, shown: Shown) -> None:
    if found.callsign != shown.callsign:
        changed = tr("it asks for {callsign} now", callsign=plain(found.callsign, 80))
    elif _key_of(found) != shown.key:
        changed = tr("its certificate request is another now")
    else:
        return
    raise EnrollmentError(
        tr(
            "The enrolment of {callsign} was changed after it was shown: {changed}. Nothing was approved; look again, "
            "and ask who changed it.",
            callsign=plain(shown.callsign, 80),
            changed=changed,
        )
    )


def _key_of(found: Enrollment) -> str:
    if found.csr is None:
        return ""
    from rmtui.pki.csr import check_csr

    return check_csr(found.csr, found.callsign).fingerprint


def told_accepted(callsign: str) -> str:
    """What whoever rejects on a live deployment must know: its web page does not tell rejected and approved apart."""
    return tr(
        "The deployment's web page will tell {callsign} that they were approved, although they get no "
        "certificate: it does not tell the two apart. Let them know yourself.",
        callsign=plain(callsign, 64),
    )


def reason_of(text: str) -> str:
    """A reason as the trail keeps it: one harmless line, whose length whoever takes it judges."""
    return plain(" ".join(text.split()))


def reject(operator: Operator | None, pk: uuid.UUID, reason: str) -> None:
    """Reject, and say why.

    :raises ReasonMissing: no reason was given.
    :raises AlreadyDecided: somebody decided first; who, and when.
    """
    with suppress(AnswerLost), acting(operator, "reject", pk) as act:
        found = Enrollment.by_pk(pk)
        act.on(found.pk, found.callsign)
        reason = reason_of(reason)
        if not reason:
            raise ReasonMissing(tr("{callsign} was not rejected: say why.", callsign=plain(found.callsign)))
        if len(reason) > MAX_REASON:
            raise ReasonMissing(
                tr(
                    "{callsign} was not rejected: the reason is longer than {most} characters.",
                    callsign=plain(found.callsign),
                    most=MAX_REASON,
                )
            )
        found.reject(act.who, on_commit=lambda: act.done(reason))


def reopen(operator: Operator | None, pk: uuid.UUID) -> CreatedEnrollment:
    """Make a rejected enrolment pending again, under a new approve code.

    :raises ForbiddenOperation: it is not rejected.
    """
    with acting(operator, "reopen", pk) as act:
        found = Enrollment.by_pk(pk)
        act.on(found.pk, found.callsign)
        code = found.reopen(on_commit=act.done)
        return CreatedEnrollment(found.pk, found.callsign, code)


def reset_code(operator: Operator | None, pk: uuid.UUID) -> CreatedEnrollment:
    """Give a pending enrolment a new approve code; the old one is good for nothing from then on.

    :raises AlreadyDecided: it is not pending any more; who decided, and when.
    """
    with acting(operator, "reset-code", pk) as act:
        found = Enrollment.by_pk(pk)
        act.on(found.pk, found.callsign)
        code = found.reset_approvecode(on_commit=act.done)
        return CreatedEnrollment(found.pk, found.callsign, code)
