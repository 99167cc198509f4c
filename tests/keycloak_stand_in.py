"""As much of a Keycloak as its client asks for."""

from __future__ import annotations

import json
import re
import ssl
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

GROUPS = {"/tak/tak_default": "group-tak"}


class Keycloak:
    """Serves on a port of its own until it is closed."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.users: dict[str, dict] = {}
        self.roles: dict[str, list[str]] = {}
        self.groups: dict[str, set[str]] = {}
        self.fails = 0
        """What everything but signing in is answered, when it is not 0."""
        self.password = "secret-of-keycloak"
        self.realm_roles = {"admin"}
        self.loses = False
        """Whether it does what it is asked next and gives no answer."""
        self.moved = ""
        """Where whoever asks is sent instead."""
        self.pads = 0
        """Bytes that every answer is made longer by."""
        self.trickles = False
        """Whether its answers come slowly, and never end."""
        self.tokens = 0
        """How often it was signed in to."""
        self.refused = 0
        """How often somebody tried to sign in and was not let in."""
        self.requests_of_token = 1_000
        """After so many a token has run out."""
        self._left: dict[str, int] = {}
        self.closing = threading.Event()
        keycloak = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                status, answer, headers = keycloak.answer(self.command, self.path, body, token)
                if keycloak.loses and status == 201:
                    self.close_connection = True
                    return
                data = (b"" if answer is None else json.dumps(answer).encode()) + b" " * keycloak.pads
                if keycloak.moved:
                    status, headers = 307, {"Location": keycloak.moved + self.path}
                self.send_response(status)
                for name, value in {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(data) + (1 << 20) * keycloak.trickles),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                while keycloak.trickles and not keycloak.closing.wait(0.05):
                    self.wfile.write(b" ")
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_args: None  # a client that goes away is none of a test's errors
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        place = "http://127.0.0.1" if context is None else "https://localhost"
        self.url = f"{place}:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def answer(self, method: str, path: str, body: bytes, token: str) -> tuple[int, object, dict[str, str]]:
        parts = urlsplit(path)
        if parts.path == "/realms/master/protocol/openid-connect/token":
            given = parse_qs(body.decode())
            if given["grant_type"] == ["refresh_token"]:
                return 400, {"error": "invalid_grant", "error_description": "Token is not active"}, {}
            if given.get("password") != [self.password]:
                self.refused += 1
                return 401, {"error": "invalid_grant"}, {}
            token = str(uuid.uuid4())
            self.tokens += 1
            self._left[token] = self.requests_of_token
            return (
                200,
                {"access_token": token, "expires_in": 300, "refresh_expires_in": 300, "refresh_token": "r", "token_type": "Bearer"},
                {},
            )
        if self._left.get(token, 0) < 1:
            return 401, {"error": "HTTP 401 Unauthorized"}, {}
        self._left[token] -= 1
        if self.fails:
            return self.fails, {"errorMessage": "broken \x1b"}, {}
        rest = parts.path.removeprefix("/admin/realms/RASENMAEHER")
        said = json.loads(body) if body else None
        if rest == "/users" and method == "POST":
            user = str(uuid.uuid4())
            name = said["username"].lower()
            if any(each["username"] == name for each in self.users.values()):
                return 409, {"errorMessage": "User exists with same username"}, {}
            self.users[user] = {**said, "id": user, "username": name}
            return 201, None, {"Location": f"{self.url}admin/realms/RASENMAEHER/users/{user}"}
        if rest == "/users":
            wanted = parse_qs(parts.query)["username"][0].lower()
            return 200, [each for each in self.users.values() if each["username"] == wanted], {}
        if rest == "/roles/admin":
            if not self.realm_roles:
                return 404, {"error": "Could not find role"}, {}
            return 200, {"id": "role-admin", "name": "admin"}, {}
        if found := re.fullmatch(r"/group-by-path(/.*)", rest):
            group = GROUPS.get(found[1])
            return (200, {"id": group}, {}) if group else (404, {"error": "no such group"}, {})
        found = re.fullmatch(r"/users/([^/]+)(/.*)?", rest)
        assert found, path
        return self._of_user(method, found[1], found[2] or "", said)

    def _of_user(self, method: str, user: str, what: str, said) -> tuple[int, object, dict[str, str]]:
        if user not in self.users:
            return 404, {"error": "User not found"}, {}
        if what.startswith("/groups/"):
            self.groups.setdefault(user, set()).add(what.removeprefix("/groups/"))
        elif what == "/role-mappings/realm":
            self.roles[user] = ["admin"] if method == "POST" else []
        elif method == "GET":
            return 200, self.users[user], {}
        elif method == "PUT":
            self.users[user] = {**said, "id": user, "username": said["username"].lower()}
        elif method == "DELETE":
            del self.users[user]
        return 204, None, {}

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
