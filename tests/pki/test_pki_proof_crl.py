"""Who is revoked, as the issuer's own CRL tells; a CRL that is not to be believed is none."""

from __future__ import annotations

import datetime as dt

import pytest
from authorities import NOW
from credentials import DAY, Tree, ca_extensions, new_key, pem, tree
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from rmtui.pki import certificates
from rmtui.pki.interface import CredentialError, Revocation
from rmtui.pki.proof import verify_chain

RENEW = "Renew it with “rmtui crl” and try again."


@pytest.fixture(scope="module")
def ours() -> Tree:
    return tree()


@pytest.fixture(scope="module")
def leaf(ours: Tree) -> x509.Certificate:
    return ours.leaf(new_key())


def refusal(leaf: x509.Certificate, trusted: bytes, crl: bytes, now: dt.datetime = NOW) -> str:
    with pytest.raises(CredentialError) as caught:
        verify_chain(pem(leaf), trusted, crl, now)
    return caught.value.sentence


def odd_crl(ours: Tree, *extensions: tuple[x509.ExtensionType, bool], until: dt.datetime = NOW + DAY) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(ours.issuing.subject).last_update(NOW - DAY).next_update(until)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    return pem(builder.sign(ours.issuing_key, hashes.SHA256()))  # type: ignore[arg-type]


@pytest.mark.parametrize(("reason", "word"), [("keyCompromise", "keyCompromise"), ("unspecified", "unspecified")])
def test_who_is_revoked_is_refused_since_when_and_why(ours: Tree, leaf: x509.Certificate, reason: str, word: str) -> None:
    crl = ours.crl([Revocation(leaf.serial_number, NOW - dt.timedelta(hours=2), reason), Revocation(7, NOW)])
    for trusted in (ours.trusted, pem(ours.issuing)):
        assert refusal(leaf, trusted, crl) == (
            f"The certificate of “KARHU1” was revoked on 2030-06-01 10:00:00Z ({word}). Use the one that took its place, or ask an admin."
        )
    verify_chain(pem(ours.leaf(new_key())), ours.trusted, crl, NOW)


def test_a_revocation_counts_in_a_crl_that_ran_out_too(ours: Tree, leaf: x509.Certificate) -> None:
    crl = ours.crl([Revocation(leaf.serial_number, NOW - 90 * DAY)], at=NOW - 90 * DAY)
    assert "was revoked on" in refusal(leaf, ours.trusted, crl)


def test_a_crl_that_ran_out_refuses_all(ours: Tree, leaf: x509.Certificate) -> None:
    said = refusal(leaf, ours.trusted, ours.crl(at=NOW - 61 * DAY))
    assert said == (
        "The CRL of “Testers issuing CA” ran out on 2030-05-31 12:00:00Z, so nobody knows whether “KARHU1” is revoked. " + RENEW
    )


def test_the_newest_of_several_counts(ours: Tree, leaf: x509.Certificate) -> None:
    old, new = ours.crl(at=NOW - 61 * DAY), ours.crl([Revocation(leaf.serial_number, NOW)], at=NOW)
    for bundle in (old + new, new + old):
        assert "was revoked on" in refusal(leaf, ours.trusted, bundle)
        verify_chain(pem(ours.leaf(new_key())), ours.trusted, bundle, NOW)


def test_another_cas_crl_is_not_believed(ours: Tree, leaf: x509.Certificate) -> None:
    words = "The CRL is not signed by “Testers issuing CA” and not believed, so nobody knows whether “KARHU1” is revoked. " + RENEW
    for crl in (tree("Others").crl(), tree().crl(), ours.root_crl(), ours.root_crl() + tree().crl()):
        assert refusal(leaf, ours.trusted, crl) == words
    verify_chain(pem(leaf), ours.trusted, tree().crl() + ours.crl(), NOW)


def test_a_crl_that_was_altered_is_not_believed(ours: Tree, leaf: x509.Certificate) -> None:
    from base64 import b64decode, encodebytes

    crl = ours.crl([Revocation(leaf.serial_number, NOW)])
    der = b64decode(b"".join(crl.split(b"\n")[1:-2]))
    serial = leaf.serial_number.to_bytes((leaf.serial_number.bit_length() + 7) // 8, "big")
    assert serial in der
    altered = der.replace(serial, serial[:-1] + bytes([serial[-1] ^ 1]))
    forged = b"-----BEGIN X509 CRL-----\n" + encodebytes(altered) + b"-----END X509 CRL-----\n"
    assert "is not signed by" in refusal(leaf, ours.trusted, forged)


def test_a_part_of_a_crl_and_an_addition_to_one_are_not_believed(ours: Tree, leaf: x509.Certificate) -> None:
    verify_chain(pem(leaf), ours.trusted, odd_crl(ours, (x509.CRLNumber(1), False)), NOW)
    for extension in (
        x509.DeltaCRLIndicator(1),
        x509.IssuingDistributionPoint(None, None, False, True, None, False, False),
    ):
        assert "and not believed" in refusal(leaf, ours.trusted, odd_crl(ours, (extension, True)))


def test_a_ca_that_may_not_sign_crls_is_not_believed(ours: Tree, leaf: x509.Certificate) -> None:
    usage = x509.KeyUsage(False, False, False, False, False, True, False, False, False)
    odd = ours.with_issuing(ca_extensions()[0], (usage, True))
    assert "and not believed" in refusal(leaf, odd.trusted, ours.crl())


def test_the_roots_crl_counts_for_the_issuing_ca_where_there_is_one(ours: Tree, leaf: x509.Certificate) -> None:
    revoked = ours.root_crl([Revocation(ours.issuing.serial_number, NOW, "cessationOfOperation")])
    assert "The certificate of “Testers issuing CA” was revoked on 2030-06-01 12:00:00Z (cessationOfOperation)" in refusal(
        leaf, ours.trusted, ours.crl() + revoked
    )
    stale = ours.root_crl(at=NOW - 61 * DAY)
    assert "The CRL of “Testers root CA” ran out on" in refusal(leaf, ours.trusted, ours.crl() + stale)
    assert "is not signed by “Testers root CA”" in refusal(leaf, ours.trusted, ours.crl() + tree().root_crl())
    verify_chain(pem(leaf), pem(ours.issuing), ours.crl() + revoked, NOW)


def test_a_damaged_crl_refuses_all(ours: Tree, leaf: x509.Certificate) -> None:
    crl, root = ours.crl(), ours.root_crl()
    for damaged in (
        b"",
        b"garbage",
        crl[:80] + crl[84:],
        crl + root[:-30],
        crl + b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
    ):
        assert "The deployment's CRL is damaged, so nobody knows who is revoked." in refusal(leaf, ours.trusted, damaged)


def test_the_number_of_revocations_does_not_matter(ours: Tree, leaf: x509.Certificate) -> None:
    many = [Revocation(each, NOW) for each in range(1, 2000)]
    verify_chain(pem(leaf), ours.trusted, pem(certificates.crl(ours.issuing, ours.issuing_key, many, number=2, now=NOW)), NOW)
