"""The entry point: options, settings, command, exit code."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rmtui.cli.admission import admit
from rmtui.cli.output import discard_output, printing, say
from rmtui.cli.parser import UsageError, build
from rmtui.errors import EXIT_DONE, EXIT_INTERRUPTED, EXIT_REFUSED, RmtuiError

__all__ = ["main"]

DEFAULTS = {"db": None, "operator": None, "format": "text", "read_only": None, "yes": False, "identity": None, "passphrase_file": None}
"""What the options of every command are without being given."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; what it exits with is in :mod:`rmtui.errors`."""
    try:
        return _run(argv)
    except RmtuiError as error:
        say(f"rmtui: {error.sentence}{' See rmtui signin --help.' if error.title == 'Sign in' else ''}")
        return error.exit_code
    except KeyboardInterrupt:
        say("rmtui: interrupted; what was under way was taken back or left as it was.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read the list has seen enough
        discard_output()
        return EXIT_REFUSED


def _run(argv: Sequence[str] | None) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal of another alphabet still gets the rest
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
    code = getattr(importlib.import_module(f"rmtui.cli.{module}"), function)(args)
    if args.acts:
        _look_after()
    _warn_of_log()
    return EXIT_DONE if code is None else int(code)


def _look_after() -> None:
    """What the console does at its start, for who never opens it: sweep, renew the CRL. What fails is told; the command is done."""
    from rmtui.services.deployment import start_up

    try:
        start_up()
    except RmtuiError as error:
        say(f"Warning: {error.sentence}")


def _warn_of_log() -> None:
    """A log that is behind the audit trail is told by whoever finds out."""
    witness = sys.modules.get("rmtui.services.witness")
    if witness is not None and witness.trouble():
        say(f"Warning: {witness.trouble()}")


def _configure(args: Any) -> None:
    """Put the settings and the database's place in force. Neither is connected to yet."""
    from rmtui import settings
    from rmtui.services.database import use_database

    if args.db is not None and "://" not in args.db:
        raise UsageError("--db takes a URL: sqlite:///PATH or postgresql://…")
    settings.configure(
        settings.Settings.from_env(
            db=args.db,
            operator=args.operator,
            read_only=args.read_only,
            identity=Path(args.identity).expanduser().absolute() if args.identity else None,
            passphrase_file=Path(args.passphrase_file) if args.passphrase_file else None,
        )
    )
    use_database(args.db)
