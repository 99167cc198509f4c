"""From an entry to the person or enrolment that it is about."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from tui_audit import Trail, caption, pane, text
from tui_harness import Console, press, screen_text, settle, write
from tui_rows import pk
from tui_world import World

from rmtui.services.types import State


def test_t_goes_to_an_enrolment_whatever_its_state(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "slash")
        await write(pilot, "naava")
        await press(pilot, "enter", "6", "G", "k", "k", "t")
        assert pane(pilot).id == "enrolments"
        assert pane(pilot).view.current.pk == pk(102)
        assert pane(pilot).view.shown.state is State.REJECTED
        assert caption(pilot).startswith("Rejected · oldest first")
        assert pane(pilot).view.has_focus
        await press(pilot, "6", "g", "t")
        assert pane(pilot).view.current.pk == pk(3)
        assert pane(pilot).view.shown.state is State.PENDING

    console.run(script)


def test_t_goes_to_a_person_active_or_revoked(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "j", "j", "j", "j", "t")
        assert pane(pilot).id == "people"
        assert pane(pilot).view.current.callsign == "SORSA"
        assert caption(pilot).startswith("Revoked")
        await press(pilot, "6", "j", "t")
        assert pane(pilot).view.current.callsign == "KETTU"
        assert caption(pilot).startswith("Active")
        assert "filter:" not in screen_text(pilot.app)[22]

    console.run(script)


def test_a_target_that_is_gone_is_a_sentence(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "j", "j", "t")
        assert pane(pilot).id == "audit"
        assert "GONE is gone from the database" in text(pilot)

    console.run(script)


def test_t_is_greyed_without_a_target(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        assert pilot.app.screen.active_bindings["t"].enabled
        assert "Go to target" in {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        await press(pilot, "j")
        assert not pilot.app.screen.active_bindings["t"].enabled
        await press(pilot, "t")
        assert "Go to target: This entry is about no person and no enrolment." in text(pilot)
        assert pane(pilot).id == "audit"

    console.run(script)


def test_t_finds_a_row_far_down_in_its_list(console: Console, world: World, audit: Trail) -> None:
    rows = [world.add(f"T{number:03}", -number) for number in range(700)]
    audit.add(0, "create", "T650", target_pk=rows[650].pk)
    audit.enrolments.add(rows[650].pk)

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "t")
        assert pane(pilot).view.current.callsign == "T650"
        assert len(pane(pilot).view.window.rows) <= 600
        assert any("▸ ○ pending   T650" in line for line in screen_text(pilot.app))

    console.run(script)


def test_an_answer_that_comes_late_takes_nobody_away(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        audit.gate.clear()
        await pilot.press("t", "3")
        audit.gate.set()
        await settle(pilot)
        assert pane(pilot).id == "roles"

    console.run(script)
