"""A line to type in, and what it says while nothing is."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from rmtui.i18n import tr
from rmtui.tui.glyphs import glyphs

__all__ = ["Field", "HintedField"]


class Field(Input):
    """Textual's own, whose hint stands in parentheses where it cannot be grey, so that nobody takes it for what was typed."""

    def on_mount(self) -> None:
        """Nothing blinks."""
        self.cursor_blink = False
        if self.placeholder and (self.app.no_color or self.app.has_class("-few")):
            self.placeholder = f"({self.placeholder})"

    def on_paste(self, event: events.Paste) -> None:
        """What is several lines is not cut down to one without a word."""
        lines = [line for line in event.text.splitlines() if line.strip()]
        if len(lines) > 1:
            event.prevent_default()
            event.stop()
            told = tr("Nothing was pasted: it is {lines} lines, and only one has room here.", lines=f"{len(lines):,}")
            self.app.notify(f"{glyphs().warning} {told}", severity="warning", markup=False)
        elif lines:
            event.text = lines[0]


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
