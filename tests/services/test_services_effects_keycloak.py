"""The deployment's Keycloak has a user for everybody who is in, an admin for every admin, and nobody who was revoked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from keycloak_stand_in import Keycloak
from product_stand_in import manifest

from making import make_enrollment, make_operator
from rmtui import clock, settings
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.services import certificates, decisions, effects, roles
from rmtui.settings import Keycloak as KeycloakSettings
from rmtui.settings import Secret, Settings

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


def later(monkeypatch) -> None:
    now = clock.utcnow()
    monkeypatch.setattr(clock, "utcnow", lambda: now + dt.timedelta(hours=2))


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
    assert {row.state for row in effects.of_person(pk)} == {"done"}


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


def test_what_the_environment_says():
    there = {"RM_KC_URL": "https://kc.example/", "RM_KC_USERNAME": "u", "RM_KC_PASSWORD": "hidden"}
    found = Settings.from_env({**there, "HOME": "/"}).keycloak
    assert found == KeycloakSettings("https://kc.example/", "u", Secret("hidden"), "master", "RASENMAEHER")
    assert "hidden" not in repr(found)
    assert Settings.from_env({**there, "RM_KC_ENABLED": "false", "HOME": "/"}).keycloak is None
    assert Settings.from_env({"RM_KC_ENABLED": "true", "HOME": "/"}).keycloak is None
    with pytest.raises(Exception, match="say in RM_KC_USERNAME and RM_KC_PASSWORD"):
        Settings.from_env({"RM_KC_URL": "https://kc.example/", "HOME": "/"})
