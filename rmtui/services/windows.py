"""Windows on long lists: pages by place in the order, never by offset, so that the millionth row costs what the first does."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from peewee import SQL, Field, Node, Value, fn

from rmtui.db.base import db
from rmtui.services.types import Count, Cursor, Page
from rmtui.text import storable

__all__ = ["Order", "Sort", "among", "count", "equals", "holds", "lowered", "moment", "names", "page", "to_uuid"]

Row = TypeVar("Row")

FEW = 400
"""Keys named in one query; SQLite may take no more than 999."""
NOTHING = SQL("1 = 0")
"""A condition that no row meets."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Sort:
    """One thing a list is sorted by."""

    expression: Any
    bind: Callable[[Any], Any] = _same
    """Turns a cursor's value into what the expression is compared with."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by; the primary key breaks ties."""

    sorts: tuple[Sort, ...]
    pk: Field
    descending: bool = False

    def by(self, backwards: bool) -> list[Node]:
        """Terms of the ORDER BY."""
        down = self.descending != backwards
        return [term.desc() if down else term.asc() for term in (*(sort.expression for sort in self.sorts), self.pk)]

    def beyond(self, place: Cursor, backwards: bool, inclusive: bool) -> Any:
        """Rows past a place in the order, as a condition."""
        values = place.value if isinstance(place.value, tuple) else (place.value,)
        terms = [(sort.expression, sort.bind(value)) for sort, value in zip(self.sorts, values, strict=True)]
        terms.append((self.pk, place.pk))
        down = self.descending != backwards
        condition: Any = None
        for expression, value in reversed(terms):
            past = expression < value if down else expression > value
            if condition is None:
                condition = past | (expression == value) if inclusive else past
            else:
                condition = past | ((expression == value) & condition)
        return condition


def page(
    select: Any,
    order: Order,
    fetch: Callable[[Any], Sequence[Row]],
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    at: Cursor | None = None,
    last: bool = False,
    limit: int = 200,
) -> Page[Row]:
    """A stretch of a list.

    :param select: the rows of the list, unsorted.
    :param fetch: reads the sorted and limited query into rows.
    :param after: begin after this place; ``before``: end before it; ``at``: begin at it, itself included.
    :param last: the end of the list.
    :param limit: at most this many rows.
    """
    backwards = last or before is not None
    place = before or after or at
    query = select
    if place is not None:
        query = query.where(order.beyond(place, backwards, inclusive=at is not None))
    rows = tuple(fetch(query.order_by(*order.by(backwards)).limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        return Page(rows[::-1], more_before=more, more_after=before is not None)
    behind = after is not None
    if at is not None:
        behind = select.where(order.beyond(at, True, inclusive=False)).limit(1).exists()
    return Page(rows, more_before=behind, more_after=more)


def count(select: Any, most: int) -> Count:
    """How many rows a list has, counting no further than ``most``."""
    number = select.limit(most + 1).count()
    return Count(min(number, most), number > most)


def among(select: Any, pk: Field, fetch: Callable[[Any], Sequence[Row]], keys: Sequence[Any]) -> tuple[Row, ...]:
    """Those of a list's rows that have one of these primary keys, a few hundred at a time; in no order."""
    rows: list[Row] = []
    for start in range(0, len(keys), FEW):
        rows += fetch(select.where(pk.in_(keys[start : start + FEW])))
    return tuple(rows)


def holds(field: Field, text: str) -> Any:
    """Rows whose ``field`` holds ``text``, without case; letters outside ASCII in the cases they are usually written."""
    if not storable(text):
        return NOTHING
    if text.isascii():
        return field.contains(text)
    condition: Any = None
    for variant in dict.fromkeys((text, text.lower(), text.upper(), text.capitalize())):
        term = field.contains(variant)
        condition = term if condition is None else condition | term
    return condition


def equals(field: Field, text: str) -> Any:
    """Rows whose ``field`` is exactly ``text``."""
    return field == text if storable(text) else NOTHING


def lowered(field: Field) -> Sort:
    """Sort by text without case, as the database sees case."""
    return Sort(fn.LOWER(field), fn.LOWER)


def moment(expression: Any, field: Any) -> Sort:
    """Sort by a time; ``field`` says how a time is written."""
    return Sort(expression, lambda value: Value(field.db_value(value), converter=False))


def to_uuid(value: Any) -> uuid.UUID:
    """A primary key as a driver gives it."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def names(pk: Field, name: Field, wanted: Iterable[Any]) -> dict[Any, str]:
    """What the records are called that a page points at, by the key as the driver gives it."""
    keys = {key for key in wanted if key is not None}
    if not keys:
        return {}
    query = pk.model.select(pk, name).where(pk.in_([to_uuid(key) for key in keys]))
    return dict(db.execute(query))
