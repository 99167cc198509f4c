"""The screen as cells: what Textual writes is read back into them, so that two screens can be compared."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.cells import split_graphemes

from rmtui.tui.link.looks import PLAIN, Look, styled

__all__ = ["Cells", "Reader"]

SEQUENCE = re.compile(
    r"\x1b\[([0-?]*)[ -/]*([@-~])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1bP(?:[^\x1b]|\x1b[^\\])*\x1b\\"
    r"|\x1b[^\[\]P]"
    r"|[\x00-\x1a\x1c-\x1f]"
)
LINK = "\x1b]8;"


class Cells:
    """Lines of cells: a character each, empty for the second half of a wide one, and a look."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.chars = [[" "] * width for _ in range(height)]
        self.looks = [[PLAIN] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, look: Look) -> int:
        """Write text from a cell on, cut at the end of the line; the column after it."""
        if not 0 <= y < self.height or x >= self.width:
            return x
        chars, looks = self.chars[y], self.looks[y]
        cells: list[str] = []
        if text.isascii():
            cells.extend(text)
        else:
            for start, end, size in split_graphemes(text)[0]:
                cells += [text[start:end], *[""] * (size - 1)][:size]
        end = x + len(cells)
        if end > self.width:
            del cells[self.width - x :]
            end = self.width
            self._whole(cells)
        if chars[x] == "" and x:
            chars[x - 1] = " "
        if end < self.width and chars[end] == "":
            chars[end] = " "
        chars[x:end] = cells
        looks[x:end] = [look] * len(cells)
        return end

    @staticmethod
    def _whole(cells: list[str]) -> None:
        """No half of a wide character at the end of a line."""
        if cells and cells[-1] and split_graphemes(cells[-1])[1] > 1:
            cells[-1] = " "


class Reader:
    """Reads what Textual writes: places, looks and text go into :attr:`cells`, everything else is given back to be passed on."""

    def __init__(
        self, width: int, height: int, paint: Callable[[Look], Look] = lambda look: look, fit: Callable[[str], str] = lambda text: text
    ) -> None:
        self.cells = Cells(width, height)
        self.x = self.y = 0
        """Where the cursor is to be."""
        self._look = PLAIN
        self._painted = PLAIN
        self._paint, self._fit = paint, fit

    def feed(self, text: str) -> list[str]:
        """Take what was written; the sequences that are not about cells."""
        rest: list[str] = []
        at = 0
        for match in SEQUENCE.finditer(text):
            if match.start() > at:
                self._put(text[at : match.start()])
            at = match.end()
            sequence, codes, final = match.group(), match.group(1), match.group(2)
            if final == "m":
                self._look = styled(self._look, codes)
                self._painted = self._paint(self._look)
            elif final == "H":
                row, _, column = codes.partition(";")
                self.x, self.y = int(column or 1) - 1, int(row or 1) - 1
            elif sequence == "\n":
                self.x, self.y = 0, self.y + 1
            elif sequence == "\r":
                self.x = 0
            elif not sequence.startswith(LINK):
                rest.append(sequence)
        if at < len(text):
            self._put(text[at:])
        return rest

    def _put(self, text: str) -> None:
        self.x = self.cells.put(self.x, self.y, self._fit(text), self._painted)
