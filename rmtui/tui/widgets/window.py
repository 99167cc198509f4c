"""A window on a list that may have a million rows: a few pages around the cursor, and what to fetch next.

Nothing here knows of Textual or of a database; the list widget moves the window and fetches what it wants.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from rmtui.services.types import Cursor, Page

__all__ = ["MOST", "PAGE", "Around", "Edge", "Place", "Where", "Window"]

Row = TypeVar("Row")

PAGE = 200
"""Rows asked for at a time."""
MOST = 600
"""Rows kept at most."""
NEAR = 60
"""Rows from the edge of the screen to the edge of the window at which the next page is fetched."""

Where = Literal["first", "last", "after", "before"]
Edge = Literal["after", "before"]


@dataclass(frozen=True, slots=True)
class Place:
    """Which page to fetch: an end of the list, or the page beyond a row."""

    where: Where
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Around(Generic[Row]):
    """The page that begins at a place, and the one before it."""

    before: Page[Row]
    at: Page[Row]


class Window(Generic[Row]):
    """The rows held, which of them is under the cursor, and which is at the top of the screen."""

    def __init__(self, key: Callable[[Row], Hashable]) -> None:
        self.key = key
        self.rows: list[Row] = []
        self.more_before = False
        self.more_after = False
        self.cursor = 0
        self.top = 0
        self.height = 1
        self.first: int | None = 0
        """Number of the window's first row in the whole list; None where it cannot be known."""
        self.loaded = False

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def position(self) -> int | None:
        """Number of the row under the cursor in the whole list, from 1."""
        return None if self.first is None or not self.rows else self.first + self.cursor + 1

    def open_around(self, around: Around[Row]) -> None:
        """Hold the rows around a place, the cursor on the row at it."""
        self.rows = [*around.before.rows, *around.at.rows]
        self.more_before, self.more_after = around.before.more_before, around.at.more_after
        self.first = None if self.more_before else 0
        self.cursor = min(len(around.before.rows), max(len(self.rows) - 1, 0))
        self.top = max(self.cursor - self.height // 2, 0)
        self.loaded = True
        self._show_cursor()

    def open(self, page: Page[Row], end: Literal["first", "last"] = "first") -> None:
        """Hold the first or the last page, the cursor at that end."""
        self.rows = list(page.rows)
        self.more_before, self.more_after = page.more_before, page.more_after
        self.first = 0 if not page.more_before else None
        self.cursor = 0 if end == "first" else max(len(self.rows) - 1, 0)
        self.top = 0
        self.loaded = True
        self._show_cursor()

    def resize(self, height: int) -> None:
        """The screen shows ``height`` rows now."""
        self.height = max(height, 1)
        self._show_cursor()

    def move(self, by: int) -> bool:
        """Move the cursor, no further than the rows held; whether it moved."""
        return self.go(self.cursor + by)

    def go(self, index: int) -> bool:
        """Put the cursor on a row held; whether it moved."""
        before = self.cursor
        self.cursor = min(max(index, 0), max(len(self.rows) - 1, 0))
        self._show_cursor()
        return self.cursor != before

    def scroll(self, by: int) -> bool:
        """Move the screen, and the cursor no further than it must to stay on it; whether anything moved."""
        before = self.top, self.cursor
        self.top = min(max(self.top + by, 0), max(len(self.rows) - self.height, 0))
        self.cursor = min(max(self.cursor, self.top), max(min(self.top + self.height, len(self.rows)) - 1, 0))
        return (self.top, self.cursor) != before

    def wants(self) -> Edge | None:
        """The side on which the screen is near the end of what is held and the list goes on."""
        if self.more_after and self.top + self.height + NEAR > len(self.rows):
            return "after"
        if self.more_before and self.top < NEAR:
            return "before"
        return None

    def extend(self, page: Page[Row], edge: Edge) -> None:
        """Add the page beyond an edge, and let go of rows far beyond the other one."""
        held = {self.key(row) for row in self.rows}
        rows = [row for row in page.rows if self.key(row) not in held]
        if edge == "after":
            self.rows += rows
            self.more_after = page.more_after
            spare = min(len(self.rows) - MOST, self.top - NEAR)
            if spare > 0:
                del self.rows[:spare]
                self._shift(-spare)
                self.more_before = True
        else:
            self.rows[:0] = rows
            self._shift(len(rows))
            self.more_before = page.more_before
            if not page.more_before:
                self.first = 0
            keep = max(MOST, self.top + self.height + NEAR)
            if len(self.rows) > keep:
                del self.rows[keep:]
                self.more_after = True

    def refresh(self, around: Around[Row], asked: Hashable) -> Literal["same", "changed", "gone", "lost"]:
        """Take the rows around the row ``asked`` as they are now; the cursor stays on its row, and the row at its place on the screen.

        :return: ``gone`` when the row under the cursor is not in the list any more and the cursor is on its neighbour;
            ``lost`` when the cursor had meanwhile gone where these rows say nothing about, so that nothing was taken.
        """
        current = self.current
        rows: list[Row] = [*around.before.rows, *around.at.rows]
        place = self.cursor - self.top
        found = None if current is None else self._find(rows, self.key(current))
        gone = False
        if found is None:
            if current is not None and self.key(current) != asked:
                return "lost"
            found = min(len(around.before.rows), max(len(rows) - 1, 0))
            gone = current is not None
        shown, first, place_before = self._screen(), self.first, (self.cursor - self.top, self.more_after)
        if not around.before.more_before:
            self.first = 0
        elif first is not None:
            self.first = max(first + self.cursor - found, 0)
        self.rows, self.more_before, self.more_after = rows, around.before.more_before, around.at.more_after
        self.cursor, self.top = found, max(found - place, 0)
        self._show_cursor()
        same = (shown, first, place_before) == (self._screen(), self.first, (self.cursor - self.top, self.more_after))
        return "gone" if gone else "same" if same else "changed"

    def index(self, key: Hashable) -> int | None:
        """Where a row is held."""
        return self._find(self.rows, key)

    def _find(self, rows: Sequence[Row], key: Hashable) -> int | None:
        return next((index for index, row in enumerate(rows) if self.key(row) == key), None)

    def _screen(self) -> list[Row]:
        """The rows on the screen."""
        return self.rows[self.top : self.top + self.height]

    def _shift(self, by: int) -> None:
        self.cursor += by
        self.top += by
        if self.first is not None:
            self.first = max(self.first - by, 0)

    def _show_cursor(self) -> None:
        self.top = min(max(self.top, self.cursor - self.height + 1), self.cursor, max(len(self.rows) - self.height, 0))
        self.top = max(self.top, 0)
