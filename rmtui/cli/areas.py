"""The words of each area of the command line: what is done there, and to what."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from rmtui.cli.usage import Parser
from rmtui.i18n import tr
from rmtui.services import filters

__all__ = ["SORTS", "audit", "codes", "effects", "enrollments", "people", "pools", "roles", "signing_in"]

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
    listed.add_argument("--filter", default="", metavar=tr("TEXT"), help=tr("only rows that fit: {hint}", hint=filters.hint(words)))
    if sorts:
        listed.add_argument(
            "--sort",
            choices=sorts,
            default=sorts[0],
            metavar=tr("COLUMN"),
            help=tr("{words}; default: {default}", words=", ".join(sorts), default=sorts[0]),
        )
        listed.add_argument("--reverse", action="store_true", help=tr("turn the order round"))


def _many(command: Parser, words: Sequence[filters.Word]) -> Parser:
    """The words and options of a command that acts on one or several."""
    command.intermixed = True
    command.add_argument("callsign", metavar=tr("CALLSIGN"), nargs="*", help=tr("one or more; several get a result each"))
    command.add_argument(
        "--filter", metavar=tr("TEXT"), help=tr("instead of callsigns, all that fit when it is asked: {hint}", hint=filters.hint(words))
    )
    command.add_argument("--dry-run", action="store_true", help=tr("tell who would be concerned, and change nothing"))
    return command


def signing_in(add: Add) -> None:
    signin = add("signin", "signin:sign_in", tr("prove who you are, for two hours: certificate (--identity), login code or token"))
    signin.add_argument("--code", action="store_true", help=tr("with a login code; it is asked for, or read from standard input"))
    signin.add_argument("--token", metavar=tr("FILE"), help=tr("with a token (JWT) in a file; - is standard input (RMTUI_TOKEN)"))
    signin.add_argument("--admin", metavar=tr("CALLSIGN"), help=tr("whom to make an admin, with a login code that is good for that"))
    add("signout", "signin:sign_out", tr("end the sign-in"))
    add("whoami", "signin:whoami", tr("show who is at the keyboard, and how that is known"))


def enrollments(add: Add) -> None:
    listed = add("list", "enrollments:list_", tr("list enrolments, those that wait first"), sees=True)
    listed.add_argument("--state", choices=("pending", "approved", "rejected", "all"), default="pending", help=tr("default: pending"))
    _finding(listed, filters.ENROLLMENTS, SORTS["enrollments"])
    add("show", "enrollments:show", tr("show one enrolment and its history"), sees=True).add_argument("callsign", metavar=tr("CALLSIGN"))
    create = add("create", "enrollments:create", tr("make an enrolment and print its approve code, once"), acts="create", sees=True)
    create.add_argument("callsign", metavar=tr("CALLSIGN"))
    create.add_argument("--csr", metavar=tr("FILE"), help=tr("the person's own certificate request (PEM); - reads standard input"))
    create.add_argument("--pool", metavar=tr("INVITE"), help=tr("the invite code they come through"))
    imported = add(
        "import", "batches:import_", tr("make enrolments of a directory of CSRs and print their codes, once"), acts="create", sees=True
    )
    imported.add_argument(
        "directory", metavar=tr("DIR"), help=tr("each *.csr, *.pem, *.req or *.der in it is one person, whom its CN names")
    )
    imported.add_argument("--pool", metavar=tr("INVITE"), help=tr("the invite code they come through"))
    imported.add_argument("--dry-run", action="store_true", help=tr("tell what would be made, and change nothing"))
    approve = add("approve", "enrollments:approve", tr("approve with the code the person read out"), acts="approve", sees=True)
    approve.add_argument("callsign", metavar=tr("CALLSIGN"), nargs="?")
    approve.add_argument("--code", help=tr("the approve code; - asks for it, or reads standard input"))
    approve.add_argument(
        "--codes", metavar=tr("FILE"), help=tr("without CALLSIGN: codes, links or chat lines, one a line; - reads standard input")
    )
    approve.add_argument("--dry-run", action="store_true", help=tr("with --codes, tell whose they are and change nothing"))
    reject = _many(add("reject", "enrollments:reject", tr("reject, and say why"), acts="reject", sees=True), filters.ENROLLMENTS)
    reject.add_argument("--reason", required=True, metavar=tr("TEXT"), help=tr("why; it is kept in the history"))
    reopen = add(
        "reopen", "enrollments:reopen", tr("make a rejected enrolment pending again, with a new approve code"), acts="reopen", sees=True
    )
    reopen.add_argument("callsign", metavar=tr("CALLSIGN"))
    reset = add(
        "reset",
        "enrollments:reset",
        tr("give a pending enrolment a new approve code; the old one stops working"),
        acts="reset-code",
        sees=True,
    )
    reset.add_argument("callsign", metavar=tr("CALLSIGN"))


_REASONS = ("unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn")
"""As :data:`rmtui.services.certificates.REASONS` has them, which would take long to load; a test compares them."""


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise argparse.ArgumentTypeError(tr("DAYS is a number from 0 to 99999"))
    return int(text)


def people(add: Add) -> None:
    listed = add("list", "people:list_", tr("list people and their roles"), sees=True)
    listed.add_argument("--status", choices=("active", "revoked", "all"), default="active", help=tr("default: active"))
    listed.add_argument("--role", metavar=tr("ROLE"), help=tr("only people with this role"))
    listed.add_argument(
        "--expiring",
        type=_days,
        metavar=tr("DAYS"),
        help=tr("only active people whose certificate runs out within so many days; one that others issued is not known here"),
    )
    _finding(listed, filters.PEOPLE, SORTS["people"])
    add("show", "people:show", tr("show one person, their certificate and history"), sees=True).add_argument(
        "callsign", metavar=tr("CALLSIGN")
    )
    revoke = _many(add("revoke", "people:revoke", tr("revoke people and their certificates"), acts="revoke", sees=True), filters.PEOPLE)
    revoke.add_argument("--reason", required=True, choices=_REASONS, metavar=tr("REASON"), help=", ".join(_REASONS))
    reissue = _many(
        add("reissue", "people:reissue", tr("make a new certificate and revoke the old one"), acts="reissue", sees=True), filters.PEOPLE
    )
    reissue.add_argument("--csr", metavar=tr("FILE"), help=tr("for the key of this certificate request (PEM); - reads standard input"))
    export = add("export", "people:export", tr("write somebody's PFX or PEM to a file that only you can read"), acts="export", sees=True)
    _many(export, filters.PEOPLE)
    export.add_argument(
        "--to",
        required=True,
        metavar=tr("PATH"),
        help=tr("the file to write, of several the directory; a file that is there is left as it is"),
    )
    export.add_argument("--pem", action="store_true", help=tr("key, certificate and chain as PEM; a PFX is the default"))
    export.add_argument("--force", action="store_true", help=tr("replace a file that is there"))
    called = add(
        "rollcall", "rollcall:call", tr("hold a list of callsigns against who is in and who waits; 1 unless they agree"), sees=True
    )
    called.add_argument("file", metavar=tr("FILE"), help=tr("a callsign a line, or the first column of CSV; - reads standard input"))


def _several(command: Parser, what: str, called: str, text: str | None = None) -> None:
    """One or more of something that is no callsign."""
    command.intermixed = True
    command.add_argument(what, metavar=called, nargs="+", help=text or tr("one or more; several get a result each"))
    command.add_argument("--dry-run", action="store_true", help=tr("tell what would be concerned, and change nothing"))


def pools(add: Add) -> None:
    listed = add("list", "pools:list_", tr("list invites, oldest first, and how many came through each"), sees=True)
    listed.add_argument("--all", action="store_true", help=tr("deleted ones too"))
    _finding(listed, filters.POOLS, SORTS["pools"])
    add("show", "pools:show", tr("show one invite, who came through it, and its history"), sees=True).add_argument(
        "invite", metavar=tr("INVITE")
    )
    create = add("create", "pools:create", tr("make an invite and print its code"), acts="create-pool", sees=True)
    create.add_argument("--owner", metavar=tr("CALLSIGN"), help=tr("whose it is; without, yours"))
    for name, text in (
        ("enable", tr("let people come through invites")),
        ("disable", tr("let nobody come through invites; who came is left as they are")),
        ("delete", tr("delete invites, for good; who came through is left as they are")),
    ):
        _several(add(name, f"pools:{name}", text, acts=f"{name}-pool", sees=True), "invite", tr("INVITE"))
    text = tr("give an invite a new code and print it; the old one stops working")
    add("reset", "pools:reset", text, acts="reset-pool", sees=True).add_argument("invite", metavar=tr("INVITE"))
    link = add("link", "invites:link", tr("print the link that an invite is handed on as"), sees=True)
    link.add_argument("invite", metavar=tr("INVITE"))
    link.add_argument("--qr", action="store_true", help=tr("its QR code too"))
    sheet = add("sheet", "invites:sheet", tr("write a sheet to print, with link, QR code and what to do"), acts="sheet", sees=True)
    sheet.add_argument("invite", metavar=tr("INVITE"))
    sheet.add_argument("--to", required=True, metavar=tr("FILE"), help=tr("the file to write; one that is there is left as it is"))
    sheet.add_argument("--svg", action="store_true", help=tr("an A4 page as SVG; text is the default"))
    sheet.add_argument("--force", action="store_true", help=tr("replace a file that is there"))
    burn = add("burn", "invites:burn", tr("disable a leaked invite, reject who waits and revoke who is in"), acts="burn-pool", sees=True)
    burn.add_argument("invite", metavar=tr("INVITE"))
    burn.add_argument("--reason", required=True, metavar=tr("TEXT"), help=tr("why; it is kept in the history"))
    burn.add_argument(
        "--revoke-reason",
        choices=_REASONS,
        default="keyCompromise",
        metavar=tr("REASON"),
        help=tr("{words}; default: {default}", words=", ".join(_REASONS), default="keyCompromise"),
    )
    burn.add_argument("--dry-run", action="store_true", help=tr("print whom it would concern, and change nothing"))


def codes(add: Add) -> None:
    listed = add("list", "codes:list_", tr("list login codes that can be used, oldest first; of each only how it begins"), sees=True)
    listed.add_argument("--all", action="store_true", help=tr("used and burnt ones too"))
    _finding(listed, filters.CODES, SORTS["codes"])
    create = add("create", "codes:create", tr("make a login code and print it, once"), acts="create-code", sees=False)
    create.add_argument("callsign", metavar=tr("CALLSIGN"), nargs="?", help=tr("whom it signs in"))
    create.add_argument(
        "--admin", action="store_true", help=tr("one that makes an admin: the way back in, for whoever may write the database")
    )
    show = add("show", "codes:show", tr("show an unused login code again; that is recorded"), acts="reveal-code", sees=True)
    show.add_argument("code", metavar=tr("PK"), help=tr("its primary key, as the list has it"))
    burn = add("burn", "codes:burn", tr("make login codes good for nothing"), acts="burn-code", sees=True)
    text = tr("the code, or its primary key; - asks for it, or reads standard input; several get a result each")
    _several(burn, "code", tr("CODE|PK"), text)


def audit(add: Add) -> None:
    listed = add("list", "audit:list_", tr("list the audit trail, newest first"), sees=True)
    listed.add_argument("--by", metavar=tr("CALLSIGN"), help=tr("only what this operator did; a part is enough"))
    listed.add_argument("--on", metavar=tr("CALLSIGN"), help=tr("only what was done to this one; a part is enough"))
    listed.add_argument("--action", help=tr("only this action, such as approve"))
    listed.add_argument("--outcome", choices=("done", "refused", "failed"), help=tr("only what ended so"))
    listed.add_argument("--since", metavar=tr("TIME"), help=tr("2h, 3d, 2026-11-24, 24.11.2026, 2026-11-24T10:00; with Z in UTC"))
    listed.add_argument("--until", metavar=tr("TIME"), help=tr("as --since"))
    listed.add_argument("--limit", type=int, default=200, metavar=tr("N"), help=tr("at most so many; 0 is all, 200 the default"))
    _finding(listed, filters.AUDIT, ())
    add("verify", "audit:verify", tr("verify hashes, order and signatures, and compare with the log"), sees=True)
    add("export", "audit:export", tr("write the whole trail as JSON lines, oldest first"), sees=True)


def effects(add: Add) -> None:
    listed = add("list", "effects:list_", tr("list what is still to be told to products, Keycloak and the CA"), sees=True)
    states = ("waiting", "failing", "done", "skipped", "all")
    listed.add_argument("--state", choices=states, default="waiting", help=tr("default: waiting"))
    listed.add_argument("--all", action="store_const", dest="state", const="all", help=tr("as --state all"))
    text = tr("only rows whose callsign, event, target or error holds each word")
    listed.add_argument("--filter", default="", metavar=tr("TEXT"), help=text)
    listed.add_argument("--target", default="", metavar=tr("TARGET"), help=tr("only those for this one, such as product:tak"))
    run = add("run", "effects:run", tr("carry out what is due; a timer may, so that nobody need be named"))
    run.add_argument("--now", action="store_true", help=tr("what failed and waits for its next try, too"))
    retry = add("retry", "effects:retry", tr("try some again now, however long they were to wait"), acts="retry-effect", sees=True)
    text = tr("leave some undone for good, so that what comes after them goes on")
    skip = add("skip", "effects:skip", text, acts="skip-effect", sees=True)
    for command in (retry, skip):
        command.add_argument("id", type=_number, nargs="*", metavar=tr("ID"), help=tr("as the list has it"))
        command.add_argument("--target", default="", metavar=tr("TARGET"), help=tr("all that waits for this one, such as product:tak"))
    skip.add_argument("--reason", required=True, metavar=tr("TEXT"), help=tr("why; it is kept in the audit trail"))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(tr("ID is a number"))
    return int(text)


def roles(add: Add) -> None:
    listed = add("list", "roles:list_", tr("list roles and how many people have each"), sees=True)
    _finding(listed, filters.ROLES, SORTS["roles"])
    for name, text in (("assign", tr("give somebody a role")), ("remove", tr("take a role from somebody"))):
        command = _many(add(name, f"roles:{name}", text, acts=f"{name}-role", sees=True), filters.PEOPLE)
        command.add_argument("role", metavar=tr("ROLE"))
