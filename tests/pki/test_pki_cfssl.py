"""The deployment's CA: every answer, error and slowness of it."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from cfssl_stand_in import (
    CA,
    CFSSL_SIGN,
    CRL,
    DUMP,
    INFO,
    REFRESH,
    REVOKE,
    SIGN,
    StandIn,
    cuts,
    errs,
    new_key,
    pem,
    redirects,
    resets,
    says,
    signs_and_resets,
    usual,
)
from rmtui import clock
from rmtui.errors import EXIT_REFUSED, EXIT_UNREACHABLE
from rmtui.pki import cfssl_talk
from rmtui.pki.cfssl import CfsslAuthority
from rmtui.pki.csr import build_csr
from rmtui.pki.http import AnswerLost, Unreached
from rmtui.pki.interface import AuthorityMissing, AuthorityUnavailable, CSRError, PKIError, Revocation
from rmtui.pki.keys import generate

KEY = generate("ec256")
REQUEST = build_csr(KEY, "Kettu")


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(cfssl_talk, "PAUSES", (0, 0))


@pytest.fixture
def ca(tmp_path):
    made = StandIn(tmp_path)
    yield made
    made.stop()


def through(ca, **options) -> CfsslAuthority:
    return CfsslAuthority.from_settings(ca.settings(**options))


def failure(act) -> PKIError:
    with pytest.raises(PKIError) as caught:
        act()
    sentence = caught.value.sentence
    assert len(sentence) < 900
    assert "PRIVATE KEY" not in sentence
    assert "CERTIFICATE" not in sentence
    assert sentence.isprintable()
    return caught.value


def sign_failure(ca, *acts, path=SIGN, **options) -> PKIError:
    ca.plan(path, *acts)
    return failure(lambda: through(ca, ocsprest=path == SIGN, **options).sign(REQUEST, "Kettu"))


class TestSign:
    def test_through_ocsprest(self, ca):
        signed = through(ca).sign(REQUEST, "Kettu")
        leaf = x509.load_pem_x509_certificate(signed.certificate)
        assert (leaf.subject.rfc4514_string(), leaf.public_key()) == ("CN=Kettu", KEY.public_key())
        assert signed.chain == pem(ca.ca.issuing).encode()
        assert (signed.serial, signed.not_after) == (leaf.serial_number, leaf.not_valid_after_utc)
        assert ca.asked[0] == (SIGN, {"certificate_request": REQUEST.decode(), "profile": "client", "bundle": True})
        assert ca.paths() == [SIGN]

    def test_through_cfssl_alone_the_issuer_is_asked_for(self, ca):
        signed = through(ca, ocsprest=False).sign(REQUEST, "Kettu")
        assert signed.chain == pem(ca.ca.issuing).encode()
        assert ca.paths() == [INFO, CFSSL_SIGN]  # before anything is signed

    def test_a_request_that_is_not_the_callsigns_goes_nowhere(self, ca):
        with pytest.raises(CSRError):
            through(ca).sign(REQUEST, "Karhu")
        assert ca.asked == []

    def test_nothing_is_asked_where_nothing_could_be_believed(self, ca):
        root = ca.public / "root_ca.pem"
        for damaged in (
            root.read_text().replace("M", "*"),
            root.read_text()[:200],
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ):
            root.write_text(damaged)
            assert "damaged" in failure(lambda: through(ca).sign(REQUEST, "Kettu")).sentence
        root.unlink()
        assert isinstance(failure(lambda: through(ca).sign(REQUEST, "Kettu")), AuthorityMissing)
        assert ca.asked == []

    def test_who_answers_for_certificates_is_told_where_there_is_somebody(self, ca):
        through(ca, ocsprest=False).announce()
        assert ca.paths() == []
        through(ca).announce()
        assert ca.paths() == [REFRESH]
        ca.plan(REFRESH, says(500, "no"))
        assert "OCSP" in failure(through(ca).announce).sentence


NO_CA = x509.BasicConstraints(ca=False, path_length=None)
WRONG = {
    "another key": (lambda ca, key: [ca.leaf(new_key().public_key(), "Kettu")], "another key", False),
    "another name": (lambda ca, key: [ca.leaf(key, "Karhu")], "names CN=Karhu", True),
    "a name of another case": (lambda ca, key: [ca.leaf(key, "KETTU")], "names CN=KETTU", True),
    "a CA": (lambda ca, key: [ca.other(key, "Kettu", x509.BasicConstraints(ca=True, path_length=None))], "it is a CA's", True),
    "a server": (
        lambda ca, key: [ca.other(key, "Kettu", x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]))],
        "leave out clientAuth",
        True,
    ),
    "other names": (
        lambda ca, key: [ca.other(key, "Kettu", x509.SubjectAlternativeName([x509.DNSName("x.example")]))],
        "other names",
        True,
    ),
    "run out": (lambda ca, key: [ca.leaf(key, "Kettu", age=dt.timedelta(days=90))], "ran out", True),
    "not yet": (lambda ca, key: [ca.leaf(key, "Kettu", age=dt.timedelta(days=-2))], "not valid before", True),
    "too long": (lambda ca, key: [ca.other(key, "Kettu", NO_CA, life=dt.timedelta(days=4000))], "ten years", True),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("path", [SIGN, CFSSL_SIGN])
def test_what_was_not_asked_for_is_not_used(ca, wrong, path):
    """What is for our key is given back to be revoked; what is for another's may be somebody's, and is left alone."""
    make, words, ours = WRONG[wrong]
    error = sign_failure(ca, ca.signs(lambda key: make(ca.ca, key)), path=path)
    assert words in error.sentence
    (serial,) = ca.issued
    assert f"{serial:x}" in error.sentence
    assert (error.lost is not None and error.lost.serial == serial) is ours
    assert ("it is revoked" in error.sentence) is ours
    assert error.exit_code == EXIT_REFUSED


def test_a_stranger_who_signs_is_not_believed(ca):
    """Neither with a chain of their own, nor under the CA's name."""
    stranger = CA("Stranger")
    error = sign_failure(ca, ca.signs(lambda key: [stranger.leaf(key, "Kettu"), stranger.issuing]))
    assert "none that LOCAL_CA_CERTS_PATH holds" in error.sentence
    double = CA()
    error = sign_failure(ca, ca.signs(lambda key: [double.leaf(key, "Kettu"), ca.ca.issuing]))
    assert "did not sign it" in error.sentence
    ca.plan(INFO, says(200, json.dumps({"success": True, "result": {"certificate": pem(stranger.issuing)}})))
    for ask in (through(ca).describe, through(ca).ca_chain):
        assert "none that LOCAL_CA_CERTS_PATH holds" in failure(ask).sentence


LOST = {
    "reset": resets,
    "signed and reset": signs_and_resets,
    "cut": cuts,
    "gateway": says(504, "late"),
    "garbage": says(200, "<html>\x1b[2J"),
}
LOST |= {"no certificate": says(200, '{"result": {"certificate": "-----BEGIN"}}'), "no text": says(200, '{"result": {"certificate": 5}}')}
LOST |= {
    "nothing": says(200, ""),
    "a list": says(200, "[]"),
    "an answer to something else": says(200, "{}"),
    "deep": says(200, "[" * 60000),
    "huge": lambda handler: (200, b" " * 200_000 + usual(handler)[1]),
}


@pytest.mark.parametrize("lost", LOST)
def test_a_lost_answer_is_told_as_unknown_and_not_asked_for_again(ca, lost):
    error = sign_failure(ca, LOST[lost])
    assert isinstance(error, AnswerLost)
    assert error.exit_code == EXIT_UNREACHABLE
    assert "was signed is not known; nobody was given one" in error.sentence
    assert re.search(r"SHA-256 [0-9a-f]{64}", error.sentence)
    assert ca.paths() == [SIGN]


REFUSED = {
    "bad request": (errs(400, 9002, "CSR Decode failed"), CSRError, 1, "CSR Decode failed"),
    "text": (says(500, "signing failed: \x1b]0;x\x07 out of " + "x" * 5000), AuthorityUnavailable, 1, "signing failed"),
    "locked": (errs(500, 11000, "database is locked"), AuthorityUnavailable, 3, "in use"),
    "locked, as text": (says(500, "cfssl: database is locked"), AuthorityUnavailable, 3, "in use"),
    "not let in": (says(403, "forbidden"), AuthorityMissing, 1, "RM_MTLS_CLIENT_CERT_PATH"),
    "no such page": (says(404, "404 page not found"), PKIError, 1, "RM_OCSPREST_HOST"),
    "elsewhere": (redirects, AuthorityMissing, 1, "redirect"),
    "another error": (errs(400, 1234, "unknown profile"), PKIError, 1, "unknown profile"),
    "an error in a good answer": (errs(200, 1234, "unknown profile"), PKIError, 1, "unknown profile"),
    "no reason": (says(200, '{"success": false}'), PKIError, 1, "did not succeed"),
}


@pytest.mark.parametrize("path", [SIGN, CFSSL_SIGN])
@pytest.mark.parametrize("refusal", REFUSED)
def test_a_refusal_is_told(ca, refusal, path):
    act, kind, tries, words = REFUSED[refusal]
    error = sign_failure(ca, act, path=path)
    assert isinstance(error, kind)
    assert not isinstance(error, AnswerLost)
    assert words in error.sentence
    assert "Nothing was signed." in error.sentence
    assert ca.paths() == [INFO] * (path == CFSSL_SIGN) + [path] * tries


def test_a_lock_is_waited_for(ca):
    ca.plan(SIGN, errs(500, 11000, "database is locked"), usual)
    assert through(ca).sign(REQUEST, "Kettu").serial in ca.issued


def test_a_ca_that_is_down(ca):
    ca.stop()
    for act in (lambda: through(ca).sign(REQUEST, "Kettu"), through(ca).describe, through(ca).crl):
        error = failure(act)
        assert isinstance(error, Unreached)
        assert error.exit_code == EXIT_UNREACHABLE
        assert "the connection is refused" in error.sentence


class TestRevoke:
    @pytest.fixture
    def serial(self, ca):
        signed = through(ca).sign(REQUEST, "Kettu").serial
        ca.asked.clear()
        return signed

    def test_twice_is_once(self, ca, serial):
        for _ in range(2):
            through(ca).revoke(Revocation(serial, clock.utcnow(), "keyCompromise"), tuple)
        assert list(ca.revoked) == [serial]
        path, asked = ca.asked[1]
        key_id = ca.ca.issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
        assert (path, asked) == (REVOKE, {"serial": str(serial), "authority_key_id": key_id, "reason": "keyCompromise"})

    def test_what_is_safe_is_asked_for_again(self, ca, serial):
        for act in (resets, cuts, errs(500, 11000, "database is locked")):
            ca.revoked.clear()
            ca.plan(REVOKE, act, usual)
            through(ca).revoke(Revocation(serial, clock.utcnow()), tuple)
            assert list(ca.revoked) == [serial]

    def test_nothing_but_its_yes_is_believed(self, ca, serial):
        """A web server that answers everything with 200 has revoked nobody."""
        ca.plan(REVOKE, says(200, '{"status": "ok"}'))
        assert isinstance(failure(lambda: through(ca).revoke(Revocation(serial, clock.utcnow()), tuple)), AnswerLost)

    def test_one_that_the_ca_does_not_know(self, ca, serial):
        error = failure(lambda: through(ca).revoke(Revocation(5, clock.utcnow()), tuple))
        assert isinstance(error, cfssl_talk.UnknownThere)
        assert "Nothing was revoked there." in error.sentence

    def test_one_of_the_ca_before(self, ca, serial):
        """It is revoked under the key of the CA that issued it."""
        before, ca.ca = ca.ca, CA("Next")
        (ca.public / "next.pem").write_text(pem(ca.ca.issuing))
        (ca.public / "before.pem").write_text(pem(before.issuing))
        ca.plan(REVOKE, errs(400, 11200, "certificate not found"), says(200, '{"success": true, "result": {}}'))
        through(ca).revoke(Revocation(serial, clock.utcnow()), tuple)
        ids = [asked["authority_key_id"] for path, asked in ca.asked if path == REVOKE]
        assert ids == [
            each.issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex() for each in (ca.ca, before)
        ]

    def test_a_reason_that_is_none(self, ca, serial):
        with pytest.raises(PKIError, match="no reason"):
            through(ca).revoke(Revocation(serial, clock.utcnow(), "key_compromise"), tuple)
        assert ca.asked == []


class TestPublish:
    def test_what_the_ca_missed_is_revoked_there_first(self, ca, caplog):
        authority = through(ca)
        listed, missed, old = (authority.sign(REQUEST, "Kettu").serial for _ in range(3))
        authority.revoke(Revocation(listed, clock.utcnow()), tuple)
        ca.asked.clear()
        now = clock.utcnow()
        recorded = [Revocation(serial, now, "superseded", now + dt.timedelta(days=1)) for serial in (listed, missed, 77)]
        recorded.append(Revocation(old, now, "superseded", now - dt.timedelta(days=1)))
        with caplog.at_level(logging.WARNING):
            authority.publish_crl(lambda: recorded)
        assert next(int(asked["serial"]) for path, asked in ca.asked if path == REVOKE) == missed
        assert set(ca.revoked) == {listed, missed}
        assert ca.paths()[-2:] == [REFRESH, DUMP]
        assert "serial 4d" in caplog.text

    def test_a_list_that_others_signed_hides_nothing(self, ca):
        authority = through(ca)
        serial = authority.sign(REQUEST, "Kettu").serial
        real, ca.ca = ca.ca, CA()
        ca.revoked[serial] = Revocation(serial, clock.utcnow())
        forged = pem(ca.crl())
        ca.ca, ca.revoked = real, {}
        ca.plan(CRL, says(200, forged), usual)
        authority.publish_crl(lambda: [Revocation(serial, clock.utcnow())])
        assert list(ca.revoked) == [serial]

    @pytest.mark.parametrize(("refusal", "raised"), [(errs(400, 1234, "no"), None), (says(500, "no"), AuthorityUnavailable)])
    def test_one_that_the_ca_refuses_keeps_no_other_good(self, ca, refusal, raised):
        refused, other = (through(ca).sign(REQUEST, "Kettu").serial for _ in range(2))
        ca.plan(REVOKE, refusal, usual)
        ca.asked.clear()

        def publish() -> None:
            through(ca).publish_crl(lambda: [Revocation(serial, clock.utcnow()) for serial in (refused, other)])

        if raised is None:
            publish()
        else:
            assert isinstance(failure(publish), raised)
        assert list(ca.revoked) == [other]
        assert ca.paths()[-2:] == [REFRESH, DUMP]

    @pytest.mark.parametrize("step", [CRL, REFRESH, DUMP, REVOKE])
    def test_a_step_that_fails_is_told(self, ca, step):
        serial = through(ca).sign(REQUEST, "Kettu").serial
        ca.plan(step, says(500, "no"))
        error = failure(lambda: through(ca).publish_crl(lambda: [Revocation(serial, clock.utcnow())]))
        assert isinstance(error, AuthorityUnavailable)
        ca.plan(step, usual)
        through(ca).publish_crl(lambda: [Revocation(serial, clock.utcnow())])
        assert list(ca.revoked) == [serial]

    def test_without_ocsprest_nobody_publishes(self, ca):
        serial = through(ca).sign(REQUEST, "Kettu").serial
        ca.asked.clear()
        authority = through(ca, ocsprest=False)
        authority.publish_crl(lambda: [Revocation(serial, clock.utcnow())])
        assert ca.paths() == []
        assert not authority.lists  # each is told of by itself
        assert "RM_OCSPREST_HOST" in failure(through(ca, ocsprest=False).crl).sentence


def test_what_it_says_of_itself(ca):
    authority = through(ca)
    assert authority.describe() == f"CFSSL at http://127.0.0.1:{ca.port}, CN=Deployment issuing"
    assert authority.ca_chain() == pem(ca.ca.issuing, ca.ca.root).encode()
    assert x509.load_pem_x509_crl(authority.crl()).issuer == ca.ca.issuing.subject
    ca.plan(CRL, says(200, "nothing"))
    assert "no answer" in failure(authority.crl).sentence


def test_the_files_of_people_name_their_own_cas(ca):
    """What web servers are believed by may lie beside it, and issues no people."""
    stranger = CA("Web")
    (ca.public / "web.pem").write_text(pem(stranger.root))
    (ca.public / "ca_chain.pem").write_text(pem(ca.ca.issuing, ca.ca.root))
    error = sign_failure(ca, ca.signs(lambda key: [stranger.leaf(key, "Kettu"), stranger.issuing]))
    assert "none that LOCAL_CA_CERTS_PATH holds" in error.sentence
