"""People and enrolments made straight in the tables, as another program of the deployment would."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from rmtui import settings
from rmtui.auth.operator import Operator
from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment, EnrollmentPool
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.db.people import Person, Role
from rmtui.services.types import State

START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
NAMES = """
    RAVEN raven Raven ÅKE Åke åke 100% 1001 A_B AxB back\\slash KARHU karhu Ж ж 鷹 Z a
""".split()
"""Callsigns that try comparing, sorting and filtering."""
NUMBERS = {State.PENDING: 0, State.APPROVED: 1, State.REJECTED: 2}


def make_person(callsign: str, *roles: str, **columns: Any) -> Person:
    """A person without files; ``roles`` may be doubled, as they are in the field."""
    pk = uuid.uuid4()
    with connection():
        person = Person.create(
            pk=pk, callsign=callsign, certspath=str(settings.current().data_dir / "private" / "people" / str(pk)), **columns
        )
        for role in roles:
            Role.create(user=pk, role=role)
    return person


def make_operator(callsign: str = "BOSS", surface: str = "console") -> Operator:
    """An active admin who acts."""
    person = make_person(callsign, "admin")
    return Operator(person.pk, person.callsign, "test", surface)


def make_enrollment(callsign: str, code: str | None = None, state: State = State.PENDING, **columns: Any) -> Enrollment:
    """An enrolment in any state."""
    with connection():
        return Enrollment.create(callsign=callsign, approvecode=code or uuid.uuid4().hex.upper(), state=NUMBERS[state], **columns)


def run(statement: str) -> None:
    """Write behind everybody's back."""
    with connection():
        db.execute_sql(statement)


def make_pool(owner: uuid.UUID | None = None, code: str = "INVITE22", **columns: Any) -> EnrollmentPool:
    """An invite."""
    with connection():
        return EnrollmentPool.create(owner=owner or uuid.uuid4(), invitecode=code, **columns)


def audit_rows() -> list[tuple[str, str, str, str, str]]:
    """The whole audit trail: operator, action, outcome, target, reason and details."""
    from rmtui.services.audit import entry_of

    with connection():
        rows = Audit.select().order_by(Audit.id)
        return [(row.operator, row.action, row.outcome, row.target, entry_of(row).about) for row in rows]


def state_of(enrollment: Enrollment) -> State:
    """Where an enrolment stands now."""
    with connection():
        number = Enrollment.by_pk(enrollment.pk).state
    return next(word for word, each in NUMBERS.items() if each == number)


def everybody() -> list[str]:
    """Callsigns of everybody, revoked or not."""
    with connection():
        return sorted(person.callsign for person in Person.list(include_deleted=True))
