"""One writer at a time for what must have one winner, on any schema."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rmtui.db.base import db
from rmtui.db.engine import is_sqlite

__all__ = ["ADMINS", "exclusive", "joined"]

ADMINS = "admins"
"""The lock that whoever gives or takes a role or revokes somebody holds, so that two admins cannot remove each other. Taken first."""


@contextmanager
def exclusive(*names: str) -> Iterator[None]:
    """A transaction that nobody else of ours holds under one of the same names.

    On PostgreSQL an advisory lock until the end of the transaction, in read committed mode, so that what is read after
    it is what the last holder committed; on SQLite the one write lock of the file. Names are locked in one order.
    """
    with db.atomic():
        if not is_sqlite(db):
            for key in sorted({_key(name) for name in names}):
                db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (key,))
        yield


def joined() -> AbstractContextManager[object]:
    """The transaction that is open, or one of its own. What fails in it fails all: nobody takes back a part."""
    transaction: AbstractContextManager[object] = nullcontext() if db.in_transaction() else db.atomic()
    return transaction


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"rmtui:{name}".encode()).digest()[:8], "big", signed=True)
