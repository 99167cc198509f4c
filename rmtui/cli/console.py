"""``rmtui`` and ``rmtui demo``: the console."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from rmtui import logs, settings
from rmtui.cli.usage import UsageError
from rmtui.errors import ConfigurationError
from rmtui.i18n import later, tr
from rmtui.values import flag


class NoTerminal(ConfigurationError):
    """There is no terminal to draw on."""

    title = later("No terminal")


def _require_terminal() -> None:
    if os.environ.get("TERM", "") in {"", "dumb", "unknown"} or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal(
            tr(
                "The console needs a terminal, and this is none (or TERM is dumb). Use rmtui --plain, which asks and "
                "answers in plain lines, or commands such as rmtui enrollments list."
            )
        )


def _must_be_free_to_ask() -> None:
    if settings.current().no_input:
        raise UsageError(tr("a console asks, and nothing may be asked; use a command, such as rmtui enrollments list"))


def _log() -> None:
    logs.begin(settings.current().state_dir, settings.current().log_level, told=False)


def _plain(args: argparse.Namespace) -> bool:
    """Whether plain lines are wanted: ``--plain``, or ``RMTUI_PLAIN``."""
    return bool(args.plain) or flag(os.environ.get("RMTUI_PLAIN"), "RMTUI_PLAIN")


def _talk(codes: Mapping[str, str] | None = None) -> int:
    from rmtui.plain.dialogue import run

    return run(codes)


def _open(args: argparse.Namespace, codes: Mapping[str, str] | None = None) -> int:
    from rmtui.tui.link.asking import find_out, restore
    from rmtui.tui.opening import begin

    first = begin()  # the database answers while the console is still being loaded
    asked = find_out(args.thin, os.environ)
    try:
        from rmtui.tui.running import run_console

        return run_console(first, codes=codes, asked=asked)
    finally:
        restore(asked)


def console(args: argparse.Namespace) -> int:
    """Open the console; on nothing, its set-up."""
    _must_be_free_to_ask()
    _log()
    if _plain(args):
        return _talk()
    _require_terminal()
    return _open(args)


def demo(args: argparse.Namespace) -> int:
    """Open the console on a sample deployment."""
    _must_be_free_to_ask()
    plain = _plain(args)
    if not plain:
        _require_terminal()
    from rmtui.services.demo import demo as sample

    with sample() as made:
        _log()  # gone afterwards, as all of it
        try:
            return _talk(made.codes) if plain else _open(args, made.codes)
        finally:
            logs.end()
