"""Approving: what will be signed is told first, and nothing else is signed."""

from __future__ import annotations

import uuid

from rmtui import clock
from rmtui.glyphs import show
from rmtui.i18n import tr
from rmtui.plain import details
from rmtui.plain.session import Session
from rmtui.plain.words import code as grouped
from rmtui.plain.words import name
from rmtui.services import enrollments, matching
from rmtui.services.operators import Permission
from rmtui.services.refusals import WrongCode
from rmtui.services.types import ApprovalPreview
from rmtui.settings import Secret
from rmtui.text import normalise_code

__all__ = ["approve", "by_code"]


def approve(session: Session, pk: uuid.UUID, callsign: str) -> bool:
    """Approve one that was chosen, with the code that they read out; whether it was."""
    talk = session.talk
    if session.refused(Permission.DECIDE):
        return False
    seen = _shown(session, pk)
    if seen is None or not _somebody_else(session, seen):
        return False
    if callsign in session.codes:
        talk.say(tr("This is a demo, and nobody reads it out: the code is {code}.", code=grouped(session.codes[callsign])))
    while True:
        code = talk.secret(tr("Approve code of {callsign}, empty cancels:", callsign=name(seen.detail.row.callsign)))
        if not normalise_code(code.reveal()):
            talk.say(tr("Nobody was approved."))
            return False
        try:
            _sign(session, seen, code)
        except WrongCode as error:
            session.tell(error)
        else:
            return True


def by_code(session: Session) -> None:
    """Approve whoever a code, a link or a chat line is of."""
    talk = session.talk
    if session.refused(Permission.DECIDE):
        return
    given = talk.secret(tr("Code, link or chat line, empty cancels:")).reveal()
    if not given:
        talk.say(tr("Nobody was approved."))
        return
    matches = session.read(lambda: matching.match(given))
    if len(matches) != 1:
        talk.say(tr("Give one line at a time. Nobody was approved."))
        return
    match = matches[0]
    if match.row is None or match.problem:
        talk.say(tr("{problem} Nobody was approved.", problem=match.problem))
        return
    pk = match.row.pk
    talk.say(tr("It is the code of {callsign}.", callsign=name(match.row.callsign)))
    seen = _shown(session, pk, asked=True)
    if seen is None or not _somebody_else(session, seen):
        return
    if not talk.agrees(tr("Type yes to approve {callsign}:", callsign=name(seen.detail.row.callsign))):
        talk.say(tr("Nobody was approved."))
        return
    _sign(session, seen, match.code)


def _shown(session: Session, pk: uuid.UUID, *, asked: bool = False) -> ApprovalPreview | None:
    """Tell what would be signed; None where it cannot be, and why is told."""
    seen = session.read(lambda: enrollments.preview(pk))
    if seen.blocked:
        session.talk.say(tr("It cannot be approved now. {why}", why=seen.blocked))
        return None
    details.preview(session.talk, seen, asked=asked)
    return seen


def _somebody_else(session: Session, seen: ApprovalPreview) -> bool:
    """Whether nobody who is in has a callsign like it, or the operator has made sure that it is somebody else."""
    if not seen.detail.lookalikes:
        return True
    if session.talk.agrees(tr("Type yes if you have made sure that it is somebody else:")):
        return True
    session.talk.say(tr("Nobody was approved."))
    return False


def _sign(session: Session, seen: ApprovalPreview, code: Secret) -> None:
    talk, operator, pk = session.talk, session.operator, seen.detail.row.pk
    talk.say(tr("Approving {callsign} ...", callsign=name(seen.detail.row.callsign)))

    accept = bool(seen.detail.lookalikes)
    done = session.change(lambda: enrollments.approve(operator, pk, code.reveal(), accept_lookalikes=accept, shown=seen))
    talk.say(tr("{callsign} is approved.", callsign=name(done.callsign)))
    talk.facts(
        (tr("Serial"), show(done.serial)),
        (tr("Valid until"), clock.stamp(done.not_after)),
        (tr("Files"), show(done.files)),
    )
    if session.live:
        talk.say(tr("They fetch mtls.pfx from the deployment's page; its password is their callsign."))
    else:
        talk.say(tr("Hand them mtls.pfx from there; its password is their callsign."))
