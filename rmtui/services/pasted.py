"""What somebody typed or pasted, read for approve codes: a bare code, an approval link, a chat line that holds either."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from urllib.parse import parse_qsl, unquote

from rmtui.text import CODE_ALPHABET, fold, normalise_code, plain
from rmtui.voice import unspell

__all__ = ["LONGEST_LINE", "Line", "Link", "read_line"]

LONGEST_LINE: Final = 2_000
"""Characters of a line that is read."""
MOST_WORDS: Final = 200
"""Words of a line that are taken for callsigns."""
SHOWN: Final = 60
"""Characters of a line that are shown."""

_WORD: Final = re.compile(r"\S+")
_TOKEN: Final = re.compile(r"[^\W_]+(?:[\-\u2010-\u2015][^\W_]+)*")
_GAP: Final = re.compile(r"[\s\-\u2010-\u2015]+")
_LINK_CODE: Final = re.compile(r"(?<=[?&#])(?!callsign=)([^=&#]*=[^&#]{0,2}|)[^&#]*", re.IGNORECASE)
_ALPHABET: Final = frozenset(CODE_ALPHABET)
_AFTER_A_LINK: Final = "()[]<>{}.,;:!?\"'«»“”’*"

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Link:
    """An approval link."""

    code: str
    callsign: str
    """Foreign text; empty when the link names nobody, or more than one."""

    def names(self, callsign: str) -> bool:
        """Whether this is whom it names; punctuation after the link may have stuck to it."""
        wanted = fold(callsign)
        return wanted in {fold(self.callsign), fold(self.callsign.rstrip(_AFTER_A_LINK))}


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One line, read. It has no repr, since it holds codes."""

    text: str
    links: Mapping[Span, Link]
    codes: Mapping[str, Span]
    """What may be codes outside links, and where each stands."""
    near: tuple[Span, ...]
    """Words about as long as a code: one that was mistyped is a secret too."""

    @property
    def candidates(self) -> frozenset[str]:
        """Everything that may be a code."""
        return frozenset(self.codes).union(link.code for link in self.links.values())

    @property
    def names(self) -> frozenset[str]:
        """Words, pairs of words, and what stands between other signs than letters, that may be somebody's callsign, folded."""
        found = [word for word, _ in zip(_WORD.finditer(self.text), range(MOST_WORDS), strict=False)]
        words = [fold(word[0].strip(_AFTER_A_LINK)) for word in found]
        parts = [fold(part) for word in found if word.span() not in self.links for part in _TOKEN.findall(word[0])]
        return frozenset({*words, *parts, *(" ".join(pair) for pair in pairwise(words))} - {""})

    def shown(self, matched: Collection[str]) -> str:
        """The line made harmless and short, with the codes in it hidden but for how they begin: those that matched, or else all."""
        chars = list(self.text)
        hidden = [span for code, span in self.codes.items() if code in matched] if matched else [*self.codes.values(), *self.near]
        for start, end in hidden:
            for place in range(start + 2, end):
                chars[place] = "•" if chars[place].isalnum() else chars[place]
        for start, end in self.links:
            query = "?" + "".join(self.text[start:end].partition("?")[2:])
            chars[start:end] = [_LINK_CODE.sub(r"\1…", unquote(query)), *[""] * (end - start - 1)]
        return plain("".join(chars).strip(), SHOWN)


def read_line(text: str, size: int) -> Line:
    """Read a line of at most :data:`LONGEST_LINE` characters.

    :param size: how long a code is.
    """
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")  # chats put direction marks around names
    links: dict[Span, Link] = {}
    rest = text
    for word in _WORD.finditer(text):
        link = _link(word[0])
        if link is not None:
            links[word.span()] = link
            rest = rest[: word.start()] + "|" * len(word[0]) + rest[word.end() :]
    codes: dict[str, Span] = {}
    for candidate, span in _candidates(rest, size):
        if len(candidate) == size and _ALPHABET.issuperset(candidate):
            codes.setdefault(candidate, span)
    near = tuple(match.span() for match in _TOKEN.finditer(rest) if abs(len(_code(match[0])) - size) <= 2)
    return Line(text, links, codes, near)


def _link(word: str) -> Link | None:
    named = unquote(word).lower()
    if "approvalcode=" not in named and "callsign=" not in named:
        return None
    query = word.replace("&amp;", "&").partition("?")[2].partition("#")[0]
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        fields = []
    codes = {_leading(normalise_code(value)) for name, value in fields if name.lower() == "approvalcode"}
    callsigns = {value for name, value in fields if name.lower() == "callsign"}
    only = len(codes) == 1 and len(callsigns) == 1
    return Link(codes.pop(), callsigns.pop()) if only else Link("", "")


def _leading(text: str) -> str:
    """What of a text may be a code; punctuation after a link sticks to its last value."""
    end = next((place for place, char in enumerate(text) if char not in _ALPHABET), len(text))
    return text[:end]


def _candidates(text: str, size: int) -> Iterator[tuple[str, Span]]:
    """What may be a code, and where: words, neighbouring halves, the line as a whole, and codes that are spelt out."""
    found = [(match.span(), _code(match[0])) for match in _TOKEN.finditer(text)]
    for place, (span, code) in enumerate(found):
        yield code, span
        if place and len(code) * 2 == size and len(found[place - 1][1]) * 2 == size:
            before, start = found[place - 1][1], found[place - 1][0]
            if _GAP.fullmatch(text[start[1] : span[0]]):
                yield before + code, (start[0], span[1])
    if found:
        yield _code(text), (found[0][0][0], found[-1][0][1])
    yield from _spelt(((span, unspell(text[slice(*span)]) or code) for span, code in found), size)


def _spelt(signs: Iterable[tuple[Span, str]], size: int) -> Iterator[tuple[str, Span]]:
    run: list[tuple[Span, str]] = []
    for span, sign in signs:
        run = [*run, (span, sign)][-size:] if len(sign) == 1 else []
        if len(run) == size:
            yield normalise_code("".join(each for _, each in run)), (run[0][0][0], span[1])


def _code(text: str) -> str:
    return normalise_code(unicodedata.normalize("NFKC", text))
