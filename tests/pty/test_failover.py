"""The console on two PostgreSQL servers: the one it works on is killed, the other promoted, and the console goes on."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusters import Pair, ask, until
from deployments import deploy, run_sql, unbind
from making import make_enrollment, make_operator
from terminal import Terminal

ENTER, ESCAPE = "\r", "\x1b"
DECISIONS = """SELECT e.callsign, e.state, count(u.pk), count(a.id) FROM raesenmaeher.enrollments e
    LEFT JOIN raesenmaeher.users u ON u.pk = e.person LEFT JOIN rmtui.audit a ON a.target_pk = e.pk AND a.outcome = 'done'
    GROUP BY e.callsign, e.state ORDER BY e.callsign"""


@pytest.fixture
def console(pair: Pair, data_dir: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A console on both, with three who wait."""
    run_sql(pair.primary.url(), "CREATE DATABASE deployment")
    env = deploy("postgresql", data_dir, pair.primary.url("deployment"))
    make_operator()
    for number in range(1, 4):
        make_enrollment(f"UNIT{number}", f"CODE000{number}")
    unbind()
    pair.follow()
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM", "COLUMNS", "LINES"}}
    env |= {"RM_DB_DSN": pair.dsn("deployment"), "RMTUI_OPERATOR": "BOSS", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    made = Terminal([sys.executable, "-m", "rmtui"], {**kept, "HOME": str(tmp_path / "home"), **env})
    yield made
    made.close()


def approve(terminal: Terminal, name: str, code: str) -> None:
    """Approve who is under the cursor."""
    terminal.press("a")
    terminal.until(f"Approve {name}", f"CN={name}")
    terminal.settle(0.3)
    terminal.press(code)
    terminal.settle(0.3)
    terminal.press(ENTER)


def test_the_console_outlives_the_primary(console: Terminal, pair: Pair) -> None:
    console.until("3 pending", "UNIT1")
    approve(console, "UNIT1", "CODE0001")
    console.until("UNIT1 is approved")
    console.press(ESCAPE)
    console.until("▸ ○ pending   UNIT2", "2 pending", "data now")

    console.press("a")
    console.until("Approve UNIT2", "CN=UNIT2")
    console.press("CODE0002")
    console.settle(0.3)
    pair.primary.kill()
    console.press(ENTER)
    console.until("cannot be reached")
    console.press(ESCAPE)
    console.until("Database unreachable since", "retrying.", "Connection refused", "UNIT2")
    until(lambda: console.read(0.2) is not None and re.search(r"data \d+s old", console.text))

    pair.promote()
    console.gone("Database unreachable")
    console.until("2 pending", "data now")
    approve(console, "UNIT2", "CODE0002")
    console.until("UNIT2 is approved")
    console.press(ESCAPE)
    console.until("1 pending")
    console.press("q")
    assert console.wait() == 0
    assert ask(pair.dsn("deployment"), DECISIONS) == [("UNIT1", 1, 1, 1), ("UNIT2", 1, 1, 1), ("UNIT3", 0, 0, 0)]
