"""Dialogs: what they open on, what they refuse, what they keep, and what a held-down Enter does not do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Button, Input
from tui_harness import Console, dialog_text, press, settle, write
from tui_rows import CODE, DIGEST, pk
from tui_world import World

from rmtui import logs
from rmtui.services.types import State
from rmtui.tui.dialogs.guard import EnterGuard


def name(pilot: Pilot[Any]) -> str:
    return type(pilot.app.screen).__name__


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app)


def focused(pilot: Pilot[Any]) -> str:
    return pilot.app.screen.focused.id if pilot.app.screen.focused else ""


def test_guard_counts_a_first_enter_after_another_key_or_a_pause() -> None:
    now = [0.0]
    guard = EnterGuard(lambda: now[0])
    assert not guard.accepts()  # held down since before the dialog
    for _ in range(50):
        now[0] += 0.03
        assert not guard.accepts()
    now[0] += 0.5  # the slowest keyboard's pause before it repeats
    assert not guard.accepts()
    now[0] += 0.8
    assert guard.accepts()
    assert not guard.accepts()
    guard.moved()
    assert guard.accepts()
    guard.begin()
    assert not guard.accepts()


def test_guard_takes_a_key_that_waited_for_the_console_as_old_as_it_is() -> None:
    now, pressed = [10.0], [9.0]
    guard = EnterGuard(lambda: now[0], lambda: pressed[0])
    now[0] = 20.0
    for pressed[0] in (9.0, 9.5, 10.1, 10.5):  # typed, or repeated, while the line was slow
        assert not guard.accepts()
    pressed[0] = 11.5
    assert guard.accepts()


class TestApprove:
    def test_opens_on_the_code_and_shows_what_will_be_signed(self, console: Console) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a")
            assert name(pilot) == "ApproveDialog"
            assert focused(pilot) == "code"
            for fact in ("CN=KARHU01", "a new RSA 4096 key, made here", "42 days from now", "embedded authority", "3d), invite MOD8 ZRXG"):
                assert fact in text(pilot)
            assert "ABCD" not in text(pilot)

        console.run(script)

    def test_of_a_csr_shows_its_key_and_fingerprint(self, console: Console) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "slash")
            await write(pilot, "csr")
            await press(pilot, "enter", "a")
            assert "their own key, RSA 4096" in text(pilot)
            assert DIGEST[:4] + " " + DIGEST[4:8] in text(pilot)

        console.run(script)

    def test_with_the_code_says_the_serial_and_where_the_files_are(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a")
            await write(pilot, "abcd-efgh")
            await press(pilot, "enter")
            assert world.enrollments[pk(1)].state is State.APPROVED
            for fact in ("KARHU01 is approved", "1f" * 16, "/srv/rmtui/private/people", "2026-04-12"):
                assert fact in text(pilot)
            await press(pilot, "escape")
            assert name(pilot) == "MainScreen"
            assert pilot.app.screen.pane.view.current.callsign == "SALAMA"
            assert "KARHU01 is approved." in text(pilot)
            assert "left this list" not in text(pilot)
            assert "11 pending" in text(pilot)

        console.run(script)

    def test_a_wrong_code_keeps_what_was_typed(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a", "enter")
            await write(pilot, "zzzz")
            await press(pilot, "enter")
            assert "That is not the code of KARHU01" in text(pilot)
            assert pilot.app.screen.query_one("#code", Input).value == "zzzz"
            assert focused(pilot) == "code"
            assert world.enrollments[pk(1)].state is State.PENDING

        console.run(script)

    def test_without_a_code_asks_nobody(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a", "space", "minus", "enter")
            assert "Type the code" in text(pilot)
            assert world.calls["write"] == 0

        console.run(script)

    def test_the_screen_lives_while_it_runs_and_esc_does_not_leave_it(self, console: Console, world: World) -> None:
        world.gate.clear()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a")
            await pilot.press(*CODE.lower(), "enter")
            for _ in range(100):
                await pilot.pause(0.01)
                if "Making the key and the certificate" in text(pilot):
                    break
            assert "Making the key and the certificate" in text(pilot)
            await pilot.press("escape", "enter")
            await pilot.pause()
            assert name(pilot) == "ApproveDialog"
            assert pilot.app.screen.query_one("#confirm", Button).disabled
            world.gate.set()
            await settle(pilot)
            assert "KARHU01 is approved" in text(pilot)
            assert world.calls["write"] == 1

        console.run(script)

    def test_the_loser_of_a_race_is_told_who_decided_and_when(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a")
            world.decide(pk(1), State.REJECTED, "ILVES")
            await write(pilot, CODE)
            await press(pilot, "enter")
            assert "KARHU01 is already rejected by ILVES on 2026-03-01 12:00:00Z; nothing was changed." in text(pilot)

        console.run(script)

    def test_a_lookalike_takes_a_second_yes(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "j", "j", "a")
            assert "looks like AURORA" in text(pilot)
            await write(pilot, CODE)
            await press(pilot, "enter", "enter", "enter")
            assert world.enrollments[pk(3)].state is State.PENDING
            assert focused(pilot) == "sure"
            await press(pilot, "space", "enter")
            assert world.enrollments[pk(3)].state is State.APPROVED

        console.run(script)

    def test_a_callsign_that_breaks_the_rules_is_blocked_with_the_reason(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "j", "j", "j", "j", "a")
            assert "It cannot be approved now. The callsign cannot be approved: it holds a control character" in text(pilot)
            assert pilot.app.screen.query_one("#confirm", Button).disabled
            assert focused(pilot) == "cancel"
            await press(pilot, "escape")
            assert name(pilot) == "MainScreen"
            assert world.calls["write"] == 0

        console.run(script)

    def test_an_unexpected_failure_is_a_sentence_too(self, console: Console, world: World, monkeypatch: Any, tmp_path: Path) -> None:
        logs.begin(tmp_path, "warning", told=False)
        from rmtui.services import enrollments

        def explode(*_args: object, **_more: object) -> None:
            raise KeyError("[/]surprise")

        monkeypatch.setattr(enrollments, "approve", explode)

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a")
            await write(pilot, CODE)
            await press(pilot, "enter")
            assert "Something went wrong while approving KARHU01 (KeyError: '[/]surprise')" in text(pilot)
            assert pilot.app.screen.query_one("#code", Input).value == CODE
            await press(pilot, "escape")
            assert name(pilot) == "MainScreen"

        try:
            console.run(script)
        finally:
            logs.end()
        logged = logs.log_path(tmp_path).read_text()
        assert "act failed\n" in logged
        assert ", in explode" in logged
        assert logged.endswith("    KeyError\n")


class TestReject:
    def test_opens_on_cancel_and_takes_a_reason(self, console: Console, world: World, ticker: Any) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "x")
            assert focused(pilot) == "cancel"
            assert "web page" not in text(pilot)
            await press(pilot, "w")
            assert "Tab goes to what must be typed" in text(pilot), "text on a button goes nowhere, and that is said"
            await press(pilot, "tab")
            assert focused(pilot) == "reason"
            assert "Enter presses the button" not in text(pilot), "it is not so where the focus is now"
            await write(pilot, "wrong unit")
            await press(pilot, "enter")
            assert focused(pilot) == "confirm"
            assert world.enrollments[pk(1)].state is State.PENDING
            await press(pilot, "space")
            assert world.enrollments[pk(1)].state is State.PENDING, "a key right after another state of the dialog is not meant"
            await press(pilot, "left", "right", "enter")
            assert world.enrollments[pk(1)].state is State.REJECTED
            assert world.history[pk(1)][0].reason == "wrong unit"
            assert name(pilot) == "MainScreen"

        console.run(script)

    def test_needs_a_reason(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "x", "right", "enter")
            assert "Say why; nothing was rejected." in text(pilot)
            assert focused(pilot) == "reason"
            assert world.calls["write"] == 0

        console.run(script)

    def test_on_a_live_deployment_says_what_the_web_page_will_say(self, console: Console, world: World) -> None:
        world.kind = "postgresql"

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "x")
            assert "web page will tell KARHU01 that they were approved, although they get no certificate" in text(pilot)

        console.run(script)

    def test_a_held_enter_does_nothing(self, console: Console, world: World, ticker: Any) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "x", "tab")
            await write(pilot, "because")
            await press(pilot, "enter")
            ticker.now += 0.5
            for _ in range(20):
                await press(pilot, "enter")
                ticker.now += 0.03
            assert name(pilot) == "RejectDialog"
            assert world.calls["write"] == 0
            ticker.now += 1
            await press(pilot, "enter")
            assert world.enrollments[pk(1)].state is State.REJECTED

        console.run(script)

    def test_a_held_enter_does_not_even_cancel(self, console: Console, ticker: Any) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "x")
            for _ in range(20):
                ticker.now += 0.03
                await press(pilot, "enter")
            assert name(pilot) == "RejectDialog"
            ticker.now += 1
            await press(pilot, "enter")
            assert name(pilot) == "MainScreen"

        console.run(script)


class TestReopen:
    def test_opens_on_cancel_and_shows_the_new_code_once(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "f", "f", "o")
            assert name(pilot) == "ReopenDialog"
            assert focused(pilot) == "cancel"
            assert "was rejected by AURORA" in text(pilot)
            await press(pilot, "right", "enter")
            assert name(pilot) == "CodeDialog"
            assert "A B C D E F G H" not in text(pilot)
            await press(pilot, "v")
            assert "A B C D E F G H" in text(pilot)
            await press(pilot, "y")
            assert pilot.app.clipboard == CODE
            await press(pilot, "escape")
            assert "TEST is pending again." in text(pilot)
            assert "left this list" not in text(pilot)
            assert world.enrollments[pk(103)].state is State.PENDING

        console.run(script)


def test_the_end_waits_for_a_change_under_way(console: Console, world: World) -> None:
    world.gate.clear()

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "a")
        await pilot.press(*CODE.lower(), "enter")
        while world.calls["write"] == 0:
            await asyncio.sleep(0.01)
        pilot.app.exit()

    app = console.run(script)
    assert not app.writes.wait(0.05)
    world.gate.set()
    assert app.writes.wait(30)
    assert world.enrollments[pk(1)].state is State.APPROVED
