"""What waits, and what happens elsewhere meanwhile: nobody is told what is no longer so, nor after those who were told since."""

from __future__ import annotations

import pytest
from telling import approve, configure, later

from making import make_operator
from product_stand_in import manifest
from rmtui import clock
from rmtui.db.middleware import connection
from rmtui.db.own import Effect
from rmtui.db.people import Person, Role
from rmtui.services import certificates, doctor, effects, roles
from rmtui.services.effects import EffectQuery, products

pytestmark = pytest.mark.two_databases


@pytest.fixture
def boss(env, tmp_path, product):
    configure(tmp_path, manifest(tak=product.api))
    return make_operator()


def test_who_was_stopped_sends_nothing_after_the_others(boss, product, monkeypatch):
    raven = approve(boss, "RAVEN")
    certificate = products.certificate

    def stopped(*about):
        monkeypatch.setattr(products, "certificate", certificate)
        certificates.revoke(boss, raven, "keyCompromise")
        later(monkeypatch, 0.1)
        assert effects.run_due() == effects.Ran(done=2)  # another process, while this one stands still
        return certificate(*about)

    monkeypatch.setattr(products, "certificate", stopped)
    assert effects.run_due() == effects.Ran()
    assert product.told == [("created", "RAVEN"), ("revoked", "RAVEN")]
    assert not effects.undone().waits


def web_revokes(pk) -> None:
    """As the deployment's web page does, which plans nothing here."""
    with connection():
        Person.update(deleted=clock.utcnow(), revoke_reason="keyCompromise").where(Person.pk == pk).execute()


def became(**columns) -> list[tuple[str, str, str]]:
    rows = effects.list_effects(EffectQuery("all", **columns)).rows
    return [(row.event, row.state, row.last_error) for row in rows if row.target != "crl"]


def test_who_was_revoked_elsewhere_meanwhile_is_not_made_anew(boss, product, tmp_path):
    raven, karhu = approve(boss, "RAVEN"), approve(boss, "KARHU")
    configure(tmp_path, "{")  # what is planned now is for all products
    roles.assign(boss, raven, "admin")
    configure(tmp_path, manifest(tak=product.api, bl=product.api))
    web_revokes(raven)
    assert effects.run_due() == effects.Ran(done=1, skipped=2)
    assert set(product.told) == {("created", "KARHU")}
    why = "They have been revoked meanwhile, not from here, so nobody was told."
    assert became(text="RAVEN") == [("created", "skipped", why), ("promoted", "skipped", why)]
    assert not effects.undone().waits
    assert effects.of_person(karhu)[0].state == "done"


def test_who_was_demoted_or_promoted_elsewhere_meanwhile_is_not_changed_back(boss, product):
    raven = approve(boss, "RAVEN")
    effects.run_due()
    roles.assign(boss, raven, "admin")
    with connection():
        Role.delete().where(Role.user == raven).execute()
    assert effects.run_due() == effects.Ran(skipped=1)
    roles.assign(boss, raven, "admin")
    effects.run_due()
    roles.remove(boss, raven, "admin")
    with connection():
        Role.create(user=raven, role="admin")
    assert effects.run_due() == effects.Ran(skipped=1)
    assert [event for event, _callsign in product.told] == ["created", "promoted"]
    assert became(text="skipped") == []
    assert [(event, why) for event, state, why in became() if state == "skipped"] == [
        ("promoted", "They are no admin any more, which was not changed from here, so nobody was told."),
        ("demoted", "They are an admin again, which was not changed from here, so nobody was told."),
    ]


def test_what_was_changed_from_here_meanwhile_is_told_in_full_and_in_order(boss, product, tmp_path):
    raven = approve(boss, "RAVEN")
    for _ in range(2):
        roles.assign(boss, raven, "admin")
        roles.remove(boss, raven, "admin")
    roles.assign(boss, raven, "admin")
    configure(tmp_path, "{")
    roles.remove(boss, raven, "admin")
    certificates.revoke(boss, raven, "keyCompromise")
    configure(tmp_path, manifest(tak=product.api))
    assert effects.run_due() == effects.Ran(done=8)
    assert [event for event, _callsign in product.told] == ["created", *["promoted", "demoted"] * 3, "revoked"]


def test_a_later_message_to_another_product_makes_nothing_good(boss, product, tmp_path):
    raven = approve(boss, "RAVEN")
    configure(tmp_path, manifest(bl=product.api))
    certificates.revoke(boss, raven, "keyCompromise")
    configure(tmp_path, manifest(tak=product.api, bl=product.api))
    assert effects.run_due() == effects.Ran(done=1, skipped=1)
    assert product.told == [("revoked", "RAVEN")]


def lose_files(pk) -> None:
    with connection():
        (Person.by_pk(pk).directory / "mtls.pem").write_text("x")


def test_what_is_taken_from_somebody_waits_for_no_certificate(boss, product):
    raven = approve(boss, "RAVEN")
    roles.assign(boss, raven, "admin")
    lose_files(raven)
    assert effects.run_due() == effects.Ran(failed=1)
    roles.remove(boss, raven, "admin")
    assert effects.run_due(now=True) == effects.Ran(done=1, skipped=2)
    assert product.told == [("demoted", "RAVEN")]
    assert product.bodies == [{"uuid": str(raven), "callsign": "RAVEN", "x509cert": ""}]
    created, promoted, demoted = became()
    assert (created[:2], promoted[:2], demoted) == (("created", "skipped"), ("promoted", "skipped"), ("demoted", "done", ""))
    assert created[2].startswith("The certificate of RAVEN cannot be told of.")
    assert created[2].endswith("The demotion or revocation that comes after it does not wait for that, so nobody was told.")


def test_a_revocation_waits_for_no_demotion_that_a_product_takes_only_with_a_certificate(boss, product):
    raven = approve(boss, "RAVEN")
    roles.assign(boss, raven, "admin")
    effects.run_due()
    lose_files(raven)
    roles.remove(boss, raven, "admin")
    product.answers = [500]
    assert effects.run_due() == effects.Ran(failed=1)
    certificates.revoke(boss, raven, "keyCompromise")
    assert effects.run_due(now=True) == effects.Ran(done=1, skipped=1)
    assert product.told[2:] == [("revoked", "RAVEN")]


def told_by_doctor() -> list[tuple[str, str]]:
    return [(each.severity, each.subject) for each in doctor.examine().findings if each.check == "effects"]


def test_revocations_that_a_product_never_hears_of_are_an_error_however_many_share_the_tries(boss, product, monkeypatch):
    people = [approve(boss, f"RAVEN{number}") for number in range(5)]
    effects.run_due()
    product.answers = ["reset"] * 9
    for pk in people:
        certificates.revoke(boss, pk, "keyCompromise")
    assert effects.run_due() == effects.Ran(failed=1, unreachable=1)
    assert told_by_doctor() == [("ok", "")]
    for _ in range(2):
        later(monkeypatch, 0.01)
        assert effects.run_due().failed == 1
    assert max(row.attempts for row in effects.list_effects(EffectQuery()).rows) == 1
    assert told_by_doctor() == [("error", "product:tak")]
    assert effects.undone().failing.number == 5
    later(monkeypatch)
    product.answers = []
    effects.run_due()
    assert told_by_doctor() == [("ok", "")]


def test_what_failed_once_and_waits_for_long_is_told(boss, product, monkeypatch):
    approve(boss, "RAVEN")
    product.answers = [500]
    effects.run_due()
    assert told_by_doctor() == [("ok", "")]
    later(monkeypatch, 0.1)
    assert told_by_doctor() == [("warning", "product:tak")]


def test_a_revocation_that_waits_behind_what_fails_is_an_error_and_is_counted(boss, product, tmp_path, monkeypatch):
    raven = approve(boss, "RAVEN")
    effects.run_due()
    roles.assign(boss, raven, "admin")
    product.answers = [500] * 9
    configure(tmp_path, "{")
    certificates.revoke(boss, raven, "keyCompromise")  # is for all products
    configure(tmp_path, manifest(tak=product.api))
    for _ in range(3):
        later(monkeypatch)
        effects.run_due()
    assert told_by_doctor() == [("error", "products"), ("warning", "product:tak")]
    assert effects.undone().failing.number == 2
    rows = effects.list_effects(EffectQuery("failing")).rows
    assert [(row.event, row.attempts, row.failing) for row in rows] == [("promoted", 3, True), ("revoked", 0, False)]
    with connection():
        Effect.update(target="product:tak").execute()
    assert told_by_doctor() == [("error", "product:tak")]
