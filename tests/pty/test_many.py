"""Many at once in a real terminal, by keys alone: thirty paper codes are typed and approved, and a bulk is stopped half-way."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terminal import Terminal

ENTER, ESCAPE, TAB, DOWN = "\r", "\x1b", "\t", "\x1b[B"
MAKE = """
import json, sys
from rmtui.db import bind_config
from rmtui.services import enrollments, operators
from rmtui import settings
settings.configure(settings.Settings.from_env())
bind_config()
who = operators.identify("command")
print(json.dumps([enrollments.create(who, f"UNIT{n:03}").approvecode for n in range(int(sys.argv[1]))]))
"""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a deployment whose admin is KARHU."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM", "COLUMNS", "LINES"}}
    env = {**kept, "HOME": str(tmp_path / "home"), "TERM": "xterm-256color", "RMTUI_KEY_TYPE": "ec256", "LANG": "C.UTF-8"}
    env["RMTUI_OPERATOR"] = "KARHU"
    subprocess.run([sys.executable, "-m", "rmtui", "init", "--admin", "KARHU", "--yes"], env=env, check=True, capture_output=True)
    return env


@pytest.fixture
def run(home: dict[str, str]) -> Iterator[Callable[[], Terminal]]:
    """Start the console."""
    started: list[Terminal] = []

    def start() -> Terminal:
        started.append(Terminal([sys.executable, "-m", "rmtui"], home))
        return started[-1]

    yield start
    for terminal in started:
        terminal.close()


def waiting(home: dict[str, str], number: int) -> list[str]:
    """Have so many ask to come in; their codes."""
    made = subprocess.run([sys.executable, "-c", MAKE, str(number)], env=home, check=True, capture_output=True)
    return json.loads(made.stdout)


def rows(home: dict[str, str], query: str) -> list[tuple[object, ...]]:
    place = Path(home["HOME"]) / ".local" / "share" / "rmtui" / "rmtui.db"
    database = sqlite3.connect(place)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def test_one_code_then_thirty(home: dict[str, str], run: Callable[[], Terminal]) -> None:
    first, *codes = waiting(home, 31)
    terminal = run()
    terminal.until("31 pending")
    terminal.press("c")
    terminal.until("Approve by code")
    terminal.press(f"moi, koodi on {first[:4].lower()}-{first[4:].lower()}")
    terminal.settle(0.3)
    terminal.press(ENTER)
    terminal.until("Approve UNIT000", "CN=UNIT000", f"{first[:4]} {first[4:]}")
    terminal.settle(0.9)
    terminal.press(ENTER)
    terminal.until("UNIT000 is approved")
    terminal.press(ESCAPE)
    terminal.until("30 pending")

    terminal.press("c")
    terminal.until("Approve by code")
    wrong = "ABCDEFGH" if "ABCDEFGH" not in codes else "ABCDEFGJ"
    terminal.press(DOWN.join([*codes, wrong, first]))
    terminal.settle(0.3)
    terminal.press(ENTER)
    terminal.until("Approve 30 enrolments", "2 left out", "No enrolment has", "UNIT000 was approved by KARHU")
    terminal.press(TAB)
    terminal.settle(0.3)
    terminal.press("30")
    terminal.settle(0.3)
    terminal.press(ENTER)
    terminal.settle(0.9)
    terminal.press(ENTER)
    terminal.until("30 of 30 done")
    terminal.press(ESCAPE)
    terminal.until("Nobody is waiting")
    terminal.press("q")
    assert terminal.wait() == 0
    assert rows(home, "SELECT count(*) FROM users") == [(32,)]
    done = "FROM rmtui_audit WHERE action = 'approve' AND outcome = 'done'"
    assert rows(home, f"SELECT count(*), count(DISTINCT target_pk) {done}") == [(31, 31)]


def test_a_bulk_is_stopped_between_two_rows(home: dict[str, str], run: Callable[[], Terminal]) -> None:
    number = 250
    waiting(home, number)
    terminal = run()
    terminal.until(f"{number} pending")
    terminal.press("*")
    terminal.until(f"{number} marked")
    terminal.press("x")
    terminal.until(f"Reject {number} enrolments")
    terminal.press(TAB)
    terminal.settle(0.3)
    terminal.press("wrong gate")
    terminal.settle(0.3)
    terminal.press(ENTER)
    terminal.settle(0.3)
    terminal.press(str(number))
    terminal.settle(0.3)
    terminal.press(ENTER)
    terminal.settle(0.9)
    terminal.press(ENTER)
    terminal.until(f" of {number}", "Stop")
    terminal.press(ESCAPE)
    terminal.until("not begun", "Go on with")
    told = re.search(rf"Reject: (\d+) of {number} done", terminal.text)
    assert told
    done = int(told.group(1))
    assert done < number
    terminal.press(ESCAPE)
    terminal.until(f"{number - done} pending", f"{number - done} marked")
    terminal.press("q")
    assert terminal.wait() == 0
    assert rows(home, "SELECT state, count(*) FROM enrollments GROUP BY state ORDER BY state") == [
        (state, count) for state, count in ((0, number - done), (2, done)) if count
    ]
    assert rows(home, "SELECT count(*) FROM rmtui_audit WHERE action = 'reject' AND outcome = 'done'") == [(done,)]
