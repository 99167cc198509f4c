"""From 60×20 everything can be reached; below that a sentence says so, and what was there is back when there is room again."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from tui_harness import Console, press, screen_text, settle, write
from tui_world import World

from rmtui.tui.screens.main import MainScreen

LEAST = (60, 20)
SIZES = [(40, 10), (1, 1), (59, 24), (200, 5), (61, 19), (120, 40), LEAST]
DIALOGS = ["", "x", "a", "n", "c", "R", "question_mark", "colon", "enter", "slash", "f f o", "space j space x", "2 e", "2 x", "2 i", "3 n"]
"""Keys that open each."""


async def resize(pilot: Pilot[Any], size: tuple[int, int]) -> None:
    await pilot.resize_terminal(*size)
    await settle(pilot)


def said(pilot: Pilot[Any]) -> str:
    return " ".join(" ".join(screen_text(pilot.app)).split())


@pytest.mark.parametrize("keys", DIALOGS)
def test_any_size_at_any_moment(console: Console, keys: str) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, *keys.split())
        stack, focused = [*pilot.app.screen_stack], pilot.app.screen.focused
        for size in SIZES:
            await resize(pilot, size)
            small = size[0] < LEAST[0] or size[1] < LEAST[1]
            if size == (40, 10):
                assert "rmtui needs a terminal of 60×20; this one has 40×10." in said(pilot)
                assert "Ctrl+Q quits." in said(pilot)
            assert ("rmtui needs" in said(pilot)) == small or size == (1, 1)
            assert pilot.app.screen_stack == stack
            assert pilot.app.screen.focused is focused
            for button in pilot.app.screen.query("#buttons Button"):
                assert small or not button.display or pilot.app.screen.region.contains_region(button.region), size
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, MainScreen)

    console.run(script)


def test_what_is_typed_where_nothing_is_seen_goes_nowhere(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "n")
        await write(pilot, "Ville")
        await resize(pilot, (40, 10))
        await press(pilot, "x", "enter", "q", "escape")
        await pilot.click(offset=(5, 5))
        assert not world.calls["write"]
        await resize(pilot, LEAST)
        assert "rmtui needs" not in said(pilot)
        assert pilot.app.screen.query_one("#callsign", Input).value == "Ville"
        await resize(pilot, (40, 10))
        await press(pilot, "ctrl+q")

    app = console.run(script)
    assert app.return_code == 0


def test_it_opens_small(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        assert "rmtui needs" in said(pilot)
        pilot.app.lock.close("The console was locked by hand.")
        await settle(pilot)
        assert "rmtui needs" in said(pilot)
        await resize(pilot, LEAST)
        assert "The console was locked by hand." in said(pilot)
        await press(pilot, "enter")
        assert "rmtui needs" not in said(pilot)
        assert "12 pending" in said(pilot)

    console.run(script, size=(40, 10))
