"""Windows on long lists: whatever the order, the pages put together are the list."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import uuid

import pytest

from making import NAMES, NUMBERS, START, make_person, make_pool, run
from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment
from rmtui.db.middleware import connection
from rmtui.services import enrollments, windows
from rmtui.services.types import EnrollmentQuery, State


@pytest.fixture
def many(env):
    """Enrolments with ties in everything, and times that others wrote without a fraction."""
    dice = random.Random(5)
    boss = make_person("BOSS", "admin")
    pool = make_pool()
    times = [START + dt.timedelta(minutes=number) for number in range(4)] + [START + dt.timedelta(microseconds=1)]
    rows = []
    for number in range(60):
        state = dice.choice(list(State))
        decided = dice.choice([None, *times]) if state is not State.PENDING else None
        rows.append(
            Enrollment(
                callsign=NAMES[number] if number < len(NAMES) else f"{dice.choice(['x', 'X', 'å', 'Å', 'b'])}{number}",
                approvecode=f"CODE{number}",
                state=NUMBERS[state],
                created=dice.choice(times),
                decided_on=decided,
                decided_by=dice.choice([None, boss.pk]) if decided else None,
                pool=dice.choice([None, pool.pk]),
                csr=dice.choice([None, "x"]),
                extra={},
            )
        )
    with connection(), db.atomic():
        Enrollment.bulk_create(rows)
        Enrollment.create(callsign="GONE", approvecode="GONE", deleted=None)
    run("UPDATE enrollments SET deleted = created WHERE callsign = 'GONE'")
    return rows


def expected(query: EnrollmentQuery) -> list[uuid.UUID]:
    """The same list, sorted by a statement of this test's own and filtered here."""
    down = query.reverse
    if query.sort == "decided":
        order, down = ["coalesce(decided_on, created)"], not query.reverse
    elif query.sort == "callsign":
        order = ["lower(callsign)"]
    else:
        order = ["created"] if query.state is not None else ["state", "created"]
    terms = ", ".join(f"{term} {'DESC' if down else 'ASC'}" for term in (*order, "pk"))
    where = "deleted IS NULL" + (f" AND state = {NUMBERS[query.state]}" if query.state is not None else "")
    with connection():
        rows = db.execute_sql(f"SELECT pk, callsign FROM enrollments WHERE {where} ORDER BY {terms}").fetchall()
    return [windows.to_uuid(pk) for pk, callsign in rows if query.text.casefold() in callsign.casefold()]


ORDERS = [
    EnrollmentQuery(state=state, sort=sort, reverse=reverse, text=text)
    for state, sort, reverse, text in itertools.product([None, *State], ["age", "callsign", "decided"], [False, True], ["", "å"])
]


def pks(page):
    return [row.pk for row in page.rows]


def test_pages_put_together_are_the_list(many):
    for query in ORDERS:
        wanted = expected(query)
        for limit in (7, 200) if query.text or query.state else (1, 7, 200):
            forward, page = [], enrollments.list_enrollments(query, limit=limit)
            assert not page.more_before
            while True:
                forward += pks(page)
                assert page.more_after == (len(forward) < len(wanted)), query
                if not page.more_after:
                    break
                page = enrollments.list_enrollments(query, after=enrollments.cursor(query, page.rows[-1]), limit=limit)
                assert page.more_before
            assert forward == wanted, query
            backward, page = [], enrollments.list_enrollments(query, last=True, limit=limit)
            assert not page.more_after
            while page.rows:
                backward = pks(page) + backward
                assert page.more_before == (len(backward) < len(wanted)), query
                if not page.more_before:
                    break
                page = enrollments.list_enrollments(query, before=enrollments.cursor(query, page.rows[0]), limit=limit)
                assert page.more_after
            assert backward == wanted, query


def test_a_page_at_any_place(many):
    for query in ORDERS:
        wanted = expected(query)
        rows = enrollments.list_enrollments(query, limit=1000).rows
        for index in range(0, len(wanted), 9):
            page = enrollments.list_enrollments(query, at=enrollments.cursor(query, rows[index]), limit=5)
            assert pks(page) == wanted[index : index + 5], query
            assert page.more_before == (index > 0)
            assert page.more_after == (index + 5 < len(wanted))


def test_a_place_whose_record_is_gone_is_still_a_place(many):
    query = EnrollmentQuery(state=None, sort="callsign")
    rows = enrollments.list_enrollments(query, limit=1000).rows
    place = enrollments.cursor(query, rows[10])
    run(f"UPDATE enrollments SET deleted = created WHERE callsign = '{rows[10].callsign}'")
    assert pks(enrollments.list_enrollments(query, at=place, limit=3)) == [row.pk for row in rows[11:14]]
    assert pks(enrollments.list_enrollments(query, after=place, limit=3)) == [row.pk for row in rows[11:14]]
    assert pks(enrollments.list_enrollments(query, before=place, limit=3)) == [row.pk for row in rows[7:10]]


def test_a_row_that_changed_state_does_not_hide_its_neighbours(many):
    query = EnrollmentQuery(state=None)
    first = enrollments.list_enrollments(query, limit=5)
    place = enrollments.cursor(query, first.rows[-1])
    run(f"UPDATE enrollments SET state = 2 WHERE callsign = '{first.rows[-1].callsign}'")
    assert enrollments.list_enrollments(query, after=place, limit=1).rows[0].pk == expected(query)[4]


def test_states_that_others_invented_are_gone_through_once(many):
    run("UPDATE enrollments SET state = 7 WHERE state <> 0")
    query, seen, after = EnrollmentQuery(state=None), [], None
    for _ in range(len(many)):
        stretch = enrollments.list_enrollments(query, after=after, limit=7)
        seen += [row.pk for row in stretch.rows]
        if not stretch.more_after:
            break
        after = enrollments.cursor(query, stretch.rows[-1])
    assert len(seen) == len(set(seen)) == len(many)


def test_pending_come_first_and_the_oldest_of_them(many):
    rows = enrollments.list_enrollments(EnrollmentQuery(state=None), limit=1000).rows
    states = [row.state for row in rows]
    assert states == sorted(states, key=list(State).index)
    pending = [row.created for row in rows if row.state is State.PENDING]
    assert pending == sorted(pending)
    assert rows[:5] == enrollments.list_enrollments(EnrollmentQuery(), limit=5).rows


def test_what_a_row_holds(many):
    by_name = {row.callsign: row for row in enrollments.list_enrollments(EnrollmentQuery(state=None), limit=1000).rows}
    for made in many:
        row = by_name[made.callsign]
        assert NUMBERS[row.state] == made.state
        assert (row.created, row.decided_on) == (made.created, made.decided_on)
        assert row.created.utcoffset() == dt.timedelta()
        assert (row.decided_by == "BOSS") == (
            made.decided_by_id is not None if hasattr(made, "decided_by_id") else made.decided_by is not None
        )
        assert (row.pool == "INVITE22") == (made.pool is not None)
        assert row.has_csr == (made.csr is not None)
        assert not [name for name in row.__slots__ if "code" in name.lower()]


FILTERS = {
    "raven": {"RAVEN", "raven", "Raven"},
    "%": {"100%"},
    "100%": {"100%"},
    "_": {"A_B"},
    "a_b": {"A_B"},
    "\\": {"back\\slash"},
    "K\\": {"back\\slash"},
    "åke": {"ÅKE", "Åke", "åke"},
    "ÅKE": {"ÅKE", "Åke", "åke"},
    "ж": {"Ж", "ж"},
    "鷹": {"鷹"},
    "'": set(),
    '"; DROP TABLE': set(),
    "\x00": set(),
    "\udc80": set(),
    "NOBODY": set(),
}


def test_filters(many):
    for text, found in FILTERS.items():
        query = EnrollmentQuery(state=None, text=text)
        rows = enrollments.list_enrollments(query, limit=1000).rows
        assert {row.callsign for row in rows} == found, text
        assert enrollments.count_enrollments(query).number == len(found)


def test_counts(many):
    for state in [None, *State]:
        query = EnrollmentQuery(state=state)
        assert enrollments.count_enrollments(query).number == len(expected(query))
        assert not enrollments.count_enrollments(query).more


def test_a_count_goes_no_further_than_is_useful(many):
    counted = enrollments.count_enrollments(EnrollmentQuery(state=None), most=10)
    assert (counted.number, counted.more, str(counted)) == (10, True, "10+")
    assert str(enrollments.count_enrollments(EnrollmentQuery(state=None), most=60)) == "60"
    assert str(enrollments.count_enrollments(EnrollmentQuery(state=None), most=59)) == "59+"


def test_the_summary(many):
    summary = enrollments.summary()
    pending = [row.created for row in many if row.state == 0]
    assert (summary.pending.number, summary.oldest) == (len(pending), min(pending))
    run("UPDATE enrollments SET state = 2")
    empty = enrollments.summary()
    assert (empty.pending.number, empty.oldest) == (0, None)


def test_a_page_takes_the_same_few_statements_however_long_it_is(many, statements):
    for query in (EnrollmentQuery(state=None), EnrollmentQuery(state=None, sort="decided"), EnrollmentQuery(state=None, sort="callsign")):
        long = statements.of(lambda query=query: enrollments.list_enrollments(query, limit=50))
        assert len(long) == 3  # the rows, who decided, which pools
        assert not [statement for statement in long if "OFFSET" in statement.upper() or "approvecode" in statement]
        assert len(statements.of(lambda query=query: enrollments.list_enrollments(query, limit=5))) <= 3
        assert len(statements.of(lambda query=query: enrollments.list_enrollments(query, last=True, limit=50))) == 3
        row = enrollments.list_enrollments(query, limit=30).rows[-1]
        at = statements.of(lambda query=query, row=row: enrollments.list_enrollments(query, at=enrollments.cursor(query, row), limit=20))
        assert len(at) == 4
    assert len(statements.of(lambda: enrollments.count_enrollments(EnrollmentQuery()))) == 1
    summed = statements.of(enrollments.summary)
    assert len(summed) == 8  # how many wait, the oldest, whose certificates run out, whether effects wait; twice two for our own tables
