"""The palette finds people by what they call themselves, and what they call themselves does nothing there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, OptionList
from tui_harness import Console, Held, press, screen_text, settle, through, write
from tui_rows import NOW, pk

from rmtui.errors import RmtuiError
from rmtui.services import jumping
from rmtui.services.jumping import Found
from rmtui.services.types import PersonRow, State
from rmtui.tui import finder
from rmtui.tui.dialogs.approve import ApproveDialog
from rmtui.tui.link import turnstile

HOSTILE = ("[@click=app.quit]QUIT[/]", "[/]TEAM", "[red]TEAM[/red]", "$TEAM [b", "TEAM\x1b[31m", "TEAM\\[x]\\")


@pytest.mark.parametrize("callsign", HOSTILE)
def test_a_callsign_is_no_markup(console: Console, monkeypatch: pytest.MonkeyPatch, callsign: str) -> None:
    monkeypatch.setattr(finder, "DELAY", 0)
    person = PersonRow(pk(1001), "TEAM", (callsign,), NOW, None, None)
    row = console.world.add(callsign, 5)
    found = (Found("enrolment", row), Found("person", person))

    def find(text: str) -> tuple[Found, ...]:
        if text == "zz":
            raise RmtuiError(f"No “{callsign}” here.")
        return found

    monkeypatch.setattr(jumping, "find", find)

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "colon")
        await write(pilot, "TEAM")
        await settle(pilot)
        text = "\n".join(screen_text(pilot.app))
        assert finder.show(callsign) in text
        assert f"Person, {finder.show(callsign)}" in text
        spans = [span for option in pilot.app.screen.query_one(OptionList).options for span in option.prompt.spans]
        assert not [span for span in spans if "click" in str(span.style) or "red" in str(span.style)]
        await press(pilot, "ctrl+u")
        await write(pilot, "zz")
        assert f"No “{finder.show(callsign)}” here." in "\n".join(screen_text(pilot.app))
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, CommandPalette)

    console.run(script)


def test_it_goes_straight_there(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "DELAY", 0)
    world = console.world
    waiting, person = world.enrollments[pk(7)], world.people[pk(1003)]
    monkeypatch.setattr(
        jumping, "find", lambda text: (Found("enrolment", waiting, by_code=True),) if "abc" in text else (Found("person", person),)
    )

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "2", "colon")
        await write(pilot, "abcdefgh")
        await press(pilot, "enter")
        assert (pilot.app.screen.pane.id, pilot.app.screen.pane.view.current) == ("enrolments", waiting)
        await press(pilot, "colon")
        await write(pilot, "kettu")
        await press(pilot, "enter")
        assert (pilot.app.screen.pane.id, pilot.app.screen.pane.view.current) == ("people", person)

    console.run(script)


def test_who_is_in_comes_before_the_enrolment_that_they_came_by(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "DELAY", 0)
    person = console.world.people[pk(1003)]
    enrolled = replace(console.world.enrollments[pk(7)], callsign=person.callsign, state=State.APPROVED)
    monkeypatch.setattr(jumping, "find", lambda _text: (Found("enrolment", enrolled), Found("person", person)))

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "colon")
        await write(pilot, person.callsign)
        await press(pilot, "enter")
        assert (pilot.app.screen.pane.id, pilot.app.screen.pane.view.current) == ("people", person)

    console.run(script)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """The search for the whole word is held; a slow machine is no slow search."""
    monkeypatch.setattr(finder, "DELAY", 0)
    monkeypatch.setattr(turnstile, "PATIENCE", 60)
    monkeypatch.setattr(jumping, "find", lambda _text: ())
    return Held(monkeypatch, lambda text: text == "approve", jumping, "find")


async def search(pilot: Pilot[Any], held: Held) -> None:
    """Look for what the first letters fit, then type the rest, which fits something else."""
    await press(pilot, "colon")
    await write(pilot, "a")
    assert not pilot.app.screen.query_one(OptionList).highlighted_option.prompt.plain.startswith("Approve")
    await pilot.press(*"pprove")
    await held.begun(pilot)
    await through(pilot)


def test_enter_waits_for_what_is_found_for_the_whole_text(console: Console, held: Held) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await search(pilot, held)
        await pilot.press("enter", *"9PAM")
        for _ in range(10):
            await pilot.pause(0.01)
        assert isinstance(pilot.app.screen, CommandPalette)
        held.go.set()
        await settle(pilot)
        assert isinstance(pilot.app.screen, ApproveDialog)
        assert pilot.app.screen.query_one(Input).value == "9PAM"

    console.run(script)


def test_what_is_not_found_in_time_is_not_taken(console: Console, held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await search(pilot, held)
        monkeypatch.setattr(turnstile, "PATIENCE", 0)
        await pilot.press("enter")
        for _ in range(10):
            await pilot.pause(0.01)
        assert isinstance(pilot.app.screen, CommandPalette)
        assert "Nothing was done" in "".join(screen_text(pilot.app))
        held.go.set()
        await settle(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ApproveDialog)

    console.run(script)
