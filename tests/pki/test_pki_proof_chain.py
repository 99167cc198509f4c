"""A certificate is believed when this deployment's CA issued it, for a client, and its time is now. Each refusal has its sentence."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from authorities import NOW, Run
from credentials import DAY, Tree, ca_extensions, certificate, new_key, pem, rsa_key, tree
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from rmtui.pki import certificates, csr, keys
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import CredentialError, PKIError, Revocation
from rmtui.pki.proof import verify_chain

CLIENT = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
STRANGE = (x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)


@pytest.fixture(scope="module")
def ours() -> Tree:
    return tree()


def refusal(leaf: x509.Certificate, trusted: bytes, crl: bytes | None = None, now: dt.datetime = NOW) -> str:
    with pytest.raises(CredentialError) as caught:
        verify_chain(pem(leaf), trusted, crl, now)
    assert caught.value.title == "Not proven"
    assert isinstance(caught.value, PKIError)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.sentence


@pytest.mark.parametrize("key", [new_key(), rsa_key()], ids=["ec", "rsa"])
def test_what_this_deployment_issued_is_believed(ours: Tree, key: object) -> None:
    leaf = pem(ours.leaf(key))
    for trusted in (ours.trusted, pem(ours.root, ours.issuing), pem(ours.issuing), ours.trusted + pem(tree("Others").root)):
        for crl in (None, ours.crl(), ours.crl() + ours.root_crl(), ours.root_crl() + ours.crl()):
            verify_chain(leaf, trusted, crl, NOW)
    verify_chain(leaf + pem(ours.issuing), ours.trusted, None, NOW)


def test_what_the_embedded_authority_made_is_believed_until_it_is_revoked(now: dt.datetime, authority: EmbeddedAuthority) -> None:
    signed = authority.sign(csr.build_csr(new_key(), "KARHU1"), "KARHU1")
    verify_chain(signed.certificate, authority.ca_chain(), authority.crl(), now)
    authority.revoke(Revocation(signed.serial, now, "superseded"), list)
    said = refusal(x509.load_pem_x509_certificate(signed.certificate), authority.ca_chain(), authority.crl())
    assert "“KARHU1” was revoked on 2030-06-01 12:00:00Z (superseded)" in said


def test_another_ca_is_not_this_deployments(ours: Tree) -> None:
    other = tree("Others")
    said = refusal(other.leaf(new_key()), ours.trusted)
    assert "was not issued by this deployment's CA, but by another, CN=Others issuing CA" in said
    assert "by another" in refusal(other.leaf(new_key()), pem(ours.issuing))
    alone = new_key()
    own = certificate(alone, certificates.common_name("KARHU1"), certificates.common_name("KARHU1"), alone, CLIENT)
    assert "by another, CN=KARHU1" in refusal(own, ours.trusted)
    assert "by another" in refusal(ours.root, ours.trusted)


def test_a_ca_of_the_same_name_with_another_key_is_not_this_deployments(ours: Tree) -> None:
    twin = tree()
    for trusted in (ours.trusted, pem(ours.issuing)):
        assert "with another key under the same name, CN=Testers issuing CA" in refusal(twin.leaf(new_key()), trusted)
    said = refusal(ours.leaf(new_key()), pem(ours.issuing, twin.root))
    assert "“Testers issuing CA” above it names CN=Testers root CA as its issuer, whose key did not sign it" in said


def test_nobody_brings_their_own_ca(ours: Tree) -> None:
    """Intermediates are those of the deployment; a person's certificate issues nothing, whatever stands in the file."""
    key, below = new_key(), new_key()
    person = ours.leaf(key)
    forged = certificate(below, certificates.common_name("BOSS"), person.subject, key, CLIENT)
    with pytest.raises(CredentialError, match="by another, CN=KARHU1"):
        verify_chain(pem(forged, person), ours.trusted, None, NOW)
    assert "“KARHU1” above it is no CA" in refusal(forged, ours.trusted + pem(person))


@pytest.mark.parametrize(
    ("extensions", "words"),
    [
        ([], "is no CA"),
        ([(x509.BasicConstraints(ca=False, path_length=None), True)], "is no CA"),
        ([ca_extensions()[0], (certificates.key_usage(ca=False), True)], "may not sign certificates"),
        ([*ca_extensions(), (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)], "may not issue certificates for clients"),
        ([*ca_extensions(), STRANGE], "demands something that is not known here (1.2.3.4)"),
    ],
)
def test_a_ca_that_is_none_issues_nothing(ours: Tree, extensions: list[tuple[x509.ExtensionType, bool]], words: str) -> None:
    odd = ours.with_issuing(*extensions)
    for trusted in (odd.trusted, pem(odd.issuing)):
        assert f"“Testers issuing CA” above it {words}" in refusal(ours.leaf(new_key()), trusted)


def test_a_chain_that_is_longer_than_its_root_allows_is_refused(ours: Tree) -> None:
    odd, key = ours.with_issuing(*ca_extensions()), new_key()
    second = certificate(key, certificates.common_name("Second"), odd.issuing.subject, odd.issuing_key, *ca_extensions())
    leaf = certificate(new_key(), certificates.common_name("KARHU1"), second.subject, key, CLIENT)
    assert "“Testers root CA” above it may not have that many CAs below it" in refusal(leaf, odd.trusted + pem(second))
    verify_chain(pem(leaf), pem(odd.issuing, second), None, NOW)


def test_a_ca_has_its_time_too(ours: Tree) -> None:
    old = ours.with_issuing(*ca_extensions(0), start=NOW - 9 * DAY, end=NOW - DAY)
    assert "The CA certificate “Testers issuing CA” ran out on 2030-05-31 12:00:00Z" in refusal(ours.leaf(new_key()), old.trusted)
    early = ours.with_issuing(*ca_extensions(0), start=NOW + DAY)
    assert "The CA certificate “Testers issuing CA” is not valid before 2030-06-02" in refusal(ours.leaf(new_key()), pem(early.issuing))
    renewed = pem(old.issuing, ours.issuing, ours.root)
    verify_chain(pem(ours.leaf(new_key())), renewed, ours.crl(), NOW)
    aged = tree("Aged", at=NOW - 8000 * DAY)
    young = aged.with_issuing(*ca_extensions(0))
    assert "The CA certificate “Aged root CA” ran out on" in refusal(young.odd_leaf(CLIENT), young.trusted)


def test_a_root_that_was_renewed_with_its_key_stands_beside_the_old_one(ours: Tree) -> None:
    renewed = certificates.root_certificate(ours.root_key, "Testers root CA", NOW)
    verify_chain(pem(ours.leaf(new_key())), ours.trusted + pem(renewed), ours.crl() + ours.root_crl(), NOW)


def test_a_certificate_has_its_time(ours: Tree) -> None:
    leaf = ours.leaf(new_key(), days=1)
    verify_chain(pem(leaf), ours.trusted, None, NOW + DAY)
    said = refusal(leaf, ours.trusted, now=NOW + 2 * DAY)
    assert said == "The certificate of “KARHU1” ran out on 2030-06-02 12:00:00Z, and proves nothing since. Have a new one issued."
    early = ours.leaf(new_key(), at=NOW + DAY)
    said = refusal(early, ours.trusted)
    assert "is not valid before 2030-06-02 11:55:00Z, and by this host's clock it is 2030-06-01 12:00:00Z. Check the clock" in said


@pytest.mark.parametrize(
    ("extensions", "words"),
    [
        ([(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)], "leave out clientAuth"),
        ([(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), False)], "leave out clientAuth"),
        (
            [CLIENT, (x509.KeyUsage(False, False, True, False, False, False, False, False, False), True)],
            "keyUsage without digitalSignature",
        ),
        ([CLIENT, (x509.BasicConstraints(ca=True, path_length=None), True)], "it is a CA's"),
        ([CLIENT, (certificates.key_usage(ca=True), True)], "it is a CA's"),
        ([CLIENT, STRANGE], "demands something that is not known here (1.2.3.4)"),
    ],
)
def test_a_certificate_for_another_purpose_is_refused(ours: Tree, extensions: list[tuple[x509.ExtensionType, bool]], words: str) -> None:
    said = refusal(ours.odd_leaf(*extensions), ours.trusted)
    assert "is not a client's: " in said
    assert words in said
    assert "it is a CA's" in refusal(ours.issuing, pem(ours.root))


def test_a_plain_certificate_without_extensions_is_a_clients(ours: Tree) -> None:
    verify_chain(pem(ours.odd_leaf()), ours.trusted, ours.crl(), NOW)


def test_a_broken_hash_proves_nothing(ours: Tree, tmp_path: Path, openssl: Run) -> None:
    (tmp_path / "a.csr").write_bytes(csr.build_csr(new_key(), "KARHU1"))
    (tmp_path / "ca.pem").write_bytes(pem(ours.issuing))
    (tmp_path / "ca.key").write_bytes(keys.private_pem(ours.issuing_key))
    made = openssl("x509", "-req", "-sha1", "-in", tmp_path / "a.csr", "-CA", tmp_path / "ca.pem", "-CAkey", tmp_path / "ca.key")
    if made is None or made.returncode:
        pytest.skip("openssl, which signs with SHA-1 where the library does not, is not there or refuses to")
    now = dt.datetime.now(dt.UTC)
    with pytest.raises(CredentialError, match="signed by way of a hash that is broken"):
        verify_chain(made.stdout, ours.trusted, None, now)


def test_foreign_text_in_a_sentence_is_harmless(ours: Tree) -> None:
    said = refusal(ours.leaf(new_key(), "\x1b[2Jevil\u202e"), ours.trusted, now=NOW + 99 * DAY)
    assert "\\x1b[2Jevil\\u202e" in said
    assert said.isprintable()


def test_what_cannot_be_read_is_a_sentence(ours: Tree) -> None:
    leaf = pem(ours.leaf(new_key()))
    for damaged in (b"", b"garbage", leaf[:200], leaf[:200] + leaf[240:]):
        with pytest.raises(CredentialError, match="The certificate is damaged, or is none"):
            verify_chain(damaged, ours.trusted, None, NOW)
    for damaged in (b"", b"garbage", ours.trusted[:-60], ours.trusted[:300] + ours.trusted[340:]):
        with pytest.raises(CredentialError, match=r"CA certificates \(ca_chain.pem\) are damaged"):
            verify_chain(leaf, damaged, None, NOW)
