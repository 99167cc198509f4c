"""The web API writes into the same tables, and the open console shows it within two seconds."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from deployments import unbind
from making import make_operator
from terminal import Terminal

SOON = 2.0
"""Seconds after which everybody sees what was written, the time to draw it not counted."""
DRAWING = 1.5
"""Seconds that a loaded machine may take to read and draw."""


class Api:
    """A session of the web API: statements of its own, on a connection that stays."""

    def __init__(self, env: dict[str, str]) -> None:
        self._sqlite = env["RM_DB_DSN"].startswith("sqlite")
        place = env["RM_DB_DSN"]
        self._session: Any = sqlite3.connect(place.removeprefix("sqlite:///")) if self._sqlite else psycopg2.connect(place)
        self._schema = "" if self._sqlite else "raesenmaeher."

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """One transaction; ``{}`` stands for the schema."""
        cursor = self._session.cursor()
        cursor.execute(statement.format(self._schema).replace("%s", "?" if self._sqlite else "%s"), values)
        rows = cursor.fetchall() if cursor.description else []
        self._session.commit()
        return rows

    def pk(self, pk: uuid.UUID) -> str:
        return pk.hex if self._sqlite else str(pk)

    def enrol(self, callsign: str) -> uuid.UUID:
        """As somebody's web page does."""
        pk, now = uuid.uuid4(), time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime())
        self.run(
            "INSERT INTO {}enrollments (pk, created, updated, approvecode, callsign, state, extra) VALUES (%s, %s, %s, %s, %s, 0, %s)",
            self.pk(pk), now, now, uuid.uuid4().hex[:8].upper(), callsign, "null",
        )  # fmt: skip
        return pk

    def close(self) -> None:
        self._session.close()


@pytest.fixture
def api(env: dict[str, str]) -> Iterator[Api]:
    made = Api(env)
    yield made
    made.close()


@pytest.fixture
def console(env: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    make_operator()
    unbind()
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM", "COLUMNS", "LINES"}}
    own = {"HOME": str(tmp_path / "home"), "RMTUI_OPERATOR": "BOSS", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    made = Terminal([sys.executable, "-m", "rmtui"], {**kept, **env, **own})
    yield made
    made.close()


def took(terminal: Terminal, act: Callable[[], object], *texts: str) -> float:
    """Seconds until what somebody else did is on the screen."""
    act()
    began = time.monotonic()
    terminal.until(*texts)
    return time.monotonic() - began


@pytest.mark.parametrize("env", ["sqlite", "upstream"], indirect=True)
def test_what_the_api_writes_is_seen_within_two_seconds(console: Terminal, api: Api) -> None:
    """Two on one connection within a second, between which the console looks: PostgreSQL's statistics tell of the second one late."""
    console.until("0 pending")
    made: list[uuid.UUID] = []
    seen = [took(console, lambda: api.enrol("KETTU"), "1 pending", "KETTU")]
    seen.append(took(console, lambda: api.enrol("SUSI"), "2 pending", "SUSI"))
    seen.append(took(console, lambda: made.append(api.enrol("KARHU")), "3 pending", "KARHU"))
    decide = "UPDATE {}enrollments SET state = 2, decided_by = %s, decided_on = created WHERE pk = %s"
    (boss,) = api.run("SELECT pk FROM {}users")[0]
    seen.append(took(console, lambda: api.run(decide, boss, api.pk(made[0])), "2 pending"))
    assert sorted(seen)[1] < SOON + DRAWING  # one may meet the machine at its worst
    assert max(seen) < 4 * SOON
    console.press("q")
    assert console.wait() == 0
