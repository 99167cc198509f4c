"""Names, moments and codes, worded for who hears them."""

from __future__ import annotations

import datetime as dt
import unicodedata

from rmtui import clock
from rmtui.glyphs import show
from rmtui.i18n import language, later, tr, trn
from rmtui.services.types import State
from rmtui.text import callsign_problem
from rmtui.voice import Alphabet, grouped, spell

__all__ = ["STATES", "ago", "by_letters", "code", "moment", "name", "told_code"]

STATES = {State.PENDING: later("pending"), State.APPROVED: later("approved"), State.REJECTED: later("rejected")}
"""Of an enrolment."""


def name(callsign: str, limit: int = 64) -> str:
    """A callsign; in quotation marks where it could be taken for more than one word of ours."""
    shown = show(callsign, limit)
    return f'"{shown}"' if callsign_problem(callsign) else shown


def ago(when: dt.datetime) -> str:
    """How long ago something was, in words."""
    seconds = max(int((clock.utcnow() - when).total_seconds()), 0)
    if seconds < 60:
        return trn("{n} second ago", "{n} seconds ago", seconds)
    if seconds < 3_600:
        return trn("{n} minute ago", "{n} minutes ago", seconds // 60)
    if seconds < 2 * 86_400:
        return trn("{n} hour ago", "{n} hours ago", seconds // 3_600)
    return trn("{n} day ago", "{n} days ago", seconds // 86_400)


def moment(when: dt.datetime | None) -> str:
    """A moment, and how long ago it was; empty for none."""
    if when is None:
        return ""
    stamp = clock.stamp(when)
    return stamp if when > clock.utcnow() else tr("{ago}, {stamp}", ago=ago(when), stamp=stamp)


def code(text: str) -> str:
    """A code in groups of four."""
    return grouped(show(text))


def told_code(text: str) -> str:
    """A code spelt for the ear, in the alphabet of the operator's language."""
    return ", ".join(spell(text, _alphabet()))


def _alphabet() -> Alphabet:
    return "finnish" if language() == "fi" else "nato"


def by_letters(callsign: str) -> str:
    """A callsign sign by sign, so that those that sound or look alike are told apart."""
    return ", ".join(_sign(char) for char in show(callsign))


def _sign(char: str) -> str:
    if not (char.isascii() and char.isalnum()) and char not in "ÅÄÖåäö":  # others become one of these in upper case
        return unicodedata.name(char, tr("a sign without a name")).lower()
    word = spell(char, _alphabet())[0]
    if word == char:
        return unicodedata.name(char).lower()
    return tr("small {letter}", letter=word) if char.islower() else word
