"""Dialogs with something to fill in, and the details: what they take, refuse and keep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input
from tui_harness import Console, dialog_text, press, screen_text, settle, write
from tui_rows import pk
from tui_services import install
from tui_world import World

from rmtui.tui.widgets.ticks import Ticks


def name(pilot: Pilot[Any]) -> str:
    return type(pilot.app.screen).__name__


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app)


def focused(pilot: Pilot[Any]) -> str:
    return pilot.app.screen.focused.id if pilot.app.screen.focused else ""


class TestNew:
    def test_shows_the_code_in_groups(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "n")
            assert focused(pilot) == "callsign"
            await write(pilot, "HAUKKA 7")
            await press(pilot, "enter")
            assert name(pilot) == "CodeDialog"
            assert "A B C D E F G H" not in text(pilot)
            await press(pilot, "v")
            assert "A B C D E F G H" in text(pilot)
            await press(pilot, "tab", "enter")
            assert name(pilot) == "MainScreen"
            assert "13 pending" in text(pilot)

        console.run(script)

    def test_says_what_is_wrong_while_it_is_typed_and_keeps_it(self, console: Console) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "n")
            await write(pilot, "A/B")
            assert "Not a callsign: it holds /." in text(pilot)
            await press(pilot, "ctrl+u")
            await write(pilot, "AURORA")
            await press(pilot, "enter")
            assert "AURORA is taken" in text(pilot)
            assert pilot.app.screen.query_one("#callsign", Input).value == "AURORA"

        console.run(script)

    def test_takes_a_csr_file(self, console: Console, world: World, tmp_path: Path) -> None:
        file = tmp_path / "person.csr"
        file.write_text("-----BEGIN CERTIFICATE REQUEST-----\n")

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "n")
            await write(pilot, "HAUKKA")
            await press(pilot, "down")
            pilot.app.screen.query_one("#csr", Input).value = str(file) + "x"
            await press(pilot, "enter")
            assert "cannot be read (No such file or directory)" in text(pilot)
            pilot.app.screen.query_one("#csr", Input).value = str(file)
            await press(pilot, "down", "down", "up", "enter")
            assert name(pilot) == "CodeDialog"
            assert [row.has_csr for row in world.enrollments.values() if row.callsign == "HAUKKA"] == [True]

        console.run(script)

    def test_a_file_that_is_no_csr_is_refused(self, console: Console, world: World, tmp_path: Path) -> None:
        (tmp_path / "big").write_bytes(b"x" * 70_000)
        (tmp_path / "binary").write_bytes(b"\xff\xfe")

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "n")
            await write(pilot, "HAUKKA")
            for file, sentence in (("big", "larger than 64 KiB"), ("binary", "no PEM file"), ("", "cannot be read")):
                pilot.app.screen.query_one("#csr", Input).value = f"{tmp_path}/{file}"
                await press(pilot, "down", "enter")
                assert sentence in text(pilot)
            assert world.calls["write"] == 0

        console.run(script)


class TestRoles:
    def test_space_ticks_and_saving_says_what_it_did(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "j", "e")
            assert name(pilot) == "EditRolesDialog"
            ticks = pilot.app.screen.query_one("#roles", Ticks)
            assert ticks.labels == ["admin", "medic", "pilot", "signal"]
            assert ticks.ticked == {"signal"}
            await press(pilot, "space")
            assert "gives admin" in text(pilot)
            assert "An admin can approve" in text(pilot)
            await press(pilot, "down", "down", "down", "space", "enter")
            assert world.people[pk(1003)].roles == ("admin",)
            assert "KETTU: given admin; taken signal." in text(pilot)

        console.run(script)

    def test_a_new_role_is_typed_and_a_held_enter_does_not_save_it(self, console: Console, world: World, ticker: Any) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "j", "e", "tab")
            assert focused(pilot) == "new"
            await write(pilot, "logistics")
            await press(pilot, "enter")
            for _ in range(10):
                ticker.now += 0.03
                await press(pilot, "enter")
            assert name(pilot) == "EditRolesDialog"
            assert "gives logistics" in text(pilot)
            ticker.now += 1
            await press(pilot, "enter")
            assert world.people[pk(1003)].roles == ("logistics", "signal")

        console.run(script)

    def test_a_name_that_cannot_be_a_role_is_refused(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "e", "tab")
            await write(pilot, "a b")
            await press(pilot, "enter")
            assert "a b cannot be a role: it holds a space" in text(pilot)
            assert world.calls["write"] == 0

        console.run(script)

    def test_the_guards_of_the_service_speak_here(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "e", "space", "down", "space", "enter")
            assert "AURORA is you; another admin takes your admin role." in text(pilot)
            assert "Done before that: given medic." in text(pilot)
            await press(pilot, "escape")
            assert "AURORA: given medic." in text(pilot)
            assert world.people[pk(1001)].roles == ("admin", "medic")

        console.run(script)

    def test_n_gives_a_role_by_callsign(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "3", "j", "n")
            assert pilot.app.screen.query_one("#role", Input).value == "medic"
            assert focused(pilot) == "callsign"
            await write(pilot, "nobody")
            await press(pilot, "enter")
            assert "There is no nobody" in text(pilot)
            await press(pilot, "ctrl+u")
            await write(pilot, "kettu")
            await press(pilot, "enter")
            assert world.people[pk(1003)].roles == ("medic", "signal")
            assert "KETTU: given medic." in text(pilot)
            assert [row.members for row in pilot.app.screen.pane.view.window.rows] == [2, 2, 1, 2]

        console.run(script)

    def test_e_edits_the_member_under_the_cursor(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "3", "G", "enter", "j", "e")
            assert "Roles of KETTU" in text(pilot)

        console.run(script)


class TestDetail:
    def test_shows_history_and_scrolls(self, console: Console) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "f", "f", "enter")
            assert name(pilot) == "DetailDialog"
            assert "Reason Nobody at the gate knows them" in text(pilot)
            assert "reject by AURORA" in text(pilot)
            await press(pilot, "j", "G", "g", "y", "escape")
            assert name(pilot) == "MainScreen"
            await press(pilot, "2", "enter")
            assert "Serial" in text(pilot)
            await press(pilot, "G")
            assert "mtls.pfx" in text(pilot)

        console.run(script)

    def test_a_row_that_is_gone_is_a_sentence(self, console: Console, world: World) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            del world.enrollments[pk(1)]
            await press(pilot, "enter")
            assert "There is no such enrolment any more." in text(pilot)

        console.run(script)


class TestToasts:
    @pytest.mark.parametrize("keys", [("a",), ("j", "j", "a"), ("x",), ("n",), ("f", "f", "enter"), ("question_mark",)])
    @pytest.mark.parametrize("size", [(80, 24), (120, 40)])
    def test_they_cover_nothing_of_a_dialog(self, console: Console, keys: tuple[str, ...], size: tuple[int, int]) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, *keys)
            for number in range(8):
                pilot.app.tell(f"Something happened here, and it takes a sentence that is longer than a line of it: {number}.")
            await settle(pilot)
            box, lines = pilot.app.screen.query_one("#box").region, screen_text(pilot.app)
            assert "happened here" in "\n".join(lines)
            assert not [line for line in lines[box.y : box.bottom] if "happened here" in line]
            buttons = pilot.app.screen.query_one("#buttons").region
            assert box.y < buttons.y < box.bottom - 1
            assert ("Cancel" in lines[buttons.y]) or ("Close" in lines[buttons.y])

        console.run(script, size=size)


class TestRoom:
    def test_everything_about_a_row_can_be_scrolled_to(self, console: Console, world: World) -> None:
        said = [f"{word}{number:02d}" for number in range(40) for word in ("部隊の鷲の目の鷲の目部隊", "unit")]
        detail = replace(world.enrollment(pk(9)), extra={name: f"{name}{'x' * 200}end-of-{name}" for name in said})
        world.enrollment = lambda _key: detail

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "enter")
            assert "PgUp, PgDn: more" in text(pilot)
            seen = ""
            for _ in range(60):
                lines, box = screen_text(pilot.app), pilot.app.screen.query_one("#body").region
                seen += "".join("".join(line[box.x : box.right - 1].split()) for line in lines[box.y : box.bottom])
                await pilot.press("pagedown")
                await pilot.pause()
            for name in said:
                assert name in seen
                assert f"d-of-{name}" in seen or f"end-of-{name}"[-8:] in seen

        install(world, self.patch)
        console.run(script)

    @pytest.fixture(autouse=True)
    def keep_patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch

    def test_a_dialog_with_more_than_there_is_room_for_scrolls_by_keys(self, console: Console, world: World) -> None:
        preview = world.preview(pk(9))
        preview = replace(preview, authority="remote authority, " + "CN=" + "X" * 600 + "END-OF-AUTHORITY")
        world.preview = lambda _key: preview

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "slash")
            await write(pilot, "with")
            await press(pilot, "enter", "a")
            assert "OF-AUTHORITY" not in "".join(text(pilot).split())
            assert "PgUp, PgDn: more" in text(pilot)
            assert "Cancel" in text(pilot)
            await press(pilot, "pagedown", "pagedown")
            assert "OF-AUTHORITY" in "".join(text(pilot).split())
            assert focused(pilot) == "code"
            assert "Cancel" in text(pilot)

        install(world, self.patch)
        console.run(script)


def test_what_is_typed_right_after_tab_goes_to_the_next_control(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "x")
        for key in ("tab", "w", "h", "y"):
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))  # as a terminal does, waiting for nothing
        await settle(pilot)
        assert pilot.app.screen.query_one("#reason", Input).value == "why"

    console.run(script)


def test_so_it_is_in_set_up(console: Console, world: World) -> None:
    world.ready = False

    async def script(pilot: Pilot[Any]) -> None:
        for key in ("K", "tab", "tab", "x", "shift+tab", "shift+tab", "A"):
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await settle(pilot)
        assert pilot.app.screen.query_one(Input).value == "KA"

    console.run(script)


@pytest.mark.parametrize(("pasted", "typed"), [("KOTKA\nHAUKKA\n", ""), ("KOTKA\r\n", "KOTKA"), ("\n\nKOTKA", "KOTKA"), ("\n", "")])
def test_lines_pasted_into_one_are_refused_and_told(console: Console, pasted: str, typed: str) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "n")
        pilot.app.post_message(events.Paste(pasted))
        await settle(pilot)
        assert pilot.app.screen.query_one("#callsign", Input).value == typed
        told = "Nothing was pasted: it is 2 lines, and only one has room here." in " ".join("\n".join(screen_text(pilot.app)).split())
        assert told == ("HAUKKA" in pasted)

    console.run(script)
