"""Login codes: each lets somebody sign in once, or make an admin."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from peewee import Case, fn

from rmtui.auth.operator import Operator, findable
from rmtui.auth.origin import origin
from rmtui.auth.permissions import NotPermitted, Permission, require, require_writable
from rmtui.auth.proving import ANON_ADMIN
from rmtui.db import schema
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import NotFound
from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connected, connection
from rmtui.db.people import Person
from rmtui.i18n import tr
from rmtui.services import filters, narrowing, windows, witness
from rmtui.services.audit import Act, acting, record
from rmtui.services.types import Count, Cursor, Page
from rmtui.services.windows import Column
from rmtui.settings import Secret
from rmtui.text import plain, storable

__all__ = [
    "CodeQuery",
    "CodeRow",
    "burn",
    "count_codes",
    "create",
    "create_for_admin",
    "cursor",
    "find",
    "list_codes",
    "present",
    "reveal",
    "row_of",
]

_SHOWN = 2
"""Characters of a code that a list shows, to tell it from others."""
_SHORTEST = 8
"""A code of fewer characters shows none of them."""


@dataclass(frozen=True, slots=True)
class CodeQuery:
    """What the list of login codes shows, and in which order."""

    spent: bool = False
    """Used, burnt and withdrawn ones too; a state that the filter names goes before."""
    unused: bool = True
    """Those that are good for something still."""
    text: str = ""
    """A filter, :data:`rmtui.services.filters.CODES`; its plain words are of whom it is for or of who made it."""
    sort: Literal["age", "whom", "by", "state", "used"] = "age"
    """``age`` is by creation, oldest first; ``whom`` has those that make an admin after the callsigns; ``used`` is latest first."""
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


_CREATED: Column[CodeRow] = Column((windows.moment(LoginCode.created, LoginCode.created),), (lambda row: row.created,))


def _kind(field: Any, name: str) -> Any:
    """What kind of value an object holds there, as the database calls it."""
    return fn.json_type(field, f"$.{name}") if is_sqlite(db) else fn.jsonb_typeof(field[name])


def _said(field: Any, name: str, *kinds: str) -> Any:
    """Text that an object holds there, of one of these kinds; NULL where it holds none."""
    text = field[name].as_text().cast("TEXT")
    return fn.NULLIF(Case(None, [(_kind(field, name).in_(kinds), text)], None), "")


def _for() -> Any:
    return _said(LoginCode.claims, "sub", "text", "string")


def _maker() -> Any:
    return _said(LoginCode.auditmeta, "created_by", "text", "string", "integer", "number")


def _true(field: Any, name: str) -> Any:
    """Whether an object says ``true`` there; SQLite has a kind for it."""
    true = _kind(field, name) == ("true" if is_sqlite(db) else "boolean")
    return true if is_sqlite(db) else true & (field[name].as_text() == "true")


def _makes_admin() -> Any:
    return _for().is_null() & _true(LoginCode.claims, ANON_ADMIN)


def _states() -> dict[str, Any]:
    """What is true of a code in each state; one that was withdrawn unused is in none."""
    used, burnt = LoginCode.used_on.is_null(False), fn.COALESCE(_true(LoginCode.auditmeta, "burnt"), False)
    return {"unused": ~used & LoginCode.deleted.is_null(), "used": used & ~burnt, "burnt": used & burnt}


def _rank(row: CodeRow) -> int:
    if row.used_on is not None:
        return 2 if row.burnt else 1
    return 0 if row.deleted is None else 3


def _column(sort: str) -> Column[CodeRow]:
    """What the list is sorted by; how an object is looked into depends on the database."""
    if sort == "whom":
        admins = Case(None, [(_makes_admin(), 0)], 1)
        by_kind = windows.by_number(admins, lambda row: int(not row.admin), then=_CREATED)
        return windows.by_text(_for(), lambda row: row.callsign, then=by_kind)
    if sort == "by":
        return windows.by_text(_maker(), lambda row: row.created_by or None, then=_CREATED)
    if sort == "state":
        ranks = [(condition, rank) for rank, condition in enumerate(_states().values())]
        return windows.by_number(Case(None, ranks, 3), _rank, then=_CREATED)
    if sort == "used":
        return windows.by_time(LoginCode.used_on, lambda row: row.used_on, LoginCode.created, lambda row: row.created, descending=True)
    return _CREATED


def _select(query: CodeQuery) -> Any:
    asked = filters.parse(query.text, filters.CODES)
    typed, select = asked.values, LoginCode.select()
    if "state" in typed:
        select = select if typed["state"] == "all" else select.where(_states()[typed["state"]])
    elif not (query.spent and query.unused):
        unused = _states()["unused"]
        select = select.where(unused if query.unused else ~unused)
    if "whom" in typed:
        whom = windows.same(_for(), typed["whom"])
        select = select.where(whom | _makes_admin() if typed["whom"].lower() == "admin" else whom)
    if "by" in typed:
        select = select.where(windows.same(_maker(), typed["by"]))
    return windows.all_held(narrowing.aged(select, LoginCode.created, typed), (_for(), _maker()), asked.words)


def cursor(query: CodeQuery, row: CodeRow) -> Cursor:
    """The place of a row in the list that ``query`` shows."""
    return _column(query.sort).cursor(row, row.pk)


def _whom(found: LoginCode) -> str | None:
    """Callsign that the token will name, as whoever made the code wrote it."""
    named = found.claims.get("sub")
    return named if isinstance(named, str) and named and storable(named) else None


def _named(maker: Any) -> str:
    """Who made a code, as whoever made it wrote that."""
    return str(maker) if isinstance(maker, (str, int, float)) and not isinstance(maker, bool) else ""


def row_of(found: LoginCode) -> CodeRow:
    """A record as the list has it."""
    callsign, burnt = _whom(found), found.burnt
    return CodeRow(
        pk=found.pk,
        start=found.code[:_SHOWN] if len(found.code) >= _SHORTEST else "",
        callsign=callsign,
        admin=callsign is None and found.claims.get(ANON_ADMIN) is True,
        created=found.created,
        created_by=_named(found.auditmeta.get("created_by")),
        used_on=found.used_on,
        used_by=str(found.auditmeta.get("burnt_by" if burnt else "used_by") or ""),
        burnt=burnt,
        deleted=found.deleted,
    )


def _fetch(limited: Any) -> Sequence[CodeRow]:
    return [row_of(found) for found in limited]


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
    order = _column(query.sort).order(LoginCode.pk, query.reverse)
    return windows.page(_select(query), order, _fetch, after=after, before=before, at=at, last=last, limit=limit)


@connected
def count_codes(query: CodeQuery, most: int = 10_000) -> Count:
    """How many there are, counting no further than ``most``."""
    return windows.count(_select(query), most)


@connected
def present(query: CodeQuery, keys: Sequence[uuid.UUID]) -> tuple[CodeRow, ...]:
    """Those of some login codes, by primary key, that are in the list now; in no order."""
    return windows.among(_select(query), LoginCode.pk, _fetch, keys)


@connected
def find(given: str) -> CodeRow:
    """The login code that is given, as written or as read aloud, or the one with this primary key; used or not.

    :raises NotFound: there is none.
    """
    if storable(given):
        for get in (LoginCode.by_code, LoginCode.by_pk):
            try:
                return row_of(get(given, allow_deleted=True))
            except NotFound:
                continue
    raise NotFound(tr("There is no such login code."))


def create(operator: Operator | None, callsign: str | None) -> str:
    """A login code for a person, or without a callsign one that is good for making an admin; :func:`reveal` alone shows it again.

    :raises NotFound: there is no such person.
    :raises Deleted: they are revoked.
    """
    with acting(operator, "create-code") as act:
        claims: dict[str, Any] = {ANON_ADMIN: True}
        if callsign is not None:
            act.on(None, callsign)
            found = Person.by_callsign(findable(callsign))
            act.on(found.pk, found.callsign)
            claims = {"sub": found.callsign}
        with db.atomic():
            code = LoginCode.create_for_claims(claims, {"created_by": act.person().callsign})
            made = LoginCode.by_code(code)
            act.on(act.target_pk or made.pk, act.target)
            _note(act, made)
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
        found = _about(act, pk)
        with db.atomic():
            burnt = found.burn({"burnt_by": act.person().callsign})
            _note(act, found)
        return row_of(burnt)


def reveal(operator: Operator | None, pk: uuid.UUID) -> Secret:
    """The login code itself, while it is good for something. That it was asked for is recorded.

    :raises NotFound: there is none.
    :raises Deleted: it is burnt or withdrawn.
    :raises TokenReuse: it is used.
    """
    with acting(operator, "reveal-code", pk) as act:
        found = _about(act, pk)
        with db.atomic():
            found.check_unused()
            _note(act, found)
        return Secret(found.code)


def _about(act: Act, pk: uuid.UUID) -> LoginCode:
    """The login code that an action is about; whom it signs in is what it is done to."""
    found: LoginCode = LoginCode.by_pk(pk, allow_deleted=True)
    callsign = _whom(found)
    person = Person.get_or_none(Person.callsign == callsign) if callsign else None
    act.on(person.pk if person else found.pk, person.callsign if person else plain(callsign or "", 80))
    return found


def _note(act: Act, found: LoginCode) -> None:
    """Record the action, with what tells the code from others and is no secret."""
    act.done(login_code=str(found.pk), **{"for": "making an admin"} if row_of(found).admin else {})


def _permitted(operator: Operator | None) -> bool:
    """Whether somebody may issue codes, now."""
    try:
        return operator is not None and bool(require(operator, Permission.ISSUE_CODES))
    except NotPermitted:
        return False
