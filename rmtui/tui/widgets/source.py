"""Where a list's rows come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from rmtui.services.types import Count, Cursor, Page
from rmtui.tui.widgets.columns import Column
from rmtui.tui.widgets.window import Around, Place

__all__ = ["Source"]

Row = TypeVar("Row")
Query = TypeVar("Query")


class Source(ABC, Generic[Row, Query]):
    """A list of the services, as the list widget asks for it. ``page``, ``around``, ``count``, ``present`` and ``whereabouts`` run in
    threads.
    """

    @abstractmethod
    def key(self, row: Row) -> Hashable:
        """What makes a row the same row after a refresh: its primary key."""

    @abstractmethod
    def name(self, row: Row) -> str:
        """What the operator calls the row; foreign text."""

    @abstractmethod
    def columns(self, query: Query) -> Sequence[Column[Row]]:
        """The columns for this query, in order."""

    @abstractmethod
    def cursor(self, query: Query, row: Row) -> Cursor:
        """The place of a row in the list."""

    @abstractmethod
    def page(self, query: Query, place: Place) -> Page[Row]:
        """A page of the list."""

    @abstractmethod
    def around(self, query: Query, row: Row) -> Around[Row]:
        """The rows around a row's place, whether or not it is still there."""

    @abstractmethod
    def count(self, query: Query) -> Count:
        """How many rows the list has."""

    def present(self, query: Query, rows: Sequence[Row]) -> Sequence[Row]:
        """Those of some rows that are in the list, as they are now; a list whose rows are not marked is never asked."""
        return rows

    @abstractmethod
    def whereabouts(self, query: Query, row: Row) -> str:
        """A sentence on what became of a row that has gone from the list."""

    @abstractmethod
    def empty(self, query: Query) -> str:
        """What to say where there are no rows."""
