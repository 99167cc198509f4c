"""The invites: listed with who came, made, switched, deleted, given new codes, handed on, burnt."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, dialog_text, press, screen_text, settle, write
from tui_invites import PAGE, Invites, lay, row
from tui_rows import pk
from tui_world import lost, read_only

from rmtui import settings
from rmtui.services.types import State


@pytest.fixture
def invites(console: Console, monkeypatch: pytest.MonkeyPatch) -> Invites:
    return lay(console.world, monkeypatch)


def name(pilot: Pilot[Any]) -> str:
    return type(pilot.app.screen).__name__


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app)


def lines(pilot: Pilot[Any]) -> list[list[str]]:
    """The rows of the list, in words."""
    return [line.split() for line in screen_text(pilot.app)[3:8] if line.strip()]


def toasts(pilot: Pilot[Any]) -> list[str]:
    return [note.message for note in pilot.app._notifications]


class TestList:
    def test_says_state_code_owner_age_and_who_came(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4")
            assert lines(pilot) == [
                ["▸", "✓", "active", "MOD8", "ZRXG", "AURORA", "5w", "4", "0", "0"],
                ["✓", "active", "QFET", "PEOY", "ILVES", "30d", "2", "2", "2"],
                ["○", "disabled", "NMHG", "PDYY", "gone", "20d", "3", "0", "0"],
                ["✓", "active", "EVIL", "\\x1b[3…", "[b]X\\u202e", "10d", "0", "0", "0"],
            ]
            await press(pilot, "f")
            assert screen_text(pilot.app)[1].split() == ["All", "invites", "·", "oldest", "first", "2", "of", "5"]
            assert lines(pilot)[0][:4] == ["✗", "deleted", "OLDO", "NE22"]
            await press(pilot, "slash")
            await write(pilot, "state")
            await pilot.press("colon")
            await write(pilot, "disabled")
            await press(pilot, "enter", "f")
            assert [line[3] for line in lines(pilot)] == ["NMHG"]
            assert toasts(pilot)[-1] == "The filter asks for state:disabled; Esc clears it."

        console.run(script)

    def test_the_details_name_the_first_who_came(self, console: Console, invites: Invites) -> None:
        for number in range(20):
            console.world.add(f"CROWD{number:02}", 10_000 - number, pool="QFETPEOY")

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "j", "enter")
            assert f"Link {PAGE}/login?code=QFETPEOY" in text(pilot)
            assert "Pending 22: AUR0RA, [red]TEAM[/red], CROWD00, CROWD01, CROWD02, CROWD03, CROWD04, CROWD05 and 14 more" in text(pilot)
            assert "Approved 2: KETTU, ILVES" in text(pilot)
            assert "unit [b]2nd[/b]" in text(pilot)

        console.run(script)

    def test_p_lists_the_enrolments_of_the_invite_in_every_state(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "j", "p")
            pane = pilot.app.screen.pane
            assert (pane.id, pane.query_now.text) == ("enrolments", "pool:QFETPEOY state:all")
            assert {found.pool for found in pane.view.window.rows} == {"QFETPEOY"}
            assert {found.state for found in pane.view.window.rows} == set(State)
            await press(pilot, "4", "G", "p")
            assert toasts(pilot)[-1] == "People: Nobody has come through EVIL \\x1b[31 m."

        console.run(script)

    def test_greyed_keys_say_why(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "f", "g", "e")
            assert toasts(pilot)[-1] == "On/off: OLDO NE22 is deleted, for good."
            await press(pilot, "j", "space", "space", "z", "b")
            assert toasts(pilot)[-2:] == [
                "New code: One at a time gets a new code; Esc clears the marks.",
                "Burn: One at a time is burnt; Esc clears the marks.",
            ]
            assert name(pilot) == "MainScreen"

        console.run(script)

    def test_read_only_mode_looks_and_changes_nothing(self, console: Console, invites: Invites) -> None:
        read_only()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", *"nedzwb")
            assert name(pilot) == "MainScreen"
            assert all("read-only" in said for said in toasts(pilot)[-6:])
            await press(pilot, "l")
            assert name(pilot) == "InviteLinkDialog"

        console.run(script)


class TestChanging:
    def test_a_new_one_shows_its_code_and_link_and_y_copies_it(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "n")
            await write(pilot, "NOBODY")
            await press(pilot, "enter")
            assert "There is no NOBODY; nothing was made." in text(pilot)
            await press(pilot, *["backspace"] * 6)
            await write(pilot, "ILVES")
            await press(pilot, "enter")
            assert name(pilot) == "InviteLinkDialog"
            assert "It is new, and good at once." in text(pilot)
            assert "NEWC ODE2" in text(pilot)
            await press(pilot, "y")
            assert pilot.app.clipboard == f"{PAGE}/login?code=NEWCODE2"
            await press(pilot, "escape")
            assert lines(pilot)[-1][:7] == ["▸", "✓", "active", "NEWC", "ODE2", "ILVES", "now"]
            assert toasts(pilot)[-1] == "The invite NEWC ODE2 is made."

        console.run(script)

    def test_e_disables_and_enables_again(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "e")
            assert "4 people have come through it." in text(pilot)
            assert "those pending still wait for a decision" in text(pilot)
            await press(pilot, "x", "enter")
            assert not row(invites, 1).active
            assert toasts(pilot)[-1] == "The invite MOD8 ZRXG is disabled."
            await press(pilot, "e")
            assert "Whoever has the code can come through again" in text(pilot)
            await press(pilot, "x", "enter")
            assert row(invites, 1).active

        console.run(script)

    def test_deleting_opens_on_cancel_and_is_no_news_afterwards(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "d", "x", "enter")
            assert row(invites, 1).deleted is None
            await press(pilot, "d", "right", "enter")
            assert row(invites, 1).deleted is not None
            assert toasts(pilot) == ["The invite MOD8 ZRXG is deleted."]
            assert lines(pilot)[0][3:5] == ["QFET", "PEOY"]

        console.run(script)

    def test_the_new_code_is_shown_with_its_link(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "z")
            assert "The code MOD8 ZRXG stops working at once" in text(pilot)
            await press(pilot, "right", "enter")
            assert "MOD8 ZRXG stopped working. This is the new code." in text(pilot)
            assert "FRES H234" in text(pilot)
            await press(pilot, "y")
            assert pilot.app.clipboard == f"{PAGE}/login?code=FRESH234"

        console.run(script)

    def test_on_marks_what_is_so_already_is_left(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "space", "space", "space", "e")
            assert "1 more marked: disabled or deleted already, so left as they are." in text(pilot)
            assert "MOD8 ZRXG, QFET PEOY" in text(pilot)
            await press(pilot, "tab")
            await write(pilot, "2")
            await press(pilot, "enter", "shift+tab", "tab", "enter")
            assert "2 of 2 done" in text(pilot)
            assert not row(invites, 1).active
            assert not row(invites, 2).active
            await press(pilot, "escape", "asterisk", "e")
            assert "Disable 1 invite" in text(pilot)

        console.run(script)


class TestHandingOn:
    def test_without_a_web_page_the_code_is_all_there_is(self, console: Console, invites: Invites) -> None:
        settings.configure(None)

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "l")
            assert "nothing says where the deployment's web page is" in text(pilot)
            assert "M Mike Matti" in text(pilot)
            await press(pilot, "y")
            assert pilot.app.clipboard == "MOD8ZRXG"

        console.run(script)

    def test_the_sheet_is_written_in_the_form_and_to_the_path_that_was_asked_for(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "w")
            assert "~/invite-MOD8ZRXG.txt" in text(pilot)
            await press(pilot, "down")
            assert "~/invite-MOD8ZRXG.svg" in text(pilot)
            await press(pilot, "enter")
            assert "The sheet is at /home/aurora/invite-MOD8ZRXG.svg." in text(pilot)
            await press(pilot, "escape", "w", "tab", "ctrl+u")
            await write(pilot, "~/there.txt")
            await press(pilot, "shift+tab", "down")
            await press(pilot, "enter")
            assert "is there already and was left as it is" in text(pilot)

        console.run(script)
        assert invites.written == [("~/invite-MOD8ZRXG.svg", True)]


async def burn(pilot: Pilot[Any], number: str) -> None:
    """Reason, number, and on to the button."""
    await press(pilot, "tab")
    await write(pilot, "posted in public")
    await press(pilot, "enter")
    await write(pilot, number)
    await press(pilot, "enter", "shift+tab", "tab", "enter")


class TestBurning:
    def test_shows_whom_it_concerns_and_gives_each_a_result(self, console: Console, invites: Invites) -> None:
        world = console.world

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "j", "b")
            assert "Disables the invite of ILVES" in text(pilot)
            assert "Rejects 2 who wait: AUR0RA, [red]TEAM[/red]" in text(pilot)
            assert "Revokes 2 who are in: ILVES, KETTU" in text(pilot)
            assert "2 rejected and 0 revoked before" in text(pilot)
            assert pilot.app.screen.focused.id == "cancel"
            world.add("LATER", 1, pool="QFETPEOY")  # whoever comes now is none of them
            await burn(pilot, "4")
            assert "Invite QFET PEOY is disabled: 4 of 4 done" in text(pilot)
            assert "Revoked with 1 certificate." in text(pilot)
            await press(pilot, "escape")
            assert lines(pilot)[1][:4] == ["▸", "○", "disabled", "QFET"]

        console.run(script)
        burnt = {"targets": ["AUR0RA", "[red]TEAM[/red]", "ILVES", "KETTU"], "reason": "posted in public", "revoke": "keyCompromise"}
        assert invites.burnt == [burnt]
        assert {found.callsign for found in world.people.values() if found.revoked_on} == {"ILVES", "KETTU", "SORSA"}
        assert [found.state for found in world.enrollments.values() if found.callsign == "LATER"] == [State.PENDING]

    def test_goes_on_with_all_who_are_neither_rejected_nor_revoked(self, console: Console, invites: Invites) -> None:
        invites.fails["ILVES"] = lost()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "j", "b")
            await burn(pilot, "4")
            assert "2 of 4 done" in text(pilot)
            assert "1 not begun" in text(pilot)
            await press(pilot, "right", "enter")
            assert "4 of 4 done" in text(pilot)

        console.run(script)
        assert [each["targets"] for each in invites.burnt] == [["AUR0RA", "[red]TEAM[/red]", "ILVES", "KETTU"], ["ILVES", "KETTU"]]

    def test_needs_the_reason_and_the_number(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "j", "b", "right", "enter")
            assert "Say why; nothing was burnt." in text(pilot)
            await write(pilot, "leaked")
            await press(pilot, "enter")
            await write(pilot, "3")
            await press(pilot, "enter", "shift+tab", "tab", "enter")
            assert "Type how many it is about, 4" in text(pilot)

        console.run(script)
        assert invites.burnt == []

    def test_says_what_the_web_page_makes_of_it(self, console: Console, invites: Invites) -> None:
        console.world.kind = "postgresql"

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "j", "b")
            assert "web page will tell them that they were approved" in text(pilot)

        console.run(script)

    def test_one_that_nobody_came_through_is_only_disabled(self, console: Console, invites: Invites) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "4", "G", "b")
            assert "Nobody who came through it is pending or in." in text(pilot)
            assert "Number" not in text(pilot)
            await press(pilot, "tab")
            await write(pilot, "leaked")
            await press(pilot, "enter", "x", "enter")
            await settle(pilot)
            assert "Invite EVIL \\x1b[31 m is disabled" in text(pilot)

        console.run(script)
        assert not invites.rows[pk(7_004)].active
