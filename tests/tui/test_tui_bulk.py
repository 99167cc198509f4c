"""Acting on what is marked: the set is frozen, its number typed, it can be stopped, and every row has a result."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button
from tui_bulk import Desk, code_of
from tui_harness import Console, dialog_text, press, screen_text, settle, write
from tui_rows import pk
from tui_world import World, lost

from rmtui import settings
from rmtui.services.bulk import Target
from rmtui.services.rollcall import Group, RollRow
from rmtui.services.types import State
from rmtui.text import callsign_problem
from rmtui.tui.app import RmtuiApp
from rmtui.tui.dialogs.bulk import names_of
from rmtui.tui.dialogs.rollcall import _section
from rmtui.tui.glyphs import typed


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(world, monkeypatch)


def name(pilot: Pilot[Any]) -> str:
    return type(pilot.app.screen).__name__


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app)


def states(world: World, *numbers: int) -> list[State]:
    return [world.enrollments[pk(number)].state for number in numbers]


async def until(pilot: Pilot[Any], condition: Any) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        await pilot.pause(0.01)


async def fill(pilot: Pilot[Any], reason: str, count: str) -> None:
    """Reason, number, and on to the button."""
    await press(pilot, "tab")
    await write(pilot, reason)
    await press(pilot, "enter")
    await write(pilot, count)
    await press(pilot, "enter", "shift+tab", "tab", "enter")


class TestReject:
    def test_names_the_set_takes_its_number_and_gives_a_result_a_row(self, console: Console, desk: Desk) -> None:
        world = console.world

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "space", "space", "space", "x")
            assert name(pilot) == "RejectManyDialog"
            assert pilot.app.screen.focused.id == "cancel"
            assert "KARHU01, SALAMA, AUR0RA" in text(pilot)
            world.add("LATER", 1)  # whoever comes now is none of them
            world.decide(pk(2), State.APPROVED, "KETTU")
            await fill(pilot, "wrong gate", "3")
            assert "2 of 3 done" in text(pilot)
            assert "SALAMA" in text(pilot)
            assert "KETTU" in text(pilot)
            assert states(world, 1, 2, 3) == [State.REJECTED, State.APPROVED, State.REJECTED]
            await press(pilot, "escape")
            assert not pilot.app.screen.query_one("#enrolments-list").marks  # the one that was refused has left the list
            assert [entry.reason for entry in world.history[pk(1)]] == ["wrong gate"]

        console.run(script)
        assert [row.callsign for row in world.enrollments.values() if row.state is State.PENDING].count("LATER") == 1

    def test_needs_the_reason_and_the_number(self, console: Console, desk: Desk) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "space", "space", "x", "tab")
            await write(pilot, "why")
            await press(pilot, "tab")
            await write(pilot, "3")
            await press(pilot, "tab", "tab", "enter")
            assert "Type how many it is about, 2" in text(pilot)
            assert desk.begun == []

        console.run(script)
        assert states(console.world, 1, 2) == [State.PENDING, State.PENDING]

    def test_stops_before_the_next_row_and_goes_on_when_asked(self, console: Console, desk: Desk) -> None:
        world = console.world
        desk.hold()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "space", "space", "space", "x", "tab")
            await write(pilot, "why")
            await press(pilot, "enter")
            await write(pilot, "3")
            await press(pilot, "enter", "shift+tab", "tab")
            await pilot.press("enter")
            await until(pilot, lambda: desk.begun == ["KARHU01"])
            assert str(pilot.app.screen.query_one("#cancel", Button).label) == "Stop"
            await until(pilot, lambda: "0 of 3" in text(pilot))
            await pilot.press("escape")
            await pilot.pause()
            assert "what is under way is finished first" in text(pilot)
            desk.gate.release(3)
            await settle(pilot)
            assert desk.begun == ["KARHU01"]
            assert "1 of 3 done" in text(pilot)
            assert "2 not begun" in text(pilot)
            await press(pilot, "right", "enter")
            assert "3 of 3 done" in text(pilot)

        console.run(script)
        assert states(world, 1, 2, 3) == [State.REJECTED] * 3

    def test_a_lost_database_leaves_the_rest(self, console: Console, desk: Desk) -> None:
        desk.fails["SALAMA"] = lost()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "space", "space", "space", "x")
            await fill(pilot, "why", "3")
            assert "1 of 3 done" in text(pilot)
            assert "1 failed" in text(pilot)
            assert "1 not begun" in text(pilot)
            await press(pilot, "right", "enter")
            assert "3 of 3 done" in text(pilot)

        console.run(script)

    def test_says_how_many_of_the_marked_are_none_of_it(self, console: Console, desk: Desk) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "f", "f", "f", "asterisk", "x")
            assert "Reject 12" in text(pilot)
            assert "4 more marked: not pending" in text(pilot)

        console.run(script)

    def test_the_lock_stops_it(self, console: Console, desk: Desk) -> None:
        desk.hold()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "space", "space", "x", "tab")
            await write(pilot, "why")
            await press(pilot, "enter")
            await write(pilot, "2")
            await press(pilot, "enter", "shift+tab", "tab")
            await pilot.press("enter")
            await until(pilot, lambda: desk.begun == ["KARHU01"])
            app = pilot.app
            assert isinstance(app, RmtuiApp)
            app.lock.close("Locked for a test.")
            app.close_dialogs()
            await pilot.pause()
            desk.gate.release(2)
            await settle(pilot)
            assert desk.begun == ["KARHU01"]

        console.run(script)


@pytest.mark.parametrize("ascii_only", [False, True])
def test_names_can_be_taken_apart(ascii_only: bool) -> None:
    """Between them stands what no callsign may hold."""
    settings.configure(replace(settings.current(), ascii=ascii_only))
    names = ["-dash", "A - B C", "BJ·RN"]
    apart = [typed(each) for each in names]
    assert names_of([Target(pk(number), each) for number, each in enumerate(names)]).split(", ") == apart
    section = _section("In", tuple(RollRow(Group.JOINED, each, "person", None) for each in names))
    assert section.facts[0][1].split(", ") == apart
    assert not any(map(callsign_problem, names))
    assert callsign_problem("A, B")


def test_one_mark_is_acted_on_in_the_usual_dialog(console: Console, desk: Desk) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "j", "space", "x")
        assert name(pilot) == "RejectDialog"
        assert "SALAMA" in text(pilot)

    console.run(script)


def test_a_role_is_given_to_all_that_are_marked(console: Console, desk: Desk) -> None:
    world = console.world

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "2", "asterisk", "e")
        assert "5 people" in text(pilot)
        await press(pilot, "tab")
        await write(pilot, "medic")
        await press(pilot, "enter")
        await write(pilot, "5")
        await press(pilot, "enter", "shift+tab", "tab", "enter")
        assert "5 of 5 done" in text(pilot)
        assert "Had the role medic" in text(pilot)

    console.run(script)
    assert all("medic" in row.roles for row in world.people.values() if row.revoked_on is None)


class TestCodes:
    def test_one_code_goes_to_its_enrolment_ready_to_approve(self, console: Console, desk: Desk) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "c")
            assert name(pilot) == "CodesDialog"
            await write(pilot, code_of(9).lower())
            await press(pilot, "enter")
            assert name(pilot) == "ApproveDialog"
            assert "Approve WITH-CSR" in text(pilot)
            assert pilot.app.screen.query_one("#code").value.replace(" ", "") == code_of(9)
            await press(pilot, "escape")
            assert pilot.app.screen.query_one("#enrolments-list").current.callsign == "WITH-CSR"

        console.run(script)

    def test_a_code_that_fits_nobody_is_said_and_nothing_is_guessed(self, console: Console, desk: Desk) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "c")
            await write(pilot, "zzzzzzzz")
            await press(pilot, "enter")
            assert name(pilot) == "CodesDialog"
            assert "No enrolment has this code." in text(pilot)

        console.run(script)

    def test_several_become_one_approval_with_what_did_not_match(self, console: Console, desk: Desk) -> None:
        world = console.world

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "c")
            for code in (code_of(1), "zzzzzzzz", code_of(3), code_of(101), code_of(2)):
                await write(pilot, code)
                await press(pilot, "down")
            await press(pilot, "enter")
            assert name(pilot) == "ApproveManyDialog"
            assert "2 to approve" in text(pilot)
            assert "3 left out" in text(pilot)
            assert "AUR0RA looks like AURORA; to approve it, give its code alone." in text(pilot)
            await press(pilot, "tab")
            await write(pilot, "2")
            await press(pilot, "enter", "shift+tab", "tab", "enter")
            assert "2 of 2 done" in text(pilot)

        console.run(script)
        assert states(world, 1, 2, 3) == [State.APPROVED, State.APPROVED, State.PENDING]

    def test_a_paste_of_many_lines_is_text(self, console: Console, desk: Desk) -> None:
        from textual import events

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "c")
            pilot.app.post_message(events.Paste(f"{code_of(1)}\n{code_of(2)}\n"))
            await settle(pilot)
            assert name(pilot) == "CodesDialog"
            await press(pilot, "end", "enter")
            assert "2 to approve" in text(pilot)

        console.run(script)

    def test_of_marked_ones_only_those_are_approved(self, console: Console, desk: Desk) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "space", "space", "a")
            assert "Codes of the 2 that are marked" in text(pilot)
            await write(pilot, code_of(1))
            await press(pilot, "down")
            await write(pilot, code_of(7))
            await press(pilot, "enter")
            assert "1 to approve" in text(pilot)
            assert "is none of those that are marked" in text(pilot)

        console.run(script)

    def test_nothing_is_taken_in_read_only_mode(self, console: Console, desk: Desk) -> None:
        from tui_world import read_only

        read_only()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "c")
            assert name(pilot) == "MainScreen"
            assert "read-only" in " ".join(screen_text(pilot.app))

        console.run(script)
