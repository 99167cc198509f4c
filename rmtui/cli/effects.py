"""``rmtui effects``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from rmtui.cli.asking import confirm
from rmtui.cli.output import one, say, table
from rmtui.cli.paging import every
from rmtui.errors import EXIT_DONE, EXIT_PARTLY, EXIT_REFUSED, EXIT_UNREACHABLE
from rmtui.services import effects
from rmtui.services.effects import EffectQuery, EffectRow

COLUMNS = ("id", "created", "callsign", "event", "target", "state", "attempts", "next_try", "done_on", "last_error")


def _record(row: EffectRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*COLUMNS, "person", "failing")}


def list_(args: argparse.Namespace) -> None:
    """List what is still to be done outside the database, or all that ever was."""
    query = EffectQuery(state=args.state, text=args.filter)

    def records() -> Iterator[dict[str, Any]]:
        for row in every(effects.list_effects, effects.cursor, query):
            yield _record(row)

    table(records(), COLUMNS, args.format)


def run(args: argparse.Namespace) -> int:
    """Carry out what is due; 0 when nothing failed, 4 when some did, 3 when nobody answered, else 1."""
    confirm("Carry out what is due?", args.yes)
    ran = effects.run_due(say if args.format == "text" else None)
    one({"done": ran.done, "failed": ran.failed, "unreachable": ran.unreachable}, args.format)
    if not ran.failed:
        return EXIT_DONE
    if ran.done:
        return EXIT_PARTLY
    return EXIT_UNREACHABLE if ran.unreachable == ran.failed else EXIT_REFUSED


def retry(args: argparse.Namespace) -> int:
    """Try one again now."""
    confirm(f"Try effect {args.id} again now?", args.yes)
    row = effects.retry(args.who, args.id)
    ran = effects.run_due(only=row.id)
    row = effects.find(row.id)
    one(_record(row), args.format)
    if not ran.failed:
        if row.state == "waiting":
            say(f"Effect {row.id} waits for an earlier one of {row.callsign} at the same target.")
        return EXIT_DONE
    return EXIT_UNREACHABLE if ran.unreachable else EXIT_REFUSED


def skip(args: argparse.Namespace) -> None:
    """Leave one undone for good."""
    confirm(f"Leave effect {args.id} undone for good?", args.yes)
    one(_record(effects.skip(args.who, args.id, args.reason)), args.format)
