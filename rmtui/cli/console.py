"""``rmtui`` and ``rmtui demo``: the console."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from rmtui.errors import ConfigurationError


class NoTerminal(ConfigurationError):
    """There is no terminal to draw on."""

    title = "No terminal"


def _require_terminal() -> None:
    if os.environ.get("TERM", "") in {"", "dumb", "unknown"} or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal("The console needs a terminal, and this is none (or TERM is dumb). Use rmtui enrollments list and its like.")


def _open(codes: Mapping[str, str] | None = None) -> int:
    from rmtui.tui.opening import begin

    first = begin()  # the database answers while the console is still being loaded
    from rmtui.tui.app import run_console

    return run_console(first, codes=codes)


def console(_args: argparse.Namespace) -> int:
    """Open the console; on nothing, its set-up."""
    _require_terminal()
    return _open()


def demo(_args: argparse.Namespace) -> int:
    """Open the console on a sample deployment."""
    _require_terminal()
    from rmtui.services.demo import demo as sample

    with sample() as made:
        return _open(made.codes)
