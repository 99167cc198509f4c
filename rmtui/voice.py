"""Codes spelt for the ear: a word for each letter and digit, as they are said on a radio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

__all__ = ["ALPHABETS", "Alphabet", "grouped", "spell", "unspell"]

Alphabet = Literal["nato", "finnish"]
"""``nato`` is the ICAO's alphabet with plain English digits, ``finnish`` that of Finnish radio traffic."""

ALPHABETS: Final[tuple[Alphabet, ...]] = get_args(Alphabet)

_NATO = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra "
    "Tango Uniform Victor Whiskey X-ray Yankee Zulu Zero One Two Three Four Five Six Seven Eight Nine"
)
_FINNISH = (
    "Aarne Bertta Celsius Daavid Eemeli Faarao Gideon Heikki Iivari Jussi Kalle Lauri Matti Niilo Otto Paavo Kuu Risto Sakari "
    "Tyyne Urho Vihtori Viski Äksä Yrjö Tseta nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän Åke Äiti Öljy"
)
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ÅÄÖ"
_WORDS: Final[Mapping[Alphabet, Mapping[str, str]]] = {
    "nato": dict(zip(_SIGNS, _NATO.split(), strict=False)),
    "finnish": dict(zip(_SIGNS, _FINNISH.split(), strict=True)),
}
_SPOKEN: Final = {word.casefold(): sign for words in _WORDS.values() for sign, word in words.items()} | {
    "alpha": "A",
    "juliet": "J",
    "whisky": "W",
    "xray": "X",
}


def grouped(code: str) -> str:
    """A code in groups of four, as it is read and typed."""
    return " ".join(code[place : place + 4] for place in range(0, len(code), 4))


def spell(code: str, alphabet: Alphabet) -> tuple[str, ...]:
    """A word for each character of a code; what the alphabet has no word for stays as it is."""
    words = _WORDS[alphabet]
    return tuple(words.get(char.upper(), char) for char in code)


def unspell(word: str) -> str | None:
    """The letter or digit that a word of either alphabet stands for; None when it stands for none."""
    return _SPOKEN.get(word.casefold())
