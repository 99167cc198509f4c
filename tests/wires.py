"""A wire to PostgreSQL that can be cut at the very moment a transaction commits."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from psycopg2.extensions import parse_dsn

COMMIT = b"COMMIT"
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


class Wire:
    """Hands everything on, until :attr:`plan` says what is to become of the next commit.

    ``before``: the client is cut off and the server never hears of it. ``after``: the server commits, the answer is lost.
    ``late``: the client is cut off, and the server hears of it :attr:`delay` seconds later.
    """

    delay = 0.5

    def __init__(self, dsn: str) -> None:
        self._params = parse_dsn(dsn)
        self.plan: str | None = None
        self.down = False
        self.cut = threading.Event()
        self.settled = threading.Event()
        """What was planned has happened, at the server too."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def dsn(self) -> str:
        """The database, by way of this wire."""
        host, port = self._listener.getsockname()
        user = self._params.get("user", "postgres")
        query = urlencode({"sslmode": "disable", "gssencmode": "disable"})
        password = f":{self._params['password']}" if "password" in self._params else ""
        return f"postgresql://{user}{password}@{host}:{port}/{self._params['dbname']}?{query}"

    def close(self) -> None:
        """Cut everything."""
        for each in (self._listener, *self._sockets):
            _cut(each)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            if self.down:
                _cut(client)
                continue
            greeted = self._greet(client)
            if greeted is None:
                continue
            client, server = greeted, self._dial()
            self._sockets += [client, server]
            answered = threading.Event()
            threading.Thread(target=self._up, args=(client, server, answered), daemon=True).start()
            threading.Thread(target=self._back, args=(server, client, answered), daemon=True).start()

    def _greet(self, client: socket.socket) -> socket.socket | None:
        """What the client goes on with; None when it went away."""
        return client

    def _dial(self) -> socket.socket:
        host, port = self._params.get("host", "127.0.0.1"), int(self._params.get("port", 5432))
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{host}/.s.PGSQL.{port}")
            return server
        return socket.create_connection((host, port))

    def _up(self, client: socket.socket, server: socket.socket, answered: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                plan = self.plan if COMMIT in data else None
                if plan is not None:
                    self.plan = None
                    self.cut.set()
                    _cut(client)
                    if plan == "late":
                        time.sleep(self.delay)
                    if plan != "before":
                        answered.clear()
                        server.sendall(data)
                        answered.wait(20)
                    self.settled.set()
                    break
                server.sendall(data)
        _cut(server)

    def _back(self, server: socket.socket, client: socket.socket, answered: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                answered.set()
                client.sendall(data)
        _cut(client)


class TLSFront(Wire):
    """A server that takes TLS as PostgreSQL does, in front of one that was built without; without a certificate it has none either."""

    def __init__(self, dsn: str, certificate: Path | None) -> None:
        """Serve with a PEM file of key and certificate."""
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        super().__init__(dsn)

    def url(self, host: str = "127.0.0.1", **options: str) -> str:
        """The database, by way of this server."""
        name, port = self._params["dbname"], self._listener.getsockname()[1]
        query = urlencode({"gssencmode": "disable", **options})
        return f"postgresql://{self._params.get('user', 'postgres')}@{host}:{port}/{name}?{query}"

    def _greet(self, client: socket.socket) -> socket.socket | None:
        with suppress(OSError):
            if client.recv(8, socket.MSG_PEEK) != SSL_REQUEST:
                return client
            client.recv(8)
            client.sendall(b"S" if self._context else b"N")
            return self._context.wrap_socket(client, server_side=True) if self._context else client
        _cut(client)
        return None


def _cut(wire: socket.socket) -> None:
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)
    wire.close()
