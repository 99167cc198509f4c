"""What is told on a terminal in which nothing has room. What was there stays as it was, and is back when there is room again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from rmtui.i18n import tr
from rmtui.tui.glyphs import typed
from rmtui.tui.keynames import keys_of, named

if TYPE_CHECKING:
    from rmtui.tui.looks import LooksApp

__all__ = ["LEAST", "Room"]

LEAST = Size(60, 20)
"""Columns and lines that the console needs."""


def quit_keys() -> list[str]:
    """What quits from anywhere; nothing else does anything meanwhile."""
    return keys_of("app.quit-anywhere", "ctrl+q")


class NoRoom(Widget):
    """Covers its screen, whatever is in it."""

    DEFAULT_CSS = "NoRoom { layer: _loading; dock: top; width: 100%; height: 100%; background: $background; color: $foreground; }"

    def render(self) -> RenderableType:
        """The size that is needed, the one there is, and the way out."""
        size, key = self.app.size, named(quit_keys()[0])
        least, there = f"{LEAST.width}×{LEAST.height}", f"{size.width}×{size.height}"
        told = tr(
            "rmtui needs a terminal of {least}; this one has {there}. Make it larger to go on where you were. {key} quits.",
            least=least,
            there=there,
            key=key,
        )
        return Text(typed(told))


class Room:
    """Covers the screen of a console while there is no room for it."""

    def __init__(self, app: LooksApp) -> None:
        self._app = app
        self.missing = False
        """Whether there is less than :data:`LEAST`."""

    def measure(self, size: Size) -> None:
        """The terminal has this size now."""
        self.missing = size.width < LEAST.width or size.height < LEAST.height
        self._app.set_class(self.missing, "-no-room")
        self.cover(self._app.screen)

    def cover(self, screen: Screen[Any]) -> None:
        """Cover a screen that has come on top, or uncover it."""
        covers = screen.query_children(NoRoom)
        if not self.missing:
            covers.remove()
        elif covers:
            covers.first().refresh()
        elif screen.is_mounted:
            screen.mount(NoRoom())
        else:
            screen.call_later(self.cover, screen)

    def keeps(self, event: events.Event) -> bool:
        """Whether this is typed, pasted or clicked at what nobody can see."""
        if not self.missing or not isinstance(event, (events.InputEvent, events.Paste)):
            return False
        return not isinstance(event, events.Key) or event.key not in quit_keys()
