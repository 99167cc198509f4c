"""What several lists' filters ask of the database, as conditions and subqueries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peewee import Field

from rmtui.db.enrollments import EnrollmentPool
from rmtui.db.people import Person, Role
from rmtui.services import windows
from rmtui.text import normalise_code

__all__ = ["aged", "members", "people", "pools"]


def aged(select: Any, created: Field, typed: Mapping[str, Any]) -> Any:
    """Those rows of a list that are older and newer than what was typed."""
    if "older" in typed:
        select = select.where(created < typed["older"])
    return select.where(created >= typed["newer"]) if "newer" in typed else select


def pools(code: str) -> Any:
    """The primary key of the invite with this code, as written or as read aloud."""
    pool = EnrollmentPool
    fits = windows.equals(pool.invitecode, code) | windows.equals(pool.invitecode, normalise_code(code))
    return pool.select(pool.pk).where(fits)


def members(role: str) -> Any:
    """The primary keys of those who have a role."""
    return Role.select(Role.user).where(windows.equals(Role.role, role))


def people(callsign: str) -> Any:
    """The primary keys of those with this callsign, whatever the case."""
    return Person.select(Person.pk).where(windows.same(Person.callsign, callsign))
