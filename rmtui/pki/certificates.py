"""What is signed, as readable builder chains: root, issuing CA, a person's certificate, the CRLs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rmtui.pki.interface import Revocation
from rmtui.pki.keys import PrivateKey

__all__ = [
    "BACKDATED",
    "CRL_LIFE",
    "ISSUING_LIFE",
    "ROOT_LIFE",
    "crl",
    "crl_number",
    "issuing_certificate",
    "key_usage",
    "leaf_certificate",
    "revoked",
    "root_certificate",
]

BACKDATED: Final = dt.timedelta(minutes=5)
"""Everything is valid from this long before it is signed, for clocks that are slow."""
ROOT_LIFE: Final = dt.timedelta(days=20 * 365.25)
ISSUING_LIFE: Final = dt.timedelta(days=10 * 365.25)
CRL_LIFE: Final = dt.timedelta(days=60)
"""A CRL is believed this long after it was published."""

_REASONS: Final = {flag.name: flag for flag in x509.ReasonFlags} | {flag.value: flag for flag in x509.ReasonFlags}


def common_name(text: str) -> x509.Name:
    """The name that is exactly ``CN=<text>``."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def signature_hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA512:
    """SHA-512 with RSA, as the deployment signs; SHA-256 with an elliptic curve."""
    return hashes.SHA512() if isinstance(key, rsa.RSAPrivateKey) else hashes.SHA256()


def key_usage(*, ca: bool, encipher: bool = False) -> x509.KeyUsage:
    """Signing certificates and CRLs for a CA; digital signature and non-repudiation for a person, and enciphering keys with RSA."""
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=encipher,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def root_certificate(key: PrivateKey, name: str, now: dt.datetime) -> x509.Certificate:
    """The root, signed by itself; one CA may stand below it."""
    return (
        x509.CertificateBuilder()
        .subject_name(common_name(name))
        .issuer_name(common_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(key_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, signature_hash(key))
    )


def issuing_certificate(
    public_key: CertificatePublicKeyTypes, name: str, root: x509.Certificate, root_key: PrivateKey, now: dt.datetime
) -> x509.Certificate:
    """The CA that signs people's certificates; no CA may stand below it."""
    return (
        x509.CertificateBuilder()
        .subject_name(common_name(name))
        .issuer_name(root.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + ISSUING_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_authority_key(root), critical=False)
        .sign(root_key, signature_hash(root_key))
    )


def leaf_certificate(
    public_key: CertificatePublicKeyTypes,
    callsign: str,
    issuer: x509.Certificate,
    issuer_key: PrivateKey,
    *,
    now: dt.datetime,
    life: dt.timedelta,
) -> x509.Certificate:
    """A person's certificate: the subject is the callsign and nothing else, for mutual TLS as a client; never outlives its issuer."""
    return (
        x509.CertificateBuilder()
        .subject_name(common_name(callsign))
        .issuer_name(issuer.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - BACKDATED, issuer.not_valid_before_utc))
        .not_valid_after(min(now + life, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(ca=False, encipher=not isinstance(public_key, ec.EllipticCurvePublicKey)), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_authority_key(issuer), critical=False)
        .sign(issuer_key, signature_hash(issuer_key))
    )


def crl(
    issuer: x509.Certificate, issuer_key: PrivateKey, revocations: Iterable[Revocation], *, number: int, now: dt.datetime
) -> x509.CertificateRevocationList:
    """One CA's CRL. Of two revocations of a certificate the earlier one counts; a reason that RFC 5280 does not know is left out.

    :param number: greater than that of every CRL before.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now - BACKDATED)
        .next_update(now + CRL_LIFE)
        .add_extension(_authority_key(issuer), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    seen: set[int] = set()
    for revocation in sorted(revocations, key=lambda each: (each.revoked_on, each.serial)):
        if revocation.serial in seen:
            continue
        seen.add(revocation.serial)
        entry = x509.RevokedCertificateBuilder().serial_number(revocation.serial).revocation_date(revocation.revoked_on)
        reason = _REASONS.get(revocation.reason, x509.ReasonFlags.unspecified)
        if reason not in {x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl}:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer_key, signature_hash(issuer_key))


def crl_number(crl: x509.CertificateRevocationList) -> int:
    """The number of a CRL; 0 for one without."""
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except (ValueError, x509.ExtensionNotFound):
        return 0


def revoked(crl: Iterable[x509.RevokedCertificate]) -> Iterator[Revocation]:
    """Whom a CRL, or some entries of one, name, when and why."""
    words = {flag: word for word, flag in _REASONS.items()}
    for entry in crl:
        try:
            reason = words.get(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason, "unspecified")
        except (ValueError, x509.ExtensionNotFound):
            reason = "unspecified"
        yield Revocation(entry.serial_number, entry.revocation_date_utc, reason)


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    subject_key = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)
