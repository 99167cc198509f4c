"""The database, and what every model has in common."""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from typing import Any, ClassVar, Self

from peewee import Database, DatabaseProxy, Model, ModelUpdate, UUIDField

from rmtui import clock
from rmtui.db.config import SCHEMA, DBConfig
from rmtui.db.engine import make_database
from rmtui.db.errors import Deleted, ForbiddenOperation, NotFound
from rmtui.db.fields import UTCDateTimeField, parse_pk
from rmtui.db.prepared import Prepared, Slot
from rmtui.i18n import tr

__all__ = ["BaseModel", "DBModel", "KeptModel", "bind_config", "db", "init_db", "utcnow"]

db = DatabaseProxy()
"""The database, once :func:`bind_config` was called. Open a connection around what you do: ``with db.connection_context():``."""

_bound: DBConfig | None = None


def utcnow() -> dt.datetime:
    """The present time, aware, in UTC; through :mod:`rmtui.clock`, so that a test can pin it."""
    return clock.utcnow()


def bind_config() -> Any:
    """Bind :data:`db` to what :meth:`DBConfig.singleton` says and return it. It does not connect.

    :raises ConfigurationError: the configuration cannot be used.
    """
    global _bound
    config = DBConfig.singleton()
    if _bound is not config:
        from rmtui.db.own import place_own_tables

        database: Database = make_database(config)
        db.initialize(database)
        place_own_tables(database)
        _bound = config
    return db


def init_db() -> None:
    """Create schemas and tables in an empty database, and bring our own tables up to date. Nothing of others is altered.

    :raises SchemaMismatch: the tables that are there are not of today; nothing was touched.
    """
    from rmtui.db.schema import create_all

    create_all()


class DBModel(Model):
    """A table of the deployment."""

    __tablename__: ClassVar[str]
    """Name of the table."""
    __table_args__: ClassVar[dict[str, str]] = {"schema": SCHEMA}
    """The schema on PostgreSQL, reached through ``search_path``; SQLite has none."""
    noun: ClassVar[str]
    """What one row is called in a sentence."""

    class Config:
        """Basemodel config."""

        extra: ClassVar[str] = "forbid"
        """Whether a model takes names it has no column for; ``forbid`` is a TypeError."""

    class Meta:
        database = db
        legacy_table_names = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.Config.extra == "forbid":
            unknown = [name for name in kwargs if not name.startswith("__") and name not in self._meta.combined]
            if unknown:
                raise TypeError(f"{type(self).__name__} has no column {unknown[0]!r}")
        super().__init__(*args, **kwargs)

    @classmethod
    def truncate_table(cls, **_options: Any) -> Any:
        """Refused: the rows are the deployment's."""
        raise _kept(cls)

    @classmethod
    def drop_table(cls, *_args: Any, **_kwargs: Any) -> Any:
        """Refused: the tables are the deployment's."""
        raise _kept(cls)


class BaseModel(DBModel):
    """A table whose rows have a UUID, know their times, and are marked rather than deleted."""

    pk = UUIDField(primary_key=True, default=uuid.uuid4)
    """Primary key."""
    created = UTCDateTimeField(default=utcnow)
    """When the row was made."""
    updated = UTCDateTimeField(default=utcnow)
    """When the row was last changed."""
    deleted = UTCDateTimeField(null=True)
    """When the row was marked as deleted; None while it counts."""

    @classmethod
    def by_pk(cls, pk: uuid.UUID | str | bytes, allow_deleted: bool = False) -> Self:
        """Get by primary key: a UUID, its text, or its 22 characters of url-safe base64.

        :raises NotFound: there is none.
        :raises Deleted: it is marked as deleted, and that is not allowed.
        """
        found: Self | None = _by_pk(cls).first(pk=parse_pk(pk))
        if found is None:
            raise NotFound(tr("There is no such {noun}.", noun=tr(cls.noun)))
        return found._unless_deleted(allow_deleted)

    def _unless_deleted(self, allow_deleted: bool) -> Self:
        if self.deleted is not None and not allow_deleted:
            raise Deleted(tr("The {noun} was revoked or deleted on {when}.", noun=tr(self.noun), when=clock.stamp(self.deleted)))
        return self

    def reread(self) -> Self:
        """The row as it is now, deleted or not."""
        return type(self).by_pk(self.pk, allow_deleted=True)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Write the row, and that it was changed."""
        self.updated = clock.utcnow()
        only = kwargs.get("only")
        if only is not None:
            kwargs["only"] = [*only, type(self).updated]
        return super().save(*args, **kwargs)

    def delete(self) -> None:  # type: ignore[override]
        """Mark the row as deleted; it is kept."""
        self.deleted = clock.utcnow()
        self.save(only=[type(self).deleted])

    def delete_instance(self, *_args: Any, **_kwargs: Any) -> int:
        """Refused: rows are marked, not removed."""
        raise _kept(type(self))

    @classmethod
    def delete_by_id(cls, _pk: Any) -> Any:
        """Refused: rows are marked, not removed."""
        raise _kept(cls)


@functools.cache
def _by_pk(model: type[Any]) -> Prepared[Any]:
    return Prepared(model, lambda: model.select().where(model.pk == Slot(model.pk)))


class KeptModel(BaseModel):
    """A table whose rows cannot even be marked as deleted, one by one or in bulk."""

    def delete(self) -> None:  # type: ignore[override]
        """Refused."""
        raise _kept(type(self))

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Write the row, but never that it is deleted."""
        if self.deleted is not None:
            raise _kept(type(self))
        return super().save(*args, **kwargs)

    @classmethod
    def update(cls, __data: Any = None, **update: Any) -> ModelUpdate:
        """As Peewee's, but never to mark rows as deleted."""
        named = [*(__data or {}), *update]
        if any(getattr(name, "name", name) == "deleted" for name in named):
            raise _kept(cls)
        return super().update(__data, **update)

    @classmethod
    def replace(cls, *_args: Any, **_kwargs: Any) -> Any:
        """Refused: what is replaced is deleted first."""
        raise _kept(cls)

    @classmethod
    def replace_many(cls, *_args: Any, **_kwargs: Any) -> Any:
        """Refused: what is replaced is deleted first."""
        raise _kept(cls)


def _kept(model: type[DBModel]) -> ForbiddenOperation:
    return ForbiddenOperation(tr("Rows of {table} are kept; nothing was deleted.", table=model.__tablename__))
