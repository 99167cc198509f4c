"""What is told of a certificate."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

__all__ = ["CRLState", "CertificateView"]


@dataclass(frozen=True, slots=True)
class CRLState:
    """What the published CRL says of a certificate."""

    listed: bool | None
    """Whether it is revoked by it; None when nobody can tell."""
    sentence: str
    """For the operator; foreign text in it is harmless."""
    late: bool = False
    """Whether the CRL has run out, so that those who check may believe nobody."""


@dataclass(frozen=True, slots=True)
class CertificateView:
    """What a person's certificate says."""

    serial: str
    """Lower-case hexadecimal."""
    fingerprint: str
    """SHA-256 of the certificate, lower-case hexadecimal."""
    subject: str
    issuer: str
    key: str
    not_before: dt.datetime
    not_after: dt.datetime
    crl: CRLState
