"""An audit trail that is only a list, and how its filter is typed."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import press, screen_text, settle
from tui_rows import DIGEST, NOW, entry, page_of, pk

from rmtui.db.errors import NotFound
from rmtui.services import trail
from rmtui.services.types import AuditEntry, AuditQuery, Count, Cursor, Page

ENTRIES: list[dict[str, Any]] = [
    {"action": "init", "operator": "", "target": "", "at": 40 * 86_400, "surface": "command"},
    {"action": "approve", "target": "ILVES", "target_pk": pk(100), "at": 5 * 86_400, "proof": "certificate", "signed": True},
    {"action": "reject", "target": "FOX", "target_pk": pk(102), "at": 5 * 86_400 - 60, "reason": "Nobody at the gate knows them"},
    {"action": "assign-role", "target": "KETTU", "target_pk": pk(1003), "at": 4 * 86_400, "details": {"role": "signal"}, "proof": "token"},
    {"action": "remove-role", "target": "SORSA", "target_pk": pk(1006), "at": 3 * 86_400, "details": {"role": "medic"}},
    {"action": "sign-in", "operator": "ILVES", "target": "", "at": 86_400, "proof": "code", "outcome": "refused", "reason": "Wrong code."},
    {"action": "approve", "target": "GONE", "target_pk": pk(4_040), "at": 7_200, "outcome": "failed", "reason": "The disk is full."},
    {"action": "create", "operator": "EVIL\x1b[31m", "target": "[b]X[/b]\u202e", "at": 3_600, "surface": "library", "proof": "token"},
    {
        "action": "approve",
        "target": "AUR0RA",
        "target_pk": pk(3),
        "at": 60,
        "proof": "certificate",
        "signed": True,
        "outcome": "refused",
        "reason": "AUR0RA looks like AURORA, who is in already; nothing was approved.",
        "details": {"accept_lookalikes": False, "lookalikes": ["AURORA"], "fingerprint": DIGEST},
        "origin": "192.0.2.7 51022 192.0.2.1 22",
    },
]


class Trail:
    """The entries, and the service on them."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.calls: Counter[str] = Counter()
        self.persons = {pk(1003), pk(1006)}
        self.enrolments = {pk(3), pk(100), pk(102)}
        self.gate = threading.Event()
        """Whoever looks for a target waits for it."""
        self.gate.set()

    def fill(self) -> Trail:
        """The usual entries."""
        for each in ENTRIES:
            self.add(**each)
        return self

    def add(self, at: float, action: str, target: str, **fields: Any) -> AuditEntry:
        """One more, so many seconds ago."""
        made = entry(NOW - dt.timedelta(seconds=at), action, target)
        made = replace(made, **{"id": len(self.entries) + 1, **fields})
        self.entries.append(made)
        return made

    def _rows(self, query: AuditQuery) -> list[AuditEntry]:
        def fits(row: AuditEntry) -> bool:
            wanted = ((query.operator, row.operator), (query.target, row.target), (query.action, row.action))
            fields = (row.operator, row.target, row.action, row.reason)
            return (
                all(text.casefold() in field.casefold() for text, field in wanted)
                and query.outcome in {"", row.outcome}
                and (query.since is None or row.at >= query.since)
                and (query.until is None or row.at < query.until)
                and any(query.text.casefold() in field.casefold() for field in fields)
            )

        rows = [row for row in self.entries if fits(row)]
        return rows if query.reverse else rows[::-1]

    def list_entries(self, query: AuditQuery, *, after=None, before=None, at=None, last=False, limit=200) -> Page[AuditEntry]:
        self.calls["list_entries"] += 1
        sign = 1 if query.reverse else -1

        def place(row: AuditEntry) -> Cursor:
            return Cursor((), sign * row.id)

        turned = [each and Cursor((), sign * each.pk) for each in (after, before, at)]
        return page_of(self._rows(query), place, after=turned[0], before=turned[1], at=turned[2], last=last, limit=limit)

    def count_entries(self, query: AuditQuery, most: int = 10_000) -> Count:
        return Count(len(self._rows(query)))

    def entry(self, number: int) -> AuditEntry:
        for row in self.entries:
            if row.id == number:
                return row
        raise NotFound(f"There is no entry {number} in the audit trail.")

    def target_of(self, found: AuditEntry) -> str:
        self.gate.wait(10)
        return "person" if found.target_pk in self.persons else "enrolment" if found.target_pk in self.enrolments else ""


def lay(audit: Trail, patch: pytest.MonkeyPatch) -> Trail:
    """Have the console ask ``audit``."""
    for name in ("list_entries", "count_entries", "entry", "target_of"):
        patch.setattr(trail, name, getattr(audit, name))
    return audit


async def put(pilot: Pilot[Any], typed: str) -> None:
    """Type a filter and keep it."""
    await press(pilot, "slash")
    names = {":": "colon", '"': "quotation_mark"}
    await pilot.press(*("space" if char == " " else names.get(char, char) for char in typed))
    await settle(pilot)
    await press(pilot, "enter")


def pane(pilot: Pilot[Any]) -> Any:
    return pilot.app.screen.pane


def shown(pilot: Pilot[Any]) -> list[int]:
    return [row.id for row in pane(pilot).view.window.rows]


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(screen_text(pilot.app))


def caption(pilot: Pilot[Any]) -> str:
    return screen_text(pilot.app)[1].strip()
