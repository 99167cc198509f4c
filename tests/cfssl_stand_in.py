"""A CFSSL and an ocsprest in a thread, which answer as the deployment's do, or as a test tells them to."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from rmtui import clock
from rmtui.pki import certificates
from rmtui.pki.interface import Revocation
from rmtui.pki.keys import private_pem
from rmtui.settings import Settings

SIGN, CFSSL_SIGN, INFO, REVOKE = "/api/v1/csr/sign", "/api/v1/cfssl/sign", "/api/v1/cfssl/info", "/api/v1/cfssl/revoke"
REFRESH, DUMP, CRL = "/api/v1/refresh", "/api/v1/dump_crl", "/api/v1/crl/crl.pem"
LIFE = dt.timedelta(hours=1008)
Reply = tuple[int, bytes]
Act = Callable[["_Handler"], "Reply | None"]


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(*signed: x509.Certificate | x509.CertificateRevocationList) -> str:
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in signed)


class CA:
    """A root and an issuing CA, in memory."""

    def __init__(self, name: str = "Deployment") -> None:
        now = clock.utcnow() - dt.timedelta(days=100)
        self.root_key, self.key = new_key(), new_key()
        self.root = certificates.root_certificate(self.root_key, f"{name} root", now)
        self.issuing = certificates.issuing_certificate(self.key.public_key(), f"{name} issuing", self.root, self.root_key, now)

    def leaf(self, public_key: Any, callsign: str, *, age: dt.timedelta = dt.timedelta(), life: dt.timedelta = LIFE) -> x509.Certificate:
        return certificates.leaf_certificate(public_key, callsign, self.issuing, self.key, now=clock.utcnow() - age, life=life)

    def other(self, public_key: Any, callsign: str, extension: x509.ExtensionType, *, life: dt.timedelta = LIFE) -> x509.Certificate:
        """A certificate with one extension, whatever it is."""
        now = clock.utcnow()
        return (
            x509.CertificateBuilder()
            .subject_name(certificates.common_name(callsign))
            .issuer_name(self.issuing.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(minutes=5))
            .not_valid_after(now + life)
            .add_extension(extension, critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def write_pair(self, path: Path, name: str, *, server: bool = False) -> None:
        """A certificate of this CA and its key, ``path`` and ``path`` with ``.key``."""
        key = new_key()
        made: Any = self.leaf(key.public_key(), name)
        if server:
            made = self.other(key.public_key(), name, x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]))
        path.write_text(pem(made, self.issuing))
        path.with_suffix(".key").write_bytes(private_pem(key))


class StandIn:
    """The servers; both sets of paths on one port."""

    def __init__(self, directory: Path, *, tls: bool = False) -> None:
        self.ca = CA()
        self.issued: dict[int, x509.Certificate] = {}
        self.revoked: dict[int, Revocation] = {}
        self.asked: list[tuple[str, Any]] = []
        self.plans: dict[str, list[Act]] = {}
        """What is done instead of answering, by path: one for each request, the last for all that follow."""
        self.released = threading.Event()
        self.public = directory / "ca_public"
        self.public.mkdir()
        (self.public / "root_ca.pem").write_text(pem(self.ca.root))
        self._directory = directory
        self._server: ThreadingHTTPServer | None = None
        self._tls: ssl.SSLContext | None = None
        if tls:
            self.ca.write_pair(directory / "server.pem", "server", server=True)
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(directory / "server.pem", directory / "server.key")
            self._tls.load_verify_locations(cadata=pem(self.ca.root))
            self._tls.verify_mode = ssl.CERT_REQUIRED
        self.start()

    def start(self) -> None:
        """Listen, on the port of before if there was one."""
        self.released = threading.Event()
        handler = type("Bound", (_Handler,), {"stand_in": self})
        self._server = _Server(("127.0.0.1", getattr(self, "port", 0)), handler)
        self._server.tls = self._tls
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Be gone: the connection is refused."""
        self.released.set()
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def env(self, *, ocsprest: bool = True, timeout: float = 10) -> dict[str, str]:
        host = f"{'http' if self._tls is None else 'https'}://127.0.0.1"
        found = {
            "RM_CERT_BACKEND": "cfssl",
            "RM_CFSSL_HOST": host,
            "RM_CFSSL_PORT": str(self.port),
            "RM_CFSSL_TIMEOUT": str(timeout),
            "LOCAL_CA_CERTS_PATH": str(self.public),
            "HOME": str(self._directory),
        }
        return found | ({"RM_OCSPREST_HOST": host, "RM_OCSPREST_PORT": str(self.port)} if ocsprest else {})

    def settings(self, **options: Any) -> Settings:
        return Settings.from_env(self.env(**options))

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def crl(self) -> x509.CertificateRevocationList:
        return certificates.crl(self.ca.issuing, self.ca.key, self.revoked.values(), number=len(self.revoked) + 1, now=clock.utcnow())

    def useless_lists(self) -> dict[str, Act]:
        """What may be published that nobody can go by."""
        ca, stranger, now = self.ca, CA("Stranger"), clock.utcnow()
        made = {
            "of another CA": (stranger.issuing, stranger.key, now),
            "forged": (ca.issuing, stranger.key, now),
            "of the root alone": (ca.root, ca.root_key, now),
            "run out": (ca.issuing, ca.key, now - dt.timedelta(days=90)),
        }
        lists = {why: says(200, pem(certificates.crl(issuer, key, [], number=1, now=at))) for why, (issuer, key, at) in made.items()}
        damaged = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"
        return {"none": says(404, "404 page not found"), "damaged": says(200, damaged), **lists}

    def answer(self, path: str, asked: Any) -> Reply:
        """As the deployment does."""
        if path in {SIGN, CFSSL_SIGN}:
            request = x509.load_pem_x509_csr(asked["certificate_request"].encode())
            name = request.subject.rfc4514_string().removeprefix("CN=")
            return self.give(path, self.ca.leaf(request.public_key(), name))
        if path == INFO:
            return told({"certificate": pem(self.ca.issuing)})
        if path == REVOKE:
            found = self.issued.get(int(asked["serial"]))
            right = asked["authority_key_id"] == certificates._authority_key(self.ca.issuing).key_identifier.hex()
            if found is None or not right:
                return refused(400, 11200, "failed to revoke the certificate: certificate not found")
            self.revoked.setdefault(found.serial_number, Revocation(found.serial_number, clock.utcnow(), asked["reason"]))
            return told({})
        if path in {REFRESH, DUMP}:
            return 200, b'{"success": true}'
        return (200, pem(self.crl()).encode()) if path == CRL else (404, b"404 page not found")

    def give(self, path: str, *chain: x509.Certificate) -> Reply:
        """A certificate, in the form of ocsprest with the CA behind it, or in that of CFSSL."""
        self.issued[chain[0].serial_number] = chain[0]
        if path == CFSSL_SIGN:
            return told({"certificate": pem(chain[0]).rstrip("\n")})
        bundle = pem(*chain, *([self.ca.issuing] if len(chain) == 1 else []))
        return 200, json.dumps({"result": {"certificate": bundle.replace("\n", "\\n")}}).encode()

    # what a test may have it do instead

    def plan(self, path: str, *acts: Act) -> None:
        self.plans[path] = list(acts)

    def signs(self, make: Callable[[Any], list[x509.Certificate]]) -> Act:
        """Sign something else: what ``make`` gives for the public key of the request."""

        def act(handler: _Handler) -> Reply:
            request = x509.load_pem_x509_csr(handler.asked["certificate_request"].encode())
            return self.give(handler.path, *make(request.public_key()))

        return act


def told(result: Any) -> Reply:
    return 200, json.dumps({"success": True, "result": result, "errors": [], "messages": []}).encode()


def refused(status: int, code: int, message: str) -> Reply:
    answer = {"success": False, "result": None, "errors": [{"code": code, "message": message}], "messages": []}
    return status, json.dumps(answer).encode()


def says(status: int, body: bytes | str) -> Act:
    return lambda _handler: (status, body.encode() if isinstance(body, str) else body)


def errs(status: int, code: int, message: str) -> Act:
    return lambda _handler: refused(status, code, message)


def usual(handler: _Handler) -> Reply:
    return handler.stand_in.answer(handler.path, handler.asked)


def hangs(handler: _Handler) -> None:
    handler.stand_in.released.wait(30)


def drips(handler: _Handler) -> None:
    """A header that never ends: something comes before every timeout of a single read."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.stand_in.released.wait(0.02):
        try:
            handler.wfile.write(b"a")
        except OSError:
            return


def resets(handler: _Handler) -> None:
    """The connection is broken off."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def signs_and_resets(handler: _Handler) -> None:
    usual(handler)
    resets(handler)


def cuts(handler: _Handler) -> None:
    """Half an answer."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


def redirects(handler: _Handler) -> None:
    handler.send_response(307)
    handler.send_header("Location", INFO)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asks may be gone."""


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn
    asked: Any = None

    def log_message(self, *_args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked = json.loads(body) if body else None
        self.stand_in.asked.append((self.path, self.asked))
        plans = self.stand_in.plans.get(self.path) or [usual]
        reply = (plans.pop(0) if len(plans) > 1 else plans[0])(self)
        if reply is None:
            self.close_connection = True
            return
        self.send_response(reply[0])
        self.send_header("Content-Length", str(len(reply[1])))
        self.end_headers()
        self.wfile.write(reply[1])
