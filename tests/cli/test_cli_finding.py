"""``--filter``, ``--sort`` and ``--reverse`` of every list."""

from __future__ import annotations

import csv
import io
from typing import get_args, get_type_hints

import pytest

from making import START, make_enrollment, make_operator, make_person, make_pool
from rmtui.cli.areas import SORTS
from rmtui.services.codes import CodeQuery
from rmtui.services.pools import PoolQuery
from rmtui.services.types import EnrollmentQuery, PeopleQuery, RoleQuery, State

QUERIES = {"enrollments": EnrollmentQuery, "people": PeopleQuery, "pools": PoolQuery, "codes": CodeQuery, "roles": RoleQuery}


@pytest.fixture
def desk(embedded, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    boss = make_operator()
    make_person("KARHU", "medic", created=START)
    gone = make_person("SUSI", "medic", deleted=START, revoke_reason="keyCompromise")
    pool = make_pool(boss.pk, created=START)
    make_pool(code="DELETED2", deleted=START)
    make_enrollment("RAVEN", pool=pool.pk, created=START)
    make_enrollment("SUSI", state=State.APPROVED, person=gone.pk, decided_by=boss.pk, decided_on=START)
    make_enrollment("raven 2", state=State.REJECTED)


def test_the_orders_are_those_of_the_services():
    assert {name: get_args(get_type_hints(query)["sort"]) for name, query in QUERIES.items()} == SORTS
    assert all(query().sort == SORTS[name][0] for name, query in QUERIES.items())


def found(cli, *words: str) -> list[str]:
    rows = cli(*words, "--format", "json", code=0).json
    return [str(row.get("callsign") or row.get("code") or row.get("role")) for row in rows]


def test_filters(desk, cli):
    assert found(cli, "enrollments", "list", "--filter", "RAV") == ["RAVEN"]
    assert found(cli, "enrollments", "list", "--filter", "raven state:all", "--sort", "callsign") == ["RAVEN", "raven 2"]
    assert found(cli, "enrollments", "list", "--state", "pending", "--filter", "role:medic state:approved by:boss") == ["SUSI"]
    assert found(cli, "people", "list", "--filter", "reason:keycompromise") == ["SUSI"]
    assert found(cli, "people", "list", "--status", "revoked", "--filter", "state:active role:medic") == ["KARHU"]
    assert found(cli, "pools", "list", "--filter", "owner:boss") == ["INVITE22"]
    assert found(cli, "pools", "list", "--filter", "state:deleted") == ["DELETED2"]
    assert found(cli, "roles", "list", "--filter", "med") == ["medic"]
    assert found(cli, "codes", "list", "--filter", "for:admin") == []


def test_orders(desk, cli):
    for name, sorts in SORTS.items():
        for sort in sorts:
            words = (name, "list", "--sort", sort, *(("--all",) if name == "pools" else ()))
            assert sorted(found(cli, *words)) == sorted(found(cli, *words, "--reverse"))
    assert found(cli, "people", "list", "--status", "all", "--sort", "callsign", "--reverse") == ["SUSI", "KARHU", "BOSS"]
    assert found(cli, "people", "list", "--status", "all", "--sort", "status")[-1] == "SUSI"
    assert found(cli, "roles", "list", "--sort", "role", "--reverse") == ["medic", "admin"]
    assert "invalid choice" in cli("people", "list", "--sort", "shoe-size", code=2).err


def test_until_when_certificates_are_good(desk, cli):
    rows = cli("people", "list", "--format", "json", code=0).json
    assert [row["expires"] for row in rows] == [None, None]
    assert next(csv.reader(io.StringIO(cli("people", "list", "--format", "csv", code=0).out)))[-1] == "expires"


def test_columns_follow_a_typed_state(desk, cli):
    for words, column in ((("pools", "list"), "deleted"), (("codes", "list"), "burnt")):
        for text, there in (("", False), ("state:all", True)):
            head = next(csv.reader(io.StringIO(cli(*words, "--filter", text, "--format", "csv", code=0).out)))
            assert (column in head) is there


def test_the_audit_trail_too(desk, cli):
    cli("pools", "disable", "INVITE22", "--yes", code=0)
    cli("pools", "enable", "INVITE22", "--yes", code=0)
    rows = cli("audit", "list", "--filter", "action:enable-pool boss", "--action", "disable-pool", "--format", "json", code=0).json
    assert [row["action"] for row in rows] == ["enable-pool"]


@pytest.mark.parametrize("name", [*SORTS, "audit"])
def test_what_is_not_understood(desk, cli, name):
    assert "There is no filter “nope:”" in cli(name, "list", "--filter", "nope:1", code=1).err
