"""How text of whatever origin reaches a terminal: harmless, and with plain punctuation where the terminal has no other."""

from __future__ import annotations

import os
import sys
from functools import cache

from rmtui import settings
from rmtui.text import plain

__all__ = ["ascii_wanted", "show", "typed"]

_TYPOGRAPHY = str.maketrans({"…": "...", "“": '"', "”": '"', "’": "'", "–": "-", "—": "-", "·": "-", "→": "->", "×": "x", "│": "|"})


def ascii_wanted() -> bool:
    """Whether this terminal gets ASCII symbols: as was asked, or where it or the locale has no others."""
    chosen = settings.current().ascii
    return _ascii_only() if chosen is None else chosen


@cache
def _ascii_only() -> bool:
    """The Linux console, the terminals of old, and a locale or an output that is not UTF-8.

    Python takes the C locale for UTF-8: that it did so is all that tells.
    """
    term = os.environ.get("TERM", "")
    c_locale = bool(sys.flags.utf8_mode) and os.environ.get("PYTHONUTF8") != "1" and "utf8" not in sys._xoptions
    return term == "linux" or term.startswith("vt") or not _encoding().startswith("utf") or c_locale


@cache
def _encoding() -> str:
    return (getattr(sys.__stdout__, "encoding", None) or "utf-8").casefold()


def show(text: object, limit: int | None = None) -> str:
    """Text of whatever origin as it may be drawn: harmless, and with plain punctuation on an ASCII terminal.

    Letters that the output cannot encode are escaped here, and not when they are written, so that their width is known.
    """
    drawn = typed(plain(text, limit))
    return drawn if _encoding().startswith("utf") else drawn.encode(_encoding(), "backslashreplace").decode(_encoding())


def typed(text: str) -> str:
    """Text of our own, with plain punctuation on an ASCII terminal."""
    return text.translate(_TYPOGRAPHY) if ascii_wanted() else text
