"""One of two racing processes: is told what to do line by line, says that it is ready, and starts when the shared page says so."""

from __future__ import annotations

import json
import mmap
import os
import sys
import time
from collections.abc import Callable

from rmtui.db import Enrollment, LoginCode, Person, SeenToken
from rmtui.db.middleware import connection
from rmtui.errors import RmtuiError


def prepare(action: str, target: str, boss: Person) -> Callable[[], object]:
    """What is to be done at the start, with all reading done before."""
    if action == "approve":
        asked = Enrollment.by_pk(target)
        return lambda: asked.approve(boss)
    if action == "reject":
        asked = Enrollment.by_pk(target)
        return lambda: asked.reject(boss)
    if action == "assign_role":
        person = Person.by_pk(target)
        return lambda: person.assign_role("pilot")
    if action == "use_code":
        return lambda: LoginCode.use_code(target)
    if action == "burn_code":
        row = LoginCode.by_code(target)
        return lambda: row.burn()
    if action == "use_token":
        return lambda: SeenToken.use_token(target)
    return lambda: Enrollment.create_for_callsign(target)


def main(page: str) -> None:
    """Serve rounds until standard input ends; each answer is what came of it and when it was tried."""
    with open(page, "r+b") as file, mmap.mmap(file.fileno(), 8) as start, connection():  # noqa: PTH123
        boss = Person.by_callsign("BOSS")
        for line in sys.stdin:
            number, action, target, delay = json.loads(line)
            run = prepare(action, target, boss)
            print("ready", flush=True)
            while int.from_bytes(start[:8], "little") < number:
                os.sched_yield()
            if delay:
                time.sleep(delay)
            began = time.monotonic()
            try:
                outcome = "lost" if run() is False else "won"
            except RmtuiError as error:
                outcome = type(error).__name__
            print(json.dumps([outcome, began, time.monotonic()]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
