"""What a typed filter finds in each list, and that nothing that is typed does more than find nothing."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lists import fill

from deployments import deploy
from making import START, make_enrollment, make_person, make_pool
from rmtui import clock
from rmtui.db.enrollments import Enrollment
from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.services import codes, enrollments, filters, people, pools
from rmtui.services.codes import CodeQuery
from rmtui.services.filters import FilterError
from rmtui.services.pools import PoolQuery
from rmtui.services.types import EnrollmentQuery, PeopleQuery, State

NOW = START + dt.timedelta(days=10)
LISTS = [
    (EnrollmentQuery, enrollments.list_enrollments, enrollments.count_enrollments, enrollments.present),
    (PeopleQuery, people.list_people, people.count_people, people.present),
    (PoolQuery, pools.list_pools, pools.count_pools, None),
    (CodeQuery, codes.list_codes, codes.count_codes, None),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, data_dir, make_database):
    deploy(request.param, data_dir, make_database("empty") if request.param == "postgresql" else None)


@pytest.fixture
def desk(engine, monkeypatch):
    """A few of everything, ten days after the first."""
    monkeypatch.setattr(clock, "utcnow", lambda: NOW)
    boss = make_person("Boss", "admin", created=START)
    other = make_person("Åke", "medic", created=START + dt.timedelta(days=9))
    gone = make_person("GONE", "medic", created=START, deleted=START, revoke_reason="keyCompromise")
    make_person("Plain", created=START)
    invite, closed = make_pool(boss.pk, "KOIO2345", created=START), make_pool(other.pk, "SHUT2345", active=False, created=NOW)
    make_pool(code="GONE2345", deleted=START)
    came = {"decided_by": boss.pk, "decided_on": START}
    make_enrollment("one two", created=START, pool=invite.pk, csr="x")
    make_enrollment("two", created=NOW - dt.timedelta(hours=1), pool=closed.pk)
    make_enrollment("Åke", state=State.APPROVED, person=other.pk, pool=invite.pk, **came)
    make_enrollment("GONE", state=State.APPROVED, person=gone.pk, pool=closed.pk, **came)
    make_enrollment("no", state=State.REJECTED, decided_by=other.pk, decided_on=START, created=START)
    with connection():
        for person, days, committed in ((boss, 20, True), (boss, 5, True), (other, 5, True), (other, 90, False), (gone, 5, True)):
            Issued.create(
                serial=f"{person.callsign}{days}",
                person=person.pk,
                callsign=person.callsign,
                fingerprint="",
                not_before=START,
                not_after=NOW + dt.timedelta(days=days),
                committed=committed,
            )
        by = {"created_by": "Boss"}
        LoginCode.create(code="UNUSED", claims={"sub": "Åke"}, auditmeta=by, created=START)
        LoginCode.create(code="ADMIN", claims={"anon_admin_session": True}, auditmeta={"created_by": "rmtui command, x@y"})
        LoginCode.create(code="USED", claims={"sub": "Boss"}, auditmeta=by, used_on=NOW)
        LoginCode.create(code="BURNT", claims={"sub": "admin"}, auditmeta={**by, "burnt": True}, used_on=NOW)


FOUND = {
    EnrollmentQuery: {
        "": "one two/two",
        "TWO": "one two/two",
        "two ONE": "one two",
        '"e t"': "one two",
        "state:all": "GONE/no/one two/two/Åke",
        "state:Approved": "GONE/Åke",
        "state:all role:medic": "GONE/Åke",
        "state:all role:Medic": "",
        "state:all pool:k0i0-2345": "one two/Åke",
        "pool:NEVER": "",
        "older:2h": "one two",
        "newer:2h": "two",
        "older:2026-03-02": "one two",
        "newer:2026-03-02": "two",
        "state:all by:BOSS": "GONE/Åke",
        "state:rejected by:åKE": "no",
        "state:all by:Bo": "",
        "csr:yes": "one two",
        "csr:NO": "two",
    },
    PeopleQuery: {
        "": "Boss/Plain/Åke",
        "state:all": "Boss/GONE/Plain/Åke",
        "status:revoked": "GONE",
        "role:medic": "Åke",
        "role:medic state:all": "GONE/Åke",
        "pool:KOIO2345": "Åke",
        "state:all pool:SHUT2345": "GONE",
        "older:3d": "Boss/Plain",
        "newer:3d": "Åke",
        "expiring:10": "Åke",
        "expiring:20": "Boss/Åke",
        "expiring:0": "",
        "state:all expiring:99": "Boss/Åke",
        "reason:KEYcompromise": "GONE",
        "reason:keyCompromise state:active": "",
        "å": "Åke",
    },
    PoolQuery: {
        "": "KOIO2345/SHUT2345",
        "state:active": "KOIO2345",
        "state:disabled": "SHUT2345",
        "state:deleted": "GONE2345",
        "state:all": "GONE2345/KOIO2345/SHUT2345",
        "owner:BOSS": "KOIO2345",
        "owner:åke": "SHUT2345",
        "2345 boss": "KOIO2345",
        "shut": "SHUT2345",
        "pool:k0i0 2345": "",
        'pool:"k0i0 2345"': "KOIO2345",
        "older:1d": "KOIO2345",
        "newer:1d": "SHUT2345",
    },
    CodeQuery: {
        "": "AD/UN",
        "state:used": "US",
        "state:burnt": "BU",
        "state:all": "AD/BU/UN/US",
        "for:ÅKE": "UN",
        "for:admin": "AD",
        "state:all for:Admin": "AD/BU",
        "by:boss": "UN",
        "by:command": "",
        "command": "AD",
        "state:all BOSS": "BU/UN/US",
        "older:1d": "UN",
        "newer:1d": "AD",
    },
}


def named(row) -> str:
    return next(getattr(row, name) for name in ("callsign", "code", "start") if hasattr(row, name))


def test_what_is_found(desk, monkeypatch):
    monkeypatch.setattr(codes, "_SHORTEST", 2)
    for query, fetch, count, _present in LISTS:
        for text, wanted in FOUND[query].items():
            rows = fetch(query(text=text)).rows
            names = [row.start if query is CodeQuery else named(row) for row in rows]
            assert "/".join(sorted(names)) == wanted, (query, text)
            assert count(query(text=text)).number == len(rows)


def test_what_is_typed_goes_before_the_query(desk):
    assert enrollments.count_enrollments(EnrollmentQuery(state=State.REJECTED, text="state:pending")).number == 2
    assert people.count_people(PeopleQuery(status="revoked", role="admin", text="state:active role:medic")).number == 1
    assert pools.count_pools(PoolQuery(deleted=True, text="state:active")).number == 1
    assert codes.count_codes(CodeQuery(spent=True, text="state:unused")).number == 2
    mixed = EnrollmentQuery(text="state:all")
    assert [row.state for row in enrollments.list_enrollments(mixed).rows] == sorted(
        (row.state for row in enrollments.list_enrollments(mixed).rows), key=list(State).index
    )


def test_relative_times_are_read_when_the_list_is(desk, monkeypatch):
    query = EnrollmentQuery(text="newer:2h")
    assert enrollments.count_enrollments(query).number == 1
    monkeypatch.setattr(clock, "utcnow", lambda: NOW + dt.timedelta(hours=2))
    assert enrollments.count_enrollments(query).number == 0


def test_the_summary_counts_what_runs_out(desk, monkeypatch):
    import dataclasses

    from rmtui import settings as rmtui_settings

    for days, number in ((14, 1), (30, 2), (0, 0)):
        rmtui_settings.configure(dataclasses.replace(rmtui_settings.current(), expiring_days=days))
        assert enrollments.summary().expiring.number == number


def test_a_person_says_until_when(desk):
    rows = {row.callsign: row.expires for row in people.list_people(PeopleQuery(status="all")).rows}
    assert rows == {"Boss": NOW + dt.timedelta(days=20), "Åke": rows["GONE"], "GONE": NOW + dt.timedelta(days=5), "Plain": None}


HOSTILE = ["'", "%", "_", "\\", "\x00", "\udc80", "';DROP TABLE users;--", "%s", "?", "$.x", "é", "Ж'\"", "{", "\u202e", "x" * 1_900]
TEXT = ("owner", "pool", "role", "by", "for", "reason")


def test_hostile_words(engine):
    fill()
    for query, fetch, count, present in LISTS:
        words = getattr(filters, {"Enro": "ENROLLMENTS", "Peop": "PEOPLE", "Pool": "POOLS", "Code": "CODES"}[query.__name__[:4]])
        for hostile in HOSTILE:
            for text in [hostile, *(f'{word.name}:"{hostile}"' for word in words if word.name in TEXT and '"' not in hostile)]:
                rows = fetch(query(text=text), limit=100).rows
                assert count(query(text=text)).number == len(rows)
                if text == hostile and query in {EnrollmentQuery, PeopleQuery}:
                    wanted = hostile.strip('"').lower()
                    assert all(wanted in row.callsign.lower() for row in rows)
        many = query(text=" ".join(f"w{number}" for number in range(50)))
        assert fetch(many).rows == ()
        for text in ("x" * 10_000, "\udc80" * 10_000, "state:" * 3, " ".join(map(str, range(51))), "state:open", "older:soon", "nope:1"):
            with pytest.raises(FilterError):
                fetch(query(text=text))
        if present:
            assert present(query(text="'"), []) == ()
    with connection():
        assert Enrollment.select().count() == 28


@given(text=st.text(alphabet=st.sampled_from("state:older\"'%_\\ \x00\udc80é1h") | st.characters(), max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed(engine, text):
    for query, fetch, _count, _present in LISTS:
        with suppress(FilterError):
            assert len(fetch(query(text=text), limit=1).rows) <= 1


def test_a_state_or_a_reason_that_is_typed_goes_before_what_runs_out(env):
    make_person("GONE", deleted=START, revoke_reason="superseded")
    for text, days in (("state:revoked", None), ("reason:superseded", None), ("GONE", 14), ("state:revoked expiring:3", 3)):
        query = PeopleQuery(text=text, expiring=14)
        assert people.expiring_shown(query) == days
        assert [row.callsign for row in people.list_people(query).rows] == ([] if days else ["GONE"])
