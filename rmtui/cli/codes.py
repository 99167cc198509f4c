"""``rmtui codes``."""

from __future__ import annotations

import argparse

from rmtui.cli.admission import admit
from rmtui.cli.asking import confirm, read_passphrase
from rmtui.cli.output import one, say
from rmtui.cli.parser import UsageError
from rmtui.errors import RmtuiError
from rmtui.services import codes, operators
from rmtui.text import plain


def create(args: argparse.Namespace) -> None:
    """Make a login code and print it, once."""
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
        say("Hand it over by a way that you trust; it is good once, and not shown again.")


def _proven() -> operators.Operator | None:
    """Who is signed in, if anybody is: this works without, too."""
    try:
        operator = operators.identify("command", read_passphrase)
    except RmtuiError:
        return None
    return operator if operator is not None and operator.proven else None
