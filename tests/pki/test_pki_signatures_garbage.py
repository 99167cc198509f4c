"""No bytes, whatever their length, are a signature unless the key made them; other tools make and read the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from authorities import Run
from credentials import certificate, new_key, pem, rsa_key, tree
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from rmtui.pki import certificates, keys, signatures
from rmtui.pki.interface import CredentialError
from rmtui.pki.signatures import Verifier

DATA = b"what was done, and by whom"
OURS = tree()
EC, RSA = new_key(), rsa_key()
VERIFIERS = {"ec": Verifier(pem(OURS.leaf(EC))), "rsa": Verifier(pem(OURS.leaf(RSA)))}
TRUE = {"ec": EC.sign(DATA, ec.ECDSA(signatures.HASH)), "rsa": RSA.sign(DATA, padding.PKCS1v15(), signatures.HASH)}
KINDS = pytest.mark.parametrize("kind", ["ec", "rsa"])


class Public:
    """A public key whose private one nobody has; what makes certificates asks for no more."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def public_key(self) -> Any:
        return self._key


def named_(subject: x509.Name) -> bytes:
    return pem(certificate(new_key(), subject, OURS.issuing.subject, OURS.issuing_key))


@KINDS
def test_every_byte_of_a_signature_counts(kind: str) -> None:
    verifier, true = VERIFIERS[kind], TRUE[kind]
    assert verifier.verify(DATA, true)
    for at in range(len(true)):
        for flip in (1, 0x80):
            assert not verifier.verify(DATA, true[:at] + bytes([true[at] ^ flip]) + true[at + 1 :])
        assert not verifier.verify(DATA, true[:at])
    for longer in (true + b"\x00", b"\x00" + true, true + true):
        assert not verifier.verify(DATA, longer)


@KINDS
@pytest.mark.parametrize("length", [0, 1, 2, 8, 63, 64, 70, 71, 72, 73, 127, 128, 255, 256, 257, 512, 4096, 1 << 20])
def test_garbage_of_any_length_is_false(kind: str, length: int) -> None:
    for byte in (b"\x00", b"\x01", b"\x30", b"\x7f", b"\x80", b"\xff"):
        assert not VERIFIERS[kind].verify(DATA, byte * length)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["ec", "rsa"]), st.binary(max_size=600), st.binary(max_size=64))
def test_arbitrary_bytes_are_false(kind: str, noise: bytes, data: bytes) -> None:
    assert not VERIFIERS[kind].verify(data, noise)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_a_signature_is_of_the_bytes_and_of_no_others(data: bytes) -> None:
    signature = EC.sign(data, ec.ECDSA(signatures.HASH))
    assert VERIFIERS["ec"].verify(data, signature)
    assert not VERIFIERS["ec"].verify(data + b"\x00", signature)
    assert not VERIFIERS["rsa"].verify(data, signature)


def test_numbers_that_are_no_ecdsa_signature_are_false() -> None:
    r, s = decode_dss_signature(TRUE["ec"])
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for numbers in ((0, 0), (0, s), (r, 0), (order, s), (r, order), (r + order, s), (r, s + order), (1 << 4000, s)):
        assert not VERIFIERS["ec"].verify(DATA, encode_dss_signature(*numbers))
    assert not VERIFIERS["ec"].verify(DATA, b"\x30\x06\x02\x01\xff\x02\x01\x01")


def test_other_schemes_of_the_same_key_are_false() -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    assert not VERIFIERS["rsa"].verify(DATA, RSA.sign(DATA, pss, hashes.SHA256()))
    assert not VERIFIERS["rsa"].verify(DATA, RSA.sign(DATA, padding.PKCS1v15(), hashes.SHA512()))
    assert not VERIFIERS["ec"].verify(DATA, EC.sign(DATA, ec.ECDSA(hashes.SHA512())))


@pytest.mark.parametrize(
    ("exponent", "modulus"),
    [(65537, 1 << 2047), (65537, (1 << 2048) - 2), (3, (1 << 2048) - 1), ((1 << 2000) + 1, (1 << 2048) - 1), (65537, (1 << 16400) + 1)],
    ids=["power", "even", "three", "huge-exponent", "huge-modulus"],
)
def test_a_key_that_nobody_could_have_made_verifies_nothing(exponent: int, modulus: int) -> None:
    """A certificate of the trail may have been written by whoever could write to the database."""
    key = Public(rsa.RSAPublicNumbers(exponent, modulus).public_key())
    verifier = Verifier(pem(certificate(key, certificates.common_name("KARHU1"), OURS.issuing.subject, OURS.issuing_key)))
    for signature in (b"", b"\x00" * 256, b"\x01" * 256, b"\xff" * 256, b"\x01" * 2050):
        assert not verifier.verify(DATA, signature)


@KINDS
def test_what_openssl_signed_is_verified(tmp_path: Path, openssl: Run, kind: str) -> None:
    (tmp_path / "key").write_bytes(keys.private_pem(EC if kind == "ec" else RSA))
    (tmp_path / "data").write_bytes(DATA)
    seen = openssl("dgst", "-sha256", "-sign", tmp_path / "key", "-out", tmp_path / "sig", tmp_path / "data")
    if seen is None:
        pytest.skip("the openssl command is not installed")
    assert seen.returncode == 0, seen
    signature = (tmp_path / "sig").read_bytes()
    assert VERIFIERS[kind].verify(DATA, signature)
    assert not VERIFIERS[kind].verify(DATA + b"\n", signature)


def test_an_empty_cn_names_nobody() -> None:
    with pytest.warns(UserWarning, match="length"):
        empty = x509.NameAttribute(NameOID.COMMON_NAME, "", _validate=False)  # the library refuses to make what others make
    with pytest.raises(CredentialError, match=r"The certificate names nobody: the CN .* is empty"):
        Verifier(named_(x509.Name([empty])))
    callsign = x509.NameAttribute(NameOID.COMMON_NAME, "KARHU1")
    with pytest.raises(CredentialError, match="has 2 CNs"):
        Verifier(named_(x509.Name([callsign, empty])))
    with pytest.raises(CredentialError, match="has 2 CNs"):
        Verifier(named_(x509.Name([x509.RelativeDistinguishedName([callsign, empty])])))
    with pytest.raises(CredentialError, match="has 0 CNs"):
        Verifier(named_(x509.Name([])))


@pytest.mark.parametrize("curve", [ec.SECP192R1, ec.SECP224R1, ec.SECP256K1, ec.BrainpoolP256R1], ids=lambda each: each.name)
def test_other_curves_verify_nothing(curve: type[ec.EllipticCurve]) -> None:
    try:
        key = ec.generate_private_key(curve())
    except UnsupportedAlgorithm:
        pytest.skip("this build of the library does not know the curve")
    leaf = certificate(key, certificates.common_name("KARHU1"), OURS.issuing.subject, OURS.issuing_key)
    with pytest.raises(CredentialError, match="is of an unknown kind"):
        Verifier(pem(leaf))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_arbitrary_certificates_are_a_sentence(noise: bytes, armoured: bool) -> None:
    from base64 import b64encode

    odd = b"-----BEGIN CERTIFICATE-----\n" + b64encode(noise) + b"\n-----END CERTIFICATE-----\n" if armoured else noise
    for act in (
        Verifier,
        signatures.fingerprint_of,
        signatures.subject_name,
        signatures.validity,
        lambda each: signatures.issued_by(each, OURS.trusted),
        VERIFIERS["ec"].issued_by,
    ):
        with pytest.raises(CredentialError):
            act(odd)
