"""Commands that take a batch: approve with a list of codes, import a directory of CSRs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from rmtui.cli.asking import confirm
from rmtui.cli.bulk import NOBODY, named, stoppable
from rmtui.cli.output import say, table
from rmtui.cli.reports import ended
from rmtui.errors import EXIT_DONE, EXIT_REFUSED, RmtuiError
from rmtui.services import bulk_actions, importing, matching
from rmtui.services.bulk import Report, Result, Target
from rmtui.services.matching import Match
from rmtui.text import plain

__all__ = ["FileRefused", "approve", "import_", "read_text"]

LARGEST: Final = 2_000_000
"""Bytes that a list may have."""


class FileRefused(RmtuiError):
    """A list cannot be read."""

    title = "File"


def read_text(name: str) -> str:
    """The text of a file, or of standard input for ``-``.

    :raises FileRefused: it cannot be read, is too large, or is no UTF-8.
    """
    try:
        if name == "-":
            text = sys.stdin.read(LARGEST + 1)
        else:
            with Path(name).expanduser().open("rb") as file:
                text = file.read(LARGEST + 1).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(f"{plain(name)} is no text in UTF-8; nothing was changed.") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise FileRefused(
            f"{plain(name)} cannot be read ({plain(getattr(error, 'strerror', None) or error)}); nothing was changed."
        ) from error
    if len(text) > LARGEST:
        raise FileRefused(f"{plain(name)} is larger than 2 MB; nothing was changed. Take a part of it.")
    return text


def approve(args: argparse.Namespace) -> int:
    """Approve whoever has the codes of a list."""
    matches = matching.match(read_text(args.codes))
    if args.dry_run:
        table((_planned(each) for each in matches), ("line", "callsign", "would"), args.format)
        say(f"{sum(each.ready for each in matches)} would be concerned; nothing was changed.")
        return EXIT_DONE
    ready = matching.approvals(matches)
    if not ready:
        _print(matches, Report(()), args.format)
        say("No line can be approved; nothing was changed.")
        return EXIT_REFUSED
    if not args.yes:
        for each in matches:
            say(f"{each.line}  {_callsign(each)}  {each.problem or _like(each)}".rstrip())
    confirm(f"Approve {named([approval.target for approval in ready])}?", args.yes)
    with stoppable() as stop:
        done = bulk_actions.approve(args.who, ready, stop=stop)
    return _print(matches, done, args.format)


def _callsign(match: Match) -> str:
    return "" if match.row is None else match.row.callsign


def _like(match: Match) -> str:
    return f"Looks like {', '.join(match.lookalikes)}; is approved by itself." if match.lookalikes else ""


def _planned(match: Match) -> dict[str, Any]:
    why = match.problem or _like(match)
    return {
        "line": match.line,
        "callsign": _callsign(match),
        "would": f"nothing: {why}" if why else "approve",
        "pk": match.row.pk if match.row else None,
    }


def _print(matches: tuple[Match, ...], done: Report, form: str) -> int:
    """Print what became of each line."""
    approved = iter(done.results)
    results = [next(approved) if each.ready else None for each in matches]

    def records() -> Iterator[dict[str, Any]]:
        for match, result in zip(matches, results, strict=True):
            yield {
                "line": match.line,
                "callsign": _callsign(match),
                "outcome": result.outcome if result else "refused",
                "detail": result.sentence if result else match.problem,
                "pk": match.row.pk if match.row else None,
            }

    table(records(), ("line", "callsign", "outcome", "detail"), form)
    nobody = Target(NOBODY, "")
    whole = Report(tuple(each or Result(nobody, "refused", "") for each in results), done.note)
    return ended(whole)


def import_(args: argparse.Namespace) -> int:
    """Make an enrolment of each CSR in a directory and print the approve codes."""
    candidates = importing.read(args.directory)
    good = [Target(NOBODY, each.callsign) for each in candidates if not each.problem]
    if args.dry_run:
        rows = (
            {
                "file": each.file,
                "callsign": each.callsign,
                "key": each.key,
                "fingerprint": each.fingerprint,
                "would": f"nothing: {each.problem}" if each.problem else "create",
            }
            for each in candidates
        )
        table(rows, ("file", "callsign", "key", "would"), args.format)
        say(f"{len(good)} would be made; nothing was changed.")
        return EXIT_DONE
    if good:
        confirm(f"Make enrolments of {named(good)}?", args.yes)
    with stoppable() as stop:
        done = importing.create(args.who, candidates, pool=args.pool, stop=stop)
    codes = {pk: code.reveal() for pk, code in done.codes.items()}
    records = (
        {
            "file": candidate.file,
            "callsign": candidate.callsign,
            "outcome": result.outcome,
            "approvecode": codes.get(result.target.pk),
            "detail": result.sentence,
            "pk": result.target.pk if result.target.pk in codes else None,
        }
        for candidate, result in zip(candidates, done.report.results, strict=True)
    )
    table(records, ("file", "callsign", "outcome", "approvecode", "detail"), args.format)
    if codes:
        say("Hand the approve codes to the people; they are not shown again.")
    return ended(done.report)
