"""Every refusal has its exit code and one sentence, and loses nothing."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sqlite3

import pytest
from cli_running import told

from making import START, audit_rows, everybody, make_enrollment, make_operator, make_person, make_pool, state_of
from ports import HeldPort
from rmtui.services.types import State

CODE = "KROW2IAB"


@pytest.fixture
def boss(embedded, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


class TestRefused:
    """Exit 1: trying again changes nothing until something else does."""

    def test_nobody_of_that_callsign(self, boss, cli):
        for argv in [
            ("enrollments", "show", "NOBODY"),
            ("enrollments", "approve", "NOBODY", "--code", CODE, "--yes"),
            ("enrollments", "reject", "NOBODY", "--reason", "No", "--yes"),
            ("enrollments", "reopen", "NOBODY", "--yes"),
            ("people", "show", "NOBODY"),
            ("people", "show", "\udcff"),
            ("enrollments", "show", "NO\x1b[2J"),
            ("roles", "assign", "NOBODY", "medic", "--yes"),
            ("roles", "remove", "NOBODY", "medic", "--yes"),
        ]:
            told(cli(*argv), 1, "There is no")
        told(cli("enrollments", "create", "RAVEN", "--pool", "NEVERWAS", "--yes"), 1, "no such invite code")

    @pytest.mark.parametrize("code", ["WRONG234", "", " ", "KROW2IA", "КROW2IAB"])
    def test_wrong_empty_and_lookalike_codes(self, boss, cli, code):
        waiting = make_enrollment("RAVEN", CODE)
        told(cli("enrollments", "approve", "RAVEN", "--code", code, "--yes"), 1, "not the code of RAVEN", "nothing was approved")
        told(cli("enrollments", "approve", "RAVEN", "--code", "-", "--yes", stdin=f"{code}\n"), 1, "not the code of RAVEN")
        assert state_of(waiting) is State.PENDING

    def test_decided_already(self, boss, cli):
        make_enrollment("RAVEN", CODE, state=State.REJECTED, decided_by=boss.pk, decided_on=START)
        told(cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes"), 1, "already rejected by BOSS on 2026-03-01 12:00:00Z")
        told(cli("enrollments", "reject", "RAVEN", "--reason", "No", "--yes"), 1, "already rejected")
        make_enrollment("KARHU", "KARHU234")
        told(cli("enrollments", "reopen", "KARHU", "--yes"), 1, "only a rejected enrolment")

    def test_taken_and_reserved(self, boss, cli):
        make_pool(active=False)
        for name in ("boss", "RASENMAEHER", "anon_admin"):
            told(cli("enrollments", "create", name, "--yes"), 1, name)
        told(cli("enrollments", "create", "RAVEN", "--pool", "INVITE22", "--yes"), 1, "disabled")

    @pytest.mark.parametrize("callsign", ["", " ", "a/b", "..", "A\x1b[2J", "A\nB", "\udcff", "x" * 65, "=cmd()"])
    def test_what_is_no_callsign(self, boss, cli, callsign):
        told(cli("enrollments", "create", callsign, "--yes"), 1, "cannot be a callsign")

    def test_no_reason(self, boss, cli):
        waiting = make_enrollment("RAVEN")
        told(cli("enrollments", "reject", "RAVEN", "--reason", " ", "--yes"), 1, "say why")
        assert state_of(waiting) is State.PENDING

    def test_last_admin_and_oneself(self, boss, cli):
        told(cli("roles", "remove", "BOSS", "admin", "--yes"), 1, "last admin")
        make_person("ILVES", "admin")
        told(cli("roles", "remove", "BOSS", "admin", "--yes"), 1, "is you")
        told(cli("roles", "assign", "ILVES", "two words", "--yes"), 1, "cannot be a role")

    def test_read_only(self, boss, cli, monkeypatch):
        make_enrollment("RAVEN", CODE)
        monkeypatch.setenv("RMTUI_READ_ONLY", "1")
        for argv in [
            ("enrollments", "create", "KARHU"),
            ("enrollments", "approve", "RAVEN", "--code", CODE),
            ("enrollments", "reject", "RAVEN", "--reason", "No"),
            ("roles", "assign", "BOSS", "medic"),
            ("crl",),
            ("init", "--admin", "KARHU"),
        ]:
            told(cli(*argv, "--yes"), 1, "read-only mode", "nothing was changed")
        assert cli("people", "list").code == 0

    def test_a_second_first_admin(self, boss, cli):
        told(cli("init", "--admin", "ILVES", "--yes"), 1, "active admin already")
        assert everybody() == ["BOSS"]


class TestConfiguration:
    """Exit 2: the call or the configuration is wrong."""

    @pytest.mark.parametrize(
        "argv",
        [
            ("nonsense",),
            ("enrollments",),
            ("people", "list", "--nonsense"),
            ("people", "list", "extra"),
            ("people", "list", "--format", "xml"),
            ("enrollments", "list", "--state", "lost"),
            ("enrollments", "approve", "RAVEN"),
            ("enrollments", "reject", "RAVEN"),
            ("roles", "assign", "RAVEN"),
            ("people", "list", "--status"),
            ("people", "list", "--stat", "all"),
            ("people", "list", "\x1b[2J"),
            ("people", "list", "--db", "nonsense"),
            ("people", "list", "--db", "mysql://h/db"),
            ("people", "list", "--db", "sqlite:///"),
            ("--db", "postgresql://h/db?nonsense=1", "people", "list"),
        ],
    )
    def test_usage(self, boss, cli, argv):
        told(cli(*argv), 2)

    @pytest.mark.parametrize("command", [("info",), ("people", "list"), ("enrollments", "create", "X", "--yes"), ()])
    def test_a_password_in_the_url(self, boss, cli, command):
        line = told(cli("--db", "postgresql://me:hunter2@h/db", *command), 2, "RM_DB_DSN", "PGPASSFILE")
        assert "hunter2" not in line

    def test_nobody_named(self, boss, cli, monkeypatch):
        make_enrollment("RAVEN", CODE)
        monkeypatch.delenv("RMTUI_OPERATOR")
        for argv in [
            ("enrollments", "create", "KARHU"),
            ("enrollments", "approve", "RAVEN", "--code", CODE),
            ("enrollments", "reject", "RAVEN", "--reason", "No"),
            ("roles", "assign", "BOSS", "medic"),
        ]:
            told(cli(*argv, "--yes"), 2, "--as CALLSIGN", "RMTUI_OPERATOR")
        assert {row[:1] + row[2:3] for row in audit_rows()} == {("", "refused")}
        assert [row[1] for row in audit_rows()] == ["create", "approve", "reject", "assign-role"]

    @pytest.mark.parametrize("name", ["NOBODY", "KARHU", "GONE", "\udcff"])
    def test_who_was_named_cannot_act(self, boss, cli, name):
        make_person("KARHU", "medic")
        make_person("GONE", "admin", deleted=START)
        told(cli("--as", name, "enrollments", "create", "RAVEN", "--yes"), 2, "name an active admin")

    @pytest.mark.parametrize(
        ("name", "value"), [("RM_CODE_SIZE", "x"), ("RMTUI_KEY_TYPE", "x"), ("DB_SSL", "x"), ("RMTUI_READ_ONLY", "x"), ("RM_DB_DSN", "x")]
    )
    def test_the_environment(self, boss, cli, monkeypatch, name, value):
        monkeypatch.setenv(name, value)
        told(cli("people", "list"), 2, name)

    def test_the_configuration_file(self, boss, cli, tmp_path):
        path = tmp_path / "home" / ".config" / "rmtui" / "config.toml"
        path.parent.mkdir(parents=True)
        path.write_text("nonsense")
        told(cli("people", "list"), 2, "config.toml")

    def test_without_a_terminal_what_changes_something_needs_yes(self, boss, cli):
        waiting = make_enrollment("RAVEN", CODE)
        for argv in [
            ("init", "--admin", "BOSS"),
            ("crl",),
            ("enrollments", "create", "KARHU"),
            ("enrollments", "approve", "RAVEN", "--code", CODE),
            ("enrollments", "approve", "RAVEN", "--code", "-"),
            ("enrollments", "reject", "RAVEN", "--reason", "No"),
            ("roles", "assign", "BOSS", "medic"),
            ("roles", "remove", "BOSS", "medic"),
        ]:
            told(cli(*argv, stdin=f"{CODE}\ny\ny\n"), 2, "--yes")
        make_enrollment("SUSI", state=State.REJECTED)
        told(cli("enrollments", "reopen", "SUSI"), 2, "--yes")
        assert state_of(waiting) is State.PENDING
        assert audit_rows() == []

    def test_a_database_of_something_else(self, cli, tmp_path, monkeypatch):
        path = tmp_path / "other.db"
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE users (name TEXT)")
        other.close()
        told(cli("--db", f"sqlite:///{path}", "people", "list"), 2, str(path))
        told(cli("--db", f"sqlite:///{path}", "init", "--yes"), 2, "not one of today's deployments")
        path.write_bytes(b"not a database " * 100)
        told(cli("--db", f"sqlite:///{path}", "people", "list"), 2, "no SQLite database")

    def test_a_database_of_2023(self, cli, make_database, tmp_path, monkeypatch):
        monkeypatch.setenv("RM_DB_DSN", make_database("2023"))
        monkeypatch.setenv("RM_CERT_BACKEND", "embedded")
        monkeypatch.setenv("RM_PERSISTENT_DATA_DIR", str(tmp_path / "data"))
        for argv in [("info",), ("init", "--yes"), ("enrollments", "list")]:
            told(cli(*argv), 2)

    def test_nobody_was_named_to_sign(self, cli, make_database, tmp_path, monkeypatch, data_dir):
        from deployments import deploy

        url = make_database("current")
        deploy("upstream", data_dir, url)
        make_operator()
        make_enrollment("RAVEN", CODE)
        monkeypatch.setenv("RM_DB_DSN", url)
        monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
        told(cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes"), 1, "Signing in is required here, and BOSS is only a name")
        monkeypatch.setenv("RMTUI_REQUIRE_SIGNIN", "0")
        told(cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes"), 2, "RM_CERT_BACKEND")
        monkeypatch.setenv("RM_CERT_BACKEND", "embedded")
        told(cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes"), 2, "RM_PERSISTENT_DATA_DIR")
        assert "none: " in cli("info", "--format", "json").json["authority"]

    def test_no_terminal_for_the_console(self, boss, cli, monkeypatch):
        for term in ("xterm-256color", "dumb", ""):
            monkeypatch.setenv("TERM", term)
            for argv in ((), ("demo",)):
                told(cli(*argv), 2, "rmtui enrollments list")


class TestUnreachable:
    """Exit 3: worth a retry."""

    def test_a_server(self, cli, monkeypatch):
        monkeypatch.setenv("DB_RETRY_LIMIT", "0")
        with HeldPort() as port:
            monkeypatch.setenv("RM_DB_DSN", f"postgresql://me:hunter2@127.0.0.1:{port.number}/db")
            for argv in [("people", "list"), ("info",), ("--as", "BOSS", "enrollments", "create", "X", "--yes")]:
                assert "hunter2" not in told(cli(*argv), 3, "cannot be reached")

    def test_a_held_authority(self, boss, cli, monkeypatch, data_dir):
        from rmtui.pki import files

        make_enrollment("RAVEN", CODE)
        monkeypatch.setattr(files, "LOCK_SECONDS", 0.05)
        monkeypatch.setattr(files.lock.__wrapped__, "__defaults__", (0.05,))
        with files.lock(data_dir / ".setup.lock"):
            told(cli("init", "--yes"), 3, "try again")


class TestHarmless:
    """Text of others does nothing to a terminal or a spreadsheet."""

    NAMES = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\x1b]52;c;aGk=\x07", "a\nb", "a\u202eb", 'q"q', "a,b", "\x9b2J"]

    def test_callsigns(self, boss, cli):
        for number, name in enumerate(self.NAMES):
            make_enrollment(name, f"C{number}", extra={"note": name})
            make_person(name, name)
        for command in (("enrollments", "list"), ("people", "list"), ("roles", "list")):
            text = cli(*command, code=0)
            assert len(text.lines) == len(self.NAMES) + (1 if command[0] == "enrollments" else 2)
            for line in text.lines:
                assert line.isprintable()
            rows = list(csv.reader(io.StringIO(cli(*command, "--format", "csv", code=0).out)))
            for cell in (cell for row in rows for cell in row):
                assert cell.isprintable()
                assert cell.lstrip()[:1] not in {"=", "+", "-", "@", "＝"}
            key = "role" if command[0] == "roles" else "callsign"
            assert set(self.NAMES) <= {row[key] for row in cli(*command, "--format", "json", code=0).json}

    def test_details(self, boss, cli):
        for name in self.NAMES:
            made = make_enrollment(name, extra={"note": name, name: [name]})
            make_person(name, extra={name: name})
            for form in ("text", "csv", "json"):
                for command in ("enrollments", "people"):
                    # "--" keeps a callsign that begins with a dash from being taken for an option
                    done = cli(command, "show", "--format", form, "--", name, code=0)
                    assert all(line.isprintable() for line in done.out.split("\n"))
            told(cli("enrollments", "approve", "--code", CODE, "--yes", "--", name), 1)
            assert state_of(made) is State.PENDING
        assert all(row[4].isprintable() for row in audit_rows())

    def test_times_are_in_utc(self, boss, cli):
        zone = dt.timezone(dt.timedelta(hours=5))
        make_enrollment("RAVEN", created=START.astimezone(zone))
        assert "2026-03-01 12:00:00Z" in cli("enrollments", "list").out
        assert json.loads(cli("enrollments", "list", "--format", "json").out)[0]["created"] == "2026-03-01T12:00:00Z"
