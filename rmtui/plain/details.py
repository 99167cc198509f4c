"""What there is to say about an enrolment or a person, a fact a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from rmtui import clock
from rmtui.glyphs import show
from rmtui.i18n import tr
from rmtui.plain.talk import Talk
from rmtui.plain.words import STATES, by_letters, code, moment, name
from rmtui.services.types import ApprovalPreview, AuditEntry, EnrollmentDetail, PersonDetail, PersonRow
from rmtui.voice import grouped

__all__ = ["certificate", "enrolment", "history", "lookalikes", "person", "preview", "whole_enrolment", "whole_person"]

CUT = 500
"""Characters of foreign text that are told at most."""


def enrolment(talk: Talk, detail: EnrollmentDetail) -> None:
    """What decides about an enrolment."""
    row = detail.row
    talk.facts(
        (tr("Callsign"), name(row.callsign)),
        (tr("State"), tr(STATES[row.state])),
        (tr("Asked"), moment(row.created)),
        (tr("Decided"), moment(row.decided_on)),
        (tr("Decided by"), show(row.decided_by or "", 64)),
        (tr("Reason"), show(detail.reason, CUT)),
        (tr("Invite"), code(row.pool) if row.pool else ""),
        (tr("Their own request"), show(detail.csr, CUT)),
    )
    if detail.problem:
        talk.say(tr("Warning: the callsign cannot be approved: {problem}. It can be rejected.", problem=show(detail.problem)))
    if detail.claimed_by:
        talk.say(tr("Warning: {operator} is approving it just now.", operator=show(detail.claimed_by, 64)))
    lookalikes(talk, detail)


def lookalikes(talk: Talk, detail: EnrollmentDetail) -> None:
    """Whose callsign it looks like, each spelt, so that the ear hears where they differ."""
    if not detail.lookalikes:
        return
    talk.say(tr("Warning: this callsign looks like that of somebody who is in."))
    talk.say(tr("Asks: {callsign}: {letters}", callsign=name(detail.row.callsign), letters=by_letters(detail.row.callsign)))
    for other in detail.lookalikes:
        talk.say(tr("Is in: {callsign}: {letters}", callsign=name(other), letters=by_letters(other)))


def whole_enrolment(talk: Talk, detail: EnrollmentDetail) -> None:
    """Everything else."""
    talk.say(tr("Spelt: {letters}", letters=by_letters(detail.row.callsign)))
    talk.facts((tr("SHA-256 of the key of the request"), grouped(detail.csr_fingerprint)))
    for field, value in detail.extra.items():
        talk.facts((show(field, 40), show(value, CUT)))
    history(talk, detail.history)


def preview(talk: Talk, seen: ApprovalPreview, *, asked: bool) -> None:
    """What an approval will sign; ``asked``: since when they wait, too."""
    row = seen.detail.row
    talk.say(tr("What will be signed:"))
    talk.facts(
        (tr("Subject"), show(seen.subject, CUT)),
        (tr("Key"), show(seen.key, CUT)),
        (tr("SHA-256 of the key of the request"), grouped(seen.detail.csr_fingerprint)),
        (tr("Valid"), _life(seen.hours)),
        (tr("Authority"), show(seen.authority, CUT)),
        (tr("Asked"), moment(row.created) if asked else ""),
        (tr("Invite"), code(row.pool) if row.pool and asked else ""),
    )
    lookalikes(talk, seen.detail)


def _life(hours: int | None) -> str:
    if hours is None:
        return tr("as long as the CA decides")
    days, rest = divmod(hours, 24)
    return tr("{days} days {hours} hours from now", days=days, hours=rest) if rest else tr("{days} days from now", days=days)


def history(talk: Talk, entries: Sequence[AuditEntry]) -> None:
    """What was done, latest first: who and when, then what was said about it."""
    talk.say(tr("History, the latest first:") if entries else tr("There is no history."))
    for entry in entries:
        who = show(entry.operator, 64) if entry.operator else tr("nobody")
        proof = tr("unproven") if entry.proof == "none" else show(tr(entry.proof), 20)
        what = show(entry.action, 40) if entry.outcome == "done" else f"{show(entry.action, 40)} {show(tr(entry.outcome), 20)}"
        talk.say(
            tr("{when}: {action}, by {operator} ({proof}).", when=clock.stamp(entry.at), action=what, operator=who, proof=proof)
            if entry.operator
            else tr("{when}: {action}, by nobody.", when=clock.stamp(entry.at), action=what)
        )
        talk.facts((tr("About it"), show(entry.about, CUT)))


def person(talk: Talk, row: PersonRow) -> None:
    """Who somebody is."""
    talk.facts(
        (tr("Callsign"), name(row.callsign)),
        (tr("State"), tr("revoked") if row.revoked_on else tr("active")),
        (tr("Roles"), show(", ".join(row.roles), CUT) or tr("none")),
        (tr("Since"), moment(row.created)),
        (tr("Revoked"), moment(row.revoked_on)),
        (tr("Reason"), show(row.revoke_reason or "", CUT)),
    )


def certificate(talk: Talk, detail: PersonDetail) -> None:
    """Which certificate somebody has, or why there is none to tell of."""
    found = detail.certificate
    if found is None:
        talk.facts((tr("Certificate"), show(detail.certificate_problem, CUT)))
        return
    talk.facts(
        (tr("Serial"), show(found.serial)),
        (tr("SHA-256"), grouped(show(found.fingerprint))),
        (tr("Valid until"), until(found.not_after)),
        (tr("CRL"), show(found.crl.sentence, CUT)),
    )


def until(when: dt.datetime) -> str:
    """When something ends, and whether it did."""
    stamp = clock.stamp(when)
    return tr("{stamp}, which is past", stamp=stamp) if when <= clock.utcnow() else stamp


def whole_person(talk: Talk, detail: PersonDetail) -> None:
    """Everything else."""
    row = detail.row
    talk.say(tr("Spelt: {letters}", letters=by_letters(row.callsign)))
    talk.facts(
        (tr("Approved by"), show(detail.approved_by or "", 64)),
        (tr("Approved"), moment(detail.approved_on)),
        (tr("Invite"), code(detail.pool) if detail.pool else ""),
        (tr("Files"), show(detail.certspath, CUT)),
    )
    certificate(talk, detail)
    for effect in detail.effects:
        talk.say(
            tr(
                "To be told to {target}: {event}, {state}. {error}",
                target=show(effect.target.removeprefix("product:"), 40),
                event=show(tr(effect.event), 20),
                state=show(tr(effect.state), 20),
                error=show(effect.last_error, CUT),
            )
        )
    for field, value in detail.extra.items():
        talk.facts((show(field, 40), show(value, CUT)))
    history(talk, detail.history)
