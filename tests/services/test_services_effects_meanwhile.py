"""What waits, and what happens elsewhere meanwhile: nobody is told what is no longer so, nor after those who were told since."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from making import make_enrollment, make_operator
from product_stand_in import Product, manifest
from rmtui import clock, settings
from rmtui.services import certificates, decisions, effects
from rmtui.services.effects import products

pytestmark = pytest.mark.two_databases

CODE = "ABCDEFGH"


@pytest.fixture
def product():
    made = Product()
    yield made
    made.close()


def configure(tmp_path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    settings.configure(replace(settings.current(), manifest=tmp_path / "manifest.json"))


@pytest.fixture
def boss(env, tmp_path, product):
    configure(tmp_path, manifest(tak=product.api))
    return make_operator()


def approve(boss, callsign: str):
    return decisions.approve(boss, make_enrollment(callsign, CODE + callsign).pk, CODE + callsign).person


def later(monkeypatch, hours: float = 2) -> None:
    now = clock.utcnow()
    monkeypatch.setattr(clock, "utcnow", lambda: now + dt.timedelta(hours=hours))


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
