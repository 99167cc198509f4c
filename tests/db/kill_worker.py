"""Approves in child processes that somebody else kills: each line of standard input is a child's work."""

from __future__ import annotations

import os
import sys
import time

from rmtui.db import Enrollment, Person
from rmtui.db.middleware import connection
from rmtui.pki import csr, embedded, identity, keys, pkcs12  # noqa: F401  loaded before the children are made


def work(targets: list[str]) -> None:
    """Approve one after the other, and say how long each took."""
    with connection():
        boss = Person.by_callsign("BOSS")
        rows = [Enrollment.by_pk(target) for target in targets]
        print(os.getpid(), flush=True)
        for row in rows:
            began = time.monotonic()
            row.approve(boss)
            print(time.monotonic() - began, flush=True)


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        work(line.split())
        os._exit(0)
    os.waitpid(child, 0)
    print("gone", flush=True)
