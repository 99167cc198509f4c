"""The deployment's Keycloak has a user for everybody who is in, an admin for every admin, and nobody who was revoked."""

from __future__ import annotations

import datetime as dt
import ssl
import sys
import uuid
from dataclasses import replace

import pytest
from telling import later
from test_services_effects_tls import self_signed

from keycloak_stand_in import Keycloak
from making import make_enrollment, make_operator
from product_stand_in import manifest
from rmtui import clock, settings
from rmtui.db import effects as queue
from rmtui.db.base import db
from rmtui.db.middleware import connection
from rmtui.db.people import Person, Role
from rmtui.services import certificates, decisions, effects, roles
from rmtui.settings import Keycloak as KeycloakSettings
from rmtui.settings import Secret, Settings

pytestmark = pytest.mark.two_databases

CODE = "ABCDEFGH"


@pytest.fixture
def keycloak():
    made = Keycloak()
    yield made
    made.close()


@pytest.fixture
def raven(env, keycloak, tmp_path):
    (tmp_path / "manifest.json").write_text(manifest(tak="", bl=""))
    there = KeycloakSettings(keycloak.url, "manager", Secret(keycloak.password), "master", "RASENMAEHER")
    settings.configure(replace(settings.current(), manifest=tmp_path / "manifest.json", keycloak=there))
    boss = make_operator()
    waiting = make_enrollment("RAVEN", CODE, extra={"unit": "1"})
    pk = decisions.approve(boss, waiting.pk, CODE).person
    return boss, pk


def person(pk) -> Person:
    with connection():
        return Person.by_pk(pk, allow_deleted=True)


def user_of(keycloak: Keycloak) -> dict:
    (user,) = keycloak.users.values()
    return user


def test_a_life(raven, keycloak):
    boss, pk = raven
    assert effects.run_due() == effects.Ran(done=1)
    user = user_of(keycloak)
    pem = person(pk).get_cert_pem().decode()
    assert (user["username"], user["email"], user["firstName"], user["lastName"]) == (
        "raven",
        f"{pk}@deployment.example",
        "RAVEN",
        "Deployment",
    )
    assert user["attributes"] == {"callsign": ["RAVEN"], "certpem": [pem], "altUsernames": ["RAVEN_bl", "RAVEN_tak"]}
    assert keycloak.groups[user["id"]] == {"group-tak"}  # the other product has none there
    assert person(pk).extra == {"unit": "1", "kc_uuid": user["id"], "kc_data": user}
    roles.assign(boss, pk, "admin")
    effects.run_due()
    assert keycloak.roles[user["id"]] == ["admin"]
    certificates.reissue(boss, pk)
    effects.run_due()
    assert user_of(keycloak)["attributes"]["certpem"] == [person(pk).get_cert_pem().decode()] != [pem]
    roles.remove(boss, pk, "admin")
    effects.run_due()
    assert keycloak.roles[user["id"]] == []
    certificates.revoke(boss, pk, "keyCompromise")
    effects.run_due()
    assert keycloak.users == {}
    assert {row.state for row in effects.of_person(pk)} == {"done"}


def test_whoever_has_the_name_is_left_alone(raven, keycloak, monkeypatch):
    boss, pk = raven
    keycloak.users["other"] = {"id": "other", "username": "raven", "email": "somebody@else.example"}
    effects.run_due()
    assert "another user called RAVEN" in effects.of_person(pk)[0].last_error
    certificates.revoke(boss, pk, "keyCompromise")
    later(monkeypatch)
    effects.run_due()
    assert list(keycloak.users) == ["other"]
    assert {row.state for row in effects.of_person(pk) if row.event != "revoked"} == {"done"}
    assert [row.failing for row in effects.of_person(pk) if row.event == "revoked" and row.target == "keycloak"] == [True]


@pytest.mark.parametrize("by_id", [True, False])
def test_an_enrolment_takes_nobodys_user(raven, keycloak, by_id):
    boss, pk = raven
    roles.assign(boss, pk, "admin")
    effects.run_due()
    theirs = dict(user_of(keycloak))
    claimed = {"kc_uuid": theirs["id"] if by_id else f"{theirs['id']}/groups", "kc_data": theirs}
    mallory = decisions.approve(boss, make_enrollment("MALLORY", CODE + "M", extra=claimed).pk, CODE + "M").person
    assert effects.run_due() == effects.Ran(done=1)
    made = next(user for user in keycloak.users.values() if user["username"] == "mallory")
    assert keycloak.users == {theirs["id"]: theirs, made["id"]: made}
    assert person(mallory).extra == {"kc_uuid": made["id"], "kc_data": made}
    with connection():
        Person.update(extra=claimed).where(Person.pk == mallory).execute()
    certificates.revoke(boss, mallory, "keyCompromise")
    effects.run_due()
    assert keycloak.users == {theirs["id"]: theirs}
    assert keycloak.roles[theirs["id"]] == ["admin"]


def test_a_user_is_known_by_the_id_whatever_they_are_called_there(raven, keycloak):
    boss, pk = raven
    effects.run_due()
    user_of(keycloak)["username"] = "renamed"
    certificates.revoke(boss, pk, "keyCompromise")
    effects.run_due()
    assert keycloak.users == {}


def test_a_user_whose_email_was_changed_is_known_by_the_id_that_was_kept(raven, keycloak):
    boss, pk = raven
    effects.run_due()
    user_of(keycloak)["email"] = "changed@by.hand"
    roles.assign(boss, pk, "admin")
    assert effects.run_due() == effects.Ran(done=1)
    assert keycloak.roles[user_of(keycloak)["id"]] == ["admin"]
    user_of(keycloak)["email"] = "changed@by.hand"
    certificates.revoke(boss, pk, "keyCompromise")
    effects.run_due()
    assert keycloak.users == {}


def test_an_enrolment_takes_no_user_of_its_name(raven, keycloak):
    boss, _pk = raven
    effects.run_due()
    theirs = {"id": str(uuid.uuid4()), "username": "mallory", "email": "manager@else.example"}
    keycloak.users[theirs["id"]] = dict(theirs)
    mallory = decisions.approve(boss, make_enrollment("MALLORY", CODE + "M", extra={"kc_uuid": theirs["id"]}).pk, CODE + "M").person
    assert effects.run_due() == effects.Ran(failed=1)
    certificates.revoke(boss, mallory, "keyCompromise")
    assert effects.run_due(now=True).failed == 1
    assert keycloak.users[theirs["id"]] == theirs


def test_made_and_not_recorded_is_made_once(raven, keycloak, monkeypatch):
    _boss, pk = raven
    keep = effects.running.effects.done
    monkeypatch.setattr("rmtui.db.effects.done", lambda _effects: None)
    effects.run_due(most=1)
    with connection():
        Person.update(extra={"unit": "2"}).execute()
    monkeypatch.setattr("rmtui.db.effects.done", keep)
    later(monkeypatch)
    assert effects.run_due() == effects.Ran(done=1)
    assert person(pk).extra["kc_uuid"] == user_of(keycloak)["id"]
    assert person(pk).extra["unit"] == "2"


@pytest.mark.parametrize(
    ("password", "fails", "says"),
    [
        ("wrong", 0, "Keycloak does not let us in; check RM_KC_USERNAME"),
        ("", 500, "Keycloak answered 500"),
        ("", 503, "Keycloak cannot be reached"),
    ],
)
def test_failures_are_told_without_a_secret(raven, keycloak, monkeypatch, password, fails, says):
    _boss, pk = raven
    right = keycloak.password
    keycloak.password, keycloak.fails = password or right, fails
    assert effects.run_due().failed == 1
    error = effects.of_person(pk)[0].last_error
    assert error.startswith(says)
    assert right not in error
    assert "\x1b" not in error
    keycloak.password, keycloak.fails = right, 0
    later(monkeypatch)
    assert effects.run_due() == effects.Ran(done=1)


def test_made_and_the_answer_lost_is_made_once(raven, keycloak, monkeypatch):
    _boss, pk = raven
    keycloak.loses = True
    assert effects.run_due().failed == 1
    assert "kc_uuid" not in person(pk).extra
    keycloak.loses = False
    later(monkeypatch)
    assert effects.run_due() == effects.Ran(done=1)
    assert person(pk).extra["kc_uuid"] == user_of(keycloak)["id"]
    assert keycloak.groups[user_of(keycloak)["id"]] == {"group-tak"}


def test_a_user_who_was_deleted_by_hand_is_made_anew_or_is_gone(raven, keycloak):
    boss, pk = raven
    effects.run_due()
    keycloak.users.clear()
    roles.assign(boss, pk, "admin")
    assert effects.run_due() == effects.Ran(done=1)
    assert keycloak.roles[user_of(keycloak)["id"]] == ["admin"]
    assert person(pk).extra["kc_uuid"] == user_of(keycloak)["id"]
    keycloak.users.clear()
    certificates.revoke(boss, pk, "superseded")
    assert effects.run_due() == effects.Ran(done=1)


def test_a_user_who_was_shut_out_by_hand_stays_out(raven, keycloak):
    boss, pk = raven
    effects.run_due()
    user_of(keycloak)["enabled"] = False
    user_of(keycloak)["attributes"]["note"] = ["theirs"]
    certificates.reissue(boss, pk)
    effects.run_due()
    assert user_of(keycloak)["enabled"] is False
    assert user_of(keycloak)["attributes"]["note"] == ["theirs"]


def test_the_role_is_taken_without_a_certificate(raven, keycloak):
    boss, pk = raven
    roles.assign(boss, pk, "admin")
    effects.run_due()
    (person(pk).directory / "mtls.pem").write_text("x")
    roles.remove(boss, pk, "admin")
    assert effects.run_due() == effects.Ran(done=1)
    assert keycloak.roles[user_of(keycloak)["id"]] == []


def test_a_realm_without_the_role(raven, keycloak, monkeypatch):
    boss, pk = raven
    keycloak.realm_roles = set()
    roles.assign(boss, pk, "admin")
    assert effects.run_due() == effects.Ran(done=1, failed=1)
    assert effects.of_person(pk)[0].last_error == "The realm has no role admin, so it was neither given nor taken. Make it in Keycloak."
    keycloak.realm_roles = {"admin"}
    later(monkeypatch)
    assert effects.run_due() == effects.Ran(done=1)


def test_a_token_that_runs_out_is_renewed(raven, keycloak):
    keycloak.requests_of_token = 2
    assert effects.run_due() == effects.Ran(done=1)
    assert user_of(keycloak)["username"] == "raven"


def test_people_whose_extra_is_null(raven, keycloak):
    _boss, pk = raven
    with connection():
        db.execute_sql("UPDATE users SET extra = 'null'")
    assert effects.run_due() == effects.Ran(done=1)
    assert set(person(pk).extra) == {"kc_uuid", "kc_data"}


def test_what_was_changed_elsewhere_meanwhile_is_not_changed_back(raven, keycloak):
    boss, pk = raven
    effects.run_due()
    roles.assign(boss, pk, "admin")
    with connection():
        Role.delete().where(Role.user == pk).execute()
    assert effects.run_due() == effects.Ran(skipped=1)
    assert keycloak.roles == {}
    certificates.reissue(boss, pk)
    with connection():
        Person.update(deleted=clock.utcnow()).where(Person.pk == pk).execute()
    keycloak.users.clear()
    assert effects.run_due() == effects.Ran(skipped=1)
    assert keycloak.users == {}


def test_who_was_stopped_makes_nobody_anew(raven, keycloak, monkeypatch):
    boss, pk = raven
    module = sys.modules["rmtui.services.effects.keycloak"]
    wanted = module._wanted

    def stopped(about):
        monkeypatch.setattr(module, "_wanted", wanted)
        certificates.revoke(boss, pk, "keyCompromise")
        later(monkeypatch)
        assert effects.run_due() == effects.Ran(done=2)  # another process, while this one stands still
        return wanted(about)

    monkeypatch.setattr(module, "_wanted", stopped)
    assert effects.run_due() == effects.Ran()
    assert keycloak.users == {}


def test_a_slow_keycloak_is_not_told_by_two_at_once(raven, keycloak, monkeypatch):
    answer, now, asked = keycloak.answer, clock.utcnow(), []
    monkeypatch.setattr(clock, "utcnow", lambda: now + dt.timedelta(seconds=100 * len(asked)))

    def slow(*request):
        asked.append(request)
        with connection():
            assert queue.take() is None
        return answer(*request)

    keycloak.answer = slow
    assert effects.run_due() == effects.Ran(done=1)
    assert len(asked) > 4


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
class TestOneRun:
    def test_is_signed_in_for_once(self, raven, keycloak):
        boss, pk = raven
        roles.assign(boss, pk, "admin")
        decisions.approve(boss, make_enrollment("OWL", "HGFEDCBA").pk, "HGFEDCBA")
        assert effects.run_due() == effects.Ran(done=3)
        assert keycloak.tokens == 1

    def test_tries_a_password_that_is_wrong_once(self, raven, keycloak, monkeypatch):
        boss, _pk = raven
        right, keycloak.password = keycloak.password, "another"
        for callsign in ("OWL", "KARHU", "ILVES"):
            decisions.approve(boss, make_enrollment(callsign, CODE + callsign).pk, CODE + callsign)
        assert effects.run_due() == effects.Ran(failed=1)
        assert effects.run_due() == effects.Ran()
        assert keycloak.refused == 1
        waiting = effects.list_effects(effects.EffectQuery("failing")).rows
        assert [row.attempts for row in waiting] == [1, 0, 0, 0]
        assert all(row.last_error.startswith("Keycloak does not let us in") for row in waiting)
        keycloak.password = right
        later(monkeypatch)
        assert effects.run_due() == effects.Ran(done=4)

    def test_goes_through_no_proxy_and_follows_no_redirect(self, raven, keycloak, monkeypatch):
        _boss, pk = raven
        elsewhere = Keycloak()
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        keycloak.moved = elsewhere.url
        assert effects.run_due().failed == 1
        assert effects.of_person(pk)[0].last_error == "Keycloak answered with a redirect, which is not followed. Check RM_KC_URL."
        assert elsewhere.tokens == 0
        elsewhere.close()

    def test_does_not_read_without_end(self, raven, keycloak):
        _boss, pk = raven
        keycloak.pads = 2 << 20
        assert effects.run_due().unreachable == 1
        assert "more than 1,048,576 bytes" in effects.of_person(pk)[0].last_error

    def test_ends_when_keycloak_trickles(self, raven, keycloak, monkeypatch):
        _boss, pk = raven
        monkeypatch.setattr("rmtui.services.effects.keycloak.TIMEOUT", 0.3)
        keycloak.trickles = True
        assert effects.run_due().unreachable == 1
        assert "did not answer within 0.3 seconds" in effects.of_person(pk)[0].last_error


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
def test_only_a_keycloak_that_is_believed_is_told(raven, tmp_path, monkeypatch):
    _boss, pk = raven
    trusted = tmp_path / "ca_public"
    trusted.mkdir()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(trusted, "server"))
    secure = Keycloak(context)
    there = KeycloakSettings(secure.url, "manager", Secret(secure.password), "master", "RASENMAEHER")
    settings.configure(replace(settings.current(), keycloak=there))
    assert effects.run_due().failed == 1
    assert "Check LOCAL_CA_CERTS_PATH" in effects.of_person(pk)[0].last_error
    assert secure.users == {}
    settings.configure(replace(settings.current(), local_ca_certs=trusted))
    later(monkeypatch)
    assert effects.run_due() == effects.Ran(done=1)
    assert len(secure.users) == 1
    secure.close()


def test_what_the_environment_says():
    there = {"RM_KC_URL": "https://kc.example/", "RM_KC_USERNAME": "u", "RM_KC_PASSWORD": "hidden"}
    found = Settings.from_env({**there, "HOME": "/"}).keycloak
    assert found == KeycloakSettings("https://kc.example/", "u", Secret("hidden"), "master", "RASENMAEHER")
    assert "hidden" not in repr(found)
    assert Settings.from_env({**there, "RM_KC_ENABLED": "false", "HOME": "/"}).keycloak is None
    assert Settings.from_env({"RM_KC_ENABLED": "true", "HOME": "/"}).keycloak is None
    with pytest.raises(Exception, match="say in RM_KC_USERNAME and RM_KC_PASSWORD"):
        Settings.from_env({"RM_KC_URL": "https://kc.example/", "HOME": "/"})
