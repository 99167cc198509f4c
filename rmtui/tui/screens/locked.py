"""What stands before an idle console where nobody had to prove who they are: it hides, and opens again with Enter."""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen

from rmtui.i18n import later, tr
from rmtui.tui.dialogs.base import STYLES, prose
from rmtui.tui.glyphs import show
from rmtui.tui.keynames import key_of

__all__ = ["LockScreen"]


class LockScreen(Screen[bool]):
    """Hides what was on the screen."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES, "signin.tcss"]
    BINDING_GROUP_TITLE = later("Locked")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "unlock", later("Go on"), id="locked.unlock", show=False, tooltip=later("Back to where you were")),
    ]

    def __init__(self, why: str, operator: str) -> None:
        super().__init__()
        self._why, self._operator = why, operator
        self.passed = False
        """Whether somebody got past it; what follows is under way."""

    def compose(self) -> ComposeResult:
        """Why, and the way back."""
        with Vertical(id="signin"):
            yield prose(tr("Locked"), classes="title")
            yield prose(show(self._why))
            way = tr("Enter goes on where you were, {leave} quits.", leave=key_of("app.quit", "q"))
            whose = tr("{operator} is only a name here, so nothing is asked for.", operator=show(self._operator))
            yield prose(f"{whose} {way}" if self._operator else way)

    def action_unlock(self) -> None:
        """Back."""
        self.passed = True
        self.dismiss(True)
