"""Windows on the lists of people, and on roles and their members."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import uuid

import pytest

from making import NAMES, START
from rmtui.db.base import db
from rmtui.db.middleware import connection
from rmtui.db.people import Person, Role
from rmtui.services import people, roles, windows
from rmtui.services.types import PeopleQuery


def pks(page):
    return [row.pk for row in page.rows]


@pytest.fixture
def crowd(env):
    """People with ties, doubled roles, revoked ones."""
    dice = random.Random(6)
    rows, given = [], []
    for number in range(50):
        pk = uuid.uuid4()
        revoked = number % 7 == 3
        rows.append(
            Person(
                pk=pk,
                callsign=NAMES[number] if number < len(NAMES) else f"{dice.choice('xXåÅ')}{number}",
                certspath=f"/nowhere/{pk}",
                created=START + dt.timedelta(minutes=dice.randrange(4)),
                deleted=START if revoked else None,
                revoke_reason="keyCompromise" if revoked else None,
                extra={},
            )
        )
        for role in dice.sample(["admin", "medic", "pilot"], dice.randrange(4)):
            given += [Role(user=pk, role=role)] * 1 + [Role(user=pk, role=role)] * dice.randrange(2)
    with connection(), db.atomic():
        Person.bulk_create(rows)
        Role.bulk_create(given)
    return rows, given


PEOPLE = [
    PeopleQuery(status=status, sort=sort, reverse=reverse, role=role, text=text)
    for status, sort, reverse, role, text in itertools.product(
        ["active", "revoked", "all"], ["callsign", "age"], [False, True], [None, "medic"], ["", "x"]
    )
]


def expected_people(query, crowd):
    _, given = crowd
    members = {str(each.__data__["user"]) for each in given if each.role == query.role}
    order = "lower(callsign)" if query.sort == "callsign" else "created"
    way = "DESC" if query.reverse else "ASC"
    with connection():
        found = db.execute_sql(f"SELECT pk, callsign, deleted FROM users ORDER BY {order} {way}, pk {way}").fetchall()
    return [
        windows.to_uuid(pk)
        for pk, callsign, deleted in found
        if (query.status == "all" or (deleted is None) == (query.status == "active"))
        and (query.role is None or str(windows.to_uuid(pk)) in members)
        and query.text.casefold() in callsign.casefold()
    ]


def test_people_put_together_are_the_list(crowd):
    for query in PEOPLE:
        wanted = expected_people(query, crowd)
        assert people.count_people(query).number == len(wanted)
        rows = people.list_people(query, limit=1000).rows
        assert [row.pk for row in rows] == wanted, query
        forward, page = [], people.list_people(query, limit=7)
        while True:
            forward += pks(page)
            if not page.more_after:
                break
            page = people.list_people(query, after=people.cursor(query, page.rows[-1]), limit=7)
        assert forward == wanted, query
        backward, page = [], people.list_people(query, last=True, limit=7)
        while page.rows:
            backward = pks(page) + backward
            if not page.more_before:
                break
            page = people.list_people(query, before=people.cursor(query, page.rows[0]), limit=7)
        assert backward == wanted, query
        if len(rows) > 4:
            assert pks(people.list_people(query, at=people.cursor(query, rows[3]), limit=2)) == wanted[3:5]


def test_what_a_person_row_holds(crowd, statements):
    rows, given = crowd
    page = people.list_people(PeopleQuery(status="all"), limit=1000)
    by_pk = {row.pk: row for row in page.rows}
    for made in rows:
        row = by_pk[made.pk]
        mine = {each.role for each in given if each.__data__["user"] == made.pk}
        assert row.roles == tuple(sorted(mine))  # sorted, without doublets
        assert (row.callsign, row.created, row.revoked_on, row.revoke_reason) == (
            made.callsign,
            made.created,
            made.deleted,
            made.revoke_reason,
        )
    for query in (PeopleQuery(status="all"), PeopleQuery(role="medic"), PeopleQuery(sort="expires", text="pool:INVITE22 role:medic x")):
        taken = statements.of(lambda query=query: people.list_people(query, limit=1000))
        assert len(taken) <= 7  # the rows, their roles, their certificates; and whether our own tables are there


def test_roles_and_their_members(crowd, statements):
    rows, given = crowd
    active = {row.pk for row in rows if row.deleted is None}
    listed = roles.list_roles()
    for row in listed:
        members = {each.__data__["user"] for each in given if each.role == row.role} & active
        assert row.members == len(members)
        assert {member.pk for member in roles.list_members(row.role, limit=1000).rows} == members
    assert [row.role for row in listed] == ["admin", "medic", "pilot"]
    assert len(statements.of(roles.list_roles)) == 1
    whole = roles.list_members("medic", limit=1000).rows
    forward, page = [], roles.list_members("medic", limit=3)
    while page.rows:
        forward += page.rows
        page = roles.list_members("medic", after=roles.member_cursor(page.rows[-1]), limit=3)
    assert tuple(forward) == whole
    assert roles.list_members("medic", last=True, limit=2).rows == whole[-2:]
    assert roles.list_members("nobody has it").rows == ()
