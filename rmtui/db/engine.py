"""The two database engines, set up so that they behave the same."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

from peewee import Database, OperationalError, SqliteDatabase
from playhouse.pool import PooledPostgresqlDatabase

from rmtui import settings
from rmtui.db.config import DBConfig

__all__ = ["create_sqlite_file", "is_sqlite", "make_database", "sqlite_file_exists"]

BUSY_SECONDS = 10
"""How long a writer waits for another before it gives up."""

logger = logging.getLogger("rmtui.db")


class _Retrying:
    """Tries a failed connection again, ``retry_limit`` times with ``retry_interval`` seconds between.

    Connections are made one at a time, and a host that is gone takes a while to be given up on: who has waited for a failure shares it.
    """

    retry_limit = 0
    retry_interval = 0
    _failed: tuple[float, str] = (-1.0, "")
    """When the last attempt failed, and why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._asked = threading.local()
        super().__init__(*args, **kwargs)

    def connect(self, reuse_if_open: bool = False) -> Any:
        """Take a connection of the pool, or make one."""
        self._asked.at = time.monotonic()
        return super().connect(reuse_if_open)  # type: ignore[misc]

    def _connect(self) -> Any:
        from psycopg2 import OperationalError  # Peewee wraps it further out

        when, why = self._failed
        if when > self._asked.at:
            raise OperationalError(why)
        for left in range(self.retry_limit, -1, -1):
            try:
                return super()._connect()  # type: ignore[misc]
            except OperationalError as error:
                if left == 0 or "FATAL" in str(error):  # the server answered: asking again changes nothing
                    self._failed = (time.monotonic(), str(error))
                    raise
                time.sleep(self.retry_interval)
        raise AssertionError("unreachable")


class Postgresql(_Retrying, PooledPostgresqlDatabase):  # type: ignore[misc]
    """Pooled connections, every one of them in UTC and read committed."""


class Sqlite(SqliteDatabase):
    """One file in WAL mode; every transaction is ``IMMEDIATE``, so that a read inside it is still true when it commits."""

    def connect(self, reuse_if_open: bool = False) -> bool:
        """As Peewee's, but waits for another process that turns WAL on in a new file: SQLite waits for everything else by itself."""
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return bool(super().connect(reuse_if_open))
            except OperationalError as error:
                if "locked" not in str(error) or time.monotonic() >= until:
                    raise
            time.sleep(0.01)


def _sqlite(config: DBConfig) -> Sqlite:
    pragmas: list[tuple[str, Any]] = [("foreign_keys", 1), ("synchronous", "full")]
    if settings.current().read_only:
        pragmas.append(("query_only", 1))
    else:
        pragmas.insert(0, ("journal_mode", "wal"))
    path = Path(config.database)
    mode = "ro" if os.access(path, os.F_OK) and not os.access(path, os.W_OK) else "rw"  # never "rwc": only init_db makes a file
    uri = f"{path.as_uri()}?mode={mode}"
    return Sqlite(uri, uri=True, pragmas=pragmas, timeout=BUSY_SECONDS, lock_type="IMMEDIATE", autoconnect=False)


def make_database(config: DBConfig) -> Database:
    """A database that is not connected yet.

    :raises ConfigurationError: the DSN cannot be parsed.
    """
    if config.echo:
        _echo()
    if config.is_sqlite:
        return _sqlite(config)
    params = config.connect_params()
    database = Postgresql(
        params.pop("dbname"),
        max_connections=max(config.pool_max_size, 1),
        stale_timeout=300,
        timeout=BUSY_SECONDS,
        autoconnect=False,
        **params,
    )
    database.retry_limit = config.retry_limit
    database.retry_interval = config.retry_interval
    return database


def create_sqlite_file(path: Path) -> None:
    """Make an empty database file that only its owner can read (0600), unless it is there.

    :raises StorageError: it cannot be made.
    """
    from rmtui.pki import files

    files.make_dir(path.parent, 0o755)
    with files.storage(path, "made"):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return


def sqlite_file_exists(path: Path) -> bool:
    """Whether a database file is there.

    :raises StorageError: its directory cannot be looked into.
    """
    try:
        return path.exists()
    except OSError:
        from rmtui.pki.files import storage

        with storage(path, "read"):
            raise


def is_sqlite(database: Any) -> bool:
    """Whether a database, or the proxy of one, is SQLite."""
    return isinstance(getattr(database, "obj", database), SqliteDatabase)


class _StatementOnly(logging.Filter):
    """Keeps a statement's parameters, which hold codes and claims, out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, tuple):
            record.msg, record.args = record.msg[0], None
        return True


def _echo() -> None:
    peewee_log = logging.getLogger("peewee")
    if not any(isinstance(handler, logging.StreamHandler) for handler in peewee_log.handlers):
        handler = logging.StreamHandler()
        handler.addFilter(_StatementOnly())
        peewee_log.addHandler(handler)
        peewee_log.setLevel(logging.DEBUG)
        peewee_log.propagate = False
