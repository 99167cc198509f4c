"""``rmtui pools``: every command in every form, and every refusal with its exit code."""

from __future__ import annotations

import csv
import io
import re

import pytest
from cli_running import told

from making import START, audit_rows, make_enrollment, make_operator, make_person, make_pool, run
from rmtui.services.types import State

POOL = ["code", "owner", "active", "created", "age", "deleted", "pending", "approved", "rejected", "pk"]
COLUMNS = ["code", "owner", "active", "created", "age", "pending", "approved", "rejected"]


def from_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def boss(embedded, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


@pytest.fixture
def invite(boss):
    pool = make_pool(boss.pk, created=START)
    for callsign, state in [("RAVEN", State.PENDING), ("KARHU", State.APPROVED), ("SUSI", State.PENDING)]:
        make_enrollment(callsign, state=state, pool=pool.pk, created=START)
    return pool


def test_list_in_every_form(invite, cli):
    make_pool(code="OWNERGONE", created=START, active=False)
    make_pool(code="DELETED2", created=START, deleted=START)
    rows = cli("pools", "list", "--format", "json", code=0).json
    assert all(list(row) == POOL for row in rows)
    by_code = {row["code"]: row for row in rows}
    assert set(by_code) == {"INVITE22", "OWNERGONE"}
    assert by_code["INVITE22"] == {
        "code": "INVITE22",
        "owner": "BOSS",
        "active": True,
        "created": "2026-03-01T12:00:00Z",
        "age": by_code["INVITE22"]["age"],
        "deleted": None,
        "pending": 2,
        "approved": 1,
        "rejected": 0,
        "pk": str(invite.pk),
    }
    assert re.fullmatch(r"\d+[dwy]", by_code["INVITE22"]["age"])
    assert (by_code["OWNERGONE"]["owner"], by_code["OWNERGONE"]["active"]) == (None, False)
    table = from_csv(cli("pools", "list", "--format", "csv", code=0).out)
    assert all(list(row) == COLUMNS for row in table)
    assert {row["code"]: row["owner"] for row in table} == {"INVITE22": "BOSS", "OWNERGONE": "gone"}
    text = cli("pools", "list", code=0).lines
    assert text[0].split() == [name.upper() for name in COLUMNS]
    assert len(text) == 3
    every = cli("pools", "list", "--all", "--format", "json", code=0).json
    assert {row["code"]: row["active"] for row in every} == {"INVITE22": True, "OWNERGONE": False, "DELETED2": False}
    assert cli("pools", "list", "--all", code=0).lines[0].split()[-1] == "DELETED"


def test_longer_than_a_page(boss, cli, monkeypatch):
    from rmtui.cli import paging

    monkeypatch.setattr(paging, "PAGE", 3)
    for number in range(8):
        pool = make_pool(code=f"INVITE{number:02}", created=START)
        make_enrollment(f"E{number}", pool=pool.pk)
        make_enrollment(f"F{number}", pool=make_pool(code=f"OTHER{number:02}").pk)
    assert len({row["code"] for row in cli("pools", "list", "--format", "json").json}) == 16


def test_none(boss, cli):
    assert cli("pools", "list", code=0).out == ""
    assert cli("pools", "list", "--format", "json", code=0).json == []
    assert cli("pools", "list", "--format", "csv", code=0).lines == [",".join(COLUMNS)]


def test_show_in_every_form(invite, cli):
    cli("pools", "disable", "INVITE22", "--yes", code=0)
    shown = cli("pools", "show", "1nv1te 22", "--format", "json", code=0).json
    callsigns = ["pending_callsigns", "approved_callsigns", "rejected_callsigns"]
    assert list(shown) == [*POOL, *callsigns, "extra", "history"]
    assert [sorted(shown[name]) for name in callsigns] == [["RAVEN", "SUSI"], ["KARHU"], []]
    assert [(entry["action"], entry["outcome"]) for entry in shown["history"]] == [("disable-pool", "done")]
    text = cli("pools", "show", "INVITE22", code=0).out
    assert re.search(r"^approved callsigns +KARHU$", text, re.M)
    assert re.search(r"^  20.*Z  disable-pool done by BOSS \(none\)$", text, re.M)
    assert from_csv(cli("pools", "show", "INVITE22", "--format", "csv", code=0).out)[0]["approved_callsigns"] == "KARHU"


def test_show_what_is_foreign_deleted_and_broken(boss, cli):
    pool = make_pool(code="A\x1b[2J", deleted=START)
    make_enrollment("R\x1b]52;c;x\x07", pool=pool.pk)
    run("UPDATE enrollmentpools SET extra = 'null'")
    for argv in (("pools", "show", "A\x1b[2J"), ("pools", "list", "--all")):
        for form in ("text", "json", "csv"):
            assert "\x1b" not in cli(*argv, "--format", form, code=0).out
    assert "gone" in cli("pools", "list", "--all").out


def test_the_whole_of_it(boss, cli):
    made = cli("pools", "create", "--yes", "--format", "json", code=0).json
    assert list(made) == POOL
    assert (made["owner"], made["active"]) == ("BOSS", True)
    code = made["code"]
    assert cli("pools", "disable", code.lower(), "--yes", "--format", "json", code=0).json["active"] is False
    assert f"{code} is disabled already." in cli("pools", "disable", code, "--yes", code=0).err
    told(cli("enrollments", "create", "RAVEN", "--pool", code, "--yes"), 1, "disabled")
    assert cli("pools", "enable", f"{code[:4]}-{code[4:]}", "--yes", "--format", "json", code=0).json["active"] is True
    assert f"{code} is enabled already." in cli("pools", "enable", code, "--yes", code=0).err
    fresh = cli("pools", "reset", code, "--yes", "--format", "json", code=0)
    assert fresh.json["code"] != code
    assert fresh.out.count(fresh.json["code"]) == 1
    told(cli("pools", "show", code), 1, "no such invite code")
    gone = cli("pools", "delete", fresh.json["code"], "--yes", "--format", "json", code=0).json
    assert (gone["active"], gone["deleted"] is not None, gone["pk"]) == (False, True, made["pk"])
    make_person("Kettu")
    assert cli("pools", "create", "--owner", "KETTU", "--yes", "--format", "csv", code=0).lines[1].split(",")[1] == "Kettu"
    assert [row[1:4] for row in audit_rows() if row[2] == "done"] == [
        ("create-pool", "done", "BOSS"),
        ("disable-pool", "done", "BOSS"),
        ("enable-pool", "done", "BOSS"),
        ("reset-pool", "done", "BOSS"),
        ("delete-pool", "done", "BOSS"),
        ("create-pool", "done", "Kettu"),
    ]
    trail = cli("audit", "export", code=0).out
    assert code not in trail
    assert fresh.json["code"] not in trail


class TestRefused:
    @pytest.mark.parametrize("command", ["show", "enable", "disable", "delete", "reset"])
    def test_an_unknown_invite(self, invite, cli, command):
        yes = () if command == "show" else ("--yes",)
        for typed in ("NEVERWAS", "", "INVITE2", "NO\x1b[2J", "\udcff"):
            told(cli("pools", command, typed, *yes), 1, "no such invite code")

    @pytest.mark.parametrize("command", ["enable", "disable", "delete", "reset"])
    def test_a_deleted_one(self, boss, cli, command):
        make_pool(deleted=START)
        told(cli("pools", command, "INVITE22", "--yes"), 1, "The invite was revoked or deleted on 2026-03-01 12:00:00Z")

    @pytest.mark.parametrize("command", ["enable", "disable", "delete", "reset"])
    def test_without_a_yes_without_an_operator_and_read_only(self, invite, cli, command, monkeypatch):
        told(cli("pools", command, "INVITE22"), 2, "--yes")
        told(cli("pools", command, "INVITE22", "--yes", "--read-only"), 1, "read-only mode")
        monkeypatch.delenv("RMTUI_OPERATOR")
        told(cli("pools", command, "INVITE22", "--yes"), 2, "--as CALLSIGN")
        told(cli("pools", command, "INVITE22", "--yes", "--as", "NOBODY"), 2, "active admin")
        shown = cli("pools", "show", "INVITE22", "--format", "json", code=0).json
        assert (shown["active"], shown["deleted"]) == (True, None)

    def test_making_one(self, boss, cli):
        make_person("GONE", deleted=START)
        told(cli("pools", "create"), 2, "--yes")
        told(cli("pools", "create", "--owner", "NOBODY", "--yes"), 1, "There is no")
        told(cli("pools", "create", "--owner", "GONE", "--yes"), 1, "revoked")
        told(cli("pools", "create", "--yes", "--read-only"), 1, "read-only mode")
        assert cli("pools", "list", "--format", "json").json == []

    def test_usage(self, boss, cli):
        told(cli("pools"), 2, "--help")
        told(cli("pools", "show"), 2, "INVITE")

    def test_no_database(self, boss, cli, tmp_path):
        told(cli("pools", "list", "--db", f"sqlite:///{tmp_path}/none.db"), 2)
        told(cli("pools", "list", "--db", "postgresql://nobody@127.0.0.1:1/x"), 3)
