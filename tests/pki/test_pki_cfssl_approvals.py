"""Approvals, revocations and sign-ins with the deployment's CA: nothing is half-done, and what failed is finished once it is back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest
from cryptography import x509

from cfssl_stand_in import CRL, REVOKE, SIGN, StandIn, errs, hangs, new_key, says, signs_and_resets, usual
from making import audit_rows, make_enrollment, make_operator
from rmtui import clock, settings
from rmtui.auth import trust
from rmtui.auth.proving import by_certificate
from rmtui.auth.refusals import SignInRefused
from rmtui.db import issuing
from rmtui.db.enrollments import Enrollment
from rmtui.db.middleware import connection
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.pki import cfssl_talk
from rmtui.pki.interface import CredentialError, Revocation
from rmtui.pki.proof import load_credential
from rmtui.services import certificates, deployment, enrollments

CODE = "ABCD2345"


@pytest.fixture
def ca(env, tmp_path, monkeypatch):
    """A deployment whose CA is a CFSSL, in the place of the one of its own."""
    monkeypatch.setattr(cfssl_talk, "PAUSES", (0, 0))
    monkeypatch.setattr(trust, "_given", {})
    (tmp_path / "stand-in").mkdir()
    made = StandIn(tmp_path / "stand-in")
    use(made, timeout=10)
    for name in ("ca_chain.pem", "crl.pem"):
        (settings.current().public_dir / name).unlink()
    yield made
    made.stop()


def use(ca: StandIn, timeout: float) -> None:
    named = ca.settings(timeout=timeout)
    settings.configure(dataclasses.replace(settings.current(), cert_backend="cfssl", ca=named.ca, local_ca_certs=named.local_ca_certs))


def nothing_half_done(callsign: str) -> None:
    with connection():
        assert Enrollment.by_callsign(callsign).state == 0
        assert Claim.select().count() == 0
        assert Issued.select().where(Issued.revoked_on.is_null()).count() == 0
        assert not Person.select().where(Person.callsign == callsign).exists()
    people = settings.current().people_dir
    assert not people.exists() or list(people.iterdir()) == []


def test_a_ca_that_fails_leaves_the_enrolment_pending_and_nothing_else(ca):
    boss, asked = make_operator(), make_enrollment("Kettu", CODE)
    failures = {
        "connection is refused": None,
        "within 0.3 seconds": hangs,
        "answered 500": says(500, "no"),
        "database was in use": errs(500, 11000, "database is locked"),
        "is not known": signs_and_resets,
        "another key": ca.signs(lambda _key: [ca.ca.leaf(new_key().public_key(), "Kettu")]),
        "names CN=Karhu": ca.signs(lambda key: [ca.ca.leaf(key, "Karhu")]),
    }
    for words, act in failures.items():
        use(ca, 0.3 if act is hangs else 10)
        if act is None:
            ca.stop()
        else:
            ca.plan(SIGN, act)
        with pytest.raises(RmtuiError, match=words):
            enrollments.approve(boss, asked.pk, CODE)
        nothing_half_done("Kettu")
        operator, action, outcome, target, reason = audit_rows()[-1][:5]
        assert (operator, action, target) == ("BOSS", "approve", "Kettu")
        assert outcome == ("refused" if words in {"another key", "names CN=Karhu"} else "failed")
        assert re.search(words, reason)
        if act is None:
            ca.start()
    ca.plan(SIGN, usual)
    use(ca, 10)
    enrollments.approve(boss, asked.pk, CODE)
    with connection():
        person = Person.by_callsign("Kettu")
        leaf, issuing_ca = x509.load_pem_x509_certificates((person.directory / "mtls.pem").read_bytes())
        assert Issued.get(Issued.person == person.pk).serial == f"{leaf.serial_number:x}"
    assert issuing_ca == ca.ca.issuing
    assert ca.issued[leaf.serial_number] == leaf


def approved(boss, callsign: str) -> Person:
    code = f"CODE{callsign}".upper()
    enrollments.approve(boss, make_enrollment(callsign, code).pk, code)
    with connection():
        return Person.by_callsign(callsign)


def test_a_revocation_while_the_ca_is_down_is_finished_when_it_is_back(ca):
    boss = make_operator()
    persons = [approved(boss, callsign) for callsign in ("Kettu", "Karhu")]
    ca.stop()
    with pytest.raises(UnreachableError, match="is revoked, but the CA is still to be told"):
        certificates.revoke(boss, persons[0].pk, "keyCompromise")
    ca.start()
    ca.plan(REVOKE, says(500, "no"))
    with pytest.raises(UnreachableError, match="is revoked, but the CA is still to be told"):
        certificates.revoke(boss, persons[1].pk, "keyCompromise")
    assert ca.revoked == {}
    ca.plan(REVOKE, usual)
    with connection():
        assert all(person.reread().deleted for person in persons)
        issuing.publish_crl()
    assert set(ca.revoked) == set(ca.issued)
    assert {each.reason for each in ca.revoked.values()} == {"keyCompromise"}


def test_one_that_the_ca_refuses_keeps_no_other_good_and_rmtui_crl_tells_of_it(ca):
    boss = make_operator()
    persons = [approved(boss, callsign) for callsign in ("Kettu", "Karhu")]
    ca.stop()
    for person in persons:
        with pytest.raises(UnreachableError):
            certificates.revoke(boss, person.pk, "keyCompromise")
    ca.start()
    first, second = ca.issued
    ca.plan(REVOKE, errs(400, 1234, "no"), usual, errs(400, 1234, "no"))
    with pytest.raises(RmtuiError, match="answered 400: no"):
        deployment.renew_crl()
    assert list(ca.revoked) == [second]
    ca.plan(REVOKE, usual)
    assert deployment.renew_crl() == (str(ca.public), f"{settings.current().ca.ocsprest}/api/v1/crl/crl.pem")
    assert set(ca.revoked) == {first, second}


def test_what_is_signed_lives_as_long_as_the_ca_decides(ca):
    make_operator()
    assert enrollments.preview(make_enrollment("Kettu", CODE).pk).hours is None


def test_an_outage_of_the_ca_locks_nobody_out(ca, monkeypatch):
    kettu = approved(make_operator(), "Kettu")

    def sign_in() -> str | None:
        with connection():
            found = by_certificate(load_credential(kettu.directory / "mtls.pem", None))
        return found.person.callsign if found.person else None

    assert sign_in() == "Kettu"
    ca.stop()
    assert sign_in() == "Kettu"
    ca.start()
    (serial,) = ca.issued
    ca.revoked[serial] = Revocation(serial, clock.utcnow(), "keyCompromise")
    assert sign_in() == "Kettu"
    later = clock.utcnow() + trust.KEPT
    monkeypatch.setattr(clock, "utcnow", lambda: later)
    with pytest.raises(CredentialError, match="was revoked"):
        sign_in()
    ca.stop()
    later += trust.KEPT
    with pytest.raises(CredentialError, match="was revoked"):
        sign_in()
    later += dt.timedelta(days=20)
    ca.start()
    ca.plan(CRL, says(500, "no"))
    trust._given.clear()
    assert sign_in() == "Kettu"
    ca.stop()
    trust._given.clear()
    (ca.public / "root_ca.pem").unlink()
    with pytest.raises(SignInRefused, match="does not see the deployment's CA"):
        sign_in()
