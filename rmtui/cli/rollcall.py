"""``rmtui people rollcall``."""

from __future__ import annotations

import argparse

from rmtui.cli.batches import read_text
from rmtui.cli.output import say, table
from rmtui.errors import EXIT_DONE, EXIT_REFUSED
from rmtui.i18n import later, tr
from rmtui.services import rollcall
from rmtui.services.rollcall import Group

__all__ = ["call"]

COUNTED = {
    Group.JOINED: later("{n} in"),
    Group.PENDING: later("{n} pending"),
    Group.GONE: later("{n} rejected or revoked"),
    Group.MISSING: later("{n} not heard of"),
    Group.UNEXPECTED_PENDING: later("{n} pending and not on the list"),
    Group.UNEXPECTED_JOINED: later("{n} in and not on the list"),
}
GROUPS = (
    *(later("joined"), later("pending"), later("gone"), later("missing")),
    *(later("unexpected-pending"), later("unexpected-joined"), later("enrollment"), later("person")),
)
"""The groups as words of data, and what a record is of; shown as ``tr(word)``."""


def call(args: argparse.Namespace) -> int:
    """Hold a list of callsigns against who is in and who waits; 1 unless all are in and nobody else is there."""
    found = rollcall.compare(rollcall.read(read_text(args.file)))
    rows = (
        {"callsign": row.callsign, "group": tr(row.group.value), "note": row.note, "kind": tr(row.kind) or None, "pk": row.pk}
        for row in found.rows
    )
    table(rows, ("callsign", "group", "note"), args.format)
    counts = ((len(found.group(group)), how) for group, how in COUNTED.items())
    say(tr("{results}.", results=", ".join(tr(how, n=number) for number, how in counts if number)))
    return EXIT_DONE if found.complete else EXIT_REFUSED
