"""Every list by every column: pages put together, from either end or from any row on, are the list, once."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
from lists import fill

from rmtui.services import codes, enrollments, people, pools, roles
from rmtui.services.codes import CodeQuery
from rmtui.services.pools import PoolQuery
from rmtui.services.types import EnrollmentQuery, PeopleQuery, RoleQuery, RoleRow, State

LISTS = [
    (EnrollmentQuery(state=None), enrollments.list_enrollments, enrollments.cursor, enrollments.count_enrollments),
    (EnrollmentQuery(state=State.REJECTED), enrollments.list_enrollments, enrollments.cursor, enrollments.count_enrollments),
    (PeopleQuery(status="all"), people.list_people, people.cursor, people.count_people),
    (PoolQuery(deleted=True), pools.list_pools, pools.cursor, pools.count_pools),
    (CodeQuery(spent=True), codes.list_codes, codes.cursor, codes.count_codes),
]
STATES = list(State)
ORDERED = {
    ("EnrollmentQuery", "state"): lambda row: (STATES.index(row.state), row.created),
    ("EnrollmentQuery", "csr"): lambda row: (not row.has_csr, row.created),
    ("EnrollmentQuery", "by"): lambda row: row.decided_by is None,
    ("EnrollmentQuery", "invite"): lambda row: row.pool is None,
    ("PeopleQuery", "status"): lambda row: row.revoked_on is not None,
    ("PeopleQuery", "roles"): lambda row: not row.roles,
    ("PeopleQuery", "revoked"): lambda row: -row.revoked_on.timestamp() if row.revoked_on else 0,
    ("PeopleQuery", "reason"): lambda row: row.revoke_reason is None,
    ("PeopleQuery", "expires"): lambda row: (row.expires is None, row.expires or row.created),
    ("PoolQuery", "owner"): lambda row: row.owner is None,
    ("PoolQuery", "state"): lambda row: (row.deleted is not None, not row.active and row.deleted is None, row.created),
    ("PoolQuery", "pending"): lambda row: -row.pending,
    ("PoolQuery", "approved"): lambda row: -row.approved,
    ("PoolQuery", "rejected"): lambda row: -row.rejected,
    ("PoolQuery", "total"): lambda row: -row.pending - row.approved - row.rejected,
    ("CodeQuery", "whom"): lambda row: (row.callsign is None, row.callsign is None and not row.admin),
    ("CodeQuery", "by"): lambda row: not row.created_by,
    ("CodeQuery", "state"): lambda row: (row.used_on is None and row.deleted is not None, row.used_on is not None, row.burnt),
    ("CodeQuery", "used"): lambda row: -row.used_on.timestamp() if row.used_on else 0,
}
"""What each order promises, read from the rows; what is sorted as text is the database's to say."""


def sorts(query) -> tuple[str, ...]:
    return get_args(get_type_hints(type(query))["sort"])


def walk(fetch, place, query, backwards: bool):
    """The list from one end to the other, three rows at a time."""
    page, seen = fetch(query, last=backwards, limit=3), []
    for _ in range(200):
        assert (page.more_after if backwards else page.more_before) == bool(seen)
        seen = [*page.rows, *seen] if backwards else [*seen, *page.rows]
        if not (page.more_before if backwards else page.more_after):
            return seen
        there = place(query, page.rows[0 if backwards else -1])
        page = fetch(query, limit=3, **{"before" if backwards else "after": there})
    raise AssertionError("the pages have no end")


def check_pages(query, fetch, place, count) -> None:
    whole = list(fetch(query, limit=1_000).rows)
    assert len({row.pk for row in whole}) == len(whole) == count(query).number > 3
    assert walk(fetch, place, query, backwards=False) == whole, query
    assert walk(fetch, place, query, backwards=True) == whole, query
    for index in range(0, len(whole), 4):
        page = fetch(query, at=place(query, whole[index]), limit=3)
        assert list(page.rows) == whole[index : index + 3], query
        assert (page.more_before, page.more_after) == (index > 0, index + 3 < len(whole)), query
    turned = fetch(replace(query, reverse=True), limit=1_000).rows
    assert list(turned) == whole[::-1] or query.reverse, query
    ordered = ORDERED.get((type(query).__name__, query.sort))
    if ordered is not None:
        keys = [ordered(row) for row in (whole[::-1] if query.reverse else whole)]
        assert keys == sorted(keys), query


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request, data_dir, make_database):
    from deployments import deploy

    deploy(request.param, data_dir, make_database("empty") if request.param == "postgresql" else None)
    fill()


def test_every_order_of_every_list(filled):
    for query, fetch, place, count in LISTS:
        for sort in sorts(query):
            for reverse in (False, True):
                check_pages(replace(query, sort=sort, reverse=reverse), fetch, place, count)


def test_every_order_takes_few_statements(filled, statements):
    for query, fetch, _place, _count in LISTS:
        for sort in sorts(query):
            wanted = replace(query, sort=sort)
            assert len(statements.of(lambda wanted=wanted, fetch=fetch: fetch(wanted, limit=20))) <= 7


def test_who_has_no_table_of_ours_is_sorted_too(filled):
    from making import run
    from rmtui.db.base import db
    from rmtui.db.own import own_table

    schema, name = own_table(db, "migrations")
    run(f"DELETE FROM {schema + '.' if schema else ''}{name}")
    check_pages(PeopleQuery(status="all", sort="expires"), people.list_people, people.cursor, people.count_people)
    assert people.count_people(PeopleQuery(expiring=30)).number == 0


def test_roles_in_both_orders():
    rows = [RoleRow("medic", 2), RoleRow("admin", 2), RoleRow("Pilot", 5)]
    assert [row.role for row in roles.narrowed(rows, RoleQuery())] == ["Pilot", "admin", "medic"]
    assert [row.role for row in roles.narrowed(rows, RoleQuery(sort="members"))] == ["Pilot", "admin", "medic"]
    assert [row.role for row in roles.narrowed(rows, RoleQuery(sort="members", reverse=True))] == ["medic", "admin", "Pilot"]
    assert [row.role for row in roles.narrowed(rows, RoleQuery(text="i M"))] == ["admin", "medic"]
    assert [row.role for row in roles.narrowed(rows, RoleQuery(text="role:admin"))] == ["admin"]
