"""What was signed is verified years later: by the certificate alone, whatever the time."""

from __future__ import annotations

from pathlib import Path

import pytest
from authorities import NOW, Run
from credentials import DAY, Tree, certificate, new_key, pem, rsa_key, tree
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from rmtui.pki import certificates, keys, signatures
from rmtui.pki.interface import CredentialError, PKIError
from rmtui.pki.proof import load_credential
from rmtui.pki.signatures import Verifier

DATA = b"what was done, and by whom"


@pytest.fixture(scope="module")
def ours() -> Tree:
    return tree()


def signed(tmp_path: Path, ours: Tree, key: keys.PrivateKey) -> tuple[bytes, bytes]:
    """A certificate and a signature of :data:`DATA`."""
    path = tmp_path / "both.pem"
    path.write_bytes(pem(ours.leaf(key)) + keys.private_pem(key))
    credential = load_credential(path, None)
    return credential.certificate_pem, credential.sign(DATA)


KEYS = [
    pytest.param(rsa_key, id="rsa2048"),
    pytest.param(new_key, id="p256"),
    pytest.param(lambda: ec.generate_private_key(ec.SECP384R1()), id="p384"),
    pytest.param(lambda: ec.generate_private_key(ec.SECP521R1()), id="p521"),
]


@pytest.mark.parametrize("make", KEYS)
def test_a_signature_is_of_one_key_and_one_text(tmp_path: Path, ours: Tree, openssl: Run, make: Run) -> None:
    certificate_pem, signature = signed(tmp_path, ours, make())
    other_pem, other = signed(tmp_path, ours, make() if make is not rsa_key else new_key())
    verifier = Verifier(certificate_pem)
    assert verifier.verify(DATA, signature)
    assert signatures.verify_signature(certificate_pem, DATA, signature)
    tampered = bytes([signature[0], *signature[1:-1], signature[-1] ^ 1])
    for data, false in ((DATA + b".", signature), (DATA, tampered), (DATA, other), (DATA, b""), (DATA, b"\x30\x00"), (b"", signature)):
        assert not verifier.verify(data, false)
    assert not signatures.verify_signature(other_pem, DATA, signature)


@pytest.mark.parametrize("make", KEYS[:2])
def test_openssl_verifies_it_too(tmp_path: Path, ours: Tree, openssl: Run, make: Run) -> None:
    certificate_pem, signature = signed(tmp_path, ours, make())
    public = x509.load_pem_x509_certificate(certificate_pem).public_key()
    (tmp_path / "pub.pem").write_bytes(keys.public_pem(public))
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "sig").write_bytes(signature)
    arguments = ("dgst", "-sha256", "-verify", tmp_path / "pub.pem", "-signature", tmp_path / "sig", tmp_path / "data")
    seen = openssl(*arguments)
    if seen is None:
        pytest.skip("the openssl command is not installed")
    assert seen.returncode == 0, seen
    (tmp_path / "data").write_bytes(DATA + b".")
    assert openssl(*arguments).returncode == 1


def test_what_a_certificate_says(ours: Tree) -> None:
    leaf = ours.leaf(new_key(), "Åke 1")
    verifier = Verifier(pem(leaf, ours.issuing))
    fingerprint = signatures.fingerprint_of(pem(leaf))
    assert (verifier.callsign, verifier.subject, verifier.serial) == ("Åke 1", "CN=Åke 1", format(leaf.serial_number, "x"))
    assert verifier.fingerprint == fingerprint
    assert len(fingerprint) == 64
    assert fingerprint == fingerprint.lower()
    assert (verifier.not_before, verifier.not_after) == signatures.validity(pem(leaf))
    assert verifier.not_after == NOW + 30 * DAY
    assert signatures.subject_name(pem(leaf)) == "CN=Åke 1"
    assert repr(verifier) == f"Verifier('Åke 1', '{fingerprint}')"


def test_who_issued_it_is_told_whatever_the_time(ours: Tree) -> None:
    """The times here lie in 2000 and 2001, long before any clock's; nothing asks one."""
    old = tree("Old", at=NOW - 11000 * DAY)
    leaf = pem(old.leaf(new_key(), at=NOW - 11000 * DAY, days=1))
    assert Verifier(leaf).issued_by(old.trusted)
    assert signatures.issued_by(leaf, pem(old.issuing))
    assert signatures.issued_by(leaf, ours.trusted + old.trusted)
    for other in (ours.trusted, tree("Old").trusted, pem(old.root)):
        assert not Verifier(leaf).issued_by(other)
        assert not signatures.issued_by(leaf, other)
    assert signatures.issued_by(pem(ours.leaf(new_key())), ours.trusted)


def test_a_person_issues_nothing(ours: Tree) -> None:
    key = new_key()
    person = ours.leaf(key)
    forged = certificate(new_key(), certificates.common_name("BOSS"), person.subject, key)
    assert not signatures.issued_by(pem(forged), ours.trusted)
    assert not signatures.issued_by(pem(forged), ours.trusted + pem(person))


@pytest.mark.parametrize("damaged", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_a_sentence(ours: Tree, damaged: bytes) -> None:
    leaf = pem(ours.leaf(new_key()))
    acts = [
        Verifier,
        signatures.fingerprint_of,
        signatures.subject_name,
        signatures.validity,
        lambda pem: signatures.verify_signature(pem, b"", b""),
        lambda pem: signatures.issued_by(pem, ours.trusted),
        lambda pem: signatures.issued_by(leaf, pem),
        Verifier(leaf).issued_by,
    ]
    for act in acts:
        with pytest.raises(CredentialError, match="damaged") as caught:
            act(damaged)
        assert isinstance(caught.value, PKIError)


def test_a_key_that_proves_nothing_verifies_nothing(ours: Tree) -> None:
    for key, words in (
        (rsa.generate_private_key(public_exponent=65537, key_size=1024), "is too short (RSA 1024"),
        (ec.generate_private_key(ec.SECP256K1()), "is of an unknown kind (EC secp256k1"),
        (ed25519.Ed25519PrivateKey.generate(), "is of an unknown kind (Ed25519"),
    ):
        leaf = certificate(key, certificates.common_name("KARHU1"), ours.issuing.subject, ours.issuing_key)
        with pytest.raises(CredentialError) as caught:
            Verifier(pem(leaf))
        assert words in caught.value.sentence


@pytest.mark.parametrize("names", [[], ["KARHU1", "KARHU2"]])
def test_a_subject_has_one_cn(ours: Tree, names: list[str]) -> None:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, each) for each in names]
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "CN=KARHU1"), *attributes])
    leaf = certificate(new_key(), subject, ours.issuing.subject, ours.issuing_key)
    with pytest.raises(CredentialError, match=f"has {len(names)} CNs"):
        Verifier(pem(leaf))
    assert signatures.issued_by(pem(leaf), ours.trusted)
