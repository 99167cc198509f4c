"""How text of whatever origin reaches a terminal: harmless, and with plain punctuation where the terminal has no other."""

from __future__ import annotations

import codecs
import os
import sys
from functools import cache

from rmtui import settings
from rmtui.text import plain

__all__ = ["ascii_wanted", "charset", "plainer", "show", "typed"]

_TYPOGRAPHY = str.maketrans({"…": "...", "“": '"', "”": '"', "’": "'", "–": "-", "—": "-", "·": "-", "→": "->", "×": "x", "│": "|"})


def ascii_wanted() -> bool:
    """Whether this terminal gets ASCII symbols: as was asked, or where it or the locale has no others."""
    chosen = settings.current().ascii
    return _ascii_only() if chosen is None else chosen


@cache
def _ascii_only() -> bool:
    """The Linux console, the terminals of old, and a locale or an output that is not UTF-8."""
    term = os.environ.get("TERM", "")
    return term == "linux" or term.startswith("vt") or not _encoding().startswith("utf") or _c_locale()


def _c_locale() -> bool:
    """Python takes the C locale, and one that this host does not have, for UTF-8: that it did so is all that tells."""
    return bool(sys.flags.utf8_mode) and os.environ.get("PYTHONUTF8") != "1" and "utf8" not in sys._xoptions


def charset() -> str:
    """What the terminal takes its letters in, as the locale says; UTF-8 where somebody said that it has more than ASCII."""
    return "utf-8" if settings.current().ascii is False else _charset()


@cache
def _charset() -> str:
    if not _c_locale():
        return _known(_encoding())
    given = os.environ.get("LC_CTYPE", "")  # which Python itself sets to a locale of UTF-8
    locale = os.environ.get("LC_ALL") or ("" if given.casefold() in {"c.utf-8", "c.utf8", "utf-8"} else given) or os.environ.get("LANG", "")
    return _known(locale.partition(".")[2].partition("@")[0])


def _known(name: str) -> str:
    """A charset that has ASCII as it is, by the name it goes by; ASCII itself where there is none of that name."""
    try:
        found = codecs.lookup(name).name
        return found if "\x1b[m".encode(found) == b"\x1b[m" else "ascii"
    except (LookupError, ValueError):
        return "ascii"


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
    return plainer(text) if ascii_wanted() else text


def plainer(text: str) -> str:
    """Text with the punctuation of a typewriter."""
    return text.translate(_TYPOGRAPHY)
