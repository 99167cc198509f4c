"""How a list looks: titles, rows, the cursor, and a note where there are no rows."""

from __future__ import annotations

from collections.abc import Hashable
from textwrap import wrap
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.widgets.columns import GAP, Column, cut, fit, spaced
from rmtui.tui.widgets.marks import Marks
from rmtui.tui.widgets.source import Source
from rmtui.tui.widgets.window import Window

__all__ = ["ListLines"]

Row = TypeVar("Row")
Query = TypeVar("Query")

MARK = 2
"""Columns for the cursor and the mark."""


class ListLines(Widget, Generic[Row, Query]):
    """Draws the rows of a window line by line, and nothing that is not on the screen."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "list--titles",
        "list--sorted",
        "list--cursor",
        "list--cursor-blurred",
        "list--pending",
        "list--good",
        "list--bad",
        "list--muted",
        "list--note",
    }

    def __init__(self, source: Source[Row, Query], query: Query, ident: str | None) -> None:
        super().__init__(id=ident)
        self.source = source
        self.shown: Query = query
        """What the rows held are an answer to."""
        self.window: Window[Row] = Window(source.key)
        self.marks: Marks[Row] = Marks(source.key)
        self.expected: set[Hashable] = set()
        """Keys of rows whose leaving the list is no news to the operator."""
        self.problem: RmtuiError | None = None
        """Why there are no rows to show."""
        self.ground = Style()
        """How a line looks where nothing is on it, worked out once for all lines that are drawn together."""
        self._fitted: tuple[Query, int, list[tuple[Column[Row], int]]] | None = None

    def _columns(self) -> list[tuple[Column[Row], int]]:
        width = self.size.width - MARK - 1
        if self._fitted is None or self._fitted[:2] != (self.shown, width):
            self._fitted = (self.shown, width, fit(self.source.columns(self.shown), width, getattr(self.shown, "sort", "")))
        return self._fitted[2]

    def retell(self) -> None:
        """Draw the columns anew: what they are called has changed, and what is in them."""
        self._fitted = None
        self.refresh()

    def title_at(self, x: int) -> str:
        """The sort that the title at a column stands for; empty where it stands for none."""
        left = MARK
        for column, width in self._columns():
            if left <= x < left + width + GAP:
                return column.sort
            left += width + GAP
        return ""

    def render_line(self, y: int) -> Strip:
        """One line of the screen: the titles, a row, or a note where there are none."""
        width = self.size.width
        if y == 0:
            return self._titles(width)
        window, index = self.window, self.window.top + y - 1
        if index < len(window.rows):
            return self._row(index, width)
        if y >= 2 and not window.rows:
            note = show(self.problem.sentence if self.problem else self.source.empty(self.shown) if window.loaded else tr("Reading …"))
            lines = wrap(note, max(width - MARK - 1, 1))
            if y - 2 < len(lines):
                style = self.get_component_rich_style("list--note")
                text = cut(lines[y - 2], width - MARK)
                return Strip([Segment(" " * MARK, style), Segment(text, style)]).adjust_cell_length(width, style)
        return Strip.blank(width, self.ground)

    def _titles(self, width: int) -> Strip:
        plain_style = self.get_component_rich_style("list--titles")
        sorted_style = self.get_component_rich_style("list--sorted")
        sort, reverse = getattr(self.shown, "sort", ""), getattr(self.shown, "reverse", False)
        segments = [Segment(" " * MARK, plain_style)]
        for column, size in self._columns():
            title, style = column.title, plain_style
            if column.sort and column.sort == sort:
                marker = glyphs().down if reverse != column.falling else glyphs().up
                title, style = cut(title, min(len(title), size - 1)) + marker, sorted_style
            segments += [*spaced(cut(title, size, column.right), style), Segment(" " * GAP, plain_style)]
        return Strip(segments).adjust_cell_length(width, plain_style)

    def _row(self, index: int, width: int) -> Strip:
        row, at_cursor = self.window.rows[index], index == self.window.cursor
        name = "list--cursor" if self.has_focus else "list--cursor-blurred"
        style = self.get_component_rich_style(name) if at_cursor else self.ground
        symbols = glyphs()
        lead = (symbols.cursor if at_cursor else " ") + (symbols.mark if self.marks and row in self.marks else " ")
        segments = [*spaced(lead, style)]
        for column, size in self._columns():
            cell = column.cell(row)
            own = style
            if cell.style and not at_cursor:
                own = style + self.get_component_rich_style(cell.style, partial=True)
            segments += [*spaced(cut(cell.text, size, column.right), own), Segment(" " * GAP, style)]
        return Strip(segments).adjust_cell_length(width, style)
