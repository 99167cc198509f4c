"""``rmtui audit``."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from rmtui import clock
from rmtui.cli.output import one, printing, say, table
from rmtui.cli.paging import every
from rmtui.cli.usage import UsageError
from rmtui.errors import EXIT_DONE, EXIT_REFUSED
from rmtui.i18n import tr
from rmtui.services import filters, trail
from rmtui.services.types import AuditEntry, AuditQuery

COLUMNS = ("id", "at", "operator", "proof", "action", "target", "outcome", "about", "os_user", "host", "from")


def record_of(entry: AuditEntry) -> dict[str, Any]:
    """An entry as a record."""
    return {
        "id": entry.id,
        "at": entry.at,
        "operator": entry.operator,
        "proof": tr(entry.proof),
        "surface": entry.surface,
        "action": entry.action,
        "target": entry.target,
        "outcome": tr(entry.outcome),
        "reason": entry.reason,
        "about": entry.about,
        "details": dict(entry.details),
        "os_user": entry.os_user,
        "host": entry.host,
        "from": entry.origin.partition(" ")[0],
        "ssh_connection": entry.origin,
        "signed": entry.signed,
        "program": entry.program,
        "hash": entry.hash,
        "target_pk": entry.target_pk,
    }


def _moment(name: str, given: str | None) -> dt.datetime | None:
    try:
        return clock.read(given, clock.utcnow()) if given is not None else None
    except (ValueError, OverflowError):
        raise UsageError(tr("--{name} takes {what}", name=name, what=tr(clock.READABLE))) from None


def _query(args: argparse.Namespace) -> AuditQuery:
    options = {
        "operator": args.by or "",
        "target": args.on or "",
        "action": args.action or "",
        "outcome": args.outcome or "",
        "since": _moment("since", args.since),
        "until": _moment("until", args.until),
    }
    read = filters.parse(args.filter, filters.AUDIT)
    return AuditQuery(text=read.text, **{**options, **read.values})


def list_(args: argparse.Namespace) -> None:
    """List the trail, newest first."""
    query = _query(args)
    if args.limit < 0:
        raise UsageError(tr("--limit takes a whole number; 0 is everything"))
    entries = every(trail.list_entries, trail.cursor, query)
    more = False

    def records() -> Iterator[dict[str, Any]]:
        nonlocal more
        for entry in islice(entries, args.limit or None):
            yield record_of(entry)
        more = bool(args.limit) and next(entries, None) is not None

    table(records(), COLUMNS, args.format)
    if more:
        say(tr("These are the latest {limit}; --limit 0 shows everything.", limit=args.limit))


def verify(args: argparse.Namespace) -> int:
    """Verify the whole trail; exit 1 names the first entry that is not as it was written."""
    found = trail.verify()
    one(
        {
            "ok": found.ok,
            "entries": found.entries,
            "signed": found.signed,
            "head": found.head,
            "log": found.log,
            "compared_with_log": found.compared,
            "signers_checked_against_ca": found.authority,
            "entry": found.entry,
            "kind": found.kind,
            "problem": found.sentence,
        },
        args.format,
    )
    if found.ok and found.entries > found.compared:
        say(
            tr(
                "The log on this host knows {compared} of the {entries} entries; the others have no second witness here.",
                compared=found.compared,
                entries=found.entries,
            )
        )
    if not found.ok:
        say(found.sentence)
    return EXIT_DONE if found.ok else EXIT_REFUSED


def export(_args: argparse.Namespace) -> None:
    """Write the whole trail as JSON lines, oldest first."""
    lines = trail.export()
    with printing():
        for line in lines:
            sys.stdout.write(line + "\n")
