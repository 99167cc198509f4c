"""A button that says whether it was pressed by a key, which a held-down key may have done."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from textual.widgets import Button

__all__ = ["Choice"]


class Choice(Button):
    """Pressed by a key it posts :class:`Entered`, clicked it posts ``Button.Pressed``; whoever listens decides about keys."""

    @dataclass
    class Entered(Message):
        """Enter or Space on the button."""

        choice: Choice

    def action_press(self) -> None:
        """A key: ask first."""
        self.post_message(self.Entered(self))
