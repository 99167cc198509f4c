"""How login codes, and the dialogs that make, show and burn them, look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from tui_codes import Codes
from tui_harness import Console, press, settle
from tui_world import World

from rmtui.tui import glyphs

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}

SCREENS = {
    "list": ("5", "j"),
    "spent": ("5", "f", "j"),
    "all": ("5", "f", "f", "j"),
    "filter": ("5", "slash"),
    "detail": ("5", "G", "enter"),
    "detail-admin": ("5", "f", "j", "enter"),
    "new": ("5", "n"),
    "new-admin": ("5", "n", "up", "down"),
    "made-masked": ("5", "n", "=KETTU", "enter"),
    "made": ("5", "n", "=KETTU", "enter", "v"),
    "shown-admin": ("5", "j", "j", "j", "w", "v"),
    "burn": ("5", "x"),
    "burn-many": ("5", "asterisk", "x"),
    "approve-code": ("n", "=UUSI", "enter", "v"),
    "reset-code": ("z",),
}


@pytest.fixture(autouse=True)
def listed(world: World, monkeypatch: pytest.MonkeyPatch) -> Codes:
    return Codes(world, monkeypatch)


@pytest.fixture
def look(snap_compare: Callable[..., bool], console: Console) -> Callable[..., None]:
    """Compare the console with its picture, at rest, after these keys; what begins with ``=`` is typed in the line in focus."""

    def compare(*names: str, size: str = "80x24") -> None:
        async def before(pilot: Pilot[Any]) -> None:
            await settle(pilot)
            for name in names:
                if name.startswith("="):
                    pilot.app.screen.query("Input").first(Input).value = name[1:]
                    await settle(pilot)
                else:
                    await press(pilot, name)

        assert snap_compare(console.app(), terminal_size=SIZES[size], run_before=before)

    return compare


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(look: Callable[..., None], name: str, size: str) -> None:
    look(*SCREENS[name], size=size)


def test_nothing_yet(look: Callable[..., None], listed: Codes) -> None:
    listed.rows.clear()
    look("5")


def test_in_ascii(look: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RMTUI_ASCII", "1")
    glyphs.ascii_wanted.cache_clear()
    look("5", "n", "=KETTU", "enter")
    glyphs.ascii_wanted.cache_clear()
