"""After an action: carrying out what it planned, for a few seconds, and saying who was not told yet."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rmtui.cli.output import Record, one, say
from rmtui.cli.reports import stopping
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.services.effects import EffectRow

__all__ = ["COLUMNS", "effect_record", "one_told", "standing", "telling"]

SECONDS = 5.0
"""After which no other product is told; ``rmtui effects run`` does the rest."""

COLUMNS = ("id", "created", "callsign", "event", "target", "state", "attempts", "next_try", "done_on", "last_error")


def effect_record(row: EffectRow) -> dict[str, Any]:
    """An effect as JSON has it."""
    record = {name: getattr(row, name) for name in (*COLUMNS, "person", "failing")}
    return record | {"event": tr(row.event), "state": tr(row.state)}


@contextmanager
def telling(args: argparse.Namespace) -> Iterator[None]:
    """Carry out what the command planned, once it is done or has failed half-way; what it exits with stays."""
    args.noted = None
    if not args.acts:
        yield
        return
    from rmtui.services import effects

    with effects.noting() as args.noted, standing():
        try:
            yield
        except (RmtuiError, BrokenPipeError):
            _carry_out(args)
            raise
        _carry_out(args)


@contextmanager
def standing() -> Iterator[None]:
    """Whoever interrupts the block is told what was done in it before, and stands: as a note of the interruption."""
    from rmtui.services import audit

    with audit.noting() as done:
        try:
            yield
        except KeyboardInterrupt as interrupted:
            if done:
                interrupted.add_note(
                    tr(
                        "Done, and it stands: {done}. Who is to hear of it and has not is told by an open console, or by "
                        "rmtui effects run.",
                        done=_named(done),
                    )
                )
            raise


def one_told(record: Record, args: argparse.Namespace) -> None:
    """Print what was done to one person; JSON has with it who was told, which is then waited for."""
    if args.format == "json":
        record = {**record, "effects": [effect_record(row) for row in _carry_out(args)]}
    one(record, args.format)


def _carry_out(args: argparse.Namespace) -> Sequence[EffectRow]:
    if args.noted is None or not args.noted.people:
        return ()
    from rmtui.services import effects

    people = list(args.noted.people)
    args.noted.people.clear()
    try:
        with stopping() as stop:
            rows = effects.carry_out_for(people, args.noted.since, stop, SECONDS)
    except RmtuiError as error:
        say(tr("Warning: {error} What is to be told of this waits; rmtui effects run does it.", error=error.sentence))
        return ()
    by_target: dict[str, list[EffectRow]] = {}
    for row in rows:
        to_ca = row.event == "revoked" and row.of_authority
        if row.state == "waiting" and not to_ca:  # of a revocation, the command itself says that the CA was not told
            by_target.setdefault(row.target, []).append(row)
    for target, waiting in by_target.items():
        _say_waiting(target, waiting)
    return rows


def _say_waiting(target: str, rows: Sequence[EffectRow]) -> None:
    who = _named(list(dict.fromkeys(row.callsign for row in rows)))
    why = next((plain(row.last_error) for row in rows if row.last_error), tr("There was no time for it, or somebody else is about it."))
    name = plain(target.removeprefix("product:"), 80)
    say(tr("{name} was not told of {who} yet: {why} rmtui effects run tries again.", name=name, who=who, why=why))


def _named(callsigns: Sequence[str]) -> str:
    first, others = plain(callsigns[0], 80), len(callsigns) - 1
    return tr("{first} and {others} more", first=first, others=f"{others:,}") if others else first
