"""A short list of things to tick, as one stop for Tab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from rmtui.i18n import later
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.widgets.columns import cut, spaced

__all__ = ["Ticks"]

INDENT = 6
"""Cells before a label: the cursor, the box, and a blank behind each."""


class Ticks(Widget, can_focus=True):
    """Labels with a box each; Space ticks."""

    ALLOW_SELECT = False
    BOX: ClassVar[tuple[str, str]] = ("[ ]", "[x]")
    """Before a label, without and with a tick."""
    COMPONENT_CLASSES: ClassVar[set[str]] = {"ticks--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Up", show=False),
        Binding("down,j", "step(1)", "Down", show=False),
        Binding("space", "tick", later("Tick"), id="ticks.toggle", tooltip=later("Tick or clear the line under the cursor")),
        Binding("enter", "enter", later("Send"), show=False),
    ]

    @dataclass
    class Entered(Message):
        """Enter: the form is to be sent."""

        ticks: Ticks

    @dataclass
    class Changed(Message):
        """Something was ticked or cleared."""

        ticks: Ticks
        by_hand: bool = False
        """Whether the operator did it, with a key or the mouse."""

        @property
        def control(self) -> Ticks:
            """The list."""
            return self.ticks

    @dataclass
    class Left(Message):
        """The cursor was to move beyond an end."""

        by: int

    def __init__(self, labels: Sequence[str] = (), ticked: Sequence[str] = (), *, ident: str | None = None) -> None:
        super().__init__(id=ident)
        self.labels: list[str] = [*labels]
        self.ticked: set[str] = {*ticked}
        self._cursor = 0
        self._top = 0
        """The line of all that is drawn first."""
        self._drawn: list[tuple[int, str]] = []

    def tell(self, labels: Sequence[str], ticked: Sequence[str]) -> None:
        """Show these instead."""
        self.labels, self.ticked = [*labels], {*ticked}
        self._cursor = min(self._cursor, max(len(self.labels) - 1, 0))
        self.refresh(layout=True)
        self.post_message(self.Changed(self))

    def add(self, label: str) -> None:
        """One more, ticked, under the cursor."""
        if label not in self.labels:
            self.labels.append(label)
        self.ticked.add(label)
        self._cursor = self.labels.index(label)
        self.refresh(layout=True)
        self.post_message(self.Changed(self))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as there is room."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line each, or more for a long one; CSS limits it."""
        return max(len(self._lines(width)), 1)

    def _lines(self, width: int) -> list[tuple[int, str]]:
        """What is drawn, line by line: the label's number, and the part of it."""
        room, console = max(width - INDENT, 1), self.app.console
        wrapped = ([part.plain.rstrip() for part in Text(show(label)).wrap(console, room)] or [""] for label in self.labels)
        return [(index, part) for index, parts in enumerate(wrapped) for part in parts]

    def action_step(self, by: int) -> None:
        """Move the cursor; beyond an end, to the next control."""
        if not 0 <= self._cursor + by < len(self.labels):
            self.post_message(self.Left(by))
            return
        self._cursor += by
        self.refresh()

    def action_tick(self) -> None:
        """Tick or clear."""
        if self.labels:
            self.ticked ^= {self.labels[self._cursor]}
            self.refresh()
            self.post_message(self.Changed(self, by_hand=True))

    def action_enter(self) -> None:
        """Send the form."""
        self.post_message(self.Entered(self))

    def on_click(self, event: events.Click) -> None:
        """A click ticks or clears."""
        lines = self._lines(self.size.width)
        if self._top + event.y < len(lines):
            self._cursor = lines[self._top + event.y][0]
            self.action_tick()

    def watch_has_focus(self, _value: bool) -> None:
        """The cursor shows only with focus."""
        super().watch_has_focus(_value)
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """As Textual's; the labels are broken into lines once for all of them."""
        self._drawn = self._lines(self.size.width)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One box and its label, or what the line before it had no room for."""
        width, height = self.size.width, max(self.size.height, 1)
        lines = self._drawn
        at = [line for line, (index, _part) in enumerate(lines) if index == self._cursor] or [0]
        self._top = min(max(self._top, at[-1] - height + 1), at[0])
        if self._top + y >= len(lines):
            return Strip.blank(width, self.rich_style)
        index, part = lines[self._top + y]
        begins, at_cursor = self._top + y == 0 or lines[self._top + y - 1][0] != index, self.has_focus and index == self._cursor
        mark = glyphs().cursor if at_cursor and begins else " "
        box = self.BOX[self.labels[index] in self.ticked] if begins else " " * len(self.BOX[0])
        text = f"{mark} {box} {part}"
        style = self.get_component_rich_style("ticks--cursor") if at_cursor else self.rich_style
        return Strip(spaced(cut(text, width), style), width)
