"""``rmtui codes``."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from rmtui import clock
from rmtui.cli.admission import admit
from rmtui.cli.asking import ask_secret, confirm, read_passphrase
from rmtui.cli.bulk import act_on, chosen_by
from rmtui.cli.output import one, say, table
from rmtui.cli.paging import asked, every
from rmtui.cli.usage import UsageError
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import bulk_actions, codes, filters, operators
from rmtui.services.bulk import Report, Target
from rmtui.services.codes import CodeQuery, CodeRow
from rmtui.text import plain

COLUMNS = ("pk", "start", "callsign", "for", "created", "age", "created_by")
SPENT = ("used_on", "used_by", "burnt")


def _record(row: CodeRow) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "start": row.start,
        "callsign": row.callsign,
        "for": tr("making an admin") if row.admin else tr("signing in") if row.callsign else tr("nothing"),
        "created": row.created,
        "age": clock.age(row.created),
        "created_by": row.created_by,
        "used_on": row.used_on,
        "used_by": row.used_by,
        "burnt": row.burnt,
        "deleted": row.deleted,
    }


def list_(args: argparse.Namespace) -> None:
    """List login codes; of each no more than how it begins."""
    query = asked(CodeQuery(spent=args.all), args)
    spent = args.all or "state" in filters.typed(args.filter, filters.CODES)

    def records() -> Iterator[dict[str, Any]]:
        for row in every(codes.list_codes, codes.cursor, query):
            yield _record(row)

    table(records(), (*COLUMNS, *SPENT, "deleted") if spent else COLUMNS, args.format)


def show(args: argparse.Namespace) -> None:
    """Show an unused login code again."""
    row = codes.find(args.code)
    confirm(
        tr(
            "Show the login code that begins with {start}, of {when}? That is recorded.",
            start=plain(row.start),
            when=clock.stamp(row.created),
        ),
        args.yes,
    )
    code = codes.reveal(args.who, row.pk)
    one({"callsign": row.callsign, "code": code.reveal(), "for": _record(row)["for"], "pk": row.pk}, args.format)


def burn(args: argparse.Namespace) -> int | None:
    """Make login codes good for nothing."""
    if len(args.code) > 1 or args.dry_run:
        return _burn_many(args)
    row = codes.find(_given(args.code[0]))
    confirm(
        tr(
            "Burn the login code for {whom} that begins with {start}, of {when}?",
            whom=_whom(row),
            start=plain(row.start),
            when=clock.stamp(row.created),
        ),
        args.yes,
    )
    one(_record(codes.burn(args.who, row.pk)), args.format)
    return None


def _whom(row: CodeRow) -> str:
    return tr("making an admin") if row.admin else plain(row.callsign, 80) if row.callsign else tr("nothing")


def _given(code: str) -> str:
    return ask_secret(tr("Login code, or its primary key: ")) if code == "-" else code


def _burn_many(args: argparse.Namespace) -> int:
    """Burn each; none is told of by more than how it begins, not even one that there is not."""

    def target(given: str) -> Target:
        row = codes.find(given)
        return Target(row.pk, tr("{start}… for {whom}", start=row.start, whom=_whom(row)))

    def burn_all(targets: Sequence[Target], stop: threading.Event) -> Report:
        return bulk_actions.burn_codes(args.who, targets, stop=stop)

    typed = [_given(code) for code in args.code]
    chosen = chosen_by(typed, target, lambda given: f"{plain(given[:2])}… ({typed.index(given) + 1})")
    return act_on(args, chosen, tr("burn"), later("Burn login codes, {who}?"), burn_all, column="code")


def create(args: argparse.Namespace) -> None:
    """Make a login code and print it."""
    if args.admin == (args.callsign is not None):
        raise UsageError(tr("name one: CALLSIGN for a person's code, or --admin for one that makes an admin"))
    if args.admin:
        confirm(tr("Make a login code that is good for making an admin?"), args.yes)
        code, whom = codes.create_for_admin(_proven()), None
    else:
        confirm(tr("Make a login code for {callsign}?", callsign=plain(args.callsign)), args.yes)
        code, whom = codes.create(admit(args), args.callsign), args.callsign
    one({"callsign": whom, "code": code, "for": tr("making an admin") if args.admin else tr("signing in")}, args.format)
    if args.format == "text":
        say(tr("Hand it over by a way that you trust; it is good once. Should it be lost, rmtui codes show tells it again."))


def _proven() -> operators.Operator | None:
    """Who is signed in, if anybody is: this works without, too."""
    try:
        operator = operators.identify("command", read_passphrase)
    except RmtuiError:
        if operators.proof_given():
            raise
        return None
    return operator if operator is not None and operator.proven else None
