"""Commands that take a batch: approve with a list of codes, import a directory of CSRs."""

from __future__ import annotations

import argparse
from typing import Any

from rmtui import settings
from rmtui.cli.asking import confirm
from rmtui.cli.bulk import NOBODY, named
from rmtui.cli.output import say, table
from rmtui.cli.reports import ended, nothing, stopping
from rmtui.errors import EXIT_DONE
from rmtui.i18n import tr
from rmtui.services import bulk_actions, importing, matching, text_files
from rmtui.services.bulk import Report, Result, Target
from rmtui.services.matching import Match

__all__ = ["approve", "import_", "read_text"]


def read_text(name: str) -> str:
    """The text of a file, or of standard input for ``-``.

    :raises FileRefused: it cannot be read, is too large, or is no UTF-8.
    """
    if name != "-":
        return text_files.read_text(name, pipes=True)
    try:
        text = settings.standard_input().read(text_files.LARGEST + 1)
    except UnicodeDecodeError as error:
        raise text_files.FileRefused(tr("Standard input is no text in UTF-8; nothing was changed.")) from error
    if len(text) > text_files.LARGEST:
        raise text_files.too_large(tr("Standard input"))
    return text


def approve(args: argparse.Namespace) -> int:
    """Approve whoever has the codes of a list."""
    matches = matching.match(read_text(args.codes))
    ready = matching.approvals(each for each in matches if not each.barred)
    if args.dry_run:
        rows = ({**_record(each), "would": nothing(each.barred) if each.barred else tr("approve")} for each in matches)
        table(rows, ("line", "callsign", "would"), args.format)
        say(tr("{number} would be approved; nothing was changed.", number=len(ready)))
        return EXIT_DONE
    done = Report(())
    if ready:
        if not args.yes:
            for each in matches:
                say(f"{each.line}  {_record(each)['callsign']}  {each.barred}".rstrip())
        confirm(tr("Approve {who}?", who=named([approval.target for approval in ready])), args.yes)
        with stopping() as stop:
            done = bulk_actions.approve(args.who, ready, stop=stop)
    approved = iter(done.results)
    results = [Result(Target(NOBODY, each.line), "refused", each.barred) if each.barred else next(approved) for each in matches]
    rows = (
        {**_record(each), "outcome": tr(result.outcome), "detail": result.sentence} for each, result in zip(matches, results, strict=True)
    )
    table(rows, ("line", "callsign", "outcome", "detail"), args.format)
    return ended(Report(tuple(results), done.note))


def _record(match: Match) -> dict[str, Any]:
    return {"line": match.line, "callsign": match.row.callsign if match.row else "", "pk": match.row.pk if match.row else None}


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
                "would": nothing(each.problem) if each.problem else tr("create"),
            }
            for each in candidates
        )
        table(rows, ("file", "callsign", "key", "would"), args.format)
        say(tr("{number} would be made; nothing was changed.", number=len(good)))
        return EXIT_DONE
    if good:
        confirm(tr("Make enrolments of {who}?", who=named(good)), args.yes)
    with stopping() as stop:
        done = importing.create(args.who, candidates, pool=args.pool, stop=stop)
    codes = {pk: code.reveal() for pk, code in done.codes.items()}
    records = (
        {
            "file": candidate.file,
            "callsign": candidate.callsign,
            "outcome": tr(result.outcome),
            "approvecode": codes.get(result.target.pk),
            "detail": result.sentence,
            "pk": result.target.pk if result.target.pk in codes else None,
        }
        for candidate, result in zip(candidates, done.report.results, strict=True)
    )
    table(records, ("file", "callsign", "outcome", "approvecode", "detail"), args.format)
    if codes:
        say(tr("Hand the approve codes to the people; they are not shown again."))
    return ended(done.report)
