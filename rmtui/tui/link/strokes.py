"""The fewest bytes that turn what a terminal shows into what it is to show."""

from __future__ import annotations

from rmtui.tui.link.cells import Cells
from rmtui.tui.link.looks import PLAIN, Look, bare, change

__all__ = ["Pen"]

ERASABLE = 9
"""Blank cells that cost about as much to erase and skip as to write."""
JUMP = 5
"""Unchanged cells that cost about as much to skip as to write again."""


class Pen:
    """Draws on a terminal of which it knows what is on it: where the cursor stands, and how the next character would look."""

    def __init__(self, width: int, height: int) -> None:
        self.shown = Cells(width, height)
        self._x: int | None = None
        self._y: int | None = None
        self._look: Look = PLAIN
        self._out: list[str] = []

    def clear(self) -> str:
        """Whatever the terminal shows is gone."""
        self.shown = Cells(self.shown.width, self.shown.height)
        self._x, self._y, self._look = None, None, PLAIN
        return "\x1b[m\x1b[2J"

    def draw(self, wanted: Cells) -> str:
        """What turns the screen into ``wanted``, which has the same size; empty where it is so already."""
        self._out = []
        for y in range(wanted.height):
            if wanted.chars[y] != self.shown.chars[y] or wanted.looks[y] != self.shown.looks[y]:
                self._line(wanted, y)
        return "".join(self._out)

    def place(self, x: int, y: int) -> str:
        """What moves the cursor there."""
        self._out = []
        self._move(min(max(x, 0), self.shown.width - 1), min(max(y, 0), self.shown.height - 1))
        return "".join(self._out)

    def _line(self, wanted: Cells, y: int) -> None:
        chars, looks = wanted.chars[y], wanted.looks[y]
        old_chars, old_looks = self.shown.chars[y], self.shown.looks[y]
        tail = self._tail(chars, looks)
        for start, end in self._runs(chars, looks, old_chars, old_looks):
            if start >= tail:
                self._erase(start, y)
                break
            last = min(end, tail)
            self._write(chars, looks, start, last, y)
            if end > tail:
                self._erase(tail, y)
                break
        self.shown.chars[y], self.shown.looks[y] = chars.copy(), looks.copy()

    @staticmethod
    def _tail(chars: list[str], looks: list[Look]) -> int:
        """Where the line goes on with nothing but blank ground."""
        at = len(chars)
        while at and chars[at - 1] == " " and bare(looks[at - 1]) == PLAIN:
            at -= 1
        return at if len(chars) - at > 2 else len(chars)  # an erasure costs three bytes

    @staticmethod
    def _runs(chars: list[str], looks: list[Look], old_chars: list[str], old_looks: list[Look]) -> list[tuple[int, int]]:
        """Stretches that differ, with no short gap between them and no half of a wide character at their ends."""
        runs: list[tuple[int, int]] = []
        width, at = len(chars), 0
        while at < width:
            if chars[at] == old_chars[at] and (looks[at] == old_looks[at] or (chars[at] == " " and bare(looks[at]) == bare(old_looks[at]))):
                at += 1
                continue
            start = at
            at += 1
            while start and (chars[start] == "" or old_chars[start] == ""):
                start -= 1
            while at < width and (chars[at] == "" or old_chars[at] == ""):
                at += 1
            if runs and start - runs[-1][1] <= JUMP and all(look == looks[start] for look in looks[runs[-1][1] : start]):
                start = runs.pop()[0]
            runs.append((start, at))
        return runs

    def _write(self, chars: list[str], looks: list[Look], start: int, end: int, y: int) -> None:
        skip = start
        for at in range(start, end):
            char, look = chars[at], looks[at]
            if char == "" or at < skip:
                continue
            if char == " " and bare(look) == PLAIN:
                skip = at + 1
                while skip < end and chars[skip] == " " and bare(looks[skip]) == PLAIN:
                    skip += 1
                if skip - at > ERASABLE:
                    self._erase(at, y, f"\x1b[{skip - at}X")
                    continue
                skip = at
            self._move(at, y)
            if char != " " or bare(look) != bare(self._look):
                self._style(look)
            self._out.append(char)
            wide = at + 1 < len(chars) and chars[at + 1] == ""
            # Where a terminal puts the cursor after a wide or composed character is not for sure, nor at the end of a line.
            self._x = None if wide or len(char) > 1 or at + 1 >= len(chars) else at + 1

    def _erase(self, x: int, y: int, sequence: str = "\x1b[K") -> None:
        self._move(x, y)
        if self._look.back or bare(self._look) != PLAIN:
            self._style(PLAIN)
        self._out.append(sequence)

    def _style(self, look: Look) -> None:
        self._out.append(change(self._look, look))
        self._look = look

    def _move(self, x: int, y: int) -> None:
        if (self._x, self._y) == (x, y):
            return
        ways = [f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"]
        if self._y == y:
            if x == 0:
                ways.append("\r")
            elif self._x is not None and 0 < self._x - x <= JUMP:
                ways.append("\b" * (self._x - x))
            elif self._x is not None and x > self._x:
                ways.append(f"\x1b[{x - self._x}C" if x - self._x > 1 else "\x1b[C")
        elif self._y is not None and y == self._y + 1 and x == 0:
            ways.append("\r\n")
        elif self._x == x and self._y is not None:
            by = y - self._y
            ways.append(f"\x1b[{abs(by) if abs(by) > 1 else ''}{'B' if by > 0 else 'A'}")
        self._out.append(min(ways, key=len))
        self._x, self._y = x, y
