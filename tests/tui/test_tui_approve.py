"""What the approve dialog showed is what is signed; and a decision that somebody else took first leaves nothing but Close."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input
from tui_harness import Console, dialog_text, press, settle, through, write
from tui_rows import CODE, pk
from tui_world import World, lost

from making import everybody, make_enrollment, make_operator, run
from rmtui.errors import UnreachableError
from rmtui.pki.csr import build_csr
from rmtui.pki.keys import generate
from rmtui.services import deployment, enrollments
from rmtui.services.types import EnrollmentQuery, State
from rmtui.tui.app import RmtuiApp
from rmtui.tui.facts import certificate_life
from rmtui.tui.opening import Opening


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app)


def code_of(pilot: Pilot[Any]) -> str:
    return pilot.app.screen.query_one("#code", Input).value


class RealConsole(Console):
    """The console on the deployment that this process is bound to."""

    def __init__(self) -> None:
        self.operator = make_operator()

    def app(self, **arguments: Any) -> RmtuiApp:
        first: Future[Opening] = Future()
        page = enrollments.list_enrollments(EnrollmentQuery())
        first.set_result(Opening(deployment.open_deployment(), self.operator, None, page))
        return RmtuiApp(first, **arguments)


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
class TestChanged:
    def test_a_callsign_changed_behind_the_dialog_is_shown_before_it_can_be_approved(self, env: Any, ticker: Any) -> None:
        found = make_enrollment("RAVEN", CODE)

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a")
            assert "CN=RAVEN" in text(pilot)
            run(f"UPDATE enrollments SET callsign = 'MALLORY' WHERE pk = '{found.pk}' OR pk = '{found.pk.hex}'")
            await write(pilot, CODE.lower())
            await press(pilot, "enter")
            assert everybody() == ["BOSS"]
            assert "RAVEN was changed after it was shown: it asks for MALLORY now. Nothing was approved" in text(pilot)
            assert code_of(pilot) == CODE.lower()
            assert "CN=MALLORY" in text(pilot)
            assert "Approve MALLORY" in text(pilot)
            await press(pilot, "enter", "enter")
            assert everybody() == ["BOSS"], "an Enter right after the change was shown is not meant"
            await press(pilot, "left", "right", "enter")
            assert everybody() == ["BOSS", "MALLORY"]

        RealConsole().run(script)

    def test_a_key_changed_behind_the_dialog_is_shown_too(self, env: Any) -> None:
        first, second = (build_csr(generate("ec256"), "RAVEN").decode() for _ in range(2))
        found = make_enrollment("RAVEN", CODE, csr=first)

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a")
            before = enrollments.enrollment(found.pk).csr_fingerprint
            run(f"UPDATE enrollments SET csr = '{second}' WHERE callsign = 'RAVEN'")
            now = enrollments.enrollment(found.pk).csr_fingerprint
            assert before[:4] + " " + before[4:8] in text(pilot)
            await write(pilot, CODE)
            await press(pilot, "enter")
            assert everybody() == ["BOSS"]
            assert "its certificate request is another now. Nothing was approved" in text(pilot)
            assert before[:4] + " " + before[4:8] not in text(pilot)
            assert now[:4] + " " + now[4:8] in text(pilot)
            assert "What would be signed now" in text(pilot)

        RealConsole().run(script)


def test_nothing_is_approved_before_it_could_be_seen(console: Console, world: World, ticker: Any) -> None:
    world.slow_previews.clear()

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("a")
        await pilot.pause()
        await pilot.press(*CODE, "enter")
        await through(pilot)
        assert "What would be signed is still being read; nothing was approved." in text(pilot)
        assert code_of(pilot) == CODE
        assert world.calls["write"] == 0
        world.slow_previews.set()
        await settle(pilot)
        assert "still being read" not in text(pilot)
        assert "CN=KARHU01" in text(pilot)
        assert world.calls["write"] == 0
        await press(pilot, "enter")
        assert world.calls["write"] == 0, "an Enter right after it came is not meant"
        await press(pilot, "left", "right", "enter")
        assert world.enrollments[pk(1)].state is State.APPROVED

    console.run(script)


def test_a_callsign_other_than_in_the_list_is_pointed_out(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        world.enrollments[pk(1)] = replace(world.enrollments[pk(1)], callsign="MALLORY")
        await press(pilot, "a")
        assert "The list showed KARHU01; MALLORY is asked for now. Ask who changed it." in text(pilot)
        assert "Approve MALLORY" in text(pilot)

    console.run(script)


def test_a_database_lost_meanwhile_can_be_tried_again(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "a")
        world.trouble = lost()
        await write(pilot, CODE)
        await press(pilot, "enter")
        assert "The database does not answer" in text(pilot)
        await press(pilot, "left", "right", "enter")
        assert "It cannot be approved now. The database does not answer" in text(pilot)
        assert code_of(pilot) == CODE
        world.trouble = None
        await press(pilot, "left", "right", "enter")
        assert world.enrollments[pk(1)].state is State.APPROVED, "it is what was on the screen"

    console.run(script)


def test_a_ca_that_does_not_answer_can_be_tried_again(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        world.blocked, world.passing = "CFSSL cannot be reached.", True
        await press(pilot, "a")
        assert "It cannot be approved now. CFSSL cannot be reached." in text(pilot)
        await write(pilot, CODE)
        await press(pilot, "enter")
        assert "It cannot be approved now. CFSSL cannot be reached." in text(pilot)
        assert world.calls["write"] == 0
        world.blocked, world.passing = None, False
        await press(pilot, "left", "right", "enter")
        assert "What would be signed is on the screen now; Enter approves it." in text(pilot)
        assert world.enrollments[pk(1)].state is State.PENDING, "who signs could not be seen before"
        world.blocked, world.passing = "CFSSL cannot be reached.", True
        world.refusal = UnreachableError("CFSSL did not answer.")
        await press(pilot, "left", "right", "enter")
        assert "CFSSL did not answer." in text(pilot)
        world.blocked, world.passing, world.refusal = None, False, None
        await press(pilot, "left", "right", "enter")
        assert world.enrollments[pk(1)].state is State.APPROVED

    console.run(script)


def only_close(pilot: Pilot[Any]) -> bool:
    shown = [str(button.label) for button in pilot.app.screen.query(Button) if button.display]
    return shown == ["Close"] and not [field for field in pilot.app.screen.query(Input) if field.region]


class TestDecidedElsewhere:
    @pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED])
    def test_approve(self, console: Console, world: World, state: State) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a")
            world.decide(pk(1), state, "ILVES")
            await write(pilot, CODE)
            await press(pilot, "enter")
            assert f"KARHU01 is already {state} by ILVES" in text(pilot)
            assert only_close(pilot)
            await press(pilot, "space", "left", "enter")
            assert type(pilot.app.screen).__name__ == "MainScreen"

        console.run(script)

    def test_reject(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "x", "tab")
            await write(pilot, "why")
            world.decide(pk(1), State.REJECTED, "ILVES")
            await press(pilot, "enter", "left", "right", "enter")
            assert "KARHU01 is already rejected by ILVES" in text(pilot)
            assert only_close(pilot)
            assert world.calls["write"] == 1

        console.run(script)

    def test_reopen(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "f", "f", "o")
            world.decide(pk(103), State.PENDING, "")
            await press(pilot, "right", "enter")
            assert "TEST is pending; nothing was changed." in text(pilot)
            assert only_close(pilot)

        console.run(script)

    def test_what_may_be_tried_again_stays(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "x", "tab")
            await write(pilot, "why")
            world.trouble = lost()
            await press(pilot, "enter", "left", "right", "enter")
            assert "The database does not answer" in text(pilot)
            assert not only_close(pilot)
            world.trouble = None
            await press(pilot, "right", "enter")
            assert world.enrollments[pk(1)].state is State.REJECTED

        console.run(script)

    def test_a_row_that_is_gone(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "x", "tab")
            await write(pilot, "why")
            del world.enrollments[pk(1)]
            await press(pilot, "enter", "left", "right", "enter")
            assert "There is no such enrolment any more." in text(pilot)
            assert only_close(pilot)

        console.run(script)


@pytest.mark.parametrize(
    ("hours", "life"),
    [(None, "as long as the CA decides"), (48, "48 hours from now"), (1008, "42 days from now"), (100, "4 days 4 hours from now")],
)
def test_how_long_it_will_be_valid(hours: int | None, life: str) -> None:
    assert certificate_life(hours) == life
