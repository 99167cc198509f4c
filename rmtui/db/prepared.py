"""Statements that every approval runs: their SQL is made once for a database, which takes longer than running them does."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from peewee import Field, Model, Node

__all__ = ["Prepared", "Slot", "insert"]

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Stands among a statement's parameters for a value of later."""

    field: Any
    name: str

    def of(self, values: Mapping[str, Any]) -> Any:
        """The value as the database takes it."""
        return self.field.db_value(values[self.name])


class Slot(Node):
    """Where a query to be prepared takes a value; :class:`Prepared` gets the value by name."""

    def __init__(self, field: Field, name: str = "") -> None:
        """Of a column; the name is the column's, unless another is given."""
        self._mark = _Mark(field, name or field.name)

    def __sql__(self, ctx: Any) -> Any:
        return ctx.value(self._mark, converter=False)


class Prepared(Generic[M]):
    """A query with slots, run with other values each time."""

    def __init__(self, model: type[M], make: Callable[[], Any]) -> None:
        """Nothing is made yet.

        :param make: the query; called when it is first run, and anew for another database.
        """
        self._model, self._make = model, make
        self._made: tuple[Any, str, list[Any]] | None = None

    def all(self, **values: Any) -> list[M]:
        """The rows it finds. Needs an open connection."""
        sql, params = self._statement(values)
        return list(self._model.raw(sql, *params).iterator())

    def first(self, **values: Any) -> M | None:
        """The first row it finds. Needs an open connection."""
        return next(iter(self.all(**values)), None)

    def run(self, **values: Any) -> int:
        """Write; how many rows were. Needs an open connection."""
        number: int = self._model._meta.database.execute_sql(*self._statement(values)).rowcount
        return number

    def _statement(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        database = self._model._meta.database.obj
        made = self._made
        if made is None or made[0] is not database:
            self._made = made = (database, *self._make().sql())
        return made[1], [param.of(values) if isinstance(param, _Mark) else param for param in made[2]]


def insert(row: Model) -> None:
    """Write a row that must not be there yet, with every column. Needs an open connection."""
    _inserting(type(row)).run(**{name: getattr(row, name) for name in row._meta.fields})


@functools.cache
def _inserting(model: type[Model]) -> Prepared[Model]:
    return Prepared(model, lambda: model.insert({name: Slot(field) for name, field in model._meta.fields.items()}))
