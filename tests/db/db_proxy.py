"""A wire to PostgreSQL that can be cut at the very moment a transaction commits."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlencode

from psycopg2.extensions import parse_dsn

COMMIT = b"COMMIT"


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
            server = self._dial()
            self._sockets.append(server)
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    def _dial(self) -> socket.socket:
        host, port = self._params.get("host", "127.0.0.1"), int(self._params.get("port", 5432))
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{host}/.s.PGSQL.{port}")
            return server
        return socket.create_connection((host, port))

    def _up(self, client: socket.socket, server: socket.socket) -> None:
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
                        server.sendall(data)
                        server.settimeout(2)
                        server.recv(1)
                    break
                server.sendall(data)
        _cut(server)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _cut(client)


def _cut(wire: socket.socket) -> None:
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)
    wire.close()
