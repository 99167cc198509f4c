"""The console in Finnish, and in a language in which everything is longer, at the design size."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from fitting import clipped, speak_longer
from rich.cells import cell_len
from test_tui_signin import gated, tried  # noqa: F401  # fixtures
from textual.pilot import Pilot
from textual.widgets import Input
from tui_audit import Trail
from tui_codes import Codes
from tui_harness import Console, screen_text, settle, steps
from tui_invites import lay
from tui_world import World

from rmtui import i18n
from rmtui.errors import UnreachableError
from rmtui.services import jumping
from rmtui.tui.commands import commands
from rmtui.tui.widgets.palette import Palette

SCREENS: dict[str, tuple[str, ...]] = {
    "enrolments": (),
    "enrolments-all": ("f", "f", "f", "j", "space"),
    "people": ("2", "f", "f", "f", "j"),
    "roles": ("3", "G"),
    "invites": ("4", "f", "j"),
    "codes": ("5", "f", "f", "j"),
    "audit": ("6", "j"),
    "entry": ("6", "enter"),
    "detail": ("2", "j", "enter"),
    "filter": ("slash",),
    "none-found": ("slash", "=nobody", "enter"),
    "help": ("question_mark",),
    "palette": ("colon",),
}
"""What is pressed, or typed after ``=``."""
SIZE = (80, 24)


@pytest.fixture(autouse=True)
def full(world: World, audit: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something in every pane."""
    lay(world, monkeypatch)
    Codes(world, monkeypatch)


async def idle(pilot: Pilot[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """So long that the console locks."""
    await settle(pilot)
    now = time.monotonic()
    monkeypatch.setattr("rmtui.tui.lock.monotonic", lambda: now + 16 * 60)
    pilot.app.lock.look()
    await settle(pilot)


class TestFinnish:
    @pytest.fixture(autouse=True)
    def finnish(self) -> None:
        i18n.use("fi")

    @pytest.mark.parametrize("name", SCREENS)
    def test_screen(self, look: Callable[..., None], name: str) -> None:
        look(*SCREENS[name])

    def test_detail_beside_the_list(self, look: Callable[..., None]) -> None:
        look("2", "j", size="120x40")

    def test_signing_in(self, look: Callable[..., None], gated: World) -> None:  # noqa: F811
        look()

    def test_set_up(self, look: Callable[..., None], world: World) -> None:
        world.ready = False
        look()

    def test_locked(self, look: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
        look(lambda pilot: idle(pilot, monkeypatch))

    @pytest.mark.parametrize("given", [(), ("slash", "=qqqq", "enter"), ("asterisk",), ("f", "j"), ("f", "f", "G")])
    @pytest.mark.parametrize("pane", "123456")
    def test_why_a_key_does_nothing_is_told_in_finnish(self, console: Console, pane: str, given: tuple[str, ...]) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await steps(pilot, pane, *given)
            shown: Any = pilot.app.screen
            whys = [shown.pane.why_not(each.binding.action) for each in shown.active_bindings.values()]
            assert any(whys) or given != ("slash", "=qqqq", "enter")
            assert [why for why in whys if why and i18n.english(why) == why] == []

        console.run(script)

    def test_a_greyed_key_says_why_in_finnish(self, console: Console) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await steps(pilot, "slash", "=nobody", "enter", "a")
            assert "Hyväksy: Kohdistimen alla ei ole riviä." in " ".join(screen_text(pilot.app))

        console.run(script)

    def test_the_palette_says_everything_in_finnish(self, console: Console) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            found = list(commands(pilot.app, pilot.app.screen))  # type: ignore[arg-type]
            assert [each.title for each in found if i18n.english(each.title) == each.title] == []
            assert [each.help for each in found if i18n.english(each.help) == each.help] == []
            assert {"Kunto: tarkista ympäristö", "Teema: suuri kontrasti"} <= {each.title for each in found}

        console.run(script)

    def test_hints_have_room(self, console: Console, gated: World) -> None:  # noqa: F811
        async def script(pilot: Pilot[Any]) -> None:
            fields = pilot.app.screen.query(Input).filter("#ways Input")
            assert len(fields) == 4
            for field in fields:
                assert cell_len(field.placeholder) < field.content_size.width, field.placeholder

        console.run(script)

    def test_textual_says_that_nothing_was_found_in_finnish(self, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jumping, "find", lambda _text: ())

        async def script(pilot: Pilot[Any]) -> None:
            await steps(pilot, "colon", "=qqqq")
            assert isinstance(pilot.app.screen, Palette)
            for _ in range(300):
                if "Ei löytynyt mitään" in "\n".join(screen_text(pilot.app)):
                    return
                await pilot.pause(0.01)
            raise AssertionError("the palette says nothing")

        console.run(script)


class TestLonger:
    """Of what is found by a filter no picture is taken: the status line cuts the filter, which the caption has whole."""

    @pytest.fixture(autouse=True)
    def longer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        speak_longer(monkeypatch)

    @pytest.mark.parametrize("name", sorted(SCREENS.keys() - {"none-found"}))
    def test_nothing_is_clipped(self, console: Console, name: str) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await steps(pilot, *SCREENS[name])
            assert clipped(pilot.app) == []

        console.run(script, size=(80, 200) if name in {"help", "detail", "entry", "palette"} else SIZE)

    def test_signing_in(self, console: Console, gated: World) -> None:  # noqa: F811
        async def script(pilot: Pilot[Any]) -> None:
            assert clipped(pilot.app) == []

        console.run(script)

    def test_set_up(self, console: Console, world: World) -> None:
        world.ready = False

        async def script(pilot: Pilot[Any]) -> None:
            assert clipped(pilot.app) == []

        console.run(script)

    def test_locked(self, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await idle(pilot, monkeypatch)
            assert clipped(pilot.app) == []

        console.run(script)

    def test_a_lost_database(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            world.trouble = UnreachableError(i18n.tr("Not done"))
            pilot.app.screen.check()
            await settle(pilot)
            assert clipped(pilot.app) == []

        console.run(script)
