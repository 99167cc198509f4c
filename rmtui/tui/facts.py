"""What there is to say about one enrolment or person, as sections of label and value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rmtui import clock
from rmtui.i18n import english, later, tr, trn
from rmtui.services.enrollments import refused
from rmtui.services.types import ApprovalPreview, AuditEntry, EnrollmentDetail, PersonDetail
from rmtui.tui.glyphs import glyphs, group, show
from rmtui.tui.sources import outcome_cell, state_cell, status_cell
from rmtui.tui.widgets.facts import Section

if TYPE_CHECKING:
    from rmtui.services.effects import EffectRow

__all__ = [
    "certificate_life",
    "enrollment_sections",
    "entry_sections",
    "extra_sections",
    "history_sections",
    "kept",
    "mind",
    "person_sections",
    "preview_facts",
    "when",
]

CUT = 2_000
"""Characters of foreign text shown at most."""


def when(value: Any) -> str:
    """A moment, and how long ago it was; empty for none."""
    return f"{clock.stamp(value)} ({clock.age(value)})" if value else ""


def kept(*facts: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The facts that have a value."""
    return tuple(fact for fact in facts if fact[1])


def mind(warning: str) -> Section:
    """What the operator should not overlook."""
    return Section(f"{glyphs().warning} " + tr("Mind"), (("", warning),), warning=True)


def _who(entry: AuditEntry) -> str:
    """The operator, and how they were known."""
    if not entry.operator:
        return tr("nobody")
    proof = tr("unproven") if entry.proof == "none" else tr(show(entry.proof, 20))
    return f"{show(entry.operator)} ({proof})"


def history_sections(entries: Sequence[AuditEntry]) -> list[Section]:
    """Two lines or more for each: date and deed, time and what was said about it."""
    if not entries:
        return []
    lines = []
    for entry in entries:
        stamp = clock.stamp(entry.at)
        what = show(entry.action, 40) if entry.outcome == "done" else f"{show(entry.action, 40)} {outcome_cell(entry.outcome).text}"
        said = tr("{what} by {who}", what=what, who=_who(entry))
        about = f"\n{show(entry.about, CUT)}" if entry.about else ""
        lines.append((f"{stamp[:10]}\n{stamp[11:16]}", f"{said}{about}"))
    return [Section(tr("History ({zone})", zone=clock.zone()) if clock.elsewhere() else tr("History"), tuple(lines))]


def extra_sections(extra: Mapping[str, Any]) -> list[Section]:
    """What a record holds besides, as others wrote it."""
    if not extra:
        return []
    return [Section(tr("Extra"), tuple((show(name, 20), show(value, CUT)) for name, value in extra.items()))]


def fingerprint(value: str) -> str:
    """A hexadecimal digest in groups of four."""
    return group(value)


def enrollment_sections(detail: EnrollmentDetail) -> list[Section]:
    """An enrolment, whole, but for its approve code."""
    row = detail.row
    sections = []
    warnings = []
    if detail.problem:
        warnings.append(tr("The callsign cannot be approved: {problem}. It can be rejected.", problem=show(detail.problem)))
    if refused(detail.csr):
        warnings.append(tr("The CSR {csr}", csr=show(detail.csr, CUT)))
    if detail.lookalikes:
        warnings.append(tr("Looks like {names}, who is in already.", names=", ".join(show(other) for other in detail.lookalikes)))
    if detail.claimed_by:
        warnings.append(tr("{claimed_by} is approving it just now.", claimed_by=show(detail.claimed_by)))
    sections.append(
        Section(
            show(row.callsign),
            kept(
                (tr("State"), state_cell(row.state).text),
                (tr("Asked"), when(row.created)),
                (tr("Decided"), when(row.decided_on)),
                (tr("By"), show(row.decided_by or "")),
                (tr("Reason"), show(detail.reason, CUT)),
                (tr("Invite"), show(group(row.pool)) if row.pool else tr("none")),
                (tr("Key"), show(detail.csr, CUT) if row.has_csr else tr("made here when approved")),
                (tr("CSR key"), f"SHA-256 {fingerprint(detail.csr_fingerprint)}" if detail.csr_fingerprint else ""),
            ),
        )
    )
    sections += map(mind, warnings)
    return [*sections, *history_sections(detail.history), *extra_sections(detail.extra)]


def person_sections(detail: PersonDetail) -> list[Section]:
    """A person, whole."""
    row = detail.row
    sections = [
        Section(
            show(row.callsign),
            kept(
                (tr("Status"), status_cell(row).text),
                (tr("Roles"), show(", ".join(row.roles)) or tr("none")),
                (tr("Since"), when(row.created)),
                (tr("Revoked"), when(row.revoked_on)),
                (tr("Reason"), show(row.revoke_reason or "")),
                (tr("Approved by"), show(detail.approved_by or "")),
                (tr("Approved"), when(detail.approved_on)),
                (tr("Invite"), show(group(detail.pool)) if detail.pool else ""),
            ),
        )
    ]
    sections += [*_connects(detail), certificate_facts(tr("Certificate"), detail)]
    sections.append(
        Section(tr("Files"), ((tr("Place"), show(detail.certspath, CUT)), (tr("There"), show(", ".join(detail.files)) or tr("none"))))
    )
    if detail.effects:
        sections.append(Section(tr("Effects"), tuple(map(effect_fact, detail.effects)), warning=any(row.failing for row in detail.effects)))
    return [*sections, *history_sections(detail.history), *extra_sections(detail.extra)]


def effect_fact(row: EffectRow) -> tuple[str, str]:
    """Who is told of somebody, and what became of it."""
    event, why = show(tr(row.event), 20), show(row.last_error, CUT)
    if row.state == "done":
        said = f"{glyphs().done} {event}, {when(row.done_on)}"
    elif row.state == "skipped":
        said = f"{glyphs().refused} " + tr("{event}, skipped {when}: {why}", event=event, when=when(row.done_on), why=why)
    elif row.failing and not row.attempts:
        said = f"{glyphs().warning} " + tr("{event} put off until {when}: {why}", event=event, when=clock.stamp(row.next_try), why=why)
    elif row.failing:
        said = f"{glyphs().warning} " + tr(
            "{event} failed {attempts}×, again at {when}: {why}",
            event=event,
            attempts=row.attempts,
            when=clock.stamp(row.next_try),
            why=why,
        )
    else:
        said = tr("{event} waits since {when}", event=event, when=when(row.created))
    return show(row.target.removeprefix("product:"), 20), said


def term(until: dt.datetime) -> str:
    """How long something still is good, or since when it is not."""
    now = clock.utcnow()
    return tr("runs out in {age}", age=clock.age(now, until)) if until > now else tr("ran out {age} ago", age=clock.age(until, now))


def certificate_facts(title: str, detail: PersonDetail, *names: str) -> Section:
    """A person's certificate, or why there is none to show; with ``names``, only these facts."""
    found = detail.certificate
    if found is None:
        return Section(title, (("", show(detail.certificate_problem, CUT)),), warning=True)
    facts = (
        (tr("Serial"), show(found.serial)),
        ("SHA-256", fingerprint(found.fingerprint)),
        (tr("Valid from"), clock.stamp(found.not_before)),
        (tr("Valid until"), f"{clock.stamp(found.not_after)} ({term(found.not_after)})"),
        (tr("CRL"), show(found.crl.sentence, CUT)),
        (tr("Key"), show(found.key)),
        (tr("Subject"), show(found.subject, CUT)),
        (tr("Issuer"), show(found.issuer, CUT)),
    )
    return Section(title, tuple(fact for fact in facts if not names or english(fact[0]) in names))


def _connects(detail: PersonDetail) -> list[Section]:
    """Where the person and the CRL do not say the same."""
    row, found = detail.row, detail.certificate
    if found is None or found.crl.listed is None or found.crl.listed == (row.revoked_on is not None):
        return []
    if found.crl.listed:
        said = tr(
            "{callsign} is active, but this certificate is on the CRL and does not connect. i gives them a new one.",
            callsign=show(row.callsign),
        )
    else:
        said = tr(
            "{callsign} is revoked, but this certificate is not on the CRL and still connects. Renew the CRL with rmtui crl.",
            callsign=show(row.callsign),
        )
    return [mind(said)]


PROOFS = {
    "certificate": later("by certificate"),
    "code": later("by login code"),
    "token": later("by token"),
    "none": later("no, a name was enough"),
}


def _detail(name: str, value: Any) -> str:
    """A detail of an entry, for the eye."""
    if isinstance(value, bool) or value is None:
        return tr("yes") if value else tr("none") if value is None else tr("no")
    if name == "fingerprint":
        return group(show(value, CUT))
    return show(", ".join(map(str, value)) if isinstance(value, list) else value, CUT)


def entry_sections(entry: AuditEntry) -> list[Section]:
    """An entry of the audit trail, whole."""
    proof = tr(PROOFS.get(entry.proof, show(entry.proof, 20))) if entry.operator or entry.proof != "none" else ""
    sections = [
        Section(
            tr("Entry {id}", id=entry.id),
            kept(
                (tr("Time"), when(entry.at)),
                (tr("Operator"), show(entry.operator) or tr("nobody")),
                (tr("Proven"), proof),
                (tr("Signed"), tr("yes, with the operator's key") if entry.signed else tr("no")),
                (tr("Surface"), show(entry.surface, 20)),
                (tr("Action"), show(entry.action, 40)),
                (tr("Target"), show(entry.target) or tr("none")),
                (tr("Outcome"), outcome_cell(entry.outcome).text.strip()),
                (tr("Reason"), show(entry.reason, CUT)),
            ),
        )
    ]
    if entry.details:
        facts = tuple((show(name, 20).replace("_", " ").capitalize(), _detail(name, value)) for name, value in entry.details.items())
        sections.append(Section(tr("Details"), facts))
    where = kept(
        (tr("OS user"), show(entry.os_user, CUT)),
        (tr("Host"), show(entry.host, CUT)),
        (tr("SSH from"), show(entry.origin, CUT)),
        (tr("Program"), f"rmtui {show(entry.program, 40)}" if entry.program else ""),
    )
    return [*sections, Section(tr("From where"), where), Section(tr("Chain"), (("SHA-256", fingerprint(show(entry.hash, 80))),))]


def certificate_life(hours: int | None) -> str:
    """A lifetime from now on, for the eye."""
    if hours is None:
        return tr("as long as the CA decides")
    days, rest = divmod(hours, 24)
    if days < 3:
        return trn("{n} hour from now", "{n} hours from now", hours)
    if rest == 0:
        return trn("{n} day from now", "{n} days from now", days)
    return tr("{days} {hours} from now", days=trn("{n} day", "{n} days", days), hours=trn("{n} hour", "{n} hours", rest))


def preview_facts(preview: ApprovalPreview) -> Section:
    """What an approval will sign."""
    row = preview.detail.row
    asked = when(row.created)
    if row.pool:
        asked = tr("{when}, invite {code}", when=asked, code=show(group(row.pool)))
    return Section(
        tr("What will be signed"),
        kept(
            (tr("Subject"), show(preview.subject, CUT)),
            (tr("Key"), show(preview.key, CUT)),
            (tr("CSR key"), f"SHA-256 {fingerprint(preview.detail.csr_fingerprint)}" if preview.detail.csr_fingerprint else ""),
            (tr("Valid"), certificate_life(preview.hours)),
            (tr("Authority"), show(preview.authority, CUT)),
            (tr("Asked"), asked),
        ),
    )
