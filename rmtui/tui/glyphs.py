"""The characters that are not letters, in a Unicode and an ASCII set."""

from __future__ import annotations

from dataclasses import dataclass

from rmtui.glyphs import ascii_wanted, show, typed
from rmtui.voice import grouped as group

__all__ = ["Glyphs", "ascii_wanted", "glyphs", "group", "show", "typed"]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of symbols; each is one column wide."""

    cursor: str
    mark: str
    pending: str
    done: str
    refused: str
    up: str
    down: str
    bar: str
    dot: str
    dots: str
    warning: str
    dash: str
    full: str
    empty: str
    mask: str
    """In place of a character of a secret."""


UNICODE = Glyphs("▸", "●", "○", "✓", "✗", "▴", "▾", "│", "·", "…", "▲", "–", "█", "░", "•")
ASCII = Glyphs(">", "*", "o", "+", "x", "^", "v", "|", "-", "...", "!", "-", "#", ".", "*")


def glyphs() -> Glyphs:
    """The set in use."""
    return ASCII if ascii_wanted() else UNICODE
