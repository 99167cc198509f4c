"""How marks, the box for codes, and acting on many look."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_bulk import Desk, code_of
from tui_harness import SIZES, dialog_text
from tui_rows import pk
from tui_world import World, in_ascii, lost

from rmtui.services.types import State

CONFIRM = ("enter", "shift+tab", "tab", "enter")
THREE = ("space", "space", "space")
REJECT = (*THREE, "x", "tab", "=wrong gate", "enter", "=3")
CODES = (f"={code_of(1)}", "down", "=ZZZZZZZZ", "down", f"={code_of(9)}", "down", f"={code_of(101)}", "down", f"={code_of(3)}")

SCREENS: dict[str, tuple[str, ...]] = {
    "marked": ("space", "j", "v", "j", "j", "v"),
    "reject": (*THREE, "x"),
    "reject-no-number": (*THREE, "x", "tab", "=wrong gate", "tab", "=2", "enter", "shift+tab", "tab", "enter"),
    "reject-done": (*REJECT, *CONFIRM),
    "reject-all": ("f", "f", "f", "asterisk", "x"),
    "roles": ("2", "asterisk", "e"),
    "roles-done": ("2", "asterisk", "e", "tab", "=medic", "enter", "=5", *CONFIRM),
    "codes": ("c",),
    "codes-typed": ("c", *CODES),
    "codes-unknown": ("c", "=ZZZZ-ZZZZ", "enter"),
    "codes-none-fit": ("c", "=ZZZZZZZZ", "down", f"={code_of(102)}", "enter"),
    "codes-one": ("c", f"={code_of(1)}", "enter"),
    "codes-several": ("c", *CODES, "enter"),
    "codes-several-done": ("c", *CODES, "enter", "tab", "=2", *CONFIRM),
}


@pytest.fixture(autouse=True)
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(world, monkeypatch)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(look: Callable[..., None], name: str, size: str) -> None:
    look(*SCREENS[name], size=size)


@pytest.mark.parametrize("size", SIZES)
def test_partly_done(look: Callable[..., None], desk: Desk, size: str) -> None:
    desk.fails["AUR0RA"] = lost()
    desk.world.decide(pk(2), State.APPROVED, "KETTU")
    desk.world.enrollments[pk(2)] = desk.world.add("SALAMA", 2 * 86_400, key=2)
    look("space", "space", "space", "space", "x", "tab", "=wrong gate", "enter", "=4", *CONFIRM, size=size)


@pytest.mark.parametrize("size", SIZES)
def test_under_way(look: Callable[..., None], desk: Desk, size: str) -> None:
    desk.hold()
    desk.gate.release(2)

    async def begin(pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        while "2 of 3" not in dialog_text(pilot.app) or len(desk.begun) < 3:
            await pilot.pause(0.01)
        pilot.app.workers.cancel_all()  # the thread goes on while the picture is taken

    look(*REJECT, *CONFIRM[:-1], begin, size=size)
    desk.gate.release(100)


def test_without_colour(look: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    look(*SCREENS["marked"])


def test_in_ascii(look: Callable[..., None]) -> None:
    in_ascii()
    look(*SCREENS["codes-several-done"])
