"""The audit trail as it is looked at: listed newest first, one entry, verified, exported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rmtui.auth.trust import published
from rmtui.db import verification
from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment
from rmtui.db.errors import NotFound
from rmtui.db.middleware import connected, connection
from rmtui.db.own import Audit, Chain, Signer, own_table
from rmtui.db.people import Person
from rmtui.db.trail import chain_name, chain_row
from rmtui.i18n import tr
from rmtui.services import audit, known_trail, windows, witness
from rmtui.services.types import AuditEntry, AuditQuery, Count, Cursor, Page
from rmtui.services.windows import Order
from rmtui.text import plain

__all__ = ["Verified", "count_entries", "cursor", "entry", "export", "list_entries", "target_of", "verify"]

EXPORT = 1_000
"""Entries read at a time for an export."""


def _select(query: AuditQuery) -> Any:
    select = Audit.select()
    if query.action:
        select = select.where(windows.equals(Audit.action, query.action))
    for field, wanted in ((Audit.operator, query.operator), (Audit.target, query.target)):
        if wanted:
            select = select.where(windows.holds(field, wanted))
    if query.outcome:
        select = select.where(Audit.outcome == query.outcome)
    if query.since is not None:
        select = select.where(Audit.at >= query.since)
    if query.until is not None:
        select = select.where(Audit.at < query.until)
    if query.text:
        fields = (Audit.operator, Audit.target, Audit.action, Audit.reason)
        condition = windows.holds(fields[0], query.text)
        for field in fields[1:]:
            condition = condition | windows.holds(field, query.text)
        select = select.where(condition)
    return select


def _order(query: AuditQuery) -> Order:
    return Order((), Audit.id, descending=not query.reverse)


def cursor(_query: AuditQuery, row: AuditEntry) -> Cursor:
    """The place of an entry in the list."""
    return Cursor((), row.id)


def _fetch(limited: Any) -> Sequence[AuditEntry]:
    return [audit.entry_of(row) for row in limited]


@connected
def list_entries(
    query: AuditQuery,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    at: Cursor | None = None,
    last: bool = False,
    limit: int = 200,
) -> Page[AuditEntry]:
    """A stretch of the trail, newest first: the first page, or what is after, before or at a place, or the last page."""
    if not audit.ready():
        return Page((), False, False)
    return windows.page(_select(query), _order(query), _fetch, after=after, before=before, at=at, last=last, limit=limit)


@connected
def count_entries(query: AuditQuery, most: int = 10_000) -> Count:
    """How many there are, counting no further than ``most``."""
    return windows.count(_select(query), most) if audit.ready() else Count(0)


@connected
def entry(number: int) -> AuditEntry:
    """One entry.

    :raises NotFound: there is none of this number.
    """
    found = Audit.get_or_none(Audit.id == number) if audit.ready() else None
    if found is None:
        raise NotFound(tr("There is no entry {number} in the audit trail.", number=number))
    return audit.entry_of(found)


@connected
def target_of(found: AuditEntry) -> str:
    """What an entry is about: ``person``, ``enrolment``, or empty when it is neither, or is gone."""
    if found.target_pk is None:
        return ""
    if Person.select(Person.pk).where(Person.pk == found.target_pk).exists():
        return "person"
    return "enrolment" if Enrollment.select(Enrollment.pk).where(Enrollment.pk == found.target_pk).exists() else ""


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying the trail found."""

    ok: bool
    entries: int
    signed: int
    """Entries whose signature was verified."""
    head: str
    log: str
    """The log that it was compared with."""
    compared: int
    """Entries that the log knew of; 0 means that there was no second witness."""
    authority: bool
    """Whether signers' certificates were checked against the deployment's CA."""
    entry: int | None = None
    """The first entry that is not as it was written."""
    kind: str = ""
    sentence: str = ""


def verify() -> Verified:
    """Verify the whole trail: hashes, order, signatures, what the log on this host has of it.

    :raises StorageError: the log, or what this user's state knows of the trail, cannot be read.
    """
    trusted = published("ca_chain.pem")
    with connection():
        if not audit.ready():
            missing = _missing()
            return Verified(not missing, 0, 0, "", "", 0, trusted is not None, kind="missing" if missing else "", sentence=missing)
        log = str(witness.log_path())
        other = known_trail.another(chain_row(), known_trail.known())
        found = verification.walk(witness.seen(), trusted)
        if found.finding is None and not other:
            known_trail.remember()
    about: dict[str, Any] = {}
    if other:
        about = {"kind": "replaced", "sentence": other}
    elif found.finding is not None:
        about = {"entry": found.finding.entry, "kind": found.finding.kind, "sentence": found.finding.sentence}
    return Verified(not about, found.entries, found.signed, found.head, log, found.compared, trusted is not None, **about)


def _missing() -> str:
    """What is wrong with there being no trail to verify, as a sentence; empty where there never was one. Needs an open connection."""
    for model in (Audit, Chain, Signer):
        schema, name = own_table(db, model.base_name)
        if db.table_exists(name, schema):
            return tr(
                "There is an audit trail here, and the record of rmtui's migrations does not fit it: somebody changed "
                "that record, or an older rmtui made it, and the first action of this one brings it up to date."
            )
    before = known_trail.known()
    if before is None:
        return ""
    return tr(
        "The audit trail known here since {since} is gone: somebody removed it, or the deployment was restored or "
        "made anew. Only if you know of that, remove {path} to accept it.",
        since=before.since,
        path=plain(before.path),
    )


def export() -> Iterator[str]:
    """The whole trail, oldest first, as the lines of the log, each with its signature and the certificate that verifies it."""
    with connection():
        if not audit.ready():
            return
        name, after = chain_name().hex, 0
        certificates: dict[str, str] = {}
        while True:
            rows = list(Audit.select().where(Audit.id > after).order_by(Audit.id).limit(EXPORT))
            for row in rows:
                line = witness.ecs(row, name)
                if row.signer is not None:
                    if row.signer not in certificates:
                        kept = Signer.get_or_none(Signer.fingerprint == row.signer)
                        certificates[row.signer] = kept.certificate if kept else ""
                    line |= {"rmtui.signature": row.signature, "rmtui.certificate": certificates[row.signer]}
                yield json.dumps(line)
            if len(rows) < EXPORT:
                return
            after = rows[-1].id
