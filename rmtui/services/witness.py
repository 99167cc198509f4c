"""The second witness: the audit trail as a log file, one JSON line in ECS field names for each entry, for the site's collector.

A line is written after its entry is committed. Whoever writes first adds what is missing before its own, so that the lines come in
the order of the chain, and none is lost to a crash or a full disk: the next one brings it.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from pathlib import Path
from typing import Any

from rmtui import settings
from rmtui.auth.origin import Origin
from rmtui.db.base import db
from rmtui.db.own import Audit, Chain
from rmtui.db.trail import chain_name
from rmtui.errors import RmtuiError
from rmtui.text import plain

__all__ = ["ecs", "follow", "log_path", "seen", "trouble"]

logger = logging.getLogger("rmtui.audit")

TAIL = 64 * 1024
"""Bytes looked at from the end of the log for its last line; no line is as long."""
MOST = 1_000
"""Entries added at a time."""

_OUTCOMES = {"done": "success", "refused": "failure", "failed": "failure"}
_trouble = ""


def trouble() -> str:
    """Why the log is behind the trail, as a sentence; empty when it is not."""
    return _trouble


def log_path() -> Path:
    """Where this host logs the trail of the database that is open. Needs an open connection."""
    return settings.current().audit_log or settings.current().state_dir / f"audit-{chain_name().hex[:12]}.log"


def follow() -> None:
    """Bring the log up to the end of the trail. Needs an open connection, and no transaction.

    What keeps it from being written is told by :func:`trouble`: what was done is done.
    """
    global _trouble
    if db.in_transaction():
        raise RuntimeError("what is not committed is not logged")
    try:
        _follow(log_path())
    except OSError as error:
        path = error.filename or log_path()
        _trouble = (
            f"The audit log {plain(path)} was not written ({error.strerror}). The trail itself is whole; the log catches up when it can."
        )
        logger.warning("%s", _trouble)
    except RmtuiError as error:
        _trouble = f"The audit log was not written: {error.sentence}"
        logger.warning("%s", _trouble)
    else:
        _trouble = ""


def _follow(path: Path) -> None:
    chain = Chain.select().first()
    if chain is None:
        return
    if not path.parent.is_dir():
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "r+b", buffering=0) as file:
        fcntl.flock(fd, fcntl.LOCK_EX)
        name = chain.name.hex
        last = _last(file, name)
        after = chain.entries - 1 if last is None else last
        while True:
            rows = list(Audit.select().where(Audit.id > after).order_by(Audit.id).limit(MOST))
            if not rows:
                return
            data = b"".join(json.dumps(ecs(row, name)).encode() + b"\n" for row in rows)
            if not _ends_whole(file):
                data = b"\n" + data
            _write(fd, data)
            os.fsync(fd)
            after = rows[-1].id


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
    except (ValueError, KeyError, TypeError):
        pass
    return None


def seen() -> dict[int, str]:
    """The hash of every entry of this trail that the log knows, by number. Needs an open connection.

    :raises StorageError: the log is there and cannot be read.
    """
    from rmtui.pki.files import storage

    path, name = log_path(), chain_name().hex
    known: dict[int, str] = {}
    with storage(path, "read"):
        try:
            with path.open("rb") as file:
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
    address = Origin(row.os_user, row.host, row.origin).address
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
        "source.port": int(client[1]) if address and len(client) > 1 and client[1].isdecimal() and len(client[1]) < 6 else None,
        "host.hostname": row.host or None,
        "process.user.name": row.os_user or None,
        "service.name": "rmtui",
        "service.version": row.program or None,
        "rmtui.chain": chain,
        "rmtui.outcome": row.outcome,
        "rmtui.proof": row.proof,
        "rmtui.surface": row.surface,
        "rmtui.signed_by": row.signer,
        "rmtui.details": json.loads(row.details) if row.details else {},
    }
    return {name: value for name, value in line.items() if value not in (None, {})}
