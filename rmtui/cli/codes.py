"""``rmtui codes``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from rmtui import clock
from rmtui.cli.admission import admit
from rmtui.cli.asking import ask_secret, confirm, read_passphrase
from rmtui.cli.output import one, say, table
from rmtui.cli.paging import asked, every
from rmtui.cli.parser import UsageError
from rmtui.errors import RmtuiError
from rmtui.services import codes, filters, operators
from rmtui.services.codes import CodeQuery, CodeRow
from rmtui.text import plain

COLUMNS = ("pk", "start", "callsign", "for", "created", "age", "created_by")
SPENT = ("used_on", "used_by", "burnt")


def _record(row: CodeRow) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "start": row.start,
        "callsign": row.callsign,
        "for": "making an admin" if row.admin else "signing in" if row.callsign else "nothing",
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
    confirm(f"Show the login code that begins with {plain(row.start)}, of {clock.stamp(row.created)}? That is recorded.", args.yes)
    code = codes.reveal(args.who, row.pk)
    one({"callsign": row.callsign, "code": code.reveal(), "for": _record(row)["for"], "pk": row.pk}, args.format)


def burn(args: argparse.Namespace) -> None:
    """Make a login code good for nothing."""
    given = ask_secret("Login code, or its primary key: ") if args.code == "-" else args.code
    row = codes.find(given)
    whom = "making an admin" if row.admin else plain(row.callsign or "nothing", 80)
    confirm(f"Burn the login code for {whom} that begins with {plain(row.start)}, of {clock.stamp(row.created)}?", args.yes)
    one(_record(codes.burn(args.who, row.pk)), args.format)


def create(args: argparse.Namespace) -> None:
    """Make a login code and print it."""
    if args.admin == (args.callsign is not None):
        raise UsageError("name one: CALLSIGN for a person's code, or --admin for one that makes an admin")
    if args.admin:
        confirm("Make a login code that is good for making an admin?", args.yes)
        code, whom = codes.create_for_admin(_proven()), None
    else:
        confirm(f"Make a login code for {plain(args.callsign)}?", args.yes)
        code, whom = codes.create(admit(args), args.callsign), args.callsign
    one({"callsign": whom, "code": code, "for": "making an admin" if args.admin else "signing in"}, args.format)
    if args.format == "text":
        say("Hand it over by a way that you trust; it is good once. Should it be lost, rmtui codes show tells it again.")


def _proven() -> operators.Operator | None:
    """Who is signed in, if anybody is: this works without, too."""
    try:
        operator = operators.identify("command", read_passphrase)
    except RmtuiError:
        if operators.proof_given():
            raise
        return None
    return operator if operator is not None and operator.proven else None
