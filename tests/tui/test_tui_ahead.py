"""Keys typed ahead of the list that they are for wait for it, and never act on the one that was there before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from tui_harness import Console, Held, dialog_text, press, screen_text, settle, through
from tui_world import World, lost

from rmtui.services import people
from rmtui.services.types import State
from rmtui.tui.link import turnstile
from rmtui.tui.link.scene import Scene
from rmtui.tui.screens.main import MainScreen
from rmtui.tui.widgets import filterbar
from rmtui.tui.widgets.palette import CommandPalette

FILTER = ("slash", *"sal", "enter")
"""Only SALAMA is left, which is not the first of the list without it."""
AHEAD = 10
"""How often everything may have its say before a key that acts too early would have acted."""


def view(pilot: Pilot[Any]) -> Any:
    return pilot.app.screen_stack[0].pane.view


def marked(pilot: Pilot[Any]) -> list[str]:
    return [row.callsign for row in view(pilot).marks.rows]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine is no slow list; only Enter asks for what is typed."""
    monkeypatch.setattr(turnstile, "PATIENCE", 60)
    monkeypatch.setattr(filterbar, "DELAY", 60)


async def ahead(pilot: Pilot[Any], held: Held, keys: Sequence[str]) -> None:
    """Type while the list is held; none of the keys does anything before it is there."""
    await held.begun(pilot)
    await through(pilot)
    before = screen_text(pilot.app)
    await pilot.press(*keys)
    for _ in range(AHEAD):
        await pilot.pause(0.01)
    assert screen_text(pilot.app) == before
    assert isinstance(pilot.app.screen, MainScreen)
    held.go.set()
    await settle(pilot)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["x"], "Reject SALAMA"),
        (["a"], "Approve SALAMA"),
        (["enter"], "SALAMA State ○ pending"),
        (["y"], "Sent to the terminal: SALAMA"),
        (["asterisk", "x"], "Reject SALAMA"),
    ],
)
def test_what_acts_on_a_row_waits_for_the_list_that_the_filter_asks_for(
    console: Console, monkeypatch: pytest.MonkeyPatch, keys: list[str], said: str
) -> None:
    held = Held(monkeypatch, lambda query: query.text == "sal")

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press(*FILTER)
        await ahead(pilot, held, keys)
        assert said in dialog_text(pilot.app)

    console.run(script)


@pytest.mark.parametrize("key", ["space", "v", "asterisk"])
def test_so_do_marks(console: Console, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    held = Held(monkeypatch, lambda query: query.text == "sal")

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press(*FILTER)
        await ahead(pilot, held, [key])
        assert marked(pilot) == ["SALAMA"]

    console.run(script)


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
def test_the_palette_offers_what_can_be_done_in_that_list(console: Console, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    held = Held(monkeypatch, lambda query: query.text == "sal")

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press(*FILTER)
        await ahead(pilot, held, [key])
        assert isinstance(pilot.app.screen, CommandPalette)
        assert view(pilot).current.callsign == "SALAMA"

    console.run(script)


def test_an_action_waits_for_the_marks_that_it_is_for(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        held = Held(monkeypatch, lambda _query: True)
        await pilot.press("asterisk")
        await ahead(pilot, held, ["x"])
        assert "Reject 12 enrolments" in dialog_text(pilot.app)

    console.run(script)


def test_it_waits_until_marks_that_the_filter_hides_are_gone(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "space", "space", "space")
        held = Held(monkeypatch, lambda query: query.text == "sal", name="present")
        await pilot.press(*FILTER)
        await ahead(pilot, held, ["x"])
        assert "Reject SALAMA" in dialog_text(pilot.app)

    console.run(script)


def test_moving_keys_are_not_lost(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1_000):
        world.add(f"ROW{number:04d}", 100 * 86_400 - number)
    pending = [row for row in sorted(world.enrollments.values(), key=lambda row: row.created) if row.state is State.PENDING]

    async def script(pilot: Pilot[Any]) -> None:
        held = Held(monkeypatch, lambda query: query.state is State.PENDING)
        await pilot.press("G")
        await ahead(pilot, held, ["k", "k"])
        assert view(pilot).current == pending[-3]
        held = Held(monkeypatch, lambda query: query.state is State.APPROVED)
        await pilot.press("f")
        await ahead(pilot, held, ["j"])
        assert view(pilot).window.cursor == 1

    console.run(script)


def test_a_member_is_of_the_role_under_the_cursor(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "3")
        pane = pilot.app.screen.pane
        before = pane.members.current
        role = pane.view.window.rows[1].role
        held = Held(monkeypatch, lambda query: query.role == role, people, "list_people")
        await pilot.press("j")
        await ahead(pilot, held, ["e"])
        assert pane.members.current != before
        assert f"Roles of {pane.members.current.callsign}" in dialog_text(pilot.app)

    console.run(script)


def test_a_list_that_does_not_come_lets_nothing_be_done(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        held = Held(monkeypatch, lambda query: query.text == "sal")
        await pilot.press(*FILTER)
        await held.begun(pilot)
        await through(pilot)
        monkeypatch.setattr(turnstile, "PATIENCE", 0)
        await pilot.press("j", "x")
        for _ in range(AHEAD):
            await pilot.pause(0.01)
        assert isinstance(pilot.app.screen, MainScreen)
        assert view(pilot).window.cursor == 1
        assert "Nothing was done: the list was not on the screen yet" in " ".join(" ".join(screen_text(pilot.app)).split())
        held.go.set()
        await settle(pilot)
        await press(pilot, "x")
        assert "Reject SALAMA" in dialog_text(pilot.app)

    console.run(script)


def test_nothing_is_done_in_a_list_that_could_not_be_read(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        world.trouble = lost()
        await press(pilot, *FILTER, "x")
        assert isinstance(pilot.app.screen, MainScreen)
        assert "Nothing was done: the list was not on the screen yet" in " ".join(" ".join(screen_text(pilot.app)).split())

    console.run(script)


def test_what_is_typed_into_the_filter_waits_for_no_list(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filterbar, "DELAY", 0)
    held = Held(monkeypatch, lambda query: query.text == "s")

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("slash", "s")
        await held.begun(pilot)
        await pilot.press("a", "x")
        while pilot.app.screen.query_one(Input).value != "sax":
            await pilot.pause(0.01)
        assert pilot.app.screen.unseen("x", Scene()) == ""
        held.go.set()
        await settle(pilot)

    console.run(script)
