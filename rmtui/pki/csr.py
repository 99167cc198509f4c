"""Certificate signing requests: ours are made here, and people's are judged. Of a CSR only the key is ever used."""

from __future__ import annotations

import base64
import binascii
import functools
import re
import warnings
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from rmtui.errors import InvalidCallsign
from rmtui.i18n import later, tr
from rmtui.pki import keys
from rmtui.pki.certificates import common_name, key_usage
from rmtui.pki.interface import CSRError
from rmtui.text import callsign_problem, plain

__all__ = ["LONGEST_CSR", "CSRDetails", "build_csr", "check_csr", "describe_csr", "read_csr"]

LONGEST_CSR: Final = 64 * 1024
"""Bytes of PEM; a CSR with an RSA 8192 key takes four thousand."""

_BLOCK: Final = re.compile(rb"\s*-----BEGIN ((?:NEW )?CERTIFICATE REQUEST)-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*")
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512, hashes.SHA3_256, hashes.SHA3_384, hashes.SHA3_512)
_EXTENSION_REQUESTS: Final = {ObjectIdentifier("1.2.840.113549.1.9.14"), ObjectIdentifier("1.3.6.1.4.1.311.2.1.14")}
_NETSCAPE_TYPE: Final = ObjectIdentifier("2.16.840.1.113730.1.1")
_NETSCAPE_BARRED: Final = 0x47  # SSL server, SSL CA, S/MIME CA, object signing CA
_STRINGS: Final = ((0x0C, "utf-8"), (0x13, "ascii"), (0x1E, "utf-16-be"))  # UTF8String, PrintableString, BMPString
_NAMES: Final = {
    NameOID.COMMON_NAME: "CN",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COUNTRY_NAME: "C",
    NameOID.EMAIL_ADDRESS: "emailAddress",
    NameOID.SERIAL_NUMBER: "serialNumber",
}
_BARRED_EXTENSIONS: Final = {
    x509.SubjectAlternativeName: later("it asks for other names for the person (subjectAltName)"),
    x509.IssuerAlternativeName: later("it asks for other names for the authority (issuerAltName)"),
    x509.NameConstraints: later("it asks to be an authority (nameConstraints)"),
    x509.PolicyConstraints: later("it asks to be an authority (policyConstraints)"),
    x509.InhibitAnyPolicy: later("it asks to be an authority (inhibitAnyPolicy)"),
}


@dataclass(frozen=True, slots=True)
class CSRDetails:
    """What a CSR that passed says. The subject is foreign text."""

    subject: str
    """RFC 4514."""
    key: str
    """``RSA 4096``, ``EC P-256``."""
    fingerprint: str
    """SHA-256 of the public key (SPKI), lower-case hexadecimal."""
    pem: bytes
    """The request and nothing beside it."""


def build_csr(key: keys.PrivateKey, callsign: str) -> bytes:
    """PEM of a CSR for a key made here, with the extensions that a deployment's own have.

    :raises InvalidCallsign: a certificate cannot carry the callsign.
    """
    problem = callsign_problem(callsign)
    if problem is not None:
        raise InvalidCallsign(
            tr("“{callsign}” cannot stand in a certificate: {problem}. Nothing was signed.", callsign=plain(callsign, 40), problem=problem)
        )
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(common_name(callsign))
        .add_extension(key_usage(ca=False, encipher=isinstance(key, rsa.RSAPrivateKey)), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


def check_csr(pem: bytes | str, callsign: str) -> CSRDetails:
    """Judge a CSR for ``callsign``: one request, strong key, valid signature, the callsign as the whole subject, no CA, no server.

    :raises CSRError: it fails, and why; each failure has its own sentence.
    """
    subject, details = _judge(_bytes(pem))
    _check_subject(subject, callsign)
    return details


def read_csr(pem: bytes | str) -> tuple[str, CSRDetails]:
    """As :func:`check_csr`, for the callsign that the CSR itself names; that is foreign text.

    :raises CSRError: it fails.
    """
    subject, details = _judge(_bytes(pem))
    names = [str(attribute.value) for attribute in subject if attribute.oid == NameOID.COMMON_NAME]
    callsign = names[0] if names else "CALLSIGN"
    _check_subject(subject, callsign)
    return callsign, details


def describe_csr(pem: bytes | str) -> CSRDetails:
    """As :func:`check_csr`, but for a CSR whose callsign is not known yet: any subject passes.

    :raises CSRError: it fails otherwise.
    """
    return _judge(_bytes(pem))[1]


def _bytes(pem: bytes | str) -> bytes:
    return pem.encode("utf-8", "surrogatepass") if isinstance(pem, str) else bytes(pem)


@functools.lru_cache(maxsize=16)  # who approves looks at the same one several times
def _judge(pem: bytes) -> tuple[x509.Name, CSRDetails]:
    der = _unwrap(pem)
    try:
        with warnings.catch_warnings(action="ignore"):  # of lengths in the subject, which is foreign text
            request = x509.load_der_x509_csr(der)
            subject = request.subject
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise _refused(tr("it is damaged, or no CSR at all"), tr("Ask for a new one.")) from None
    key = _check_key(request)
    _check_signature(request)
    _check_extensions(request)
    return subject, CSRDetails(
        subject=subject.rfc4514_string(),
        key=keys.describe(key),
        fingerprint=keys.spki_fingerprint(key),
        pem=request.public_bytes(Encoding.PEM),
    )


def _refused(why: str, advice: str) -> CSRError:
    return CSRError(tr("The CSR is refused: {why}. Nothing was signed. {advice}", why=why, advice=advice))


def _unwrap(data: bytes) -> bytes:
    """The DER within the one PEM block that is all there is."""
    if len(data) > LONGEST_CSR:
        raise _refused(
            tr("it is {count} bytes long, and none needs more than {longest_csr}", count=f"{len(data):,}", longest_csr=f"{LONGEST_CSR:,}"),
            tr("Ask for a plain CSR."),
        )
    if not data.strip():
        raise _refused(tr("it is empty"), tr("Ask for one in PEM form."))
    if b"PRIVATE KEY-----" in data:
        raise _refused(tr("it holds a private key, which is now known to others"), tr("Ask for a CSR made with a new key."))
    blocks = data.count(b"-----BEGIN ")
    if blocks > 1:
        raise _refused(tr("it holds {blocks} PEM blocks, and one is expected", blocks=blocks), tr("Ask for the CSR alone."))
    match = _BLOCK.fullmatch(data)
    if match is None:
        why = tr("there is more than a CSR in it, or another kind of PEM") if blocks else tr("it is not in PEM form")
        raise _refused(why, tr("Ask for the text from “BEGIN CERTIFICATE REQUEST” to its end, and nothing else."))
    try:
        return base64.b64decode(b"".join(match[2].split()), validate=True)
    except binascii.Error:
        raise _refused(tr("its base64 is damaged"), tr("Ask for it to be sent again.")) from None


def _check_key(request: x509.CertificateSigningRequest) -> CertificateIssuerPublicKeyTypes:
    advice = tr("Ask for one with an RSA key of 2048 to 8192 bits, or a P-256, P-384 or P-521 key.")
    try:
        key = request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _refused(tr("its key is damaged or of an unknown kind"), advice) from None
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        if not 2048 <= key.key_size <= 8192:
            raise _refused(tr("its RSA key has {key_size} bits, and 2048 to 8192 are asked for", key_size=key.key_size), advice)
        if not 65537 <= numbers.e < 2**256 or numbers.e % 2 == 0 or numbers.n % 2 == 0:
            raise _refused(tr("its RSA key is malformed: the exponent or the modulus cannot be"), advice)
        return key
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, _CURVES):
            raise _refused(tr("its key is on the curve {name}", name=plain(key.curve.name)), advice)
        return key
    raise _refused(tr("its key is {key}, which phones and old desktops do not take", key=keys.describe(key)), advice)


def _check_signature(request: x509.CertificateSigningRequest) -> None:
    try:
        algorithm = request.signature_hash_algorithm
        valid = isinstance(algorithm, _HASHES) and request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _refused(tr("its signature is of an unknown kind"), tr("Ask for one signed with SHA-256.")) from None
    if not isinstance(algorithm, _HASHES):
        name = algorithm.name.upper() if algorithm is not None else tr("no hash")
        raise _refused(
            tr("its signature uses {name}, and SHA-256 or better is asked for", name=name), tr("Ask for one signed with SHA-256.")
        )
    if not valid:
        raise _refused(
            tr("its signature is not valid, so whoever sent it need not have the key"), tr("Ask for it to be made and sent again.")
        )


def _check_extensions(request: x509.CertificateSigningRequest) -> None:
    advice = tr("Ask for one without it; a person's certificate is for a client and nothing else.")
    try:
        asked = sum(attribute.oid in _EXTENSION_REQUESTS for attribute in request.attributes)
        extensions = list(request.extensions)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise _refused(
            tr("what it asks for cannot be read, or is asked for twice"), tr("Ask for a plain CSR without extensions.")
        ) from None
    if asked > 1:
        raise _refused(tr("it asks for extensions in more than one place"), tr("Ask for a plain CSR without extensions."))
    for extension in extensions:
        why = _wants(extension.value)
        if why is not None:
            raise _refused(tr(why), advice)


def _wants(value: x509.ExtensionType) -> str | None:
    """What an extension asks for that nobody gets; None when it asks for nothing of the kind."""
    if isinstance(value, x509.BasicConstraints):
        return tr("it asks to be an authority (CA:TRUE)") if value.ca else None
    if isinstance(value, x509.KeyUsage):
        return tr("it asks to sign certificates or CRLs (keyUsage)") if value.key_cert_sign or value.crl_sign else None
    if isinstance(value, x509.ExtendedKeyUsage):
        if ExtendedKeyUsageOID.SERVER_AUTH in value:
            return tr("it asks to be a server (serverAuth)")
        others = [usage.dotted_string for usage in value if usage != ExtendedKeyUsageOID.CLIENT_AUTH]
        return tr("it asks for another use than a client's (extendedKeyUsage {others})", others=", ".join(others[:3])) if others else None
    if isinstance(value, x509.UnrecognizedExtension) and value.oid == _NETSCAPE_TYPE:
        return tr("it asks to be an authority or a server (nsCertType)") if not value.value or value.value[-1] & _NETSCAPE_BARRED else None
    return next((what for kind, what in _BARRED_EXTENSIONS.items() if isinstance(value, kind)), None)


def _check_subject(subject: x509.Name, callsign: str) -> None:
    """The subject is one RDN of one attribute, which is the CN, in a sane string type, and the callsign to the byte."""
    wanted = f"CN={plain(callsign)}"
    advice = tr("Ask for one whose subject is exactly {wanted}.", wanted=wanted)
    attributes = list(subject)
    if not attributes:
        raise _refused(tr("its subject is empty"), advice)
    names = [attribute for attribute in attributes if attribute.oid == NameOID.COMMON_NAME]
    if len(names) > 1:
        raise _refused(tr("its subject has {count} CNs: {subject}", count=len(names), subject=_shown(subject)), advice)
    others = sorted({_NAMES.get(each.oid, each.oid.dotted_string) for each in attributes if each.oid != NameOID.COMMON_NAME})
    if not names:
        raise _refused(tr("its subject has no CN, only {others}", others=", ".join(others[:5])), advice)
    if others:
        raise _refused(tr("its subject says more than a CN: {others}", others=", ".join(others[:5])), advice)
    if names[0].value != callsign:
        raise _refused(tr("it is for “{name}”, not for “{callsign}”", name=plain(names[0].value, 80), callsign=plain(callsign)), advice)
    der = subject.public_bytes()
    values = ((tag, callsign.encode(encoding, "replace")) for tag, encoding in _STRINGS)
    if not any(len(value) < 0x80 and der.endswith(bytes((0x06, 0x03, 0x55, 0x04, 0x03, tag, len(value))) + value) for tag, value in values):
        raise _refused(tr("its CN is written in an outdated kind of string"), tr("Ask for one with a UTF-8 subject."))


def _shown(subject: x509.Name) -> str:
    return plain(subject.rfc4514_string(), 120)
