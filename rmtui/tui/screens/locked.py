"""What stands before an idle console where nobody had to prove who they are: it hides, and opens again with Enter."""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen

from rmtui.tui.dialogs.base import STYLES, prose
from rmtui.tui.glyphs import show

__all__ = ["LockScreen"]


class LockScreen(Screen[bool]):
    """Hides what was on the screen."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES, "signin.tcss"]
    BINDING_GROUP_TITLE = "Locked"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "unlock", "Go on", id="locked.unlock", show=False, tooltip="Back to where you were"),
    ]

    def __init__(self, why: str, operator: str) -> None:
        super().__init__()
        self._why, self._operator = why, operator

    def compose(self) -> ComposeResult:
        """Why, and the way back."""
        with Vertical(id="signin"):
            yield prose("Locked", classes="title")
            yield prose(show(self._why))
            whose = f"{show(self._operator)} is only a name here, so nothing is asked for. " if self._operator else ""
            yield prose(f"{whose}Enter goes on where you were, q quits.")

    def action_unlock(self) -> None:
        """Back."""
        self.dismiss(True)
