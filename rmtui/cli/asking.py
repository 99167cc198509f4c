"""Asking before something is changed."""

from __future__ import annotations

import sys

from rmtui.cli.parser import UsageError
from rmtui.errors import RmtuiError

__all__ = ["Declined", "can_ask", "confirm", "read_code"]


class Declined(RmtuiError):
    """The operator said no."""

    title = "Left as it is"


def can_ask() -> bool:
    """Whether there is a terminal to ask on."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, yes: bool) -> None:
    """Ask, unless ``--yes`` answered.

    :raises UsageError: there is no terminal to ask on.
    :raises Declined: the answer is not yes.
    """
    if yes:
        return
    if not can_ask():
        raise UsageError("there is no terminal to ask on; add --yes to go on without")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().casefold() not in {"y", "yes"}:
        raise Declined("Nothing was changed.")


def read_code(given: str) -> str:
    """The code, from the option itself, or for ``-`` from a prompt or a line of standard input."""
    if given != "-":
        return given
    if can_ask():
        sys.stderr.write("Approve code: ")
        sys.stderr.flush()
    return sys.stdin.readline().strip()
