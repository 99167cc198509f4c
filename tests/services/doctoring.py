"""People for the doctor to look at, what it finds, and having it put right."""

from __future__ import annotations

from rmtui.db.middleware import connection
from rmtui.db.people import Person, Role
from rmtui.services import doctor
from rmtui.services.bulk import Result


def named(callsign: str, *roles: str) -> Person:
    """Somebody whole: row, files, record."""
    with connection():
        person = Person.create_with_cert(callsign)
        for role in roles:
            Role.create(user=person.pk, role=role)
    return person


def troubles() -> set[tuple[str, str, str]]:
    """What is not well: check, subject, repair."""
    return {(each.check, each.subject, each.repair) for each in doctor.examine().findings if each.severity != "ok"}


def repair_all(operator) -> list[Result]:
    plans = doctor.examine().plans
    return [each for plan in plans for each in doctor.repair(operator, plan.repair, doctor.targets_of(plan)).results]
