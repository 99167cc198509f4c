"""Passphrases and tokens that lie in files."""

from __future__ import annotations

import sys
from pathlib import Path

from rmtui.errors import ConfigurationError
from rmtui.settings import Secret
from rmtui.text import plain

__all__ = ["SecretFileError", "first_line"]

LONGEST = 16 * 1024
"""Characters of a line at most."""


class SecretFileError(ConfigurationError):
    """The file that should hold a secret does not."""

    title = "File"


def first_line(path: Path, what: str) -> Secret:
    """The first line of a file, or for ``-`` of standard input.

    :param what: what it should hold, for the sentence of an error.
    :raises SecretFileError: it cannot be read, or there is nothing in it.
    """
    from rmtui.pki.files import read_file
    from rmtui.pki.interface import StorageError

    try:
        text = sys.stdin.readline(LONGEST) if str(path) == "-" else read_file(path.expanduser(), follow=True)[:LONGEST].decode("utf-8")
    except StorageError as error:
        raise SecretFileError(f"{error.sentence} It should hold {what}.") from None
    except (UnicodeDecodeError, RuntimeError, ValueError):
        raise SecretFileError(f"{plain(path)} should hold {what}, and holds no text.") from None
    line = text.split("\n")[0].rstrip("\r")
    if not line:
        raise SecretFileError(f"{plain(path)} should hold {what}, and its first line is empty.")
    return Secret(line)
