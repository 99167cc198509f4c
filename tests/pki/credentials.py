"""A root, an issuing CA and people's certificates as a test wants them, also as no authority would make them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from authorities import NOW
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from rmtui.pki import certificates
from rmtui.pki.interface import Revocation
from rmtui.pki.keys import PrivateKey

DAY = dt.timedelta(days=1)


def pem(*signed: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in signed)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(
    key: Any,
    subject: x509.Name,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    *extensions: tuple[x509.ExtensionType, bool],
    start: dt.datetime = NOW - DAY,
    end: dt.datetime = NOW + 30 * DAY,
    algorithm: hashes.HashAlgorithm | None = None,
) -> x509.Certificate:
    """A certificate with exactly these extensions."""
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(issuer_key, algorithm or hashes.SHA256())


def ca_extensions(length: int | None = None) -> list[tuple[x509.ExtensionType, bool]]:
    return [(x509.BasicConstraints(ca=True, path_length=length), True), (certificates.key_usage(ca=True), True)]


@dataclass(frozen=True)
class Tree:
    """A deployment's two CAs with their keys."""

    root_key: PrivateKey
    root: x509.Certificate
    issuing_key: PrivateKey
    issuing: x509.Certificate

    @property
    def trusted(self) -> bytes:
        return pem(self.issuing, self.root)

    def leaf(self, key: Any, callsign: str = "KARHU1", *, at: dt.datetime = NOW, days: int = 30) -> x509.Certificate:
        """As the deployment makes them."""
        return certificates.leaf_certificate(key.public_key(), callsign, self.issuing, self.issuing_key, now=at, life=days * DAY)

    def odd_leaf(self, *extensions: tuple[x509.ExtensionType, bool], **changes: Any) -> x509.Certificate:
        subject = certificates.common_name("KARHU1")
        return certificate(new_key(), subject, self.issuing.subject, self.issuing_key, *extensions, **changes)

    def with_issuing(self, *extensions: tuple[x509.ExtensionType, bool], **changes: Any) -> Tree:
        """The same, with the issuing CA's certificate made anew."""
        made = certificate(self.issuing_key, self.issuing.subject, self.root.subject, self.root_key, *extensions, **changes)
        return Tree(self.root_key, self.root, self.issuing_key, made)

    def crl(self, revocations: Iterable[Revocation] = (), *, at: dt.datetime = NOW) -> bytes:
        return pem(certificates.crl(self.issuing, self.issuing_key, revocations, number=1, now=at))

    def root_crl(self, revocations: Iterable[Revocation] = (), *, at: dt.datetime = NOW) -> bytes:
        return pem(certificates.crl(self.root, self.root_key, revocations, number=1, now=at))


def tree(name: str = "Testers", *, at: dt.datetime = NOW - DAY) -> Tree:
    root_key, issuing_key = new_key(), new_key()
    root = certificates.root_certificate(root_key, f"{name} root CA", at)
    issuing = certificates.issuing_certificate(issuing_key.public_key(), f"{name} issuing CA", root, root_key, at)
    return Tree(root_key, root, issuing_key, issuing)
