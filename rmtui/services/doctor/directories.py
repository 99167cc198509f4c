"""One look at a person's directory: what is in it, and whether anybody else can use it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from rmtui.i18n import tr
from rmtui.text import plain

__all__ = ["Look", "look"]

DIRECTORY_MODE = 0o700
MOST_READ = 1 << 20
"""No key, and no certificate with its chain, is longer, in bytes."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen."""

    certificate: bytes
    """PEM of the certificate and its chain."""
    key: bytes | None
    """PEM; None where the person keeps it."""
    pfx: bytes | None
    """None until the first download, where the web API made the person."""
    public: bool
    """Whether there is a public key by itself, which is so where the key was made here."""
    wrong: tuple[tuple[str, int], ...]
    """Names, and "" for the directory, whose mode or owner is not what it should be, with the mode that should be."""

    def __repr__(self) -> str:
        return f"Look(wrong={self.wrong!r})"


def look(directory: Path) -> Look:
    """Look at a directory once; no link is followed and no pipe waited for.

    :raises FileMissing: it is not there, or holds no certificate.
    :raises StorageError: it cannot be looked into, or it or a file of it is a symbolic link or of another kind.
    """
    from rmtui.pki.files import storage
    from rmtui.pki.identity import MODES
    from rmtui.pki.interface import FileMissing, StorageError

    read: dict[str, bytes] = {}
    there: set[str] = set()
    wrong: list[tuple[str, int]] = []
    with storage(directory, "read"):
        place = os.open(directory, _DIRECTORY)
        try:
            about = os.fstat(place)
            if stat.S_IMODE(about.st_mode) != DIRECTORY_MODE or about.st_uid != os.stat("..", dir_fd=place).st_uid:
                wrong.append(("", DIRECTORY_MODE))
            for name, mode in MODES.items():
                try:
                    file = os.stat(name, dir_fd=place, follow_symlinks=False)
                except FileNotFoundError:
                    continue
                there.add(name)
                if not stat.S_ISREG(file.st_mode) or file.st_size > MOST_READ:
                    raise StorageError(
                        tr(
                            "{path} is no plain file, or far too long; it was not read. Check who put it there.",
                            path=plain(directory / name),
                        )
                    )
                if stat.S_IMODE(file.st_mode) != mode or file.st_uid != about.st_uid:
                    wrong.append((name, mode))
                if name in {"mtls.pem", "mtls.key", "mtls.pfx"}:
                    read[name] = _read(name, place)
        finally:
            os.close(place)
    if "mtls.pem" not in read:
        raise FileMissing(tr("There is no certificate in {directory}.", directory=plain(directory)))
    return Look(read["mtls.pem"], read.get("mtls.key"), read.get("mtls.pfx"), "mtls.pub" in there, tuple(wrong))


def _read(name: str, place: int) -> bytes:
    with os.fdopen(os.open(name, _FILE, dir_fd=place), "rb") as file:
        return file.read(MOST_READ)
