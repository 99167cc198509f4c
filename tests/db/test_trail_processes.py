"""Many processes write one trail and one log; some are killed. Nothing is lost, and nothing is written twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from db_rows import sql
from trail_rows import append, found, logged, walk

from rmtui import settings
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.own import Audit
from rmtui.services import witness
from rmtui.settings import Settings

WRITERS, EACH = 8, 100
KILLS = 10
WORKER = Path(__file__).with_name("trail_worker.py")


pytestmark = pytest.mark.two_databases


@pytest.fixture
def processes(env, database, tmp_path):
    """Start a writer; the log is one for all."""
    home = {"HOME": str(tmp_path / "home")}
    settings.configure(Settings.from_env({**env, **home}))
    made = []

    def start(many, name):
        command = [sys.executable, str(WORKER), str(many), name]
        environment = {**os.environ, **env, **home}
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        made.append(process)
        return process

    yield start
    for process in made:
        if process.poll() is None:
            process.kill()
        process.wait(20)
        process.stdin.close()
        process.stdout.close()


def go(process):
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("\n")
    process.stdin.flush()


def test_eight_processes_leave_one_chain(processes):
    workers = [processes(EACH, f"W{number}") for number in range(WRITERS)]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    began = time.monotonic()
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    told = [worker.stdout.readline().split(" ", 1) for worker in workers]
    took = time.monotonic() - began
    assert [(worker.wait(20), trouble.strip()) for worker, (_, trouble) in zip(workers, told, strict=True)] == [(0, "")] * WRITERS
    print(f"{WRITERS * EACH} entries in {took:.1f} s, the slowest {max(float(slowest) for slowest, _ in told):.2f} s")
    whole = walk(witness.seen())
    assert (whole.entries, whole.compared, whole.finding) == (WRITERS * EACH, WRITERS * EACH, None)
    targets = [row.target for row in Audit.select(Audit.target).order_by(Audit.id)]
    assert sorted(targets) == sorted(f"W{name}-{number}" for name in range(WRITERS) for number in range(EACH))
    for name in range(WRITERS):
        mine = [target for target in targets if target.startswith(f"W{name}-")]
        assert mine == [f"W{name}-{number}" for number in range(EACH)]
    assert logged() == list(range(1, WRITERS * EACH + 1))


def test_killed_writers_leave_a_whole_chain(processes, database):
    """The log may lack what was just committed, or end in half a line; the next writer brings it."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    behind = Counter()
    for number in range(KILLS):
        worker = processes(100_000, f"K{number}")
        go(worker)
        worker.stdout.readline()
        time.sleep(random.uniform(0, 0.02))
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(20)
        while not is_sqlite(db) and sql(others)[0][0]:
            time.sleep(0.005)
        whole = walk(witness.seen())
        assert whole.finding is None
        behind[whole.entries - whole.compared] += 1
    assert max(behind) <= 1
    last = append()
    witness.follow()
    assert witness.trouble() == ""
    assert [row.id for row in Audit.select(Audit.id).order_by(Audit.id)] == list(range(1, last + 1))
    whole = walk(witness.seen())
    assert (whole.entries, whole.compared, whole.finding) == (last, last, None)


def test_half_a_line_does_no_harm(database):
    for _ in range(3):
        append()
        witness.follow()
    path = witness.log_path()
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    kept = len(b"".join(lines[:2]))
    for cut in (*range(kept, len(whole), 29), len(whole) - 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        witness.follow()
        seen = witness.seen()
        assert sorted(seen) == [1, 2, 3], cut
        assert found(seen) is None
        before = path.read_bytes()
        witness.follow()
        assert path.read_bytes() == before
    append()
    witness.follow()
    assert sorted(witness.seen()) == [1, 2, 3, 4]
    assert path.read_bytes().endswith(b"}\n")
