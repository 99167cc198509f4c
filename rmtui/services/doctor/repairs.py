"""Putting right what the doctor found. Each reads again inside its write, and is an entry of the audit trail."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Event

from rmtui import clock
from rmtui.auth.operator import Operator
from rmtui.db import adopting, issuing
from rmtui.db.enrollments import EnrollmentPool
from rmtui.db.errors import Deleted
from rmtui.db.locks import exclusive
from rmtui.db.own import Issued
from rmtui.db.people import Person, Role
from rmtui.errors import RmtuiError
from rmtui.i18n import joined, later, tr, trn
from rmtui.services import bulk
from rmtui.services.audit import Act, acting
from rmtui.services.bulk import Progress, Report, Target
from rmtui.services.doctor import anew, approvals, grave, own_files, rows
from rmtui.services.doctor.directories import look
from rmtui.services.doctor.host import listing
from rmtui.services.doctor.types import Fault, Plan
from rmtui.text import plain

__all__ = ["MOST", "REPAIRS", "check_may_repair", "repair", "targets_of"]

WHOLE = uuid.UUID(int=0)
"""Stands for what is put right as a whole."""


class NotListed(RmtuiError):
    """The CRL does not name everybody who is revoked."""


One = Callable[[Act, Fault], str]

MOST = 10_000
"""How many are put right at a time: so many are named when it is asked for, and no others are touched."""
NOTHING = later("It is right by now; nothing was changed.")


@dataclass(frozen=True, slots=True)
class _Repair:
    what: str
    """A clause to ask with."""
    each: One | None = None
    """Puts one right and says so; "" when it is right meanwhile."""
    whole: Callable[[Act], list[str]] | None = None
    """Comes last, once."""
    name: str = ""
    """Of what ``whole`` puts right."""
    action: Callable[[Operator | None, Fault], str] | None = None
    """In place of ``each``: an action with an entry of its own in the trail."""
    grave: bool = False
    """Whether somebody's certificate is taken from them."""


def check_may_repair(operator: Operator | None) -> None:
    """Whether somebody may repair anything, before they are asked what.

    :raises RmtuiError: they may not, and why; that is recorded.
    """
    with acting(operator, "repair"):
        pass


def targets_of(plan: Plan) -> tuple[Target, ...]:
    """What a repair acts on, in this order: everything one by one, then what is done once for all."""
    how = REPAIRS[plan.repair]
    each = plan.faults if how.each is not None or how.action is not None else ()
    return (*each, Target(WHOLE, tr(how.name))) if how.whole is not None else each


def repair(
    operator: Operator | None,
    name: str,
    targets: Sequence[Target],
    *,
    told: Callable[[Progress], None] | None = None,
    stop: Event | None = None,
) -> Report:
    """Put these right, one after another, each an action of its own that looks again inside its write.

    :param name: one of :data:`REPAIRS`.
    :param targets: of what :func:`targets_of` gave for it.
    :raises RmtuiError: the operator may not; nothing was put right.
    """
    how = REPAIRS[name]
    check_may_repair(operator)

    def act_on(target: Target) -> str:
        if how.whole is not None and target.pk == WHOLE:
            with acting(operator, "repair") as act:
                did = how.whole(act)
                act.done(what=name, did=did)
            return joined(did, " ")
        assert isinstance(target, Fault)
        try:
            if how.action is not None:
                return how.action(operator, target) or tr(NOTHING)
            assert how.each is not None
            with acting(operator, "repair", target.pk) as act:
                act.on(target.pk, target.name)
                return how.each(act, target) or tr(NOTHING)
        except Deleted:
            return tr(NOTHING)

    return bulk.run(targets, act_on, told=told, stop=stop)


def _remove_doublets(act: Act, item: Fault) -> str:
    with exclusive(f"roles:{item.pk}"):
        theirs = Role.select(Role.pk).where((Role.user == item.pk) & (Role.role == item.about)).order_by(Role.created, Role.pk)
        rest = [row.pk for row in theirs][1:]
        if not rest:
            return ""
        Role.delete().where(Role.pk.in_(rest)).execute()
        act.done(what="remove-doublets", role=item.about, removed=len(rest))
    return tr("{callsign} has the role {role} once.", callsign=plain(act.target, 80), role=plain(item.about, 40))


def _remove_role(act: Act, item: Fault) -> str:
    with exclusive("roles-of-nobody"):
        row = Role.select(Role.role, Role.user).where((Role.pk == item.pk) & rows.nobody(Role.user)).tuples().first()
        if row is None:
            return ""
        Role.delete().where(Role.pk == item.pk).execute()
        act.done(what="remove-roles-of-nobody", role=row[0], user=row[1])
    return tr("The role {role} of {user} is removed.", role=plain(row[0], 40), user=row[1])


def _take_invite(act: Act, item: Fault) -> str:
    with exclusive("invites-of-nobody"):
        this = (EnrollmentPool.pk == item.pk) & EnrollmentPool.deleted.is_null()
        row = EnrollmentPool.get_or_none(this & rows.nobody(EnrollmentPool.owner))
        if row is None:
            return ""
        taken = {"owner": act.who.pk, "active": False, "updated": clock.utcnow()}
        if not EnrollmentPool.update(**taken).where(this & (EnrollmentPool.owner == row.owner)).execute():
            return ""
        act.done(what="take-invites", owner_before=row.owner, active_before=row.active)
    return tr("The invite {pk} is yours, and disabled.", pk=item.pk)


def _set_modes(act: Act, item: Fault) -> str:
    from rmtui.pki.files import storage

    directory = Person.by_pk(item.pk).directory
    wrong = look(directory).wrong
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
    left = look(directory).wrong
    act.done(what="modes", of=[name or "." for name, _mode in wrong], left=[name or "." for name, _mode in left])
    if left:
        return tr("Modes of {target} are set; their owner is another user's, and only root can change that.", target=plain(act.target, 80))
    return tr("Modes and owners of the files of {target} are as they should be.", target=plain(act.target, 80))


def _record_revoked(act: Act, item: Fault) -> str:
    """Record what others revoked, and what they issued to whom they did; what is on record is told with the rest."""
    person = Person.get_or_none((Person.pk == item.pk) & Person.deleted.is_null(False))
    cas = adopting.cas_to_judge_by(person, issuing.authority()) if person is not None else b""
    left = ""
    with exclusive(f"roles:{item.pk}"):
        if person is not None:
            from rmtui.pki.interface import REASONS

            left = adopting.adopt_certificate(person, cas)
            reason = person.revoke_reason if person.revoke_reason in REASONS else "unspecified"
            if issuing.revoke_serials(Issued.person == person.pk, reason):
                act.done(what="publish-crl", reason=reason)
                return tr("What was issued to {target} is recorded as revoked.", target=plain(act.target, 80))
        if left:
            raise NotListed(left)
        if not Issued.select().where((Issued.person == item.pk) & Issued.revoked_on.is_null(False)).exists():
            return ""
    return tr("What was issued to {target} is on record as revoked.", target=plain(act.target, 80))


def _publish(_act: Act) -> list[str]:
    issuing.publish_crl()
    return _published()


def _publish_whole(_act: Act) -> list[str]:
    """Publish, what failed before too, and see whether that names everybody who is revoked.

    :raises NotListed: it does not.
    :raises RmtuiError: the CRL is not there, not the CA's own, or has run out all the same.
    """
    from rmtui.pki.cfssl_talk import UnknownThere

    try:
        issuing.publish_crl(at_once=True)
    except UnknownThere:
        if not listing():
            raise
    left = list(islice(rows.unlisted(), MOST))
    if left:
        serial, callsign = left[0]
        raise NotListed(
            trn(
                "The CRL is published without {n} certificate that is revoked here, {serial} of {callsign}: the CA does not know it, or "
                "refused to revoke it. See whether another CA issued it.",
                "The CRL is published without {n} certificates that are revoked here, the first of them {serial} of {callsign}: the CA "
                "does not know them, or refused to revoke them. See whether another CA issued them.",
                len(left),
                serial=plain(serial, 60),
                callsign=plain(callsign, 80),
            )
        )
    return _published()


def _published() -> list[str]:
    return [tr("The CRL is published.") if listing() else tr("The CA is told of what is revoked.")]


def _sweep(_act: Act) -> list[str]:
    told = issuing.sweep()
    issuing.publish_crl()
    return [*told, tr("What was left behind is swept, and the CRL is published.")]


REPAIRS: Mapping[str, _Repair] = {
    "sweep": _Repair(
        later(
            "end claims that ran out, finish interrupted reissues, revoke lost certificates and remove the files of unfinished approvals"
        ),
        whole=_sweep,
        name=later("what was left behind"),
    ),
    "settle-approved": _Repair(
        later("point approved enrolments at the person whom they made, or let them wait again where that is not known"),
        approvals.settle_approved,
    ),
    "finish-approval": _Repair(later("mark enrolments approved whose person is made"), approvals.finish_approval),
    "reject-callsigns": _Repair(later("reject enrolments whose callsign breaks the rules"), action=grave.reject_callsign),
    "revoke-callsigns": _Repair(later("revoke people whose callsign breaks the rules"), action=grave.revoke_callsign, grave=True),
    "reissue": _Repair(later("issue a certificate to people who have none on disk"), anew.reissue_missing),
    "reissue-wrong": _Repair(
        later("issue a new certificate to people whose files hold a wrong one, and revoke the old"), anew.reissue_wrong, grave=True
    ),
    "set-aside": _Repair(
        later("revoke the certificates in directories that belong to nobody, and put the directories aside"),
        grave.set_aside,
        _publish,
        later("the CRL"),
        grave=True,
    ),
    "modes": _Repair(later("set modes and owners of people's files"), _set_modes),
    own_files.REPAIR: _Repair(
        later("take from others what they can do with the keys, the database and the directories of the deployment"),
        whole=own_files.close,
        name=later("the deployment's own files"),
    ),
    "remove-doublets": _Repair(later("remove doubled roles, and keep the oldest of each"), _remove_doublets),
    "remove-roles-of-nobody": _Repair(later("remove the roles of people who are not there"), _remove_role),
    "take-invites": _Repair(later("make invites yours whose owner is not there, and disable them"), _take_invite),
    "publish-crl": _Repair(later("publish the CRL, with everybody who is revoked"), _record_revoked, _publish_whole, later("the CRL")),
}
"""What each repair does, in the order they are made: the CRL comes last, with all that the others revoked."""
