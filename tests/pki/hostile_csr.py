"""CSRs that no library makes: assembled byte by byte, and signed."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CN = bytes.fromhex("0603550403")
O = bytes.fromhex("060355040a")  # noqa: E741
SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
SHA1_RSA = bytes.fromhex("06092a864886f70d010105")
EXTENSION_REQUEST = bytes.fromhex("06092a864886f70d01090e")
CA_TRUE = bytes.fromhex("0603551d13") + bytes.fromhex("040530030101ff")


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def attribute(oid: bytes, value: bytes, tag: int = 0x0C) -> bytes:
    return der(0x30, oid, der(tag, value))


def name(*rdns: Sequence[bytes]) -> bytes:
    return der(0x30, *(der(0x31, *attributes) for attributes in rdns))


def extension_request(*extensions: bytes) -> bytes:
    return der(0x30, EXTENSION_REQUEST, der(0x31, der(0x30, *(der(0x30, extension) for extension in extensions))))


def pem(content: bytes, label: str = "CERTIFICATE REQUEST") -> bytes:
    body = base64.encodebytes(content).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


def csr(
    key: rsa.RSAPrivateKey,
    subject: bytes,
    *,
    attributes: bytes = b"",
    public: rsa.RSAPublicKey | None = None,
    algorithm: bytes = SHA256_RSA,
    hash_: hashes.HashAlgorithm | None = None,
) -> bytes:
    """PEM of a CSR with these parts, truly signed by ``key``."""
    spki = (public or key.public_key()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = der(0x30, b"\x02\x01\x00", subject, spki, der(0xA0, attributes))
    signature = key.sign(body, padding.PKCS1v15(), hash_ or hashes.SHA256())
    return pem(der(0x30, body, der(0x30, algorithm, b"\x05\x00"), der(0x03, b"\x00", signature)))
