"""Live refresh, a lost database, and answers that come too late."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, press, screen_text, settle
from tui_rows import pk
from tui_world import World, lost

from rmtui.db.errors import DatabaseUnreachable
from rmtui.errors import ConfigurationError
from rmtui.services import enrollments
from rmtui.services.types import State
from rmtui.tui.watch import refresh_seconds
from rmtui.tui.widgets.status import Banner
from rmtui.tui.widgets.window import PAGE


def text(pilot: Pilot[Any]) -> str:
    return " ".join(" ".join(screen_text(pilot.app)).split())


def view(pilot: Pilot[Any]) -> Any:
    return pilot.app.screen.pane.view


async def check(pilot: Pilot[Any]) -> None:
    """What the timer does."""
    pilot.app.screen.check()
    await settle(pilot)


def test_nothing_is_read_again_while_nothing_was_written(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await check(pilot)
        before = world.calls["list_enrollments"]
        for _ in range(5):
            await check(pilot)
        assert world.calls["list_enrollments"] == before
        world.add("NEWCOMER", 1)
        await check(pilot)
        assert world.calls["list_enrollments"] > before
        assert "13 pending" in text(pilot)
        assert "1 of 13" in text(pilot)

    console.run(script)


def test_the_cursor_stays_on_its_record_and_the_record_on_its_line(console: Console, world: World) -> None:
    for number in range(100):
        world.add(f"NEWER{number}", 100 - number)

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "j", "j", "j", "j")
        row = view(pilot).current
        line = next(number for number, shown in enumerate(screen_text(pilot.app)) if shown.startswith("▸"))
        for number in range(30):
            world.add(f"OLDER{number}", 30 * 86_400 + number)
        await check(pilot)
        assert view(pilot).current == row
        assert screen_text(pilot.app)[line].startswith("▸")

    console.run(script)


def test_a_row_decided_elsewhere_says_by_whom_and_the_cursor_goes_next_door(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        world.decide(pk(1), State.APPROVED, "ILVES")
        await check(pilot)
        assert "KARHU01 is now approved by ILVES, so it left this list." in text(pilot)
        assert view(pilot).current.callsign == "SALAMA"

    console.run(script)


def test_a_lost_database_is_a_banner_and_comes_back_by_itself(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        world.trouble = lost()
        await check(pilot)
        assert "Database unreachable since 12:00:00Z, retrying." in text(pilot)
        assert "KARHU01" in text(pilot)
        await press(pilot, "j", "G", "g", "enter")
        assert "The database does not answer" in text(pilot)
        await press(pilot, "escape", "f", "2", "1", "r")
        assert "Database unreachable" in text(pilot)
        world.trouble = None
        world.add("NEWCOMER", 1)
        await check(pilot)
        assert "Database unreachable" not in text(pilot)
        assert "13 pending" in text(pilot)

    console.run(script)


def banner(pilot: Pilot[Any]) -> list[str]:
    region = pilot.app.screen.query_one(Banner).region
    return [line.strip() for line in screen_text(pilot.app)[region.y : region.bottom]]


@pytest.mark.parametrize(("width", "lines"), [(80, 2), (120, 2), (200, 1)])
def test_the_banner_says_the_essential_in_a_line_and_nothing_of_the_reason_is_cut(
    console: Console, world: World, width: int, lines: int
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        world.trouble = lost()
        await check(pilot)
        said = banner(pilot)
        assert said[0].startswith("▲ Database unreachable since 12:00:00Z, retrying.")
        assert " ".join(said).endswith("The database does not answer; nothing was changed. rmtui tries again.")
        assert len(said) == lines

    console.run(script, size=(width, 24))


def test_a_banner_leaves_room_for_the_list(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        world.trouble = DatabaseUnreachable("on and on, " * 60)
        await check(pilot)
        assert len(banner(pilot)) == 4
        assert banner(pilot)[-1].endswith("…")
        assert "12 pending" in screen_text(pilot.app)[22]

    console.run(script)


def test_lost_before_the_console_opens_is_exit_code_three(console: Console, world: World) -> None:
    world.trouble = lost()

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.pause()

    app = console.run(script)
    assert app.return_code == 3
    assert app.ended_by is world.trouble


def test_an_answer_to_an_older_question_is_dropped(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held, go = threading.Event(), threading.Event()
    real = enrollments.list_enrollments

    def slow(query: Any, **where: Any) -> Any:
        page = real(query, **where)
        if query.state is State.APPROVED:
            held.set()
            go.wait(10)
        return page

    async def script(pilot: Pilot[Any]) -> None:
        monkeypatch.setattr(enrollments, "list_enrollments", slow)
        await pilot.press("f")
        while not held.is_set():
            await pilot.pause(0.01)
        await press_without_waiting(pilot, "f")
        assert view(pilot).shown.state is State.REJECTED
        go.set()
        await settle(pilot)
        assert view(pilot).shown.state is State.REJECTED
        assert {row.state for row in view(pilot).window.rows} == {State.REJECTED}

    async def press_without_waiting(pilot: Pilot[Any], key: str) -> None:
        await pilot.press(key)
        for _ in range(200):
            await pilot.pause(0.01)
            if view(pilot).shown.state is State.REJECTED:
                return

    console.run(script)


def test_a_long_list_is_read_by_pages_and_never_by_rows(console: Console, world: World) -> None:
    for number in range(2_000):
        world.add(f"ROW{number:04d}", 100 * 86_400 - number)

    async def script(pilot: Pilot[Any]) -> None:
        world.calls.clear()
        for _ in range(60):
            await pilot.press("pagedown")
        await settle(pilot)
        assert world.calls["list_enrollments"] <= 60 * 22 / PAGE + 3
        assert world.calls["enrollment"] == 0
        await press(pilot, "G")
        assert view(pilot).current.callsign == "TUISKU"
        await press(pilot, "pageup", "g")
        assert view(pilot).current.callsign == "ROW0000"
        assert "1 of 2,012" in text(pilot)

    console.run(script)


def test_a_pane_not_seen_while_something_changed_is_read_when_it_shows(console: Console, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "2", "1")
        await check(pilot)
        world.assign(world.operator, pk(1003), "medic")
        await check(pilot)
        await press(pilot, "2")
        assert "medic, signal" in text(pilot)

    console.run(script)


@pytest.mark.parametrize("value", ["-1", "often", "nan", "inf"])
def test_a_refresh_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("RMTUI_REFRESH", value)
    with pytest.raises(ConfigurationError, match="RMTUI_REFRESH"):
        refresh_seconds()


def test_the_timer_asks_by_itself(console: Console, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RMTUI_REFRESH", "0.2")

    async def script(pilot: Pilot[Any]) -> None:
        world.add("NEWCOMER", 1)
        for _ in range(300):
            await pilot.pause(0.02)
            if "13 pending" in text(pilot):
                break
        assert "13 pending" in text(pilot)

    console.run(script)


def test_a_read_that_never_ends_does_not_keep_the_console(console: Console, world: World) -> None:
    world.slow_counts.clear()

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("q")

    began = time.monotonic()
    assert console.run(script, settled=False).return_code == 0
    assert time.monotonic() - began < 5
    world.slow_counts.set()
