"""After an action the products have been told, or it is said who was not; the action itself is done all the same."""

from __future__ import annotations

import shutil

import pytest

from cfssl_stand_in import StandIn
from making import make_enrollment, make_operator
from product_stand_in import Product, manifest
from rmtui import clock, settings
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.services import effects

CODE = "ABCDEFGH"


@pytest.fixture
def product():
    made = Product()
    yield made
    made.close()


@pytest.fixture
def told_of(embedded, product, monkeypatch, tmp_path):
    """A deployment with one product, and RAVEN who waits to be approved."""
    place = tmp_path / "manifest.json"
    place.write_text(manifest(tak=product.api))
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    make_operator()
    make_enrollment("RAVEN", CODE)
    monkeypatch.setenv("RM_KRAFTWERK_MANIFEST_PATH", str(place))
    return place


def test_each_action_tells_the_product(told_of, product, cli):
    done = cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes", "--format", "json", code=0)
    assert [(row["target"], row["event"], row["state"]) for row in done.json["effects"]] == [("product:tak", "created", "done")]
    assert cli("roles", "assign", "RAVEN", "admin", "--yes", code=0).err == ""
    assert cli("people", "reissue", "RAVEN", "--yes", code=0).err == ""
    assert cli("roles", "remove", "RAVEN", "admin", "--yes", code=0).err == ""
    done = cli("people", "revoke", "RAVEN", "--reason", "superseded", "--yes", "--format", "json", code=0)
    assert done.err == ""
    assert {(row["target"], row["state"]) for row in done.json["effects"]} == {("crl", "done"), ("product:tak", "done")}
    assert [message for message, _callsign in product.told] == ["created", "promoted", "created", "promoted", "demoted", "revoked"]


def test_who_was_not_told_is_said_and_the_action_is_done(told_of, product, cli, monkeypatch):
    product.answers = ["hang"]
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("rmtui.services.effects.products.TOTAL", 0.5)
        done = cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes", code=0)
    assert "approved" in done.out
    (line,) = done.err.splitlines()
    assert line.startswith("tak was not told of RAVEN yet: The product tak (")
    assert line.endswith(" did not answer within 0.5 seconds. rmtui effects run tries again.")
    done = cli("roles", "assign", "RAVEN", "admin", "--yes", "--format", "json", code=0)  # waits for what comes before it
    assert [(row["event"], row["state"], row["failing"]) for row in done.json["effects"]] == [
        ("created", "waiting", True),
        ("promoted", "waiting", False),
    ]
    assert "tak was not told of RAVEN yet: " in done.err
    assert product.told == []
    assert cli("effects", "run", "--yes", code=0).err.startswith("Some still wait; the next try is at ")
    assert cli("effects", "run", "--now", "--yes", "--format", "json", code=0).json == {
        "done": 2,
        "failed": 0,
        "unreachable": 0,
        "skipped": 0,
    }
    assert product.told == [("created", "RAVEN"), ("promoted", "RAVEN")]


def test_many_at_once(told_of, product, cli, monkeypatch):
    with connection():
        for callsign in ("KARHU", "ILVES", "ORAVA"):
            Person.create_with_cert(callsign)
    product.answers = ["reset"]
    done = cli("people", "revoke", "KARHU", "ILVES", "ORAVA", "--reason", "superseded", "--yes", code=0)
    assert "3 done" in done.err
    assert "tak was not told of KARHU and 2 more yet: The product tak (" in done.err
    assert "broke the connection off" in done.err
    monkeypatch.setattr("rmtui.cli.telling.SECONDS", 0)
    done = cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes", code=0)
    assert "tak was not told of RAVEN yet: There was no time for it" in done.err
    assert product.told == []


def test_a_ca_that_fails_keeps_no_product_from_hearing_of_a_revocation(told_of, product, cli):
    cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes", code=0)
    public = settings.current().public_dir
    shutil.move(public, public.with_name("aside"))
    public.write_text("in the way")
    done = cli("people", "revoke", "RAVEN", "--reason", "keyCompromise", "--yes")
    assert done.code == 3
    assert "RAVEN is revoked, but the CRL was not published" in done.err
    assert product.told == [("created", "RAVEN"), ("revoked", "RAVEN")]


@pytest.mark.parametrize("ocsprest", [True, False])
def test_what_a_ca_that_is_down_was_not_told_is_printed_and_is_no_success(embedded, cli, monkeypatch, tmp_path, ocsprest):
    (tmp_path / "stand-in").mkdir()
    ca = StandIn(tmp_path / "stand-in")
    for name, value in {**ca.env(ocsprest=ocsprest), "RMTUI_OPERATOR": "BOSS"}.items():
        monkeypatch.setenv(name, value)
    make_operator()
    for callsign in ("RAVEN", "KARHU", "ILVES"):
        code = make_enrollment(callsign).approvecode
        cli("enrollments", "approve", callsign, "--code", code, "--yes", code=0)
    ca.stop()
    one = cli("people", "revoke", "RAVEN", "--reason", "keyCompromise", "--yes", "--format", "json", code=3)
    assert one.json["status"] == "revoked"
    (serial,) = one.json["serials"]
    assert [(row["target"], row["state"], row["failing"]) for row in one.json["effects"]] == [(f"ca:{serial}", "waiting", True)]
    (line,) = one.err.splitlines()
    assert line.startswith("rmtui: RAVEN is revoked, but the CA is still to be told: ")
    many = cli("people", "revoke", "KARHU", "ILVES", "--reason", "keyCompromise", "--yes", "--format", "json", code=3)
    assert [row["outcome"] for row in many.json] == ["done", "done"]
    assert many.err.splitlines()[:2] == ["2 done.", line.replace("rmtui: RAVEN is revoked", "What was done stands")]
    some = cli("people", "revoke", "KARHU", "NOBODY", "--reason", "keyCompromise", "--yes", code=1)
    assert "2 refused." in some.err
    ca.start()
    cli("effects", "run", "--now", "--yes", code=0)
    assert set(ca.revoked) == set(ca.issued)
    ca.stop()


def test_what_is_refused_tells_nobody(told_of, product, cli):
    cli("enrollments", "approve", "RAVEN", "--code", "WRONGWRG", "--yes", code=1)
    assert product.asked == 0
    assert effects.list_effects(effects.EffectQuery("all")).rows == ()


def test_where_nobody_is_to_be_told_nothing_is_said(told_of, product, cli, monkeypatch):
    monkeypatch.delenv("RM_KRAFTWERK_MANIFEST_PATH")
    done = cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes", "--format", "json", code=0)
    assert (done.json["effects"], done.err, product.asked) == ([], "", 0)


def test_what_is_no_longer_so_is_skipped_and_says_so(told_of, product, cli, monkeypatch):
    monkeypatch.setattr("rmtui.cli.telling.SECONDS", 0)
    cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes", code=0)
    cli("roles", "assign", "RAVEN", "admin", "--yes", code=0)
    with connection():
        Person.update(deleted=clock.utcnow(), revoke_reason="keyCompromise").where(Person.callsign == "RAVEN").execute()
    why = "They have been revoked meanwhile, not from here, so nobody was told."
    ran = cli("effects", "run", "--yes", code=0)
    assert f"product:tak, created RAVEN: skipped. {why}" in ran.err.splitlines()
    assert [line.split() for line in ran.out.splitlines()][-1] == ["skipped", "2"]
    assert cli("effects", "list", code=0).out == ""
    found = cli("effects", "list", "--state", "skipped", "--format", "json", code=0).json
    assert [(row["event"], row["failing"], row["last_error"]) for row in found] == [("created", False, why), ("promoted", False, why)]
    assert product.asked == 0
