"""``rmtui effects``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rmtui import clock
from rmtui.cli.asking import confirm
from rmtui.cli.output import one, say, table
from rmtui.cli.paging import every
from rmtui.cli.reports import stopping
from rmtui.cli.telling import COLUMNS, effect_record
from rmtui.cli.usage import UsageError
from rmtui.errors import EXIT_DONE, EXIT_PARTLY, EXIT_REFUSED, EXIT_UNREACHABLE, RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import effects
from rmtui.services.decisions import ReasonMissing
from rmtui.services.effects import EffectQuery, EffectRow, Ran
from rmtui.text import plain

AT_ONCE = 500
"""How many are tried in one run."""
NAMED = 5
"""How many of those that are asked about are named."""


class NothingWaits(RmtuiError):
    """Nothing is to be done at the target."""

    title = later("Nothing waits")


def list_(args: argparse.Namespace) -> None:
    """List what is still to be done outside the database, or all that ever was."""
    query = EffectQuery(state=args.state, text=args.filter, target=args.target)

    def records() -> Iterator[dict[str, Any]]:
        for row in every(effects.list_effects, effects.cursor, query):
            yield effect_record(row)

    table(records(), COLUMNS, args.format)


def run(args: argparse.Namespace) -> int:
    """Carry out what is due; 0 when nothing failed, 4 when some did, 3 when nobody answered, else 1."""
    confirm(tr("Carry out what is due?"), args.yes)
    ran = effects.run_due(say if args.format == "text" else None, now=args.now)
    one({"done": ran.done, "failed": ran.failed, "unreachable": ran.unreachable, "skipped": ran.skipped}, args.format)
    again = effects.next_try()
    if again is not None:
        say(tr("Some still wait; the next try is at {when}. rmtui effects run --now does not wait for it.", when=clock.stamp(again)))
    return _ended(ran)


def retry(args: argparse.Namespace) -> int:
    """Try some again now."""
    chosen = _chosen(args)
    question = later("Try effect {named} again now?")
    confirm(_asking(chosen, question, later("Try {n} effects, {named}, again now?")), args.yes)
    found, refused = _each(chosen, lambda effect: effects.retry(args.who, effect))
    ran = Ran()
    for start in range(0, len(found), AT_ONCE):
        ran += effects.run_due(only=[row.id for row in found[start : start + AT_ONCE]])
    found = [effects.find(row.id) for row in found]
    _show(args, found)
    if not ran.failed:
        for row in found:
            if row.state == "waiting":
                about = {"id": row.id, "callsign": plain(row.callsign, 80)}
                say(tr("Effect {id} waits for an earlier one of {callsign} at the same target.", **about))
    return EXIT_PARTLY if refused and ran.done else _ended(ran) or (EXIT_REFUSED if refused else EXIT_DONE)


def skip(args: argparse.Namespace) -> int:
    """Leave some undone for good."""
    chosen = _chosen(args)
    question = later("Leave effect {named} undone for good?")
    confirm(_asking(chosen, question, later("Leave {n} effects, {named}, undone for good?")), args.yes)
    found, refused = _each(chosen, lambda effect: effects.skip(args.who, effect, args.reason))
    _show(args, found)
    return EXIT_DONE if not refused else EXIT_PARTLY if found else EXIT_REFUSED


def _chosen(args: argparse.Namespace) -> list[int]:
    """Which are meant, by their ids, frozen before anything is asked.

    :raises UsageError: none is named, or in two ways.
    :raises NothingWaits: nothing waits for the target.
    """
    if bool(args.target) == bool(args.id):
        raise UsageError(tr("name one ID or more, or choose them with --target"))
    if not args.target:
        return list(dict.fromkeys(args.id))
    found = [row.id for row in every(effects.list_effects, effects.cursor, EffectQuery(target=args.target))]
    if not found:
        raise NothingWaits(tr("Nothing waits for {target}; nothing was changed.", target=plain(args.target, 80)))
    return found


def _asking(chosen: Sequence[int], one: str, many: str) -> str:
    """A question with how many they are and the first of them."""
    named = ", ".join([*map(str, chosen[:NAMED]), *(["…"] if len(chosen) > NAMED else [])])
    return tr(one, named=named) if len(chosen) == 1 else tr(many, n=f"{len(chosen):,}", named=named)


def _each(chosen: Sequence[int], act: Callable[[int], EffectRow]) -> tuple[list[EffectRow], int]:
    """Act on each; what became of those that were, and how many were not, each of which is told."""
    if len(chosen) == 1:
        return [act(chosen[0])], 0
    found: list[EffectRow] = []
    with stopping() as stop:
        for effect in chosen:
            if stop.is_set():
                say(tr("Stopped; the others were left as they are."))
                break
            try:
                found.append(act(effect))
            except RmtuiError as error:
                if isinstance(error, ReasonMissing) or error.exit_code != EXIT_REFUSED:
                    raise
                say(error.sentence)
    return found, len(chosen) - len(found)


def _show(args: argparse.Namespace, found: Sequence[EffectRow]) -> None:
    """One as a record, where one was named; else a table."""
    if len(args.id) == 1:
        one(effect_record(found[0]), args.format)
    else:
        table(map(effect_record, found), COLUMNS, args.format)


def _ended(ran: Ran) -> int:
    if not ran.failed:
        return EXIT_DONE
    if ran.done:
        return EXIT_PARTLY
    return EXIT_UNREACHABLE if ran.unreachable == ran.failed else EXIT_REFUSED
