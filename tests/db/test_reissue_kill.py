"""``kill -9`` at instants spread over a reissue leaves the old certificate or the new one, whole and good, nothing between."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from db_outcome import crl_serials
from db_rows import people_files

from rmtui import clock, settings
from rmtui.db import Person, issuing
from rmtui.db.engine import is_sqlite
from rmtui.db.own import Issued
from rmtui.pki.identity import MODES

pytestmark = pytest.mark.two_databases

KILLS = 20
WORKER = Path(__file__).with_name("reissue_worker.py")


@pytest.fixture
def worker(env: dict[str, str], admin: Person) -> Iterator[subprocess.Popen[str]]:
    """A process that reissues in children of its own."""
    made = subprocess.Popen(
        [sys.executable, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **env}
    )
    yield made
    made.stdin.close()
    made.stdout.close()
    assert made.wait(20) == 0


def start(worker: subprocess.Popen[str], person: Person, times: int) -> int:
    worker.stdin.write(f"{person.pk} {times}\n")
    worker.stdin.flush()
    return int(worker.stdout.readline())


def until_gone(worker: subprocess.Popen[str], database: object) -> list[float]:
    """Wait until the child and what the server did for it are gone; how long each finished reissue took."""
    times = [float(line) for line in iter(worker.stdout.readline, "gone\n")]
    if not is_sqlite(database):
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while database.execute_sql(others).fetchone()[0]:
            time.sleep(0.005)
    return times


def openssl(person: Person) -> None:
    """What others that check certificates say of it."""
    if shutil.which("openssl") is None:
        return
    public = settings.current().public_dir
    given = ["-CAfile", str(public / "ca_chain.pem"), "-CRLfile", str(public / "crl.pem"), str(person.directory / "mtls.pem")]
    done = subprocess.run(["openssl", "verify", "-crl_check_all", *given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done


def check(person: Person) -> str:
    """The files are complete, belong together, and their certificate is good; its serial."""
    assert {path.name: path.stat().st_mode & 0o777 for path in person.directory.iterdir()} == dict(MODES)
    leaf = x509.load_pem_x509_certificates(person.get_cert_pem())[0]
    assert leaf.public_key() == load_pem_private_key(person.get_key_pem(), None).public_key()
    serial = f"{leaf.serial_number:x}"
    assert serial not in crl_serials()
    issued = Issued.get(Issued.serial == serial)
    assert (issued.revoked_on, issued.person) == (None, person.pk)
    openssl(person)
    return serial


def test_kill_during_reissues(worker, database, admin, monkeypatch):
    person = Person.create_with_cert("Kettu")
    start(worker, person, 4)
    took = sorted(until_gone(worker, database))[1]
    seen, left = check(person), Counter[str]()
    instants = [2 * took * (number + random.random()) / KILLS for number in range(KILLS)]  # a busy machine may take longer this time
    random.shuffle(instants)
    for number, instant in enumerate(instants):
        child = start(worker, person, 8)
        time.sleep(instant)
        os.kill(child, signal.SIGKILL)
        finished = until_gone(worker, database)
        serial = check(person)
        left["new" if serial != seen else "old"] += 1
        left["lost"] += Issued.select().where(~Issued.committed & Issued.revoked_on.is_null()).exists()
        seen = serial
        assert len(finished) < 8
        if number % 4 == 0:  # the rest stay as they were left, for the next reissue or the sweep
            person.reissue()
            assert check(person) != seen
            seen = check(person)
    assert left["lost"], f"the kills missed the part after the signature: {left}"

    issuing.sweep()
    later = clock.utcnow() + issuing.LEFTOVER_AGE + dt.timedelta(minutes=6)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "utcnow", lambda: later)
        issuing.sweep()
    issuing.publish_crl()
    assert check(person) == seen
    assert people_files() == [str(person.pk)]
    good = [row.serial for row in Issued.select().where(Issued.revoked_on.is_null())]
    assert good == [seen]
    assert crl_serials() == {row.serial for row in Issued.select()} - {seen}
    assert issuing.sweep() == []
