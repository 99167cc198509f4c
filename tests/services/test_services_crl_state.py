"""What a person's detail says of their certificate and the CRL that is published."""

from __future__ import annotations

import datetime as dt

import pytest

from making import make_operator
from rmtui import clock, settings
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.pki.certificates import BACKDATED
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import StorageError
from rmtui.services import certificates, deployment, people
from rmtui.settings import Secret

pytestmark = pytest.mark.two_databases

EARLIER = clock.utcnow().replace(second=0, microsecond=0) + dt.timedelta(hours=1)
"""After the authority of the tests was made."""


@pytest.fixture
def raven(env, monkeypatch):
    monkeypatch.setattr(clock, "utcnow", lambda: EARLIER)
    with connection():
        return Person.create_with_cert("RAVEN")


@pytest.fixture
def crl(raven):
    deployment.renew_crl()
    return settings.current().public_dir / "crl.pem"


def state(person):
    return people.person(person.pk).certificate.crl


def test_a_good_one_is_not_on_it_and_a_revoked_one_is(raven, crl, monkeypatch):
    good = state(raven)
    assert (good.listed, good.late) == (False, False)
    assert good.sentence == f"not on the CRL of {EARLIER - BACKDATED:%Y-%m-%d %H:%MZ}"
    later = EARLIER + dt.timedelta(minutes=5)
    monkeypatch.setattr(clock, "utcnow", lambda: later)
    certificates.revoke(make_operator(), raven.pk, "keyCompromise")
    gone = state(raven)
    assert (gone.listed, gone.late) == (True, False)
    assert gone.sentence == f"on the CRL since {later:%Y-%m-%d %H:%MZ}, reason keyCompromise"


def test_revoked_and_not_published(raven, crl, monkeypatch):
    def full(*_args):
        raise StorageError("The disk is full.")

    monkeypatch.setattr(EmbeddedAuthority, "publish_crl", full)
    with pytest.raises(certificates.NotTold, match="RAVEN is revoked, but the CRL was not published"):
        certificates.revoke(make_operator(), raven.pk, "keyCompromise")
    found = people.person(raven.pk)
    assert found.row.revoked_on == EARLIER
    assert found.certificate.crl.listed is False


def test_none_to_see(raven):
    (settings.current().public_dir / "crl.pem").unlink(missing_ok=True)
    found = state(raven)
    assert found.listed is None
    assert found.sentence.startswith("There is no CRL that this host can see")


def test_one_that_has_run_out(raven, crl, monkeypatch):
    monkeypatch.setattr(clock, "utcnow", lambda: EARLIER + dt.timedelta(days=400))
    found = state(raven)
    assert (found.listed, found.late) == (False, True)
    assert "the CRL has run out (next update was 2" in found.sentence
    assert found.sentence.endswith("renew it with rmtui crl")


def test_one_that_is_damaged_or_somebody_elses(raven, crl, tmp_path):
    pem = crl.read_bytes()
    crl.write_bytes(pem[:-40])
    assert state(raven).listed is None
    assert "damaged" in state(raven).sentence
    crl.write_bytes(pem)
    chain = settings.current().public_dir / "ca_chain.pem"
    chain.write_bytes(foreign(tmp_path))
    assert state(raven).listed is None
    assert "signed by it" in state(raven).sentence


def foreign(place):
    """The chain of another deployment whose CAs have the same names."""
    name = EmbeddedAuthority.from_settings(settings.current()).describe().partition("CN=")[2].removesuffix(" issuing CA")
    EmbeddedAuthority.create(place / "ca", place / "public", passphrase=Secret(""), hours=1, key_type="ec256", name=name)
    return (place / "public" / "ca_chain.pem").read_bytes()
