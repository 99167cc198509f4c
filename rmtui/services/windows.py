"""Windows on long lists: pages by place in the order, never by offset, so that the millionth row costs what the first does."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

from peewee import SQL, Case, Field, Node, Value, fn

from rmtui.db.base import db
from rmtui.services.types import Count, Cursor, Page
from rmtui.text import storable

__all__ = [
    "FEW",
    "NOTHING",
    "Column",
    "Order",
    "Sort",
    "all_held",
    "among",
    "by_number",
    "by_text",
    "by_time",
    "count",
    "equals",
    "holds",
    "lowered",
    "moment",
    "names",
    "page",
    "same",
    "to_uuid",
]

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
class Column(Generic[Row]):
    """One way to sort a list: the database's terms, and what a row has for each of them."""

    sorts: tuple[Sort, ...]
    values: tuple[Callable[[Row], Any], ...]
    descending: bool = False
    joined: Callable[[Any], Any] = _same
    """Joins the list's query with what the terms need beside it; every row of the list stays, once."""

    def order(self, pk: Field, reverse: bool) -> Order:
        """What the list is sorted by."""
        return Order(self.sorts, pk, self.descending != reverse)

    def cursor(self, row: Row, pk: uuid.UUID) -> Cursor:
        """The place of a row."""
        return Cursor(tuple(value(row) for value in self.values), pk)


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


def holds(field: Any, text: str) -> Any:
    """Rows whose ``field`` holds ``text``, without case; letters outside ASCII in the cases they are usually written."""
    return reduce(or_, (field.contains(variant) for variant in _variants(text))) if storable(text) else NOTHING


def all_held(select: Any, fields: Sequence[Any], words: Iterable[str]) -> Any:
    """Those rows of a list each of whose ``words`` one of ``fields`` holds."""
    for word in words:
        select = select.where(reduce(or_, (holds(field, word) for field in fields)))
    return select


def equals(field: Field, text: str) -> Any:
    """Rows whose ``field`` is exactly ``text``."""
    return field == text if storable(text) else NOTHING


def same(expression: Any, text: str) -> Any:
    """Rows whose text is ``text`` without case; letters outside ASCII in the cases they are usually written."""
    return fn.LOWER(expression).in_([fn.LOWER(variant) for variant in _variants(text)]) if storable(text) else NOTHING


def _variants(text: str) -> Iterable[str]:
    """How the text may be written, for a database that knows only the cases of ASCII."""
    return (text,) if text.isascii() else dict.fromkeys((text, text.lower(), text.upper(), text.capitalize()))


def lowered(field: Field) -> Sort:
    """Sort by text without case, as the database sees case."""
    return Sort(fn.LOWER(field), fn.LOWER)


def moment(expression: Any, field: Any) -> Sort:
    """Sort by a time; ``field`` says how a time is written."""
    return Sort(expression, lambda value: Value(field.db_value(value), converter=False))


def by_number(expression: Any, value: Callable[[Row], int], then: Column[Row] | None = None, **how: Any) -> Column[Row]:
    """A column that sorts by a number that every row has.

    :param then: what rows are sorted by that have the same; ``how`` is as :class:`Column` has it.
    """
    return _then(Column((Sort(expression),), (value,), **how), then)


def by_text(expression: Any, value: Callable[[Row], str | None], then: Column[Row] | None = None, **how: Any) -> Column[Row]:
    """A column that sorts by text without case; rows without any come last."""
    text = Sort(fn.COALESCE(fn.LOWER(expression), ""), fn.LOWER)
    values = (lambda row: int(value(row) is None), lambda row: value(row) or "")
    return _then(Column((Sort(_missing(expression)), text), values, **how), then)


def by_time(expression: Any, value: Callable[[Row], Any], known: Field, otherwise: Callable[[Row], Any], **how: Any) -> Column[Row]:
    """A column that sorts by a time; rows without one come last, by a time that every row has.

    :param known: the time that every row has, and ``otherwise`` reads it from a row.
    """
    falling = bool(how.get("descending"))
    time = moment(fn.COALESCE(expression, known), known)
    values = (lambda row: int((value(row) is None) != falling), lambda row: value(row) or otherwise(row))
    return Column((Sort(_missing(expression, falling)), time), values, **how)


def _then(first: Column[Row], then: Column[Row] | None) -> Column[Row]:
    if then is None:
        return first
    return Column((*first.sorts, *then.sorts), (*first.values, *then.values), first.descending, first.joined)


def _missing(expression: Any, falling: bool = False) -> Any:
    """Puts rows without a value last, in whichever direction."""
    return Case(None, [(expression.is_null(), int(not falling))], int(falling))


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
