"""A connection for each operation, and its failures as sentences: the counterpart of the seed's connection for each request."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from peewee import IntegrityError, InterfaceError, OperationalError, PeeweeException
from playhouse.pool import MaxConnectionsExceeded

from rmtui.db.base import bind_config, db
from rmtui.db.config import DBConfig
from rmtui.db.connecting import no_connection
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import BackendError, DatabaseBusy, DatabaseUnreachable, DBError, DeploymentMissing, ReadOnlyError, SchemaMismatch
from rmtui.i18n import tr
from rmtui.text import plain

__all__ = ["DBConnectionMiddleware", "connected", "connection", "explain"]

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def connection() -> Iterator[Any]:
    """One connection for what is done inside; nested, or with ``use_connection_for_request`` off, the one that is open.

    :raises DBError: what the driver raised, told as a sentence.
    """
    bind_config()
    mine = False
    try:
        if DBConfig.singleton().use_connection_for_request and db.is_closed():
            db.connect()
            mine = True
        yield db
    except (PeeweeException, MaxConnectionsExceeded) as error:
        if isinstance(error, (OperationalError, InterfaceError)) and mine and not is_sqlite(db):
            db.manual_close()
        raise explain(error) from error
    finally:
        if mine and not db.is_closed():
            db.close()


def connected(function: Callable[P, T]) -> Callable[P, T]:
    """Run ``function`` inside :func:`connection`."""

    @functools.wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        with connection():
            return function(*args, **kwargs)

    return inner


class DBConnectionMiddleware:
    """Wraps any callable so that each call has a connection of its own, as the seed's middleware wraps an application."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app = app

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call what was wrapped, with a connection open."""
        with connection():
            return self.app(*args, **kwargs)


def _is_missing(path: str) -> bool:
    """Whether there is no such file, as opposed to one that may not be looked at."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _first_of(cause: BaseException) -> BaseException:
    """What really failed, where SQLite ended the transaction itself, as on a full disk, and the rollback after it failed too."""
    before = cause.__context__
    while before is not None and "no transaction is active" in str(cause):
        cause, before = before, before.__context__
    return cause


def explain(error: Exception) -> Exception:
    """A driver's error as one of ours, with a sentence that says what to do. SQL and parameters are left out."""
    cause = error.__cause__ or error.__context__ or error
    code = getattr(cause, "pgcode", None)
    text = str(_first_of(cause)).strip() or str(error).strip()
    line = plain(text.splitlines()[0] if text else type(error).__name__, 160)
    place = plain(DBConfig.singleton().place())
    if isinstance(error, IntegrityError):
        return DBError(tr("The database refused the change, and nothing was changed: {line}", line=line))
    if code in {"42P01", "42703", "3F000"} or "no such table" in text or "no such column" in text:
        return SchemaMismatch(
            tr("The database {place} is not a deployment of today, or was dropped meanwhile: {line}", place=place, line=line)
        )
    if code == "42501":
        return DBError(tr("The database role may not do this; nothing was changed. See the README for the grants: {line}", line=line))
    if code == "25006" or "readonly database" in text or "query_only" in text:
        return ReadOnlyError(tr("The database {place} takes no writes; nothing was changed.", place=place))
    if code in {"55P03", "57014", "40P01"} or "database is locked" in text or isinstance(error, MaxConnectionsExceeded):
        return DatabaseBusy(tr("The database {place} is busy; nothing was changed. Try again.", place=place))
    if "disk is full" in text or code == "53100":
        return BackendError(tr("The disk of the database is full; nothing was changed."))
    if "unable to open" in text and _is_missing(DBConfig.singleton().database):
        return DeploymentMissing(
            tr("The database file {place} cannot be opened: it is not there. rmtui init makes a new deployment.", place=place)
        )
    if "unable to open" in text:
        return DatabaseUnreachable(
            tr("The database file {place} cannot be opened: check that it is there and may be written.", place=place)
        )
    if "not a database" in text or "malformed" in text:
        return SchemaMismatch(tr("{place} is no SQLite database, or is damaged; it was left as it is.", place=place))
    if isinstance(error, (OperationalError, InterfaceError)):
        if code is None and not DBConfig.singleton().is_sqlite:
            return no_connection(text)
        return DatabaseUnreachable(tr("The database {place} cannot be reached: {line}", place=place, line=line))
    return BackendError(tr("The database failed: {line}", line=line))
