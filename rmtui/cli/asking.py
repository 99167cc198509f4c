"""Asking before something is changed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rmtui import settings
from rmtui.cli.output import say
from rmtui.cli.usage import UsageError
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.settings import Secret
from rmtui.text import plain

__all__ = ["Declined", "ask_secret", "can_ask", "check_can_ask", "confirm", "offering_force", "read_code", "read_passphrase"]


YES = later("y yes")
"""What an answer is that lets it be done: these words of English, and of the operator's language."""


class Declined(RmtuiError):
    """The operator said no."""

    title = later("Left as it is")


def can_ask() -> bool:
    """Whether there is a terminal to ask on, and it may be."""
    return not settings.current().no_input and sys.stdin.isatty() and sys.stderr.isatty()


def check_can_ask() -> None:
    """Refuse to go on where it would have to be asked and cannot be.

    :raises UsageError: with what to do instead.
    """
    if settings.current().no_input:
        raise UsageError(tr("nothing may be asked; add --yes to go on without"))
    if not can_ask():
        raise UsageError(tr("there is no terminal to ask on; add --yes to go on without"))


def _typed(prompt: str) -> str:
    """A line of standard input, asked for on standard error."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def confirm(question: str, yes: bool) -> None:
    """Ask, unless ``--yes`` answered.

    :raises UsageError: there is no terminal to ask on.
    :raises Declined: the answer is not yes.
    """
    if yes:
        return
    check_can_ask()
    if _typed(tr("{question} [y/N] ", question=question)).casefold() not in {*YES.split(), *tr(YES).split()}:
        raise Declined(tr("Nothing was changed."))


@contextmanager
def offering_force() -> Iterator[None]:
    """Tell whoever did not want a file replaced how it is."""
    from rmtui.services.exports import InTheWay

    try:
        yield
    except InTheWay as error:
        error.args = (tr("{error} Or replace it with --force.", error=error.sentence),)
        raise


def ask_secret(prompt: str, *, hidden: bool = True) -> str:
    """A line typed at the terminal, unseen if it is a secret; without a terminal, a line of standard input."""
    if not settings.standard_input().isatty():
        return sys.stdin.readline().strip()
    if hidden:
        from getpass import getpass

        return getpass(prompt).strip()
    return _typed(prompt)


def read_passphrase(path: Path | None = None) -> Secret | None:
    """What opens the identity: the file that was named for it, else what is typed; None when there is no terminal to ask on."""
    from rmtui.services.operators import passphrase_in_file

    if settings.current().passphrase_file is not None:
        return passphrase_in_file()
    if not can_ask():
        return None
    path = path or settings.current().identity
    say(tr("A PFX made by the deployment opens with the callsign, as it is written."))
    return Secret(ask_secret(tr("Passphrase of {path}: ", path=plain(path))))


def read_code(given: str) -> str:
    """The code, from the option itself, or for ``-`` from a prompt or a line of standard input."""
    if given != "-":
        return given
    settings.standard_input()
    return _typed(tr("Approve code: ") if can_ask() else "")
