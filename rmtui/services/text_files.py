"""Lists that an operator brings in a file: callsigns, codes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.reasons import why
from rmtui.text import plain

__all__ = ["LARGEST", "FileRefused", "read_text", "too_large"]

LARGEST: Final = 2_000_000
"""Bytes that a list may have."""


class FileRefused(RmtuiError):
    """A list cannot be read."""

    title = later("File")


def too_large(name: str) -> FileRefused:
    """What to raise for a list of more than :data:`LARGEST`."""
    return FileRefused(tr("{name} is larger than 2 MB; nothing was changed. Take a part of it.", name=plain(name)))


def read_text(name: str, *, pipes: bool = False) -> str:
    """The text of a file.

    :param pipes: whether it may be one that somebody is still writing to, which is waited for.
    :raises FileRefused: it cannot be read, is too large, or is no UTF-8.
    """
    try:
        path = Path(name).expanduser()
        if not pipes and path.exists() and not path.is_file():
            raise FileRefused(tr("{name} is no plain file; nothing was changed.", name=plain(name)))
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(data) > LARGEST:
            raise too_large(name) from None
        raise FileRefused(tr("{name} is no text in UTF-8; nothing was changed.", name=plain(name))) from error
    except (OSError, RuntimeError, ValueError) as error:
        reason = why(error)
        raise FileRefused(tr("{name} cannot be read ({reason}); nothing was changed.", name=plain(name), reason=reason)) from error
    if len(data) > LARGEST:
        raise too_large(name)
    return text
