"""An ASCII terminal gets nothing else, from Textual's own widgets neither."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, press, screen_text, settle
from tui_world import World, in_ascii

from rmtui.tui.widgets.palette import Palette


@pytest.fixture(autouse=True)
def plain(world: World) -> None:
    """The ASCII set, and callsigns that are ASCII."""
    in_ascii()
    world.enrollments = {key: row for key, row in world.enrollments.items() if row.callsign.isascii()}


def foreign(pilot: Pilot[Any]) -> set[str]:
    return {char for line in screen_text(pilot.app) for char in line if not char.isascii()}


@pytest.mark.parametrize("height", [20, 21, 22, 23, 24])
def test_scrollbars(console: Console, height: int) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "question_mark")
        for _ in range(5):
            assert foreign(pilot) == set()
            await press(pilot, "j")

    console.run(script, size=(80, height))


def test_the_palette(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.push_screen(Palette())
        await settle(pilot)
        assert "A command, a callsign or a code..." in "\n".join(screen_text(pilot.app))
        assert foreign(pilot) == set()

    console.run(script)


@pytest.mark.parametrize("keys", ["a", "x", "n", "2 e", "3 n", "f f o", "f f enter"])
def test_dialogs(console: Console, keys: str) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, *keys.split())
        assert foreign(pilot) == set()

    console.run(script)
