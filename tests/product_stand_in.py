"""A product that keeps what it is told, and fails in whichever way it is asked to."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rmtui.services.effects import running


class Product:
    """Serves on a port of its own until it is closed."""

    def __init__(self, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        self.told: list[tuple[str, str]] = []
        """Message and callsign of all that were taken, in order."""
        self.bodies: list[dict[str, str]] = []
        self.asked = 0
        """How many came, taken or not."""
        self.at_once = 0
        """The most for one person that were under way at the same time."""
        self.answers: list[object] = []
        """What the next are answered: a status, a text, ``hang``, ``reset``, ``slow``, or ``True`` as when there is none left."""
        self.breaks: set[str] = set()
        """Callsigns that it drops the connection over."""
        self.release = threading.Event()
        self._lock = threading.Lock()
        self._under_way: dict[str, int] = defaultdict(int)
        product = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                product.serve(self)

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_args: None  # a client that goes away is none of a test's errors
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme, self.host = ("http", "127.0.0.1") if context is None else ("https", "localhost")
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def api(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/"

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        with self._lock:
            self.asked += 1
            answer = self.answers.pop(0) if self.answers else True
            self._under_way[body["uuid"]] += 1
            self.at_once = max(self.at_once, self._under_way[body["uuid"]])
        try:
            if answer == "hang":
                self.release.wait(30)
                return
            if answer == "reset" or body["callsign"] in self.breaks:
                linger = struct.pack("ii", 1, 0)  # closed so, a connection is reset
                request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                request.connection.close()
                return
            if answer == "slow":
                self.release.wait(running.SLOW + 0.1)
                answer = True
            status, text = (answer, "") if isinstance(answer, int) and answer is not True else (200, answer)
            if answer is True:
                text = json.dumps({"success": True, "extra": None, "error": None})
                with self._lock:
                    self.told.append((request.path.removeprefix("/api/v1/users/"), body["callsign"]))
                    self.bodies.append(body)
            data = str(text).encode()
            request.send_response(int(status))
            if int(status) in {301, 302, 307}:
                request.send_header("Location", f"{self.api}elsewhere")
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)
        except OSError:
            pass
        finally:
            with self._lock:
                self._under_way[body["uuid"]] -= 1

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def manifest(**apis: str) -> str:
    """A manifest with these products."""
    products = {name: {"api": api, "uri": f"https://{name}.example/", "certcn": f"{name}.example"} for name, api in apis.items()}
    return json.dumps({"dns": "deployment.example", "deployment": "Deployment", "products": products})
