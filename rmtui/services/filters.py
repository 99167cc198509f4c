"""What an operator types to narrow a list: plain words, and words with a name, ``by:AURORA since:2h "two words"``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rmtui import clock
from rmtui.errors import RmtuiError

__all__ = ["AUDIT", "Filter", "FilterError", "Word", "one_of", "parse"]

NAME = re.compile(r"([^\W\d][\w-]*):")
"""What makes a word one with a name; ``12:30`` is none."""
BARE = re.compile(r"\S*")
SPACE = re.compile(r"\s*")


class FilterError(RmtuiError):
    """The filter cannot be understood; the list stays as it was."""

    title = "Filter"


@dataclass(frozen=True, slots=True)
class Word:
    """A name that a list's filter knows."""

    name: str
    """As it is typed, without the colon."""
    field: str
    """What the list's query calls it."""
    example: str
    """A value, for who typed none."""
    read: Callable[[str], Any] = str
    """Reads the value; a ``ValueError`` says what it takes, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, read."""

    text: str
    """The words without a name, a space between two."""
    values: Mapping[str, Any]
    """What the others say, by the query's names."""


def parse(text: str, words: Sequence[Word]) -> Filter:
    """Read a filter. A quotation mark that is not closed quotes up to the end, since somebody may still be typing.

    :raises FilterError: a name is unknown or comes twice, or a value is missing or makes no sense.
    """
    known = {word.name: word for word in words}
    plain: list[str] = []
    values: dict[str, Any] = {}
    place = _skip(text, 0)
    while place < len(text):
        named = NAME.match(text, place)
        value, place = _value(text, named.end() if named else place)
        if named is None:
            plain.append(value)
            continue
        word = known.get(named[1].lower())
        if word is None:
            names = ", ".join(f"{name}:" for name in known)
            raise FilterError(f"There is no filter “{named[1]}:”; there are {names}. A text that holds a colon goes in quotation marks.")
        if word.field in values:
            raise FilterError(f"The filter says “{word.name}:” twice; once is enough.")
        values[word.field] = _read(word, value)
    return Filter(" ".join(each for each in plain if each), values)


def _skip(text: str, place: int) -> int:
    found = SPACE.match(text, place)
    return found.end() if found else place


def _value(text: str, place: int) -> tuple[str, int]:
    """The value that begins here, and where the next word does."""
    if text.startswith('"', place):
        end = text.find('"', place + 1)
        end = len(text) if end < 0 else end
        return text[place + 1 : end], _skip(text, min(end + 1, len(text)))
    found = BARE.match(text, place)
    end = found.end() if found else len(text)
    return text[place:end], _skip(text, end)


def _read(word: Word, value: str) -> Any:
    if not value.strip():
        raise FilterError(f"The filter “{word.name}:” says nothing; write it as in {word.name}:{word.example}.")
    try:
        return word.read(value)
    except (ValueError, OverflowError) as error:
        raise FilterError(f"The filter “{word.name}:{value}” is not understood; it takes {error}.") from None


def one_of(*choices: str) -> Callable[[str], str]:
    """Reads one of a few words, whatever the case."""

    def read(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"{', '.join(choices[:-1])} or {choices[-1]}")
        return value.lower()

    return read


def _moment(value: str) -> Any:
    from rmtui.services.trail import moment

    try:
        return moment(value, clock.utcnow())
    except (ValueError, OverflowError):
        raise ValueError("2h, 3d and the like, or a date, 2026-11-20 or 2026-11-20T10:00") from None


AUDIT = (
    Word("by", "operator", "AURORA"),
    Word("on", "target", "RAVEN"),
    Word("action", "action", "approve"),
    Word("outcome", "outcome", "refused", one_of("done", "refused", "failed")),
    Word("since", "since", "2h", _moment),
    Word("until", "until", "2026-11-20", _moment),
)
"""The names that the audit trail's filter knows; the fields are those of :class:`~rmtui.services.types.AuditQuery`."""
