"""What leaves the deployment: a person's key and certificate in one file, after a look at whose they are."""

from __future__ import annotations

from pathlib import Path

from rmtui.i18n import tr
from rmtui.pki.identity import read_certificate, read_file, read_pfx
from rmtui.pki.interface import FileMissing, PKIError
from rmtui.text import plain

__all__ = ["check_names", "names_another", "pem_bundle", "pfx_bundle"]


def names_another(names: str, callsign: str) -> str:
    """What is wrong with a certificate whose one CN is ``names``; empty when it is ``callsign``."""
    if names == callsign:
        return ""
    return tr(
        "The certificate there names {names}, not {callsign}. Find out who put it there.",
        names=plain(names, 80) or tr("nobody"),
        callsign=plain(callsign, 80),
    )


def check_names(directory: Path, callsign: str) -> None:
    """Whether the certificate in a person's directory is theirs.

    :raises PKIError: it is not, is not there, or cannot be read.
    """
    problem = names_another(read_certificate(directory).names, callsign)
    if problem:
        raise PKIError(tr("{problem} Nothing was handed out.", problem=problem))


def pfx_bundle(directory: Path, callsign: str) -> bytes:
    """The person's PFX; its password is the callsign.

    :raises PKIError: it holds another certificate than ``mtls.pem``, or cannot be read.
    """
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    check_names(directory, callsign)
    pfx = read_pfx(directory, callsign)
    try:
        opened = load_pkcs12(pfx, callsign.encode())
    except ValueError:
        held = []
    else:  # without a key, which certificate is the person's is not marked
        held = [opened.cert] if opened.cert is not None else opened.additional_certs
    fingerprint = read_certificate(directory).fingerprint
    if all(each.certificate.fingerprint(hashes.SHA256()).hex() != fingerprint for each in held):
        raise PKIError(
            tr(
                "The PFX of {callsign} does not open with the callsign, or holds another certificate than the one on "
                "record. Nothing was handed out; take the PEM, or issue a new one.",
                callsign=plain(callsign),
            )
        )
    return pfx


def pem_bundle(directory: Path, callsign: str) -> bytes:
    """Key, certificate and chain as PEM; no key where the person keeps it to themselves.

    :raises PKIError: the key is for another certificate, or a file cannot be read.
    """
    from cryptography import x509

    from rmtui.pki import keys

    check_names(directory, callsign)
    certificates = read_file(directory, "mtls.pem")
    try:
        key = read_file(directory, "mtls.key")
    except FileMissing:
        return certificates
    leaf = x509.load_pem_x509_certificates(certificates)[0]
    if keys.load(key, what=tr("The key in {directory}", directory=plain(directory))).public_key() != leaf.public_key():
        raise PKIError(
            tr(
                "The key of {callsign} is not the certificate's. Nothing was handed out; restore both from one backup.",
                callsign=plain(callsign),
            )
        )
    return key.rstrip(b"\n") + b"\n" + certificates
