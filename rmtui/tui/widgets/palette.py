"""The command palette, with plain punctuation on an ASCII terminal."""

from __future__ import annotations

from textual.command import CommandPalette

from rmtui.tui.glyphs import typed

__all__ = ["CommandPalette", "Palette"]


class Palette(CommandPalette):
    """Textual's own, asking in characters that the terminal has."""

    def __init__(self) -> None:
        super().__init__(placeholder=typed("A command, a callsign or a code…"), id="--command-palette")
