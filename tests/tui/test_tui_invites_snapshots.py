"""How the invites and what is done to them look."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from tui_harness import SIZES, Console
from tui_invites import Invites, lay
from tui_world import in_ascii


@pytest.fixture(autouse=True)
def invites(console: Console, monkeypatch: pytest.MonkeyPatch) -> Invites:
    return lay(console.world, monkeypatch)


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
def test_in_ascii(look: Callable[..., None], size: str) -> None:
    in_ascii()
    look("4", "l", size=size)
