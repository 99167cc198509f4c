"""Reissues in child processes that somebody else kills: each line of standard input is a person and how often."""

from __future__ import annotations

import os
import sys
import time

from rmtui.db import Person
from rmtui.db.middleware import connection
from rmtui.pki import csr, embedded, identity, keys, pkcs12  # noqa: F401  loaded before the children are made


def work(target: str, times: int) -> None:
    """Reissue one after the other, and say how long each took."""
    with connection():
        person = Person.by_pk(target)
        print(os.getpid(), flush=True)
        for _ in range(times):
            began = time.monotonic()
            person.reissue()
            print(time.monotonic() - began, flush=True)


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        name, number = line.split()
        work(name, int(number))
        os._exit(0)
    os.waitpid(child, 0)
    print("gone", flush=True)
