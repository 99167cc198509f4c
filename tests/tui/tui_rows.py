"""The rows that the console is tested on: believable ones, and some that nobody would believe."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from rmtui.services.types import AuditEntry, Cursor, EnrollmentQuery, EnrollmentRow, Page, State

NOW = dt.datetime(2026, 3, 1, 12, 0, 0, tzinfo=dt.UTC)
CODE = "ABCDEFGH"
DIGEST = "00112233445566778899aabbccddeeff" * 2

PENDING = [
    ("KARHU01", 3 * 86_400, "MOD8ZRXG", False),
    ("SALAMA", 2 * 86_400 + 3_600, "MOD8ZRXG", False),
    ("AUR0RA", 86_400, "QFETPEOY", False),
    ("[red]TEAM[/red]", 9 * 3_600, "QFETPEOY", False),
    ("EVIL\x1b[31m\x1b]0;gotcha\x07", 8 * 3_600, None, False),
    ("\u202eSREVER", 7 * 3_600, None, False),
    ("Åke 1", 6 * 3_600, "NMHGPDYY", False),
    ("鷲の目部隊", 5 * 3_600, "NMHGPDYY", False),
    ("WITH-CSR", 3_600, "NMHGPDYY", True),
    ("A-VERY-LONG-CALLSIGN-THAT-FILLS-ALL-SIXTY-FOUR-BYTES-OF-A-CN-1234", 1_800, "MOD8ZRXG", False),
    ("NAAVA", 300, "MOD8ZRXG", False),
    ("TUISKU", 42, None, False),
]
DECIDED = [("ILVES", State.APPROVED), ("KETTU", State.APPROVED), ("FOX", State.REJECTED), ("TEST", State.REJECTED)]
PEOPLE = [
    ("AURORA", ("admin",), None, None),
    ("ILVES", ("admin", "signal"), None, None),
    ("KETTU", ("signal",), None, None),
    ("KOTKA", ("medic", "pilot"), None, None),
    ("[bold]LYNX", (), None, None),
    ("SORSA", (), 2 * 86_400, "keyCompromise"),
]


def pk(number: int) -> uuid.UUID:
    """A key that is the same every time."""
    return uuid.UUID(int=number)


def in_order(enrollments: Iterable[EnrollmentRow], query: EnrollmentQuery) -> list[EnrollmentRow]:
    """The enrolments that a query finds."""
    order = [State.PENDING, State.APPROVED, State.REJECTED]
    rows = [row for row in enrollments if query.state in {None, row.state} and query.text.casefold() in row.callsign.casefold()]
    if query.sort == "callsign":
        rows.sort(key=lambda row: (row.callsign.casefold(), row.pk))
    elif query.sort == "decided":
        rows.sort(key=lambda row: (row.decided_on or row.created, row.pk), reverse=True)
    else:
        rows.sort(key=lambda row: (order.index(row.state) if query.state is None else 0, row.created, row.pk))
    return rows[::-1] if query.reverse else rows


def place_of(query: EnrollmentQuery, row: EnrollmentRow) -> Cursor:
    """The place of an enrolment in them."""
    value: Any = row.created
    if query.sort == "callsign":
        value = row.callsign.casefold()
    elif query.sort == "decided":
        value = row.decided_on or row.created
    return Cursor(value, row.pk)


def page_of(rows: list[Any], place: Callable[[Any], Cursor], **where: Any) -> Page[Any]:
    """The page of ``rows`` that the services would give for ``after``, ``before``, ``at``, ``last`` and ``limit``."""
    limit, keys = where["limit"], [place(row).pk for row in rows]
    given = where["after"] or where["before"] or where["at"]
    index = 0
    if given is not None:
        places = [place(row) for row in rows]
        before = sum(1 for there in places if (there.value, there.pk) < (given.value, given.pk))
        index = keys.index(given.pk) if given.pk in keys else before
    if where["last"]:
        start, end = max(len(rows) - limit, 0), len(rows)
    elif where["before"] is not None:
        start, end = max(index - limit, 0), index
    else:
        start = index + 1 if where["after"] is not None and given.pk in keys else index
        end = min(start + limit, len(rows))
    return Page(tuple(rows[start:end]), start > 0, end < len(rows))


def entry(at: dt.datetime, action: str, target: str, reason: str = "") -> AuditEntry:
    """An entry of the audit trail: AURORA did it."""
    return AuditEntry(
        id=1,
        at=at,
        operator="AURORA",
        proof="none",
        surface="console",
        action=action,
        outcome="done",
        target_pk=None,
        target=target,
        reason=reason,
        details={},
        os_user="aurora",
        host="gate",
        origin="",
        program="1.0",
        signed=False,
        hash=DIGEST,
    )
