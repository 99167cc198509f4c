"""Proving who one is with a certificate and its key: the file is read, the key is put to the test, the certificate is judged."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from rmtui.pki import keys
from rmtui.pki.files import read_file
from rmtui.pki.interface import CredentialError, FileMissing, PKIError, WrongPassphrase
from rmtui.pki.keys import PrivateBytes, PrivateKey
from rmtui.pki.signatures import Verifier, make_signature
from rmtui.settings import Secret
from rmtui.text import plain

__all__ = ["Credential", "load_credential"]

LARGEST: Final = 64 * 1024
"""Bytes that a file with a certificate and a key may have."""
_LEAST_BITS: Final = 2048
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate whose key is at hand."""

    certificate_pem: bytes
    callsign: str
    """The subject's one CN."""
    serial: str
    """Lower-case hexadecimal."""
    fingerprint: str
    """SHA-256 of the certificate, lower-case hexadecimal."""
    not_before: dt.datetime
    not_after: dt.datetime
    _key: PrivateKey = field(repr=False, compare=False)

    def sign(self, data: bytes) -> bytes:
        """The signature of ``data``: SHA-256 with RSA (PKCS#1 v1.5) or ECDSA, as ``openssl dgst -sha256 -verify`` takes it."""
        return make_signature(self._key, data)

    def __reduce__(self) -> Any:
        raise TypeError("a private key is not to be pickled")


def load_credential(path: Path, passphrase: Secret | None, key_path: Path | None = None) -> Credential:
    """Read a certificate and its key, and have the key sign a challenge that the certificate verifies.

    :param path: a PFX, or PEM of a certificate; the key may be in the same file.
    :param passphrase: opens the key; None when there is none.
    :param key_path: PEM of the key; without it, and with none in the file, ``mtls.key`` beside ``mtls.pem``, ``NAME.key`` beside others.
    :raises FileMissing: a file is not there.
    :raises StorageError: a file cannot be read, or is no plain file.
    :raises WrongPassphrase: the passphrase is wrong, or missing.
    :raises CredentialError: there is no certificate or no key in it, they do not belong together, or they are of no kind that is used here.
    """
    data = PrivateBytes(_read(path))
    if data.find(b"-----BEGIN") >= 0:
        key, certificates = _from_pem(path, data, passphrase, key_path)
    else:
        key, certificates = _from_pfx(path, data, passphrase)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise _useless(path, "its key is neither RSA nor EC")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < _LEAST_BITS:
        raise _useless(path, f"its RSA key has fewer than {_LEAST_BITS} bits")
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name not in _CURVES:
        raise _useless(path, "its key is on a curve that is not used here")
    leaf = _of_the_key(path, key, certificates)
    pem = leaf.public_bytes(Encoding.PEM)
    verifier = Verifier(pem)
    challenge = secrets.token_bytes(32)
    if not verifier.verify(challenge, make_signature(key, challenge)):
        raise _useless(path, "its key does not belong to its certificate")
    return Credential(
        pem, verifier.callsign, format(leaf.serial_number, "x"), verifier.fingerprint, verifier.not_before, verifier.not_after, key
    )


def _read(path: Path) -> bytes:
    data = read_file(path, follow=True)
    if len(data) > LARGEST:
        raise _useless(path, "it is far too long")
    return data


def _from_pem(path: Path, data: PrivateBytes, passphrase: Secret | None, key_path: Path | None) -> tuple[Any, Sequence[x509.Certificate]]:
    try:
        certificates = x509.load_pem_x509_certificates(bytes(data))
    except ValueError:
        raise _useless(path, "there is no certificate in it") from None
    if key_path is None and data.find(b"PRIVATE KEY-----") < 0:
        key_path = path.with_name("mtls.key" if path.name == "mtls.pem" else f"{path.stem}.key")
    if key_path is None:
        where, pem = path, PrivateBytes(data[data.rfind(b"-----BEGIN", 0, data.find(b"PRIVATE KEY-----")) :])
    else:
        try:
            where, pem = key_path, PrivateBytes(_read(key_path))
        except FileMissing:
            raise _useless(path, f"there is no key in it, and none at {plain(key_path)}") from None
    encrypted = pem.find(b"ENCRYPTED") >= 0
    if encrypted and not passphrase:
        raise WrongPassphrase(f"{plain(where)} is encrypted. Give the passphrase that opens it.")
    try:
        return keys.load(pem, passphrase if encrypted else None, what=f"The key in {plain(where)}"), certificates
    except WrongPassphrase:
        raise WrongPassphrase(f"{plain(where)} does not open with this passphrase. Nobody was signed in; try again.") from None
    except PKIError:
        raise _useless(where, "its key is damaged, or of a kind that is not used here") from None


def _from_pfx(path: Path, data: PrivateBytes, passphrase: Secret | None) -> tuple[Any, Sequence[x509.Certificate]]:
    if not data.startswith(b"\x30"):
        raise _useless(path, "it is neither PEM nor a PFX")
    given = PrivateBytes(passphrase.reveal().encode("utf-8", "surrogateescape")) if passphrase else None
    try:
        key, first, others = pkcs12.load_key_and_certificates(bytes(data), given)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if given is None:
            raise WrongPassphrase(
                f"{plain(path)} takes a passphrase. That of a PFX made by the deployment is the callsign, as it is written."
            ) from None
        raise WrongPassphrase(
            f"{plain(path)} does not open with this passphrase, or is damaged. That of a PFX made by the deployment is the callsign, "
            "as it is written. Nobody was signed in; try again."
        ) from None
    return key, [*([first] if first is not None else []), *others]


def _of_the_key(path: Path, key: PrivateKey | None, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    if key is None:
        raise _useless(path, "there is no private key in it")
    if not certificates:
        raise _useless(path, "there is no certificate in it")
    public = key.public_key()
    for certificate in certificates:
        try:
            if certificate.public_key() == public:
                return certificate
        except (ValueError, UnsupportedAlgorithm):
            continue
    raise _useless(path, "its key does not belong to its certificate")


def _useless(path: Path, why: str) -> CredentialError:
    return CredentialError(f"{plain(path)} proves nothing: {why}. Nobody was signed in; use the file that the deployment made for you.")
