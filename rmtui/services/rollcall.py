"""Roll-call: a list of callsigns that are expected, held against who is in and who waits."""

from __future__ import annotations

import enum
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment, EnrollmentState
from rmtui.db.middleware import connected
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import joined, later, tr
from rmtui.services import windows
from rmtui.text import callsign_problem, fold, plain, skeleton

__all__ = ["LONGEST_LIST", "Group", "ListRefused", "RollCall", "RollRow", "compare", "read"]

LONGEST_LIST: Final = 10_000
"""Callsigns that a list may have."""
MOST_LOOKALIKES: Final = 5


class ListRefused(RmtuiError):
    """The list of callsigns cannot be used."""

    title = later("Roll-call")


class Group(enum.StrEnum):
    """How somebody stands to the list."""

    JOINED = "joined"
    """Expected, and in."""
    PENDING = "pending"
    """Expected, and waits."""
    GONE = "gone"
    """Expected, but rejected or revoked."""
    MISSING = "missing"
    """Expected, and nothing was heard."""
    UNEXPECTED_PENDING = "unexpected-pending"
    """Waits, and is not on the list."""
    UNEXPECTED_JOINED = "unexpected-joined"
    """Is in, and is not on the list."""


@dataclass(frozen=True, slots=True)
class RollRow:
    """One of those on the list, or one who is not on it."""

    group: Group
    callsign: str
    """As the record has it; as the list has it when nothing was heard. Foreign text."""
    kind: Literal["enrollment", "person", ""]
    """What record ``pk`` is of; empty when nothing was heard."""
    pk: uuid.UUID | None
    note: str = ""
    """What else there is to know, as a harmless sentence: whom they look like, whether they were rejected or revoked."""


@dataclass(frozen=True, slots=True)
class RollCall:
    """Everybody on the list, in its order, then who is not on it, by callsign."""

    rows: tuple[RollRow, ...]

    def group(self, group: Group) -> tuple[RollRow, ...]:
        """Those who stand so."""
        return tuple(row for row in self.rows if row.group is group)

    @property
    def complete(self) -> bool:
        """Whether everybody on the list is in, and nobody is in or waits who is not on it."""
        return all(row.group is Group.JOINED for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Record:
    """What the database has under a callsign."""

    group: Group
    callsign: str
    kind: Literal["enrollment", "person"]
    pk: uuid.UUID
    word: str
    """``in``, ``pending``, ``revoked``, ``rejected``."""


_WORDS = (later("in"), later("revoked"), later("pending"), later("rejected"))
"""What somebody is, a word of data."""
_FIRST = (("person", "in"), ("enrollment", "pending"), ("person", "revoked"), ("enrollment", "rejected"))
"""What counts of several records of the same callsign, the most telling first."""


def read(text: str) -> tuple[str, ...]:
    """The callsigns of a list: one a line, or the first column of CSV; # begins a comment; doublets count once.

    :raises ListRefused: it is empty or too long, or a line holds no callsign.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        callsign = _first_column(line)
        if not callsign or (not found and fold(callsign) == "callsign"):
            continue
        problem = callsign_problem(callsign)
        if problem is not None:
            raise ListRefused(
                tr(
                    "Line {number} holds no callsign: “{callsign}”, since {problem}. Nobody was looked up.",
                    number=number,
                    callsign=plain(callsign, 40),
                    problem=problem,
                )
            )
        found.setdefault(fold(callsign), callsign)
        if len(found) > LONGEST_LIST:
            raise ListRefused(
                tr("The list has more than {most} callsigns. Nobody was looked up; take a part of it.", most=f"{LONGEST_LIST:,}")
            )
    if not found:
        raise ListRefused(tr("There are no callsigns in the list. Write one a line."))
    return tuple(found.values())


def _first_column(line: str) -> str:
    for mark in "#\t,;":  # no callsign holds any of them
        line = line.partition(mark)[0]
    return unicodedata.normalize("NFC", line.strip().strip('"').strip())


@connected
def compare(callsigns: Sequence[str]) -> RollCall:
    """Hold a list against the records: two queries, however long it is."""
    wanted = {fold(callsign): callsign for callsign in callsigns}
    skeletons = {skeleton(callsign) for callsign in wanted}
    best: dict[str, _Record] = {}
    strangers: list[_Record] = []
    near: dict[str, list[_Record]] = {}
    for record in _records():
        folded = fold(record.callsign)
        if folded in wanted:
            best[folded] = min((each for each in (best.get(folded), record) if each), key=_rank)
            continue
        if record.word in {"in", "pending"}:
            strangers.append(record)
        if (seen := skeleton(folded)) in skeletons:
            near.setdefault(seen, []).append(record)
    rows = [_expected(callsign, best.get(folded), near.get(skeleton(folded), ())) for folded, callsign in wanted.items()]
    strangers.sort(key=lambda record: (record.word, fold(record.callsign), record.callsign))
    return RollCall((*rows, *(_stranger(record) for record in strangers)))


def _rank(record: _Record) -> int:
    return _FIRST.index((record.kind, record.word))


def _records() -> Iterator[_Record]:
    """Everybody who is or was in, and every enrolment that waits or was rejected."""
    for pk, callsign, deleted in db.execute(Person.select(Person.pk, Person.callsign, Person.deleted)):
        gone = deleted is not None
        yield _Record(Group.GONE if gone else Group.JOINED, callsign, "person", windows.to_uuid(pk), "revoked" if gone else "in")
    undecided = (Enrollment.state != EnrollmentState.APPROVED.value) & Enrollment.deleted.is_null()
    for pk, callsign, state in db.execute(Enrollment.select(Enrollment.pk, Enrollment.callsign, Enrollment.state).where(undecided)):
        waits = state == EnrollmentState.PENDING.value
        group = Group.PENDING if waits else Group.GONE
        yield _Record(group, callsign, "enrollment", windows.to_uuid(pk), "pending" if waits else "rejected")


def _expected(callsign: str, record: _Record | None, near: Iterable[_Record]) -> RollRow:
    if record is None:
        others = sorted({tr("{callsign}, who is {word}", callsign=plain(each.callsign, 80), word=tr(each.word)) for each in near})[
            :MOST_LOOKALIKES
        ]
        note = tr("{callsign} looks like {others}.", callsign=plain(callsign, 80), others=joined(others, "; ")) if others else ""
        return RollRow(Group.MISSING, callsign, "", None, note)
    note = tr("{callsign} was {word}.", callsign=plain(record.callsign, 80), word=tr(record.word)) if record.group is Group.GONE else ""
    return RollRow(record.group, record.callsign, record.kind, record.pk, note)


def _stranger(record: _Record) -> RollRow:
    group = Group.UNEXPECTED_PENDING if record.word == "pending" else Group.UNEXPECTED_JOINED
    return RollRow(group, record.callsign, record.kind, record.pk)
