"""``kill -9`` at twenty instants spread over an approval leaves a pending enrolment or a finished approval, nothing between."""

from __future__ import annotations

import datetime as dt
import os
import random
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

from rmtui import clock
from rmtui.db import Enrollment, EnrollmentState, Person, issuing
from rmtui.db.engine import is_sqlite
from rmtui.db.own import Claim, Issued
from rmtui.pki.identity import MODES

pytestmark = pytest.mark.two_databases

KILLS = 20
WORKER = Path(__file__).with_name("kill_worker.py")


@pytest.fixture
def worker(env: dict[str, str], admin: Person) -> Iterator[subprocess.Popen[str]]:
    """A process that approves in children of its own."""
    made = subprocess.Popen(
        [sys.executable, str(WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    )
    yield made
    made.stdin.close()
    made.stdout.close()
    assert made.wait(20) == 0


def start(worker: subprocess.Popen[str], rows: list[Enrollment]) -> int:
    """Have these approved; the process id of who does it, as it begins."""
    worker.stdin.write(" ".join(str(row.pk) for row in rows) + "\n")
    worker.stdin.flush()
    return int(worker.stdout.readline())


def until_gone(worker: subprocess.Popen[str], database: object) -> list[float]:
    """Wait until the child and what the server did for it are gone; how long each finished approval took."""
    times = []
    for line in iter(worker.stdout.readline, "gone\n"):
        times.append(float(line))
    if not is_sqlite(database):
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while database.execute_sql(others).fetchone()[0]:
            time.sleep(0.005)
    return times


def check(admin: Person) -> None:
    """No person without complete files, no approved enrolment without a person, nobody made of a pending one."""
    people = {person.pk: person for person in Person.list() if person.pk != admin.pk}
    approved = Enrollment.list(state=EnrollmentState.APPROVED)
    assert {row.person for row in approved} == set(people)
    for row in approved:
        person = people[row.person]
        assert (person.callsign, row.decided_by) == (row.callsign, admin.pk)
        assert {path.name: path.stat().st_mode & 0o777 for path in person.directory.iterdir()} == dict(MODES)
        leaf = x509.load_pem_x509_certificates(person.get_cert_pem())[0]
        assert leaf.public_key() == load_pem_private_key(person.get_key_pem(), None).public_key()
        issued = Issued.get(Issued.serial == f"{leaf.serial_number:x}")
        assert (issued.committed, issued.revoked_on, issued.person) == (True, None, person.pk)
    for row in Enrollment.list(state=EnrollmentState.PENDING):
        assert (row.person, row.decided_by) == (None, None)
        Person.check_free(row.callsign)


def test_kill_during_approvals(worker, database, admin, monkeypatch):
    first = []
    for number in range(3):  # the first approval of a process takes longest
        start(worker, [Enrollment.create_for_callsign(f"W{number}-{each}") for each in range(2)])
        first.append(until_gone(worker, database)[0])
    took = sorted(first)[1]

    left = Counter[str]()
    instants = [took * (number + random.random()) / KILLS for number in range(KILLS)]
    random.shuffle(instants)
    while instants:
        instant, number = instants.pop(), left["kills"]
        left["kills"] += 1
        rows = [Enrollment.create_for_callsign(f"K{number}-{each}") for each in range(8)]
        child = start(worker, rows)
        time.sleep(instant)
        os.kill(child, signal.SIGKILL)
        until_gone(worker, database)
        check(admin)
        struck = next(row for row in rows if row.reread().state == EnrollmentState.PENDING)
        claim = Claim.get_or_none(Claim.enrollment == struck.pk)
        left["claims"] += claim is not None
        left["certificates"] += claim is not None and Issued.select().where(Issued.person == claim.person).exists()
        left["directories"] += claim is not None and any(str(claim.person) in name for name in people_files())
        if number % 4:  # the rest stay as they were left, for the sweep
            began = time.monotonic()
            assert struck.approve(admin).callsign == struck.callsign
            assert time.monotonic() - began < 30  # of the minutes that a claim may stand
            check(admin)
        if not instants and left["kills"] < 4 * KILLS and not (left["certificates"] and left["directories"]):
            instants.append(took * random.uniform(0.3, 1.3))  # none hit the part after the signature yet
    assert left["claims"] >= KILLS // 3, f"the kills missed the approvals: {left}"
    assert left["certificates"] >= left["directories"] > 0, left

    assert issuing.sweep() == []  # nothing is old enough
    later = clock.utcnow() + issuing.LEFTOVER_AGE + dt.timedelta(minutes=6)
    monkeypatch.setattr(clock, "utcnow", lambda: later)
    issuing.sweep()
    issuing.publish_crl()
    check(admin)
    assert people_files() == sorted(str(person.pk) for person in Person.list() if person.pk != admin.pk)
    lost = {row.serial for row in Issued.select().where(~Issued.committed)}
    assert len(lost) == left["certificates"]
    assert crl_serials() == lost
    assert Claim.select().count() == 0
    assert issuing.sweep() == []
    for row in Enrollment.list(state=EnrollmentState.PENDING)[:4]:
        row.approve(admin)
    check(admin)
