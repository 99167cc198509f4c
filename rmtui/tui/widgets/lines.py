"""Several lines to type or paste."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import TextArea

__all__ = ["Lines"]


class Lines(TextArea):
    """Enter goes on, Down below the last line begins another."""

    @dataclass
    class Entered(Message):
        """Enter: all is typed."""

        lines: Lines

    def __init__(self, *, ident: str) -> None:
        super().__init__(id=ident, compact=True, soft_wrap=False, show_line_numbers=False, tab_behavior="focus")
        self.cursor_blink = False

    def on_key(self, event: events.Key) -> None:
        """Not by bindings, which would overtake what was typed before them."""
        if event.key in {"enter", "down"}:
            event.stop()
            event.prevent_default()
            if event.key == "enter":
                self.post_message(self.Entered(self))
            else:
                self._go_down()

    def _go_down(self) -> None:
        row, last = self.cursor_location[0], self.document.line_count - 1
        if row < last:
            self.action_cursor_down()
        elif self.document.get_line(last).strip():
            self.move_cursor(self.document.end)
            self.insert("\n")
