"""Going straight to somebody: by a part of the callsign, by an approve code, by an invite."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from rmtui import settings
from rmtui.db.enrollments import Enrollment
from rmtui.db.errors import NotFound
from rmtui.db.middleware import connected
from rmtui.services import enrollments, people, pools
from rmtui.services.pools import PoolRow
from rmtui.services.types import EnrollmentQuery, EnrollmentRow, PeopleQuery, PersonRow
from rmtui.text import normalise_code, storable

__all__ = ["Found", "find"]

LONGEST = 200
"""Characters of a text that may be a part of a callsign."""
FEW = 8
"""Rows of a kind that are found at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row that somebody may have meant."""

    kind: Literal["enrolment", "person", "invite"]
    row: EnrollmentRow | PersonRow | PoolRow
    by_code: bool = False
    """Whether it is what a whole code stands for."""


@connected
def find(text: str) -> tuple[Found, ...]:
    """Whom a text may mean: those whose code it is first, then enrolments and people whose callsign holds it."""
    text = " ".join(text.replace('"', " ").split())
    if not text or len(text) > LONGEST or not storable(text):
        return ()
    found = _by_code(text)
    words = f'"{text}"'
    found += [Found("enrolment", row) for row in enrollments.list_enrollments(EnrollmentQuery(state=None, text=words), limit=FEW).rows]
    found += [Found("person", row) for row in people.list_people(PeopleQuery(status="all", text=words), limit=FEW).rows]
    return tuple(found)


def _by_code(text: str) -> list[Found]:
    code = normalise_code(text)
    if len(code) != settings.current().code_size:
        return []
    found: list[Found] = []
    enrolled = Enrollment.select(Enrollment.pk).where((Enrollment.approvecode == code) & Enrollment.deleted.is_null()).first()
    if enrolled is not None:
        row = enrollments.present(EnrollmentQuery(state=None), [enrolled.pk])
        found += [Found("enrolment", each, by_code=True) for each in row]
    with suppress(NotFound):
        found.append(Found("invite", pools.find(code).row, by_code=True))
    return found
