"""The command palette, with plain punctuation on an ASCII terminal, and in the operator's language."""

from __future__ import annotations

from typing import Any, Self

from rich.align import Align
from rich.text import Text
from textual.app import ComposeResult
from textual.command import CommandList, CommandPalette
from textual.widgets import Input
from textual.widgets.option_list import Option

from rmtui.i18n import tr
from rmtui.tui.glyphs import typed

__all__ = ["CommandPalette", "Palette"]


class Commands(CommandList):
    """Textual's own, but that there is nothing is told in the operator's language."""

    def add_option(self, option: Any = None) -> Self:
        """Only what says that nothing was found cannot be chosen."""
        if isinstance(option, Option) and option.disabled:
            option = Option(Align.center(Text(tr("No matches found"), style="not bold")), disabled=True, id=option.id)
        return super().add_option(option)


class Palette(CommandPalette):
    """Textual's own, asking in characters that the terminal has."""

    def __init__(self) -> None:
        super().__init__(placeholder=typed(tr("A command, a callsign or a code…")), id="--command-palette")

    def compose(self) -> ComposeResult:
        """As Textual's, with a list of our own."""
        for widget in super().compose():
            yield Commands() if isinstance(widget, CommandList) else widget

    def on_mount(self) -> None:
        """Nothing blinks."""
        self.query_one(Input).cursor_blink = False
