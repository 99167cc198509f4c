"""The characters that are not letters, in a Unicode and an ASCII set."""

from __future__ import annotations

from dataclasses import dataclass

from rmtui import glyphs as plain_lines
from rmtui.glyphs import ascii_wanted, charset, typed
from rmtui.i18n import english
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


def show(text: object, limit: int | None = None) -> str:
    """Text of whatever origin as it may be drawn.

    Letters that the terminal lacks are escaped, so that no name is taken for another; those of our own words are drawn as others.
    """
    drawn, letters = plain_lines.show(text, limit), charset()
    if letters == "utf-8" or drawn.isascii():
        return drawn
    known = english(text) if isinstance(text, str) else text
    theirs = set(drawn) if known is text else set(plain_lines.show(known))  # what our English does not have came with a value
    return "".join(char.encode(letters, "backslashreplace").decode(letters) if char in theirs else char for char in drawn)


def glyphs() -> Glyphs:
    """The set in use."""
    return ASCII if ascii_wanted() else UNICODE
