"""Login codes: each lets somebody sign in once, or make an admin."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rmtui.auth.operator import Operator, findable
from rmtui.auth.origin import origin
from rmtui.auth.permissions import NotPermitted, Permission, require, require_writable
from rmtui.auth.proving import ANON_ADMIN
from rmtui.db import schema
from rmtui.db.base import db
from rmtui.db.errors import NotFound
from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connected, connection
from rmtui.db.people import Person
from rmtui.services import windows, witness
from rmtui.services.audit import acting, record
from rmtui.services.types import Count, Cursor, Page
from rmtui.services.windows import Order
from rmtui.text import plain, storable

__all__ = ["CodeQuery", "CodeRow", "burn", "count_codes", "create", "create_for_admin", "cursor", "find", "list_codes"]

_SHOWN = 2
"""Characters of a code that a list shows, to tell it from others."""
_SHORTEST = 8
"""A code of fewer characters shows none of them."""


@dataclass(frozen=True, slots=True)
class CodeQuery:
    """What the list of login codes shows, and in which order."""

    spent: bool = False
    """Used, burnt and withdrawn ones too."""
    sort: Literal["age"] = "age"
    """By creation, oldest first."""
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One login code as a list shows it; never the code."""

    pk: uuid.UUID
    start: str
    """The code's first characters."""
    callsign: str | None
    """Whom it signs in; None when it names nobody."""
    admin: bool
    """Whether it is good for making an admin."""
    created: dt.datetime
    created_by: str
    used_on: dt.datetime | None
    """When it was used or burnt."""
    used_by: str
    """Who used or burnt it, if that is known."""
    burnt: bool
    deleted: dt.datetime | None
    """When it was withdrawn by other means than ours."""


def _select(query: CodeQuery) -> Any:
    select = LoginCode.select()
    return select if query.spent else select.where(LoginCode.used_on.is_null() & LoginCode.deleted.is_null())


def _order(query: CodeQuery) -> Order:
    return Order((windows.moment(LoginCode.created, LoginCode.created),), LoginCode.pk, query.reverse)


def cursor(_query: CodeQuery, row: CodeRow) -> Cursor:
    """The place of a row in the list."""
    return Cursor(row.created, row.pk)


def _whom(found: LoginCode) -> str | None:
    """Callsign that the token will name, as whoever made the code wrote it."""
    named = found.claims.get("sub")
    return named if isinstance(named, str) and named and storable(named) else None


def _row(found: LoginCode) -> CodeRow:
    callsign, burnt = _whom(found), found.burnt
    return CodeRow(
        pk=found.pk,
        start=found.code[:_SHOWN] if len(found.code) >= _SHORTEST else "",
        callsign=callsign,
        admin=callsign is None and found.claims.get(ANON_ADMIN) is True,
        created=found.created,
        created_by=str(found.auditmeta.get("created_by") or ""),
        used_on=found.used_on,
        used_by=str(found.auditmeta.get("burnt_by" if burnt else "used_by") or ""),
        burnt=burnt,
        deleted=found.deleted,
    )


def _fetch(limited: Any) -> Sequence[CodeRow]:
    return [_row(found) for found in limited]


@connected
def list_codes(
    query: CodeQuery,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    at: Cursor | None = None,
    last: bool = False,
    limit: int = 200,
) -> Page[CodeRow]:
    """A stretch of the list: the first page, or what is after, before or at a place, or the last page."""
    return windows.page(_select(query), _order(query), _fetch, after=after, before=before, at=at, last=last, limit=limit)


@connected
def count_codes(query: CodeQuery, most: int = 10_000) -> Count:
    """How many there are, counting no further than ``most``."""
    return windows.count(_select(query), most)


@connected
def find(given: str) -> CodeRow:
    """The login code that is given, as written or as read aloud, or the one with this primary key; used or not.

    :raises NotFound: there is none.
    """
    if storable(given):
        for get in (LoginCode.by_code, LoginCode.by_pk):
            try:
                return _row(get(given, allow_deleted=True))
            except NotFound:
                continue
    raise NotFound("There is no such login code.")


def create(operator: Operator | None, callsign: str) -> str:
    """A login code for a person; the only time it is shown.

    :raises NotFound: there is no such person.
    :raises Deleted: they are revoked.
    """
    with acting(operator, "create-code") as act:
        act.on(None, callsign)
        found = Person.by_callsign(findable(callsign))
        act.on(found.pk, found.callsign)
        with db.atomic():
            code = LoginCode.create_for_claims({"sub": found.callsign}, {"created_by": act.person().callsign})
            act.done()
        return code


def create_for_admin(operator: Operator | None, surface: str = "command") -> str:
    """A login code that is good for making an admin, for whoever may write the database: the way back in when no admin can sign in.

    :param operator: who proved themselves, if anybody did; without the permission it is a break-glass like one by nobody. The user of
        the operating system is recorded in any case.
    """
    require_writable()
    here = origin()
    with connection():
        schema.migrate()
        with db.atomic():
            who = f"rmtui {surface}, {here.os_user}@{here.host}"
            code = LoginCode.create_for_claims({ANON_ADMIN: True}, {"created_by": who})
            details = {"break_glass": not _permitted(operator), "for": "making an admin"}
            record(operator, "create-code", "done", None, "", "", details, surface=surface)
        witness.follow()
    return code


def burn(operator: Operator | None, pk: uuid.UUID) -> CodeRow:
    """Make a login code good for nothing. It is kept, marked as used and as burnt.

    :raises NotFound: there is none.
    :raises Deleted: it is burnt or withdrawn already.
    :raises TokenReuse: somebody used it first.
    """
    with acting(operator, "burn-code", pk) as act:
        found = LoginCode.by_pk(pk, allow_deleted=True)
        callsign = _whom(found)
        person = Person.get_or_none(Person.callsign == callsign) if callsign else None
        act.on(person.pk if person else found.pk, person.callsign if person else plain(callsign or "", 80))
        with db.atomic():
            burnt = found.burn({"burnt_by": act.person().callsign})
            act.done(login_code=str(found.pk), **{"for": "making an admin"} if _row(found).admin else {})
        return _row(burnt)


def _permitted(operator: Operator | None) -> bool:
    """Whether somebody may issue codes, now."""
    try:
        return operator is not None and bool(require(operator, Permission.ISSUE_CODES))
    except NotPermitted:
        return False
