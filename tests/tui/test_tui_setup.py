"""The first run: from nothing to the main screen."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input
from tui_harness import Console, dialog_text, press, screen_text, settle, write
from tui_world import World


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app)


def test_a_callsign_makes_the_deployment_and_enter_goes_on(console: Console, world: World, ticker: Any) -> None:
    world.ready = False

    async def script(pilot: Pilot[Any]) -> None:
        assert "There is no deployment here yet." in text(pilot)
        assert "/srv/rmtui/rmtui.db" in text(pilot)
        await write(pilot, "KARHU01")
        await press(pilot, "enter")
        assert "Enter again makes the deployment with KARHU01 as its first admin; the callsign cannot be changed." in text(pilot)
        for _ in range(10):
            await press(pilot, "enter")
            ticker.now += 0.03
        assert world.calls["write"] == 0, "a held-down Enter makes it without asking"
        ticker.now += 1
        await press(pilot, "enter")
        assert world.calls["set-up by console"] == 1
        assert "The deployment is ready" in text(pilot)
        assert "mtls.pfx" in text(pilot)
        assert "KARHU01 (the callsign)" in text(pilot)
        for _ in range(10):
            await press(pilot, "enter")
            ticker.now += 0.03
        assert "The deployment is ready" in text(pilot), "a held-down Enter goes on too soon to read this"
        ticker.now += 1
        await press(pilot, "enter")
        assert "[1 Enrolments]" in text(pilot)
        assert "KARHU01 (unproven) │" in "\n".join(screen_text(pilot.app))

    console.run(script)


def test_says_what_is_wrong_with_a_callsign_while_it_is_typed(console: Console, world: World) -> None:
    world.ready = False

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "enter")
        assert "Type a callsign first" in text(pilot)
        await write(pilot, "a/b")
        assert "Not a callsign: it holds /." in text(pilot)
        await press(pilot, "enter")
        assert world.calls["write"] == 0

    console.run(script)


def test_shows_its_steps_and_stays_alive_meanwhile(console: Console, world: World) -> None:
    world.ready = False
    world.gate.clear()

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press(*"karhu", "enter", "end", "enter")
        for _ in range(200):
            await pilot.pause(0.01)
            if "Making the certificate authority" in text(pilot):
                break
        assert "✓ Making the database ▸ Making the certificate authority" in text(pilot)
        world.gate.set()
        await settle(pilot)
        assert "✓ The deployment is ready" in text(pilot)
        assert "Making the" not in text(pilot)

    console.run(script)


def test_a_refusal_keeps_what_was_typed(console: Console, world: World) -> None:
    world.ready = False

    async def script(pilot: Pilot[Any]) -> None:
        await write(pilot, "rasenmaeher")
        await press(pilot, "enter", "end", "enter")
        assert "rasenmaeher is reserved; nothing was made." in text(pilot)
        assert pilot.app.screen.query_one(Input).value == "rasenmaeher"
        await press(pilot, "ctrl+u")
        await write(pilot, "KARHU")
        await press(pilot, "enter")
        assert "Enter again" in text(pilot), "another callsign is another question"
        await press(pilot, "end", "enter")
        assert "The deployment is ready" in text(pilot)

    console.run(script)


def test_what_was_asked_about_is_what_is_made(console: Console, world: World) -> None:
    world.ready = False

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "k", "enter")
        assert "Enter again makes the deployment with k as its first admin" in text(pilot)
        await press(pilot, "a", "enter")
        assert "Enter again makes the deployment with ka as its first admin" in text(pilot)
        await press(pilot, "f1", "enter")
        assert "Enter again" in text(pilot), "it was off the screen"
        assert world.calls["write"] == 0
        await press(pilot, "end", "enter")
        assert "ka (the callsign)" in text(pilot)

    console.run(script)


def test_the_button_makes_it_at_once(console: Console, world: World) -> None:
    world.ready = False

    async def script(pilot: Pilot[Any]) -> None:
        await write(pilot, "KARHU")
        await press(pilot, "tab", "enter")
        assert "The deployment is ready" in text(pilot)

    console.run(script)


def test_f1_and_a_question_mark_say_what_to_do(console: Console, world: World) -> None:
    world.ready = False

    async def script(pilot: Pilot[Any]) -> None:
        says = "Type what you are called and press Enter, twice; Tab goes to Quit."
        await press(pilot, "f1")
        assert says in text(pilot)
        await write(pilot, "KARHU")
        assert says not in text(pilot)
        await press(pilot, "tab", "question_mark")
        assert says in text(pilot)
        await press(pilot, "enter", "f1")
        assert "It is made; Enter opens the console." in text(pilot)
        assert "The deployment is ready" in text(pilot)

    console.run(script)


def test_quit_leaves_with_zero(console: Console, world: World) -> None:
    world.ready = False

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "tab", "tab", "enter")

    assert console.run(script).return_code == 0
    assert world.calls["write"] == 0
