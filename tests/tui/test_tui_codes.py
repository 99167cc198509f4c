"""Login codes in the console: listed, made, shown and burnt; each is masked whenever nobody asks to see it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.events import AppBlur
from textual.pilot import Pilot
from textual.widgets import Input
from tui_codes import LOGIN, Codes
from tui_harness import Console, dialog_text, press, screen_text, settle
from tui_rows import CODE, pk
from tui_world import World

from rmtui import settings
from rmtui.services.types import State
from rmtui.tui.dialogs.burn_code import BurnCodeDialog, BurnCodesDialog
from rmtui.tui.dialogs.code import CodeDialog
from rmtui.tui.dialogs.login_code import LoginCodeDialog, NewLoginCodeDialog
from rmtui.tui.screens.main import MainScreen
from rmtui.tui.widgets.codebox import CodeBox
from rmtui.tui.widgets.revealing import IDLE

SHOWN = "K O I O Q X Y Z 2 3 4 5"
"""The code as a box has it once it is shown."""


@pytest.fixture
def listed(world: World, monkeypatch: pytest.MonkeyPatch) -> Codes:
    return Codes(world, monkeypatch)


def whole(pilot: Pilot[Any]) -> str:
    return " ".join(" ".join(screen_text(pilot.app)).split())


def names(pilot: Pilot[Any]) -> list[str | None]:
    return [row.callsign for row in pilot.app.screen.pane.view.window.rows]


async def make(pilot: Pilot[Any], callsign: str) -> None:
    """Make a code for somebody."""
    await press(pilot, "n")
    pilot.app.screen.query_one("#callsign", Input).value = callsign
    await press(pilot, "enter")


def test_unused_ones_then_spent_ones_then_all(console: Console, listed: Codes) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "5")
        assert names(pilot)[0] == "ILVES"
        assert (len(names(pilot)), "Unused" in whole(pilot), "a new admin" in whole(pilot)) == (7, True, True)
        assert "KO••••" in whole(pilot)
        await press(pilot, "f")
        assert names(pilot) == ["KARHU", None]
        assert "Used by" in whole(pilot)
        for key, why in (("x", "KO•••• for KARHU is used"), ("w", "good for nothing")):
            await press(pilot, key)
            assert why in whole(pilot)
        await press(pilot, "j", "y")
        assert "names no callsign" in whole(pilot)
        await press(pilot, "f")
        assert len(names(pilot)) == 9
        await press(pilot, "s", "s", "s", "s")
        assert pilot.app.screen.pane.query_now.sort == "used"
        await press(pilot, "f")
        assert (pilot.app.screen.pane.query_now.sort, len(names(pilot))) == ("age", 7)
        assert (listed.calls["reveal"], listed.calls["burn"]) == (0, 0)

    console.run(script)


def test_one_is_made_for_a_person(console: Console, listed: Codes) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "5", "n", "shift+tab", "enter")
        assert "Type the callsign; nothing was made." in dialog_text(pilot.app)
        await press(pilot, "escape")
        await make(pilot, "NOBODY")
        assert "There is nobody called NOBODY" in dialog_text(pilot.app)
        await press(pilot, "escape")
        await make(pilot, "KETTU")
        assert isinstance(pilot.app.screen, LoginCodeDialog)
        assert "can sign in as KETTU, once" in dialog_text(pilot.app)
        assert ("•••• •••• ••••" in whole(pilot), LOGIN[2:] in whole(pilot)) == (True, False)
        await press(pilot, "y")
        assert pilot.app.clipboard == LOGIN
        assert "Sent to the terminal: the code" in whole(pilot)
        for hidden in (LOGIN, SHOWN, "KOIO", "Quebec"):
            assert hidden not in whole(pilot), hidden
        await press(pilot, "v")
        assert SHOWN in whole(pilot)
        assert "QXYZ Quebec X-ray Yankee Zulu" in dialog_text(pilot.app)
        assert "QXYZ Kuu Äksä Yrjö Tseta" in dialog_text(pilot.app)
        await press(pilot, "escape")
        assert "A login code for KETTU is made." in whole(pilot)
        assert names(pilot).count("KETTU") == 2

    console.run(script)


def test_one_that_makes_an_admin_says_so(console: Console, listed: Codes) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "5", "n")
        assert "signs in as this person" in dialog_text(pilot.app)
        await press(pilot, "up", "down")
        assert "can make an admin, once" in dialog_text(pilot.app)
        assert "Callsign" not in dialog_text(pilot.app)
        assert isinstance(pilot.app.screen, NewLoginCodeDialog)
        await press(pilot, "tab", "tab", "enter")
        assert "can make an admin of anybody" in dialog_text(pilot.app)
        assert [row.admin for row in listed.rows.values()][-1]

    console.run(script)


class TestMasked:
    """Again, whatever takes the eyes off it."""

    def test_by_the_key_the_focus_and_the_lock(self, console: Console, listed: Codes) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "5")
            await make(pilot, "KETTU")
            await press(pilot, "v", "v")
            assert SHOWN not in whole(pilot)
            await press(pilot, "v")
            assert SHOWN in whole(pilot)
            pilot.app.post_message(AppBlur())
            await settle(pilot)
            assert SHOWN not in whole(pilot)
            await press(pilot, "v")
            assert SHOWN in whole(pilot)
            pilot.app.lock.close("Locked by hand.")
            await settle(pilot)
            assert SHOWN not in whole(pilot)
            await press(pilot, "enter")
            assert isinstance(pilot.app.screen, LoginCodeDialog)
            assert (SHOWN in whole(pilot), "••••" in whole(pilot)) == (False, True)

        console.run(script)

    def test_after_idle_time_that_a_key_begins_anew(self, console: Console, listed: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            now = 1_000.0

            async def idle(seconds: float) -> None:
                nonlocal now
                now += seconds
                pilot.app.screen.query_one(CodeBox).look()
                await settle(pilot)

            monkeypatch.setattr("rmtui.tui.lock.monotonic", lambda: now)
            await press(pilot, "5")
            await make(pilot, "KETTU")
            await press(pilot, "v")
            await idle(IDLE - 1)
            assert SHOWN in whole(pilot)
            await press(pilot, "pagedown")
            await idle(IDLE - 1)
            assert SHOWN in whole(pilot)
            await idle(1)
            assert SHOWN not in whole(pilot)
            assert "Quebec" not in whole(pilot)

        console.run(script)

    def test_an_approve_code_too(self, console: Console, listed: Codes, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "z")
            assert "stops working at once" in dialog_text(pilot.app)
            assert pilot.app.screen.focused.id == "cancel"
            await press(pilot, "right", "enter")
            assert isinstance(pilot.app.screen, CodeDialog)
            assert (CODE[:4] in whole(pilot), "•••• ••••" in whole(pilot)) == (False, True)
            await press(pilot, "v")
            assert "A B C D E F G H" in dialog_text(pilot.app)
            assert "EFGH Echo Foxtrot Golf Hotel" in dialog_text(pilot.app)
            await press(pilot, "escape")
            assert "KARHU01 has a new approve code." in whole(pilot)
            assert world.enrollments[pk(1)].state is State.PENDING
            await press(pilot, "f", "z")
            assert "already" in whole(pilot)
            assert listed.calls["reset"] == 1

        console.run(script)


class TestShow:
    def test_one_that_was_made_before(self, console: Console, listed: Codes) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "5", "w")
            assert isinstance(pilot.app.screen, LoginCodeDialog)
            assert "That you read it is recorded." in dialog_text(pilot.app)
            assert SHOWN not in whole(pilot)
            await press(pilot, "v")
            assert SHOWN in whole(pilot)
            assert LOGIN not in repr(vars(pilot.app.screen))
            await press(pilot, "escape", "space", "j", "space", "w")
            assert "one at a time" in whole(pilot)
            assert listed.calls["reveal"] == 1

        console.run(script)

    def test_one_that_was_used_meanwhile(self, console: Console, listed: Codes) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "5")
            listed.use(1)
            await press(pilot, "w")
            assert isinstance(pilot.app.screen, MainScreen)
            assert "was used already" in whole(pilot)
            assert "ILVES" not in names(pilot)

        console.run(script)


class TestBurn:
    def test_one(self, console: Console, listed: Codes) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "5", "x")
            assert isinstance(pilot.app.screen, BurnCodeDialog)
            assert pilot.app.screen.focused.id == "cancel"
            await press(pilot, "right", "enter")
            assert "The code KO•••• for ILVES is burnt." in whole(pilot)
            assert "ILVES" not in names(pilot)
            await press(pilot, "x")
            listed.use(3)
            await press(pilot, "right", "enter")
            assert "was used already" in dialog_text(pilot.app)
            assert not pilot.app.screen.query_one("#confirm").display

        console.run(script)

    def test_all_that_are_marked(self, console: Console, listed: Codes) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "5", "f", "f", "asterisk", "x")
            assert isinstance(pilot.app.screen, BurnCodesDialog)
            assert "2 more marked: not unused" in dialog_text(pilot.app)
            listed.use(8)
            pilot.app.screen.query_one("#count", Input).value = "7"
            await press(pilot, "tab", "enter")
            assert "6 of 7 done" in dialog_text(pilot.app)
            assert "was used already" in dialog_text(pilot.app)
            await press(pilot, "escape")
            assert listed.calls["burn"] == 7

        console.run(script)


def test_who_may_not_is_told_why(console: Console, listed: Codes) -> None:
    settings.configure(settings.Settings.from_env(read_only=True))

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "5")
        for key in ("n", "w", "x"):
            await press(pilot, key)
            assert isinstance(pilot.app.screen, MainScreen)
        assert "Burn: " in whole(pilot)
        assert "read-only" in whole(pilot).lower()
        await press(pilot, "enter")
        assert "Begins with" in dialog_text(pilot.app)

    try:
        console.run(script)
    finally:
        settings.configure(None)
    assert (listed.calls["burn"], listed.calls["reveal"], listed.calls["create"]) == (0, 0, 0)
