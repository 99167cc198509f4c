"""As much of a Keycloak as its client asks for."""

from __future__ import annotations

import json
import re
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

GROUPS = {"/tak/tak_default": "group-tak"}


class Keycloak:
    """Serves on a port of its own until it is closed."""

    def __init__(self) -> None:
        self.users: dict[str, dict] = {}
        self.roles: dict[str, list[str]] = {}
        self.groups: dict[str, set[str]] = {}
        self.fails = 0
        """What everything but signing in is answered, when it is not 0."""
        self.password = "secret-of-keycloak"
        keycloak = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer, headers = keycloak.answer(self.command, self.path, body)
                data = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object, dict[str, str]]:
        parts = urlsplit(path)
        if parts.path == "/realms/master/protocol/openid-connect/token":
            given = parse_qs(body.decode())
            if given.get("password") != [self.password]:
                return 401, {"error": "invalid_grant"}, {}
            return (
                200,
                {"access_token": "a", "expires_in": 300, "refresh_expires_in": 300, "refresh_token": "r", "token_type": "Bearer"},
                {},
            )
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
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
