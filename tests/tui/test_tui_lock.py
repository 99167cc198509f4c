"""The lock of the console: it hides what was on the screen, and nothing comes before it or outlasts it."""

from __future__ import annotations

import dataclasses
import gc
import threading
import time
from typing import Any

import pytest
from test_tui_signin import CODE, SECRET, Key, at, operator, text, tried, whole  # noqa: F401  # a fixture
from textual.pilot import Pilot
from textual.widgets import Input
from tui_codes import Codes
from tui_harness import Console, press, settle, write
from tui_rows import NOW
from tui_world import World

from rmtui import settings
from rmtui.auth.operator import Session
from rmtui.auth.refusals import SignInNeeded, SignInRefused
from rmtui.services import enrollments, operators, signin
from rmtui.services.operators import Operator, Permission
from rmtui.services.signin import SignedIn
from rmtui.tui.screens.locked import LockScreen
from rmtui.tui.screens.main import MainScreen
from rmtui.tui.screens.signin import SignInScreen
from rmtui.tui.widgets.listview import ListView

pytestmark = pytest.mark.usefixtures("tried")


def lock(monkeypatch: pytest.MonkeyPatch, pilot: Pilot[Any], minutes: float) -> None:
    """So much idle time goes by."""
    now = time.monotonic()
    monkeypatch.setattr("rmtui.tui.lock.monotonic", lambda: now + minutes * 60)
    pilot.app.lock.look()


def test_an_idle_console_hides_everything_and_forgets_the_key(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.signin_required = True
    world.operator = operator(key=Key())

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "x", "tab")
        await write(pilot, "wrong un")
        lock(monkeypatch, pilot, 14)
        await settle(pilot)
        assert not pilot.app.lock.locked
        pilot.app.tell("RAVEN is waiting")
        lock(monkeypatch, pilot, 16)
        await settle(pilot)
        assert isinstance(pilot.app.screen, SignInScreen)
        assert "Nothing was typed for 15 minutes" in text(pilot)
        for hidden in ("RAVEN", "wrong un", "KARHU", "AURORA", "pending"):
            assert hidden not in whole(pilot), hidden
        assert pilot.app.operator is None
        world.operator = None
        gc.collect()
        assert not [found for found in gc.get_objects() if isinstance(found, Key)], "the key is in memory no more"
        pilot.app.tell("SUSI is waiting")
        pilot.app.tell_error(SignInRefused("Something secret."))
        await settle(pilot)
        assert "SUSI" not in whole(pilot)
        assert "secret" not in whole(pilot)
        await press(pilot, "escape", "ctrl+p", "f1")
        assert isinstance(pilot.app.screen, SignInScreen)
        await press(pilot, "ctrl+u")
        await write(pilot, SECRET)
        await press(pilot, "enter")
        assert "Something secret." in whole(pilot), "what waited behind the lock comes now"
        await press(pilot, "escape")
        assert "wrong un" in whole(pilot), "the same operator goes on where they were"

    console.run(script)


def test_another_one_does_not_go_on_with_what_was_begun(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.signin_required = True
    world.operator = operator()

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "x")
        lock(monkeypatch, pilot, 16)
        await settle(pilot)
        await at(pilot, "code")
        await write(pilot, CODE)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, MainScreen)
        assert "ILVES (certificate)" in whole(pilot)

    console.run(script)


@pytest.mark.parametrize("way", ["lock", "sign-in"])
def test_another_one_does_not_find_the_marks(console: Console, world: World, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    world.signin_required = True
    world.operator = operator(key=Key())

    async def leave(pilot: Pilot[Any]) -> None:
        if way == "lock":
            pilot.app.lock.close("The console was locked by hand.")
        else:
            pilot.app.action_sign_in()
        await settle(pilot)

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "space", "space", "2", "space")
        await leave(pilot)
        await press(pilot, "ctrl+u")
        await write(pilot, SECRET)
        await press(pilot, "enter")
        assert "AURORA (certificate)" in whole(pilot)
        assert "1 marked" in whole(pilot), "the same operator goes on with them"
        await leave(pilot)
        await at(pilot, "code")
        await write(pilot, CODE)
        await press(pilot, "enter")
        assert "ILVES (certificate)" in whole(pilot)
        assert "marked" not in whole(pilot)
        await press(pilot, "1")
        assert [len(view.marks) for view in pilot.app.screen.query(ListView)] == [0, 0]
        assert "marked" not in whole(pilot)

    console.run(script)


def test_another_one_is_not_shown_the_code_that_was_asked_for(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.signin_required = True
    world.operator = operator()
    codes = Codes(world, monkeypatch)
    codes.gate.clear()

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "5")
        await pilot.press("w")
        while not codes.calls["reveal"]:
            await pilot.pause(0.01)
        pilot.app.lock.close("The console was locked by hand.")
        while not pilot.app.screen.query("#code"):
            await pilot.pause(0.01)
        pilot.app.screen.query_one("#code").focus()
        await pilot.press(*CODE, "enter")
        while not isinstance(pilot.app.screen, MainScreen):
            await pilot.pause(0.01)
        codes.gate.set()
        await settle(pilot)
        assert isinstance(pilot.app.screen, MainScreen)
        assert "ILVES (certificate)" in whole(pilot)

    console.run(script)


def test_a_name_that_nobody_proved_opens_with_enter(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        lock(monkeypatch, pilot, 16)
        await settle(pilot)
        assert isinstance(pilot.app.screen, LockScreen)
        assert "pending" not in whole(pilot)
        await press(pilot, "a", "j", "escape")
        assert isinstance(pilot.app.screen, LockScreen)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, MainScreen)

    console.run(script)


def test_no_lock(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.configure(dataclasses.replace(settings.current(), lock_minutes=0))

    async def script(pilot: Pilot[Any]) -> None:
        lock(monkeypatch, pilot, 10_000)
        await settle(pilot)
        assert isinstance(pilot.app.screen, MainScreen)

    console.run(script)


def test_a_sign_in_that_runs_out_locks(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.signin_required = True
    world.operator = operator()

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.operator = dataclasses.replace(operator(), until=NOW)
        pilot.app.lock.look()
        await settle(pilot)
        assert "The sign-in of AURORA ran out" in text(pilot)

    console.run(script)


def test_who_may_not_go_on_is_out_at_the_next_change(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.signin_required = True
    world.operator = operator()

    def still(_operator: Operator) -> Operator:
        raise SignInNeeded("AURORA was revoked meanwhile; nothing was changed.")

    async def script(pilot: Pilot[Any]) -> None:
        monkeypatch.setattr(operators, "still", still)
        world.add("NEWCOMER", 1)
        pilot.app.screen.check()
        await settle(pilot)
        assert isinstance(pilot.app.screen, SignInScreen)
        assert "AURORA was revoked meanwhile" in text(pilot)

    console.run(script)


def test_what_was_asked_about_who_has_left_says_nothing_about_who_came(
    console: Console, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.signin_required = True
    world.operator = operator()

    async def script(pilot: Pilot[Any]) -> None:
        for late in ({"operator": operator(roles=("admin", "medic"))}, {"error": SignInNeeded("AURORA was signed out meanwhile.")}):
            asked = pilot.app.operator
            pilot.app.lock.close("The console was locked by hand.")
            await settle(pilot)
            await at(pilot, "code")
            await write(pilot, CODE)
            await press(pilot, "enter")
            assert isinstance(pilot.app.screen, MainScreen)
            pilot.app.screen.post_message(MainScreen._Still(asked, **late))
            await settle(pilot)
            assert not pilot.app.lock.locked
            assert "ILVES (certificate)" in whole(pilot)

    console.run(script)


@pytest.mark.parametrize("proven", [True, False])
def test_the_clock_that_looks_while_the_lock_opens_does_not_close_it_again(console: Console, world: World, proven: bool) -> None:
    world.signin_required = proven
    if proven:
        world.operator = operator()

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.lock.close("The console was locked by hand.")
        await settle(pilot)
        screen = pilot.app.screen
        if isinstance(screen, LockScreen):
            screen.action_unlock()
        else:
            screen.dismiss(SignedIn(operator()))
        assert pilot.app.lock.locked, "what is told that somebody is back has not run yet"
        pilot.app.lock.look()
        await settle(pilot)
        assert isinstance(pilot.app.screen, MainScreen)
        assert not pilot.app.lock.locked

    console.run(script)


def test_keys_follow_what_the_roles_allow_and_say_why(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = dataclasses.replace(operator(), roles=("medic",))
    settings.configure(dataclasses.replace(settings.current(), readers=True))
    world.operator = reader

    async def script(pilot: Pilot[Any]) -> None:
        assert not pilot.app.may(Permission.DECIDE)
        assert pilot.app.may(Permission.SEE)
        await press(pilot, "a")
        assert isinstance(pilot.app.screen, MainScreen)
        assert "AURORA has no role that may decide" in whole(pilot)
        await press(pilot, "2", "e")
        assert "AURORA has no role that may grant" in whole(pilot)

    console.run(script)


def test_a_dialog_that_finishes_behind_the_lock_waits_there(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.signin_required, world.operator = True, operator()
    go_on, begun = threading.Event(), threading.Event()

    def reject(*_arguments: Any) -> None:
        begun.set()
        assert go_on.wait(20)

    monkeypatch.setattr(enrollments, "reject", reject)

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "x", "tab")
        await write(pilot, "no")
        await pilot.press("tab", "tab", "enter")
        for _ in range(200):
            await pilot.pause(0.01)
            if begun.is_set():
                break
        assert begun.is_set()
        pilot.app.lock.close("The console was locked by hand.")
        await pilot.pause(0.1)
        go_on.set()
        await settle(pilot)
        assert isinstance(pilot.app.screen, SignInScreen), "the answer of a dialog must not take the lock away"
        assert "RAVEN" not in whole(pilot)
        pilot.app.lock.look()
        assert pilot.app.lock.locked
        await write(pilot, SECRET)
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, MainScreen)
        assert "is rejected" in whole(pilot)

    console.run(script)


def test_a_half_filled_sign_in_is_gone_when_the_console_locks(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Operator] = []
    monkeypatch.setattr(signin, "end", ended.append)
    world.signin_required = True
    world.operator = operator(1002, "ILVES", session=Session(9, "d" * 64), key=Key())

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.action_sign_in()
        await settle(pilot)
        await write(pilot, SECRET)
        lock(monkeypatch, pilot, 16)
        await settle(pilot)
        assert len(pilot.app.query(SignInScreen)) == 0
        assert [type(screen) for screen in pilot.app.screen_stack[-2:]] == [MainScreen, SignInScreen]
        assert pilot.app.screen.query_one("#passphrase", Input).value == ""
        await at(pilot, "code")
        await write(pilot, CODE)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, MainScreen), text(pilot)
        assert pilot.app.operator.callsign == "ILVES"

    console.run(script)
    assert [(each.callsign, each.key) for each in ended] == [("ILVES", None)]


def test_whatever_comes_before_the_lock_is_covered_again(console: Console, world: World) -> None:
    world.signin_required, world.operator = True, operator()

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.lock.close("The console was locked by hand.")
        await settle(pilot)
        pilot.app.pop_screen()
        await settle(pilot)
        pilot.app.lock.look()
        await settle(pilot)
        assert isinstance(pilot.app.screen, SignInScreen)

    console.run(script)


def test_what_was_copied_is_not_pasted_on_the_lock(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "y")
        assert pilot.app.clipboard
        pilot.app.lock.close("The console was locked by hand.")
        await settle(pilot)
        assert not pilot.app.clipboard

    console.run(script)
