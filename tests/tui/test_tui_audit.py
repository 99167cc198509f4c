"""The audit pane: what it shows, its filter, the way to what an entry is about."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_audit import Trail, caption, pane, put, shown, text
from tui_harness import Console, dialog_text, press, screen_text, settle, write
from tui_world import World

from deployments import deploy
from making import make_enrollment, make_operator
from rmtui import clock, i18n, settings
from rmtui.i18n import tr
from rmtui.services import enrollments
from rmtui.tui.opening import begin, opened


def test_newest_first_and_every_column_at_80(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        lines = screen_text(pilot.app)
        assert "[6 Audit]" in lines[0]
        assert caption(pilot).startswith("All entries · newest first")
        assert caption(pilot).endswith("1 of 9")
        assert lines[2].split() == ["Time", "(UTC)▾", "Operator", "Proven", "by", "Action", "Target", "Outcome"]
        assert lines[3].split() == ["▸", "2026-03-01", "11:59", "AURORA", "certificate", "approve", "AUR0RA", "✗", "refused"]
        assert lines[5].split()[-2:] == ["▲", "failed"]
        assert lines[11].split() == ["2026-01-20", "12:00", "nobody", "init", "✓", "done"]
        await press(pilot, "S")
        assert shown(pilot) == list(range(1, 10))
        assert "oldest first" in caption(pilot)
        assert pane(pilot).view.current.id == 9, "the cursor stays on its row"
        await press(pilot, "s")
        assert "has one order, by time" in text(pilot)

    console.run(script)


@pytest.mark.parametrize("language", ["en", "fi"])
def test_the_outcome_is_told_down_to_the_narrowest(console: Console, audit: Trail, language: str) -> None:
    i18n.use(language)

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        for line, symbol, outcome in ((3, "✗", "refused"), (5, "▲", "failed"), (11, "✓", "done")):
            assert f"{symbol} {tr(outcome)}" in screen_text(pilot.app)[line]

    console.run(script, size=(60, 20))


def test_the_reason_stands_there_when_there_is_room(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        assert "Reason" in screen_text(pilot.app)[2]
        assert "AUR0RA looks like" in screen_text(pilot.app)[3]

    console.run(script, size=(160, 24))


def test_foreign_text_is_harmless(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "j")
        assert "EVIL\\x1b[…" in text(pilot)
        await press(pilot, "enter")
        assert "EVIL\\x1b[31m" in dialog_text(pilot.app)
        assert "[b]X[/b]\\u202e" in dialog_text(pilot.app)

    console.run(script)


def test_f_goes_through_the_outcomes(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        found = []
        await press(pilot, "6")
        for _ in range(4):
            await press(pilot, "f")
            found.append((caption(pilot).split()[0], shown(pilot)))
        assert found == [("Done", [8, 5, 4, 3, 2, 1]), ("Refused", [9, 6]), ("Failed", [7]), ("All", [9, 8, 7, 6, 5, 4, 3, 2, 1])]

    console.run(script)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("gate", [3]),
        ("by:ilves", [6]),
        ("on:fox reject", [3]),
        ("action:approve outcome:refused", [9]),
        ("since:2h", [9, 8, 7]),
        ("until:2026-02-25", [3, 2, 1]),
        ('"the gate"', [3]),
    ],
)
def test_the_filter_has_names(console: Console, audit: Trail, typed: str, found: list[int]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        await put(pilot, typed)
        assert shown(pilot) == found
        assert f"filter “{typed}”" in caption(pilot)
        await press(pilot, "escape")
        assert len(shown(pilot)) == 9
        assert "filter" not in caption(pilot)

    console.run(script)


def test_a_filter_that_is_not_understood_changes_nothing(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        await put(pilot, "gate")
        await put(pilot, " foo:1")
        assert "There is no filter “foo:”; there are by:, on:, action:," in text(pilot)
        assert shown(pilot) == [3]
        assert pilot.app.focused.id == "filter", "there it can be put right"
        await press(pilot, *["backspace"] * 5, "enter")
        assert "filter “gate ”" in caption(pilot)
        assert shown(pilot) == [3]
        await press(pilot, "slash", "x", "colon", "tab", "6")
        assert "filter “gate ”" in caption(pilot)
        await press(pilot, "escape")
        assert len(shown(pilot)) == 9

    console.run(script)


def test_f_says_so_where_the_filter_names_an_outcome(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        await put(pilot, "outcome:failed")
        assert caption(pilot).startswith("Failed")
        await press(pilot, "f")
        assert "The filter asks for outcome:failed; Esc clears it." in text(pilot)
        assert shown(pilot) == [7]

    console.run(script)


def test_the_filter_line_names_its_words(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "slash")
        assert "by: on: action: outcome: since:2h until:2026-11-20" in text(pilot)
        await press(pilot, "escape", "1", "slash")
        assert "text, state: role: pool:" in text(pilot)

    console.run(script)


def test_an_entry_says_everything(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "enter")
        said = dialog_text(pilot.app)
        for words in (
            "Entry 9",
            "2026-03-01 11:59:00Z (1m)",
            "by certificate",
            "yes, with the operator's key",
            "✗ refused",
            "AUR0RA looks like AURORA, who is in already",
            "Lookalikes AURORA",
            "Accept lookalikes no",
            "192.0.2.7 51022",
            "rmtui 1.0",
            "0011 2233 4455",
        ):
            assert words in said
        await press(pilot, "escape", "G", "enter")
        assert "Operator nobody" in dialog_text(pilot.app)
        assert "Target none" in dialog_text(pilot.app)

    console.run(script, size=(100, 50))


def test_y_sends_the_target(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "y")
        assert pilot.app.clipboard == "AUR0RA"
        await press(pilot, "G", "y")
        assert pilot.app.clipboard == "entry 1"

    console.run(script)


def test_help_says_its_keys(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "question_mark")
        said = dialog_text(pilot.app)
        for words in ("To the person or enrolment that the entry is about", "Show all, done, refused, failed", "What was done, by whom"):
            assert words in said

    console.run(script, size=(120, 70))


def test_a_refresh_shows_what_is_new_and_keeps_the_cursor(console: Console, world: World, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "j")
        audit.add(0, "reject", "TUISKU")
        world.token += 1
        pilot.app.screen.check()
        await settle(pilot)
        assert shown(pilot)[0] == 10
        assert pane(pilot).view.current.id == 8
        assert caption(pilot).endswith("3 of 10")

    console.run(script)


def test_an_entry_that_has_gone_is_news(console: Console, world: World, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        audit.entries.pop()
        world.token += 1
        pilot.app.screen.check()
        await settle(pilot)
        assert "Entry 9 has gone from the audit trail" in text(pilot)

    console.run(script)


def test_a_long_trail_is_read_in_pages(console: Console, audit: Trail) -> None:
    for number in range(5_000):
        audit.add(0, "approve", f"T{number}")

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6", "G")
        assert pane(pilot).view.current.id == 1
        assert len(shown(pilot)) <= 600
        assert audit.calls["list_entries"] < 8

    console.run(script)


class TestOnADatabase:
    """The services themselves, on SQLite."""

    @pytest.fixture(autouse=True)
    def deployment(self, data_dir: Any) -> None:
        deploy("sqlite", data_dir, None)

    def run(self, script: Callable[[Pilot[Any]], Any]) -> None:
        from rmtui.tui.app import RmtuiApp

        first = begin()
        first.result()
        app = RmtuiApp(first)

        async def main() -> None:
            async with app.run_test(size=(80, 24), notifications=True) as pilot:
                await settle(pilot)
                await script(pilot)

        try:
            asyncio.run(main())
        finally:
            opened()

    def test_what_was_done_stands_there_and_leads_to_whom(self) -> None:
        boss = make_operator()
        settings.configure(replace(settings.current(), operator=boss.callsign))
        raven, crow = make_enrollment("RAVEN"), make_enrollment("CROW")
        enrollments.reject(boss, raven.pk, "Nobody knows them")
        enrollments.reject(boss, crow.pk, "No")
        with pytest.raises(Exception, match="CROW"):
            enrollments.reject(boss, crow.pk, "Again")

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "6")
            rows = pane(pilot).view.window.rows
            assert [(row.operator, row.action, row.target, row.outcome) for row in rows] == [
                ("BOSS", "reject", "CROW", "refused"),
                ("BOSS", "reject", "CROW", "done"),
                ("BOSS", "reject", "RAVEN", "done"),
            ]
            await put(pilot, "by:boss knows since:1h outcome:done")
            assert [row.target for row in pane(pilot).view.window.rows] == ["RAVEN"]
            await press(pilot, "t")
            assert pane(pilot).id == "enrolments"
            assert pane(pilot).view.current.callsign == "RAVEN"

        self.run(script)

    def test_an_empty_trail_says_so(self) -> None:
        make_operator()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "escape", "6")
            assert "Nothing has been done yet." in text(pilot)

        self.run(script)


@pytest.mark.usefixtures("in_helsinki")
def test_times_are_local_until_utc_is_chosen_and_that_is_remembered(console: Console, audit: Trail) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        assert "Time (EET/EEST)▾" in screen_text(pilot.app)[2]
        assert "2026-03-01 13:59" in screen_text(pilot.app)[3]
        assert "13:59" in text(pilot)
        await choose(pilot, "Times: UTC")
        assert "Time (UTC)▾" in screen_text(pilot.app)[2]
        assert "2026-03-01 11:59" in screen_text(pilot.app)[3]
        assert "13:59" not in text(pilot), "the panel beside the list"
        assert "Times are told in UTC." in text(pilot)

    console.run(script, size=(140, 40))
    assert json.loads((settings.current().state_dir / "console.json").read_text())["utc"] is True

    async def again(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        assert "Time (UTC)▾" in screen_text(pilot.app)[2]
        await choose(pilot, "Times: local")
        assert "Time (EET/EEST)▾" in screen_text(pilot.app)[2]
        assert "told in the local zone, EET/EEST." in text(pilot)

    console.run(again, size=(140, 40))
    settings.configure(replace(settings.current(), utc=False))
    (settings.current().state_dir / "console.json").write_text('{"utc": true}')

    async def as_asked(pilot: Pilot[Any]) -> None:
        await press(pilot, "6")
        assert "Time (EET/EEST)▾" in screen_text(pilot.app)[2]

    clock.use_utc(False)
    console.run(as_asked, size=(140, 40))


async def choose(pilot: Pilot[Any], name: str) -> None:
    """Run what the palette calls so."""
    await pilot.press("colon")
    await settle(pilot)
    await write(pilot, name)
    await press(pilot, "enter")
    while not all(toast.region for toast in pilot.app.screen.query("Toast")):  # what it tells has no place yet
        await pilot.pause(0.02)
    await settle(pilot)
