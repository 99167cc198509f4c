"""Whether a certificate is this deployment's, and good now: RFC 5280, section 6, for a leaf, an issuing CA and perhaps a root."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from rmtui import clock
from rmtui.pki.certificates import revoked
from rmtui.pki.interface import CredentialError
from rmtui.text import plain

__all__ = ["issuer_of", "read_authorities", "verify_chain"]


def verify_chain(certificate_pem: bytes, trusted_pem: bytes, crl_pem: bytes | None, now: dt.datetime) -> None:
    """Judge a person's certificate.

    :param trusted_pem: the deployment's CA certificates; those that nobody else of them issued are the anchors.
    :param crl_pem: the CRLs of these CAs; None where the deployment publishes none as a file.
    :raises CredentialError: the certificate is not to be believed now, and why.
    """
    try:
        leaf = x509.load_pem_x509_certificate(certificate_pem)
        authorities = read_authorities(trusted_pem)
        issuer = issuer_of(leaf, authorities)
    except (ValueError, UnsupportedAlgorithm):
        raise CredentialError("The certificate is damaged, or of an unknown form. Nobody was signed in.") from None
    if issuer is None:
        raise CredentialError(
            "The certificate was not issued by this deployment's CA. Nobody was signed in; check which deployment this is."
        )
    _check_times(leaf, "The certificate", now)
    _check_leaf(leaf)
    crls = _read_crls(crl_pem)
    _check_revocation(leaf, issuer, crls, "The certificate", now)
    below: x509.Certificate | None = issuer
    passed = 0
    while below is not None:
        _check_times(below, "The certificate of the deployment's CA", now)
        _check_authority(below, passed)
        above = issuer_of(below, [each for each in authorities if each != below])
        if above is not None:
            _check_revocation(below, above, crls, "The certificate of the deployment's CA", now)
        below, passed = above, passed + 1
        if passed > len(authorities):
            raise CredentialError("The deployment's CA certificates issue one another. Nobody was signed in; restore ca_chain.pem.")


def read_authorities(trusted_pem: bytes) -> list[x509.Certificate]:
    """The CA certificates of a PEM file; none when there is none in it."""
    try:
        return x509.load_pem_x509_certificates(trusted_pem)
    except ValueError:
        return []


def issuer_of(certificate: x509.Certificate, authorities: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """Which of the CAs signed a certificate, by name and by signature; None when none did."""
    for authority in authorities:
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            continue
        return authority
    return None


def _check_times(certificate: x509.Certificate, what: str, now: dt.datetime) -> None:
    if now < certificate.not_valid_before_utc:
        raise CredentialError(
            f"{what} is not valid before {clock.stamp(certificate.not_valid_before_utc)}. Nobody was signed in; check this host's clock."
        )
    if now > certificate.not_valid_after_utc:
        raise CredentialError(f"{what} ran out on {clock.stamp(certificate.not_valid_after_utc)}. Nobody was signed in; use a newer one.")


def _extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> x509.ExtensionType | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except ValueError:
        raise CredentialError("The certificate has extensions that cannot be read. Nobody was signed in.") from None


def _check_leaf(leaf: x509.Certificate) -> None:
    constraints = _extension(leaf, x509.BasicConstraints)
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        raise CredentialError("The certificate is a CA's, and no person's. Nobody was signed in.")
    usage = _extension(leaf, x509.KeyUsage)
    if isinstance(usage, x509.KeyUsage) and not usage.digital_signature:
        raise CredentialError("The certificate's key is not for signing (key usage). Nobody was signed in.")
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    if isinstance(purposes, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.CLIENT_AUTH not in list(purposes):
        raise CredentialError("The certificate is not a client's (extended key usage). Nobody was signed in.")


def _check_authority(authority: x509.Certificate, below: int) -> None:
    """:param below: CAs between this one and the leaf."""
    constraints = _extension(authority, x509.BasicConstraints)
    if not isinstance(constraints, x509.BasicConstraints) or not constraints.ca:
        raise CredentialError("The certificate was issued by one that is no CA. Nobody was signed in.")
    if constraints.path_length is not None and constraints.path_length < below:
        raise CredentialError("The deployment's CA may have no CA below it, and has. Nobody was signed in; restore ca_chain.pem.")
    usage = _extension(authority, x509.KeyUsage)
    if isinstance(usage, x509.KeyUsage) and not usage.key_cert_sign:
        raise CredentialError("The certificate was issued by a CA that may not issue (key usage). Nobody was signed in.")


def _read_crls(crl_pem: bytes | None) -> list[x509.CertificateRevocationList]:
    if crl_pem is None:
        return []
    end = b"-----END X509 CRL-----"
    blocks = [block[block.find(b"-----BEGIN") :] + end for block in crl_pem.split(end) if b"-----BEGIN X509 CRL-----" in block]
    try:
        found = [x509.load_pem_x509_crl(block) for block in blocks]
    except ValueError:
        found = []
    if not found:
        raise CredentialError("The deployment's CRL is damaged, so no certificate can be believed. Renew it with rmtui crl.")
    return found


def _check_revocation(
    certificate: x509.Certificate, issuer: x509.Certificate, crls: Sequence[x509.CertificateRevocationList], what: str, now: dt.datetime
) -> None:
    if not crls:
        return
    theirs = [crl for crl in crls if crl.issuer == issuer.subject and _signed_by(crl, issuer)]
    if not theirs:
        raise CredentialError("There is no CRL of the CA that issued the certificate, so it cannot be believed. Renew it with rmtui crl.")
    newest = max(theirs, key=lambda crl: crl.last_update_utc)
    if newest.next_update_utc is not None and newest.next_update_utc < now:
        raise CredentialError(
            f"The deployment's CRL ran out on {clock.stamp(newest.next_update_utc)}. Renew it with rmtui crl, then sign in."
        )
    entry = newest.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is not None:
        reason = next((each.reason for each in revoked([entry]) if each.serial == certificate.serial_number), "unspecified")
        since = clock.stamp(entry.revocation_date_utc)
        raise CredentialError(f"{what} was revoked on {since} ({plain(reason)}). Nobody was signed in; use the one that took its place.")


def _signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
