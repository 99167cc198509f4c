"""``rmtui signin``, ``signout``, ``whoami`` and ``codes create``."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cli_running import told

from deployments import unbind
from making import START, make_person, run
from rmtui import settings
from rmtui.db.config import DBConfig
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.pki.tokens import JWTKeys
from rmtui.services import codes
from rmtui.settings import Secret, Settings

pytestmark = pytest.mark.two_databases

EVERYTHING = ["decide", "grant", "issue codes", "manage invites", "revoke", "see"]
LISTS = (("enrollments", "list"), ("people", "list"), ("roles", "list"), ("audit", "list"), ("audit", "verify"), ("audit", "export"))


def bind() -> None:
    """Bind this process again, after a command unbound it."""
    unbind()
    settings.configure(Settings.from_env())
    DBConfig.singleton(dsn=Secret(os.environ["RM_DB_DSN"]))


def somebody(callsign: str, *roles: str) -> Path:
    """A person with key and certificate; their PFX."""
    bind()
    with connection():
        person = Person.create_with_cert(callsign)
        for role in roles:
            person.assign_role(role)
        return person.directory / "mtls.pfx"


def token_for(sub: str) -> str:
    bind()
    return JWTKeys.from_settings(settings.current()).issue({"sub": sub})


def admin_code() -> str:
    bind()
    return codes.create_for_admin(None)


def secret_file(path: Path, text: str) -> str:
    path.write_text(text + "\n")
    return str(path)


@pytest.fixture
def pfx(embedded, monkeypatch):
    monkeypatch.setenv("RMTUI_REQUIRE_SIGNIN", "1")
    return str(somebody("KARHU", "admin"))


@pytest.fixture
def signed_in(pfx, cli):
    cli("signin", "--identity", pfx, "--passphrase-file", "-", stdin="KARHU\n", code=0)
    return pfx


def test_the_whole_of_it(deployed, cli, tmp_path, monkeypatch):
    """On every database: sign in by certificate, act, be seen, sign out."""
    monkeypatch.setenv("RMTUI_REQUIRE_SIGNIN", "1")
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22")
    pfx = str(somebody("KARHU", "admin"))
    for command in LISTS:
        told_twice = cli(*command)
        assert (told_twice.code, told_twice.out) == (1, "")
        assert told_twice.err.startswith("rmtui: Signing in is required here, and nobody is signed in")
    done = cli("signin", "--identity", pfx, "--passphrase-file", secret_file(tmp_path / "pass", "KARHU"), "--format", "json", code=0)
    assert (done.json["callsign"], done.json["proof"], done.json["may"]) == ("KARHU", "certificate", EVERYTHING)
    for command in LISTS:
        cli(*command, code=0)
    who = cli("whoami", "--format", "json", code=0).json
    assert (who["callsign"], who["proof"], who["from"]) == ("KARHU", "certificate", "192.0.2.7")
    assert {"os_user", "host", "database", "until"} <= set(who)
    code = cli("enrollments", "create", "RAVEN", "--yes", "--format", "json", code=0).json["approvecode"]
    cli("--identity", pfx, "--passphrase-file", "-", "enrollments", "approve", "RAVEN", "--code", code, "--yes", stdin="KARHU\n", code=0)
    entries = cli("audit", "list", "--format", "json", code=0).json
    assert [(each["operator"], each["action"], each["outcome"], each["proof"], each["signed"]) for each in entries] == [
        ("KARHU", "approve", "done", "certificate", True),
        ("KARHU", "create", "done", "certificate", False),
        ("KARHU", "sign-in", "done", "certificate", True),
    ]
    assert {each["from"] for each in entries} == {"192.0.2.7"}
    assert cli("audit", "verify", "--format", "json", code=0).json["signed"] == 2
    assert "KARHU is signed out" in cli("signout", code=0).err
    told(cli("whoami"), 1, "Nobody is signed in")
    told(cli("signout"), 1, "Nobody was signed in here")
    assert cli("people", "list").code == 1


class TestSignIn:
    def test_passphrase_on_standard_input(self, pfx, cli):
        done = cli("signin", "--identity", pfx, "--passphrase-file", "-", stdin="KARHU\nmore\n", code=0)
        assert "KARHU" in done.out
        state = Path.home() / ".local" / "state" / "rmtui" / "signins"
        [path] = state.iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_without_a_passphrase(self, pfx, cli, tmp_path):
        told(cli("signin", "--identity", pfx), 2, "asks for a passphrase")
        told(cli("signin", "--identity", pfx, "--passphrase-file", str(tmp_path / "none")), 2, "should hold a passphrase")
        told(cli("signin", "--identity", pfx, "--passphrase-file", secret_file(tmp_path / "empty", "")), 2, "first line is empty")
        told(cli("signin", "--identity", pfx, "--passphrase-file", "-", stdin="hunter2\n"), 2, "does not open")
        told(cli("signin", "--identity", str(tmp_path / "none.pfx")), 1, "There is no")
        told(cli("signin"), 2, "--identity FILE")

    def test_code(self, pfx, cli):
        bind()
        told(cli("signin", "--code", stdin="NEVERMADE222\n"), 1, "no such login code")
        told(cli("signin", "--code", stdin=""), 1, "no such login code")
        code = cli(*signed(pfx), "codes", "create", "KARHU", "--yes", "--format", "json", stdin="KARHU\n", code=0).json
        assert (set(code), code["callsign"], len(code["code"])) == ({"callsign", "code", "for"}, "KARHU", 12)
        assert cli("signin", "--code", "--format", "json", stdin=code["code"] + "\n", code=0).json["proof"] == "code"
        told(cli("signin", "--code", stdin=code["code"] + "\n"), 1, "used already", "good once")

    def test_token(self, pfx, cli, tmp_path, monkeypatch):
        token = token_for("KARHU")
        for argv, stdin in ((secret_file(tmp_path / "token", token), ""), ("-", token + "\n")):
            assert cli("signin", "--token", argv, "--format", "json", stdin=stdin, code=0).json["proof"] == "token"
            cli("signout", code=0)
        told(cli("signin", "--token", "-", stdin="a.b.c\n"), 1, "The token is refused")
        told(cli("signin", "--token", str(tmp_path / "none")), 2, "should hold a token")
        monkeypatch.setenv("RMTUI_TOKEN", token)
        assert cli("signin", "--format", "json", code=0).json["proof"] == "token"

    def test_what_is_asked_for_wins_over_the_environment(self, pfx, cli, monkeypatch):
        monkeypatch.setenv("RMTUI_IDENTITY", pfx)
        assert cli("signin", "--token", "-", "--format", "json", stdin=token_for("KARHU") + "\n", code=0).json["proof"] == "token"
        told(cli("signin", "--identity", pfx, "--token", "-", stdin=token_for("KARHU") + "\n"), 2, "--identity or --token")
        told(cli("signin", "--code", "--token", "-", stdin="x\n"), 2, "--code or --token")

    def test_the_file_of_the_last_time_is_offered(self, signed_in, cli):
        cli("signout", code=0)
        cli("signin", "--passphrase-file", "-", stdin="KARHU\n", code=0)

    def test_as_somebody_else(self, signed_in, cli):
        make_second()
        told(cli("--as", "BOSS", "people", "list"), 2, "names BOSS, and KARHU is signed in")
        told(cli("--as", "BOSS", "enrollments", "create", "RAVEN", "--yes"), 2, "names BOSS")
        cli("--as", "karhu", "people", "list", code=0)

    def test_refused_when_limited(self, pfx, cli):
        for _ in range(5):
            told(cli("signin", "--code", stdin="NEVERMADE222\n"), 1, "no such login code")
        told(cli("signin", "--identity", pfx, "--passphrase-file", "-", stdin="KARHU\n"), 1, "Too many attempts")

    def test_demoted_meanwhile(self, signed_in, cli):
        bind()
        run("DELETE FROM roles")
        done = cli("enrollments", "create", "RAVEN", "--yes")
        assert (done.code, done.out) == (1, "")
        bind()
        with connection():
            Person.by_callsign("KARHU").assign_role("admin")
        [entry] = cli("audit", "list", "--action", "create", "--format", "json", code=0).json
        assert (entry["operator"], entry["outcome"], entry["target"]) == ("KARHU", "refused", "RAVEN")

    def test_read_only(self, pfx, cli):
        said = cli("--read-only", "signin", "--identity", pfx, "--passphrase-file", "-", stdin="KARHU\n", code=0).err
        assert "It lasts for this run only" in said
        told(cli("--read-only", "signin", "--code", stdin="X\n"), 1, "read-only mode")
        cli("--read-only", *signed(pfx), "people", "list", stdin="KARHU\n", code=0)
        told(cli("whoami"), 1, "Nobody is signed in")


def signed(pfx: str) -> tuple[str, ...]:
    return ("--identity", pfx, "--passphrase-file", "-")


def make_second() -> None:
    bind()
    make_person("BOSS", "admin")


class TestTyped:
    def test_a_passphrase_is_not_shown(self, pfx, terminal):
        asked = terminal("signin", "--identity", pfx)
        asked.read("Passphrase of ")
        asked.type("hunter2\n")
        assert asked.end()[0] == 2
        assert "hunter2" not in asked.seen
        assert "does not open with that passphrase" in asked.seen

    def test_nor_a_code(self, pfx, terminal, cli):
        code = admin_code()
        asked = terminal("signin", "--code")
        asked.read("Login code: ")
        asked.type(code + "\n")
        asked.read("Callsign of the new admin: ")
        asked.type("KARHU\n")
        asked.read("is taken by")
        asked.type("NEW\n")
        exit_code, out = asked.end()
        assert (exit_code, code in asked.seen, "NEW" in out) == (0, False, True)


class TestCodes:
    def test_making_an_admin(self, embedded, cli, monkeypatch):
        """The way back in, with nobody signed in: recorded as such, with who was at the host."""
        monkeypatch.setenv("RMTUI_REQUIRE_SIGNIN", "1")
        made = cli("codes", "create", "--admin", "--yes", "--format", "json", code=0).json
        assert (made["callsign"], made["for"]) == (None, "making an admin")
        done = cli("signin", "--code", "--admin", "NEW", "--format", "json", stdin=made["code"] + "\n", code=0).json
        assert (done["callsign"], done["roles"], done["may"]) == ("NEW", ["admin"], EVERYTHING)
        assert Path(done["pfx"]).name == "mtls.pfx"
        entries = cli("audit", "list", "--format", "json", code=0).json
        assert [each["action"] for each in entries] == ["sign-in", "make-admin", "sign-in", "create-code"]
        broken = entries[-1]
        assert broken["details"]["break_glass"] is True
        assert (broken["operator"], broken["proof"]) == ("", "none")
        assert broken["os_user"]
        assert broken["host"]
        cli("signout", code=0)
        cli("signin", "--identity", done["pfx"], "--passphrase-file", "-", stdin="NEW\n", code=0)

    def test_one_that_makes_an_admin_is_kept_until_it_is_said_whom(self, pfx, cli):
        code = admin_code()
        told(cli("signin", "--code", stdin=code + "\n"), 1, "still good", "--admin CALLSIGN")
        told(cli("signin", "--code", "--admin", "a/b", stdin=code + "\n"), 2, "--admin takes a callsign")
        for taken in ("karhu", "anon_admin"):
            told(cli("signin", "--code", "--admin", taken, stdin=code + "\n"), 1, "still good")
        cli("signin", "--code", "--admin", "NEW", stdin=code + "\n", code=0)

    def test_usage(self, signed_in, cli):
        told(cli("codes", "create", "--yes"), 2, "name one")
        told(cli("codes", "create", "KARHU", "--admin", "--yes"), 2, "name one")
        told(cli("codes", "create", "KARHU"), 2, "--yes")
        told(cli("codes", "create", "--admin"), 2, "--yes")
        told(cli("codes", "create", "NOBODY", "--yes"), 1, "There is no")
        bind()
        make_person("GONE", deleted=START)
        told(cli("codes", "create", "GONE", "--yes"), 1)
        entries = cli("audit", "list", "--action", "create-code", "--format", "json").json
        assert [(each["outcome"], each["target"]) for each in entries] == [("refused", "GONE"), ("refused", "NOBODY")]

    def test_for_a_person_takes_a_sign_in(self, pfx, cli):
        done = cli("codes", "create", "KARHU", "--yes")
        assert (done.code, done.out) == (1, "")
        cli("signin", "--identity", pfx, "--passphrase-file", "-", stdin="KARHU\n", code=0)
        [entry] = cli("audit", "list", "--action", "create-code", "--format", "json").json
        assert (entry["operator"], entry["outcome"], entry["target"]) == ("", "refused", "KARHU")
