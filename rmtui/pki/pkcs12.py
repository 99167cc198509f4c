"""PFX files that phones and old desktops open."""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, serialize_key_and_certificates

from rmtui.i18n import tr
from rmtui.pki.interface import PKIError
from rmtui.pki.keys import PrivateBytes, PrivateKey

__all__ = ["ROUNDS", "build_pfx", "is_whole"]

ROUNDS: Final = 2_048
"""Rounds of key derivation. The password is no secret, and more would only make it slow."""


def build_pfx(key: PrivateKey | None, cert_pem: bytes, chain_pem: bytes, callsign: str) -> PrivateBytes:
    """A PFX whose password and friendly name are the callsign: 3DES and SHA-1, which is what all that read PFX files have in common.

    :param key: None for somebody who keeps their key to themselves.
    :raises PKIError: a certificate cannot be read, is not for the key, or the callsign cannot be a password.
    """
    try:
        certificate = x509.load_pem_x509_certificate(cert_pem)
        chain = x509.load_pem_x509_certificates(chain_pem) if chain_pem.strip() else []
    except ValueError as error:
        raise PKIError(tr("The PFX was not made: the certificate is damaged. Restore it from a backup, or issue a new one.")) from error
    if key is not None and key.public_key() != certificate.public_key():
        raise PKIError(tr("The PFX was not made: the certificate is for another key. Restore both from one backup, or issue a new one."))
    if not callsign:
        raise PKIError(tr("The PFX was not made: its password is the callsign, and that is empty. Give the person a callsign."))
    try:
        name = callsign.encode()
    except UnicodeEncodeError as error:
        raise PKIError(tr("The PFX was not made: its password is the callsign, and that holds half a character.")) from error
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(ROUNDS)
        .key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(SHA1())  # noqa: S303 - the format's own, see above
        .build(name)
    )
    return PrivateBytes(serialize_key_and_certificates(name, key, certificate, chain, encryption))


def is_whole(pfx: bytes) -> bool:
    """Whether it is one DER sequence from its first byte to its last, as every PFX is; to open it would take long."""
    if len(pfx) < 2 or pfx[0] != 0x30:
        return False
    long = pfx[1] & 0x7F if pfx[1] & 0x80 else 0
    length = int.from_bytes(pfx[2 : 2 + long]) if long else pfx[1]
    return len(pfx) == 2 + long + length
