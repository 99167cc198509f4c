"""A button that says whether it was pressed by a key, which a held-down key may have done."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Button

__all__ = ["Choice"]


class Choice(Button):
    """Pressed by a key it posts :class:`Entered`, clicked it posts ``Button.Pressed``; whoever listens decides about keys."""

    @dataclass
    class Entered(Message):
        """Enter or Space on the button."""

        choice: Choice

    def render(self) -> RenderResult:
        """The label; in parentheses where it cannot be pressed and nothing is grey, in brackets where no colour makes it a button."""
        label = super().render()
        if not isinstance(label, Content):
            return label
        if self.disabled and (self.app.no_color or self.app.has_class("-few")):
            return Content.assemble("(", label, ")")
        return Content.assemble("[", label, "]") if self.app.no_color else label

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """The label's, with room for what may stand round it."""
        framed = self.app.no_color or self.app.has_class("-few")
        return super().get_content_width(container, viewport) + (2 if framed else 0)

    def action_press(self) -> None:
        """A key: ask first."""
        self.post_message(self.Entered(self))
