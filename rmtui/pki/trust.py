"""What a CA that is not ours is believed by: the certificates that this host was given, and whether an answer stands up to them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.pki import files, signatures
from rmtui.pki.certificates import common_name
from rmtui.pki.chain import verify_chain
from rmtui.pki.http import AnswerLost
from rmtui.pki.interface import AuthorityMissing, CredentialError, FileMissing, PKIError
from rmtui.pki.signatures import UNREADABLE
from rmtui.text import plain

__all__ = ["CA_CHAIN", "Issuers", "believed_issuer", "judge", "key_id", "pem_of", "read_answer", "read_trusted"]

CA_CHAIN: Final = "ca_chain.pem"
"""The file that names the deployment's own CAs and no others."""
LONGEST_LIFE: Final = dt.timedelta(days=3660)
"""No person's certificate is meant to live longer."""
_BLOCK: Final = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")
_MOST_FILES: Final = 200
_MOST_IN_ANSWER: Final = 8


def read_trusted(place: Path) -> bytes:
    """PEM of the CA certificates of a file, or of a directory: of its ``ca_chain.pem`` where there is one, else of all its PEM files.

    Others, such as those that web servers are believed by, may lie in the directory too; they issue no people.

    :raises AuthorityMissing: there are none.
    :raises StorageError: a file cannot be read.
    """
    found: dict[bytes, None] = {}
    for path in _files(place):
        try:
            data = files.read_file(path, follow=True)
        except FileMissing:
            continue
        blocks = _BLOCK.findall(data)
        if len(blocks) != data.count(b"-----BEGIN CERTIFICATE-----") or not all(map(_readable, blocks)):
            raise AuthorityMissing(
                tr(
                    "{path} holds a CA certificate that is damaged, so nothing that the CA answers can be believed. Nothing "
                    "was asked of it; restore the file.",
                    path=plain(path),
                )
            )
        found.update(dict.fromkeys(blocks))
    if not found:
        raise AuthorityMissing(
            tr(
                "There is no CA certificate in {place}, so nothing that the CA answers can be believed. Nothing was asked "
                "of it; LOCAL_CA_CERTS_PATH names the place.",
                place=plain(place),
            )
        )
    return b"".join(block + b"\n" for block in found)


def _readable(block: bytes) -> bool:
    try:
        signatures.read(block)
    except CredentialError:
        return False
    return True


def _files(place: Path) -> list[Path]:
    with files.storage(place, "read"):
        if not place.is_dir():
            return [place]
        if (place / CA_CHAIN).is_file():
            return [place / CA_CHAIN]
        return sorted(path for path in place.iterdir() if path.suffix in {".pem", ".crt"} and path.is_file())[:_MOST_FILES]


def read_answer(text: str) -> list[x509.Certificate]:
    """The certificates of an answer, whose line ends may be the two characters ``\\n``.

    :raises AnswerLost: there are none, too many, or they are damaged; what was done is not known.
    """
    found: list[x509.Certificate] = []
    try:
        blocks = _BLOCK.findall(text.replace("\\r", "").replace("\\n", "\n").encode("ascii"))
        if 0 < len(blocks) <= _MOST_IN_ANSWER:
            found = [signatures.read(block) for block in blocks]
    except (CredentialError, ValueError):
        found = []
    if not found:
        raise AnswerLost(tr("The CA answered with something that is no certificate."))
    return found


def believed_issuer(issuer: x509.Certificate, trusted_pem: bytes) -> bytes:
    """PEM of a CA's certificate, then of all that is trusted, provided that it is one of those or was issued by one.

    :raises PKIError: it is not.
    """
    trusted = x509.load_pem_x509_certificates(trusted_pem)
    if issuer not in trusted:
        try:
            signatures.chain_of(issuer, trusted_pem)
        except CredentialError as error:
            raise PKIError(
                tr(
                    "The CA that answers, {issuer}, is none that LOCAL_CA_CERTS_PATH holds, nor issued by one. It was not "
                    "believed; check RM_CFSSL_HOST and that path.",
                    issuer=signatures.named(issuer),
                )
            ) from error
    return pem_of(issuer) + b"".join(pem_of(each) for each in trusted if each != issuer)


class Issuers:
    """The CAs of a deployment, to ask of many certificates whether they issued them; what is above these is looked at once."""

    def __init__(self, trusted_pem: bytes) -> None:
        """Take them as :meth:`rmtui.pki.interface.Authority.ca_chain` gives them.

        :raises ValueError: they cannot be read.
        """
        self._trusted = trusted_pem
        self._cas = x509.load_pem_x509_certificates(trusted_pem)

    def issued(self, leaf: x509.Certificate, above: Iterable[x509.Certificate]) -> bool:
        """Whether one of them issued a certificate, or a CA below them did that they do not name any more.

        :param above: what stands above the certificate in its file; believed only as far as they issued it.
        """
        if any(signatures.signed_by(leaf, ca) for ca in self._cas):
            return True
        for ca in above:
            try:
                signatures.chain_of(leaf, believed_issuer(ca, self._trusted))
            except (PKIError, *UNREADABLE):
                continue
            self._cas.append(ca)
            return True
        return False


def judge(
    leaf: x509.Certificate,
    issuer: x509.Certificate,
    request: x509.CertificateSigningRequest,
    callsign: str,
    chain_pem: bytes,
    now: dt.datetime,
) -> str | None:
    """Why a certificate is not what was asked for, as the end of a sentence; None when it is.

    :param chain_pem: what :func:`believed_issuer` gives for ``issuer``.
    """
    if leaf.public_key() != request.public_key():
        return tr("it is for another key")
    if leaf.subject != common_name(callsign):
        return tr("it names {subject}", subject=plain(leaf.subject.rfc4514_string(), 80))
    if not signatures.signed_by(leaf, issuer):
        return tr("{issuer}, which came with it, did not sign it", issuer=signatures.named(issuer))
    if signatures.extension(leaf, x509.SubjectAlternativeName) is not None:
        return tr("it holds other names (subjectAltName)")
    if leaf.not_valid_after_utc - leaf.not_valid_before_utc > LONGEST_LIFE:
        return tr("it lives longer than ten years")
    try:
        verify_chain(pem_of(leaf), chain_pem, None, now)
    except RmtuiError as error:
        return tr("on looking at it: {error}", error=error.sentence)
    return None


def key_id(ca: x509.Certificate) -> str | None:
    """A CA's subject key identifier, lower-case hexadecimal; None when it has none."""
    found = signatures.extension(ca, x509.SubjectKeyIdentifier)
    return found.digest.hex() if found is not None else None


def pem_of(certificate: x509.Certificate) -> bytes:
    """PEM of one certificate."""
    return certificate.public_bytes(Encoding.PEM)
