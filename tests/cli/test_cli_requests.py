"""Bad certificate requests are refused, and nothing is made."""

from __future__ import annotations

import base64

import pytest
from cli_running import told
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from making import everybody, make_enrollment, make_operator, state_of
from rmtui.services.types import State

CODE = "KROW2IAB"


@pytest.fixture
def boss(embedded, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


def request(*names: str, key=None, sign=None, extensions=(), algorithm=None) -> bytes:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, algorithm or hashes.SHA256()).public_bytes(Encoding.PEM)


def broken() -> bytes:
    body = x509.load_pem_x509_csr(request("RAVEN")).public_bytes(Encoding.DER)
    return b"-----BEGIN CERTIFICATE REQUEST-----\n" + base64.encodebytes(body[:-4] + b"\0\0\0\1") + b"-----END CERTIFICATE REQUEST-----\n"


HIDDEN = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "CN=RAVEN"), x509.NameAttribute(NameOID.COMMON_NAME, "OTHER")])
REQUESTS = {
    "another name": lambda: request("RAVEN1"),
    "other case": lambda: request("raven"),
    "two names": lambda: request("RAVEN", "OTHER"),
    "no name": lambda: request(),
    "a hidden name": lambda: (
        x509.CertificateSigningRequestBuilder()
        .subject_name(HIDDEN)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
        .public_bytes(Encoding.PEM)
    ),
    "a weak key": lambda: request("RAVEN", key=rsa.generate_private_key(65537, 1024)),
    "a broken signature": broken,
    "an authority": lambda: request("RAVEN", extensions=[x509.BasicConstraints(True, None)]),
    "a server": lambda: request("RAVEN", extensions=[x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])]),
    "garbage": lambda: b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
    "not text": lambda: bytes(range(256)),
    "nothing": lambda: b"",
    "far too much": lambda: b"A" * 1_000_000,
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_bad_requests(boss, cli, tmp_path, kind):
    file = tmp_path / "raven.csr"
    file.write_bytes(REQUESTS[kind]())
    told(cli("enrollments", "create", "RAVEN", "--csr", str(file), "--yes"), 1)
    told(cli("enrollments", "show", "RAVEN"), 1, "There is no")


def test_bad_requests_stored_by_others_are_not_signed(boss, cli):
    for kind in ("another name", "a weak key", "a server"):
        waiting = make_enrollment("RAVEN" + kind[-1].upper(), CODE + kind[-1].upper(), csr=REQUESTS[kind]().decode())
        told(cli("enrollments", "approve", waiting.callsign, "--code", waiting.approvecode, "--yes"), 1)
        assert state_of(waiting) is State.PENDING
    assert everybody() == ["BOSS"]


def test_a_request_that_cannot_be_read(boss, cli, tmp_path):
    told(cli("enrollments", "create", "RAVEN", "--csr", str(tmp_path / "none"), "--yes"), 1, "No such file")
    told(cli("enrollments", "create", "RAVEN", "--csr", str(tmp_path), "--yes"), 1, "Is a directory")
