"""How an operator proves who they are: with a certificate of this deployment and its key."""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import stat
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from cryptography import x509
from cryptography.exceptions import InternalError
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from rmtui.i18n import later, tr
from rmtui.pki import keys, signatures
from rmtui.pki.chain import verify_chain
from rmtui.pki.interface import CredentialError, FileMissing, PKIError, StorageError, WrongPassphrase
from rmtui.pki.keys import PrivateBytes, PrivateKey
from rmtui.pki.signatures import UNREADABLE, Verifier
from rmtui.reasons import why as reason
from rmtui.settings import Secret
from rmtui.text import plain, storable

__all__ = ["MOST_READ", "Credential", "load_credential", "verify_chain"]

MOST_READ: Final = 64 * 1024
"""No file of one person's certificate and key is longer, in bytes."""

_PFX: Final = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x02\x01\x03", re.DOTALL)
_KEY: Final = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----(?:(?!-----).)*-----END \1-----", re.DOTALL)
_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----(?:[^-]+-----END CERTIFICATE-----)?")
_HALF: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Half a character that no byte stands behind: whoever encodes it names the whole text in its error."""
_OWN: Final = later("A PFX made by the deployment takes the callsign, as it is written.")


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate whose key is at hand, as was proven. Who issued it is not: see :func:`verify_chain`."""

    certificate_pem: bytes = field(repr=False)
    """The leaf and nothing beside it."""
    callsign: str
    """The subject's one CN; foreign text."""
    serial: str
    """Lower-case hexadecimal."""
    fingerprint: str
    """SHA-256 of the DER, lower-case hexadecimal."""
    not_before: dt.datetime
    not_after: dt.datetime
    private_key: PrivateKey = field(repr=False, compare=False)
    """Never leaves the process; :meth:`sign` is what it is for."""

    def sign(self, data: bytes) -> bytes:
        """The signature of ``data``: RSA with PKCS#1 v1.5, or ECDSA, and SHA-256."""
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return self.private_key.sign(data, padding.PKCS1v15(), signatures.HASH)
        return self.private_key.sign(data, ec.ECDSA(signatures.HASH))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Credential is not to be pickled")


def load_credential(path: Path, passphrase: Secret | None, key_path: Path | None = None) -> Credential:
    """A certificate and its key: of a PFX, of a PEM file with both, or of two PEM files. That they belong together is proven.

    A PFX with an RSA 4096 key takes 0.3 s, in which no other thread runs; PEM does not.

    :param passphrase: opens the PFX or the key; passed over where there is nothing to open.
    :param key_path: of the key, PEM. Otherwise it is in ``path``, or beside it as ``mtls.key`` is beside ``mtls.pem``.
    :raises FileMissing: a file is not there.
    :raises StorageError: a file cannot be read, is no plain file, or is far too long.
    :raises WrongPassphrase: the passphrase is wrong, or missing.
    :raises CredentialError: there is no certificate, no key, they do not belong together, or they cannot prove anything.
    """
    data = _read(path)
    if _PFX.match(data):
        key, certificates = _open_pfx(data, passphrase, path)
        beside = None
    else:
        certificates = _certificates(data, path)
        key = _load_key(data, passphrase, path) if key_path is None else None
        beside = path.with_suffix(".key")
    if key_path is not None:
        key = _load_key(_read(key_path), passphrase, key_path)
    elif key is None and beside is not None and beside != path:
        try:
            key = _load_key(_read(beside), passphrase, beside)
        except FileMissing:
            raise CredentialError(
                tr(
                    "There is no private key in {path}, and no {name} beside it. Nobody was signed in; name it.",
                    path=plain(path),
                    name=plain(beside.name),
                )
            ) from None
    if key is None:
        raise CredentialError(
            tr("There is no private key in {key_path}. Nobody was signed in; name it.", key_path=plain(key_path or beside or path))
        )
    return _proven(key, certificates, path)


def _read(path: Path) -> PrivateBytes:
    """The content of a plain file, or of one that a symbolic link leads to; no device or pipe is waited for."""
    data = None
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                with os.fdopen(fd, "rb", closefd=False) as file:
                    data = PrivateBytes(file.read(MOST_READ + 1))
        finally:
            os.close(fd)
    except FileNotFoundError as error:
        raise FileMissing(
            tr("There is no {path}. Nobody was signed in; name the file of your certificate and key.", path=plain(path))
        ) from error
    except PermissionError as error:
        raise StorageError(
            tr("{path} was not read: permission is denied. Nobody was signed in; run rmtui as its owner.", path=plain(path))
        ) from error
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) and error.strerror else tr("that is no name of a file")
        raise StorageError(tr("{path} was not read: {why}. Nobody was signed in; check the path.", path=plain(path), why=why)) from error
    if data is None or len(data) > MOST_READ:
        raise StorageError(
            tr(
                "{path} was not read: it is no plain file, or longer than {most} bytes. Nobody was signed in; name "
                "the file of your certificate and key.",
                path=plain(path),
                most=f"{MOST_READ:,}",
            )
        )
    return data


def _open_pfx(data: PrivateBytes, passphrase: Secret | None, path: Path) -> tuple[PrivateKey | None, list[x509.Certificate]]:
    name, own = plain(path.name), tr(_OWN)
    if passphrase:
        wrong = tr("{name} does not open with that passphrase. Nobody was signed in. {own}", name=name, own=own)
    else:
        wrong = tr("{name} asks for a passphrase. Nobody was signed in. {own}", name=name, own=own)
    if passphrase and not storable(passphrase.reveal()):  # the reader would name it in its error
        raise WrongPassphrase(wrong)
    try:
        with warnings.catch_warnings(action="ignore"):  # of BER, and of lengths in names
            key, first, others = load_key_and_certificates(data, _encoded(passphrase))
    except UNREADABLE as error:
        if "password" not in str(error):
            raise CredentialError(
                tr("{path} is damaged, or of an unknown form. Nobody was signed in; download the PFX again.", path=plain(path))
            ) from None
        raise WrongPassphrase(wrong) from None
    certificates = [*([first] if first is not None else []), *others]
    if not certificates:
        raise CredentialError(
            tr("There is no certificate in {path}. Nobody was signed in; use the PFX that the deployment made.", path=plain(path))
        )
    if key is not None and not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CredentialError(
            tr("The key in {path} is neither RSA nor EC. Nobody was signed in; have a certificate for another issued.", path=plain(path))
        )
    return key, certificates


def _certificates(data: bytes, path: Path) -> list[x509.Certificate]:
    blocks = _CERTIFICATE.findall(data)
    if not blocks:
        raise CredentialError(
            tr(
                "There is no certificate in {path}: it is no PFX, and no PEM with one. Nobody was signed in; name another file.",
                path=plain(path),
            )
        )
    try:
        with warnings.catch_warnings(action="ignore"):
            return x509.load_pem_x509_certificates(b"\n".join(blocks))
    except UNREADABLE:
        raise CredentialError(
            tr("The certificate in {path} is damaged. Nobody was signed in; download it again.", path=plain(path))
        ) from None


def _load_key(data: bytes, passphrase: Secret | None, path: Path) -> PrivateKey | None:
    """The first private key of a PEM file; None when there is none."""
    pem = _key_block(data)
    if pem is None:
        return None
    encrypted = b"ENCRYPTED" in pem
    name, own = plain(path.name), tr(_OWN)
    if passphrase:
        wrong = tr("The key in {name} does not open with that passphrase. Nobody was signed in. {own}", name=name, own=own)
    else:
        wrong = tr("The key in {name} is encrypted, and asks for its passphrase. Nobody was signed in. {own}", name=name, own=own)
    if encrypted and passphrase and _HALF.search(passphrase.reveal()):
        raise WrongPassphrase(wrong)
    try:
        return keys.load(pem, passphrase if encrypted else None)
    except WrongPassphrase:
        raise WrongPassphrase(wrong) from None
    except PKIError:
        raise CredentialError(
            tr("The key in {path} is damaged, or neither RSA nor EC. Nobody was signed in; restore it from a backup.", path=plain(path))
        ) from None


def _key_block(data: bytes) -> bytes | None:
    found = _KEY.search(data)
    return None if found is None else PrivateBytes(found.group())


def _proven(key: PrivateKey, certificates: list[x509.Certificate], path: Path) -> Credential:
    """The certificate for the key, the one that lasts longest if there are several; a fresh challenge proves that they belong together."""
    public_key = key.public_key()
    problem = signatures.key_problem(public_key)
    if problem is not None:
        raise CredentialError(
            tr(
                "The key for {path} {problem}. Nobody was signed in; have a certificate for another key issued.",
                path=plain(path),
                problem=problem,
            )
        )
    own = [each for each in certificates if _is_for(each, public_key)]
    if not own:
        raise CredentialError(
            tr("The private key does not belong to the certificate in {path}. Nobody was signed in; name the right pair.", path=plain(path))
        )
    leaf = max(own, key=lambda each: each.not_valid_after_utc)
    verifier = Verifier(leaf.public_bytes(Encoding.PEM))
    credential = Credential(
        certificate_pem=leaf.public_bytes(Encoding.PEM),
        callsign=verifier.callsign,
        serial=verifier.serial,
        fingerprint=verifier.fingerprint,
        not_before=verifier.not_before,
        not_after=verifier.not_after,
        private_key=key,
    )
    challenge = secrets.token_bytes(32)
    try:
        proven = verifier.verify(challenge, credential.sign(challenge))
    except (ValueError, InternalError):
        proven = False
    if not proven:
        raise CredentialError(
            tr("The private key for {path} is damaged: what it signs is not valid. Restore it from a backup.", path=plain(path))
        )
    return credential


def _is_for(certificate: x509.Certificate, public_key: PublicKeyTypes) -> bool:
    try:
        return certificate.public_key() == public_key
    except UNREADABLE:
        return False


def _encoded(passphrase: Secret | None) -> PrivateBytes | None:
    return PrivateBytes(passphrase.reveal().encode()) if passphrase else None
