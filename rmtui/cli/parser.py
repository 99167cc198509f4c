"""The command line's words."""

from __future__ import annotations

import argparse
from typing import Any

from rmtui.cli import areas
from rmtui.cli.usage import Parser, UsageError
from rmtui.i18n import LANGUAGES, later, tr
from rmtui.settings import LOG_LEVELS, LOOKS

__all__ = ["Parser", "UsageError", "build"]

_COMMON: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("--db", {"metavar": later("URL")}, later("sqlite:///PATH or postgresql://… without a password (RM_DB_DSN)")),
    ("--as", {"dest": "operator", "metavar": later("CALLSIGN")}, later("who acts, as a claim: an active admin (RMTUI_OPERATOR)")),
    ("--identity", {"metavar": later("FILE")}, later("who acts, proven and signed: your PFX or PEM (RMTUI_IDENTITY)")),
    (
        "--passphrase-file",
        {"metavar": later("FILE")},
        later("its first line opens the identity; - is standard input (RMTUI_PASSPHRASE_FILE)"),
    ),
    ("--format", {"choices": ("text", "json", "csv")}, later("how results are printed; text is the default")),
    ("--lang", {"choices": tuple(LANGUAGES)}, later("the language: English or Finnish (RMTUI_LANG); the locale's is the default")),
    (
        "--thin",
        {"action": argparse.BooleanOptionalAction},
        later("spare the line to the terminal, or do not (RMTUI_THIN); over SSH a slow one is found out"),
    ),
    (
        "--utc",
        {"action": argparse.BooleanOptionalAction},
        later("tell times in UTC, or do not (RMTUI_UTC); without it in the local zone"),
    ),
    ("--theme", {"choices": LOOKS}, later("the look of the console (RMTUI_THEME); without one, what its palette was told last")),
    ("--no-color", {"dest": "theme", "action": "store_const", "const": "mono"}, later("without colour; as --theme mono")),
    (
        "--ascii",
        {"action": "store_true"},
        later("draw the console with ASCII only (RMTUI_ASCII); by itself where the terminal has no more"),
    ),
    ("--read-only", {"action": "store_true"}, later("change nothing (RMTUI_READ_ONLY)")),
    ("--yes", {"action": "store_true"}, later("do not ask; needed to change something where there is no terminal")),
    ("--no-input", {"action": "store_true"}, later("ask nothing, as if there were no terminal (RMTUI_NO_INPUT)")),
    ("--log-level", {"choices": LOG_LEVELS}, later("what is logged: this and worse (RMTUI_LOG_LEVEL); warning is the default")),
)
"""Options that are taken before or after the command."""
_EPILOG = later("The options of rmtui --help, such as --format and --yes, are taken here as well.")


def _common(shown: bool) -> Parser:
    """The options of every command; told in full once, by ``rmtui --help``."""
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    group = common.add_argument_group(tr("options, before or after the command")) if shown else common
    for name, how, text in _COMMON:
        named: dict[str, Any] = {each: tr(value) if each == "metavar" else value for each, value in how.items()}
        group.add_argument(name, help=tr(text) if shown else argparse.SUPPRESS, **named)
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
        return _Tree(self._parser(name, text).add_subparsers(metavar=tr("COMMAND"), required=True, dest="subcommand"), self.common)

    def _parser(self, name: str, text: str) -> Parser:
        about = text[0].upper() + text[1:] + "."
        parser: Parser = self.subparsers.add_parser(
            name, help=text, description=about, epilog=tr(_EPILOG), parents=[self.common], allow_abbrev=False
        )
        return parser


def build() -> Parser:
    """The whole command line."""
    parser = Parser(
        prog="rmtui",
        description=tr("Operators' console of a RASENMAEHER deployment. Without a command it opens the console."),
        parents=[_common(shown=True)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help=tr("print the version and exit"))
    _plain(parser)
    parser.set_defaults(run="console:console", acts="", sees=False)
    tree = _Tree(parser.add_subparsers(metavar=tr("COMMAND"), dest="command"), _common(shown=False))
    _plain(tree.add("demo", "console:demo", tr("open the console on a sample deployment that is gone afterwards")))
    init = tree.add("init", "deployment:init", tr("make what is missing of database, authority, keys and first admin"))
    init.add_argument("--admin", metavar=tr("CALLSIGN"), help=tr("callsign of the first admin"))
    tree.add("info", "deployment:info", tr("show paths and settings"))
    tree.add("crl", "deployment:crl", tr("renew the certificate revocation lists"))
    doctor = tree.add("doctor", "doctor:doctor", tr("check health, and find what rows, files and authority disagree about; 0, 1 or 3"))
    doctor.add_argument("--repair", action="store_true", help=tr("put right what can be, after asking for each kind"))
    doctor.add_argument(
        "--only", action="append", default=[], metavar=tr("REPAIR"), help=tr("only this kind of repair; can be given again")
    )
    doctor.add_argument("--most", type=int, metavar=tr("N"), help=tr("look at the files of N people only, those who came last"))
    areas.signing_in(tree.add)
    areas.enrollments(tree.group("enrollments", tr("who asks to come in")).add)
    areas.people(tree.group("people", tr("who is in")).add)
    areas.roles(tree.group("roles", tr("who may do what")).add)
    areas.pools(tree.group("pools", tr("invites, and who came through them")).add)
    areas.codes(tree.group("codes", tr("login codes")).add)
    areas.audit(tree.group("audit", tr("what was done and refused, by whom")).add)
    areas.effects(tree.group("effects", tr("what actions do outside the database")).add)
    return parser


def _plain(parser: Parser) -> None:
    text = tr("the console as questions and answers in plain lines, for screen readers and any terminal or none (RMTUI_PLAIN)")
    parser.add_argument("--plain", action="store_true", default=argparse.SUPPRESS, help=text)
