"""Marks: one, a range, the whole list; they outlast a refresh and go with their row."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, press, screen_text, settle, write
from tui_rows import pk
from tui_world import World

from rmtui.services.types import State
from rmtui.tui.widgets import marks
from rmtui.tui.widgets.listview import ListView
from rmtui.tui.widgets.marks import Marks


def view(pilot: Pilot[Any]) -> ListView[Any, Any]:
    return pilot.app.screen.query_one("#enrolments-list", ListView)


def marked(pilot: Pilot[Any]) -> list[str]:
    return [row.callsign for row in view(pilot).marks.rows]


def test_marks_know_rows_by_their_key_and_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "MOST", 3)
    held: Marks[tuple[int, str]] = Marks(lambda row: row[0])
    assert held.toggle((1, "a"))
    assert (1, "changed") in held
    assert held.add([(2, "b"), (3, "c"), (1, "again")])
    assert not held.add([(4, "d")])
    assert not held.toggle((5, "e"))
    assert held.keys == {1, 2, 3}
    assert held.keep([(1, "now")], frozenset({1, 2})) == {2}  # 3 was not asked about
    assert held.rows == ((1, "now"), (3, "c"))
    held.toggle((3, "c"))
    assert held.keys == {1}


def test_space_marks_and_goes_on(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "space", "space")
        assert marked(pilot) == ["KARHU01", "SALAMA"]
        lines = screen_text(pilot.app)
        assert lines[3].startswith(" ● ") or "●" in lines[3][:4]
        assert "2 marked" in "".join(lines[-3:])
        await press(pilot, "up", "space")
        assert marked(pilot) == ["KARHU01"]
        await press(pilot, "escape")
        assert marked(pilot) == []
        assert "marked" not in "".join(screen_text(pilot.app)[-3:])

    console.run(script)


def test_v_marks_a_range_from_the_row_last_marked(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "j", "v", "j", "j", "v")
        assert marked(pilot) == ["SALAMA", "AUR0RA", "[red]TEAM[/red]"]
        await press(pilot, "escape", "G", "space", "g", "v")
        assert len(marked(pilot)) == 12

    console.run(script)


def test_star_marks_what_the_filter_shows_and_again_takes_it_back(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "slash")
        await write(pilot, "ka")
        await press(pilot, "enter", "asterisk")
        assert set(marked(pilot)) == {"KARHU01"} | {row.callsign for row in console.world.enrollments.values() if "TUISKA" in row.callsign}
        await press(pilot, "asterisk")
        assert marked(pilot) == []

    console.run(script)


def test_star_reads_on_beyond_the_window_and_refuses_too_many(console: Console) -> None:
    for number in range(700):
        console.world.add(f"EXTRA{number:04}", 10)

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "asterisk")
        assert len(marked(pilot)) == 712
        await press(pilot, "escape")
        for number in range(700, 1_100):
            console.world.add(f"EXTRA{number:04}", 10)
        await press(pilot, "r", "asterisk")
        assert marked(pilot) == []
        assert "At most 1,000 rows" in " ".join(screen_text(pilot.app))

    console.run(script)


def test_a_mark_outlasts_a_refresh_and_goes_with_its_row(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "space", "space", "space", "G")
        console.world.decide(pk(2), State.REJECTED, "KETTU")
        console.world.add("LATER", 1)
        await press(pilot, "r")
        assert marked(pilot) == ["KARHU01", "AUR0RA"]
        assert "1 marked row is not in this list any more" in " ".join(screen_text(pilot.app))

    console.run(script)


def test_what_a_filter_hides_is_not_marked_any_more(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "space", "space", "slash")
        await write(pilot, "salama")
        await press(pilot, "enter")
        await settle(pilot)
        assert marked(pilot) == ["SALAMA"]

    console.run(script)


def test_nothing_is_marked_where_marks_are_good_for_nothing(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "3", "space", "v", "asterisk")
        assert "marked" not in "".join(screen_text(pilot.app)[-3:])
        await press(pilot, "question_mark")
        assert "Mark this row" not in " ".join(screen_text(pilot.app))

    console.run(script)
