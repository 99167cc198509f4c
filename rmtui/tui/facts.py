"""What there is to say about one enrolment or person, as sections of label and value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rmtui import clock
from rmtui.services.types import ApprovalPreview, AuditEntry, EnrollmentDetail, PersonDetail
from rmtui.tui.glyphs import glyphs, group, show
from rmtui.tui.sources import outcome_cell, state_cell
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


def _who(entry: AuditEntry) -> str:
    """The operator, and how they were known."""
    if not entry.operator:
        return "nobody"
    return f"{show(entry.operator)} ({'unproven' if entry.proof == 'none' else show(entry.proof, 20)})"


def history_sections(entries: Sequence[AuditEntry]) -> list[Section]:
    """Two lines or more for each: date and deed, time and what was said about it."""
    if not entries:
        return []
    lines = []
    for entry in entries:
        stamp = clock.stamp(entry.at)
        what = show(entry.action, 40) if entry.outcome == "done" else f"{show(entry.action, 40)} {outcome_cell(entry.outcome).text}"
        about = f"\n{show(entry.about, CUT)}" if entry.about else ""
        lines.append((f"{stamp[:10]}\n{stamp[11:16]}", f"{what} by {_who(entry)}{about}"))
    return [Section("History", tuple(lines))]


def extra_sections(extra: Mapping[str, Any]) -> list[Section]:
    """What a record holds besides, as others wrote it."""
    if not extra:
        return []
    return [Section("Extra", tuple((show(name, 20), show(value, CUT)) for name, value in extra.items()))]


def fingerprint(value: str) -> str:
    """A hexadecimal digest in groups of four."""
    return group(value)


def enrollment_sections(detail: EnrollmentDetail) -> list[Section]:
    """An enrolment, whole, but for its approve code."""
    row = detail.row
    sections = []
    warnings = []
    if detail.problem:
        warnings.append(f"The callsign cannot be approved: {show(detail.problem)}. It can be rejected.")
    if detail.csr.startswith("will be refused"):
        warnings.append(f"The CSR {show(detail.csr, CUT)}")
    if detail.lookalikes:
        warnings.append(f"Looks like {', '.join(show(other) for other in detail.lookalikes)}, who is in already.")
    if detail.claimed_by:
        warnings.append(f"{show(detail.claimed_by)} is approving it just now.")
    sections.append(
        Section(
            show(row.callsign),
            kept(
                ("State", state_cell(row.state).text),
                ("Asked", when(row.created)),
                ("Decided", when(row.decided_on)),
                ("By", show(row.decided_by or "")),
                ("Reason", show(detail.reason, CUT)),
                ("Invite", show(group(row.pool)) if row.pool else "none"),
                ("Key", show(detail.csr, CUT) if row.has_csr else "made here when approved"),
                ("CSR key", f"SHA-256 {fingerprint(detail.csr_fingerprint)}" if detail.csr_fingerprint else ""),
            ),
        )
    )
    sections += [Section(f"{glyphs().warning} Mind", (("", warning),), warning=True) for warning in warnings]
    return [*sections, *history_sections(detail.history), *extra_sections(detail.extra)]


def person_sections(detail: PersonDetail) -> list[Section]:
    """A person, whole."""
    row = detail.row
    status = f"{glyphs().done} active" if row.revoked_on is None else f"{glyphs().refused} revoked"
    sections = [
        Section(
            show(row.callsign),
            kept(
                ("Status", status),
                ("Roles", show(", ".join(row.roles)) or "none"),
                ("Since", when(row.created)),
                ("Revoked", when(row.revoked_on)),
                ("Reason", show(row.revoke_reason or "")),
                ("Approved by", show(detail.approved_by or "")),
                ("Approved", when(detail.approved_on)),
                ("Invite", show(group(detail.pool)) if detail.pool else ""),
            ),
        )
    ]
    sections += [*_connects(detail), certificate_facts("Certificate", detail)]
    sections.append(Section("Files", (("Place", show(detail.certspath, CUT)), ("There", show(", ".join(detail.files)) or "none"))))
    if detail.effects:
        sections.append(Section("Effects", tuple(map(effect_fact, detail.effects)), warning=any(row.failing for row in detail.effects)))
    return [*sections, *history_sections(detail.history), *extra_sections(detail.extra)]


def effect_fact(row: EffectRow) -> tuple[str, str]:
    """Who is told of somebody, and what became of it."""
    event, why = show(row.event, 20), show(row.last_error, CUT)
    if row.state == "done":
        said = f"{glyphs().done} {event}, {when(row.done_on)}"
    elif row.state == "skipped":
        said = f"{glyphs().refused} {event}, skipped {when(row.done_on)}: {why}"
    elif row.failing:
        said = f"{glyphs().warning} {event} failed {row.attempts}×, again at {clock.stamp(row.next_try)}: {why}"
    else:
        said = f"{event} waits since {when(row.created)}"
    return show(row.target.removeprefix("product:"), 20), said


def term(until: dt.datetime) -> str:
    """How long something still is good, or since when it is not."""
    now = clock.utcnow()
    return f"runs out in {clock.age(now, until)}" if until > now else f"ran out {clock.age(until, now)} ago"


def certificate_facts(title: str, detail: PersonDetail, *names: str) -> Section:
    """A person's certificate, or why there is none to show; with ``names``, only these facts."""
    found = detail.certificate
    if found is None:
        return Section(title, (("", show(detail.certificate_problem, CUT)),), warning=True)
    facts = (
        ("Serial", show(found.serial)),
        ("SHA-256", fingerprint(found.fingerprint)),
        ("Valid from", clock.stamp(found.not_before)),
        ("Valid until", f"{clock.stamp(found.not_after)} ({term(found.not_after)})"),
        ("CRL", show(found.crl.sentence, CUT)),
        ("Key", show(found.key)),
        ("Subject", show(found.subject, CUT)),
        ("Issuer", show(found.issuer, CUT)),
    )
    return Section(title, tuple(fact for fact in facts if not names or fact[0] in names))


def _connects(detail: PersonDetail) -> list[Section]:
    """Where the person and the CRL do not say the same."""
    row, found = detail.row, detail.certificate
    if found is None or found.crl.listed is None or found.crl.listed == (row.revoked_on is not None):
        return []
    if found.crl.listed:
        said = f"{show(row.callsign)} is active, but this certificate is on the CRL and does not connect. i gives them a new one."
    else:
        said = f"{show(row.callsign)} is revoked, but this certificate is not on the CRL and still connects. Renew the CRL with rmtui crl."
    return [Section(f"{glyphs().warning} Mind", (("", said),), warning=True)]


PROOFS = {"certificate": "by certificate", "code": "by login code", "token": "by token", "none": "no, a name was enough"}


def _detail(name: str, value: Any) -> str:
    """A detail of an entry, for the eye."""
    if isinstance(value, bool) or value is None:
        return "yes" if value else "none" if value is None else "no"
    if name == "fingerprint":
        return group(show(value, CUT))
    return show(", ".join(map(str, value)) if isinstance(value, list) else value, CUT)


def entry_sections(entry: AuditEntry) -> list[Section]:
    """An entry of the audit trail, whole."""
    proof = PROOFS.get(entry.proof, show(entry.proof, 20)) if entry.operator or entry.proof != "none" else ""
    sections = [
        Section(
            f"Entry {entry.id}",
            kept(
                ("Time", when(entry.at)),
                ("Operator", show(entry.operator) or "nobody"),
                ("Proven", proof),
                ("Signed", "yes, with the operator's key" if entry.signed else "no"),
                ("Surface", show(entry.surface, 20)),
                ("Action", show(entry.action, 40)),
                ("Target", show(entry.target) or "none"),
                ("Outcome", outcome_cell(entry.outcome).text.strip()),
                ("Reason", show(entry.reason, CUT)),
            ),
        )
    ]
    if entry.details:
        facts = tuple((show(name, 20).replace("_", " ").capitalize(), _detail(name, value)) for name, value in entry.details.items())
        sections.append(Section("Details", facts))
    where = kept(
        ("OS user", show(entry.os_user, CUT)),
        ("Host", show(entry.host, CUT)),
        ("SSH from", show(entry.origin, CUT)),
        ("Program", f"rmtui {show(entry.program, 40)}" if entry.program else ""),
    )
    return [*sections, Section("From where", where), Section("Chain", (("SHA-256", fingerprint(show(entry.hash, 80))),))]


def certificate_life(hours: int) -> str:
    """A lifetime for the eye."""
    days, rest = divmod(hours, 24)
    return f"{hours} hours" if days < 3 else f"{days} days" if not rest else f"{days} days {rest} hours"


def preview_facts(preview: ApprovalPreview) -> Section:
    """What an approval will sign."""
    row = preview.detail.row
    return Section(
        "What will be signed",
        kept(
            ("Subject", show(preview.subject, CUT)),
            ("Key", show(preview.key, CUT)),
            ("CSR key", f"SHA-256 {fingerprint(preview.detail.csr_fingerprint)}" if preview.detail.csr_fingerprint else ""),
            ("Valid", f"{certificate_life(preview.hours)} from now"),
            ("Authority", show(preview.authority, CUT)),
            ("Asked", when(row.created) + (f", invite {show(group(row.pool))}" if row.pool else "")),
        ),
    )
