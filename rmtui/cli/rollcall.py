"""``rmtui people rollcall``."""

from __future__ import annotations

import argparse

from rmtui.cli.batches import read_text
from rmtui.cli.output import say, table
from rmtui.errors import EXIT_DONE, EXIT_REFUSED
from rmtui.services import rollcall
from rmtui.services.rollcall import Group

__all__ = ["call"]

WORDS = {
    Group.JOINED: "in",
    Group.PENDING: "pending",
    Group.GONE: "rejected or revoked",
    Group.MISSING: "not heard of",
    Group.UNEXPECTED_PENDING: "pending and not on the list",
    Group.UNEXPECTED_JOINED: "in and not on the list",
}


def call(args: argparse.Namespace) -> int:
    """Hold a list of callsigns against who is in and who waits; 1 unless all are in and nobody else is there."""
    found = rollcall.compare(rollcall.read(read_text(args.file)))
    rows = (
        {"callsign": row.callsign, "group": row.group.value, "note": row.note, "kind": row.kind or None, "pk": row.pk} for row in found.rows
    )
    table(rows, ("callsign", "group", "note"), args.format)
    counts = ((len(found.group(group)), word) for group, word in WORDS.items())
    say(", ".join(f"{number} {word}" for number, word in counts if number) + ".")
    return EXIT_DONE if found.complete else EXIT_REFUSED
