"""The console on a deployment that is only lists, with nothing that waits and nothing that blinks."""

from __future__ import annotations

import pytest
from tui_audit import Trail, lay
from tui_harness import Console
from tui_services import install
from tui_world import World

from rmtui.tui import glyphs
from rmtui.tui.dialogs.guard import EnterGuard
from rmtui.tui.panes import roles as roles_pane
from rmtui.tui.widgets import detail, filterbar

LOOK = 1 / 400
"""How long the process is watched, in seconds, to say that it rests: Textual's own 0.02, several times a key, is most of a test."""


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No refresh, no delays, no animation, Unicode symbols."""
    monkeypatch.setenv("RMTUI_REFRESH", "0")
    monkeypatch.setenv("RMTUI_ASCII", "0")
    monkeypatch.setenv("RM_PERSISTENT_DATA_DIR", "/srv/rmtui")
    glyphs.ascii_wanted.cache_clear()
    monkeypatch.setattr(detail, "DELAY", 0)
    monkeypatch.setattr(filterbar, "DELAY", 0)
    monkeypatch.setattr(roles_pane, "DELAY", 0)
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", LOOK)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", LOOK / 20)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """The usual rows behind the services."""
    return install(World().fill(), monkeypatch)


@pytest.fixture
def console(world: World) -> Console:
    """The console on the world."""
    return Console(world)


@pytest.fixture
def audit(world: World, monkeypatch: pytest.MonkeyPatch) -> Trail:
    """The usual entries behind the services."""
    return lay(Trail().fill(), monkeypatch)


class Ticker:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticker(monkeypatch: pytest.MonkeyPatch) -> Ticker:
    """The clock of the dialogs' Enter guard."""
    ticker = Ticker()
    before = EnterGuard.__init__
    monkeypatch.setattr(EnterGuard, "__init__", lambda self, clock=None: before(self, clock or ticker))
    return ticker
