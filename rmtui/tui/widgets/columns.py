"""What the columns of a list are, and which of them have room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from rmtui.i18n import tr
from rmtui.tui.glyphs import glyphs

__all__ = ["GAP", "Cell", "Column", "cut", "fit", "spaced", "wide"]

Row = TypeVar("Row")

GAP = 2
"""Blank columns between two columns."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: harmless text, and the component class that colours it."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column; the narrowest list keeps those with the highest weight."""

    title: str
    cell: Callable[[Row], Cell]
    width: int
    """Least width, in character cells."""
    most: int = 0
    """Greatest width; 0 is ``width``."""
    weight: int = 5
    sort: str = ""
    """The query's name for sorting by this column; empty where it cannot."""
    right: bool = False
    falling: bool = False
    """Whether its own order is from the greatest down."""


def wide(*words: str) -> int:
    """Width of a column that has a symbol and one of these words."""
    return 2 + max(cell_len(tr(word)) for word in words)


def fit(columns: Sequence[Column[Row]], width: int, sort: str = "") -> list[tuple[Column[Row], int]]:
    """The columns that have room, each with its width and no narrower than its title; those that can grow share what is left.

    :param sort: the order of the list, which has a marker behind the title of its column, if there is room.
    """
    kept, least = list(columns), [max(column.width, cell_len(column.title)) for column in columns]
    while len(kept) > 1 and sum(least) + GAP * (len(kept) - 1) > width:
        lightest = min(range(len(kept)), key=lambda index: (kept[index].weight, -index))
        del kept[lightest], least[lightest]
    widths = [min(each, width) for each in least]
    left = width - sum(widths) - GAP * (len(kept) - 1)
    for index, column in enumerate(kept):
        if left > 0 and sort and column.sort == sort and widths[index] == cell_len(column.title):
            widths[index] += 1
            left -= 1
    growing = [index for index, column in enumerate(kept) if column.most > widths[index]]
    while left > 0 and growing:
        for index in list(growing):
            if left == 0:
                break
            widths[index] += 1
            left -= 1
            if widths[index] >= kept[index].most:
                growing.remove(index)
    return list(zip(kept, widths, strict=True))


def cut(text: str, width: int, right: bool = False) -> str:
    """Text as exactly ``width`` cells, an ellipsis in place of what has no room."""
    size = cell_len(text)
    if size > width:
        dots = glyphs().dots
        return set_cell_size(text, max(width - len(dots), 0)) + dots if width > len(dots) else set_cell_size(text, width)
    return " " * (width - size) + text if right else text + " " * (width - size)


def spaced(text: str, style: Style) -> list[Segment]:
    """Segments of a text, its leading spaces apart: some programs that draw a screenshot drop them otherwise."""
    bare = text.lstrip(" ")
    if not bare or len(bare) == len(text):
        return [Segment(text, style)]
    return [Segment(text[: len(text) - len(bare)], style), Segment(bare, style)]
