"""Login codes that are only a list, and the services on them."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from tui_rows import CODE, NOW, entry, page_of, pk
from tui_world import World

from rmtui import settings
from rmtui.auth.permissions import ReadOnly
from rmtui.db.errors import NotFound, TokenReuse
from rmtui.services import bulk, bulk_actions, code_details, codes, enrollments, filters
from rmtui.services.bulk import Report, Target
from rmtui.services.code_details import CodeDetail
from rmtui.services.codes import CodeQuery, CodeRow
from rmtui.services.types import Count, CreatedEnrollment, Cursor, Page
from rmtui.settings import Secret
from rmtui.tui.codes_source import code_state

LOGIN = "KOIOQXYZ2345"
"""The login code that each of them is."""

ROWS: list[tuple[str | None, bool, float, str, str, float]] = [
    ("KARHU", False, 20 * 86_400, "AURORA", "used", 19 * 86_400),
    ("ILVES", False, 9 * 86_400, "AURORA", "", 0),
    (None, True, 6 * 86_400, "rmtui command, root@gate-of-the-deployment", "burnt", 5 * 86_400),
    ("[bold]LYNX", False, 3 * 86_400, "KETTU", "", 0),
    ("EVIL\x1b[31m\u202e", False, 86_400, "EVIL\x1b[2J", "", 0),
    (None, True, 7_200, "AURORA", "", 0),
    (None, False, 3_600, "", "", 0),
    ("A-VERY-LONG-CALLSIGN-THAT-FILLS-ALL-SIXTY-FOUR-BYTES-OF-A-CN-1234", False, 600, "AURORA", "", 0),
    ("KETTU", False, 40, "AURORA", "", 0),
]


class Codes:
    """The rows, and what is done to them."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.rows: dict[uuid.UUID, CodeRow] = {}
        self.calls: Counter[str] = Counter()
        self.gate = threading.Event()
        """Whoever reads a code waits for it."""
        self.gate.set()
        for number, (callsign, admin, age, by, state, used) in enumerate(ROWS):
            on = NOW - dt.timedelta(seconds=used) if state else None
            who = "AURORA" if state == "burnt" else "rmtui console, kettu@laptop" if state else ""
            made = NOW - dt.timedelta(seconds=age)
            key = pk(7_000 + number)
            self.rows[key] = CodeRow(key, "KO", callsign, admin, made, by, on, who, state == "burnt", None)
        for name in ("cursor", "list_codes", "count_codes", "present", "find", "create", "burn", "reveal"):
            patch.setattr(codes, name, getattr(self, name))
        patch.setattr(code_details, "code", self.detail)
        patch.setattr(bulk_actions, "burn_codes", self.burn_many)
        patch.setattr(enrollments, "reset_code", self.reset)

    def _found(self, query: CodeQuery) -> list[CodeRow]:
        asked = filters.parse(query.text, filters.CODES)
        state = asked.values.get("state")

        def fits(row: CodeRow) -> bool:
            unused = code_state(row) == "unused"
            shown = code_state(row) == state if state else query.unused if unused else query.spent
            return shown and all(word.casefold() in (row.callsign or "").casefold() for word in asked.words)

        rows = sorted((row for row in self.rows.values() if fits(row)), key=lambda row: (row.created, row.pk))
        return rows[::-1] if query.reverse else rows

    def cursor(self, query: CodeQuery, row: CodeRow) -> Cursor:
        return Cursor(row.created, row.pk)

    def list_codes(self, query: CodeQuery, *, after=None, before=None, at=None, last=False, limit=200) -> Page[CodeRow]:
        self.calls["list_codes"] += 1
        rows = self._found(query)
        return page_of(rows, lambda row: self.cursor(query, row), after=after, before=before, at=at, last=last, limit=limit)

    def count_codes(self, query: CodeQuery, most: int = 10_000) -> Count:
        return Count(len(self._found(query)))

    def present(self, query: CodeQuery, keys) -> tuple[CodeRow, ...]:
        return tuple(row for row in self._found(query) if row.pk in keys)

    def find(self, given: str) -> CodeRow:
        return self._there(uuid.UUID(given))

    def _there(self, key: uuid.UUID) -> CodeRow:
        if key not in self.rows:
            raise NotFound("There is no such login code.")
        return self.rows[key]

    def detail(self, key: uuid.UUID) -> CodeDetail:
        row = self._there(key)
        claims: dict[str, Any] = {"sub": row.callsign} if row.callsign else {"anon_admin_session": True} if row.admin else {}
        name = row.callsign or ""
        done = [entry(row.created, "create-code", name)]
        if row.burnt and row.used_on:
            done.insert(0, entry(row.used_on, "burn-code", name))
        return CodeDetail(row, claims, tuple(done))

    def _write(self, action: str) -> None:
        if settings.current().read_only:
            raise ReadOnly("This is read-only mode; nothing was changed.")
        self.calls[action] += 1

    def create(self, operator: Any, callsign: str | None) -> str:
        self._write("create")
        if callsign == "NOBODY":
            raise NotFound("There is nobody called NOBODY; nothing was done.")
        key = pk(7_900 + len(self.rows))
        self.rows[key] = CodeRow(key, LOGIN[:2], callsign, callsign is None, NOW, operator.callsign, None, "", False, None)
        return LOGIN

    def _unused(self, key: uuid.UUID) -> CodeRow:
        row = self._there(key)
        if code_state(row) != "unused":
            raise TokenReuse("The login code was used already on 2026-03-01 11:59:00; nothing was done.")
        return row

    def burn(self, operator: Any, key: uuid.UUID) -> CodeRow:
        self._write("burn")
        self.rows[key] = replace(self._unused(key), used_on=NOW, used_by=operator.callsign, burnt=True)
        return self.rows[key]

    def reveal(self, operator: Any, key: uuid.UUID) -> Secret:
        self._write("reveal")
        self.gate.wait(10)
        self._unused(key)
        return Secret(LOGIN)

    def burn_many(self, operator: Any, targets: Any, *, told: Any = None, stop: Any = None) -> Report:
        def act(target: Target) -> str:
            self.burn(operator, target.pk)
            return "Burnt; it is good for nothing now."

        return bulk.run(targets, act, told=told, stop=stop)

    def reset(self, operator: Any, key: uuid.UUID) -> CreatedEnrollment:
        self._write("reset")
        return CreatedEnrollment(key, self.world._pending(key).callsign, CODE)

    def use(self, number: int) -> CodeRow:
        """Somebody signs in with one."""
        key = pk(7_000 + number)
        self.rows[key] = replace(self.rows[key], used_on=NOW, used_by="rmtui console, x@y")
        return self.rows[key]
