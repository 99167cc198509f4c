"""Files that are handed out: only who owns the directory can read them, none is silently overwritten, and none goes out untold."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from rmtui.db.base import db
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.reasons import why
from rmtui.services.audit import Act
from rmtui.text import plain

__all__ = ["ExportRefused", "InTheWay", "place", "write"]


class ExportRefused(RmtuiError):
    """The file cannot be written where it was asked for."""

    title = later("Not exported")


class InTheWay(ExportRefused):
    """A file is there already, and was not to be replaced."""


def place(path: str, force: bool) -> Path:
    """Where a file is to be written.

    :param force: whether a file that is there may be replaced.
    :raises InTheWay: a file is there already.
    :raises ExportRefused: it cannot be there.
    """
    try:
        target = Path(path).expanduser().absolute()
        os.fsencode(target)
    except (RuntimeError, ValueError) as error:
        raise ExportRefused(tr("“{path}” is no path; nothing was written.", path=plain(path, 80))) from error
    if not path or "\0" in path:
        raise ExportRefused(tr("“{path}” is no path; nothing was written.", path=plain(path, 80)))
    _check(target, force)
    return target


def _check(target: Path, force: bool) -> None:
    try:
        about = os.lstat(target)
    except FileNotFoundError:
        if not target.parent.is_dir():
            raise ExportRefused(tr("There is no directory {directory}; nothing was written.", directory=plain(target.parent))) from None
        return
    except OSError as error:
        raise ExportRefused(
            tr("{target} cannot be looked at ({why}); nothing was written.", target=plain(target), why=why(error))
        ) from error
    if not stat.S_ISREG(about.st_mode):
        if stat.S_ISDIR(about.st_mode):
            raise ExportRefused(tr("{target} is a directory; nothing was written. Name another path.", target=plain(target)))
        if stat.S_ISLNK(about.st_mode):
            raise ExportRefused(tr("{target} is a symbolic link; nothing was written. Name another path.", target=plain(target)))
        raise ExportRefused(tr("{target} is no plain file; nothing was written. Name another path.", target=plain(target)))
    if not force:
        raise InTheWay(tr("{target} is there already and was left as it is. Name another path.", target=plain(target)))


def write(act: Act, target: Path, data: bytes, *, force: bool, **details: Any) -> None:
    """Write a file to a :func:`place` and record the action, both or neither; one that was to be replaced is back when it is neither.

    :param details: what the entry says besides where the file went.
    :raises ExportRefused: something is there by now, or it cannot be written.
    """
    written, aside = False, None
    try:
        with db.atomic():
            replaces = os.path.lexists(target)
            act.done(path=plain(target), replaced=replaces, **details)
            if force and replaces:
                aside = _set_aside(target)
            _create(target, data)
            written = True
    except BaseException:
        if written:
            target.unlink(missing_ok=True)
        if aside is not None:
            aside.rename(target)
        raise
    if aside is not None:
        with suppress(OSError):
            aside.unlink()


def _set_aside(target: Path) -> Path:
    """Where the file that is there is kept until the new one is written and recorded."""
    from rmtui.pki import files

    aside = files.part_name(target)
    try:
        target.rename(aside)
    except OSError as error:
        raise ExportRefused(
            tr("{target} cannot be replaced ({why}); it was left as it is.", target=plain(target), why=why(error))
        ) from error
    return aside


def _create(target: Path, data: bytes) -> None:
    """Write a file that must not be there yet; no hard link is needed, so that a memory stick will do."""
    from rmtui.pki import files

    try:
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise InTheWay(tr("{target} is there by now and was left as it is. Name another path.", target=plain(target))) from None
    except OSError as error:
        raise ExportRefused(tr("{target} cannot be written ({why}); nothing was written.", target=plain(target), why=why(error))) from error
    try:
        with os.fdopen(fd, "wb") as file:
            if os.geteuid() == 0:  # owned like the directory it goes to
                above = target.parent.stat()
                os.fchown(fd, above.st_uid, above.st_gid)
            file.write(data)
            file.flush()
            os.fsync(fd)
        files.fsync_dir(target.parent)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ExportRefused(
                tr("{target} cannot be written ({why}); nothing was left there.", target=plain(target), why=why(error))
            ) from error
        raise
