"""How signing in and the lock look, at the design size and on a wide terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from test_tui_lock import lock
from test_tui_signin import gated, operator, tried  # noqa: F401  # fixtures
from test_tui_snapshots import SIZES, Prepare, look, typed  # noqa: F401  # a fixture
from textual.pilot import Pilot
from tui_harness import settle
from tui_world import World

SCREENS: dict[str, Prepare] = {
    "open": typed(),
    "refused": typed("=wrong", "enter"),
    "code": typed("tab", "=ABCDEFGHIJKL"),
    "admin": typed("tab", "=ADMIN", "enter", "=KETTU", "enter"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_signing_in(look: Callable[..., None], gated: World, name: str, size: str) -> None:  # noqa: F811
    look(SCREENS[name], size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("proven", [True, False], ids=["proven", "named"])
def test_locked(
    look: Callable[..., None],  # noqa: F811
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

    look(idle, size)


@pytest.mark.parametrize("size", SIZES)
def test_proven(look: Callable[..., None], world: World, size: str) -> None:  # noqa: F811
    world.operator = operator()
    look(typed(), size)
