"""Keys: made, written, read; nothing secret shows."""

from __future__ import annotations

import hashlib
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from rmtui.errors import ConfigurationError
from rmtui.pki import keys
from rmtui.pki.interface import PKIError, WrongPassphrase
from rmtui.settings import Secret


@pytest.mark.parametrize(
    ("key_type", "words"), [("rsa2048", "RSA 2048"), ("rsa3072", "RSA 3072"), ("rsa4096", "RSA 4096"), ("ec256", "EC P-256")]
)
def test_every_kind_of_key_is_made_and_described(key_type: str, words: str) -> None:
    key = keys.generate(key_type)
    assert keys.describe(key.public_key()) == words
    if isinstance(key, rsa.RSAPrivateKey):
        assert key.public_key().public_numbers().e == 65537


@pytest.mark.parametrize("key_type", ["rsa1024", "rsa", "", "ed25519", "RSA4096"])
def test_another_kind_is_a_matter_of_configuration(key_type: str) -> None:
    with pytest.raises(ConfigurationError, match="rsa4096, rsa3072, rsa2048, ec256"):
        keys.generate(key_type)


def test_a_key_is_written_and_read_with_and_without_a_passphrase(ec_key: ec.EllipticCurvePrivateKey, rsa_key: rsa.RSAPrivateKey) -> None:
    for key in (ec_key, rsa_key):
        assert keys.private_pem(key).startswith(b"-----BEGIN PRIVATE KEY-----\n")
        assert keys.load(keys.private_pem(key)).private_numbers() == key.private_numbers()
        passphrase = Secret("salasana ÅÄÖ")
        sealed = keys.private_pem(key, passphrase)
        assert sealed.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
        assert keys.load(sealed, passphrase).private_numbers() == key.private_numbers()
        assert load_pem_private_key(sealed, "salasana ÅÄÖ".encode())
        assert keys.public_pem(key.public_key()).startswith(b"-----BEGIN PUBLIC KEY-----\n")


def test_a_passphrase_of_the_environment_that_is_no_utf8_works(ec_key: ec.EllipticCurvePrivateKey) -> None:
    passphrase = Secret(b"\xe5salasana".decode("utf-8", "surrogateescape"))
    assert keys.load(keys.private_pem(ec_key, passphrase), passphrase)


def test_wrong_missing_and_needless_passphrases_have_their_sentences(ec_key: ec.EllipticCurvePrivateKey) -> None:
    sealed = keys.private_pem(ec_key, Secret("right"))
    with pytest.raises(WrongPassphrase, match="The key does not open with the passphrase") as caught:
        keys.load(sealed, Secret("wrong"), what="The key")
    assert isinstance(caught.value, ConfigurationError)
    assert caught.value.exit_code == 2
    with pytest.raises(WrongPassphrase, match="no passphrase is configured"):
        keys.load(sealed)
    with pytest.raises(WrongPassphrase, match="is not encrypted"):
        keys.load(keys.private_pem(ec_key), Secret("needless"))
    with pytest.raises(ConfigurationError, match="longer than 1023 bytes"):
        keys.private_pem(ec_key, Secret("x" * 1024))


@pytest.mark.parametrize("passphrase", [Secret(), Secret("word")])
@pytest.mark.parametrize("pem", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key_is_a_sentence(pem: bytes, passphrase: Secret) -> None:
    with pytest.raises(PKIError, match="damaged or of an unknown form"):
        keys.load(pem, passphrase)


def test_a_key_of_another_kind_is_a_sentence() -> None:
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(PKIError, match="neither RSA nor EC"):
        keys.load(pem)


def test_the_older_form_of_an_encrypted_key_is_read(rsa_key: rsa.RSAPrivateKey) -> None:
    pem = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"word"))
    assert keys.load(pem, Secret("word"))
    with pytest.raises(WrongPassphrase):
        keys.load(pem, Secret("other"))


def test_the_fingerprint_is_the_spkis(ec_key: ec.EllipticCurvePrivateKey) -> None:
    spki = ec_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert keys.spki_fingerprint(ec_key.public_key()) == hashlib.sha256(spki).hexdigest()


def test_other_keys_are_described_by_their_kind() -> None:
    assert keys.describe(ed25519.Ed25519PrivateKey.generate().public_key()) == "Ed25519"
    assert keys.describe(ec.generate_private_key(ec.SECP384R1()).public_key()) == "EC P-384"
    assert keys.describe(ec.generate_private_key(ec.SECP256K1()).public_key()) == "EC secp256k1"


def test_private_bytes_show_nowhere(ec_key: ec.EllipticCurvePrivateKey) -> None:
    pem = keys.private_pem(ec_key)
    secret = bytes(pem).splitlines()[1].decode()[:20]
    for shown in (repr(pem), str(pem), f"{pem}", f"{pem!r}", repr(pem[:80]), repr({"key": pem}), repr(memoryview(pem))):
        assert secret not in shown
        assert "PRIVATE KEY" not in shown
    assert pem[0] == ord("-")
    assert pem == bytes(pem)


def test_a_traceback_that_shows_variables_shows_no_passphrase_and_no_key(ec_key: ec.EllipticCurvePrivateKey) -> None:
    passphrase = Secret("correct horse battery")
    sealed = keys.private_pem(ec_key, passphrase)
    for wrong in (Secret("wrong horse battery"), Secret()):
        try:
            keys.load(sealed, wrong)
        except WrongPassphrase as error:
            shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert "horse" not in shown
        assert bytes(sealed).splitlines()[2].decode() not in shown
