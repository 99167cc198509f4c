"""Rows as the deployment's web API writes them, and a look at what is really stored."""

from __future__ import annotations

import uuid
from typing import Any

from rmtui import settings
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.enrollments import Enrollment
from rmtui.db.people import Person

STAMP = "2024-05-06 07:08:09.000010"


def sql(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    """Run a statement with ``%s`` marks on either engine, past the models."""
    if is_sqlite(db):
        statement = statement.replace("%s", "?")
        params = tuple(str(value) if isinstance(value, uuid.UUID) else value for value in params)
    else:
        params = tuple(str(value) if isinstance(value, uuid.UUID) else value for value in params)
    cursor = db.execute_sql(statement, params)
    return cursor.fetchall() if cursor.description else []


def stored_pk(pk: uuid.UUID) -> str:
    """How a primary key stands in the table."""
    return pk.hex if is_sqlite(db) else str(pk)


def person(callsign: str, **fields: Any) -> Person:
    """A person without files."""
    pk = uuid.uuid4()
    path = settings.current().data_dir / "private" / "people" / str(pk)
    return Person.create(pk=pk, callsign=callsign, certspath=str(path), **fields)


def foreign_enrollment(callsign: str, code: str | None = None, **fields: Any) -> Enrollment:
    """An enrolment as the web API makes it: no rule of ours was asked."""
    return Enrollment.create(callsign=callsign, approvecode=code or uuid.uuid4().hex[:8].upper(), **fields)


def people_files() -> list[str]:
    """What lies in the people's directory."""
    directory = settings.current().people_dir
    return sorted(path.name for path in directory.iterdir()) if directory.is_dir() else []
