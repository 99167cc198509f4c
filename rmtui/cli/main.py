"""The entry point: options, settings, command, exit code."""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rmtui import clock, i18n, logs
from rmtui.cli.admission import admit
from rmtui.cli.language import chosen
from rmtui.cli.output import discard_output, printing, say
from rmtui.cli.parser import build
from rmtui.cli.telling import telling
from rmtui.cli.usage import UsageError
from rmtui.errors import EXIT_DONE, EXIT_INTERRUPTED, EXIT_REFUSED, RmtuiError
from rmtui.i18n import joined, tr
from rmtui.signals import ended_by_signals, heed

__all__ = ["main"]

logger = logging.getLogger("rmtui.cli")

PATIENCE = 30
"""Seconds that a program, whose work is over, listens for what a CA may have signed too late."""

DEFAULTS = {
    "db": None,
    "operator": None,
    "format": "text",
    "read_only": None,
    "yes": False,
    "no_input": None,
    "log_level": None,
    "identity": None,
    "passphrase_file": None,
    "lang": None,
    "plain": False,
    "thin": None,
    "theme": None,
    "ascii": None,
    "utc": None,
}
"""What the options of every command are without being given."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; what it exits with is in :mod:`rmtui.errors`."""
    try:
        with ended_by_signals(KeyboardInterrupt):  # what is under way is taken back, and a terminal shows again what is typed
            return _run(argv)
    except RmtuiError as error:
        said = tr("{error} See rmtui signin --help.", error=error.sentence) if error.wants_sign_in else error.sentence
        say(f"rmtui: {said}")
        _listen()
        return error.exit_code
    except KeyboardInterrupt as interrupted:
        discard_output()  # nobody may read it: the pipe may be full
        notes = joined(getattr(interrupted, "__notes__", ()), " ")
        say(
            tr("rmtui: interrupted. {notes} What else was under way was taken back or left as it was.", notes=notes)
            if notes
            else tr("rmtui: interrupted; what was under way was taken back or left as it was.")
        )
        _listen()
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read the list has seen enough
        discard_output()
        return EXIT_REFUSED
    finally:
        logs.end()


def _run(argv: Sequence[str] | None) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal of another alphabet still gets the rest
    try:
        i18n.use(chosen(sys.argv[1:] if argv is None else argv, os.environ))
    finally:
        heed()  # in the operator's language, what ends it from now on can be told
    args = build().parse_args(argv)
    for name, value in DEFAULTS.items():
        if not hasattr(args, name):
            setattr(args, name, value)
    if args.version:
        from rmtui import __version__

        with printing():
            sys.stdout.write(f"rmtui {__version__}\n")
        return EXIT_DONE
    _configure(args)
    module, _, function = args.run.partition(":")
    args.who = admit(args) if args.sees else None
    command = getattr(importlib.import_module(f"rmtui.cli.{module}"), function)
    with telling(args):
        code = command(args)
    _listen()
    if args.acts and not getattr(args, "dry_run", False):
        _look_after()
    _warn_of_log()
    return EXIT_DONE if code is None else int(code)


def _listen() -> None:
    """What a CA signs too late is revoked by whoever still listens."""
    deployment = sys.modules.get("rmtui.services.deployment")
    if deployment is None or not deployment.answers_due():
        return
    with suppress(OSError):  # the terminal may be gone
        say(
            tr(
                "The CA may yet sign what it was asked for. For {seconds} seconds it is listened to, so that this is revoked; "
                "Ctrl+C leaves it.",
                seconds=PATIENCE,
            )
        )
    with suppress(KeyboardInterrupt), ended_by_signals(KeyboardInterrupt):
        deployment.answers_due(PATIENCE)


def _look_after() -> None:
    """What the console does at its start, for who never opens it: sweep, renew the CRL. What fails is told; the command is done."""
    from rmtui.services.deployment import start_up

    try:
        start_up()
    except RmtuiError as error:
        say(tr("Warning: {warning}", warning=error.sentence))


def _warn_of_log() -> None:
    """A log that is behind the audit trail is told by whoever finds out."""
    witness = sys.modules.get("rmtui.services.witness")
    if witness is not None and witness.trouble():
        say(tr("Warning: {warning}", warning=witness.trouble()))


def _configure(args: Any) -> None:
    """Put the settings and the database's place in force. Neither is connected to yet."""
    from rmtui import settings
    from rmtui.services.database import use_database

    if args.db is not None and "://" not in args.db:
        raise UsageError(tr("--db takes a URL: sqlite:///PATH or postgresql://…"))
    settings.configure(
        settings.Settings.from_env(
            db=args.db,
            operator=args.operator,
            read_only=args.read_only,
            theme=args.theme,
            ascii=args.ascii,
            utc=args.utc,
            no_input=args.no_input,
            log_level=args.log_level,
            identity=Path(args.identity).expanduser().absolute() if args.identity else None,
            passphrase_file=Path(args.passphrase_file) if args.passphrase_file else None,
        )
    )
    clock.use_utc(bool(settings.current().utc))
    if not args.run.startswith("console:"):  # a console has its own say in where it is logged
        logs.begin(settings.current().state_dir, settings.current().log_level, told=True)
        logger.debug("%s", args.run)
    use_database(args.db)
