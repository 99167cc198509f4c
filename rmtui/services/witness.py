"""The second witness: the audit trail as a log file, one JSON line in ECS field names for each entry, for the site's collector.

A line is written after its entry is committed. Whoever writes first adds what is missing before its own, so that the lines come in
the order of the chain, and none is lost to a crash or a full disk: the next one brings it. A log that was rotated away is gone on
with where it ended, as a file in the state directory tells. A trail that is not the known one has no log here that could be compared.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import stat
import time
from pathlib import Path
from typing import Any

from peewee import PeeweeException

from rmtui import settings
from rmtui.auth.operator import deployment_mark
from rmtui.auth.origin import Origin
from rmtui.db.base import db
from rmtui.db.middleware import explain
from rmtui.db.own import Audit, Chain
from rmtui.db.prepared import Prepared, Slot
from rmtui.db.trail import UndecodableText, chain_row, details_of
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.reasons import why
from rmtui.services import known_trail
from rmtui.services.known_trail import UNREADABLE
from rmtui.text import plain

__all__ = ["ecs", "follow", "log_path", "seen", "trouble"]

logger = logging.getLogger("rmtui.audit")

TAIL = 64 * 1024
"""Bytes looked at from the end of the log for its last line; no line is as long."""
MOST = 1_000
"""Entries added at a time."""
WAIT = 2.0
"""Seconds that another's hold on the log is waited for."""

_OUTCOMES = {"done": "success", "refused": "failure", "failed": "failure"}
_after = Prepared(Audit, lambda: Audit.select().where(Audit.id > Slot(Audit.id)).order_by(Audit.id).limit(MOST))
_trouble = ""


def trouble() -> str:
    """Why the log is behind the trail, as a sentence; empty when it is not."""
    return _trouble


def log_path() -> Path:
    """Where this host logs the trail of the database that is open. Needs an open connection.

    A trail whose record of its end is gone has lost its name, and with it the log of the default.
    """
    return _path(chain_row())


def _path(chain: Chain | None) -> Path:
    named = settings.current().audit_log
    if named is not None:
        return named
    return settings.current().state_dir / f"audit-{chain.name.hex[:12] if chain is not None else 'unknown'}-{deployment_mark()}.log"


def follow() -> None:
    """Bring the log up to the end of the trail. Needs an open connection, and no transaction.

    Whatever keeps it from being written is told by :func:`trouble`: what was done is done.
    """
    global _trouble
    if db.in_transaction():
        raise RuntimeError("what is not committed is not logged")
    path: Path | None = None
    try:
        chain = chain_row()
        path = _path(chain)
        before = known_trail.known()
        other = known_trail.another(chain, before)
        if not other and before is None:
            known_trail.remember()
        _trouble = tr("The audit log was not written: {error}", error=other) if other else _follow(path)
    except OSError as error:
        it_is = {"name": plain(error.filename or path), "why": why(error)}
        _trouble = tr("The audit log {name} was not written ({why}). The trail itself is whole; the log catches up when it can.", **it_is)
    except PeeweeException as error:
        told = explain(error)
        text = later("The audit log was not written, as the database was lost after it took the entry; the log catches up. {why}")
        _trouble = tr(text, why=told.sentence if isinstance(told, RmtuiError) else plain(told))
    except RmtuiError as error:
        _trouble = tr("The audit log was not written: {error}", error=error.sentence)
    except (*UNREADABLE, UndecodableText):
        _trouble = tr("The audit log was not written: the trail has an entry that cannot be read. Run rmtui audit verify.")
    if _trouble:
        logger.warning("%s", _trouble)


def _follow(path: Path) -> str:
    """Write what is missing; what is wrong with the log all the same, as a sentence."""
    if not path.parent.is_dir():
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
    fd = _open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW)
    with os.fdopen(fd, "r+b", buffering=0) as file:
        _hold(fd, path)
        chain = chain_row()  # not before it is known that nobody else writes
        if chain is None:
            return tr("The audit log was not written: the record of the trail's end is gone. Run rmtui audit verify.")
        name = chain.name.hex
        mark = settings.current().state_dir / f"logged-{name[:12]}-{deployment_mark()}"
        last = _last(file, name)
        after = _marked(mark) if last is None else last
        if after > chain.entries:
            return tr("The audit log {path} knows of entries that the trail has not. Run rmtui audit verify.", path=plain(path))
        while True:
            rows = _after.all(id=after)
            if not rows:
                return ""
            data = b"".join(json.dumps(ecs(row, name)).encode() + b"\n" for row in rows)
            if not _ends_whole(file):
                data = b"\n" + data
            _write(fd, data)
            os.fsync(fd)
            after = rows[-1].id
            _set_mark(mark, after)
            if len(rows) < MOST:
                return ""


def _open(path: Path, flags: int) -> int:
    """Open a plain file; no pipe, device or lease is waited for."""
    fd = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o600)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is no plain file", str(path))
    return fd


def _hold(fd: int, path: Path) -> None:
    """Lock the log; whoever may read it can hold it for as long as they like, and nobody waits for that."""
    until = time.monotonic() + WAIT
    while True:
        try:
            return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise OSError(errno.EWOULDBLOCK, "another process holds it", str(path)) from None
        time.sleep(0.005)


def _marked(mark: Path) -> int:
    """How far this host had logged a trail that its log has nothing of any more; 0, for all of it, where nobody knows."""
    try:
        text = mark.read_text("ascii").strip()
    except (OSError, ValueError):
        return 0
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _set_mark(mark: Path, number: int) -> None:
    try:
        mark.parent.mkdir(0o700, parents=True, exist_ok=True)
        fd = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(f"{number}\n")
    except OSError as error:  # a log that begins anew then holds the whole trail
        logger.warning("%s was not written: %s", plain(mark), error.strerror)


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _ends_whole(file: Any) -> bool:
    """Whether the last line is whole; a crash may have cut it."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return True
    file.seek(size - 1)
    return bool(file.read(1) == b"\n")


def _last(file: Any, name: str) -> int | None:
    """The last entry of this trail that the log has; None when it has none."""
    end = file.seek(0, os.SEEK_END)
    rest = b""
    while end > 0:
        start = max(end - TAIL, 0)
        file.seek(start)
        lines = (file.read(end - start) + rest).split(b"\n")
        rest = lines[0] if start else b""
        for line in reversed(lines[1:] if start else lines):
            found = _parse(line, name)
            if found is not None:
                return found[0]
        end = start
    return None


def _parse(line: bytes, name: str) -> tuple[int, str] | None:
    """Number and hash of the entry in a line; None for a line of another trail, or one that was cut."""
    try:
        data = json.loads(line)
        if data["rmtui.chain"] == name and type(data["event.sequence"]) is int:
            return data["event.sequence"], str(data["event.hash"])
    except (*UNREADABLE, KeyError):
        pass
    return None


def seen() -> dict[int, str]:
    """The hash of every entry of this trail that the log knows, by number. Needs an open connection.

    :raises StorageError: the log is there and cannot be read.
    """
    from rmtui.pki.files import storage

    known: dict[int, str] = {}
    chain = chain_row()
    if chain is None:
        return known
    path, name = log_path(), chain.name.hex
    with storage(path, "read"):
        try:
            with os.fdopen(_open(path, os.O_RDONLY), "rb") as file:
                for line in file:
                    found = _parse(line, name)
                    if found is not None:
                        known.setdefault(*found)
        except FileNotFoundError:
            pass
    return known


def ecs(row: Audit, chain: str) -> dict[str, Any]:
    """An entry in the names of the Elastic Common Schema, with what it has no name for under ``rmtui``."""
    client = row.origin.split(" ")
    address = Origin(row.os_user, row.host, row.os_user, row.origin).address
    line: dict[str, Any] = {
        "@timestamp": row.at.isoformat().replace("+00:00", "Z"),
        "ecs.version": "8.17.0",
        "event.kind": "event",
        "event.category": ["authentication"] if row.action in {"sign-in", "sign-out"} else ["iam"],
        "event.action": row.action,
        "event.outcome": _OUTCOMES.get(row.outcome, "unknown"),
        "event.sequence": row.id,
        "event.hash": row.hash,
        "event.reason": row.reason or None,
        "user.id": str(row.operator_pk) if row.operator_pk else None,
        "user.name": row.operator or None,
        "destination.user.id": str(row.target_pk) if row.target_pk else None,
        "destination.user.name": row.target or None,
        "source.ip": address or None,
        "source.port": int(client[1])
        if address and len(client) > 1 and client[1].isascii() and client[1].isdecimal() and len(client[1]) < 6
        else None,
        "host.hostname": row.host or None,
        "process.user.name": row.os_user or None,
        "service.name": "rmtui",
        "service.version": row.program or None,
        "rmtui.chain": chain,
        "rmtui.outcome": row.outcome,
        "rmtui.proof": row.proof,
        "rmtui.surface": row.surface,
        "rmtui.signed_by": row.signer,
        "rmtui.details": details_of(row.details),
    }
    return {name: value for name, value in line.items() if value not in (None, {})}
