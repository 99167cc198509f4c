"""How login codes, and the dialogs that make, show and burn them, look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tui_codes import Codes
from tui_harness import SIZES
from tui_world import World, in_ascii

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


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(look: Callable[..., None], name: str, size: str) -> None:
    look(*SCREENS[name], size=size)


def test_nothing_yet(look: Callable[..., None], listed: Codes) -> None:
    listed.rows.clear()
    look("5")


def test_in_ascii(look: Callable[..., None]) -> None:
    in_ascii()
    look("5", "n", "=KETTU", "enter")
