"""A sample deployment to try the console on, gone afterwards whatever ends the program."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rmtui import settings
from rmtui.db.config import DBConfig
from rmtui.services.sample import OPERATOR, fill
from rmtui.settings import Secret, Settings

__all__ = ["OPERATOR", "Demo", "demo"]


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the sample is, while it is."""

    directory: Path
    operator: str
    codes: dict[str, str]
    """Approve codes of those who wait, by callsign: in a demo nobody can read them out."""


@contextmanager
def demo() -> Iterator[Demo]:
    """Make the sample, point the settings at it, and remove it afterwards. Call it before any thread is started."""
    shm = Path("/dev/shm")  # noqa: S108  # memory, where there is such a place: not even a disk keeps it
    parent = shm if shm.is_dir() and os.access(shm, os.W_OK) else None
    directory = Path(tempfile.mkdtemp(prefix="rmtui-demo-", dir=parent))
    watcher = _watch(directory)
    before = settings.current()
    here = replace(
        before,
        data_dir=directory,
        local_data_dir=directory,
        data_dir_named=True,
        operator=OPERATOR,
        cert_backend="embedded",
        manifest=None,
        keycloak=None,
        join_url="https://rasenmaeher.example",
        jwt_privkey=None,
        jwt_pubkey=None,
        ca_passphrase=Secret(),
        state_dir=directory / "state",
        identity=None,
        token=Secret(),
        require_signin=False,
        audit_log=None,
        read_only=False,
    )
    try:
        _use(here)
        codes = fill()
        _use(replace(here, read_only=before.read_only))
        yield Demo(directory, OPERATOR, codes)
    finally:
        settings.configure(before)
        shutil.rmtree(directory, ignore_errors=True)
        os.close(watcher)


def _use(config: Settings) -> None:
    settings.configure(config)
    DBConfig.singleton(dsn=Secret(f"sqlite:///{config.data_dir / 'rmtui.db'}"))


def _watch(directory: Path) -> int:
    """A child that removes the directory when this process ends, in whatever way; the end of the pipe that it watches."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            os.close(writer)
            os.read(reader, 1)  # ends when the parent's end is closed, by itself or by the kernel
            shutil.rmtree(directory, ignore_errors=True)
        finally:
            os._exit(0)
    os.close(reader)
    return writer
