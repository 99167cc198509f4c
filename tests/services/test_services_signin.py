"""Three ways to sign in, each ending in a person; attempts are limited. What the other tests of signing in are made with."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from making import audit_rows, make_person
from rmtui import clock, settings
from rmtui.auth import attempts, origin
from rmtui.auth.permissions import Permission, may
from rmtui.auth.proving import ANON_ADMIN
from rmtui.db.errors import CallsignReserved
from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.db.people import Person
from rmtui.errors import InvalidCallsign
from rmtui.pki.interface import WrongPassphrase
from rmtui.pki.tokens import JWTKeys
from rmtui.services import signin, trail
from rmtui.services.signin import AdminCode, SignInRefused, TooManyAttempts
from rmtui.settings import Secret

pytestmark = pytest.mark.two_databases

MINUTE = dt.timedelta(minutes=1)


def somebody(callsign: str = "KARHU", *roles: str) -> Person:
    """A person with key and certificate."""
    with connection():
        person = Person.create_with_cert(callsign)
        for role in roles:
            person.assign_role(role)
    return person


def pem_of(person: Person) -> Path:
    """Certificate of a person; the key lies beside it."""
    with connection():
        return person.directory / "mtls.pem"


def code_for(**claims: object) -> str:
    """A login code, made by somebody else."""
    with connection():
        return LoginCode.create_for_claims(claims)


def unused(code: str) -> bool:
    """Whether a login code is still good."""
    with connection():
        return LoginCode.by_code(code).used_on is None


def token_for(sub: str, **claims: object) -> Secret:
    """A token of the deployment."""
    return Secret(JWTKeys.from_settings(settings.current()).issue({"sub": sub, **claims}))


def change(**values: object) -> None:
    """Change the settings of this process."""
    settings.configure(dataclasses.replace(settings.current(), **values))


def later(monkeypatch: pytest.MonkeyPatch, by: dt.timedelta) -> None:
    """Move the clock, from where it is."""
    before = clock.utcnow
    monkeypatch.setattr(clock, "utcnow", lambda: before() + by)


def sign_ins() -> list[tuple[str, str, str, str]]:
    """Every attempt: outcome, way, who, and the sentence of a refusal."""
    with connection():
        rows = list(Audit.select().where(Audit.action == "sign-in").order_by(Audit.id))
    return [(row.outcome, json.loads(row.details)["way"], row.operator, row.reason) for row in rows]


@pytest.fixture
def karhu(env):
    return somebody("KARHU", "admin")


class TestEachWay:
    def test_certificate(self, karhu):
        done = signin.with_certificate(pem_of(karhu), None, "command")
        operator = done.operator
        assert done.problem == ""
        assert (operator.callsign, operator.pk, operator.proof, operator.roles) == ("KARHU", karhu.pk, "certificate", ("admin",))
        assert operator.key is not None
        assert clock.utcnow() < operator.until <= clock.utcnow() + dt.timedelta(hours=2)
        assert "PRIVATE" not in repr(operator)
        with connection():
            row = Audit.get()
        details = json.loads(row.details)
        assert (row.operator, row.proof, row.action, row.outcome, row.target, row.surface) == (
            "KARHU", "certificate", "sign-in", "done", "KARHU", "command",
        )  # fmt: skip
        assert details["fingerprint"] == operator.fingerprint == row.signer
        assert trail.verify().ok
        assert trail.verify().signed == 1

    def test_pfx_takes_the_callsign(self, karhu):
        pfx = pem_of(karhu).with_name("mtls.pfx")
        with pytest.raises(WrongPassphrase, match="asks for a passphrase"):
            signin.with_certificate(pfx, None, "command")
        assert sign_ins() == []
        with pytest.raises(WrongPassphrase, match="does not open with that passphrase"):
            signin.with_certificate(pfx, Secret("karhu"), "command")
        assert signin.with_certificate(pfx, Secret("KARHU"), "command").operator.callsign == "KARHU"
        assert [row[:3] for row in sign_ins()] == [("refused", "certificate", ""), ("done", "certificate", "KARHU")]

    def test_code(self, karhu):
        code = code_for(sub="KARHU")
        done = signin.with_code(f" {code[:6].lower()}-{code[6:].lower()}\n", "console")
        assert (done.operator.callsign, done.operator.proof, done.operator.key) == ("KARHU", "code", None)
        assert not unused(code)
        with connection():
            assert LoginCode.by_code(code).auditmeta["used_by"].startswith("rmtui console, ")
        assert sign_ins() == [("done", "code", "KARHU", "")]

    def test_token(self, karhu):
        done = signin.with_token(token_for("KARHU"), "command")
        assert (done.operator.callsign, done.operator.proof, done.operator.fingerprint) == ("KARHU", "token", "")
        assert sign_ins() == [("done", "token", "KARHU", "")]

    def test_reader(self, env):
        somebody("READER", "medic")
        change(readers=True)
        operator = signin.with_token(token_for("READER"), "command").operator
        assert [each for each in Permission if may(operator, each)] == [Permission.SEE]


class TestMakingAnAdmin:
    @pytest.fixture
    def holder(self, env):
        holder = signin.with_code(code_for(**{ANON_ADMIN: True}), "command")
        assert isinstance(holder, AdminCode)
        return holder

    def test_made_and_signed_in(self, holder):
        made = signin.make_admin(holder, "NEW")
        assert (made.callsign, made.signed_in.operator.proof, made.signed_in.operator.roles) == ("NEW", "code", ("admin",))
        assert [row[:4] for row in audit_rows()] == [
            ("", "sign-in", "done", ""),
            ("", "make-admin", "done", "NEW"),
            ("NEW", "sign-in", "done", "NEW"),
        ]
        assert signin.with_certificate(Path(made.pfx), Secret("NEW"), "command").operator.callsign == "NEW"
        with pytest.raises(SignInRefused, match="good for one admin"):
            signin.make_admin(holder, "SECOND")
        with connection():
            assert [each.callsign for each in Person.list()] == ["NEW"]
        assert trail.verify().ok

    def test_too_late(self, holder, monkeypatch):
        later(monkeypatch, dt.timedelta(hours=2))
        with pytest.raises(SignInRefused, match="within two hours"):
            signin.make_admin(holder, "NEW")
        assert audit_rows()[-1][:4] == ("", "make-admin", "refused", "NEW")

    def test_another_callsign_after_one_that_is_taken(self, holder):
        make_person("TAKEN")
        for name, error in (("TAKEN", CallsignReserved), ("anon_admin", CallsignReserved), ("a/b", InvalidCallsign)):
            with pytest.raises(error):
                signin.make_admin(holder, name)
            assert audit_rows()[-1][:4] == ("", "make-admin", "refused", name)
        assert signin.make_admin(holder, "FREE").callsign == "FREE"

    def test_is_good_for_nothing_else(self, env):
        code = code_for(**{ANON_ADMIN: True})
        with pytest.raises(SignInRefused, match="does not say whom it is for"):
            signin.with_token(Secret(JWTKeys.from_settings(settings.current()).issue({ANON_ADMIN: True})), "command")
        assert unused(code)


class TestLimits:
    @pytest.fixture
    def exhausted(self, karhu):
        for _ in range(attempts.ATTEMPTS):
            with pytest.raises(SignInRefused, match="no such login code"):
                signin.with_code("NEVERMADE222", "command")

    def test_the_sixth_is_not_looked_at(self, exhausted, karhu, monkeypatch):
        code = code_for(sub="KARHU")
        for attempt in (
            lambda: signin.with_code(code, "command"),
            lambda: signin.with_token(token_for("KARHU"), "command"),
            lambda: signin.with_certificate(pem_of(karhu), None, "command"),
        ):
            with pytest.raises(TooManyAttempts, match="Nothing was looked at; try again after"):
                attempt()
        assert unused(code)
        assert [row[1] for row in sign_ins()[-3:]] == ["code", "token", "certificate"]
        assert {row[0] for row in sign_ins()} == {"refused"}
        later(monkeypatch, attempts.WINDOW - MINUTE)
        with pytest.raises(TooManyAttempts):
            signin.with_code(code, "command")
        later(monkeypatch, MINUTE)
        assert signin.with_code(code, "command").operator.callsign == "KARHU"

    def test_another_user_is_not_kept_waiting(self, exhausted, monkeypatch):
        monkeypatch.setattr(origin, "_user", lambda: "somebody else")
        assert signin.with_token(token_for("KARHU"), "command").operator.callsign == "KARHU"
        monkeypatch.undo()
        with pytest.raises(TooManyAttempts):
            signin.with_token(token_for("KARHU"), "command")

    def test_another_host_neither(self, exhausted, monkeypatch):
        monkeypatch.setattr(origin, "_host", lambda: "elsewhere")
        assert signin.with_token(token_for("KARHU"), "command").operator.callsign == "KARHU"

    def test_success_counts_from_the_beginning(self, karhu):
        for _ in range(3):
            for _ in range(attempts.ATTEMPTS - 1):
                with pytest.raises(SignInRefused):
                    signin.with_code("NEVERMADE222", "command")
            signin.with_token(token_for("KARHU"), "command")


RACER = """
import sys
from rmtui.auth import origin
from rmtui.cli.main import DEFAULTS, _configure
from rmtui.cli.parser import build
from rmtui.db.middleware import connection
from rmtui.errors import RmtuiError
from rmtui.services import signin
args = build().parse_args(["whoami"])
for name, value in DEFAULTS.items():
    setattr(args, name, value)
_configure(args)
with connection():
    for number, line in enumerate(sys.stdin):
        user, code = line.split()
        origin._user = lambda: user
        try:
            print(signin.with_code(code, "command").operator.callsign, flush=True)
        except RmtuiError as error:
            print(type(error).__name__, flush=True)
"""


@pytest.mark.parametrize("who", ["one user", "two users"])
def test_two_processes_with_one_code(env, karhu, tmp_path, who):
    """With the same user of the operating system they wait for one another; with two, the code itself decides."""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER],
            env={**os.environ, **env, "XDG_STATE_HOME": str(tmp_path / f"state{number}")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    try:
        for each in range(20):
            code = code_for(sub="KARHU")
            for number, racer in enumerate(racers):
                racer.stdin.write(f"user{each}.{number if who == 'two users' else ''} {code}\n")
                racer.stdin.flush()
            assert sorted(racer.stdout.readline().strip() for racer in racers) == ["KARHU", "SignInRefused"]
    finally:
        for racer in racers:
            racer.communicate(timeout=30)
    assert [row[0] for row in sign_ins()].count("done") == 20
    assert trail.verify().ok
