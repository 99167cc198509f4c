"""``rmtui pools link``, ``sheet`` and ``burn``: handing an invite out, and taking it back."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rmtui import settings
from rmtui.cli.asking import confirm, offering_force
from rmtui.cli.bulk import named
from rmtui.cli.output import one, printing, say
from rmtui.cli.reports import planned, report, stopping
from rmtui.cli.usage import UsageError
from rmtui.i18n import tr
from rmtui.services import pools
from rmtui.services.bulk import Target
from rmtui.services.pools import PoolRow
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.services.burning import BurnPlan

BLACK_ON_WHITE, BLACK, WHITE, NORMAL = "\x1b[30;107m", "\x1b[40m", "\x1b[107m", "\x1b[0m"


def _warn(row: PoolRow) -> None:
    if row.deleted is not None or not row.active:
        state = tr("disabled") if row.deleted is None else tr("deleted")
        say(tr("The invite {code} is {state}: nobody comes through it.", code=plain(row.code), state=state))


def link(args: argparse.Namespace) -> None:
    """Print the link of an invite, and its QR code."""
    from rmtui.services.links import join_link

    if args.qr and args.format != "text":
        raise UsageError(tr("--qr goes with --format text; a program makes its own of the link"))
    row = pools.find(args.invite).row
    address = join_link(row.code)
    one({"code": row.code, "link": address}, args.format)
    _warn(row)
    if args.qr:
        _draw(address)


def _draw(text: str) -> None:
    """Print a QR code; on a terminal black on white whatever its theme, and only where it fits as a whole."""
    from rmtui.services import qr

    out = sys.stdout
    try:
        "▀▄█".encode(out.encoding or "ascii")
        drawn = qr.lines(qr.matrix(text))
    except UnicodeEncodeError:
        drawn = qr.lines(qr.matrix(text), ascii=True)
    if out.isatty():
        columns, rows = shutil.get_terminal_size()
        if columns < len(drawn[0]) or rows <= len(drawn):
            say(
                tr(
                    "The QR code takes {columns} columns and {lines} lines, more than this terminal has; hand on the link.",
                    columns=len(drawn[0]),
                    lines=len(drawn) + 1,
                )
            )
            return
        if os.environ.get("NO_COLOR") or settings.current().theme == "mono" or os.environ.get("TERM", "dumb") in {"", "dumb"}:
            say(tr("Without colours the QR code is read on a light background only."))
        else:
            drawn = [f"{BLACK_ON_WHITE}{line.replace('##', f'{BLACK}  {WHITE}')}{NORMAL}" for line in drawn]
    with printing():
        out.write("\n".join(drawn) + "\n")


def sheet(args: argparse.Namespace) -> None:
    """Write the sheet of an invite to a file."""
    from rmtui.services import sheets

    row = pools.find(args.invite).row
    confirm(tr("Write the sheet of the invite {code} to {to}?", code=plain(row.code), to=plain(args.to)), args.yes)
    with offering_force():
        done = sheets.write(args.who, row.pk, args.to, svg=args.svg, force=args.force)
    one({"code": done.code, "path": done.path, "form": done.form, "link": done.link}, args.format)
    _warn(row)
    if done.link is None:
        say(tr("The sheet has neither link nor QR code, since nothing says where the web page is; RMTUI_JOIN_URL does."))


def burn(args: argparse.Namespace) -> int | None:
    """Disable a leaked invite, reject who waits and revoke who is in."""
    from rmtui.services import burning

    plan = burning.plan(pools.find(args.invite).row.pk)
    if args.dry_run:
        args.acts = ""  # nothing is looked after either
        planned([*((tr("reject"), each) for each in plan.pending), *((tr("revoke"), each) for each in plan.people)], args.format)
        _tell_rest(plan)
        return None
    confirm(
        tr(
            "Burn the invite {code}: disable it, reject {waiting} and revoke {people}?",
            code=plain(plan.invite.code),
            waiting=_named(plan.pending),
            people=_named(plan.people),
        ),
        args.yes,
    )
    with stopping() as stop:
        done = burning.burn(args.who, plan, reject_reason=args.reason, revoke_reason=args.revoke_reason, stop=stop)
    _tell_rest(plan)
    return report(done, args.format)


def _named(targets: Sequence[Target]) -> str:
    return named(targets) if targets else tr("nobody")


def _tell_rest(plan: BurnPlan) -> None:
    """Who else came through, and needs nothing or another look."""
    if plan.rejected or plan.revoked:
        say(tr("Dealt with before: {rejected} rejected, {revoked} revoked.", rejected=plan.rejected, revoked=plan.revoked))
    if plan.unknown:
        say(
            tr(
                "{number} approved without a person on record; see rmtui pools show {code}.",
                number=plan.unknown,
                code=plain(plan.invite.code),
            )
        )
