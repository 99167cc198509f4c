"""The letters of a terminal that has not all of them: others stand in for the rest, in as many cells."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import split_graphemes

from rmtui.glyphs import plainer

__all__ = ["fitted"]


def fitted(text: str, charset: str) -> str:
    """Text that a terminal of this charset can show, no wider and no narrower than it was."""
    if text.isascii() or _has(charset, text):
        return text
    return "".join(_stand_in(text[start:end], size, charset) for start, end, size in split_graphemes(text)[0])


def _has(charset: str, text: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(1024)
def _stand_in(letter: str, size: int, charset: str) -> str:
    """The letter without its marks, or plainer punctuation; a question mark in each cell where neither is of its size."""
    composed = unicodedata.normalize("NFC", letter)
    if _has(charset, composed):
        return composed
    bare = "".join(char for char in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(char))
    return next((other for other in (plainer(letter), bare) if other.isascii() and other.isprintable() and len(other) == size), "?" * size)
