"""Columns that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from typing import Any

from peewee import DateTimeField, JSONField, TextField

from rmtui.db.errors import NotFound
from rmtui.i18n import tr

__all__ = ["ObjectField", "UTCDateTimeField", "VarCharField", "parse_pk", "parse_time"]


class VarCharField(TextField):
    """``character varying`` without a length, as the deployment declares its text."""

    field_type = "VARCHAR"


class UTCDateTimeField(DateTimeField):
    """An aware UTC datetime in Python; a time without zone, UTC by convention, in the database (an aware one of 2023 is read as well).

    A naive value is refused: nobody knows what it means.
    """

    def db_value(self, value: Any) -> Any:
        """UTC without zone; on SQLite as text that sorts, always with microseconds."""
        if not isinstance(value, dt.datetime):
            return value
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        naive = value.astimezone(dt.UTC).replace(tzinfo=None)
        return naive.isoformat(" ", "microseconds") if self._is_sqlite() else naive

    def python_value(self, value: Any) -> Any:
        """An aware UTC datetime, whatever the column's type or the server's zone; None for NULL."""
        return None if value is None else parse_time(value)

    def _is_sqlite(self) -> bool:
        from peewee import SqliteDatabase

        database = self.model._meta.database
        return isinstance(getattr(database, "obj", database), SqliteDatabase)


class ObjectField(JSONField):
    """A JSON object. SQL NULL and JSON ``null`` read as an empty one; anything but an object is refused when written."""

    def db_value(self, value: Any) -> Any:
        """The object as JSON; None is written as an empty object, which every reader of the deployment accepts."""
        if value is None:
            value = {}
        if isinstance(value, (list, tuple, str, int, float)):
            raise ValueError("extra and its like are JSON objects")
        return super().db_value(value)  # type: ignore[no-untyped-call]

    def python_value(self, value: Any) -> dict[str, Any]:
        """The object; empty for NULL, JSON ``null`` and whatever else is no object."""
        read = super().python_value(value)  # type: ignore[no-untyped-call]
        return read if isinstance(read, dict) else {}


def parse_time(value: dt.datetime | str) -> dt.datetime:
    """A time as a driver gives it, as an aware UTC datetime."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def parse_pk(value: uuid.UUID | str | bytes) -> uuid.UUID:
    """A primary key from a UUID, its text, or its 22 characters of url-safe base64.

    :raises NotFound: it is none of these, so there is no such record.
    """
    if isinstance(value, uuid.UUID):
        return value
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    try:
        if len(text) == 22:
            return uuid.UUID(bytes=base64.b64decode(text + "==", altchars=b"-_", validate=True))
        return uuid.UUID(text)
    except (ValueError, binascii.Error):
        raise NotFound(tr("That is no primary key.")) from None
