"""How the people, and what is done to their certificates, look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tui_harness import SIZES
from tui_people import Registry, on_crl
from tui_rows import pk
from tui_world import World

ILVES = ("2", "j", "j")
YES = ("tab", "shift+tab", "enter")
REASON = ("tab", "down", "down", "enter")

SCREENS: dict[str, tuple[str, ...]] = {
    "expiring": ("2", "f", "j"),
    "revoked": ("2", "f", "f"),
    "all": ("2", "f", "f", "f"),
    "detail": (*ILVES, "enter"),
    "revoke": (*ILVES, "x"),
    "revoke-reason": (*ILVES, "x", *REASON, "=ILV", "enter", *YES),
    "revoke-done": (*ILVES, "x", *REASON, "=ILVES", "enter", *YES),
    "revoke-many": (*ILVES, "space", "space", "space", "x"),
    "revoke-many-done": ("2", "j", "space", "space", "space", "x", *REASON, "=3", "enter", *YES),
    "reissue": (*ILVES, "i"),
    "reissue-csr": (*ILVES, "i", "tab", "down", "enter", "=/tmp/good.csr", "enter"),
    "reissue-keeper": (*ILVES, "j", "i", "tab", "up"),
    "reissue-done": (*ILVES, "i", "right", "enter"),
    "reissue-many": (*ILVES, "space", "space", "i"),
    "export": (*ILVES, "w"),
    "export-done": (*ILVES, "w", "end", "enter"),
    "export-many": (*ILVES, "space", "space", "w"),
}


@pytest.fixture(autouse=True)
def registry(world: World, monkeypatch: pytest.MonkeyPatch) -> Registry:
    return Registry(world, monkeypatch)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_people(look: Callable[..., None], registry: Registry, name: str, size: str) -> None:
    look(*SCREENS[name], size=size)


@pytest.mark.parametrize("size", SIZES)
def test_revoked_but_not_published(look: Callable[..., None], registry: Registry, size: str) -> None:
    registry.unpublished = "/srv/rmtui/public/crl.pem cannot be written (No space left on device)."
    look(*SCREENS["revoke-done"], size=size)


@pytest.mark.parametrize("size", SIZES)
def test_revoked_and_still_connecting(look: Callable[..., None], world: World, registry: Registry, size: str) -> None:
    world.crl = on_crl(False)
    registry._gone(pk(1002), "keyCompromise")
    look("2", "f", "f", "enter", size=size)
