"""Puts a world in the place of what acts on many, and of what finds whose codes these are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from tui_rows import CODE
from tui_world import World

from rmtui.services import bulk, bulk_actions, matching
from rmtui.services.bulk import Report, Target
from rmtui.services.matching import Match
from rmtui.settings import Secret
from rmtui.text import normalise_code

__all__ = ["Desk", "code_of"]


def code_of(number: int) -> str:
    """The approve code of the pending row with this key."""
    return CODE[:6] + chr(ord("A") + number // 26) + chr(ord("A") + number % 26)


class Desk:
    """What acts on many, on the rows of a world."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.gate = threading.Semaphore(1_000)
        """A row that is acted on takes one."""
        self.begun: list[str] = []
        self.fails: dict[str, Exception] = {}
        """Raised once for a callsign."""
        patch.setattr(matching, "match", self.match)
        for name in ("approve", "reject", "assign_role", "remove_role"):
            patch.setattr(bulk_actions, name, getattr(self, name))

    def hold(self) -> None:
        """Let nothing pass that is not released."""
        self.gate = threading.Semaphore(0)

    def _run(self, targets: Any, act: Callable[[Target], str], told: Any, stop: Any) -> Report:
        def one(target: Target) -> str:
            self.begun.append(target.name)
            if not self.gate.acquire(timeout=30):
                raise TimeoutError
            if target.name in self.fails:
                raise self.fails.pop(target.name)
            return act(target)

        return bulk.run(targets, one, told=told, stop=stop)

    def approve(self, operator: Any, approvals: Any, *, told: Any = None, stop: Any = None) -> Report:
        asked = {approval.target: approval for approval in approvals}

        def act(target: Target) -> str:
            assert asked[target].code
            self.world._pending(target.pk)
            self.world.decide(target.pk, matching.State.APPROVED, operator.callsign)
            return "Approved; certificate 1f1f."

        return self._run([approval.target for approval in approvals], act, told, stop)

    def reject(self, operator: Any, targets: Any, reason: str, *, told: Any = None, stop: Any = None) -> Report:
        def act(target: Target) -> str:
            self.world.reject(operator, target.pk, reason)
            return "Rejected."

        return self._run(targets, act, told, stop)

    def assign_role(self, operator: Any, targets: Any, role: str, *, told: Any = None, stop: Any = None) -> Report:
        def act(target: Target) -> str:
            return f"{'Has' if self.world.assign(operator, target.pk, role) else 'Had'} the role {role}."

        return self._run(targets, act, told, stop)

    def remove_role(self, operator: Any, targets: Any, role: str, *, told: Any = None, stop: Any = None) -> Report:
        def act(target: Target) -> str:
            return f"{'Lost' if self.world.remove(operator, target.pk, role) else 'Never had'} the role {role}."

        return self._run(targets, act, told, stop)

    def match(self, text: str, among: Any = None) -> tuple[Match, ...]:
        rows = {code_of(key.int): row for key, row in self.world.enrollments.items()}
        found = []
        for line in (line for line in text.splitlines() if line.strip()):
            code = normalise_code(line)
            row = rows.get(code)
            if row is None:
                found.append(Match(line, problem="No enrolment has this code."))
                continue
            problem = "" if row.state is matching.State.PENDING else f"{row.callsign} is {row.state} already."
            if among is not None and row.pk not in among:
                problem = f"{row.callsign} is none of those that are marked."
            lookalikes = ("AURORA",) if row.callsign == "AUR0RA" else ()
            found.append(Match(line[:4] + "****", Secret(code), row, "", lookalikes, problem))
        return tuple(found)
