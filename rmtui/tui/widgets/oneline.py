"""A line of the screen made of pieces; what has no room is left out by weight, and only what changed is drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from rmtui.tui.widgets.columns import cut, spaced

__all__ = ["OneLine", "Piece"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the line."""

    text: str
    """Harmless text."""
    style: str = ""
    """A component class of the line; empty for the line's own look."""
    weight: int = 5
    """The lightest pieces go first when there is no room."""
    action: str = ""
    """Action that a click runs."""
    least: int = 0
    """Cells it can be cut down to before anything is left out; 0 is not at all."""
    lead: int = 0
    """Characters at its beginning that are drawn as a key."""
    short: str = ""
    """Harmless text that stands for it where there is little room; empty where nothing shorter does."""
    shrinks: int = 0
    """The weight at which that is taken."""


class OneLine(Widget):
    """A one-line widget; subclasses say what stands on its left and on its right."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--strong", "line--active", "line--muted", "line--alert", "line--off", "line--key"}
    SEPARATOR = "  "

    _pieces: tuple[tuple[int, Piece], ...] = ()
    _segments: tuple[Segment, ...] = ()

    def left(self) -> Sequence[Piece]:
        """The pieces from the left."""
        return ()

    def right(self) -> Sequence[Piece]:
        """The pieces at the right end."""
        return ()

    def update_line(self) -> None:
        """Say it anew, and draw what differs."""
        if not self.size.width:  # not laid out yet, or not again since it was hidden: what was drawn then would be kept
            self.refresh()
            return
        old = self._segments
        self._lay()
        new = self._segments
        start = 0
        while start < min(len(old), len(new)) and old[start] == new[start]:
            start += 1
        if start == len(old) == len(new):
            return
        end = 0
        while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
            end += 1
        left = sum(segment.cell_length for segment in new[:start])
        right = sum(segment.cell_length for segment in new[len(new) - end :])
        self.refresh(Region(left, 0, self.size.width - left - right, 1))

    def _lay(self) -> None:
        left, right = [*self.left()], [*self.right()]
        width, gap = self.size.width, len(self.SEPARATOR)

        def need() -> int:
            pieces = [*left, *right]
            return sum(cell_len(piece.text) for piece in pieces) + gap * max(len(pieces) - 1, 0)

        for side in (right, left):
            for index, piece in enumerate(side):
                over = need() - width
                if over > 0 and piece.least:
                    size = max(cell_len(piece.text) - over, piece.least)
                    side[index] = Piece(cut(piece.text, size), piece.style, piece.weight, piece.action)
        while len(left) + len(right) > 1 and need() > width:
            lightest = min([*left, *right], key=lambda piece: piece.shrinks if piece.short else piece.weight)
            side = right if lightest in right else left
            at = side.index(lightest)
            side[at : at + 1] = [replace(lightest, text=lightest.short, short="")] if lightest.short else []
        style, segments, placed, x = self.rich_style, [], [], 0

        def put(text: str, look: str = "", lead: int = 0) -> None:
            nonlocal x
            own = self.get_component_rich_style(look) if look else style
            if lead and not look:
                segments.append(Segment(text[:lead], self.get_component_rich_style("line--key")))
            else:
                lead = 0
            segments.extend(spaced(text[lead:], own))
            x += cell_len(text)

        for index, piece in enumerate(left):
            if index:
                put(self.SEPARATOR)
            placed.append((x, piece))
            put(piece.text, piece.style, piece.lead)
        tail = sum(cell_len(piece.text) for piece in right) + gap * max(len(right) - 1, 0)
        put(" " * max(width - x - tail, 0))
        for index, piece in enumerate(right):
            if index:
                put(self.SEPARATOR)
            placed.append((x, piece))
            put(piece.text, piece.style, piece.lead)
        self._segments, self._pieces = tuple(segments), tuple(placed)

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        self._lay()
        return Strip(self._segments).adjust_cell_length(width, self.rich_style)

    async def on_click(self, event: events.Click) -> None:
        """A click on a piece with an action runs it."""
        for x, piece in self._pieces:
            if piece.action and x <= event.x < x + cell_len(piece.text):
                event.stop()
                await self.run_action(piece.action)
                return
