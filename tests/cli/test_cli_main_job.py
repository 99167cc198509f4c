"""The main job by commands, on every database: who waits, approve, reject, give roles. Stable keys in every form."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from making import START, make_enrollment, make_operator, make_person, make_pool
from rmtui.pki.csr import build_csr
from rmtui.pki.keys import generate
from rmtui.services.types import State

ENROLLMENT = ["callsign", "state", "created", "decided_on", "decided_by", "pool", "csr", "pk"]
PERSON = ["callsign", "status", "roles", "created", "revoked_on", "revoke_reason", "expires", "pk"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def from_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def boss(deployed, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


def test_the_whole_of_it(boss, cli, tmp_path):
    code = cli("enrollments", "create", "RAVEN", "--yes", "--format", "json", code=0).json["approvecode"]
    assert [row["callsign"] for row in cli("enrollments", "list", "--format", "json").json] == ["RAVEN"]
    done = cli("enrollments", "approve", "raven", "--code", code.lower(), "--yes", "--format", "json", code=0).json
    assert (done["callsign"], done["state"]) == ("RAVEN", "approved")
    assert set(done) == {"callsign", "state", "person", "serial", "not_after", "files", "effects"}
    assert cli("enrollments", "list", "--format", "json").json == []
    assert cli("enrollments", "list", "--state", "approved", "--format", "json").json[0]["decided_by"] == "BOSS"
    assert cli("roles", "assign", "RAVEN", "medic", "--yes", "--format", "json", code=0).json["roles"] == ["medic"]
    shown = cli("people", "show", "RAVEN", "--format", "json").json
    assert (shown["serial"], shown["subject"], shown["approved_by"]) == (done["serial"], "CN=RAVEN", "BOSS")
    assert [entry["action"] for entry in shown["history"]] == ["assign-role", "approve", "create"]
    assert cli("roles", "remove", "RAVEN", "medic", "--yes", "--format", "json", code=0).json["roles"] == []
    second = cli("enrollments", "create", "KARHU", "--yes", "--format", "json").json
    cli("enrollments", "reject", "KARHU", "--reason", "Not on the list", "--yes", code=0)
    assert cli("enrollments", "show", "KARHU", "--format", "json").json["reason"] == "Not on the list"
    third = cli("enrollments", "reopen", "KARHU", "--yes", "--format", "json", code=0).json
    assert third["approvecode"] != second["approvecode"]
    assert cli("enrollments", "approve", "KARHU", "--code", second["approvecode"], "--yes").code == 1
    assert cli("enrollments", "approve", "KARHU", "--code", "-", "--yes", stdin=f"{third['approvecode']}\n").code == 0


def test_lists_in_every_form(boss, cli):
    pool = make_pool()
    make_enrollment("RAVEN", "KROW2IAB", created=START, pool=pool.pk)
    make_enrollment("ÅKE", created=START, state=State.REJECTED, decided_on=START, decided_by=boss.pk)
    make_person("KARHU", "medic", "medic", "pilot", created=START)
    make_person("GONE", deleted=START, revoke_reason="keyCompromise")
    for command, keys, count in [
        (("enrollments", "list", "--state", "all"), ENROLLMENT, 2),
        (("people", "list", "--status", "all"), PERSON, 3),
        (("roles", "list"), ["role", "members"], 3),
    ]:
        told = cli(*command, "--format", "json", code=0)
        assert all(list(row) == keys for row in told.json)
        assert len(told.json) == count
        assert told.out.isascii()
        table = from_csv(cli(*command, "--format", "csv", code=0).out)
        columns = [key for key in keys if key != "pk"]
        assert all(list(row) == columns for row in table)
        assert len(table) == count
        text = cli(*command, code=0).lines
        assert len(text) == count + 1
        assert text[0].split("  ")[0] == keys[0].upper()
        assert "KROW2IAB" not in told.out + str(table) + str(text)


def test_values_in_json(boss, cli):
    make_enrollment("RAVEN", created=START, csr="x", pool=make_pool().pk)
    make_enrollment("ÅKE", state=State.REJECTED, decided_on=START, decided_by=boss.pk)
    raven, ake = cli("enrollments", "list", "--state", "all", "--format", "json").json
    assert raven == {
        "callsign": "RAVEN",
        "state": "pending",
        "created": "2026-03-01T12:00:00Z",
        "decided_on": None,
        "decided_by": None,
        "pool": "INVITE22",
        "csr": True,
        "pk": raven["pk"],
    }
    assert (ake["callsign"], ake["state"], ake["decided_on"], ake["decided_by"]) == ("ÅKE", "rejected", "2026-03-01T12:00:00Z", "BOSS")
    assert TIME.fullmatch(ake["created"])


def test_filters(boss, cli):
    make_person("KARHU", "medic")
    make_person("GONE", "medic", deleted=START)
    for state in State:
        make_enrollment(f"E{state}", state=state)

    def names(*command):
        return [row["callsign"] for row in cli(*command, "--format", "json", code=0).json]

    assert names("enrollments", "list") == names("enrollments", "list", "--state", "pending") == ["Epending"]
    assert names("enrollments", "list", "--state", "approved") == ["Eapproved"]
    assert names("enrollments", "list", "--state", "rejected") == ["Erejected"]
    assert names("enrollments", "list", "--state", "all") == ["Epending", "Eapproved", "Erejected"]
    assert names("people", "list") == ["BOSS", "KARHU"]
    assert names("people", "list", "--status", "revoked") == ["GONE"]
    assert names("people", "list", "--role", "medic") == ["KARHU"]
    assert names("people", "list", "--role", "medic", "--status", "all") == ["GONE", "KARHU"]
    assert names("people", "list", "--role", "nobody") == []


def test_longer_than_a_page(boss, cli, monkeypatch):
    from rmtui.cli import paging

    monkeypatch.setattr(paging, "PAGE", 3)
    for number in range(10):
        make_enrollment(f"R{number}", created=START)
    assert len({row["callsign"] for row in cli("enrollments", "list", "--format", "json").json}) == 10


def test_nobody_there(boss, cli):
    assert cli("enrollments", "list").out == ""
    assert cli("enrollments", "list", "--format", "json").json == []
    assert cli("enrollments", "list", "--format", "csv").out == "callsign,state,created,decided_on,decided_by,pool,csr\n"


def test_show_in_every_form(boss, cli):
    made = cli("enrollments", "create", "RAVEN", "--yes", "--format", "json").json
    cli("enrollments", "reject", "RAVEN", "--reason", "Wrong day", "--yes")
    shown = cli("enrollments", "show", "RAVEN", "--format", "json").json
    assert list(shown) == [
        *ENROLLMENT,
        "problem",
        "reason",
        "csr_details",
        "csr_fingerprint",
        "looks_like",
        "being_approved_by",
        "extra",
        "history",
    ]
    assert [list(entry) for entry in shown["history"]] == [["at", "operator", "proof", "action", "outcome", "detail"]] * 2
    text = cli("enrollments", "show", "RAVEN").out
    assert re.search(r"^reason +Wrong day$", text, re.M)
    assert re.search(r"^  20.*Z  reject done by BOSS \(none\): Wrong day$", text, re.M)
    assert from_csv(cli("enrollments", "show", "RAVEN", "--format", "csv").out)[0]["reason"] == "Wrong day"
    person = cli("people", "show", "BOSS", "--format", "json").json
    assert list(person) == [
        *PERSON,
        "approved_by",
        "approved_on",
        "pool",
        "certspath",
        "files",
        "serial",
        "fingerprint",
        "subject",
        "issuer",
        "key",
        "not_before",
        "not_after",
        "crl",
        "certificate_problem",
        "extra",
        "effects",
        "history",
    ]
    assert "certificate problem" in cli("people", "show", "BOSS").out
    for form in ("text", "json", "csv"):
        for command in (("enrollments", "show", "RAVEN"), ("people", "show", "BOSS"), ("info",)):
            assert made["approvecode"] not in cli(*command, "--format", form, code=0).out


def test_with_a_csr_and_a_pool(boss, cli, tmp_path):
    make_pool()
    file = tmp_path / "raven.csr"
    file.write_bytes(build_csr(generate("ec256"), "RAVEN"))
    made = cli("enrollments", "create", "RAVEN", "--csr", str(file), "--pool", "invite-22", "--yes", "--format", "json", code=0).json
    shown = cli("enrollments", "show", "RAVEN", "--format", "json").json
    assert (shown["csr"], shown["csr_details"], shown["pool"]) == (True, "CN=RAVEN, EC P-256", "INVITE22")
    again = cli("enrollments", "create", "KARHU", "--csr", "-", "--yes", stdin=build_csr(generate("ec256"), "KARHU").decode(), code=0)
    assert "Hand the approve code to the person" in again.err
    done = cli("enrollments", "approve", "RAVEN", "--code", made["approvecode"], "--yes", "--format", "json", code=0).json
    assert not list(Path(done["files"]).glob("*.key"))


def test_a_lookalike_is_warned_of(boss, cli):
    make_person("RAVEN")
    make_enrollment("R4VEN", "KROW2IAB")
    done = cli("enrollments", "approve", "R4VEN", "--code", "KROW2IAB", "--yes", code=0)
    assert "Warning: R4VEN looks like RAVEN." in done.err


def test_the_crl_is_renewed(boss, cli, deployed):
    done = cli("crl", "--yes", "--format", "json", code=0).json
    assert set(done) == {"crl", "ca_chain"}
    assert done["crl"].endswith("/public/crl.pem")


def test_info_in_every_form(boss, cli, deployed):
    told = cli("info", "--format", "json", code=0).json
    assert (told["ready"], told["operator"], told["people"], told["read_only"]) == (True, "BOSS", 1, False)
    assert re.search(r"^operator +BOSS$", cli("info").out, re.M)
    assert from_csv(cli("info", "--format", "csv").out)[0]["operator"] == "BOSS"
    assert cli("info", "--read-only", "--format", "json").json["read_only"] is True


def test_giving_a_role_twice_is_no_failure_and_taking_what_is_not_there_is(boss, cli):
    make_person("RAVEN", "medic")
    assert "has the role medic already" in cli("roles", "assign", "RAVEN", "medic", "--yes", code=0).err
    assert "does not have the role pilot" in cli("roles", "remove", "RAVEN", "pilot", "--yes", code=1).err


@pytest.mark.parametrize("where", ["before", "between", "after"])
def test_options_before_and_after_the_command(boss, cli, monkeypatch, deployed, where):
    monkeypatch.delenv("RMTUI_OPERATOR")
    options = ("--as", "BOSS", "--format", "json", "--yes")
    argv = {
        "before": (*options, "enrollments", "create", "RAVEN"),
        "between": ("enrollments", *options, "create", "RAVEN"),
        "after": ("enrollments", "create", "RAVEN", *options),
    }[where]
    assert cli(*argv, code=0).json["callsign"] == "RAVEN"
    refused = ("--read-only", *argv) if where == "before" else (*argv, "--read-only")
    assert "read-only mode" in cli(*refused, code=1).err
    monkeypatch.delenv("RM_DB_DSN")
    url = deployed["RM_DB_DSN"]
    listed = ("--db", url, "people", "list") if where == "before" else ("people", "list", "--db", url)
    assert "BOSS" in cli(*listed, code=0).out


def test_an_option_given_twice_is_the_last_one(boss, cli):
    assert cli("--format", "csv", "people", "list", "--format", "json").json
