"""The characters that are not letters, in a Unicode and an ASCII set, and the one way text reaches the screen."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache

from rmtui.settings import flag
from rmtui.text import plain
from rmtui.voice import grouped as group

__all__ = ["Glyphs", "ascii_wanted", "glyphs", "group", "show"]


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

_TYPOGRAPHY = str.maketrans({"…": "...", "“": '"', "”": '"', "’": "'", "–": "-", "—": "-", "·": "-", "→": "->", "×": "x", "│": "|"})


@cache
def ascii_wanted() -> bool:
    """Whether this terminal gets ASCII symbols: ``RMTUI_ASCII``, the Linux console, or an output that is not UTF-8."""
    if "RMTUI_ASCII" in os.environ:
        return flag(os.environ["RMTUI_ASCII"], "RMTUI_ASCII")
    encoding = (getattr(sys.__stdout__, "encoding", None) or "utf-8").replace("-", "").casefold()
    return os.environ.get("TERM") == "linux" or not encoding.startswith("utf")


def glyphs() -> Glyphs:
    """The set in use."""
    return ASCII if ascii_wanted() else UNICODE


def show(text: object, limit: int | None = None) -> str:
    """Text of whatever origin as it may be drawn: harmless, and with plain punctuation on an ASCII terminal."""
    return typed(plain(text, limit))


def typed(text: str) -> str:
    """Text of our own, with plain punctuation on an ASCII terminal."""
    return text.translate(_TYPOGRAPHY) if ascii_wanted() else text
