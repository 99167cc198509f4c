"""Who else can use the deployment's own files: CA keys, database, what everybody believes, and this host's client certificate."""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from rmtui import clock, settings
from rmtui.db.config import DBConfig
from rmtui.errors import RmtuiError
from rmtui.i18n import tr, trn
from rmtui.pki.files import read_file, storage
from rmtui.services.audit import Act
from rmtui.services.doctor.types import Finding
from rmtui.text import plain

__all__ = ["REPAIR", "checks", "close", "ours"]

REPAIR = "own-files"
USE, WRITE = 0o077, 0o022
"""What others may not: anything, or write."""
ENDS_SOON = dt.timedelta(days=14)


def own_files() -> Iterator[Finding]:
    """Whether CA keys and database are their owner's alone, and nobody else writes what everybody believes."""
    good = True
    for path, kept in _guarded():
        mode = _mode(path)
        if mode is None or not mode & kept:
            continue
        good = False
        said = {"path": plain(path), "mode": f"{mode:04o}"}
        if kept == USE:
            sentence = tr("{path} can be used by others than its owner (mode {mode}). Take that from them: chmod go=.", **said)
        else:
            sentence = tr("{path} can be changed by others than its owner (mode {mode}). Take that from them: chmod go-w.", **said)
        yield Finding("own-files", "error", plain(path), sentence, REPAIR)
    if good:
        yield Finding("own-files", "ok", "", tr("Keys and database are their owner's alone, and nobody else writes what is public."))


def client_certificate() -> Iterator[Finding]:
    """Whether this host's client certificate, where one is named, lives on, and its key is its owner's alone."""
    from cryptography import x509

    config = settings.current()
    place = config.mtls_client_cert
    if place is None:
        yield Finding("client-certificate", "ok", "", tr("No client certificate is named."))
        return
    key = config.mtls_client_key or place
    try:
        with storage(key, "read"):
            mode = stat.S_IMODE(key.stat().st_mode)
        until = x509.load_pem_x509_certificates(read_file(place, follow=True))[0].not_valid_after_utc
    except RmtuiError as error:
        yield Finding("client-certificate", "error", plain(place), error.sentence)
        return
    except ValueError:
        sentence = tr("{path} holds no certificate that can be read. Check RM_MTLS_CLIENT_CERT_PATH.", path=plain(place))
        yield Finding("client-certificate", "error", plain(place), sentence)
        return
    left, when = until - clock.utcnow(), clock.stamp(until)
    if left <= dt.timedelta():
        sentence = tr("The client certificate ran out on {when}, and lets us in nowhere. Put a new one in its place.", when=when)
        yield Finding("client-certificate", "error", plain(place), sentence)
    elif left < ENDS_SOON:
        sentence = tr("The client certificate runs out on {when}. Put a new one in its place before.", when=when)
        yield Finding("client-certificate", "warning", plain(place), sentence)
    if mode & USE:
        sentence = tr(
            "The key of the client certificate can be used by others than its owner (mode {mode}). Take that from them: chmod go=.",
            mode=f"{mode:04o}",
        )
        yield Finding("client-certificate", "error", plain(key), sentence)
    elif left >= ENDS_SOON:
        said = tr("The client certificate is good until {when}, and its key is its owner's alone.", when=when)
        yield Finding("client-certificate", "ok", "", said)


def close(_act: Act) -> list[str]:
    """Take from others what they may not do with what is ours, and give nobody anything.

    :raises StorageError: it cannot be taken from them somewhere; elsewhere it is.
    """
    config = settings.current()
    above = [(path, WRITE) for path in (config.local_data_dir, config.people_dir.parent, config.people_dir)]
    token = [(config.jwt_privkey_path, USE)] if ours(config.jwt_privkey_path) else []
    closed, failed = 0, None
    for path, kept in (*above, *token, *_guarded()):
        try:
            closed += _take(path, kept)
        except RmtuiError as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return [trn("{n} file or directory was closed to others.", "{n} files and directories were closed to others.", closed)]


def ours(path: Path) -> bool:
    """Whether something lies in the data directory, and is no link."""
    return ".." not in path.parts and path.is_relative_to(settings.current().local_data_dir) and _mode(path) is not None


def _guarded() -> Iterator[tuple[Path, int]]:
    """What there may be of ours, and what others may not do with it."""
    config, database = settings.current(), DBConfig.singleton()
    yield config.ca_dir, USE
    for path in _in(config.ca_dir):
        yield path, USE if path.suffix == ".key" else WRITE
    if database.is_sqlite:
        for end in ("", "-wal", "-shm", "-journal"):
            yield Path(database.database + end), USE
    yield config.public_dir, WRITE
    for path in _in(config.public_dir):
        yield path, WRITE


def _in(directory: Path) -> list[Path]:
    """What a directory holds; nothing of one that is not there, or a link."""
    if _mode(directory) is None:
        return []
    with storage(directory, "read"):
        return sorted(directory.iterdir())


def _mode(path: Path) -> int | None:
    """Of a file or directory; None of one that is not there, or a link, or in one."""
    try:
        with storage(path, "read"):
            place = _opened(path)
    except RmtuiError as error:
        if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
            return None
        raise
    try:
        return _mode_of(place)
    finally:
        os.close(place)


def _take(path: Path, kept: int) -> bool:
    """Take from others what they may not; whether they could."""
    mode = _mode(path)
    if mode is None or not mode & kept:
        return False
    with storage(path, "changed"):
        place = _opened(path)
        try:
            now = _mode_of(place)
            if now is not None:
                Path(f"/proc/self/fd/{place}").chmod(now & ~kept)
        finally:
            os.close(place)
    return True


def _opened(path: Path) -> int:
    """A handle that no link was followed for, but to the data directory, or where the database is elsewhere.

    It reads nothing, so that closing it does not end the locks that SQLite holds on the file.
    """
    data = settings.current().local_data_dir
    base = data if path.is_relative_to(data) else path.parent
    place = os.open(base, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    for name in path.relative_to(base).parts:
        try:
            below = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place)
        finally:
            os.close(place)
        place = below
    return place


def _mode_of(place: int) -> int | None:
    about = os.fstat(place)
    return stat.S_IMODE(about.st_mode) if stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode) else None


checks = (("own-files", own_files), ("client-certificate", client_certificate))
"""None needs a connection."""
