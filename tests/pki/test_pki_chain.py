"""What the one judge of people's certificates refuses, tried with bundles and CRLs as attackers and accidents make them."""

from __future__ import annotations

import datetime as dt
from base64 import b64encode

import pytest
from authorities import NOW
from credentials import DAY, Tree, ca_extensions, certificate, new_key, pem, tree
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from hypothesis import given, settings
from hypothesis import strategies as st

from rmtui.auth import proving
from rmtui.pki import certificates, chain, proof
from rmtui.pki.chain import verify_chain
from rmtui.pki.interface import REASONS, CredentialError, Revocation

CLIENT = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
OURS = tree()
"""Made once also for the properties, which take no fixtures."""
LEAF = OURS.leaf(new_key())
CRL = OURS.crl() + OURS.root_crl()


def refusal(certificate_pem: bytes, trusted: bytes, crl: bytes | None, now: dt.datetime = NOW) -> str:
    with pytest.raises(CredentialError) as caught:
        verify_chain(certificate_pem, trusted, crl, now)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert caught.value.sentence.isprintable()
    return caught.value.sentence


def armour(der: bytes, label: str) -> bytes:
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label.encode(), b64encode(der), label.encode())


def crl_of(
    owner: x509.Certificate, key: object, *serials: int, number: int = 1, at: dt.datetime = NOW, until: dt.datetime | None = None
) -> bytes:
    """A CRL from ``at`` until a day after :data:`NOW`, or until ``until``."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(owner.subject).last_update(at).next_update(until or NOW + DAY)
    for serial in serials:
        builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build())
    return pem(builder.add_extension(x509.CRLNumber(number), False).sign(key, hashes.SHA256()))  # type: ignore[arg-type]


def test_there_is_one_judge() -> None:
    """A second, more lenient one would be the one that signing in asks."""
    assert proof.verify_chain is chain.verify_chain
    assert proving.by_certificate.__code__.co_names.count("verify_chain") > 0


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_a_revocation_is_told(reason: str) -> None:
    said = refusal(pem(LEAF), OURS.trusted, OURS.crl([Revocation(LEAF.serial_number, NOW, reason)]) + OURS.root_crl())
    assert f"“KARHU1” was revoked on 2030-06-01 12:00:00Z ({reason})" in said


def test_a_revoked_issuing_ca_takes_its_people_with_it() -> None:
    crl = OURS.crl() + OURS.root_crl([Revocation(OURS.issuing.serial_number, NOW, "superseded")])
    assert "The certificate of “Testers issuing CA” was revoked on" in refusal(pem(LEAF), OURS.trusted, crl)


def test_a_revoked_issuing_ca_that_was_renewed_under_its_name_does_not() -> None:
    old = OURS.with_issuing(*ca_extensions(0), end=NOW + 10 * DAY).issuing
    crl = OURS.crl() + OURS.root_crl([Revocation(old.serial_number, NOW, "superseded")])
    verify_chain(pem(LEAF), pem(old) + OURS.trusted, crl, NOW)


def test_without_a_crl_of_the_issuer_nobody_is_believed() -> None:
    twin = tree()
    for crl in (OURS.root_crl(), twin.crl(), tree("Others").crl() + OURS.root_crl(), crl_of(OURS.issuing, OURS.root_key)):
        assert "nobody knows whether “KARHU1” is revoked" in refusal(pem(LEAF), OURS.trusted, crl)


def test_a_crl_of_the_same_name_by_another_key_neither_revokes_nor_clears() -> None:
    twin = tree()
    revokes = crl_of(twin.issuing, twin.issuing_key, LEAF.serial_number, at=NOW)
    verify_chain(pem(LEAF), OURS.trusted, OURS.crl(at=NOW - DAY) + revokes, NOW)
    clears = crl_of(twin.issuing, twin.issuing_key, at=NOW)
    true = OURS.crl([Revocation(LEAF.serial_number, NOW - DAY)], at=NOW - DAY)
    for crl in (true + clears, clears + true):
        assert "was revoked on" in refusal(pem(LEAF), OURS.trusted, crl)


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_crl_wins_and_of_one_second_the_higher_number(order: int) -> None:
    serial = LEAF.serial_number
    empty, full = (crl_of(OURS.issuing, OURS.issuing_key, *who, number=at) for who, at in (((), 1), ((serial,), 2)))
    assert "was revoked on" in refusal(pem(LEAF), OURS.trusted, b"".join([empty, full][::order]))
    taken_back = crl_of(OURS.issuing, OURS.issuing_key, number=3)
    verify_chain(pem(LEAF), OURS.trusted, b"".join([taken_back, full, empty][::order]), NOW)
    old = crl_of(OURS.issuing, OURS.issuing_key, number=9, at=NOW - DAY)
    assert "was revoked on" in refusal(pem(LEAF), OURS.trusted, b"".join([old, full][::order]))


def test_a_crl_is_good_up_to_its_second() -> None:
    crl = crl_of(OURS.issuing, OURS.issuing_key, until=NOW + DAY)
    verify_chain(pem(LEAF), OURS.trusted, crl, NOW + DAY)
    assert "The CRL of “Testers issuing CA” ran out on 2030-06-02 12:00:00Z" in refusal(
        pem(LEAF), OURS.trusted, crl, NOW + DAY + dt.timedelta(seconds=1)
    )


def test_a_crl_that_was_cut_short_does_not_leave_an_older_one_in_charge() -> None:
    old, new = OURS.crl(at=NOW - DAY), OURS.crl([Revocation(LEAF.serial_number, NOW)])
    end = new.index(b"-----END")
    for cut in (20, 200, end, end + 8, len(new) - 2):
        for crl in (old + new[:cut], new[:cut] + old, new[:cut] + b"\n" + old):
            assert "CRL is damaged" in refusal(pem(LEAF), OURS.trusted, crl)


def test_a_crl_with_entries_that_cannot_be_read_still_revokes() -> None:
    odd = x509.UnrecognizedExtension(ExtensionOID.AUTHORITY_INFORMATION_ACCESS, b"\xff\xff")
    entry = (
        x509.RevokedCertificateBuilder().serial_number(LEAF.serial_number).revocation_date(NOW).add_extension(odd, critical=True).build()
    )
    builder = x509.CertificateRevocationListBuilder().issuer_name(OURS.issuing.subject).last_update(NOW).next_update(NOW + DAY)
    crl = pem(builder.add_revoked_certificate(entry).sign(OURS.issuing_key, hashes.SHA256()))  # type: ignore[arg-type]
    assert "was revoked on 2030-06-01 12:00:00Z (unspecified)" in refusal(pem(LEAF), OURS.trusted, crl)


def test_a_cas_certificate_is_nobodys_to_sign_in_with() -> None:
    for ca in (OURS.issuing, OURS.odd_leaf(CLIENT, *ca_extensions()), OURS.odd_leaf(CLIENT, ca_extensions()[1])):
        said = refusal(pem(ca), OURS.trusted, None)
        assert "it is a CA's" in said
    assert "was not issued by this deployment's CA" in refusal(pem(OURS.root), OURS.trusted, None)


def test_name_constraints_are_not_passed_over() -> None:
    constraints = x509.NameConstraints([x509.DNSName("karhu.example")], None)
    odd = OURS.with_issuing(*ca_extensions(0), (constraints, True))
    assert "demands something that is not known here (2.5.29.30)" in refusal(pem(LEAF), odd.trusted, CRL)


def test_a_lower_ca_that_its_upper_does_not_allow_issues_nothing() -> None:
    """The issuing CA may have no CA below it; one that it made all the same, also when it is trusted as a file, is none."""
    key = new_key()
    second = certificate(key, certificates.common_name("Second"), OURS.issuing.subject, OURS.issuing_key, *ca_extensions())
    leaf = certificate(new_key(), certificates.common_name("KARHU1"), second.subject, key, CLIENT)
    for trusted in (OURS.trusted + pem(second), pem(second, OURS.issuing)):
        assert "may not have that many CAs below it" in refusal(pem(leaf), trusted, None)
    assert "was not issued by this deployment's CA" in refusal(pem(leaf, second), OURS.trusted, None)


def test_only_the_first_certificate_is_judged() -> None:
    """Whoever prepends a stranger's certificate is that stranger."""
    stranger = tree("Others").leaf(new_key())
    assert "by another" in refusal(pem(stranger, LEAF), OURS.trusted, None)
    verify_chain(pem(LEAF, stranger), OURS.trusted, None, NOW)


def test_cas_that_issue_one_another_are_not_followed_for_ever() -> None:
    one, two, names = new_key(), new_key(), [certificates.common_name(each) for each in ("One", "Two")]
    by_two = certificate(one, names[0], names[1], two, *ca_extensions())
    by_one = certificate(two, names[1], names[0], one, *ca_extensions())
    leaf = certificate(new_key(), certificates.common_name("KARHU1"), names[0], one, CLIENT)
    verify_chain(pem(leaf), pem(by_two, by_one), None, NOW)
    assert "by another" in refusal(pem(leaf), OURS.trusted, None)


def test_a_root_and_its_renewal_do_not_go_round_in_circles() -> None:
    renewed = certificates.root_certificate(OURS.root_key, "Testers root CA", NOW)
    for trusted in (OURS.trusted + pem(renewed), pem(renewed) + OURS.trusted, pem(OURS.root, renewed, OURS.root) + OURS.trusted):
        verify_chain(pem(LEAF), trusted, CRL, NOW)


def test_times_are_good_up_to_their_second() -> None:
    second = dt.timedelta(seconds=1)
    for now in (LEAF.not_valid_before_utc, LEAF.not_valid_after_utc):
        verify_chain(pem(LEAF), OURS.trusted, None, now)
    assert "ran out on" in refusal(pem(LEAF), OURS.trusted, None, LEAF.not_valid_after_utc + second)
    assert "is not valid before" in refusal(pem(LEAF), OURS.trusted, None, LEAF.not_valid_before_utc - second)


def test_an_issuing_ca_that_ran_out_is_found_without_the_root_too() -> None:
    old: Tree = OURS.with_issuing(*ca_extensions(0), end=NOW - dt.timedelta(seconds=1))
    for trusted in (old.trusted, pem(old.issuing)):
        assert "The CA certificate “Testers issuing CA” ran out on" in refusal(pem(LEAF), trusted, CRL)


def test_an_extension_that_comes_twice_is_a_sentence() -> None:
    """The library raises an error of its own kind for it, which is no ValueError."""
    marks = [(x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.2.3.{at}"), b"\x05\x00"), False) for at in (4, 5)]

    def doubled(signed: x509.Certificate | x509.CertificateRevocationList) -> bytes:
        der = signed.public_bytes(Encoding.DER)
        assert b"\x06\x03\x2a\x03\x05" in der
        return der.replace(b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04")

    twice = armour(doubled(OURS.odd_leaf(CLIENT, *marks)), "CERTIFICATE")
    assert "The certificate is damaged" in refusal(twice, OURS.trusted, CRL)
    assert "(ca_chain.pem) are damaged" in refusal(pem(LEAF), OURS.trusted + twice, CRL)
    builder = x509.CertificateRevocationListBuilder().issuer_name(OURS.issuing.subject).last_update(NOW).next_update(NOW + DAY)
    for extension, _ in marks:
        builder = builder.add_extension(extension, False)
    crl = builder.sign(OURS.issuing_key, hashes.SHA256())  # type: ignore[arg-type]
    assert "CRL is damaged" in refusal(pem(LEAF), OURS.trusted, armour(doubled(crl), "X509 CRL"))


@pytest.mark.parametrize("trusted", [b"", b"\n", b"garbage", pem(LEAF)[:100], CRL], ids=["empty", "blank", "garbage", "cut", "crl"])
def test_a_bundle_without_a_ca_believes_nobody(trusted: bytes) -> None:
    assert "(ca_chain.pem) are damaged" in refusal(pem(LEAF), trusted, CRL)


def test_a_bundle_that_holds_the_person_believes_nobody() -> None:
    """A certificate vouches neither for itself nor, being no CA, for others."""
    key = new_key()
    name = certificates.common_name("KARHU1")
    own = certificate(key, name, name, key, CLIENT)
    assert "was not issued by this deployment's CA" in refusal(pem(own), pem(own), None)
    assert "was not issued by this deployment's CA" in refusal(pem(LEAF), pem(LEAF), None)


def judged(certificate_pem: bytes, trusted: bytes, crl: bytes | None) -> bool:
    """Whether a certificate is believed; whatever is given, nothing but a sentence comes of it."""
    try:
        verify_chain(certificate_pem, trusted, crl, NOW)
    except CredentialError:
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600), st.sampled_from(["CERTIFICATE", "X509 CRL", ""]), st.integers(0, 2))
def test_arbitrary_bytes_are_never_believed(noise: bytes, label: str, place: int) -> None:
    given_ = [pem(LEAF), OURS.trusted, CRL]
    given_[place] = armour(noise, label) if label else noise
    assert not judged(*given_)


def what_is_signed(read: x509.Certificate | x509.CertificateRevocationList) -> tuple[bytes, bytes]:
    """The signed part, and its signature."""
    crl = isinstance(read, x509.CertificateRevocationList)
    return read.tbs_certlist_bytes if crl else read.tbs_certificate_bytes, read.signature


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2), st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_one_wrong_byte_is_never_believed(place: int, at: int, flip: int, cut: bool) -> None:
    signed: list[x509.Certificate | x509.CertificateRevocationList] = [LEAF, OURS.issuing, x509.load_pem_x509_crl(OURS.crl())]
    der = bytearray(signed[place].public_bytes(Encoding.DER))
    der[at % len(der)] ^= flip
    if cut:
        del der[at % len(der)]
    odd = armour(bytes(der), "X509 CRL" if place == 2 else "CERTIFICATE")
    given_ = [pem(LEAF), OURS.trusted, CRL]
    given_[place] = [odd, odd + pem(OURS.root), odd][place]
    believed = judged(*given_)
    if believed and place != 1:  # such as the count of unused bits, which is not signed: what is signed, and the signature, are the same
        read = (x509.load_pem_x509_crl if place == 2 else x509.load_pem_x509_certificate)(odd)
        assert what_is_signed(read) == what_is_signed(signed[place])
        return
    assert not believed or place == 1  # what is in the bundle is trusted as it is there, when it names no other of it as its issuer
