"""The main screen: what is seen first, moving, panes, filter, sort, greyed keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from tui_harness import Console, press, screen_text, settle, write
from tui_world import World, read_only

from rmtui import settings
from rmtui.services.types import State
from rmtui.tui.app import RmtuiApp
from rmtui.tui.commands import switch_bell
from rmtui.tui.widgets.caption import Caption
from rmtui.tui.widgets.listview import ListView


def view(pilot: Pilot[Any]) -> Any:
    return pilot.app.screen.pane.view


def test_pending_is_the_first_thing_seen_oldest_first(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        lines = screen_text(pilot.app)
        assert "[1 Enrolments]" in lines[0]
        assert lines[1].strip().startswith("Pending · oldest first")
        assert "1 of 12" in lines[1]
        assert lines[3].startswith("▸ ○ pending   KARHU01")
        assert "AURORA (unproven) │ 12 pending, oldest 3d" in lines[22]
        assert "sqlite /srv/rmtui/rmtu…" in lines[22]
        assert "data now" in lines[22]
        assert "a Approve" in lines[23]
        assert "q Quit" in lines[23]

    console.run(script)


@pytest.mark.parametrize("keys", [(), ("x",)])
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
def test_what_is_told_in_passing_never_covers_status_and_keys(console: Console, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, *keys)
        foot = screen_text(pilot.app)[-2:]
        for number in range(9):
            pilot.app.tell(f"Sentence {number}. " + "It goes on and on. " * number, severity="warning")
        await settle(pilot)
        assert screen_text(pilot.app)[-2:] == foot
        assert "[1 Enrolments]" in screen_text(pilot.app)[0]
        told = "".join(screen_text(pilot.app))
        assert keys or "Sentence 8" in told
        assert "Sentence 4" not in told

    console.run(script, size=size)


def test_foreign_text_neither_commands_the_terminal_nor_is_markup(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        text = "\n".join(screen_text(pilot.app))
        assert "[red]TEAM[/red]" in text
        assert "EVIL\\x1b[31m\\x1b]0;gotcha\\x07" in text
        assert "\\u202eSREVER" in text
        for _ in range(len(view(pilot).window.rows)):
            await press(pilot, "enter")
            assert "\x1b" not in "\n".join(screen_text(pilot.app))
            await press(pilot, "escape", "j", "a")
            assert "\u202e" not in "\n".join(screen_text(pilot.app))
            await press(pilot, "escape")

    console.run(script, size=(120, 40))


def test_keys_move_the_cursor(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        places = []
        for key in ("j", "down", "k", "G", "g", "end", "home", "pagedown", "pageup"):
            await press(pilot, key)
            places.append(view(pilot).window.cursor)
        assert places == [1, 2, 1, 11, 0, 11, 0, 11, 0]

    console.run(script)


def test_the_mouse_selects_and_opens(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.click(view(pilot), offset=(15, 3))
        await settle(pilot)
        assert view(pilot).current.callsign == "AUR0RA"
        await pilot.click(view(pilot), offset=(15, 0))
        await settle(pilot)
        assert view(pilot).shown.sort == "callsign"
        await pilot.click(view(pilot), offset=(15, 2), times=2)
        await settle(pilot)
        assert type(pilot.app.screen).__name__ == "DetailDialog"

    console.run(script)


def test_panes_by_number_and_tab(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        seen = []
        for key in ("2", "3", "4", "5", "6", "1", "tab", "tab", "tab", "tab", "tab", "tab", "shift+tab"):
            await press(pilot, key)
            seen.append(pilot.app.screen.pane.id)
        panes = ["people", "roles", "invites", "codes", "audit", "enrolments"]
        assert seen == [*panes, *panes, "audit"]

    console.run(script)


def test_filter_is_typed_kept_and_cleared(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "slash")
        await write(pilot, "ka")
        assert [row.callsign for row in view(pilot).window.rows] == ["KARHU01"]
        assert "Keep filter" in screen_text(pilot.app)[23]
        await press(pilot, "enter")
        assert "filter “ka”" in screen_text(pilot.app)[1]
        assert "filter: ka" in screen_text(pilot.app)[22]
        await press(pilot, "escape")
        assert len(view(pilot).window.rows) == 12
        assert view(pilot).current.callsign == "KARHU01"
        await press(pilot, "escape", "escape")
        assert pilot.app.is_running
        await press(pilot, "slash")
        await write(pilot, "nobody")
        assert "No enrolment fits “nobody”" in "\n".join(screen_text(pilot.app))
        await press(pilot, "escape")
        assert len(view(pilot).window.rows) == 12
        assert view(pilot).has_focus

    console.run(script)


def test_f_goes_through_the_states(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        found = []
        for _ in range(4):
            await press(pilot, "f")
            found.append((view(pilot).shown.state, len(view(pilot).window.rows)))
        assert found == [(State.APPROVED, 2), (State.REJECTED, 2), (None, 16), (State.PENDING, 12)]

    console.run(script)


def test_sort_keeps_the_cursor_on_its_row(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "j", "s")
        assert view(pilot).shown.sort == "callsign"
        assert view(pilot).current.callsign == "SALAMA"
        await press(pilot, "S")
        assert view(pilot).shown.reverse
        assert view(pilot).current.callsign == "SALAMA"
        assert "Callsign▾" in screen_text(pilot.app)[2]
        await press(pilot, "s", "s", "s", "s")
        assert view(pilot).shown.sort == "age"

    console.run(script)


def test_every_column_sorts_and_the_order_is_remembered(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        found = []
        await press(pilot, "f", "f", "f")
        for _ in range(7):
            await press(pilot, "s")
            found.append(view(pilot).shown.sort)
        assert found == ["callsign", "decided", "state", "by", "invite", "csr", "age"]
        await press(pilot, "s", "S", "2", "s", "s")

    console.run(script)
    file = settings.current().state_dir / "console.json"
    assert json.loads(file.read_text())["sorts"] == {"enrolments": ["callsign", True], "people": ["roles", False]}
    assert file.stat().st_mode & 0o777 == 0o600

    async def again(pilot: Pilot[Any]) -> None:
        assert (view(pilot).shown.sort, view(pilot).shown.reverse) == ("callsign", True)
        assert "Callsign▾" in screen_text(pilot.app)[2]
        await press(pilot, "2")
        assert pilot.app.screen.query_one("#people-list", ListView).shown.sort == "roles"

    console.run(again)
    for junk in ("", "[]", '{"sorts": {"enrolments": ["; DROP", true], "people": 7}, "bell": "x"}', "\x00", "[" * 100_000):
        file.write_text(junk)

        async def as_ever(pilot: Pilot[Any]) -> None:
            assert view(pilot).shown.sort == "age"

        console.run(as_ever)


def test_the_bell_rings_for_somebody_new_until_it_is_switched_off(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(RmtuiApp, "bell", lambda self: rung.append(1))

    async def script(pilot: Pilot[Any]) -> None:
        world.add("SOMEBODY", 0)
        await press(pilot, "r")
        assert rung == [1]
        await press(pilot, "r", "n")
        await write(pilot, "MINE")
        await press(pilot, "tab", "tab", "tab", "enter")
        await press(pilot, "escape", "escape", "r")
        assert any(row.callsign == "MINE" for row in world.enrollments.values())
        assert rung == [1]  # what was done here is no news
        switch_bell(pilot.app)
        world.add("ANOTHER", 0)
        await press(pilot, "r")
        assert rung == [1]

    console.run(script)


def test_a_filter_that_names_the_state_goes_before_the_key(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "slash")
        await write(pilot, "state")
        await pilot.press("colon")
        await write(pilot, "rejected")
        await press(pilot, "enter")
        assert "Rejected" in screen_text(pilot.app)[1]
        assert "Decided" in screen_text(pilot.app)[2]
        await press(pilot, "f")
        assert "The filter asks for state:rejected" in " ".join(screen_text(pilot.app))
        await press(pilot, "escape")
        assert "Pending" in screen_text(pilot.app)[1]

    console.run(script)


def enabled(pilot: Pilot[Any]) -> set[str]:
    found = pilot.app.screen.active_bindings.values()
    return {active.binding.id.split(".")[1] for active in found if active.enabled and (active.binding.id or "").startswith("enrolment.")}


def test_keys_are_greyed_by_state(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        assert enabled(pilot) == {"approve", "reject", "codes", "reset", "new", "import", "state"}
        await press(pilot, "f", "f")
        assert enabled(pilot) == {"reopen", "codes", "new", "import", "state"}
        await press(pilot, "a", "x")
        assert type(pilot.app.screen).__name__ == "MainScreen"

    console.run(script)


def test_read_only_has_a_badge_and_greys_what_writes(console: Console) -> None:
    read_only()

    async def script(pilot: Pilot[Any]) -> None:
        assert screen_text(pilot.app)[22].strip().startswith("READ-ONLY")
        assert enabled(pilot) == {"state"}
        await press(pilot, "a", "n")
        assert type(pilot.app.screen).__name__ == "MainScreen"

    console.run(script)


def test_without_an_operator_nothing_can_be_changed(console: Console, world: World) -> None:
    world.operator = None

    async def script(pilot: Pilot[Any]) -> None:
        assert "no operator" in screen_text(pilot.app)[22]
        assert enabled(pilot) == {"state"}

    console.run(script)


def test_a_wrong_operator_is_told_and_the_console_opens(console: Console, world: World) -> None:
    from rmtui.auth.operator import NotAnOperator

    world.operator_problem = NotAnOperator("KETTU, named by config.toml, is not an admin; name an active admin.")

    async def script(pilot: Pilot[Any]) -> None:
        assert "KETTU, named by config.toml, is not an admin" in "\n".join(screen_text(pilot.app))
        await press(pilot, "escape")
        assert "no operator" in screen_text(pilot.app)[22]

    console.run(script)


def test_y_copies_and_says_so(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "y")
        assert pilot.app.clipboard == "KARHU01"
        assert "Sent to the terminal: KARHU01" in "\n".join(screen_text(pilot.app))
        await press(pilot, "j", "j", "j", "j", "y")
        assert "\x1b" not in pilot.app.clipboard

    console.run(script)


def test_the_panel_stands_beside_the_list_from_110_columns(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        assert "made here when approved" in "\n".join(screen_text(pilot.app))
        await press(pilot, "j")
        assert "SALAMA" in "\n".join(line[74:] for line in screen_text(pilot.app))
        asked = world.calls["enrollment"]
        await pilot.resize_terminal(100, 30)
        await settle(pilot)
        await press(pilot, "j")
        assert world.calls["enrollment"] == asked

    console.run(script, size=(120, 40))


def test_palette_offers_what_can_be_done_here(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        titles = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        assert {"Approve", "Reject", "New", "Refresh", "Help", "Theme: light", "Quit", "Go to People"} <= titles
        assert "Re-open" not in titles
        await press(pilot, "colon")
        assert isinstance(pilot.app.screen, CommandPalette)
        await write(pilot, "Go to Roles")
        await press(pilot, "enter")
        assert pilot.app.screen.pane.id == "roles"
        await press(pilot, "ctrl+p")
        assert isinstance(pilot.app.screen, CommandPalette)

    console.run(script)


@pytest.mark.parametrize("key", ["question_mark", "f1"])
def test_help_says_every_key(console: Console, key: str) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, key)
        assert type(pilot.app.screen).__name__ == "HelpScreen"
        text = "\n".join(screen_text(pilot.app))
        for line in ("Approve a pending one", "To the first row", "Read everything again", "To the next pane", "Everything by name"):
            assert line in text
        await press(pilot, "escape")
        assert type(pilot.app.screen).__name__ == "MainScreen"

    console.run(script, size=(120, 70))


def test_q_quits_with_zero(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("q")

    assert console.run(script).return_code == 0


def test_counts_run_beside_the_list_and_say_so(console: Console, world: World) -> None:
    world.slow_counts.clear()

    async def script(pilot: Pilot[Any]) -> None:
        lines = screen_text(pilot.app)
        assert lines[3].startswith("▸ ○ pending   KARHU01")
        assert lines[1].rstrip().endswith("1 of …")
        assert "… pending" in lines[22]
        await pilot.press("j")
        await pilot.pause()
        assert view(pilot).window.cursor == 1
        world.slow_counts.set()
        await settle(pilot)
        assert pilot.app.screen.query_one(Caption).count is not None
        assert "2 of 12" in screen_text(pilot.app)[1]

    console.run(script, settled=False)


def test_a_line_that_changed_while_it_was_hidden_is_drawn_as_it_is(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        caption = pilot.app.screen.query_one(Caption)
        pilot.app.screen.pane.display = False
        await settle(pilot)
        caption.filter = "owner:KARHU01"
        caption.update_line()
        pilot.app.screen.pane.display = True
        await settle(pilot)
        assert "filter “owner:KARHU01”" in screen_text(pilot.app)[1]

    console.run(script)


def test_the_columns_fit_the_width(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        for width in (60, 80, 109, 120, 200):
            await pilot.resize_terminal(width, 24)
            await settle(pilot)
            titles = screen_text(pilot.app)[2]
            assert "Callsign" in titles
            assert "Age" in titles
            assert "Invite" in titles

    console.run(script)


def test_roles_show_members_and_take_the_focus(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "3")
        pane = pilot.app.screen.pane
        assert [row.role for row in pane.view.window.rows] == ["admin", "medic", "pilot", "signal"]
        assert [row.callsign for row in pane.members.window.rows] == ["AURORA", "ILVES"]
        await press(pilot, "G")
        assert [row.callsign for row in pane.members.window.rows] == ["ILVES", "KETTU"]
        await press(pilot, "enter", "j")
        assert pane.members.has_focus
        assert pane.members.current.callsign == "KETTU"
        await press(pilot, "escape")
        assert pane.view.has_focus

    console.run(script)


def test_the_pane_that_shows_is_named_in_any_width(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        assert screen_text(pilot.app)[0].strip() == "[1 Enrolments] 2 People 3 Roles 4 Invites 5 Codes 6 Audit"
        await press(pilot, "6")
        assert "[6 Audit]" in screen_text(pilot.app)[0]

    console.run(script, size=(60, 20))
