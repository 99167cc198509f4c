"""Burning an invite that leaked: nobody comes through any more, who waits is rejected, who is in is revoked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from peewee import JOIN

from rmtui.auth.operator import Operator
from rmtui.db.enrollments import Enrollment, EnrollmentState
from rmtui.db.middleware import connected
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.i18n import tr, trn
from rmtui.pki.interface import REASONS
from rmtui.services import bulk_actions, pools
from rmtui.services.bulk import Report, Result, Stop, Target, Told
from rmtui.services.decisions import MAX_REASON, ReasonMissing, reason_of
from rmtui.services.pools import PoolRow
from rmtui.text import plain

__all__ = ["BurnPlan", "burn", "plan"]


@dataclass(frozen=True, slots=True)
class BurnPlan:
    """Whom burning an invite concerns, as of the moment it was asked for."""

    invite: PoolRow
    pending: tuple[Target, ...]
    """Enrolments to reject, oldest first."""
    people: tuple[Target, ...]
    """Active people to revoke, each once, whatever enrolments of theirs say; in the order of their enrolments."""
    rejected: int
    """Enrolments that need nothing more."""
    revoked: int
    """People who are revoked already."""
    unknown: int
    """Enrolments that were approved without a person on record, as other programs may leave them; they are to be looked at by hand."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """Everybody concerned, in the order they are dealt with."""
        return self.pending + self.people


@connected
def plan(pk: uuid.UUID) -> BurnPlan:
    """Who came through an invite, deleted or not, and what burning it would do to them.

    :raises NotFound: there is no such invite.
    """
    invite = pools.pool(pk).row
    came: Any = (
        Enrollment.select(
            Enrollment.pk, Enrollment.callsign, Enrollment.state, Enrollment.deleted, Person.pk, Person.callsign, Person.deleted
        )
        .join(Person, JOIN.LEFT_OUTER, on=(Enrollment.person == Person.pk))
        .where(Enrollment.pool == pk)
        .order_by(Enrollment.created, Enrollment.pk)
        .tuples()
    )
    pending: list[Target] = []
    people: dict[uuid.UUID, Target] = {}
    revoked: set[uuid.UUID] = set()
    rejected = unknown = 0
    for enrolled, asked, state, dropped, person, callsign, gone in came:
        if person is not None and gone is None:
            people[person] = people.get(person) or Target(person, callsign)
        elif person is not None:
            revoked.add(person)
        if dropped is not None:
            continue
        if state == EnrollmentState.PENDING:
            pending.append(Target(enrolled, asked))
        elif state != EnrollmentState.APPROVED:
            rejected += 1
        elif person is None:
            unknown += 1
    return BurnPlan(invite, tuple(pending), tuple(people.values()), rejected, len(revoked), unknown)


def burn(
    operator: Operator | None,
    planned: BurnPlan,
    *,
    reject_reason: str,
    revoke_reason: str,
    told: Told = None,
    stop: Stop = None,
) -> Report:
    """Disable the invite, then reject and revoke those of the plan and nobody else; a result for each.

    The operator and the last admin are refused as ever, and the rest goes on.

    :param reject_reason: why, as the history of every one who is rejected says it.
    :param revoke_reason: one of :data:`rmtui.services.certificates.REASONS`.
    :raises ReasonMissing: there is no reason, or it is too long; nothing was changed.
    :raises ConfigurationError: ``revoke_reason`` is none; nothing was changed.
    :raises RmtuiError: the invite could not be disabled; nothing was changed.
    """
    reason = reason_of(reject_reason)
    if not reason or len(reason) > MAX_REASON:
        raise ReasonMissing(tr("The invite was not burnt: say why, in at most {most} characters.", most=MAX_REASON))
    if revoke_reason not in REASONS:
        raise ConfigurationError(
            tr(
                "“{reason}” is no reason; it is one of {reasons}. Nothing was changed.",
                reason=plain(revoke_reason, 40),
                reasons=", ".join(REASONS),
            )
        )
    pending, active = planned.pending, planned.people
    pools.shut(operator, planned.invite.pk, reason, reject=len(pending), revoke=len(active), revoke_reason=revoke_reason)
    rejected = bulk_actions.reject(operator, pending, reason, told=_counting(told, 0, planned), stop=stop)
    try:
        revoked = bulk_actions.revoke(operator, active, revoke_reason, told=_counting(told, len(pending), planned), stop=stop)
    except RmtuiError as error:  # the database went away between the two
        revoked = Report(tuple(Result(target, "left", tr("Not begun: {error}", error=error.sentence)) for target in active))
    notes = (rejected.note, revoked.note, _meanwhile(planned))
    return Report(rejected.results + revoked.results, " ".join(note for note in notes if note), revoked.untold)


def _counting(told: Told, before: int, planned: BurnPlan) -> Told:
    """Tells the progress of a part as that of the whole."""
    total = len(planned.targets)
    return told and (lambda progress: told(replace(progress, finished=before + progress.finished, total=total)))


def _meanwhile(before: BurnPlan) -> str:
    """Who came through, or was let in, after the plan was made: they are told, never acted on unseen."""
    try:
        now = plan(before.invite.pk)
    except RmtuiError as error:
        return tr("Whether more came through meanwhile is not known: {error}", error=error.sentence)
    more = len({target.pk for target in now.targets} - {target.pk for target in before.targets})
    return (
        trn(
            "{n} more came through meanwhile; burn the invite again to see them.",
            "{n} more came through meanwhile; burn the invite again to see them.",
            more,
        )
        if more
        else ""
    )
