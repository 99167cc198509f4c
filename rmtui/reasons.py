"""Why the operating system refused something, or a file cannot be understood, in the operator's language."""

from __future__ import annotations

import re

from rmtui.i18n import later, tr

__all__ = ["why", "why_no_toml"]

_COMMON = (
    later("Operation not permitted"),
    later("No such file or directory"),
    later("Input/output error"),
    later("Permission denied"),
    later("Device or resource busy"),
    later("File exists"),
    later("Not a directory"),
    later("Is a directory"),
    later("Invalid argument"),
    later("Too many open files"),
    later("File too large"),
    later("No space left on device"),
    later("Read-only file system"),
    later("Broken pipe"),
    later("File name too long"),
    later("Too many levels of symbolic links"),
    later("Disk quota exceeded"),
    later("Connection refused"),
    later("Connection reset by peer"),
    later("Connection timed out"),
    later("Network is unreachable"),
    later("No route to host"),
)
"""What the system says most often (``strerror``), for the catalogues; the rest stays as the system says it."""

_PLACE = re.compile(r"line (\d+),? col(?:umn)? (\d+)")
"""How a parser of TOML says where it gave up."""


def why(error: BaseException) -> str:
    """What the system says about an error; what the error says itself, where it is none of the system's."""
    said: object = getattr(error, "strerror", None)
    return tr(said) if isinstance(said, str) and said else str(error)


def why_no_toml(error: Exception) -> str:
    """Why a file could not be read as TOML: where it cannot be understood, for whatever the parser says is in English."""
    if isinstance(error, OSError):
        return why(error)
    if isinstance(error, UnicodeDecodeError):
        return tr("it is no text in UTF-8")
    place = _PLACE.search(str(error))
    if place is None:
        return tr("it is no valid TOML at its end")
    return tr("it is no valid TOML at line {line}, column {column}", line=place.group(1), column=place.group(2))
