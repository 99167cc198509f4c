"""The command palette, with plain punctuation on an ASCII terminal, and in the operator's language."""

from __future__ import annotations

from typing import Any, Self

from rich.align import Align
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.command import CommandList, CommandPalette
from textual.widgets import Input
from textual.widgets.option_list import Option

from rmtui.i18n import tr
from rmtui.tui.glyphs import typed
from rmtui.tui.link.listing import NOT_YET, TypedAhead
from rmtui.tui.link.scene import Scene

__all__ = ["CommandPalette", "Palette"]

TAKING = "enter"
CHOOSING = {TAKING, "up", "down", "pageup", "pagedown", "ctrl+home", "ctrl+end", "shift+home", "shift+end"}
"""Keys that are for what was found, not for the text."""


class Commands(CommandList):
    """Textual's own, but that there is nothing is told in the operator's language."""

    def add_option(self, option: Any = None) -> Self:
        """Only what says that nothing was found cannot be chosen."""
        if isinstance(option, Option) and option.disabled:
            option = Option(Align.center(Text(tr("No matches found"), style="not bold")), disabled=True, id=option.id)
        return super().add_option(option)


class Palette(CommandPalette, TypedAhead):
    """Textual's own, asking in characters that the terminal has; nothing is chosen from what was found for another text."""

    def __init__(self) -> None:
        super().__init__(placeholder=typed(tr("A command, a callsign or a code…")), id="--command-palette")
        self._sought = ""

    def compose(self) -> ComposeResult:
        """As Textual's, with a list of our own."""
        for widget in super().compose():
            yield Commands() if isinstance(widget, CommandList) else widget

    @on(Input.Changed)
    def _seek(self, event: Input.Changed) -> None:
        self._sought = event.value

    @property
    def _seeking(self) -> bool:
        """Whether what there is for the text that stands there is not in the list yet."""
        begun = self.query_one(Input).value == self._sought
        return not begun or any(worker.node is self and not worker.is_finished for worker in self.workers)

    def early(self, key: str) -> bool:
        """What chooses waits for what is found."""
        return key in CHOOSING and self._seeking

    def unseen(self, key: str, _seen: Scene | None) -> str:
        """What is not there yet is not taken."""
        return tr(NOT_YET) if key == TAKING and self._seeking else ""

    def on_mount(self) -> None:
        """Nothing blinks."""
        self.query_one(Input).cursor_blink = False
