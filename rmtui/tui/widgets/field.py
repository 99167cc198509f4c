"""A line to type in, and what it says while nothing is."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

__all__ = ["Field", "HintedField"]


class Field(Input):
    """Textual's own, whose hint stands in parentheses where it cannot be grey, so that nobody takes it for what was typed."""

    def on_mount(self) -> None:
        """Nothing blinks."""
        self.cursor_blink = False
        if self.placeholder and (self.app.no_color or self.app.has_class("-few")):
            self.placeholder = f"({self.placeholder})"


class HintedField(Vertical):
    """A field whose hint stands under it where the line has no room for it."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._field, self._hint = field, Static(markup=False, classes="under")

    def compose(self) -> ComposeResult:
        """The line, and its hint."""
        yield self._field
        yield self._hint

    def on_mount(self) -> None:
        """Which of the two places it has is known once there is a size."""
        self._said = self._field.placeholder
        self._hint.update(self._said)
        self._hint.display = False

    def on_resize(self) -> None:
        """Find out where there is room."""
        long = cell_len(self._said) >= self._field.content_size.width
        self._hint.display = long
        self._field.placeholder = "" if long else self._said
