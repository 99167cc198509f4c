"""Roll-call and import in the console: what they show, and what they mark or make."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button
from tui_bulk import Desk
from tui_harness import SIZES, Console, dialog_text, press, screen_text, settle, write
from tui_rows import CODE, DIGEST
from tui_world import World

from rmtui.db.errors import DatabaseUnreachable
from rmtui.services import bulk, decisions, importing, rollcall
from rmtui.services.bulk import Target
from rmtui.services.importing import Candidate, Imported
from rmtui.services.rollcall import Group, RollCall, RollRow
from rmtui.services.types import State
from rmtui.settings import Secret

CREATE = importing.create


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app)


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Lists are held against the world's rows, and a directory holds three CSRs."""

    def compare(callsigns: tuple[str, ...]) -> RollCall:
        people = {row.callsign: row for row in world.people.values()}
        waiting = {row.callsign: row for row in world.enrollments.values() if row.state is State.PENDING}
        rows = []
        for callsign in callsigns:
            if callsign in people and people[callsign].revoked_on:
                rows.append(RollRow(Group.GONE, callsign, "person", people[callsign].pk, f"{callsign} was revoked."))
            elif callsign in people:
                rows.append(RollRow(Group.JOINED, callsign, "person", people[callsign].pk))
            elif callsign in waiting:
                rows.append(RollRow(Group.PENDING, callsign, "enrollment", waiting[callsign].pk))
            else:
                note = "KARHUOI looks like KARHU01, who is pending." if callsign == "KARHUOI" else ""
                rows.append(RollRow(Group.MISSING, callsign, "", None, note))
        rows += [
            RollRow(Group.UNEXPECTED_PENDING, row.callsign, "enrollment", row.pk)
            for row in waiting.values()
            if row.callsign not in callsigns
        ]
        return RollCall(tuple(rows))

    def create(operator: Any, candidates: Any, *, pool: Any = None, told: Any = None, stop: Any = None) -> Imported:
        made: dict[uuid.UUID, Secret] = {}

        def act(target: Target) -> str:
            row = world.create(operator, target.name, csr="PEM")
            made[row.pk] = Secret(CODE)
            return "Waits to be approved with the code."

        report = bulk.run([Target(uuid.uuid4(), each.callsign) for each in candidates], act, told=told, stop=stop)
        keys = dict(zip((target.name for target in (each.target for each in report.results)), made, strict=False))
        return Imported(
            bulk.Report(tuple(replace(each, target=Target(keys[each.target.name], each.target.name)) for each in report.results)), made
        )

    files = (
        Candidate("a.csr", "UUSI", "PEM", "EC P-256", DIGEST),
        Candidate("b.csr", "TOINEN", "PEM", "RSA 4096", DIGEST[::-1]),
        Candidate("c.pem", problem="c.pem holds no certificate request."),
    )
    monkeypatch.setattr(rollcall, "compare", compare)
    monkeypatch.setattr(importing, "read", lambda _directory: files)
    monkeypatch.setattr(importing, "create", create)
    return Desk(world, monkeypatch)


async def paste(pilot: Pilot[Any], what: str) -> None:
    pilot.app.post_message(events.Paste(what))
    await settle(pilot)


async def take_roll(pilot: Pilot[Any]) -> None:
    await press(pilot, "R")
    await paste(pilot, "# gate 2\nAURORA;Lt\nKARHU01\nSALAMA\nSORSA\nKARHUOI\nNOBODY\n")
    await press(pilot, "end", "enter")


class TestRollCall:
    def test_groups_are_shown_and_one_is_marked_in_its_pane(self, console: Console, desk: Desk) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2")
            await take_roll(pilot)
            for said in ("Not heard of 2", "Waiting, and expected 2", "Waiting, and not on the list 10", "KARHUOI looks like KARHU01"):
                assert said in text(pilot)
            await press(pilot, "space", "enter")
            view = pilot.app.screen.query_one("#enrolments-list")
            assert [row.callsign for row in view.marks.rows] == ["KARHU01", "SALAMA"]
            assert "2 marked" in "".join(screen_text(pilot.app)[-3:])
            await press(pilot, "R")
            await paste(pilot, "KARHU01")
            await press(pilot, "end", "enter", "down", "enter")
            assert len(view.marks) == 11

        console.run(script)

    def test_a_file_is_read(self, console: Console, desk: Desk, tmp_path: Path) -> None:
        (tmp_path / "list.csv").write_text("callsign,unit\nAURORA,1\n", "utf-8-sig")

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "R")
            pilot.app.screen.query_one("#path").value = str(tmp_path / "nope")
            await press(pilot, "tab", "end", "enter")
            assert "cannot be read" in text(pilot)
            pilot.app.screen.query_one("#path").value = str(tmp_path / "list.csv")
            await press(pilot, "tab", "end", "enter")
            assert "In, and expected 1" in text(pilot)

        console.run(script)

    def test_neither_or_both_is_asked_again(self, console: Console, desk: Desk) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "R", "space", "enter")
            assert "one of the two" in text(pilot)
            await paste(pilot, "/\\,")
            await press(pilot, "end", "enter")
            assert "Line 1 holds no callsign" in text(pilot)

        console.run(script)


class TestImport:
    def test_shows_the_requests_makes_enrolments_and_keeps_their_codes_masked(self, console: Console, desk: Desk) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "m")
            await write(pilot, "/srv/csrs")
            await press(pilot, "enter")
            for said in ("2 to enrol", "1 left out", "UUSI EC P-256, SHA-256 0011 2233", "holds no certificate request"):
                assert said in text(pilot)
            await write(pilot, "2")
            await press(pilot, "enter")
            assert "2 of 2 done" in text(pilot)
            assert "ABCD" not in text(pilot)
            assert "UUSI •••• ••••" in text(pilot)
            await press(pilot, "v")
            assert "UUSI ABCD EFGH" in text(pilot)
            await press(pilot, "y")
            assert pilot.app.clipboard == f"UUSI  {CODE}\nTOINEN  {CODE}"
            await press(pilot, "v")
            assert "ABCD" not in text(pilot)
            await press(pilot, "escape")
            assert "14 pending" in "".join(screen_text(pilot.app)[-3:])

        console.run(script)

    def test_what_was_left_is_gone_on_with_and_no_code_is_lost(
        self, console: Console, desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: list[str] = []

        def create(operator: Any, callsign: str, **how: Any) -> Any:
            if callsign == "TOINEN" and not made.count("TOINEN"):
                made.append("TOINEN")
                raise DatabaseUnreachable("The database does not answer.")
            return world.create(operator, callsign, **how)

        monkeypatch.setattr(importing, "create", CREATE)
        monkeypatch.setattr(decisions, "create", create)

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "m")
            await write(pilot, "/srv/csrs")
            await press(pilot, "enter")
            await write(pilot, "2")
            await press(pilot, "enter")
            assert "1 of 2 done" in text(pilot)
            confirm = pilot.app.screen.query_one("#confirm", Button)
            assert str(confirm.label) == "Go on with 1"
            confirm.press()
            await settle(pilot)
            assert "2 of 2 done" in text(pilot)
            assert not confirm.display
            await press(pilot, "v")
            assert "UUSI ABCD EFGH" in text(pilot)
            assert "TOINEN ABCD EFGH" in text(pilot)

        console.run(script)

    @pytest.mark.parametrize("way", ["locked", "left"])
    def test_the_codes_are_masked_when_somebody_goes_away(self, console: Console, desk: Desk, way: str) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "m")
            await write(pilot, "/srv/csrs")
            await press(pilot, "enter")
            await write(pilot, "2")
            await press(pilot, "enter", "v")
            assert "UUSI ABCD EFGH" in text(pilot)
            if way == "locked":
                pilot.app.action_lock()
                await settle(pilot)
                await press(pilot, "enter")
            else:
                pilot.app.app_focus = False
                await settle(pilot)
            assert "UUSI •••• ••••" in text(pilot)

        console.run(script)


SCREENS: dict[str, tuple[str, ...]] = {
    "roll-asked": ("R",),
    "import-asked": ("m",),
    "import-found": ("m", "=/srv/csrs", "enter"),
    "import-done": ("m", "=/srv/csrs", "enter", "=2", "enter"),
    "import-revealed": ("m", "=/srv/csrs", "enter", "=2", "enter", "v"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [*SCREENS, "roll-called"])
def test_screen(look: Callable[..., None], desk: Desk, name: str, size: str) -> None:
    look(*SCREENS.get(name, (take_roll,)), size=size)
