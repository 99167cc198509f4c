"""The console on a deployment that is only lists, with nothing that waits and nothing that blinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import tui_rest
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from tui_audit import Trail, lay
from tui_harness import Console, Script, screen_text, steps
from tui_services import install
from tui_world import World

from rmtui.tui.dialogs.guard import EnterGuard
from rmtui.tui.panes import roles as roles_pane
from rmtui.tui.widgets import detail, filterbar


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No refresh, no delays, no animation, Unicode symbols."""
    monkeypatch.setenv("RMTUI_REFRESH", "0")
    monkeypatch.setenv("RMTUI_ASCII", "0")
    monkeypatch.setenv("RM_PERSISTENT_DATA_DIR", "/srv/rmtui")
    monkeypatch.setattr(detail, "DELAY", 0)
    monkeypatch.setattr(filterbar, "DELAY", 0)
    monkeypatch.setattr(roles_pane, "DELAY", 0)
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    tui_rest.install(monkeypatch)


@pytest.fixture(autouse=True, scope="session")
def parsed_once() -> Iterator[None]:
    """The same CSS with the same variables is parsed once for all consoles: each would take a sixth of its start for it."""
    parsed: dict[tuple[Any, ...], Any] = {}
    parse = Stylesheet._parse_rules

    def parse_once(sheet: Stylesheet, *given: Any, **named: Any) -> Any:
        key = (given, *named.items(), *sheet._variables.items())
        if key not in parsed:
            parsed[key] = parse(sheet, *given, **named)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield


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


@pytest.fixture
def look(snap_compare: Callable[..., bool], console: Console) -> Callable[..., None]:
    """Compare the console with its picture, at rest, after these keys; what begins with ``=`` is typed, and a script is run."""

    def compare(*given: str | Script, size: str = "80x24", **app: Any) -> None:
        drawn: list[str] = []

        async def before(pilot: Pilot[Any]) -> None:
            await steps(pilot, *given)
            drawn.extend(screen_text(pilot.app))

        width, height = map(int, size.split("x"))
        assert snap_compare(console.app(**app), terminal_size=(width, height), run_before=before), "\n".join(["another picture:", *drawn])

    return compare


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
    monkeypatch.setattr(EnterGuard, "__init__", lambda self, clock=None, pressed=None: before(self, clock or ticker))
    return ticker
