"""Passphrases and tokens that lie in files."""

from __future__ import annotations

from pathlib import Path

from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.i18n import later, tr
from rmtui.settings import Secret
from rmtui.text import plain

__all__ = ["SecretFileError", "first_line"]

LONGEST = 16 * 1024
"""Characters of a line at most."""


class SecretFileError(ConfigurationError):
    """The file that should hold a secret does not."""

    title = later("File")


def first_line(path: Path, what: str) -> Secret:
    """The first line of a file, or for ``-`` of standard input.

    :param what: what it should hold, for the sentence of an error.
    :raises SecretFileError: it cannot be read, or there is nothing in it.
    """
    from rmtui.pki.files import read_file
    from rmtui.pki.interface import StorageError

    try:
        if str(path) == "-":
            text = settings.standard_input().readline(LONGEST)
        else:
            text = read_file(path.expanduser(), follow=True)[:LONGEST].decode("utf-8")
    except StorageError as error:
        raise SecretFileError(tr("{error} It should hold {what}.", error=error.sentence, what=what)) from None
    except (UnicodeDecodeError, RuntimeError, ValueError):
        raise SecretFileError(tr("{path} should hold {what}, and holds no text.", path=plain(path), what=what)) from None
    line = text.split("\n")[0].rstrip("\r")
    if not line:
        raise SecretFileError(tr("{path} should hold {what}, and its first line is empty.", path=plain(path), what=what))
    return Secret(line)
