"""Whether a certificate is one of this deployment's people, good now: issued by its CA, for a client, in its time, not revoked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from rmtui import clock
from rmtui.i18n import tr
from rmtui.pki import signatures
from rmtui.pki.certificates import crl_number
from rmtui.pki.interface import CredentialError
from rmtui.pki.signatures import UNREADABLE, named

__all__ = ["Listing", "issued_to_client", "look_up", "serials_of", "until", "verify_chain"]

_CRL: Final = re.compile(rb"-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----")


@dataclass(frozen=True, slots=True)
class Listing:
    """What the newest CRL of an issuer says of one certificate."""

    issued: dt.datetime
    until: dt.datetime | None
    """When the next one is due; None when it does not say."""
    revoked_on: dt.datetime | None
    """None when the certificate is not on it."""
    reason: str
    """Of the revocation; empty without one."""


def look_up(serial: int, issuer: x509.Name, trusted_pem: bytes, crl_pem: bytes) -> Listing | None:
    """What the CRLs as published say of a certificate; None when none of them is of its issuer and to be believed.

    :param issuer: of the certificate.
    :param trusted_pem: the deployment's ``ca_chain.pem``.
    :raises CredentialError: the CRLs are damaged.
    """
    crls = _crls(crl_pem)
    try:
        authorities = [ca for ca in x509.load_pem_x509_certificates(trusted_pem) if ca.subject == issuer]
        newest = _newest(crl for ca in authorities for crl in crls if crl.issuer == ca.subject and _may_be_believed(crl, ca))
    except UNREADABLE:
        return None
    if newest is None:
        return None
    entry = newest.get_revoked_certificate_by_serial_number(serial)
    revoked_on, reason = (entry.revocation_date_utc, _reason(entry)) if entry is not None else (None, "")
    return Listing(newest.last_update_utc, newest.next_update_utc, revoked_on, reason)


def serials_of(crl_pem: bytes, trusted_pem: bytes, now: dt.datetime) -> frozenset[int]:
    """Whom the CRLs that a CA of ``trusted_pem`` signed name; others are passed over.

    :param trusted_pem: the issuing CA first: its own CRL has to be among them.
    :param now: aware.
    :raises CredentialError: they are damaged, or the issuing CA's is not among them or has run out.
    """
    cas = x509.load_pem_x509_certificates(trusted_pem)
    believed = [crl for crl in _crls(crl_pem) if any(crl.issuer == ca.subject and _may_be_believed(crl, ca) for ca in cas)]
    newest = _newest(crl for crl in believed if crl.issuer == cas[0].subject)
    if newest is None:
        raise CredentialError(
            tr("The CRL that is published is not signed by {issuer}, and not believed. Check what publishes it.", issuer=named(cas[0]))
        )
    if newest.next_update_utc is not None and newest.next_update_utc <= now:
        when = clock.stamp(newest.next_update_utc)
        raise CredentialError(tr("The CRL that is published ran out on {when}. Check what publishes it, and this host's clock.", when=when))
    return frozenset(entry.serial_number for crl in believed for entry in crl)


def until(crl_pem: bytes) -> dt.datetime | None:
    """When the first of some CRLs runs out; None when one does not say.

    :raises CredentialError: they are damaged.
    """
    ends = [crl.next_update_utc for crl in _crls(crl_pem)]
    return None if None in ends else min(end for end in ends if end is not None)


def issued_to_client(certificate_pem: bytes, trusted_pem: bytes) -> bool:
    """Whether a CA of ``trusted_pem`` issued a certificate, however long ago, for a client and not for a CA or a server alone.

    :raises CredentialError: either cannot be read.
    """
    return signatures.issued_by(certificate_pem, trusted_pem) and _client_problem(signatures.read(certificate_pem)) is None


def verify_chain(certificate_pem: bytes, trusted_pem: bytes, crl_pem: bytes | None, now: dt.datetime) -> None:
    """Ask whether a certificate is one of this deployment's people, good now.

    :param trusted_pem: the deployment's ``ca_chain.pem``: its issuing CA and, where it is there, the root. Nothing else is believed.
    :param crl_pem: the CRLs as published, of the issuing CA and perhaps of the root; None where there are none, and nobody is revoked.
    :param now: aware.
    :raises CredentialError: it is not, and why; each reason has its own sentence.
    """
    leaf, *cas = chain = signatures.chain_of(signatures.read(certificate_pem), trusted_pem)
    for ca in cas:
        _check_times(tr("The CA certificate {ca}", ca=named(ca)), ca, now, tr("Renew the deployment's CA"))
    _check_times(tr("The certificate of {leaf}", leaf=named(leaf)), leaf, now, tr("Have a new one issued"))
    problem = _client_problem(leaf)
    if problem is not None:
        raise CredentialError(
            tr(
                "The certificate of {leaf} is not a client's: {problem}. Use the one that was issued to you.",
                leaf=named(leaf),
                problem=problem,
            )
        )
    if crl_pem is None:
        return
    crls = _crls(crl_pem)
    for certificate, issuer in pairwise(chain):
        of_issuer = [crl for crl in crls if crl.issuer == issuer.subject]
        if of_issuer or certificate is leaf:
            _check_revoked(certificate, issuer, of_issuer, now)


def _check_times(what: str, certificate: x509.Certificate, now: dt.datetime, advice: str) -> None:
    if now > certificate.not_valid_after_utc:
        raise CredentialError(
            tr(
                "{what} ran out on {until}, and proves nothing since. {advice}.",
                what=what,
                until=clock.stamp(certificate.not_valid_after_utc),
                advice=advice,
            )
        )
    if now < certificate.not_valid_before_utc:
        raise CredentialError(
            tr(
                "{what} is not valid before {start}, and by this host's clock it is {now}. Check the clock, or wait.",
                what=what,
                start=clock.stamp(certificate.not_valid_before_utc),
                now=clock.stamp(now),
            )
        )


def _client_problem(leaf: x509.Certificate) -> str | None:
    """Why a certificate is not one to sign in with, as the end of a sentence; None when it is."""
    constraints = signatures.extension(leaf, x509.BasicConstraints)
    usage = signatures.extension(leaf, x509.KeyUsage)
    uses = signatures.extension(leaf, x509.ExtendedKeyUsage)
    unknown = signatures.strange(leaf)
    if (constraints is not None and constraints.ca) or (usage is not None and usage.key_cert_sign):
        return tr("it is a CA's")
    if uses is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in uses:
        return tr("its uses (extendedKeyUsage) leave out clientAuth")
    if usage is not None and not usage.digital_signature:
        return tr("its key is not for signing (keyUsage without digitalSignature)")
    return tr("it demands something that is not known here ({unknown})", unknown=unknown) if unknown is not None else None


def _crls(pem: bytes) -> list[x509.CertificateRevocationList]:
    blocks = _CRL.findall(pem)
    crls: list[x509.CertificateRevocationList] = []
    try:
        for block in blocks:
            crl = x509.load_pem_x509_crl(block)
            _ = (crl.issuer, crl.extensions, crl.signature_hash_algorithm)
            crls.append(crl)
    except UNREADABLE:
        crls = []
    if not crls or pem.count(b"-----BEGIN ") > len(crls):
        raise CredentialError(
            tr("The deployment's CRL is damaged, so nobody knows who is revoked. Renew it with “rmtui crl” and try again.")
        )
    return crls


def _check_revoked(
    certificate: x509.Certificate, issuer: x509.Certificate, crls: Iterable[x509.CertificateRevocationList], now: dt.datetime
) -> None:
    """Look a certificate up in its issuer's newest CRL.

    :param crls: those that name the issuer.
    """
    newest = _newest(crl for crl in crls if _may_be_believed(crl, issuer))
    if newest is None:
        raise CredentialError(
            tr(
                "The CRL is not signed by {issuer} and not believed, so nobody knows whether {certificate} is revoked. "
                "Renew it with “rmtui crl” and try again.",
                issuer=named(issuer),
                certificate=named(certificate),
            )
        )
    entry = newest.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is not None:
        raise CredentialError(
            tr(
                "The certificate of {certificate} was revoked on {when} ({reason}). Use the one that took its place, or ask an admin.",
                certificate=named(certificate),
                when=clock.stamp(entry.revocation_date_utc),
                reason=_reason(entry),
            )
        )
    if newest.next_update_utc is None:
        raise CredentialError(
            tr(
                "The CRL of {issuer} does not say how long it holds, so nobody knows whether {certificate} is revoked. Renew it with "
                "“rmtui crl” and try again.",
                issuer=named(issuer),
                certificate=named(certificate),
            )
        )
    if now > newest.next_update_utc:
        raise CredentialError(
            tr(
                "The CRL of {issuer} ran out on {when}, so nobody knows whether {certificate} is revoked. Renew it with “rmtui crl” and "
                "try again.",
                issuer=named(issuer),
                when=clock.stamp(newest.next_update_utc),
                certificate=named(certificate),
            )
        )


def _newest(crls: Iterable[x509.CertificateRevocationList]) -> x509.CertificateRevocationList | None:
    return max(crls, key=lambda crl: (crl.last_update_utc, crl_number(crl)), default=None)


def _may_be_believed(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether a CRL is its issuer's own, and speaks of all that it revoked: no part, no addition to another."""
    usage = signatures.extension(issuer, x509.KeyUsage)
    if (usage is not None and not usage.crl_sign) or signatures.weak(crl) or signatures.strange(crl) is not None:
        return False
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except UNREADABLE:
        return False


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return str(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return "unspecified"
