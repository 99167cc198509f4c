"""An authority made for a test, and what is read back of it."""

from __future__ import annotations

import datetime as dt
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography import x509

from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import (
    StorageError,
)
from rmtui.settings import Secret

Run = Callable[..., Any]
NOW = dt.datetime(2030, 6, 1, 12, 0, 0, tzinfo=dt.UTC)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def make(tmp_path: Path, *, passphrase: str = "", hours: int = 1008, key_type: str = "ec256") -> EmbeddedAuthority:
    return EmbeddedAuthority.create(
        tmp_path / "private" / "ca", tmp_path / "public", passphrase=Secret(passphrase), hours=hours, key_type=key_type, name="Testers"
    )


def failure(act: Callable[[], object]) -> str | None:
    """The sentence with which files could not be written; None when they were."""
    try:
        act()
    except StorageError as error:
        return error.sentence
    return None


def chain_of(authority: EmbeddedAuthority) -> tuple[x509.Certificate, x509.Certificate]:
    issuing, root = x509.load_pem_x509_certificates(authority.ca_chain())
    return issuing, root


def crls_of(authority: EmbeddedAuthority) -> tuple[x509.CertificateRevocationList, x509.CertificateRevocationList]:
    end = b"-----END X509 CRL-----\n"
    issuing, root, rest = authority.crl().split(end)
    assert rest == b""
    return x509.load_pem_x509_crl(issuing + end), x509.load_pem_x509_crl(root + end)


def number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def usages(certificate: x509.Certificate) -> set[str]:
    extension = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert extension.critical
    names = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    ]
    return {name for name in names if getattr(extension.value, name)}


def key_ids(certificate: x509.Certificate) -> tuple[bytes, bytes | None]:
    """SKI and AKI; neither is critical."""
    subject = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert not subject.critical
    assert subject.value == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    try:
        above = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return subject.value.digest, None
    assert not above.critical
    return subject.value.digest, above.value.key_identifier


def accepts(authority: EmbeddedAuthority, tmp_path: Path, certificate: bytes, openssl: Run, *, revoked: bool = False) -> None:
    """Whether openssl, where there is one, accepts the certificate, or refuses it as revoked."""
    (tmp_path / "leaf.pem").write_bytes(certificate)
    chain, crl = authority.public_dir / "ca_chain.pem", authority.public_dir / "crl.pem"
    seen = openssl(
        "verify", "-x509_strict", "-crl_check_all", "-purpose", "sslclient", "-CAfile", chain, "-CRLfile", crl, tmp_path / "leaf.pem"
    )
    if seen is not None:
        assert (seen.returncode == 0) is not revoked, seen
        assert not revoked or b"certificate revoked" in seen.stderr
