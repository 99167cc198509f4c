"""Whose signature something bears: the certificate's, and those above it. No clock is asked: what was signed stays signed."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from rmtui.i18n import tr
from rmtui.pki import keys
from rmtui.pki.interface import CredentialError
from rmtui.text import plain

__all__ = [
    "HASH",
    "UNREADABLE",
    "Verifier",
    "chain_of",
    "extension",
    "fingerprint_of",
    "issued_by",
    "key_problem",
    "named",
    "read",
    "signed_by",
    "strange",
    "subject_name",
    "validity",
    "verify_signature",
    "weak",
]

HASH: Final = hashes.SHA256()
"""What everything is signed with: RSA with PKCS#1 v1.5, and ECDSA."""
UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)
"""What comes of reading what others wrote."""

_LEAST_BITS: Final = 2048
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_BROKEN: Final = (hashes.MD5, hashes.SHA1)
_KNOWN: Final = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
}
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_Signed = x509.Certificate | x509.CertificateRevocationList


class Verifier:
    """A certificate that many signatures are verified with; it is read once."""

    __slots__ = ("_certificate", "_key", "callsign", "fingerprint", "not_after", "not_before", "serial", "subject")

    callsign: str
    """The subject's one CN; foreign text."""
    fingerprint: str
    """SHA-256 of the DER, lower-case hexadecimal."""
    serial: str
    """Lower-case hexadecimal."""
    subject: str
    """RFC 4514; foreign text."""
    not_before: dt.datetime
    not_after: dt.datetime

    def __init__(self, certificate_pem: bytes) -> None:
        """Read the first certificate of a PEM; who issued it is not asked.

        :raises CredentialError: it cannot be read, its subject has not one CN, or its key is of another kind than RSA and EC.
        """
        self._certificate = certificate = read(certificate_pem)
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if len(names) != 1:
            raise CredentialError(
                tr(
                    "The certificate names nobody: its subject ({subject}) has {count} CNs, and one is expected, the "
                    "callsign. Use the certificate that the deployment issued.",
                    subject=plain(certificate.subject.rfc4514_string(), 120),
                    count=len(names),
                )
            )
        if not names[0].value:
            raise CredentialError(
                tr(
                    "The certificate names nobody: the CN of its subject, which is to be the callsign, is empty. Use the "
                    "certificate that the deployment issued."
                )
            )
        problem = key_problem(certificate.public_key())
        if problem is not None:
            raise CredentialError(
                tr(
                    "The key of the certificate of {certificate} {problem}. Have another certificate issued.",
                    certificate=named(certificate),
                    problem=problem,
                )
            )
        self._key: PublicKeyTypes = certificate.public_key()
        self.callsign = str(names[0].value)
        self.fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
        self.serial = format(certificate.serial_number, "x")
        self.subject = certificate.subject.rfc4514_string()
        self.not_before = certificate.not_valid_before_utc
        self.not_after = certificate.not_valid_after_utc

    def __repr__(self) -> str:
        return f"Verifier({getattr(self, 'callsign', None)!r}, {getattr(self, 'fingerprint', None)!r})"  # also of a half-made one

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Whether the certificate's key made ``signature`` for exactly this ``data``."""
        try:
            if isinstance(self._key, rsa.RSAPublicKey):
                self._key.verify(signature, data, padding.PKCS1v15(), HASH)
            elif isinstance(self._key, ec.EllipticCurvePublicKey):
                self._key.verify(signature, data, ec.ECDSA(HASH))
        except (InvalidSignature, ValueError):
            return False
        return True

    def issued_by(self, trusted_pem: bytes) -> bool:
        """Whether a CA of ``trusted_pem`` issued the certificate, however long ago.

        :raises CredentialError: ``trusted_pem`` cannot be read.
        """
        return _was_issued(self._certificate, trusted_pem)


def verify_signature(certificate_pem: bytes, data: bytes, signature: bytes) -> bool:
    """Whether the key of a certificate made ``signature`` for exactly this ``data``; for many, see :class:`Verifier`.

    :raises CredentialError: as for :class:`Verifier`.
    """
    return Verifier(certificate_pem).verify(data, signature)


def issued_by(certificate_pem: bytes, trusted_pem: bytes) -> bool:
    """Whether a CA of ``trusted_pem`` issued a certificate, however long ago.

    :raises CredentialError: either cannot be read.
    """
    return _was_issued(read(certificate_pem), trusted_pem)


def fingerprint_of(certificate_pem: bytes) -> str:
    """SHA-256 of a certificate's DER, lower-case hexadecimal.

    :raises CredentialError: it cannot be read.
    """
    return read(certificate_pem).fingerprint(hashes.SHA256()).hex()


def subject_name(certificate_pem: bytes) -> str:
    """A certificate's whole subject, RFC 4514; foreign text.

    :raises CredentialError: it cannot be read.
    """
    return read(certificate_pem).subject.rfc4514_string()


def validity(certificate_pem: bytes) -> tuple[dt.datetime, dt.datetime]:
    """From when to when a certificate is valid.

    :raises CredentialError: it cannot be read.
    """
    certificate = read(certificate_pem)
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def read(certificate_pem: bytes) -> x509.Certificate:
    """The first certificate of a PEM, of which everything can be read.

    :raises CredentialError: there is none, or it cannot be read.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of lengths in the subject, which is foreign text
            certificate = x509.load_pem_x509_certificate(certificate_pem)
            _look_through(certificate)
    except UNREADABLE:
        raise CredentialError(
            tr("The certificate is damaged, or is none at all. Restore it from a backup, or have another issued.")
        ) from None
    return certificate


def chain_of(certificate: x509.Certificate, trusted_pem: bytes) -> list[x509.Certificate]:
    """The certificate, the CA that issued it, and so on up to the last that ``trusted_pem`` holds, each signed by the next.

    The last one is believed because it is in ``trusted_pem``; it is the root where that is there.

    :raises CredentialError: no CA of ``trusted_pem`` issued it, and why not.
    """
    return _chain(certificate, _bundle(trusted_pem))


def key_problem(key: PublicKeyTypes) -> str | None:
    """Why a key proves nothing, as the end of a sentence; None when it can."""
    if isinstance(key, rsa.RSAPublicKey):
        short = tr("is too short ({key}; RSA takes {least} bits at least)", key=keys.describe(key), least=_LEAST_BITS)
        return short if key.key_size < _LEAST_BITS else None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return None
    return tr("is of an unknown kind ({key}; RSA, EC P-256, P-384 and P-521 are known)", key=keys.describe(key))


def named(certificate: x509.Certificate) -> str:
    """A certificate's subject for a sentence, without what could do harm."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return f"“{plain(names[0].value if len(names) == 1 else certificate.subject.rfc4514_string(), 80)}”"


def extension(signed: _Signed, kind: type[_Extension]) -> _Extension | None:
    """An extension's value; None when it is not there."""
    try:
        return signed.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def strange(signed: _Signed) -> str | None:
    """The number (OID) of an extension that must not be passed over, and that is not known here; None when there is none."""
    return next((each.oid.dotted_string for each in signed.extensions if each.critical and each.oid not in _KNOWN), None)


def weak(signed: _Signed) -> bool:
    """Whether it was signed by way of a hash for which others can make a double."""
    return isinstance(signed.signature_hash_algorithm, _BROKEN)


def _was_issued(certificate: x509.Certificate, trusted_pem: bytes) -> bool:
    trusted = _bundle(trusted_pem)
    try:
        _chain(certificate, trusted)
    except CredentialError:
        return False
    return True


def _look_through(certificate: x509.Certificate) -> None:
    """Read what is read late, so that what is damaged is found in one place."""
    certificate.subject.rfc4514_string()
    certificate.public_key()
    _ = (certificate.issuer, certificate.extensions, certificate.signature_hash_algorithm, certificate.serial_number)


def _bundle(pem: bytes) -> list[x509.Certificate]:
    """All certificates of a PEM; one that is cut off would go unnoticed otherwise, and with it the root."""
    found: list[x509.Certificate] = []
    try:
        with warnings.catch_warnings(action="ignore"):
            found = x509.load_pem_x509_certificates(pem)
            for each in found:
                _look_through(each)
    except UNREADABLE:
        found = []
    if not found or pem.count(b"-----BEGIN CERTIFICATE-----") > len(found):
        raise CredentialError(
            tr("The deployment's CA certificates (ca_chain.pem) are damaged, so nobody can be believed. Restore the file.")
        )
    return found


def _chain(leaf: x509.Certificate, trusted: list[x509.Certificate]) -> list[x509.Certificate]:
    chain = [leaf]
    while True:
        below = chain[-1]
        if len(chain) > 1 and below.subject == below.issuer and signed_by(below, below):
            return chain
        same_name = [ca for ca in trusted if ca.subject == below.issuer and ca not in chain]
        candidates = [ca for ca in same_name if signed_by(below, ca)]
        if len(chain) > 1 and not candidates and (not same_name or below.subject == below.issuer):
            return chain
        if same_name and weak(below):
            raise _barred(leaf, tr("{below} is signed by way of a hash that is broken", below=named(below)), tr("Have it issued anew"))
        if not candidates:
            raise CredentialError(_not_ours(leaf, below, same_name=bool(same_name)))
        candidates.sort(key=lambda ca: ca.not_valid_after_utc, reverse=True)
        problems = [_ca_problem(ca, len(chain) - 1) for ca in candidates]
        if None not in problems:
            raise _barred(
                leaf, tr("{ca} above it {problem}", ca=named(candidates[0]), problem=problems[0]), tr("Check the deployment's ca_chain.pem")
            )
        chain.append(candidates[problems.index(None)])


def signed_by(below: x509.Certificate, ca: x509.Certificate) -> bool:
    """Whether a certificate names another as its issuer, and that one's key signed it."""
    try:
        below.verify_directly_issued_by(ca)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _ca_problem(ca: x509.Certificate, cas_below: int) -> str | None:
    """Why a certificate may not issue others, as the end of a sentence; None when it may."""
    constraints, usage, uses = (extension(ca, kind) for kind in (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage))
    unknown = strange(ca)
    if not isinstance(constraints, x509.BasicConstraints) or not constraints.ca:
        return tr("is no CA")
    if constraints.path_length is not None and constraints.path_length < cas_below:
        return tr("may not have that many CAs below it")
    if isinstance(usage, x509.KeyUsage) and not usage.key_cert_sign:
        return tr("may not sign certificates")
    if isinstance(uses, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.CLIENT_AUTH not in uses:
        return tr("may not issue certificates for clients")
    return tr("demands something that is not known here ({unknown})", unknown=unknown) if unknown is not None else None


def _barred(leaf: x509.Certificate, why: str, advice: str) -> CredentialError:
    return CredentialError(tr("The certificate of {leaf} is not believed: {why}. {advice}.", leaf=named(leaf), why=why, advice=advice))


def _not_ours(leaf: x509.Certificate, below: x509.Certificate, *, same_name: bool) -> str:
    issuer = plain(below.issuer.rfc4514_string(), 120)
    if below is not leaf:
        return tr(
            "The certificate of {leaf} is not believed: {below} above it names {issuer} as its issuer, whose key did "
            "not sign it. Restore the deployment's ca_chain.pem.",
            leaf=named(leaf),
            below=named(below),
            issuer=issuer,
        )
    if same_name:
        return tr(
            "The certificate of {leaf} was not issued by this deployment's CA, but with another key under the same "
            "name, {issuer}. Use the one that this deployment issued.",
            leaf=named(leaf),
            issuer=issuer,
        )
    return tr(
        "The certificate of {leaf} was not issued by this deployment's CA, but by another, {issuer}. Use the one "
        "that this deployment issued.",
        leaf=named(leaf),
        issuer=issuer,
    )
