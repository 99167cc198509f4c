"""What a sign-in does not outlast, and what is given once only, whoever else is at it at the same moment."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from test_services_signin import ANON_ADMIN, change, code_for, later, pem_of, somebody, token_for

from making import audit_rows, everybody, make_operator, make_person
from rmtui import clock
from rmtui.auth.refusals import NotPermitted, SignInNeeded
from rmtui.db import trail as db_trail
from rmtui.db.base import db
from rmtui.db.middleware import connection
from rmtui.db.people import Role
from rmtui.services import enrollments, operators, roles, signin, trail
from rmtui.services.signin import AdminCode, SignInRefused, TooManyAttempts

pytestmark = pytest.mark.two_databases

MINUTE = dt.timedelta(minutes=1)


def test_a_sign_in_ends_with_its_certificate_and_nothing_is_signed_after_it(env, monkeypatch):
    change(cert_hours=1)
    karhu = somebody("KARHU", "admin")
    operator = signin.with_certificate(pem_of(karhu), None, "command").operator
    assert operator.until < clock.utcnow() + 60 * MINUTE
    enrollments.create(operator, "RAVEN")
    assert operators.identify("command").until == operator.until
    later(monkeypatch, 61 * MINUTE)
    change(require_signin=True)
    with pytest.raises(SignInNeeded, match="ran out"):
        operators.admit("command")
    with pytest.raises(SignInNeeded, match="has run out"):
        enrollments.create(operator, "SUSI")
    assert audit_rows()[-1][:3] == ("KARHU", "create", "refused")
    found = trail.verify()
    assert found.ok, found.sentence
    assert found.signed == 2


def test_a_sign_in_ends_with_its_token(env):
    somebody("KARHU", "admin")
    operator = signin.with_token(token_for("KARHU"), "command").operator
    assert operator.until <= clock.utcnow() + dt.timedelta(hours=2)


def test_who_came_by_sudo_makes_no_other_attempts(env, monkeypatch):
    for number in range(5):
        monkeypatch.setenv("SUDO_USER", f"somebody{number}")
        with pytest.raises(SignInRefused, match="no such login code"):
            signin.with_code("NOSUCHCODE", "command")
    monkeypatch.setenv("SUDO_USER", "somebody99")
    with pytest.raises(TooManyAttempts):
        signin.with_code("NOSUCHCODE", "command")


def test_one_code_makes_one_admin_whoever_asks_at_once(env):
    code = signin.with_code(code_for(**{ANON_ADMIN: True}), "command")
    assert isinstance(code, AdminCode)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def make(callsign: str) -> None:
        start.wait()
        try:
            outcomes.append(signin.make_admin(code, callsign).callsign)
        except SignInRefused:
            outcomes.append("refused")

    threads = [threading.Thread(target=make, args=(name,)) for name in ("TWIN01", "TWIN02")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[-1] == "refused"
    assert len(everybody()) == 1
    again = AdminCode(code.entry, "command", code.until)
    with pytest.raises(SignInRefused, match="good for one admin"):
        signin.make_admin(again, "TWIN03")
    assert len(everybody()) == 1
    assert trail.verify().ok


def test_a_demotion_under_way_is_waited_for(env):
    boss, person = make_operator("BOSS"), make_person("KARHU")
    make_operator("ILVES")
    demoting, go_on = threading.Event(), threading.Event()

    def demote() -> None:
        with connection(), db.atomic():
            db_trail.hold()
            Role.delete().where(Role.user == boss.pk).execute()
            demoting.set()
            go_on.wait(10)

    thread = threading.Thread(target=demote)
    thread.start()
    assert demoting.wait(10)
    threading.Timer(0.5, go_on.set).start()
    with pytest.raises(NotPermitted, match="BOSS is not an admin any more"):
        roles.assign(boss, person.pk, "pilot")
    thread.join()
    with connection():
        assert not person.has_role("pilot")
