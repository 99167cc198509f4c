"""What an operator types to narrow a list: plain words, and words with a name, ``by:AURORA since:2h "two words"``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rmtui import clock
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr

__all__ = [
    "AUDIT",
    "CODES",
    "ENROLLMENTS",
    "PEOPLE",
    "POOLS",
    "ROLES",
    "Filter",
    "FilterError",
    "Word",
    "asks",
    "hint",
    "one_of",
    "parse",
    "problem",
    "typed",
]

MOST = 2_000
"""Characters a filter may have."""
MANY = 50
"""Words without a name a filter may have."""

NAME = re.compile(r"([^\W\d][\w-]*):")
"""What makes a word one with a name; ``12:30`` is none."""
BARE = re.compile(r"\S*")
SPACE = re.compile(r"\s*")


class FilterError(RmtuiError):
    """The filter cannot be understood; the list stays as it was."""

    title = later("Filter")


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
    told: str | None = ""
    """What stands behind it in the hint; None for one that is not told, since it is another's second name."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, read."""

    words: tuple[str, ...]
    """Those without a name, each once."""
    values: Mapping[str, Any]
    """What the others say, by the query's names."""

    @property
    def text(self) -> str:
        """The words without a name, a space between two."""
        return " ".join(self.words)


def parse(text: str, words: Sequence[Word]) -> Filter:
    """Read a filter. A quotation mark that is not closed quotes up to the end, since somebody may still be typing.

    :raises FilterError: a name is unknown or comes twice, a value is missing or makes no sense, or the filter is too long.
    """
    if len(text) > MOST:
        raise FilterError(
            tr(
                "The filter is too long: it has {count} characters, and takes {most}. Nothing was looked for.",
                count=f"{len(text):,}",
                most=f"{MOST:,}",
            )
        )
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
            names = ", ".join(f"{each.name}:" for each in words if each.told is not None)
            if "," in names:
                told = tr(
                    "There is no filter “{name}:”; there are {names}. A text that holds a colon goes in quotation marks.",
                    name=named[1],
                    names=names,
                )
            else:
                told = tr(
                    "There is no filter “{name}:”; there is {names}. A text that holds a colon goes in quotation marks.",
                    name=named[1],
                    names=names,
                )
            raise FilterError(told)
        if word.field in values:
            raise FilterError(tr("The filter says “{name}:” twice; once is enough.", name=word.name))
        values[word.field] = _read(word, value)
    found = tuple(dict.fromkeys(each for each in plain if each))
    if len(found) > MANY:
        raise FilterError(
            tr(
                "The filter is too long: it has {count} words, and takes {most}. Nothing was looked for.",
                count=f"{len(found):,}",
                most=MANY,
            )
        )
    return Filter(found, values)


def problem(text: str, words: Sequence[Word]) -> str:
    """Why a filter cannot be understood, as a sentence; empty when it can."""
    try:
        parse(text, words)
    except FilterError as error:
        return error.sentence
    return ""


def typed(text: str, words: Sequence[Word]) -> Mapping[str, Any]:
    """What a filter fixes, by the query's names; nothing where it cannot be understood."""
    try:
        return parse(text, words).values
    except FilterError:
        return {}


def asks(text: str, words: Sequence[Word], field: str) -> str:
    """What a filter fixes of one thing, as it is typed, such as ``state:rejected``; empty where it leaves that open."""
    value = typed(text, words).get(field)
    return "" if value is None else f"{next(word.name for word in words if word.field == field)}:{value}"


def hint(words: Sequence[Word]) -> str:
    """What can be typed, as one line: ``text, state: role: pool: older:2h``."""
    return tr("text, {words}", words=" ".join(f"{word.name}:{word.told}" for word in words if word.told is not None))


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
        raise FilterError(tr("The filter “{name}:” says nothing; write it as in {name}:{example}.", name=word.name, example=word.example))
    try:
        return word.read(value)
    except (ValueError, OverflowError) as error:
        raise FilterError(
            tr("The filter “{name}:{value}” is not understood; it takes {what}.", name=word.name, value=value, what=error.args[0])
        ) from None


def one_of(*choices: str) -> Callable[[str], str]:
    """Reads one of a few words, whatever the case."""

    def read(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(tr("{words} or {last}", words=", ".join(choices[:-1]), last=choices[-1]))
        return value.lower()

    return read


def _moment(value: str) -> Any:
    try:
        return clock.read(value, clock.utcnow())
    except (ValueError, OverflowError):
        raise ValueError(tr(clock.READABLE)) from None


def _days(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 5):
        raise ValueError(tr("a number of days, from 0 to 99999"))
    return int(value)


def _state(*choices: str) -> Word:
    return Word("state", "state", choices[0], one_of(*choices, "all"))


OLDER = Word("older", "older", "2h", _moment, told="2h")
"""Only rows made before this."""
NEWER = Word("newer", "newer", "2h", _moment)
"""Only rows made since this."""
POOL = Word("pool", "pool", "KOIO2345")
"""Only what has to do with the invite of this code, as it is read aloud."""
ROLE = Word("role", "role", "medic")
"""Only what has to do with this role, exactly."""

AUDIT = (
    Word("by", "operator", "AURORA"),
    Word("on", "target", "RAVEN"),
    Word("action", "action", "approve"),
    Word("outcome", "outcome", "refused", one_of("done", "refused", "failed")),
    Word("since", "since", "2h", _moment, told="2h"),
    Word("until", "until", "2026-11-20", _moment, told="2026-11-20"),
)
"""The names that the audit trail's filter knows; the fields are those of :class:`~rmtui.services.types.AuditQuery`."""

ENROLLMENTS = (
    _state("pending", "approved", "rejected"),
    ROLE,
    POOL,
    OLDER,
    NEWER,
    Word("by", "by", "AURORA"),
    Word("csr", "csr", "yes", one_of("yes", "no")),
)
"""``role`` is of the person they became; ``by`` is who decided, whatever the case."""

_PERSON = _state("active", "revoked")
PEOPLE = (
    _PERSON,
    replace(_PERSON, name="status", told=None),
    ROLE,
    POOL,
    OLDER,
    NEWER,
    Word("expiring", "expiring", "30", _days, told="30"),
    Word("reason", "reason", "keyCompromise"),
)
"""``expiring`` is in how many days the certificate runs out; ``reason`` is of the revocation, whatever the case."""

POOLS = (_state("active", "disabled", "deleted"), Word("owner", "owner", "AURORA"), POOL, OLDER, NEWER)
"""``owner`` is a callsign, whatever the case."""

CODES = (_state("unused", "used", "burnt"), Word("for", "whom", "RAVEN"), Word("by", "by", "AURORA"), OLDER, NEWER)
"""``for`` is a callsign, or ``admin`` for those that make one; ``by`` is who made it; both whatever the case."""

ROLES = (ROLE,)
