"""The doctor where the deployment's CA is a CFSSL: it is asked, and what it says otherwise than the records is put right there."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cfssl_stand_in import CA, CRL, DUMP, INFO, REVOKE, StandIn, new_key, pem, says, usual
from making import make_operator
from rmtui import clock, settings
from rmtui.auth import trust
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.errors import EXIT_DONE, EXIT_UNREACHABLE
from rmtui.pki import certificates, cfssl_talk, keys
from rmtui.pki.interface import Revocation
from rmtui.services import doctor

pytestmark = pytest.mark.two_databases

EARLIER = dt.timedelta(hours=3)


def troubles() -> dict[tuple[str, str], doctor.Finding]:
    """What is not well, by check and subject."""
    return {(each.check, each.subject): each for each in doctor.examine().troubles}


def repair(operator, name: str) -> list[str]:
    """Put right all of a kind; what became of each."""
    plan = next(plan for plan in doctor.examine().plans if plan.repair == name)
    return [each.outcome for each in doctor.repair(operator, name, doctor.targets_of(plan)).results]


@pytest.fixture
def ca(env, tmp_path, monkeypatch, request):
    """A deployment whose CA is a CFSSL, with two people whom it made; with an ocsprest unless a test says otherwise."""
    monkeypatch.setattr(cfssl_talk, "PAUSES", (0, 0))
    monkeypatch.setattr(trust, "_given", {})
    (tmp_path / "stand-in").mkdir()
    made = StandIn(tmp_path / "stand-in")
    named = made.settings(ocsprest=getattr(request, "param", True))
    settings.configure(dataclasses.replace(settings.current(), cert_backend="cfssl", ca=named.ca, local_ca_certs=named.local_ca_certs))
    for name in ("ca_chain.pem", "crl.pem"):
        (settings.current().public_dir / name).unlink()
    with connection():
        for callsign in ("KETTU", "KARHU"):
            Person.create_with_cert(callsign)
    yield made
    made.stop()


@pytest.fixture
def boss(ca):
    operator = make_operator()
    with connection():
        Person.by_pk(operator.pk).reissue()
    return operator


def test_it_is_well_and_then_away(ca, boss):
    found = doctor.examine()
    assert (found.troubles, found.exit_code) == ((), EXIT_DONE)
    ca.stop()
    found = doctor.examine()
    assert {each.check for each in found.troubles} == {"authority", "crl"}
    assert all("refused" in each.sentence and not each.repair for each in found.troubles)
    assert (found.plans, found.exit_code) == ((), EXIT_UNREACHABLE)


def test_its_ca_and_its_crl_run_out(ca, boss, monkeypatch):
    late = ca.crl()
    now = clock.utcnow()
    monkeypatch.setattr(clock, "utcnow", lambda: now + dt.timedelta(days=400))
    ca.plan(CRL, says(200, late.public_bytes(Encoding.PEM)))
    crl = troubles()["crl", ""]
    assert ("ran out on" in crl.sentence, crl.repair) == (True, "publish-crl")
    ca.plan(CRL, usual)
    assert ("crl", "") not in troubles()
    monkeypatch.setattr(clock, "utcnow", lambda: ca.ca.issuing.not_valid_after_utc - dt.timedelta(days=20))
    assert "runs out on" in troubles()["authority", "“Deployment issuing”"].sentence


def test_what_answers_is_no_ca_of_this_deployment(ca, boss):
    ca.plan(INFO, says(200, "<html>"))
    found = troubles()
    assert set(found) == {("authority", ""), ("crl", "")}
    assert doctor.examine().exit_code == EXIT_UNREACHABLE


def test_a_former_certificate_of_the_ca_is_no_other_ca(ca, boss):
    """One that the CA names no more, under the root that is trusted; and a CA of that name under another root."""
    ca.ca.key = new_key()
    ca.ca.issuing = certificates.issuing_certificate(
        ca.ca.key.public_key(), "Deployment issuing", ca.ca.root, ca.ca.root_key, clock.utcnow()
    )
    assert troubles() == {}
    ca.ca = CA()
    (ca.public / "root_ca.pem").write_text(pem(ca.ca.root))
    found = troubles()
    assert set(found) == {("issuer", each) for each in ("BOSS", "KARHU", "KETTU")}
    assert "in the name of CN=Deployment issuing, and no CA of this deployment signed it." in found["issuer", "KETTU"].sentence


def test_somebody_whom_the_ca_certified_is_no_ca(ca, boss):
    with connection():
        kettu, karhu = Person.by_callsign("KETTU"), Person.by_callsign("KARHU")
    theirs = x509.load_pem_x509_certificate(kettu.get_cert_pem())
    key = keys.load(kettu.get_key_pem())
    leaf = certificates.leaf_certificate(key.public_key(), "KARHU", theirs, key, now=clock.utcnow(), life=dt.timedelta(hours=1))
    (karhu.directory / "mtls.pem").write_text(pem(leaf, theirs, ca.ca.issuing))
    assert ("issuer", "KARHU") in troubles()


def test_revoked_here_but_good_at_the_ca(ca, boss):
    with connection():
        kettu = Person.by_callsign("KETTU")
        Issued.update(revoked_on=clock.utcnow(), reason="keyCompromise").where(Issued.person == kettu.pk).execute()
        Person.update(deleted=clock.utcnow(), revoke_reason="keyCompromise").where(Person.pk == kettu.pk).execute()
    assert {key: each.repair for key, each in troubles().items()} == {("revoked-not-listed", "KETTU"): "publish-crl"}
    ca.plan(REVOKE, says(500, "no"))
    assert repair(boss, "publish-crl") == ["done", "failed"]
    assert ("revoked-not-listed", "KETTU") in troubles()
    ca.plan(REVOKE, usual)
    assert repair(boss, "publish-crl") == ["done", "done"]
    assert [each.reason for each in ca.revoked.values()] == ["keyCompromise"]
    assert troubles() == {}


@pytest.mark.parametrize("revoked", [0, 1])
def test_a_crl_that_stays_of_no_use_is_not_told_as_published(ca, boss, revoked):
    if not revoked:
        with connection():
            Issued.delete().where(Issued.revoked_on.is_null(False)).execute()

    def dumps(handler):
        ca.plan(CRL, usual)
        return usual(handler)

    for why in ("of another CA", "forged", "of the root alone", "run out"):
        ca.plan(CRL, ca.useless_lists()[why])
        assert repair(boss, "publish-crl") == ["refused"]
        assert ("crl", "") in troubles()
        ca.plan(DUMP, dumps)
        assert repair(boss, "publish-crl") == ["done"]
        assert troubles() == {}
        ca.plan(DUMP, usual)


def test_signed_and_lost(ca, boss):
    with connection():
        karhu = Person.by_callsign("KARHU")
        lost = Issued.get(Issued.person == karhu.pk)
        Issued.update(committed=False, created=clock.utcnow() - EARLIER, person=uuid.uuid4()).where(Issued.serial == lost.serial).execute()
        karhu.reissue()
    assert set(troubles()) == {("lost-certificate", "KARHU")}
    assert repair(boss, "sweep") == ["done"]
    assert list(ca.revoked) == [int(lost.serial, 16)]
    assert troubles() == {}


without_ocsprest = pytest.mark.parametrize("ca", [False], indirect=True)


@without_ocsprest
def test_cfssl_alone_publishes_no_list(ca, boss):
    found = doctor.examine()
    (crl,) = [each for each in found.findings if each.check == "crl"]
    assert (crl.severity, crl.repair, "one by one" in crl.sentence) == ("ok", "", True)
    assert (found.troubles, found.plans, found.exit_code) == ((), (), EXIT_DONE)


def revoke_elsewhere(callsign: str, reason: str) -> Person:
    """Revoke somebody as the web page does while the CA is down: their row says so, and nothing else."""
    with connection():
        person = Person.by_callsign(callsign)
        Person.update(deleted=clock.utcnow(), revoke_reason=reason).where(Person.pk == person.pk).execute()
    return person


def test_revoked_elsewhere_while_the_ca_was_down(ca, boss):
    kettu, karhu = revoke_elsewhere("KETTU", "keyCompromise"), revoke_elsewhere("KARHU", "odd")
    expected = {("revoked-not-listed", "KETTU"): "publish-crl", ("revoked-not-listed", "KARHU"): "publish-crl"}
    assert {key: each.repair for key, each in troubles().items()} == expected
    assert repair(boss, "publish-crl") == ["done", "done", "done"]
    assert sorted(each.reason for each in ca.revoked.values()) == ["keyCompromise", "unspecified"]
    with connection():
        assert Issued.get(Issued.person == kettu.pk).reason == "keyCompromise"
        assert Issued.get(Issued.person == karhu.pk).revoked_on is not None
    assert troubles() == {}


def test_revoked_elsewhere_and_at_the_ca_is_well(ca, boss):
    kettu = revoke_elsewhere("KETTU", "keyCompromise")
    with connection():
        serial = int(Issued.get(Issued.person == kettu.pk).serial, 16)
    ca.revoked[serial] = Revocation(serial, clock.utcnow(), "keyCompromise")
    assert troubles() == {}


@without_ocsprest
def test_revoked_elsewhere_where_there_is_no_list(ca, boss):
    revoke_elsewhere("KETTU", "superseded")
    assert {key: each.repair for key, each in troubles().items()} == {("revoked-not-listed", "KETTU"): "publish-crl"}
    assert repair(boss, "publish-crl") == ["done", "done"]
    assert [each.reason for each in ca.revoked.values()] == ["superseded"]
    assert troubles() == {}


@without_ocsprest
def test_without_a_list_what_the_ca_does_not_know_is_told(ca, boss):
    revoke_elsewhere("KETTU", "keyCompromise")
    ca.issued.clear()
    assert repair(boss, "publish-crl") == ["done", "refused"]
    assert troubles() == {}


def test_what_the_ca_does_not_know_stays_a_finding(ca, boss):
    revoke_elsewhere("KETTU", "keyCompromise")
    ca.issued.clear()
    for _ in range(2):
        assert repair(boss, "publish-crl") == ["done", "refused"]
        assert {key: each.repair for key, each in troubles().items()} == {("revoked-not-listed", "KETTU"): "publish-crl"}
    with connection():
        serial = int(Issued.get(Issued.callsign == "KETTU").serial, 16)
    ca.revoked[serial] = Revocation(serial, clock.utcnow(), "keyCompromise")
    assert troubles() == {}
