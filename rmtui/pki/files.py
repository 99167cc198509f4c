"""Durable files: whole or not there, with exact modes, owned like the directory above, and on the disk when the call returns."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from rmtui.i18n import later, tr
from rmtui.pki.interface import AuthorityUnavailable, FileMissing, StorageError
from rmtui.reasons import why
from rmtui.text import plain

__all__ = [
    "PART_SUFFIX",
    "discard",
    "exchange_dirs",
    "fsync_dir",
    "lock",
    "make_dir",
    "new_dir",
    "new_file",
    "part_name",
    "read_file",
    "remove_tree",
    "rename_dir",
    "storage",
    "sweep",
    "write_file",
]

PART_SUFFIX: Final = ".part"
"""Ends the name of everything half-made; such names begin with a dot."""
MOST_READ: Final = 64 * 1024 * 1024
"""No file of keys, certificates or CRLs is longer, in bytes; a CRL of a million revocations is."""
LOCK_SECONDS: Final = 15.0
"""How long to wait for another process before giving up."""

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2

_WHY: Final = {
    errno.ENOSPC: (later("The disk is full"), later("Free some space and try again.")),
    errno.EDQUOT: (later("The disk quota is used up"), later("Free some space and try again.")),
    errno.EACCES: (later("Permission is denied"), later("Run rmtui as the user who owns the data directory.")),
    errno.EPERM: (later("Permission is denied"), later("Run rmtui as the user who owns the data directory.")),
    errno.EROFS: (later("The file system is read-only"), later("Mount it writable, or name another data directory.")),
    errno.ENOENT: (later("There is no such file or directory"), later("Check the data directory that is configured.")),
    errno.ENOTDIR: (later("A file stands where a directory should be"), later("Check the data directory that is configured.")),
    errno.EEXIST: (later("Something of that name is already there"), later("It was left as it is; move it away if it is not needed.")),
    errno.ENOTEMPTY: (later("Something of that name is already there"), later("It was left as it is; move it away if it is not needed.")),
    errno.ELOOP: (later("A symbolic link stands where a file should be"), later("It was not followed; check who put it there.")),
    errno.ENOSYS: (later("The file system cannot exchange directories"), later("Keep the data directory on a local file system of Linux.")),
    errno.EIO: (later("The disk does not answer as it should"), later("Check the disk, then try again.")),
}
_DONE: Final = (
    *(later("written"), later("read"), later("made"), later("locked")),
    *(later("changed"), later("exchanged"), later("removed"), later("taken back")),
)
"""What does not happen to a path, as a participle."""


@contextmanager
def storage(path: Path, done: str = "written") -> Iterator[None]:
    """Turn an ``OSError`` of the block into a sentence about ``path``.

    :param done: what did not happen to the path, one of :data:`_DONE`.
    :raises FileMissing: it is not there (reading only).
    :raises StorageError: any other refusal of the operating system.
    """
    try:
        yield
    except OSError as error:
        what, advice = _WHY.get(error.errno or 0, (tr("The system says “{why}”", why=why(error)), later("Check the disk, then try again.")))
        kind = FileMissing if error.errno == errno.ENOENT and done == "read" else StorageError
        raise kind(
            tr("{why}: {path} was not {done}. {advice}", why=tr(what), path=plain(path), done=tr(done), advice=tr(advice))
        ) from error


def part_name(path: Path) -> Path:
    """A fresh name beside ``path`` for its half-made self: dot, name, random, :data:`PART_SUFFIX`."""
    return path.with_name(f".{path.name[:200]}.{secrets.token_hex(6)}{PART_SUFFIX}")


def _own_like(fd: int, directory: Path) -> None:
    """Give the open file to the owner of ``directory``; only root can, and nobody else needs to."""
    if os.geteuid() == 0:
        above = directory.stat()
        os.fchown(fd, above.st_uid, above.st_gid)


def fsync_dir(path: Path) -> None:
    """Make the names in a directory durable.

    :raises StorageError: the disk refuses. File systems that cannot sync a directory do not.
    """
    with storage(path):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        finally:
            os.close(fd)


def make_dir(path: Path, mode: int) -> None:
    """Make a directory durable with exactly this mode, and those above it with 0755; one that is there is left as it is.

    :raises StorageError: it cannot be made, or a file is in its place.
    """
    with storage(path, "made"):
        if path.is_dir():
            return
    if path.parent != path:
        make_dir(path.parent, 0o755)
    try:
        new_dir(path, mode)
    except StorageError as error:
        if not (isinstance(error.__cause__, FileExistsError) and path.is_dir()):
            raise
    fsync_dir(path.parent)


def new_dir(path: Path, mode: int) -> None:
    """Make a directory that must not be there yet, with exactly this mode, owned like the one above. The caller syncs the parent.

    :raises StorageError: it cannot be made, or is there.
    """
    with storage(path, "made"):
        path.mkdir(0o700)
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _own_like(fd, path.parent)
            os.fchmod(fd, mode)
        finally:
            os.close(fd)


def new_file(path: Path, data: bytes, mode: int) -> None:
    """Write a file that must not be there yet, with exactly this mode, owned like its directory. Its content is durable; for its name,
    the caller syncs the directory.

    :raises StorageError: it cannot be written, or is there. Nothing half-written is left.
    """
    with storage(path):
        _new_file(path, data, mode)


def _new_file(path: Path, data: bytes, mode: int) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            _own_like(fd, path.parent)
            os.fchmod(fd, mode)
            os.fsync(fd)
        finally:
            os.close(fd)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def write_file(path: Path, data: bytes, mode: int, *, replace: bool = True) -> None:
    """Write a file whole and durable with exactly this mode, owned like its directory; on failure the old one is untouched.

    :param replace: whether a file that is there may be replaced.
    :raises StorageError: it cannot be written, or is there and must not be replaced. Nothing half-written is left.
    """
    part = part_name(path)
    with storage(path):
        _new_file(part, data, mode)
        try:
            if replace:
                part.replace(path)
            else:
                path.hardlink_to(part)
                part.unlink()
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    fsync_dir(path.parent)


def read_file(path: Path, *, own_directory: bool = False, follow: bool = False) -> bytes:
    """The content of a plain file; no device or pipe is waited for.

    :param own_directory: whether its directory must be no symbolic link.
    :param follow: whether the file itself may be one, as where secrets are mounted into a container.
    :raises FileMissing: it is not there.
    :raises StorageError: it cannot be read, is no plain file, or is longer than :data:`MOST_READ`.
    """
    with storage(path, "read"):
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if own_directory else 0))
        try:
            fd = os.open(path.name, os.O_RDONLY | (0 if follow else os.O_NOFOLLOW) | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        finally:
            os.close(directory)
        with os.fdopen(fd, "rb") as file:
            about = os.fstat(fd)
            if stat.S_ISREG(about.st_mode) and about.st_size <= MOST_READ:
                return file.read(MOST_READ)
    raise StorageError(tr("{path} was not read: it is no plain file, or far too long. Check who put it there.", path=plain(path)))


def rename_dir(source: Path, target: Path) -> None:
    """Put a finished directory in its place, durable. An empty directory there is replaced, anything else is not.

    :raises StorageError: it cannot be, or something is there.
    """
    with storage(target, "made"):
        source.rename(target)
    try:
        fsync_dir(target.parent)
    except BaseException:
        with storage(target, "taken back"):
            target.rename(source)
        raise


def exchange_dirs(one: Path, other: Path) -> None:
    """Let two directories of one file system change places, in one step to anybody who looks, durable.

    :raises StorageError: they cannot, such as on a file system without ``RENAME_EXCHANGE``; both are where they were.
    """
    with storage(one, "exchanged"):
        _exchange(one, other)
    try:
        fsync_dir(other.parent)
    except BaseException:
        with storage(one, "taken back"):
            _exchange(one, other)
        raise


def _exchange(one: Path, other: Path) -> None:
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        number = ctypes.get_errno()
        if number == errno.EINVAL:  # what file systems say that do not know the flag
            number = errno.ENOSYS
        raise OSError(number, os.strerror(number))


def remove_tree(path: Path) -> None:
    """Remove a directory and all that is in it, as one step to anybody who looks; one that is not there is gone already.

    :raises StorageError: it cannot be removed, or is no directory. What was half removed is named as a leftover.
    """
    with storage(path, "removed"):
        try:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                raise NotADirectoryError(errno.ENOTDIR, "not a directory")
        except FileNotFoundError:
            return
        part = path if path.name.endswith(PART_SUFFIX) else part_name(path)
        if part != path:
            path.rename(part)
        shutil.rmtree(part)
    fsync_dir(path.parent)


def discard(error: BaseException, *paths: Path) -> None:
    """Remove what a failure left half-made; what cannot be removed is noted on the error, and later found as a leftover."""
    for path in paths:
        try:
            _remove(path)
        except StorageError as left:
            error.add_note(left.sentence)


def sweep(path: Path) -> None:
    """Remove what killed writers of ``path`` left half-made beside it. The caller holds the lock that all writers of ``path`` take.

    :raises StorageError: it cannot be removed.
    """
    half_made = re.compile(rf"\.{re.escape(path.name[:200])}\.[0-9a-f]{{12}}{re.escape(PART_SUFFIX)}")
    with storage(path.parent, "read"):
        found = [each for each in path.parent.iterdir() if half_made.fullmatch(each.name)]
    for each in found:
        _remove(each)


def _remove(path: Path) -> None:
    with storage(path, "removed"):
        if path.is_file() or path.is_symlink():
            path.unlink()
        else:
            remove_tree(path)


@contextmanager
def lock(path: Path, timeout: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold a lock between processes and threads while the block runs. The file stays; a killed holder lets go.

    :param timeout: seconds to wait for another holder.
    :raises AuthorityUnavailable: somebody else held it all that time.
    :raises StorageError: the lock's file cannot be made.
    """
    with storage(path, "locked"):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with storage(path, "locked"):
            _own_like(fd, path.parent)
        until = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    raise AuthorityUnavailable(
                        tr(
                            "Another rmtui has held {path} for {timeout} seconds. Nothing was changed; try again when it is done.",
                            path=plain(path),
                            timeout=f"{timeout:.0f}",
                        )
                    ) from error
                time.sleep(0.02)
            except OSError as error:
                raise StorageError(
                    tr("{path} cannot be locked: {why}. Nothing was changed; check the file system.", path=plain(path), why=why(error))
                ) from error
        yield
    finally:
        os.close(fd)
