"""The CA's own list of revocations: what is not on it is told, also where it cannot be read, and never without end."""

from __future__ import annotations

import pytest

from cfssl_stand_in import CRL, DUMP, REVOKE, StandIn, says, usual
from rmtui import clock
from rmtui.pki import cfssl_list, cfssl_talk
from rmtui.pki.cfssl import CfsslAuthority
from rmtui.pki.csr import build_csr
from rmtui.pki.interface import PKIError, Revocation
from rmtui.pki.keys import generate

DAMAGED = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"


@pytest.fixture
def ca(tmp_path, monkeypatch):
    monkeypatch.setattr(cfssl_talk, "PAUSES", (0, 0))
    made = StandIn(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def authority(ca):
    return CfsslAuthority.from_settings(ca.settings())


def revocation(serial: int) -> Revocation:
    return Revocation(serial, clock.utcnow())


@pytest.mark.parametrize("bad", [says(404, "404 page not found"), says(200, DAMAGED)], ids=["none", "damaged"])
def test_a_list_that_cannot_be_read_is_published_anew_and_read(ca, authority, bad):
    listed, missed = (authority.sign(build_csr(generate("ec256"), "Kettu"), "Kettu").serial for _ in range(2))
    authority.revoke(revocation(listed), tuple)

    def dumps(handler):
        ca.plan(CRL, usual)
        return usual(handler)

    ca.plan(CRL, bad)
    ca.plan(DUMP, dumps)
    ca.asked.clear()
    authority.publish_crl(lambda: [revocation(listed), revocation(missed)])
    assert [int(asked["serial"]) for path, asked in ca.asked if path == REVOKE] == [missed]
    assert set(ca.revoked) == {listed, missed}


def test_a_list_that_stays_damaged_is_told_when_all_are_revoked(ca, authority):
    serial = authority.sign(build_csr(generate("ec256"), "Kettu"), "Kettu").serial
    ca.plan(CRL, says(200, DAMAGED))
    ca.asked.clear()
    with pytest.raises(PKIError, match="damaged"):
        authority.publish_crl(lambda: [revocation(serial)])
    assert list(ca.revoked) == [serial]
    assert ca.paths()[-1] == DUMP


def test_what_the_ca_does_not_know_is_asked_for_a_few_times_only_and_by_turns(ca, authority):
    unknown = range(1000, 1000 + 3 * cfssl_list.MOST_UNKNOWN)
    asked: set[int] = set()
    for _ in range(40):
        ca.asked.clear()
        authority.publish_crl(lambda: [*map(revocation, unknown)])
        told = {int(body["serial"]) for path, body in ca.asked if path == REVOKE}
        assert len(told) == cfssl_list.MOST_UNKNOWN
        asked |= told
    assert asked == {*unknown}
