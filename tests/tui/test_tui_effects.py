"""What is to be done outside the database: carried out while the console is open, told when it fails, shown with the person."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, press, screen_text, settle
from tui_rows import NOW, pk
from tui_world import World, read_only

from rmtui import i18n
from rmtui.db.errors import DatabaseBusy
from rmtui.services import effects, enrollments, people
from rmtui.services.effects import EffectRow, Ran
from rmtui.services.types import Count
from rmtui.tui import carrying
from rmtui.tui.facts import effect_fact


def row(number: int, state: Any = "waiting", **values: Any) -> EffectRow:
    made = EffectRow(number, NOW, pk(1), "ILVES", "revoked", "product:tak", state, 0, NOW, "", NOW if state != "waiting" else None)
    return replace(made, **values)


class Waiting:
    """Effects of a deployment: how many fail, and what a run makes of them."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self.failing, self.undone, self.due, self.runs = 2, True, True, 0
        self.error: Exception | None = None
        summary = world.summary
        patch.setattr(enrollments, "summary", lambda: replace(summary(), failing=Count(self.failing), undone=self.undone))
        patch.setattr(effects, "anything_due", lambda: self.due)
        patch.setattr(effects, "run_due", self.run)

    def run(self, *, stop: Any, most: int) -> Ran:
        assert not stop.is_set()
        assert most
        self.runs += 1
        if self.error is not None:
            raise self.error
        self.failing, self.undone = self.failing - 1, self.failing > 1
        return Ran(done=1)


@pytest.fixture
def waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> Waiting:
    monkeypatch.setattr(carrying, "EVERY", 3600)  # each test ticks by itself
    return Waiting(world, monkeypatch)


def text(pilot: Pilot[Any]) -> str:
    return " ".join(" ".join(screen_text(pilot.app)).split())


async def tick(pilot: Pilot[Any]) -> None:
    """What the timer does."""
    pilot.app.screen.carry_out()
    await settle(pilot)


def test_what_is_due_is_carried_out_until_nothing_waits(console: Console, waiting: Waiting) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        assert "2 effects failing" in text(pilot)
        await tick(pilot)
        assert "1 effect failing" in text(pilot)
        waiting.due = False
        await tick(pilot)
        waiting.due = True
        assert waiting.runs == 1
        await tick(pilot)
        assert "failing" not in text(pilot)
        await tick(pilot)
        assert waiting.runs == 2

    console.run(script, size=(120, 40))


def test_a_run_that_breaks_off_is_told_and_made_again(console: Console, waiting: Waiting) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        waiting.error = DatabaseBusy("The database is busy; nothing was changed. Try again.")
        await tick(pilot)
        assert "The database is busy" in text(pilot)
        waiting.error = None
        await tick(pilot)
        assert waiting.runs == 2

    console.run(script, size=(120, 40))


def test_read_only_carries_nothing_out(console: Console, world: World, waiting: Waiting) -> None:
    read_only()

    async def script(pilot: Pilot[Any]) -> None:
        assert "2 effects failing" in text(pilot)
        await tick(pilot)

    console.run(script, size=(120, 40))
    assert waiting.runs == 0


def test_what_is_told_of_somebody_is_told_in_finnish() -> None:
    i18n.use("fi")
    assert "mitätöity: ohitettu" in effect_fact(row(2, "skipped", target="product:bl"))[1]
    assert "odottaa, alkaen" in effect_fact(row(3, target="keycloak"))[1]


def test_each_result_stands_in_the_persons_detail(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    later = NOW + dt.timedelta(minutes=5)
    found = (
        row(4, attempts=3, next_try=later, last_error="The product tak did not \x1b[2Janswer."),
        row(3, target="keycloak"),
        row(2, "skipped", target="product:bl", last_error="It is gone."),
        row(1, "done", target="crl"),
    )
    person = people.person
    monkeypatch.setattr(people, "person", lambda key: replace(person(key), effects=found))

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "2", "j", "j", "enter")
        seen = ""
        for _ in range(6):
            seen += text(pilot)
            await press(pilot, "pagedown")
        assert "Effects" in seen
        assert "revoked failed 3×, again at 2026-" in seen
        assert "did not" in seen
        assert "\x1b" not in seen
        assert "revoked waits since" in seen
        assert "revoked, skipped" in seen
        assert "gone." in seen
        assert "crl ✓ revoked" in seen

    console.run(script, size=(80, 24))
