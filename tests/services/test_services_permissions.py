"""Who may act, asked inside the write; and every decision and refusal as a row."""

from __future__ import annotations

import dataclasses
import uuid

import pytest

from making import START, audit_rows, everybody, make_enrollment, make_operator, make_person, run, state_of
from rmtui import settings
from rmtui.auth.operator import NotAnOperator, Operator, deployment_key
from rmtui.auth.permissions import NotPermitted, OperatorMissing, ReadOnly
from rmtui.db.errors import AmbiguousCallsign
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.db.people import Person
from rmtui.errors import EXIT_CONFIGURATION, EXIT_REFUSED
from rmtui.services import enrollments, operators, roles
from rmtui.services.setup import set_up
from rmtui.services.types import State

pytestmark = pytest.mark.two_databases

CODE = "KROW2IAB"


@pytest.fixture
def boss(env):
    return make_operator()


def actions(operator, waiting, person):
    """Everything that changes something."""
    return {
        "create": lambda: enrollments.create(operator, "NEWCOMER"),
        "approve": lambda: enrollments.approve(operator, waiting.pk, CODE),
        "reject": lambda: enrollments.reject(operator, waiting.pk, "No"),
        "reopen": lambda: enrollments.reopen(operator, waiting.pk),
        "assign-role": lambda: roles.assign(operator, person.pk, "medic"),
        "remove-role": lambda: roles.remove(operator, person.pk, "pilot"),
    }


@pytest.fixture
def untouched(boss):
    """Something to act on, which must be as it was afterwards."""
    waiting, person = make_enrollment("RAVEN", CODE), make_person("KARHU", "pilot")
    yield waiting, person
    assert state_of(waiting) is State.PENDING
    assert set(everybody()) - {"EX"} == {"BOSS", "KARHU"}
    with connection():
        assert Person.by_pk(person.pk).roles() == ["pilot"]


def test_nobody(untouched):
    for act in actions(None, *untouched).values():
        with pytest.raises(OperatorMissing, match="--as CALLSIGN") as caught:
            act()
        assert caught.value.exit_code == EXIT_CONFIGURATION
    assert {row[:1] + row[2:3] for row in audit_rows()} == {("", "refused")}
    assert [row[1] for row in audit_rows()] == list(actions(None, *untouched))


@pytest.mark.parametrize("how", ["revoked", "demoted", "never was"])
def test_somebody_who_may_not_any_more(untouched, how):
    if how == "never was":
        operator = Operator(uuid.uuid4(), "EX", "test")
    else:
        operator = make_operator("EX")
        run("UPDATE users SET deleted = created WHERE callsign = 'EX'" if how == "revoked" else "DELETE FROM roles WHERE role = 'admin'")
    every = actions(operator, *untouched)
    for act in every.values():
        with pytest.raises(NotPermitted, match="nothing was changed") as caught:
            act()
        assert caught.value.exit_code == EXIT_REFUSED
    assert [row[:3] for row in audit_rows()] == [("EX", action, "refused") for action in every]


def test_read_only(untouched, boss):
    settings.configure(dataclasses.replace(settings.current(), read_only=True))
    for act in (*actions(boss, *untouched).values(), lambda: set_up("NEWCOMER")):
        with pytest.raises(ReadOnly, match="nothing was changed"):
            act()
    settings.configure(dataclasses.replace(settings.current(), read_only=False))
    assert audit_rows() == []


def test_every_action_is_a_row(boss):
    waiting, person = make_enrollment("RAVEN", CODE), make_person("KARHU", "pilot")
    every = actions(boss, waiting, person)
    every["create"]()
    every["reject"]()
    code = every["reopen"]().approvecode
    enrollments.approve(boss, waiting.pk, code)
    every["assign-role"]()
    every["remove-role"]()
    assert audit_rows() == [
        ("BOSS", "create", "done", "NEWCOMER", ""),
        ("BOSS", "reject", "done", "RAVEN", "No"),
        ("BOSS", "reopen", "done", "RAVEN", ""),
        ("BOSS", "approve", "done", "RAVEN", ""),
        ("BOSS", "assign-role", "done", "KARHU", "medic"),
        ("BOSS", "remove-role", "done", "KARHU", "pilot"),
    ]
    with connection():
        rows = list(Audit.select().order_by(Audit.id))
    assert {(row.operator_pk, row.proof, row.surface) for row in rows} == {(boss.pk, "none", "console")}
    assert all(row.at.tzinfo is not None and row.target_pk is not None for row in rows)
    assert "".join(map(str, audit_rows())).count(code) == 0


def test_every_refusal_is_a_row(boss):
    waiting = make_enrollment("RAVEN", CODE, state=State.APPROVED)
    every = actions(boss, waiting, make_person("KARHU", "pilot"))
    for action in ("approve", "reject", "reopen"):
        with pytest.raises(Exception, match="RAVEN is a"):
            every[action]()
    with pytest.raises(Exception, match="cannot be a role"):
        roles.assign(boss, make_person("SUSI").pk, "two words")
    assert [row[:4] for row in audit_rows()] == [
        ("BOSS", "approve", "refused", "RAVEN"),
        ("BOSS", "reject", "refused", "RAVEN"),
        ("BOSS", "reopen", "refused", "RAVEN"),
        ("BOSS", "assign-role", "refused", "SUSI"),
    ]
    assert all("nothing was changed" in row[4].lower() or "only a rejected" in row[4] for row in audit_rows())


def test_what_fails_is_not_what_is_refused(boss):
    waiting = make_enrollment("RAVEN", CODE)
    settings.configure(dataclasses.replace(settings.current(), cert_backend="cfssl"))
    with pytest.raises(Exception, match="LOCAL_CA_CERTS_PATH"):
        enrollments.approve(boss, waiting.pk, CODE)
    assert audit_rows()[-1][:4] == ("BOSS", "approve", "failed", "RAVEN")


def test_an_operator_demoted_while_the_key_is_made_approves_nobody(boss):
    waiting = make_enrollment("RAVEN", CODE)

    def demote(step):
        if step == "Writing the files":
            run("DELETE FROM roles WHERE role = 'admin'")

    with pytest.raises(NotPermitted, match="BOSS is not an admin any more"):
        enrollments.approve(boss, waiting.pk, CODE, progress=demote)
    assert state_of(waiting) is State.PENDING
    assert everybody() == ["BOSS"]
    assert audit_rows()[-1][:4] == ("BOSS", "approve", "refused", "RAVEN")
    assert not [path for path in settings.current().people_dir.iterdir() if not path.name.startswith(".")]
    other = make_operator("ILVES")
    enrollments.approve(other, waiting.pk, CODE)
    assert state_of(waiting) is State.APPROVED


def test_an_operator_demoted_just_before_the_write_is_rolled_back(boss, monkeypatch):
    """The permission is asked in the transaction that writes: who is demoted after the first look changes nothing."""
    waiting, person = make_enrollment("RAVEN", CODE), make_person("KARHU", "pilot")
    rejected = make_enrollment("SUSI", state=State.REJECTED)
    from rmtui.services import audit

    real, asked = audit.require, []

    def require(operator, permission):
        asked.append(operator)
        if len(asked) % 2 == 0:
            raise NotPermitted("demoted meanwhile; nothing was changed.")
        return real(operator, permission)

    for act in (
        lambda: enrollments.create(boss, "NEWCOMER"),
        lambda: enrollments.reopen(boss, rejected.pk),
        lambda: roles.assign(boss, person.pk, "medic"),
        lambda: roles.remove(boss, person.pk, "pilot"),
    ):
        asked.clear()
        monkeypatch.setattr(audit, "require", require)
        with pytest.raises(NotPermitted):
            act()
        monkeypatch.setattr(audit, "require", real)
    assert state_of(rejected) is State.REJECTED
    assert state_of(waiting) is State.PENDING
    with connection():
        assert Person.by_pk(person.pk).roles() == ["pilot"]
    with pytest.raises(Exception, match="There is no"):
        enrollments.find("NEWCOMER")
    assert {row[2] for row in audit_rows()} == {"refused"}


class TestIdentify:
    def named(self, **changes):
        settings.configure(dataclasses.replace(settings.current(), **changes))

    def test_by_option_or_environment(self, boss):
        self.named(operator="boss")
        operator = operators.identify("command")
        assert (operator.pk, operator.callsign, operator.surface, operator.proof) == (boss.pk, "BOSS", "command", "none")

    def test_by_the_file_for_this_database_only(self, boss):
        self.named(operators={"sqlite:/elsewhere/rmtui.db": "BOSS"})
        assert operators.identify() is None
        self.named(operators={deployment_key(): "BOSS"})
        assert operators.identify().source == "config.toml"

    def test_nobody_is_nobody(self, boss):
        assert operators.identify() is None

    def test_who_cannot_act(self, boss):
        make_person("KARHU", "pilot")
        make_person("GONE", "admin", deleted=START)
        for name in ["NOBODY", "", "A\x00", "\udc80", "KARHU", "GONE"]:
            self.named(operator=name)
            with pytest.raises(NotAnOperator) as caught:
                operators.identify()
            assert caught.value.exit_code == EXIT_CONFIGURATION
            assert "name an active admin" in caught.value.sentence

    def test_two_in_different_case(self, boss):
        make_person("Karhu", "admin")
        make_person("karhu", "admin")
        self.named(operator="KARHU")
        with pytest.raises(NotAnOperator, match="differ"):
            operators.identify()
        with pytest.raises(AmbiguousCallsign), connection():
            Person.by_callsign("KARHU")
        self.named(operator="karhu")
        assert operators.identify().callsign == "karhu"
