"""Writes entries of the audit trail, each in its own transaction and each logged: how many, and from which number on."""

from __future__ import annotations

import sys
import time

from rmtui.db.middleware import connection
from rmtui.services import audit, witness


def main(many: int, name: str) -> None:
    """Say that it is ready, wait for the word where there is one, and write; then how long the slowest took."""
    with connection():
        audit.ready()
    print("ready", flush=True)
    sys.stdin.readline()
    slowest = 0.0
    for number in range(many):
        began = time.monotonic()
        with connection():
            audit.record(None, "create", "done", None, f"{name}-{number}")
            witness.follow()
        slowest = max(slowest, time.monotonic() - began)
        if many > 10_000:
            print(number, flush=True)
    print(slowest, witness.trouble(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
