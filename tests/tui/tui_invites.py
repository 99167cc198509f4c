"""Invites that are only a list beside a world, and what is done to them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import pytest
from tui_rows import NOW, entry, in_order, page_of, pk, place_of
from tui_world import World

from rmtui import settings
from rmtui.db.errors import Deleted, NotFound
from rmtui.services import bulk, burning, enrollments, filters, pools, sheets
from rmtui.services.bulk import Report, Target
from rmtui.services.burning import BurnPlan
from rmtui.services.exports import ExportRefused
from rmtui.services.pools import PoolDetail, PoolQuery, PoolRow
from rmtui.services.sheets import Sheet
from rmtui.services.types import Count, Cursor, EnrollmentQuery, Page, State
from rmtui.settings import Settings

PAGE = "https://kaira.rasenmaeher.example"
"""With the code of an invite a link of 54 characters."""
INVITES = [
    ("MOD8ZRXG", "AURORA", True, 40, None),
    ("QFETPEOY", "ILVES", True, 30, None),
    ("NMHGPDYY", None, False, 20, None),
    ("EVIL\x1b[31m", "[b]X\u202e", True, 10, None),
    ("OLDONE22", "AURORA", True, 60, 50),
]


class Invites:
    """The invites, and the services on them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows: dict[uuid.UUID, PoolRow] = {}
        self.burnt: list[dict[str, Any]] = []
        self.written: list[tuple[str, bool]] = []
        self.fails: dict[str, Exception] = {}
        """Raised once for who is burnt."""
        for number, (code, owner, active, days, deleted) in enumerate(INVITES, 7_001):
            gone = None if deleted is None else NOW - dt.timedelta(days=deleted)
            self.rows[pk(number)] = PoolRow(pk(number), code, owner, active, NOW - dt.timedelta(days=days), gone, 0, 0, 0)

    # Reading

    def now(self, key: uuid.UUID) -> PoolRow:
        """An invite with its numbers."""
        if key not in self.rows:
            raise NotFound("There is no such invite.")
        row = self.rows[key]
        came = [found.state for found in self.world.enrollments.values() if found.pool == row.code]
        return replace(row, pending=came.count(State.PENDING), approved=came.count(State.APPROVED), rejected=came.count(State.REJECTED))

    def _rows(self, query: PoolQuery) -> list[PoolRow]:
        asked = filters.parse(query.text, filters.POOLS)
        state = asked.values.get("state", "all" if query.deleted else "kept")
        rows = [
            row
            for row in map(self.now, self.rows)
            if (state == "all" or (row.deleted is not None) == (state == "deleted"))
            and (state not in {"active", "disabled"} or row.active == (state == "active"))
            and all(word.casefold() in f"{row.code} {row.owner}".casefold() for word in asked.words)
        ]
        rows.sort(key=lambda row: ((-row.pending,) if query.sort == "pending" else (), row.created, row.pk))
        return rows[::-1] if query.reverse else rows

    def cursor(self, query: PoolQuery, row: PoolRow) -> Cursor:
        return Cursor(row.created, row.pk)

    def list_pools(self, query: PoolQuery, **where: Any) -> Page[PoolRow]:
        given = {"after": None, "before": None, "at": None, "last": False, "limit": 200} | where
        return page_of(self._rows(query), lambda row: self.cursor(query, row), **given)

    def count_pools(self, query: PoolQuery, most: int = 10_000) -> Count:
        return Count(len(self._rows(query)))

    def present(self, query: PoolQuery, keys: Any) -> tuple[PoolRow, ...]:
        return tuple(row for row in self._rows(query) if row.pk in keys)

    def pool(self, key: uuid.UUID) -> PoolDetail:
        row = self.now(key)
        return PoolDetail(
            row, {"unit": "[b]2nd[/b]"} if row.owner == "ILVES" else {}, (entry(row.created, "create-pool", row.owner or ""),)
        )

    def enrollments(self, query: EnrollmentQuery) -> list[Any]:
        """As the services find them: by invite and state, typed or not."""
        asked = filters.parse(query.text, filters.ENROLLMENTS)
        state = asked.values.get("state", query.state)
        bare = replace(query, text=asked.text, state=None if state == "all" else State(state) if state else None)
        code = self.rows[query.pool].code if query.pool is not None else asked.values.get("pool")
        return [row for row in in_order(self.world.enrollments.values(), bare) if code in {None, row.pool}]

    def list_enrollments(self, query: EnrollmentQuery, **where: Any) -> Page[Any]:
        given = {"after": None, "before": None, "at": None, "last": False, "limit": 200} | where
        return page_of(self.enrollments(query), lambda row: place_of(query, row), **given)

    def count_enrollments(self, query: EnrollmentQuery, most: int = 10_000) -> Count:
        return Count(len(self.enrollments(query)))

    # Changing

    def _kept(self, key: uuid.UUID) -> PoolRow:
        self.world._write()
        row = self.now(key)
        if row.deleted is not None:
            raise Deleted("The invite is deleted; nothing was changed.")
        return row

    def create(self, operator: Any, owner: str | None = None) -> PoolRow:
        self.world._write()
        if owner == "NOBODY":
            raise NotFound("There is no NOBODY; nothing was made.")
        key = pk(7_900)
        self.rows[key] = PoolRow(key, "NEWCODE2", owner or operator.callsign, True, NOW, None, 0, 0, 0)
        return self.rows[key]

    def _switch(self, key: uuid.UUID, active: bool) -> bool:
        row = self._kept(key)
        self.rows[key] = replace(row, active=active)
        return row.active is not active

    def enable(self, operator: Any, key: uuid.UUID) -> bool:
        return self._switch(key, True)

    def disable(self, operator: Any, key: uuid.UUID) -> bool:
        return self._switch(key, False)

    def delete(self, operator: Any, key: uuid.UUID) -> None:
        self.rows[key] = replace(self._kept(key), deleted=NOW)

    def reset(self, operator: Any, key: uuid.UUID) -> str:
        self.rows[key] = replace(self._kept(key), code="FRESH234")
        return "FRESH234"

    def plan(self, key: uuid.UUID) -> BurnPlan:
        row = self.now(key)
        came = [found for found in self.world.enrollments.values() if found.pool == row.code]
        pending = tuple(Target(found.pk, found.callsign) for found in came if found.state is State.PENDING)
        people = [found for found in came if found.state is State.APPROVED]
        active = {person.callsign: person for person in self.world.people.values() if person.revoked_on is None}
        in_ = tuple(Target(active[found.callsign].pk, found.callsign) for found in people if found.callsign in active)
        return BurnPlan(row, pending, in_, row.rejected, len(people) - len(in_), 0)

    def burn(self, operator: Any, plan: BurnPlan, *, reject_reason: str, revoke_reason: str, told: Any = None, stop: Any = None) -> Report:
        self.world._write()
        self.burnt.append({"targets": [target.name for target in plan.targets], "reason": reject_reason, "revoke": revoke_reason})
        self.rows[plan.invite.pk] = replace(self.rows[plan.invite.pk], active=False)

        def act(target: Target) -> str:
            if target.name in self.fails:
                raise self.fails.pop(target.name)
            if target in plan.pending:
                self.world.reject(operator, target.pk, reject_reason)
                return "Rejected."
            self.world.people[target.pk] = replace(self.world.people[target.pk], revoked_on=NOW, revoke_reason=revoke_reason)
            return "Revoked with 1 certificate."

        return bulk.run(plan.targets, act, told=told, stop=stop)

    def write(self, operator: Any, key: uuid.UUID, path: str, *, svg: bool = False, force: bool = False) -> Sheet:
        row = self._kept(key)
        if path.endswith("there.txt"):
            raise ExportRefused("/home/aurora/there.txt is there already and was left as it is. Name another path.")
        self.written.append((path, svg))
        return Sheet(key, row.code, PAGE, path.replace("~", "/home/aurora"), "svg" if svg else "text")


def lay(world: World, patch: pytest.MonkeyPatch) -> Invites:
    """Have the console ask for invites, with a web page that they lead to."""
    invites = Invites(world)
    replacements: dict[Any, tuple[str, ...]] = {
        pools: ("cursor", "list_pools", "count_pools", "present", "pool", "create", "enable", "disable", "delete", "reset"),
        enrollments: ("list_enrollments", "count_enrollments"),
        burning: ("plan", "burn"),
        sheets: ("write",),
    }
    for module, names in replacements.items():
        for name in names:
            patch.setattr(module, name, getattr(invites, name))
    patch.setenv("TERM", "xterm-256color")
    patch.delenv("COLORTERM", raising=False)
    settings.configure(replace(Settings.from_env(), join_url=PAGE))
    return invites


def row(invites: Invites, number: int) -> PoolRow:
    """The invite that is in this place of :data:`INVITES`."""
    return invites.now(pk(7_000 + number))
