"""The command line's words."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from rmtui.errors import ConfigurationError
from rmtui.services import filters

__all__ = ["Parser", "build"]


class UsageError(ConfigurationError):
    """The command line is wrong."""

    title = "Usage"


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are errors like any other."""

    intermixed = False
    """Whether options may stand between words of which there are any number."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As in argparse, but for where options may stand."""
        if not self.intermixed:
            return super().parse_known_args(args, namespace)
        self.intermixed = False  # it calls this once more
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self.intermixed = True

    def error(self, message: str) -> NoReturn:
        """Tell how it is used.

        :raises UsageError: always.
        """
        raise UsageError(f"{message}. See {self.prog} --help.")


_COMMON: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("--db", {"metavar": "URL"}, "sqlite:///PATH or postgresql://… without a password (RM_DB_DSN)"),
    ("--as", {"dest": "operator", "metavar": "CALLSIGN"}, "who acts, as a claim: an active admin (RMTUI_OPERATOR)"),
    ("--identity", {"metavar": "FILE"}, "who acts, proven and signed: your PFX or PEM (RMTUI_IDENTITY)"),
    ("--passphrase-file", {"metavar": "FILE"}, "its first line opens the identity; - is standard input (RMTUI_PASSPHRASE_FILE)"),
    ("--format", {"choices": ("text", "json", "csv")}, "how results are printed; text is the default"),
    ("--read-only", {"action": "store_true"}, "change nothing (RMTUI_READ_ONLY)"),
    ("--yes", {"action": "store_true"}, "do not ask; needed to change something where there is no terminal"),
)
"""Options that are taken before or after the command."""
_EPILOG = f"Also: {', '.join(name for name, _how, _text in _COMMON)}; see rmtui --help."


def _common(shown: bool) -> Parser:
    """The options of every command; told in full once, by ``rmtui --help``."""
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    group = common.add_argument_group("options, before or after the command") if shown else common
    for name, how, text in _COMMON:
        group.add_argument(name, help=text if shown else argparse.SUPPRESS, **how)
    return common


class _Tree:
    """Adds commands that share the common options."""

    def __init__(self, parent: Any, common: Parser) -> None:
        self.subparsers, self.common = parent, common

    def add(self, name: str, run: str, text: str, **changes: Any) -> Parser:
        """A command: ``run`` is ``module:function`` under ``rmtui.cli``, imported when it is called."""
        parser = self._parser(name, text)
        parser.set_defaults(run=run, **changes)
        return parser

    def group(self, name: str, text: str) -> _Tree:
        """A word that commands follow."""
        return _Tree(self._parser(name, text).add_subparsers(metavar="COMMAND", required=True, dest="subcommand"), self.common)

    def _parser(self, name: str, text: str) -> Parser:
        about = text[0].upper() + text[1:] + "."
        parser: Parser = self.subparsers.add_parser(
            name, help=text, description=about, epilog=_EPILOG, parents=[self.common], allow_abbrev=False
        )
        return parser


def build() -> Parser:
    """The whole command line."""
    parser = Parser(
        prog="rmtui",
        description="Operators' console of a RASENMAEHER deployment. Without a command it opens the console.",
        parents=[_common(shown=True)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.set_defaults(run="console:console", acts="", sees=False)
    tree = _Tree(parser.add_subparsers(metavar="COMMAND", dest="command"), _common(shown=False))
    tree.add("demo", "console:demo", "open the console on a sample deployment that is gone afterwards")
    init = tree.add("init", "deployment:init", "make what is missing of database, authority, keys and first admin")
    init.add_argument("--admin", metavar="CALLSIGN", help="callsign of the first admin")
    tree.add("info", "deployment:info", "show paths and settings")
    tree.add("crl", "deployment:crl", "renew the certificate revocation lists")
    doctor = tree.add("doctor", "doctor:doctor", "check health, and find what rows, files and authority disagree about; 0, 1 or 3")
    doctor.add_argument("--repair", action="store_true", help="put right what can be, after asking for each kind")
    _signing_in(tree.add)
    _enrollments(tree.group("enrollments", "who asks to come in").add)
    _people(tree.group("people", "who is in").add)
    _roles(tree.group("roles", "who may do what").add)
    _pools(tree.group("pools", "invites, and who came through them").add)
    _codes(tree.group("codes", "login codes").add)
    _audit(tree.group("audit", "what was done and refused, by whom").add)
    _effects(tree.group("effects", "what actions do outside the database").add)
    return parser


Add = Callable[..., Parser]

SORTS: dict[str, tuple[str, ...]] = {
    "enrollments": ("age", "callsign", "decided", "state", "by", "invite", "csr"),
    "people": ("callsign", "age", "status", "roles", "revoked", "reason", "expires"),
    "pools": ("age", "code", "owner", "state", "pending", "approved", "rejected", "total"),
    "codes": ("age", "whom", "by", "state", "used"),
    "roles": ("role", "members"),
}
"""What a list can be sorted by, its own order first. As the services' queries have them, which would take long to load; a test
compares them."""


def _finding(listed: Parser, words: Sequence[filters.Word], sorts: Sequence[str]) -> None:
    """The options that find rows of a list and sort them."""
    listed.add_argument("--filter", default="", metavar="TEXT", help=f"only rows that fit: {filters.hint(words)}")
    if sorts:
        listed.add_argument("--sort", choices=sorts, default=sorts[0], metavar="COLUMN", help=f"{', '.join(sorts)}; default: {sorts[0]}")
        listed.add_argument("--reverse", action="store_true", help="turn the order round")


def _many(command: Parser, words: Sequence[filters.Word]) -> Parser:
    """The words and options of a command that acts on one or several."""
    command.intermixed = True
    command.add_argument("callsign", metavar="CALLSIGN", nargs="*", help="one or more; several get a result each")
    command.add_argument("--filter", metavar="TEXT", help=f"instead of callsigns, all that fit when it is asked: {filters.hint(words)}")
    command.add_argument("--dry-run", action="store_true", help="tell who would be concerned, and change nothing")
    return command


def _signing_in(add: Add) -> None:
    signin = add("signin", "signin:sign_in", "prove who you are, for two hours: certificate (--identity), login code or token")
    signin.add_argument("--code", action="store_true", help="with a login code; it is asked for, or read from standard input")
    signin.add_argument("--token", metavar="FILE", help="with a token (JWT) in a file; - is standard input (RMTUI_TOKEN)")
    signin.add_argument("--admin", metavar="CALLSIGN", help="whom to make an admin, with a login code that is good for that")
    add("signout", "signin:sign_out", "end the sign-in")
    add("whoami", "signin:whoami", "show who is at the keyboard, and how that is known")


def _enrollments(add: Add) -> None:
    listed = add("list", "enrollments:list_", "list enrolments, those that wait first", sees=True)
    listed.add_argument("--state", choices=("pending", "approved", "rejected", "all"), default="pending", help="default: pending")
    _finding(listed, filters.ENROLLMENTS, SORTS["enrollments"])
    add("show", "enrollments:show", "show one enrolment and its history", sees=True).add_argument("callsign", metavar="CALLSIGN")
    create = add("create", "enrollments:create", "make an enrolment and print its approve code, once", acts="create", sees=True)
    create.add_argument("callsign", metavar="CALLSIGN")
    create.add_argument("--csr", metavar="FILE", help="the person's own certificate request (PEM); - reads standard input")
    create.add_argument("--pool", metavar="INVITE", help="the invite code they come through")
    imported = add(
        "import", "batches:import_", "make enrolments of a directory of CSRs and print their codes, once", acts="create", sees=True
    )
    imported.add_argument("directory", metavar="DIR", help="each *.csr, *.pem, *.req or *.der in it is one person, whom its CN names")
    imported.add_argument("--pool", metavar="INVITE", help="the invite code they come through")
    imported.add_argument("--dry-run", action="store_true", help="tell what would be made, and change nothing")
    approve = add("approve", "enrollments:approve", "approve with the code the person read out", acts="approve", sees=True)
    approve.add_argument("callsign", metavar="CALLSIGN", nargs="?")
    approve.add_argument("--code", help="the approve code; - asks for it, or reads standard input")
    approve.add_argument("--codes", metavar="FILE", help="without CALLSIGN: codes, links or chat lines, one a line; - reads standard input")
    approve.add_argument("--dry-run", action="store_true", help="with --codes, tell whose they are and change nothing")
    reject = _many(add("reject", "enrollments:reject", "reject, and say why", acts="reject", sees=True), filters.ENROLLMENTS)
    reject.add_argument("--reason", required=True, metavar="TEXT", help="why; it is kept in the history")
    reopen = add(
        "reopen", "enrollments:reopen", "make a rejected enrolment pending again, with a new approve code", acts="reopen", sees=True
    )
    reopen.add_argument("callsign", metavar="CALLSIGN")
    reset = add(
        "reset", "enrollments:reset", "give a pending enrolment a new approve code; the old one stops working", acts="reset-code", sees=True
    )
    reset.add_argument("callsign", metavar="CALLSIGN")


_REASONS = ("unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn")
"""As :data:`rmtui.services.certificates.REASONS` has them, which would take long to load; a test compares them."""


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise argparse.ArgumentTypeError("DAYS is a number from 0 to 99999")
    return int(text)


def _people(add: Add) -> None:
    listed = add("list", "people:list_", "list people and their roles", sees=True)
    listed.add_argument("--status", choices=("active", "revoked", "all"), default="active", help="default: active")
    listed.add_argument("--role", metavar="ROLE", help="only people with this role")
    listed.add_argument(
        "--expiring",
        type=_days,
        metavar="DAYS",
        help="only active people whose certificate runs out within so many days; one that others issued is not known here",
    )
    _finding(listed, filters.PEOPLE, SORTS["people"])
    add("show", "people:show", "show one person, their certificate and history", sees=True).add_argument("callsign", metavar="CALLSIGN")
    revoke = _many(add("revoke", "people:revoke", "revoke people and their certificates", acts="revoke", sees=True), filters.PEOPLE)
    revoke.add_argument("--reason", required=True, choices=_REASONS, metavar="REASON", help=", ".join(_REASONS))
    reissue = _many(
        add("reissue", "people:reissue", "make a new certificate and revoke the old one", acts="reissue", sees=True), filters.PEOPLE
    )
    reissue.add_argument("--csr", metavar="FILE", help="for the key of this certificate request (PEM); - reads standard input")
    export = add("export", "people:export", "write somebody's PFX or PEM to a file that only you can read", acts="export", sees=True)
    _many(export, filters.PEOPLE)
    export.add_argument(
        "--to", required=True, metavar="PATH", help="the file to write, of several the directory; a file that is there is left as it is"
    )
    export.add_argument("--pem", action="store_true", help="key, certificate and chain as PEM; a PFX is the default")
    export.add_argument("--force", action="store_true", help="replace a file that is there")
    called = add("rollcall", "rollcall:call", "hold a list of callsigns against who is in and who waits; 1 unless they agree", sees=True)
    called.add_argument("file", metavar="FILE", help="a callsign a line, or the first column of CSV; - reads standard input")


def _pools(add: Add) -> None:
    listed = add("list", "pools:list_", "list invites, oldest first, and how many came through each", sees=True)
    listed.add_argument("--all", action="store_true", help="deleted ones too")
    _finding(listed, filters.POOLS, SORTS["pools"])
    add("show", "pools:show", "show one invite, who came through it, and its history", sees=True).add_argument("invite", metavar="INVITE")
    create = add("create", "pools:create", "make an invite and print its code", acts="create-pool", sees=True)
    create.add_argument("--owner", metavar="CALLSIGN", help="whose it is; without, yours")
    for name, text in (
        ("enable", "let people come through an invite"),
        ("disable", "let nobody come through an invite; who came is left as they are"),
        ("delete", "delete an invite, for good; who came through is left as they are"),
        ("reset", "give an invite a new code and print it; the old one stops working"),
    ):
        add(name, f"pools:{name}", text, acts=f"{name}-pool", sees=True).add_argument("invite", metavar="INVITE")
    link = add("link", "invites:link", "print the link that an invite is handed on as", sees=True)
    link.add_argument("invite", metavar="INVITE")
    link.add_argument("--qr", action="store_true", help="its QR code too")
    sheet = add("sheet", "invites:sheet", "write a sheet to print, with link, QR code and what to do", acts="sheet", sees=True)
    sheet.add_argument("invite", metavar="INVITE")
    sheet.add_argument("--to", required=True, metavar="FILE", help="the file to write; one that is there is left as it is")
    sheet.add_argument("--svg", action="store_true", help="an A4 page as SVG; text is the default")
    sheet.add_argument("--force", action="store_true", help="replace a file that is there")
    burn = add("burn", "invites:burn", "disable a leaked invite, reject who waits and revoke who is in", acts="burn-pool", sees=True)
    burn.add_argument("invite", metavar="INVITE")
    burn.add_argument("--reason", required=True, metavar="TEXT", help="why; it is kept in the history")
    burn.add_argument(
        "--revoke-reason",
        choices=_REASONS,
        default="keyCompromise",
        metavar="REASON",
        help=f"{', '.join(_REASONS)}; default: keyCompromise",
    )
    burn.add_argument("--dry-run", action="store_true", help="print whom it would concern, and change nothing")


def _codes(add: Add) -> None:
    listed = add("list", "codes:list_", "list login codes that can be used, oldest first; of each only how it begins", sees=True)
    listed.add_argument("--all", action="store_true", help="used and burnt ones too")
    _finding(listed, filters.CODES, SORTS["codes"])
    create = add("create", "codes:create", "make a login code and print it, once", acts="create-code", sees=False)
    create.add_argument("callsign", metavar="CALLSIGN", nargs="?", help="whom it signs in")
    create.add_argument("--admin", action="store_true", help="one that makes an admin: the way back in, for whoever may write the database")
    show = add("show", "codes:show", "show an unused login code again; that is recorded", acts="reveal-code", sees=True)
    show.add_argument("code", metavar="PK", help="its primary key, as the list has it")
    burn = add("burn", "codes:burn", "make a login code good for nothing", acts="burn-code", sees=True)
    burn.add_argument("code", metavar="CODE|PK", help="the code, or its primary key; - asks for it, or reads standard input")


def _audit(add: Add) -> None:
    listed = add("list", "audit:list_", "list the audit trail, newest first", sees=True)
    listed.add_argument("--by", metavar="CALLSIGN", help="only what this operator did; a part is enough")
    listed.add_argument("--on", metavar="CALLSIGN", help="only what was done to this one; a part is enough")
    listed.add_argument("--action", help="only this action, such as approve")
    listed.add_argument("--outcome", choices=("done", "refused", "failed"), help="only what ended so")
    listed.add_argument("--since", metavar="TIME", help="2h, 3d, 2026-11-24, 2026-11-24T10:00 (UTC)")
    listed.add_argument("--until", metavar="TIME", help="as --since")
    listed.add_argument("--limit", type=int, default=200, metavar="N", help="at most so many; 0 is all, 200 the default")
    _finding(listed, filters.AUDIT, ())
    add("verify", "audit:verify", "verify hashes, order and signatures, and compare with the log", sees=True)
    add("export", "audit:export", "write the whole trail as JSON lines, oldest first", sees=True)


def _effects(add: Add) -> None:
    listed = add("list", "effects:list_", "list what is still to be told to products, Keycloak and the CA", sees=True)
    states = ("waiting", "failing", "done", "skipped", "all")
    listed.add_argument("--state", choices=states, default="waiting", help="default: waiting")
    listed.add_argument("--all", action="store_const", dest="state", const="all", help="as --state all")
    listed.add_argument("--filter", default="", metavar="TEXT", help="only rows whose callsign, event, target or error holds each word")
    add("run", "effects:run", "carry out what is due; a timer may, so that nobody need be named")
    retry = add("retry", "effects:retry", "try one again now, however long it was to wait", acts="retry-effect", sees=True)
    retry.add_argument("id", type=_number, metavar="ID", help="as the list has it")
    skip = add("skip", "effects:skip", "leave one undone for good, so that what comes after it goes on", acts="skip-effect", sees=True)
    skip.add_argument("id", type=_number, metavar="ID", help="as the list has it")
    skip.add_argument("--reason", required=True, metavar="TEXT", help="why; it is kept in the audit trail")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError("ID is a number")
    return int(text)


def _roles(add: Add) -> None:
    listed = add("list", "roles:list_", "list roles and how many people have each", sees=True)
    _finding(listed, filters.ROLES, SORTS["roles"])
    for name, text in (("assign", "give somebody a role"), ("remove", "take a role from somebody")):
        command = _many(add(name, f"roles:{name}", text, acts=f"{name}-role", sees=True), filters.PEOPLE)
        command.add_argument("role", metavar="ROLE")
