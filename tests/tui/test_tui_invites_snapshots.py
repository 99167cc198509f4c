"""How the invites and what is done to them look."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, press, settle, write
from tui_invites import Invites, lay

from rmtui.tui import glyphs

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


@pytest.fixture
def invites(console: Console, monkeypatch: pytest.MonkeyPatch) -> Invites:
    return lay(console.world, monkeypatch)


@pytest.fixture
def look(snap_compare: Callable[..., bool], console: Console, invites: Invites) -> Callable[..., None]:
    """Compare the console with its picture, at rest, after these keys; what begins with ``=`` is typed."""

    def compare(*names: str, size: str = "80x24") -> None:
        async def before(pilot: Pilot[Any]) -> None:
            await settle(pilot)
            for name in names:
                await (write(pilot, name[1:]) if name.startswith("=") else press(pilot, name))

        assert snap_compare(console.app(), terminal_size=SIZES[size], run_before=before)

    return compare


BURN = ("j", "b", "tab", "=leaked", "enter", "=4", "enter", "shift+tab", "tab", "enter")
SCREENS = {
    "list": ("f", "j", "space"),
    "detail": ("j", "enter"),
    "new": ("n",),
    "new-link": ("n", "=KOTKA", "enter"),
    "link": ("l",),
    "disable": ("e",),
    "delete": ("d",),
    "reset": ("z",),
    "marked": ("space", "space", "space", "e"),
    "sheet": ("w",),
    "sheet-written": ("w", "down", "enter"),
    "burn": ("j", "b"),
    "burnt": BURN,
    "people": ("j", "p"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(look: Callable[..., None], name: str, size: str) -> None:
    look("4", *SCREENS[name], size=size)


def test_without_colour(look: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    look("4", "l")


@pytest.mark.parametrize("size", SIZES)
def test_in_ascii(look: Callable[..., None], monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setenv("RMTUI_ASCII", "1")
    glyphs.ascii_wanted.cache_clear()
    look("4", "l", size=size)
    glyphs.ascii_wanted.cache_clear()
