"""Which rows of a list are marked. Nothing here knows of Textual."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

__all__ = ["MOST", "Marks"]

Row = TypeVar("Row")

MOST = 1_000
"""Rows that can be marked at a time."""


class Marks(Generic[Row]):
    """Marked rows, in the order they were marked; a row is the same row as long as its key is."""

    def __init__(self, key: Callable[[Row], Hashable]) -> None:
        self._key = key
        self._rows: dict[Hashable, Row] = {}
        self.anchor: Hashable = None
        """Key of the row at which a range begins; None while there is none."""

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row: Row) -> bool:
        return self._key(row) in self._rows

    @property
    def rows(self) -> tuple[Row, ...]:
        """The marked rows."""
        return tuple(self._rows.values())

    @property
    def keys(self) -> frozenset[Hashable]:
        """Their keys."""
        return frozenset(self._rows)

    def toggle(self, row: Row) -> bool:
        """Mark a row, or take its mark away; False when there is no room for another."""
        key = self._key(row)
        self.anchor = key
        if self._rows.pop(key, None) is not None:
            return True
        return self.add([row])

    def add(self, rows: Iterable[Row]) -> bool:
        """Mark rows as well; False, and no change, when there is no room for them."""
        added = {self._key(row): row for row in rows}
        if len(self._rows.keys() | added.keys()) > MOST:
            return False
        self._rows |= added
        return True

    def keep(self, rows: Sequence[Row], asked: frozenset[Hashable]) -> set[Hashable]:
        """Of the marks that were ``asked`` about keep those of ``rows``, as they are now; the keys of those that were dropped."""
        now = {self._key(row): row for row in rows}
        before = set(self._rows)
        self._rows = {key: now.get(key, row) for key, row in self._rows.items() if key in now or key not in asked}
        return before - self._rows.keys()

    def drop(self, keys: Iterable[Hashable]) -> None:
        """Take these marks away."""
        for key in keys:
            self._rows.pop(key, None)

    def clear(self) -> None:
        """Take all marks away."""
        self._rows.clear()
        self.anchor = None
