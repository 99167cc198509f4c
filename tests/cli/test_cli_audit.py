"""``rmtui audit``: listed with every filter, verified, exported."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sqlite3
from pathlib import Path

import pytest
from cli_running import told
from test_cli_signin import bind, secret_file, signed, somebody

from deployments import run_sql
from making import make_enrollment, make_person
from rmtui import clock, settings

pytestmark = pytest.mark.two_databases

CODE = "KROW2IAB"
COLUMNS = ["id", "at", "operator", "proof", "action", "target", "outcome", "about", "os_user", "host", "from"]


@pytest.fixture
def written(deployed, cli, monkeypatch):
    """A trail of seven entries by two operators, of whom one proved who they are; the first is two days old."""
    somebody("KARHU", "admin")
    make_person("BOSS", "admin")
    make_enrollment("RAVEN", CODE)
    make_enrollment("ÅKE", "KARHU234")
    with monkeypatch.context() as patch:
        before = clock.utcnow() - dt.timedelta(days=2)
        patch.setattr(clock, "utcnow", lambda: before)
        patch.setattr("rmtui.db.trail.utcnow", lambda: before)
        cli("--as", "BOSS", "enrollments", "create", "OLD", "--yes", code=0)
    monkeypatch.setenv("SSH_CONNECTION", "2001:db8::7 50000 2001:db8::1 22")
    cli("--as", "BOSS", "enrollments", "approve", "RAVEN", "--code", "WRONG234", "--yes", code=1)
    cli("--as", "BOSS", "enrollments", "approve", "RAVEN", "--code", CODE, "--yes", code=0)
    cli("--as", "BOSS", "roles", "assign", "RAVEN", "medic", "--yes", code=0)
    bind()
    from rmtui.db.middleware import connection
    from rmtui.db.people import Person

    with connection():
        pfx = str(Person.by_callsign("KARHU").directory / "mtls.pfx")
    cli(*signed(pfx), "enrollments", "reject", "ÅKE", "--reason", "=No", "--yes", stdin="KARHU\n", code=0)
    cli("--as", "NOBODY", "codes", "create", "KARHU", "--yes", code=2)
    cli("--as", "BOSS", "codes", "create", "KARHU", "--yes", code=0)
    return deployed


def tamper(env: dict[str, str], statement: str) -> None:
    """Write behind everybody's back, as who owns the database can; ``{}`` stands for what our tables' names begin with."""
    url = env["RM_DB_DSN"]
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as other:
            for (name,) in list(other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
                other.execute(f"DROP TRIGGER {name}")
            other.execute(statement.format("rmtui_"))
        other.close()
    else:
        run_sql(url, *(f"ALTER TABLE rmtui.{name} DISABLE TRIGGER USER" for name in ("audit", "chain")), statement.format("rmtui."))


def ids(done) -> list[int]:
    assert done.code == 0, done
    return [each["id"] for each in done.json]


def test_every_filter(written, cli):
    def found(*argv: str) -> list[int]:
        return ids(cli("audit", "list", "--format", "json", *argv))

    assert found() == [7, 6, 5, 4, 3, 2, 1]
    assert found("--by", "boss") == [7, 4, 3, 2, 1]
    assert found("--by", "KARHU") == [5]
    assert found("--on", "RAVEN") == [4, 3, 2]
    assert found("--on", "åke") == [5]
    assert found("--action", "approve") == [3, 2]
    assert found("--outcome", "refused") == [6, 2]
    assert found("--outcome", "refused", "--action", "approve", "--by", "BOSS", "--on", "RAVEN") == [2]
    assert found("--since", "1d") == [7, 6, 5, 4, 3, 2]
    assert found("--until", "1d") == [1]
    today = clock.utcnow()
    assert found("--since", (today - dt.timedelta(hours=30)).strftime("%Y-%m-%dT%H:%M")) == [7, 6, 5, 4, 3, 2]
    assert found("--until", (today - dt.timedelta(days=3)).strftime("%Y-%m-%d")) == []
    assert found("--since", "3d", "--until", "1h") == [1]
    assert found("--by", "%") == found("--on", "_") == found("--by", "\udcff") == []
    assert found("--limit", "2") == [7, 6]
    assert found("--limit", "0") == [7, 6, 5, 4, 3, 2, 1]
    assert "These are the latest 2" in cli("audit", "list", "--limit", "2").err
    assert cli("audit", "list", "--limit", "7").err == ""


def test_every_form(written, cli):
    rows = cli("audit", "list", "--format", "json", code=0).json
    assert [(row["operator"], row["proof"], row["outcome"], row["signed"]) for row in rows] == [
        ("BOSS", "none", "done", False),
        ("", "none", "refused", False),
        ("KARHU", "certificate", "done", True),
        ("BOSS", "none", "done", False),
        ("BOSS", "none", "done", False),
        ("BOSS", "none", "refused", False),
        ("BOSS", "none", "done", False),
    ]
    assert [row["from"] for row in rows] == ["2001:db8::7"] * 6 + [""]
    assert all(row["at"].endswith("Z") and row["os_user"] and row["host"] and len(row["hash"]) == 64 for row in rows)
    table = list(csv.DictReader(io.StringIO(cli("audit", "list", "--format", "csv", code=0).out)))
    assert list(table[0]) == COLUMNS
    assert [row["about"] for row in table if row["action"] == "reject"] == ["'=No"]
    text = cli("audit", "list", code=0).lines
    assert text[0].split() == ["ID", "AT", "OPERATOR", "PROOF", "ACTION", "TARGET", "OUTCOME", "ABOUT", "OS", "USER", "HOST", "FROM"]
    assert len(text) == 8
    assert CODE not in cli("audit", "list", "--format", "json").out + str(table) + str(text)


@pytest.mark.usefixtures("in_helsinki")
def test_times_are_local_for_the_eye_and_utc_for_programs_and_on_request(written, cli, monkeypatch):
    def at(*argv: str) -> str:
        return " ".join(cli("audit", "list", "--limit", "1", *argv, code=0).lines[1].split()[1:4])

    utc = cli("audit", "list", "--format", "json", code=0).json[0]["at"]
    when = dt.datetime.fromisoformat(utc)
    local = when.astimezone()
    assert utc.endswith("Z")
    assert at().startswith(f"{local:%Y-%m-%d %H:%M:%S %Z}")
    assert at("--lang", "fi").startswith(f"{local:%d.%m.%Y %H.%M.%S %Z}")
    assert at("--utc").startswith(f"{when:%Y-%m-%d %H:%M:%S}Z")
    assert f",{when:%Y-%m-%d %H:%M:%S}Z," in cli("audit", "list", "--format", "csv", code=0).out
    monkeypatch.setenv("RMTUI_UTC", "1")
    assert at().startswith(f"{when:%Y-%m-%d %H:%M:%S}Z")
    assert at("--no-utc").startswith(f"{local:%Y-%m-%d %H:%M:%S %Z}")
    assert at("--lang", "fi").startswith(f"{when:%d.%m.%Y %H.%M.%S} UTC")


@pytest.mark.usefixtures("in_helsinki")
def test_a_time_is_typed_as_it_is_shown(written, cli):
    def found(*argv: str) -> list[int]:
        return ids(cli("audit", "list", "--format", "json", *argv))

    first = cli("--lang", "fi", "audit", "list", "--until", "1pv", code=0).lines[1].split()
    shown = " ".join(first[1:4])
    hour = dt.timedelta(hours=1)
    before = (dt.datetime.strptime(" ".join(first[1:3]), "%d.%m.%Y %H.%M.%S") - hour).strftime("%d.%m.%Y %H.%M")  # noqa: DTZ007
    assert found("--since", "2t") == found("--since", "120min") == found("--filter", "since:2t") == [7, 6, 5, 4, 3, 2]
    assert found("--until", before) == found("--until", shown) == []
    assert found("--since", before, "--until", "1pv") == found("--filter", f'since:"{before}" until:1pv') == [1]
    assert found("--utc", "--since", before, "--until", "1pv") == [], "an hour ago there is an hour to come in UTC"
    told(cli("--lang", "fi", "audit", "list", "--since", "eilen"), 2, "--since", "2t", "20.11.2026", "UTC")


@pytest.mark.parametrize("argv", [("--since", "x"), ("--until", "2026-13-01"), ("--since", ""), ("--limit", "-1"), ("--limit", "x")])
def test_usage(embedded, cli, argv):
    told(cli("audit", "list", *argv), 2, argv[0])


def test_outcomes_are_known(embedded, cli):
    assert cli("audit", "list", "--outcome", "nonsense").code == 2


def test_export(written, cli):
    lines = [json.loads(line) for line in cli("audit", "export", code=0).lines]
    assert [line["event.sequence"] for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    reject, refused = lines[4], lines[1]
    assert (reject["event.action"], reject["event.outcome"], reject["user.name"], reject["destination.user.name"]) == (
        "reject", "success", "KARHU", "ÅKE",
    )  # fmt: skip
    assert (reject["source.ip"], reject["source.port"]) == ("2001:db8::7", 50000)
    assert reject["rmtui.certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert reject["rmtui.signature"]
    assert (refused["event.outcome"], refused["event.action"], refused["user.name"]) == ("failure", "approve", "BOSS")
    assert "not the code of RAVEN" in refused["event.reason"]
    assert "source.ip" not in lines[0]
    assert "user.name" not in lines[5]
    assert cli("audit", "export").out.isascii()
    log = json.loads(cli("info", "--format", "json").out).get("audit_log") or cli("audit", "verify", "--format", "json").json["log"]
    logged = [json.loads(line) for line in Path(log).read_text().splitlines()]
    assert [line["event.hash"] for line in logged] == [line["event.hash"] for line in lines]


def test_verified(written, cli):
    found = cli("audit", "verify", "--format", "json", code=0).json
    assert (found["ok"], found["entries"], found["signed"], found["compared_with_log"], found["entry"]) == (True, 7, 1, 7, None)
    assert found["signers_checked_against_ca"] is True
    assert cli("audit", "verify").err == ""
    Path(found["log"]).unlink()
    assert "no second witness" in cli("audit", "verify", code=0).err


@pytest.mark.parametrize(
    ("statement", "entry", "kind"),
    [
        ("UPDATE {}audit SET reason = 'Yes' WHERE id = 5", 5, "changed"),
        ("UPDATE {}audit SET operator = 'KARHU' WHERE id = 3", 3, "changed"),
        ("UPDATE {}audit SET outcome = 'done' WHERE id = 2", 2, "changed"),
        ("DELETE FROM {}audit WHERE id = 4", 4, "removed"),
        ("DELETE FROM {}audit WHERE id = 1", 1, "removed"),
        ("DELETE FROM {}audit WHERE id > 5", 6, "removed"),
        ("DELETE FROM {}audit", 1, "removed"),
        ("UPDATE {}audit SET signer = NULL, signature = NULL WHERE id = 5", 5, "changed"),
    ],
)
def test_tampered_with(written, cli, statement, entry, kind):
    tamper(written, statement)
    done = cli("audit", "verify", "--format", "json")
    assert done.code == 1
    assert (done.json["ok"], done.json["entry"], done.json["kind"]) == (False, entry, kind)
    assert done.json["problem"] in done.err
    assert str(entry) in done.json["problem"]


@pytest.mark.parametrize("statement", ["DELETE FROM {}chain", "UPDATE {}chain SET head = 'x'", "UPDATE {}chain SET entries = 6"])
def test_the_record_of_the_end_tampered_with(written, cli, statement):
    tamper(written, statement)
    done = cli("audit", "verify", "--format", "json")
    assert done.code == 1
    assert done.out
    assert done.json["ok"] is False


def test_signed_in_and_the_record_of_the_end_gone(written, cli, monkeypatch, tmp_path):
    """Verifying is what is wanted most just then; what signs in for it must not need the trail."""
    bind()
    pfx = str(somebody("LATE", "admin"))
    cli("signin", *signed(pfx), stdin="LATE\n", code=0)
    tamper(written, "DELETE FROM {}chain")
    for argv in ((), ("--read-only", "--identity", pfx, "--passphrase-file", secret_file(tmp_path / "pass", "LATE"))):
        done = cli(*argv, "audit", "verify", "--format", "json")
        assert (done.code, done.json["ok"]) == (1, False)


def drop(env: dict[str, str]) -> None:
    """Away with every table of ours."""
    if not env["RM_DB_DSN"].startswith("sqlite"):
        run_sql(env["RM_DB_DSN"], "DROP SCHEMA rmtui CASCADE")
        return
    for name in ("audit", "chain", "signers", "claims", "effects", "issued", "migrations"):
        tamper(env, f"DROP TABLE {{}}{name}")


@pytest.mark.parametrize("forgetful", [False, True])
def test_the_last_migration_unrecorded(written, cli, forgetful):
    """Without its migrations the trail looks as if it were not made yet."""
    tamper(written, "DELETE FROM {0}migrations WHERE id = (SELECT max(id) FROM {0}migrations)")
    if forgetful:
        for path in settings.current().state_dir.glob("trail-*"):
            path.unlink()
    done = cli("audit", "verify", "--format", "json", code=1)
    assert (done.json["ok"], done.json["kind"]) == (False, "missing")
    assert done.json["problem"] in done.err


def test_every_table_dropped(written, cli):
    bind()
    drop(written)
    done = cli("audit", "verify", "--format", "json", code=1)
    assert (done.json["ok"], done.json["kind"]) == (False, "missing")
    assert done.json["problem"] in done.err
    (known,) = settings.current().state_dir.glob("trail-*")
    assert str(known) in done.json["problem"]
    assert "another audit trail" in cli("--as", "BOSS", "enrollments", "create", "AFTER", "--yes", code=0).err
    assert cli("audit", "verify", "--format", "json", code=1).json["kind"] == "replaced"
    known.unlink()
    assert "another" not in cli("--as", "BOSS", "enrollments", "create", "LATER", "--yes", code=0).err
    assert cli("audit", "verify", "--format", "json", code=0).json["compared_with_log"] == 2


def test_another_name_for_the_chain(written, cli):
    tamper(written, "UPDATE {}chain SET name = '" + "0" * 32 + "'")
    done = cli("audit", "verify", "--format", "json", code=1)
    assert (done.json["ok"], done.json["kind"], done.json["entry"]) == (False, "replaced", None)
    assert done.json["problem"] in done.err


def test_nothing_to_verify(embedded, cli):
    assert cli("audit", "verify", "--format", "json", code=0).json["entries"] == 0
    assert cli("audit", "export", code=0).out == ""
    assert cli("audit", "list", "--format", "json", code=0).json == []


@pytest.mark.parametrize("details", ["x", "[]", "7", '{{"a": 1'])
def test_details_that_are_none(written, cli, details):
    """What was tampered with is still listed and exported, and actions go on."""
    tamper(written, f"UPDATE {{}}audit SET details = '{details}' WHERE id = 7")
    assert ids(cli("audit", "list", "--format", "json")) == [7, 6, 5, 4, 3, 2, 1]
    lines = [json.loads(line) for line in cli("audit", "export", code=0).lines]
    assert len(lines) == 7
    assert cli("audit", "verify", "--format", "json", code=1).json["entry"] == 7
    log = Path(cli("audit", "verify", "--format", "json").json["log"])
    log.unlink()
    cli("--as", "BOSS", "enrollments", "create", "AFTER", "--yes", code=0)
    assert log.read_text()
