"""Signatures of what operators do, and who made them: they are verified years later, when the certificate has long run out."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from rmtui.pki.interface import CredentialError
from rmtui.pki.keys import PrivateKey

__all__ = ["Verifier", "make_signature"]


def make_signature(key: PrivateKey, data: bytes) -> bytes:
    """SHA-256 with RSA (PKCS#1 v1.5) or ECDSA."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), SHA256())
    return key.sign(data, ec.ECDSA(SHA256()))


class Verifier:
    """A certificate, read once, and what its key signed."""

    def __init__(self, certificate_pem: bytes) -> None:
        """:raises CredentialError: it is no certificate of a person, or its key is of no kind that is used here."""
        try:
            self._certificate = x509.load_pem_x509_certificate(certificate_pem)
            self._key = self._certificate.public_key()
            names = self._certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
            self.fingerprint = self._certificate.fingerprint(SHA256()).hex()
        except (ValueError, UnsupportedAlgorithm):
            raise CredentialError("The certificate is damaged, or of an unknown form.") from None
        if len(names) != 1 or not isinstance(names[0].value, str) or not names[0].value:
            raise CredentialError("The certificate does not name one person: its subject has not exactly one CN.")
        if not isinstance(self._key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise CredentialError("The certificate's key is neither RSA nor EC.")
        self.callsign: str = names[0].value
        self.not_before: dt.datetime = self._certificate.not_valid_before_utc
        self.not_after: dt.datetime = self._certificate.not_valid_after_utc

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Whether the certificate's key made the signature of ``data``."""
        try:
            if isinstance(self._key, rsa.RSAPublicKey):
                self._key.verify(signature, data, padding.PKCS1v15(), SHA256())
            elif isinstance(self._key, ec.EllipticCurvePublicKey):
                self._key.verify(signature, data, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True

    def issued_by(self, trusted_pem: bytes) -> bool:
        """Whether one of these CA certificates issued it; times do not matter here."""
        from rmtui.pki.chain import issuer_of, read_authorities

        return issuer_of(self._certificate, read_authorities(trusted_pem)) is not None
