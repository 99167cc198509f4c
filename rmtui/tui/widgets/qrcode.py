"""A QR code on the screen: black on white, whatever the theme."""

from __future__ import annotations

from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from rmtui.services.qr import QR

__all__ = ["QRCode", "cells"]

DARK, LIGHT = "#000000", "#ffffff"
SOLID_DARK, SOLID_LIGHT = Style(color=DARK, bgcolor=LIGHT, reverse=True), Style(bgcolor=LIGHT)
"""Dark is reversed: a thin line leaves out a dark ground, which is white on a light terminal."""
MIXED = Style(color=DARK, bgcolor=LIGHT)


def cells(symbol: QR, wide: bool) -> Size:
    """Columns and lines that a symbol takes.

    :param wide: whether a module is two blanks, for terminals without half blocks, and not half a cell.
    """
    return Size(symbol.side * 2, symbol.side) if wide else Size(symbol.side, (symbol.side + 1) // 2)


class QRCode(Widget):
    """Draws a symbol, nothing while it has none. What is of one colour is a blank on that colour, so that no font leaves gaps in it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "QRCode { width: auto; height: auto; }"

    def __init__(self, *, ident: str | None = None) -> None:
        super().__init__(id=ident)
        self._lines: list[Strip] = []

    def tell(self, symbol: QR, *, wide: bool) -> None:
        """Show this one."""
        self._lines = [*(_wide_lines(symbol) if wide else _half_lines(symbol))]
        self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Of the symbol with its quiet zone."""
        return self._lines[0].cell_length if self._lines else 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Of the symbol with its quiet zone."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """A line of it."""
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width)


def _wide_lines(symbol: QR) -> list[Strip]:
    return [Strip(Segment("  " * len([*run]), SOLID_DARK if dark else SOLID_LIGHT) for dark, run in groupby(row)) for row in symbol.rows]


def _half_lines(symbol: QR) -> list[Strip]:
    looks = {(True, True): (" ", SOLID_DARK), (False, False): (" ", SOLID_LIGHT), (True, False): ("▀", MIXED), (False, True): ("▄", MIXED)}
    blank = (False,) * symbol.side
    rows = [*symbol.rows, blank] if symbol.side % 2 else [*symbol.rows]
    strips = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        drawn = groupby(looks[pair] for pair in zip(upper, lower, strict=True))
        strips.append(Strip(Segment(char * len([*run]), style) for (char, style), run in drawn))
    return strips
