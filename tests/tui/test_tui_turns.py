"""Which answers of the database a list still believes, and that nothing newer is lost with those it does not."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, Held, press, settle
from tui_world import World, lost

from rmtui.services.types import State
from rmtui.tui.widgets.turns import Turns


def test_rows_that_were_asked_for_after_those_just_taken_are_news() -> None:
    turns = Turns()
    first, second = turns.next(), turns.next()
    assert turns.counts("refresh", first)
    turns.reread(first)
    assert turns.counts("refresh", second)
    turns.reread(second)
    assert not turns.counts("refresh", first)


def test_pages_go_on_only_where_the_rows_still_end() -> None:
    turns = Turns()
    rows, page = turns.next(), turns.next()
    turns.extending = True
    assert turns.counts("extend", page)
    turns.reread(rows)
    assert not turns.counts("extend", page)
    assert not turns.extending
    assert turns.counts("extend", turns.next())


def test_of_another_list_only_the_last_counts_and_nothing_older() -> None:
    turns = Turns()
    rows, page, first, last = turns.next(), turns.next(), turns.begin(), turns.begin()
    assert turns.waiting
    assert not any(turns.counts(kind, number) for kind, number in (("refresh", rows), ("extend", page), ("open", first)))
    meanwhile = turns.next()
    assert turns.counts("open", last)
    assert not turns.waiting
    assert not turns.counts("extend", meanwhile), "it goes on where the list ended that was there before"
    assert not turns.counts("open", last)
    assert turns.counts("refresh", turns.next())


def view(pilot: Pilot[Any]) -> Any:
    return pilot.app.screen.pane.view


def test_what_changes_while_another_list_is_on_its_way_is_in_it(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        held = Held(monkeypatch, lambda query: query.state is State.APPROVED)
        await pilot.press("f")
        await held.begun(pilot)
        late = world.add("LATE", 5)
        world.decide(late.pk, State.APPROVED, "ILVES")
        pilot.app.screen.reread()
        await pilot.pause(0.05)
        assert view(pilot).shown.state is State.PENDING
        held.go.set()
        await settle(pilot)
        assert {row.state for row in view(pilot).window.rows} == {State.APPROVED}
        assert "LATE" in {row.callsign for row in view(pilot).window.rows}

    console.run(script)


def test_a_list_that_could_not_be_read_is_read_when_the_database_is_back(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        world.trouble = lost()
        await press(pilot, "f")
        shifts = view(pilot).shifts
        assert (view(pilot).shown.state, view(pilot).wanted.state) == (State.PENDING, State.APPROVED)
        world.trouble = None
        pilot.app.screen.reread()
        await settle(pilot)
        assert {row.state for row in view(pilot).window.rows} == {State.APPROVED}
        assert view(pilot).shifts == shifts + 1, "no key put the cursor on this row"

    console.run(script)


def test_pages_on_their_way_leave_no_hole_and_no_seam(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1_000):
        world.add(f"ROW{number:04d}", 100 * 86_400 - number)
    expected = [row.callsign for row in sorted(world.enrollments.values(), key=lambda row: row.created) if row.state is State.PENDING]

    async def script(pilot: Pilot[Any]) -> None:
        held = Held(monkeypatch, lambda query: query.state is State.PENDING)
        view(pilot).action_end("last")
        await held.begun(pilot)
        for _ in range(8):
            view(pilot).action_page(1)
        held.go.set()
        await settle(pilot)
        rows = [row.callsign for row in view(pilot).window.rows]
        assert rows == expected[-len(rows) :]
        for step in (-1, 1, -1, 1):
            for _ in range(30):
                view(pilot).action_page(step)
            await settle(pilot)
            rows = [row.callsign for row in view(pilot).window.rows]
            begin = expected.index(rows[0])
            assert rows == expected[begin : begin + len(rows)]

    console.run(script)
