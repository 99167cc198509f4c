"""How signing in and the lock look, at the design size and on a wide terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from test_tui_lock import lock
from test_tui_signin import gated, operator, tried  # noqa: F401  # fixtures
from textual.pilot import Pilot
from tui_harness import SIZES, settle
from tui_world import World

SCREENS: dict[str, tuple[str, ...]] = {
    "open": (),
    "refused": ("=wrong", "enter"),
    "code": ("tab", "=ABCDEFGHIJKL"),
    "admin": ("tab", "=ADMIN", "enter", "=KETTU", "enter"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_signing_in(look: Callable[..., None], gated: World, name: str, size: str) -> None:  # noqa: F811
    look(*SCREENS[name], size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("proven", [True, False], ids=["proven", "named"])
def test_locked(
    look: Callable[..., None],
    world: World,
    tried: list[Any],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    proven: bool,
    size: str,
) -> None:
    if proven:
        world.signin_required, world.operator = True, operator()

    async def idle(pilot: Pilot[Any]) -> None:
        lock(monkeypatch, pilot, 16)
        await settle(pilot)

    look(idle, size=size)


@pytest.mark.parametrize("size", SIZES)
def test_proven(look: Callable[..., None], world: World, size: str) -> None:
    world.operator = operator()
    look(size=size)
