"""``rmtui signin``, ``signout`` and ``whoami``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rmtui import settings
from rmtui.cli.asking import ask_secret, can_ask, read_passphrase
from rmtui.cli.output import one, say
from rmtui.cli.usage import UsageError
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import operators, signin
from rmtui.services.secrets_in_files import first_line
from rmtui.services.signin import AdminCode, SignedIn
from rmtui.text import callsign_problem, plain


class NobodyHere(RmtuiError):
    """Nobody is signed in, and nobody is named."""

    title = later("Nobody")


def sign_in(args: argparse.Namespace) -> None:
    """Sign in with a certificate, a login code or a token."""
    if args.admin is not None and (problem := callsign_problem(args.admin)):
        raise UsageError(tr("--admin takes a callsign, and {name} is none: {problem}", name=plain(args.admin, 40), problem=problem))
    if args.code:
        _with_code(args)
        return
    if args.token is not None:
        if args.identity is not None:
            raise UsageError(tr("sign in with one: --identity or --token"))
        _tell(signin.with_token(first_line(Path(args.token), tr("a token")), "command"), args.format)
        return
    if settings.current().token and settings.current().identity is None:
        _tell(signin.with_token(settings.current().token, "command"), args.format)
        return
    offered = signin.identity_offered()
    if not offered:
        raise UsageError(tr("name your PFX or PEM with --identity FILE, or sign in with --code or --token FILE"))
    _tell(_with_certificate(Path(offered)), args.format)


def _with_certificate(path: Path) -> SignedIn:
    from rmtui.services.refusals import WrongPassphrase

    try:
        return signin.with_certificate(path, None, "command")
    except WrongPassphrase:
        passphrase = read_passphrase(path)
        if passphrase is None:
            raise
    return signin.with_certificate(path, passphrase, "command")


def _with_code(args: argparse.Namespace) -> None:
    if args.token is not None:
        raise UsageError(tr("sign in with one: --code or --token"))
    done = signin.with_code(ask_secret(tr("Login code: ")), "command", admin=args.admin, asks=can_ask())
    if isinstance(done, SignedIn):
        _tell(done, args.format)
        return
    made = _make_admin(done, args.admin)
    say(tr("The PFX opens with the callsign, {callsign}.", callsign=plain(made.callsign)))
    _tell(made.signed_in, args.format, pfx=made.pfx)


def _make_admin(code: AdminCode, callsign: str | None) -> signin.NewAdmin:
    """Make an admin, asking for another callsign where one cannot be had: the code is used up."""
    while True:
        if callsign is None:
            if not can_ask():
                raise UsageError(tr("--admin CALLSIGN names whom to make an admin; the code is used, so make a new one"))
            callsign = ask_secret(tr("Callsign of the new admin: "), hidden=False)
        try:
            return signin.make_admin(code, callsign, progress=say)
        except RmtuiError as error:
            if not can_ask() or code.used:
                raise
            say(error.sentence)
            callsign = None


def _tell(done: SignedIn, form: str, **more: Any) -> None:
    if done.problem:
        say(done.problem)
    one({**_who(done.operator), **more}, form)


def _who(operator: operators.Operator) -> dict[str, Any]:
    return {
        "callsign": operator.callsign,
        "proof": tr(operator.proof),
        "source": operator.source,
        "roles": operator.roles,
        "may": tuple(each.words for each in sorted(operators.Permission) if operators.may(operator, each)),
        "until": operator.until,
    }


def sign_out(_args: argparse.Namespace) -> None:
    """End the sign-in."""
    name = signin.sign_out("command")
    if name is None:
        raise NobodyHere(tr("Nobody was signed in here."))
    say(tr("{name} is signed out.", name=plain(name)))


def whoami(args: argparse.Namespace) -> None:
    """Show who is at the keyboard, and how that is known."""
    operator = operators.identify("command", read_passphrase)
    if operator is None:
        raise NobodyHere(tr("Nobody is signed in, and nobody is named. Sign in with rmtui signin."))
    one({**_who(operator), **operators.whence()}, args.format)
