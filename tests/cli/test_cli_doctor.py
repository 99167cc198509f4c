"""``rmtui doctor``: what a monitoring probe reads, and asking before something is put right."""

from __future__ import annotations

import csv
import io
import re
import uuid
from pathlib import Path

import pytest
from cli_running import told

from making import audit_rows, make_pool
from rmtui.db.middleware import connection
from rmtui.db.own import Audit, Effect
from rmtui.db.people import Person, Role

pytestmark = pytest.mark.two_databases

KEYS = {"check", "severity", "subject", "sentence", "repair"}
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


@pytest.fixture
def boss(deployed):
    with connection():
        person = Person.create_with_cert("BOSS")
        Role.create(user=person.pk, role="admin")
    return person


def test_all_is_well(boss, cli):
    done = cli("doctor", "--format", "json", code=0)
    assert {frozenset(each) for each in done.json} == {frozenset(KEYS)}
    assert {each["severity"] for each in done.json} == {"ok"}
    assert cli("doctor", code=0).lines[0] == "OK"
    assert cli("doctor", "--read-only", code=0).err == ""
    told(cli("doctor", "--most", "-1"), 2, "a number of people")
    assert "The files of 0 of 1 people" in cli("doctor", "--most", "0", code=0).out
    cli("--as", "BOSS", "doctor", "--repair", code=0)
    assert audit_rows() == []


def test_what_was_put_right_before_an_interruption_is_told(boss, cli, monkeypatch):
    with connection():
        Role.create(user=boss.pk, role="admin")
    make_pool(uuid.uuid4())

    def interrupt(**_values):
        raise KeyboardInterrupt

    monkeypatch.setattr("rmtui.services.doctor.repairs.EnrollmentPool.update", interrupt)
    done = cli("--as", "BOSS", "doctor", "--repair", "--yes", code=130)
    assert "interrupted. Done, and it stands: repair BOSS. " in done.err


def test_what_is_found_is_put_right_after_asking(boss, cli, monkeypatch):
    pool = make_pool(uuid.uuid4())
    with connection():
        Role.create(user=boss.pk, role="admin")
    found = [each for each in cli("doctor", "--format", "json", code=1).json if each["severity"] != "ok"]
    assert {(each["check"], each["subject"], each["repair"]) for each in found} == {
        ("doubled-role", "BOSS", "remove-doublets"),
        ("invite-of-nobody", str(pool.pk), "take-invites"),
    }
    assert cli("doctor", code=1).lines[:2] == ["ERROR", f"  doubled-role: {found[0]['sentence']} [repair: remove-doublets]"]
    rows = list(csv.DictReader(io.StringIO(cli("doctor", "--format", "csv", code=1).out)))
    assert rows[0].keys() == KEYS
    assert rows[0]["check"] == "doubled-role"
    told(cli("--as", "BOSS", "doctor", "--repair"), 2, "no terminal to ask on")
    assert "read-only mode" in told(cli("--as", "BOSS", "--read-only", "doctor", "--repair", "--yes"), 1)
    assert audit_rows() == []
    told(cli("doctor", "--repair", "--yes"), 2, "Nobody said who acts")
    assert [row[:3] for row in audit_rows()] == [("", "repair", "refused")]
    asked: list[str] = []

    def confirm(question: str, _yes: bool) -> None:
        from rmtui.cli.asking import Declined

        asked.append(question)
        if "invites" in question:
            raise Declined("Nothing was changed.")

    with monkeypatch.context() as patched:
        patched.setattr("rmtui.cli.doctor.confirm", confirm)
        patched.setattr("rmtui.cli.asking.can_ask", lambda: True)
        done = cli("--as", "BOSS", "doctor", "--repair", "--format", "json", code=1)
    assert [each["check"] for each in done.json if each["severity"] != "ok"] == ["invite-of-nobody"]
    assert asked == [
        "Remove doubled roles, and keep the oldest of each? 1 concerned: BOSS.",
        f"Make invites yours whose owner is not there, and disable them? 1 concerned: {pool.pk}.",
    ]
    assert "BOSS has the role admin once." in done.err
    done = cli("--as", "BOSS", "doctor", "--repair", "--yes", "--format", "json", code=0)
    assert {each["severity"] for each in done.json} == {"ok"}
    with connection():
        kept = [(row.action, row.outcome, row.target, "remove-doublets" in row.details) for row in Audit.select().order_by(Audit.id)]
    assert kept[1:] == [("repair", "done", "BOSS", True), ("repair", "done", str(pool.pk), False)]


def test_what_takes_a_certificate_has_to_be_named(boss, cli):
    with connection():
        Role.create(user=boss.pk, role="admin")
        odd = Person.create_with_cert("ODD")
        Person.update(callsign="../odd").where(Person.pk == odd.pk).execute()
    told(cli("--as", "BOSS", "doctor", "--only", "sweeping"), 2, "sweeping is no repair")
    done = cli("--as", "BOSS", "doctor", "--repair", "--yes", "--format", "json", code=1)
    assert "revoke-callsigns takes certificates from people, so --yes does it only with --only revoke-callsigns. Left as it is." in done.err
    assert {(each["check"], each["repair"]) for each in done.json if each["severity"] != "ok"} == {
        ("callsign", "revoke-callsigns"),
        ("subject", "reissue-wrong"),
    }
    done = cli("--as", "BOSS", "doctor", "--only", "revoke-callsigns", "--yes", "--format", "json", code=0)
    assert "../odd is revoked." in done.err
    assert {each["severity"] for each in done.json} == {"ok"}


def test_a_long_check_tells_a_terminal_how_far_it_is(boss, cli, monkeypatch, capsys):
    from rmtui.cli import doctor
    from rmtui.services.doctor import Checked, Step

    for number in (500, 12_500):
        doctor._progress(Step("files", Checked(number, 12_500)))
    doctor._progress(Step("files", Checked(3, 3)))
    assert capsys.readouterr().err == "\rfiles: checked 500 of 12,500\rfiles: checked 12,500 of 12,500\n"


def test_what_products_were_told_of_somebody(boss, cli):
    with connection():
        Effect.create(person=boss.pk, callsign="BOSS", event="created", target="product:tak", attempts=3, last_error="gone\x1b")
        Effect.create(person=uuid.uuid4(), callsign="OTHER", event="created", target="product:tak")
    (effect,) = cli("people", "show", "BOSS", "--format", "json", code=0).json["effects"]
    assert (effect["target"], effect["state"], effect["failing"], effect["attempts"]) == ("product:tak", "waiting", True, 3)
    shown = cli("people", "show", "BOSS", code=0).out
    assert "product:tak" in shown
    assert "\x1b" not in shown


def test_who_may_not_look_may_not_be_told(boss, cli, monkeypatch):
    monkeypatch.setenv("RMTUI_REQUIRE_SIGNIN", "1")
    told(cli("doctor"), 1, "nobody is signed in")
    told(cli("doctor", "--repair", "--yes"), 1, "nobody is signed in")
    assert [row[1:3] for row in audit_rows()] == [("repair", "refused")]


def test_where_there_is_no_database(deployed, cli, monkeypatch, tmp_path):
    monkeypatch.setenv("RM_DB_DSN", "postgresql://nobody@127.0.0.1:1/x")
    monkeypatch.setenv("DB_RETRY_LIMIT", "0")
    for more in ((), ("--repair", "--yes"), ("--as", "BOSS")):
        found = cli("doctor", "--format", "json", *more, code=3).json
        assert (found[0]["check"], found[0]["severity"]) == ("database", "error")
        assert "cannot be reached" in found[0]["sentence"]
    monkeypatch.setenv("RM_DB_DSN", f"sqlite:///{tmp_path / 'none.db'}")
    assert "not set up yet" in cli("doctor", "--format", "json", code=1).json[0]["sentence"]


def test_a_database_of_2023_is_a_finding(make_database, data_dir, cli, monkeypatch):
    for name, value in (("RM_DB_DSN", make_database("2023")), ("RM_PERSISTENT_DATA_DIR", str(data_dir)), ("RM_CERT_BACKEND", "embedded")):
        monkeypatch.setenv(name, value)
    found = cli("doctor", "--format", "json", code=1).json
    assert (found[0]["check"], "it lacks" in found[0]["sentence"]) == ("database", True)


def test_the_readme_knows_every_check_and_key():
    from rmtui.services.doctor import database, effects, host, own_files, people_files, products, repairs, rows

    section = README[README.index("## Doctor") :]
    section = section[: section.index("\n## ")]
    sources = "".join(
        Path(module.__file__).read_text("utf-8") for module in (database, effects, host, own_files, people_files, products, rows)
    )
    checks = {*re.findall(r'Finding\("([a-z-]+)"', sources), *re.findall(r'yield "([a-z-]+)",', sources), "database"}
    assert len(checks) > 25
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.M)) == checks
    for name in {*KEYS, *repairs.REPAIRS}:
        assert f"`{name}`" in section
    import json

    example = json.loads(section.partition("```json\n")[2].partition("```")[0])
    assert all(set(each) == KEYS for each in example)
