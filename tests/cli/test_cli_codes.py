"""``rmtui codes list`` and ``burn``: in every form, and every refusal with its exit code. Making them is tried with signing in."""

from __future__ import annotations

import csv
import io
import re

import pytest
from cli_running import told

from making import START, audit_rows, make_operator, make_person
from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connection
from rmtui.services import codes

KEYS = ["pk", "start", "callsign", "for", "created", "age", "created_by", "used_on", "used_by", "burnt", "deleted"]
COLUMNS = KEYS[:7]


def from_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def boss(embedded, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


@pytest.fixture
def code(boss):
    make_person("KARHU")
    return codes.create(boss, "KARHU")


def test_list_in_every_form(code, cli):
    admin = codes.create_for_admin(None)
    with connection():
        LoginCode.create(code="USED23452345", claims={"sub": "A\x1b[2J"}, used_on=START, created=START, auditmeta={"used_by": "B\x1b[2J"})
    karhu, anybody = cli("codes", "list", "--format", "json", code=0).json
    assert list(karhu) == list(anybody) == KEYS
    assert (karhu["start"], karhu["callsign"], karhu["for"], karhu["created_by"]) == (code[:2], "KARHU", "signing in", "BOSS")
    assert (anybody["start"], anybody["callsign"], anybody["for"]) == (admin[:2], None, "making an admin")
    assert re.fullmatch(r"now|\d+s", karhu["age"])
    table = from_csv(cli("codes", "list", "--format", "csv", code=0).out)
    assert [list(row) for row in table] == [COLUMNS] * 2
    text = cli("codes", "list", code=0).lines
    assert len(text) == 3
    assert text[0].split()[:4] == ["PK", "START", "CALLSIGN", "FOR"]
    assert len(cli("codes", "list", "--all", "--format", "json", code=0).json) == 3
    assert from_csv(cli("codes", "list", "--all", "--format", "csv").out)[0]["used_on"] == "2026-03-01 12:00:00Z"
    for form in ("text", "json", "csv"):
        out = cli("codes", "list", "--all", "--format", form, code=0).out
        assert not any(secret[2:] in out for secret in (code, admin, "USED23452345"))
        assert "\x1b" not in out


def test_none(boss, cli):
    assert cli("codes", "list", code=0).out == ""
    assert cli("codes", "list", "--format", "json", code=0).json == []
    assert cli("codes", "list", "--format", "csv", code=0).lines == [",".join(COLUMNS)]


def test_burn_by_code_by_primary_key_and_from_standard_input(code, boss, cli):
    done = cli("codes", "burn", f"{code[:4]} {code[4:8]}-{code[8:]}".lower(), "--yes", "--format", "json", code=0)
    assert list(done.json) == KEYS
    assert (done.json["burnt"], done.json["used_by"], done.json["callsign"]) == (True, "BOSS", "KARHU")
    assert code not in done.out + done.err
    second, third = codes.create(boss, "KARHU"), codes.create_for_admin(None)
    pks = [row["pk"] for row in cli("codes", "list", "--format", "json").json]
    assert re.search(r"^burnt +yes$", cli("codes", "burn", pks[0], "--yes", code=0).out, re.M)
    assert from_csv(cli("codes", "burn", "-", "--yes", "--format", "csv", stdin=f"{third}\n", code=0).out)[0]["pk"] == pks[1]
    assert cli("codes", "list", "--format", "json").json == []
    told(cli("signin", "--code", stdin=f"{code}\n"), 1, "withdrawn")
    trail = cli("audit", "export", code=0).out
    assert trail.count('"burn-code"') == 3
    assert not any(secret in trail for secret in (code, second, third))


class TestRefused:
    def test_an_unknown_code(self, code, cli):
        for typed in ("NEVERWAS2345", "", "\udcff", "A\x1b[2J", "00000000-0000-0000-0000-000000000000"):
            told(cli("codes", "burn", typed, "--yes"), 1, "There is no such login code.")

    def test_burnt_and_used_ones(self, code, boss, cli):
        used = codes.create(boss, "KARHU")
        with connection():
            LoginCode.use_code(used)
        cli("codes", "burn", code, "--yes", code=0)
        for spent, words in ((code, "burnt on"), (used, "used already on")):
            line = told(cli("codes", "burn", spent, "--yes"), 1, words, "nothing was done")
            assert spent not in line

    def test_without_a_yes_without_an_operator_and_read_only(self, code, cli, monkeypatch):
        told(cli("codes", "burn", code), 2, "--yes")
        told(cli("codes", "burn", code, "--yes", "--read-only"), 1, "read-only mode")
        monkeypatch.delenv("RMTUI_OPERATOR")
        told(cli("codes", "burn", code, "--yes"), 2, "--as CALLSIGN")
        told(cli("codes", "burn", code, "--yes", "--as", "KARHU"), 2, "active admin")
        assert len(cli("codes", "list", "--format", "json").json) == 1

    def test_usage_and_no_database(self, boss, cli, tmp_path):
        told(cli("codes", "burn"), 2, "CODE|PK")
        told(cli("codes", "list", "--db", f"sqlite:///{tmp_path}/none.db"), 2)
        told(cli("codes", "list", "--db", "postgresql://nobody@127.0.0.1:1/x"), 3)


def test_show_again_by_its_primary_key_and_that_is_recorded(code, cli):
    (row,) = cli("codes", "list", "--format", "json", code=0).json
    assert cli("codes", "show", row["pk"], code=2).err  # nobody said yes
    shown = cli("codes", "show", row["pk"], "--yes", "--format", "json", code=0).json
    assert (shown["code"], shown["callsign"], shown["pk"]) == (code, "KARHU", row["pk"])
    entry = cli("audit", "list", "--action", "reveal-code", "--format", "json", code=0).json[0]
    assert (entry["operator"], entry["outcome"]) == ("BOSS", "done")
    assert code not in str(entry)
    cli("codes", "burn", row["pk"], "--yes", code=0)
    refused = cli("codes", "show", row["pk"], "--yes", code=1)
    assert code not in refused.out + refused.err


def test_burning_several(code, boss, cli):
    other = codes.create_for_admin(None)
    spaced = f"{code[:4]} {code[4:]}"
    done = cli("codes", "burn", spaced, other, "NOSUCHCODE22", code, "--dry-run", code=0)
    assert "2 would be concerned, 1 not; nothing was changed." in done.err
    assert audit_rows()[-1][1] == "create-code"
    told(cli("codes", "burn", spaced, other), 2, "--yes")
    done = cli("codes", "burn", spaced, other, "NOSUCHCODE22", "--yes", "--format", "json", code=4)
    assert [(row["code"], row["outcome"]) for row in done.json] == [
        (f"{code[:2]}… for KARHU", "done"),
        (f"{other[:2]}… for making an admin", "done"),
        ("NO… (3)", "refused"),
    ]
    assert cli("codes", "list", "--format", "json", code=0).json == []
    done = cli("codes", "burn", "NOSUCHCODE22", "NOSUCHCODE33", "-", "--yes", "--format", "json", stdin="NOSUCHCODE44\n", code=1)
    assert [row["code"] for row in done.json] == ["NO… (1)", "NO… (2)", "NO… (3)"]
    assert not any(secret in done.out + done.err for secret in (code, other, "NOSUCHCODE22"))
