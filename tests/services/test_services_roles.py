"""Giving and taking roles, and what keeps a deployment from losing its last admin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest

from making import START, audit_rows, make_operator, make_person, run
from rmtui.auth.permissions import NotPermitted
from rmtui.db.base import db
from rmtui.db.errors import Deleted, NotFound
from rmtui.db.middleware import connection
from rmtui.db.people import Person, Role
from rmtui.services import people, roles
from rmtui.services.roles import InvalidRole, LastAdmin, SelfDemotion


@pytest.fixture
def boss(env):
    return make_operator()


def rows_of(person) -> list[str]:
    """Role rows as they are, doublets too."""
    with connection():
        return sorted(row.role for row in Role.select().where(Role.user == person.pk))


class TestAssign:
    def test_once_and_twice(self, boss):
        person = make_person("RAVEN")
        assert roles.assign(boss, person.pk, "medic") is True
        assert roles.assign(boss, person.pk, "medic") is False
        assert rows_of(person) == ["medic"]
        assert len(audit_rows()) == 1

    def test_what_is_no_role(self, boss):
        person = make_person("RAVEN")
        for role in ["", " ", "two words", "Admin", "ADMIN", "a/b", "x\x00", "\udc80", "x\x1b", "x" * 65, "ａｄｍｉｎ "]:
            with pytest.raises(InvalidRole, match="cannot be a role") as caught:
                roles.assign(boss, person.pk, role)
            assert "\x1b" not in caught.value.sentence
        assert rows_of(person) == []

    def test_what_is_one(self, boss):
        person = make_person("RAVEN")
        names = ["medic", "lääkintä", "tak_admin", "x" * 64, "admin"]
        assert all(roles.assign(boss, person.pk, role) for role in names)
        assert people.person(person.pk).row.roles == tuple(sorted(names))

    def test_somebody_revoked_or_gone(self, boss):
        person = make_person("RAVEN", deleted=START)
        with pytest.raises(Deleted, match="revoked"):
            roles.assign(boss, person.pk, "medic")
        with pytest.raises(NotFound):
            roles.assign(boss, boss.pk.__class__(int=1), "medic")
        assert rows_of(person) == []


class TestRemove:
    def test_doubled_rows_go_together(self, boss):
        person = make_person("RAVEN", "medic", "medic", "medic", "pilot")
        assert people.person(person.pk).row.roles == ("medic", "pilot")
        assert roles.remove(boss, person.pk, "medic") is True
        assert roles.remove(boss, person.pk, "medic") is False
        assert rows_of(person) == ["pilot"]
        assert [row[1:3] for row in audit_rows()] == [("remove-role", "done")]

    def test_what_nobody_can_have(self, boss):
        person = make_person("RAVEN", "medic")
        assert not any(roles.remove(boss, person.pk, role) for role in ["", "x\x00", "\udc80", "%"])

    def test_a_role_with_a_name_of_others_making(self, boss):
        person = make_person("RAVEN", "two words", "Admin")
        assert roles.remove(boss, person.pk, "two words")
        assert roles.remove(boss, person.pk, "Admin")

    def test_from_somebody_revoked(self, boss):
        person = make_person("RAVEN", "admin", "medic", deleted=START)
        assert roles.remove(boss, person.pk, "admin")
        assert rows_of(person) == ["medic"]

    def test_another_admins_role(self, boss):
        other = make_operator("ILVES")
        assert roles.remove(boss, other.pk, "admin")
        assert rows_of(other) == []

    def test_ones_own_admin_role(self, boss):
        make_operator("ILVES")
        with pytest.raises(SelfDemotion, match="BOSS is you; another admin"):
            roles.remove(boss, boss.pk, "admin")
        assert rows_of(boss) == ["admin"]

    def test_ones_own_other_role(self, boss):
        roles.assign(boss, boss.pk, "medic")
        assert roles.remove(boss, boss.pk, "medic")

    def test_the_last_admin(self, boss):
        make_person("GONE", "admin", deleted=START)
        with pytest.raises(LastAdmin, match="BOSS is the last admin; make another one first"):
            roles.remove(boss, boss.pk, "admin")
        assert rows_of(boss) == ["admin"]
        assert audit_rows()[-1][:4] == ("BOSS", "remove-role", "refused", "BOSS")


DEMOTE = """
import sys
from rmtui.services import operators, roles
from rmtui.services.people import find
from rmtui.errors import RmtuiError
me, other = operators.identify("command"), find(sys.argv[1]).row.pk
print("ready", flush=True)
sys.stdin.readline()
try:
    print("took" if roles.remove(me, other, "admin") else "had none")
except RmtuiError as error:
    print(type(error).__name__)
"""


def test_two_admins_demoting_each_other_at_once_in_two_processes(env):
    make_operator("BOSS")
    make_operator("ILVES")
    home = {name: os.environ[name] for name in ("PATH", "HOME", "TZ")}
    pairs = [("BOSS", "ILVES"), ("ILVES", "BOSS")]
    for _ in range(2):
        started = [
            subprocess.Popen(
                [sys.executable, "-c", DEMOTE, other],
                env={**home, **env, "RMTUI_OPERATOR": me},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for me, other in pairs
        ]
        for each in started:
            assert each.stdout.readline() == "ready\n"
        for each in started:
            each.stdin.write("go\n")
            each.stdin.flush()
        told = sorted(each.communicate(timeout=30)[0].strip() for each in started)
        assert told == ["NotPermitted", "took"]
        with connection():
            assert Role.select().where(Role.role == "admin").count() == 1
            run("DELETE FROM roles")
            for person in Person.list():
                person.assign_role("admin")


def test_two_admins_demoting_each_other_at_once_in_threads(env):
    for round_ in range(10):
        one, two = make_operator(f"ONE{round_}"), make_operator(f"TWO{round_}")
        barrier, told = threading.Barrier(2), []

        def demote(me, other, barrier=barrier, told=told):
            barrier.wait()
            try:
                told.append(roles.remove(me, other.pk, "admin"))
            except NotPermitted:
                told.append("refused")

        threads = [threading.Thread(target=demote, args=pair) for pair in ((one, two), (two, one))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(map(str, told)) == ["True", "refused"]
        run("DELETE FROM roles")


def test_what_the_list_counts(boss):
    make_person("RAVEN", "medic", "medic")
    make_person("GONE", "medic", "lost", deleted=START)
    assert json.dumps([(row.role, row.members) for row in roles.list_roles()]) == '[["admin", 1], ["medic", 1]]'
    with connection():
        assert not db.is_closed()
