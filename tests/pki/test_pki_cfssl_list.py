"""The CA's own list of revocations: what is not on it is told, and never without end."""

from __future__ import annotations

import pytest

from cfssl_stand_in import CRL, DUMP, INFO, REFRESH, REVOKE, StandIn, usual
from rmtui import clock
from rmtui.pki import cfssl_list, cfssl_talk
from rmtui.pki.cfssl import CfsslAuthority
from rmtui.pki.csr import build_csr
from rmtui.pki.interface import PKIError, Revocation
from rmtui.pki.keys import generate

USELESS = ["none", "damaged", "of another CA", "forged", "of the root alone", "run out"]


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


@pytest.mark.parametrize("useless", USELESS)
def test_a_list_that_is_of_no_use_is_published_anew_and_read(ca, authority, useless):
    listed, missed = (authority.sign(build_csr(generate("ec256"), "Kettu"), "Kettu").serial for _ in range(2))
    authority.revoke(revocation(listed), tuple)

    def dumps(handler):
        ca.plan(CRL, usual)
        return usual(handler)

    ca.plan(CRL, ca.useless_lists()[useless])
    ca.plan(DUMP, dumps)
    ca.asked.clear()
    authority.publish_crl(lambda: [revocation(listed), revocation(missed)])
    assert [int(asked["serial"]) for path, asked in ca.asked if path == REVOKE] == [missed]
    assert set(ca.revoked) == {listed, missed}


@pytest.mark.parametrize("useless", USELESS)
def test_without_a_list_to_go_by_nobody_is_told_of_anew(ca, authority, useless):
    """Else the CA would be told of all that were ever revoked, each time."""
    serial = authority.sign(build_csr(generate("ec256"), "Kettu"), "Kettu").serial
    ca.plan(CRL, ca.useless_lists()[useless])
    ca.asked.clear()
    with pytest.raises(PKIError, match=r"answered 404|damaged|not signed by “Deployment issuing”|ran out on"):
        authority.publish_crl(lambda: [revocation(serial)])
    assert ca.paths() == [INFO, CRL, REFRESH, DUMP, CRL]
    ca.plan(CRL, usual)
    authority.publish_crl(lambda: [revocation(serial)])
    assert list(ca.revoked) == [serial]


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
