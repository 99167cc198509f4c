"""A person's own certificate request, as the file that the operator names."""

from __future__ import annotations

from pathlib import Path

from rmtui.errors import RmtuiError
from rmtui.text import plain

__all__ = ["MAX_REQUEST", "RequestFileError", "read_request"]

MAX_REQUEST = 65_536
"""Bytes that a request may have."""


class RequestFileError(RmtuiError):
    """The file with the request cannot be used."""

    title = "CSR file"


def read_request(path: str) -> str:
    """The text of a file with a CSR.

    :raises RequestFileError: it cannot be read, is too large, or is no text.
    """
    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(MAX_REQUEST + 1)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RequestFileError(f"{plain(path)} cannot be read ({plain(reason)}); nothing was made.") from error
    if len(data) > MAX_REQUEST:
        raise RequestFileError(f"{plain(path)} is larger than 64 KiB, which no CSR is; nothing was made.")
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise RequestFileError(f"{plain(path)} is no PEM file; nothing was made.") from error
