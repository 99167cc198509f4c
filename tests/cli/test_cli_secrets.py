"""The secrets rule, by a full run of the program: what stands in logs, tables, files, process arguments and what is printed."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from cli_running import environment
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, load_pem_private_key
from test_cli_signin import bind

from rmtui import settings
from rmtui.db.base import db
from rmtui.db.middleware import connection
from rmtui.pki.tokens import JWTKeys

PASSPHRASE = "correct-horse-battery-staple"
WRONG_PASSPHRASE = "hunter2-hunter2"
WRONG_CODE = "WRNGCDE2"
WRONG_LOGIN_CODE = "WRNGLGNCDE22"
OWN = ("rmtui_audit", "rmtui_signers", "rmtui_chain", "rmtui_claims", "rmtui_issued")
DEPLOYMENTS = ("users", "roles", "enrollments", "enrollmentpools", "seentokens", "logincodes")


class Watch:
    """Runs the program, and looks at the arguments of every process that begins meanwhile, its children's too."""

    def __init__(self) -> None:
        self.arguments: set[str] = set()
        self.told: list[tuple[tuple[str, ...], str]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        others = set(_processes())
        while not self._over.is_set():
            for process in set(_processes()) - others:
                try:
                    arguments = Path(f"/proc/{process}/cmdline").read_bytes()
                except OSError:
                    continue
                self.arguments.add(arguments.replace(b"\0", b" ").decode("utf-8", "replace"))
            time.sleep(0.01)

    def run(self, *argv: str, stdin: str = "", code: int = 0, shows: tuple[str, ...] = (), **env: str) -> str:
        """Run a command.

        :param shows: keys of its result that are secrets it may tell this once.
        """
        done = subprocess.run(
            [sys.executable, "-m", "rmtui", *argv, "--format", "json"],
            env=environment(**env),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, (argv, done)
        assert "Traceback" not in done.stderr
        out = done.stdout
        if shows:
            kept = json.loads(out)
            out = json.dumps({name: value for name, value in kept.items() if name not in shows})
        self.told.append((argv, out + done.stderr))
        return done.stdout


def _processes() -> list[str]:
    return [path.name for path in Path("/proc").iterdir() if path.name.isdecimal()]


def bodies(pem: str) -> list[str]:
    """The lines of a PEM between its head and its foot."""
    return [line for line in pem.splitlines() if line and not line.startswith("-----")]


def forms(secret: str) -> list[str]:
    """A secret as it is, and as a careless log would have it."""
    plain = base64.b64encode(secret.encode()).decode().rstrip("=")
    return [secret, secret.lower(), secret.encode().hex(), plain]


@pytest.fixture
def deployment(tmp_path, monkeypatch):
    """A fresh machine; nothing is made yet."""
    data = tmp_path / "fresh"
    for name, value in {
        "RM_PERSISTENT_DATA_DIR": str(data),
        "RM_DB_DSN": f"sqlite:///{data / 'rmtui.db'}",
        "RMTUI_KEY_TYPE": "ec256",
        "RMTUI_REQUIRE_SIGNIN": "1",
        "DB_ECHO": "0",
    }.items():
        monkeypatch.setenv(name, value)
    return data


def full_run(watch: Watch, tmp_path: Path) -> dict[str, list[str]]:
    """Everything an operator does; the secrets that were used, by kind."""
    run = watch.run
    pfx = Path(json.loads(run("init", "--admin", "KARHU", "--yes"))["pfx"])
    key = load_pem_private_key(pfx.with_name("mtls.key").read_bytes(), None)
    own = tmp_path / "own.pem"
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode()))
    own.write_bytes(pfx.with_name("mtls.pem").read_bytes() + locked)
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text(PASSPHRASE + "\n")
    wrong.write_text(WRONG_PASSPHRASE + "\n")
    identity = ("--identity", str(own), "--passphrase-file", str(right))

    run("signin", "--identity", str(own), "--passphrase-file", str(wrong), code=2)
    run("signin", *identity)
    run("whoami")
    approve = [json.loads(run("enrollments", "create", name, "--yes", shows=("approvecode",)))["approvecode"] for name in ("RAVEN", "LYNX")]
    run("enrollments", "approve", "RAVEN", "--code", "-", "--yes", stdin=WRONG_CODE + "\n", code=1)
    run(*identity, "enrollments", "approve", "RAVEN", "--code", "-", "--yes", stdin=approve[0] + "\n")
    run("enrollments", "reject", "LYNX", "--reason", "Not on the list", "--yes")
    approve.append(json.loads(run("enrollments", "reopen", "LYNX", "--yes", shows=("approvecode",)))["approvecode"])
    run("enrollments", "show", "LYNX")
    run("roles", "assign", "RAVEN", "admin", "--yes")
    login = [json.loads(run("codes", "create", name, "--yes", shows=("code",)))["code"] for name in ("RAVEN", "KARHU")]
    login.append(json.loads(run("codes", "create", "--admin", "--yes", shows=("code",)))["code"])
    run("signout")

    run("signin", "--code", stdin=WRONG_LOGIN_CODE + "\n", code=1)
    run("signin", "--code", stdin=login[0] + "\n")
    run("signin", "--code", stdin=login[0] + "\n", code=1)
    run("signin", "--code", "--admin", "NEW", stdin=login[2] + "\n")
    bind()
    keys = JWTKeys.from_settings(settings.current())
    tokens = [keys.issue({"sub": "KARHU"}), keys.issue({"sub": "NOBODY"}), "a.b.c-wrong-token-entirely"]
    (tmp_path / "token").write_text(tokens[0] + "\n")
    run("signin", "--token", "-", stdin=tokens[1] + "\n", code=1)
    run("signin", "--token", "-", stdin=tokens[2] + "\n", code=1)
    run("signin", "--token", str(tmp_path / "token"))
    run("signout")
    run("roles", "list", RMTUI_TOKEN=tokens[0])
    run("roles", "remove", "RAVEN", "admin", "--yes", RMTUI_TOKEN=tokens[0])
    run("roles", "assign", "RAVEN", "admin", "--yes", RMTUI_TOKEN=tokens[1], code=1)
    run(*identity, "audit", "verify")
    run(*identity, "audit", "list")
    run(*identity, "audit", "export")
    run(*identity, "people", "show", "KARHU")
    run(*identity, "info")
    run("signin", *identity)

    private = [path.read_text() for path in settings.current().local_data_dir.rglob("*.key")] + [locked.decode()]
    assert len(private) >= 6
    return {
        "approve code": [*approve, WRONG_CODE],
        "login code": [*login, WRONG_LOGIN_CODE],
        "token": [part for token in tokens[:2] for part in (token, token.split(".")[2])] + tokens[2:],
        "passphrase": [PASSPHRASE, WRONG_PASSPHRASE],
        "private key": [line for pem in private for line in bodies(pem) if len(line) > 20] + ["PRIVATE KEY-----"],
    }


def tables(*names: str) -> str:
    bind()
    with connection():
        return "\n".join(str(row) for name in names for row in db.execute_sql(f"SELECT * FROM {name}").fetchall())


def test_a_full_run(deployment, tmp_path):
    with Watch() as watch:
        secrets = full_run(watch, tmp_path)
    home = Path(os.environ["HOME"])
    files = [path for place in (".local/state", ".config") for path in (home / place).rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".log", ".json", ".toml"}
    places = {str(path): path.read_text("utf-8") for path in files}
    [kept] = [path for path in files if path.suffix == ".json"]
    ticket = json.loads(places[str(kept)])
    secrets["sign-in's own secret"] = [ticket.pop("secret")]
    places[str(kept)] = json.dumps(ticket)
    places["our own tables"] = tables(*OWN)
    places["process arguments"] = "\n".join(watch.arguments)
    places |= {f"what {' '.join(argv)} told": text for argv, text in watch.told}
    assert sum("rmtui" in each and "signin" in each for each in watch.arguments) >= 5
    assert places["our own tables"].count("sign-in") >= 8
    found = [
        (kind, place)
        for kind, values in secrets.items()
        for value in values
        for form in forms(value)
        for place, text in places.items()
        if form in text
    ]
    assert found == []
    theirs = tables(*DEPLOYMENTS)  # codes stand there by the deployment's contract, where they belong; nothing else does
    assert all(theirs.count(code) == 1 for code in secrets["login code"][:3])
    assert not [value for kind, values in secrets.items() if "code" not in kind for value in values if value in theirs]
