"""``rmtui`` and ``rmtui demo``: the console."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any

from rmtui.errors import ConfigurationError

FIRST_PAGE = 200
"""Rows of the page that is asked for before the console is even loaded."""


class NoTerminal(ConfigurationError):
    """There is no terminal to draw on."""

    title = "No terminal"


def _require_terminal() -> None:
    if os.environ.get("TERM", "") in {"", "dumb", "unknown"} or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal("The console needs a terminal, and this is none (or TERM is dumb). Use rmtui enrollments list and its like.")


def _ahead(work: Callable[[], Any]) -> Future[Any]:
    """Begin something while the console is still being loaded."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # whoever asks for the result meets it
            future.set_exception(error)

    Thread(target=run, name="first page", daemon=True).start()
    return future


def console(_args: argparse.Namespace) -> int:
    """Open the console; on nothing, its set-up."""
    _require_terminal()
    from rmtui.services.deployment import open_deployment

    found = open_deployment()
    first: Future[Any] | None = None
    if found.ready:
        from rmtui.services.enrollments import list_enrollments
        from rmtui.services.types import EnrollmentQuery

        first = _ahead(lambda: list_enrollments(EnrollmentQuery(), limit=FIRST_PAGE))
    from rmtui.tui.app import run_console

    return run_console(found, first)


def demo(_args: argparse.Namespace) -> int:
    """Open the console on a sample deployment."""
    _require_terminal()
    from rmtui.services.demo import demo as sample

    with sample():
        return console(_args)
