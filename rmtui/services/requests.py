"""A person's own certificate request, as the file that the operator names."""

from __future__ import annotations

import base64
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.reasons import why
from rmtui.text import plain

__all__ = ["MAX_REQUEST", "Request", "RequestFileError", "describe", "read_given_request", "read_plain_request", "read_request"]

MAX_REQUEST = 65_536
"""Bytes that a request may have."""


class RequestFileError(RmtuiError):
    """The file with the request cannot be used."""

    title = later("CSR file")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was read, so that what is signed is what was shown."""

    pem: str
    subject: str
    """RFC 4514."""
    key: str
    """``RSA 4096``, ``EC P-256``."""
    fingerprint: str
    """SHA-256 of the public key (SPKI), lower-case hexadecimal."""


def describe(path: str, callsign: str) -> Request:
    """What the file with somebody's request says.

    :raises RequestFileError: it cannot be read.
    :raises CSRError: it would be refused, and why.
    """
    from rmtui.pki.csr import check_csr

    details = check_csr(read_request(path), callsign)
    return Request(details.pem.decode(), details.subject, details.key, details.fingerprint)


def read_request(path: str) -> str:
    """The text of a file with a CSR.

    :raises RequestFileError: it cannot be read, is too large, or is no text.
    """
    try:
        with Path(path).expanduser().open("rb") as file:
            data = _read(file, path)
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreadable(path, error) from error
    return _text(data, path)


def read_given_request(given: TextIO) -> str:
    """As :func:`read_request`, for what is given on standard input.

    :raises RequestFileError: it is too large, or is no text.
    """
    try:
        text = given.read(MAX_REQUEST + 1)
    except UnicodeDecodeError as error:
        raise RequestFileError(tr("Standard input is no PEM file; nothing was made.")) from error
    return _text(_limited(text.encode("utf-8", "surrogateescape"), tr("Standard input")), tr("Standard input"))


def read_plain_request(path: Path) -> str:
    """As :func:`read_request`, for a file that nobody named by itself: it is a plain file and no link, and may be DER.

    :raises RequestFileError: it is not, or cannot be used.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise RequestFileError(tr("{path} is no plain file; nothing was made.", path=plain(path)))
            data = _read(file, path)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            raise RequestFileError(tr("{path} is a symbolic link, which is not followed; nothing was made.", path=plain(path))) from error
        raise _unreadable(path, error) from error
    if path.suffix.lower() != ".der" or data.startswith(b"-----BEGIN "):
        return _text(data, path)
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{base64.encodebytes(data).decode()}-----END CERTIFICATE REQUEST-----\n"


def _read(file: BinaryIO, path: str | Path) -> bytes:
    return _limited(file.read(MAX_REQUEST + 1), path)


def _limited(data: bytes, path: str | Path) -> bytes:
    if len(data) > MAX_REQUEST:
        raise RequestFileError(tr("{path} is larger than 64 KiB, which no CSR is; nothing was made.", path=plain(path)))
    return data


def _unreadable(path: str | Path, error: Exception) -> RequestFileError:
    reason = why(error)
    return RequestFileError(tr("{path} cannot be read ({reason}); nothing was made.", path=plain(path), reason=reason))


def _text(data: bytes, path: str | Path) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise RequestFileError(tr("{path} is no PEM file; nothing was made.", path=plain(path))) from error
