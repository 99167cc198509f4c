"""The doctor in the console: checks as they finish, what disagrees, and putting it right after asking."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button
from tui_harness import SIZES, Console, dialog_text, press, settle, write
from tui_rows import pk
from tui_world import World

from rmtui import settings
from rmtui.auth.permissions import NotPermitted
from rmtui.db.errors import DatabaseUnreachable
from rmtui.services import bulk, doctor
from rmtui.services.doctor import CHECKS, Checked, Diagnosis, Fault, Finding, Plan, Step
from rmtui.text import plain
from rmtui.tui.dialogs.doctor import DoctorDialog
from rmtui.tui.dialogs.repair import RepairDialog

DOUBLED = tuple(
    Finding(
        "doubled-role",
        "error",
        name,
        f"{plain(name)} has the role medic 2 times; the web page takes one, and they keep it.",
        "remove-doublets",
    )
    for name in ("KARHU01", "[b]\x1b[2JODD")
)
FOUND: dict[str, tuple[Finding, ...]] = {
    "crl": (Finding("crl", "warning", "", "The CRL runs out on 2026-03-02 10:00:00Z.", "publish-crl"),),
    "token-keys": (
        Finding("token-keys", "error", "", "The token keys are not both there (/srv/rmtui/private/x.key); rmtui init makes them."),
    ),
    "doubled-role": DOUBLED,
}
LEFT = Finding("leftover", "warning", "1f", "1f was left by an approval that did not end, and nobody was made of it.", "sweep")


class Doctor:
    """Finds what is planted, each check when it is let."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.found = {**{name: (Finding(name, "ok", "", f"All is well with {name}."),) for name in CHECKS[:12]}, **FOUND}
        self.gate = threading.Semaphore(1_000)
        self.looks = 0
        self.stopped = threading.Event()
        self.repaired: list[tuple[str, tuple[str, ...]]] = []
        self.fails: dict[str, Exception] = {}
        self.trouble: Exception | None = None
        patch.setattr(doctor, "examine", self.examine)
        patch.setattr(doctor, "repair", self.repair)

    def plans(self) -> tuple[Plan, ...]:
        there = [each for findings in self.found.values() for each in findings]
        made = []
        for name in ("sweep", "remove-doublets", "publish-crl"):
            mine = [each for each in there if each.repair == name]
            if mine:
                faults = tuple(Fault(pk(3_000 + at), each.subject, "medic") for at, each in enumerate(mine) if each.subject)
                made.append(Plan(name, doctor.repairs.REPAIRS[name].what, len(mine), faults))
        return tuple(made)

    def examine(self, told: Any = None, stop: threading.Event | None = None) -> Diagnosis:
        self.looks += 1
        if self.trouble is not None:
            raise self.trouble
        for name in CHECKS:
            told(Step(name))
            if name == "files":
                told(Step(name, Checked(12_500, 1_000_000)))
            while not self.gate.acquire(timeout=0.01):
                if stop is not None and stop.is_set():
                    self.stopped.set()
                    return Diagnosis((), (), False)
            told(Step(name, findings=self.found.get(name, ())))
        return Diagnosis(tuple(each for name in CHECKS for each in self.found.get(name, ())), self.plans(), False)

    def repair(self, operator: Any, name: str, targets: Any, *, told: Any = None, stop: Any = None) -> bulk.Report:
        if self.trouble is not None:
            raise self.trouble
        self.repaired.append((name, tuple(each.name for each in targets)))

        def act(target: Any) -> str:
            if target.name in self.fails:
                raise self.fails.pop(target.name)
            check = "doubled-role" if name == "remove-doublets" else "crl"
            self.found[check] = tuple(each for each in self.found[check] if each.subject and each.subject != target.name)
            return f"Put right by {operator.callsign}."

        return bulk.run(targets, act, told=told, stop=stop)


@pytest.fixture
def ward(world: World, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    return Doctor(monkeypatch)


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app)


async def until(pilot: Pilot[Any], *said: str) -> None:
    """Wait until all of this is on the screen."""
    for _ in range(2_000):
        await pilot.pause(0.005)
        if all(each in text(pilot) for each in said):
            return
    raise AssertionError(f"{said} in {text(pilot)}")


async def confirm(pilot: Pilot[Any], number: int) -> None:
    await press(pilot, "tab")
    await write(pilot, str(number))
    pilot.app.screen.query_one("#confirm", Button).press()
    await settle(pilot)


class TestLooking:
    def test_checks_appear_as_they_finish_and_it_can_be_left(self, console: Console, ward: Doctor) -> None:
        ward.gate = threading.Semaphore(4)

        async def script(pilot: Pilot[Any]) -> None:
            await pilot.press("H")
            over = f"Checking: 4 of {len(CHECKS)} are over."
            await until(pilot, over, "✗ error token-keys", "▸ checking directories Looking", "○ waits disk")
            for _ in range(CHECKS.index("files") - 4):
                ward.gate.release()
            await until(pilot, f"Checking: {CHECKS.index('files')} of")
            await pilot.press("G", "k")
            await until(pilot, "Checked 12,500 of 1,000,000.")
            assert "nothing was put right" not in text(pilot).casefold()
            await pilot.press("escape")
            assert ward.stopped.wait(30)
            await settle(pilot)
            assert not isinstance(pilot.app.screen, DoctorDialog)

        console.run(script)

    def test_the_worst_comes_first_with_all_of_it_below(self, console: Console, ward: Doctor) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "H")
            rows = pilot.app.screen.query_one("#doctor-list").window.rows
            assert [row.state for row in rows[:5]] == ["error", "error", "error", "warning", "ok"]
            assert "✗ errors: 3. ▲ warnings: 1." in text(pilot)
            assert "Nothing here puts it right" in text(pilot)
            await press(pilot, "p")
            assert "Nothing here puts that right." in text(pilot)
            await press(pilot, "j", "j")
            assert "has the role medic 2 times; the web page takes one, and they keep it." in text(pilot)
            assert "Repair remove doubled roles, and keep the oldest of each (p; 2 in all)" in text(pilot)
            await press(pilot, "enter")
            assert "About [b]\\x1b[2JODD" in text(pilot)
            await press(pilot, "escape", "end", "p")
            assert "There is nothing to put right." in text(pilot)
            await press(pilot, "y")
            assert pilot.app.clipboard == "Nothing disagrees."
            ward.found = {}
            await press(pilot, "r")
            assert "✓ Nothing is wrong." in text(pilot)
            assert ward.looks == 2

        console.run(script)

    def test_it_is_in_the_palette(self, console: Console, ward: Doctor) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "colon")
            await write(pilot, "health")
            await press(pilot, "enter")
            assert isinstance(pilot.app.screen, DoctorDialog)

        console.run(script)

    def test_a_failure_is_told(self, console: Console, ward: Doctor) -> None:
        ward.trouble = DatabaseUnreachable("The database does not answer.")

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "H")
            assert "The database does not answer." in text(pilot)
            ward.trouble = None
            await press(pilot, "r")
            assert "does not answer" not in text(pilot)
            assert "errors: 3." in text(pilot)

        console.run(script)


class TestRepairing:
    def test_exactly_what_was_named_is_put_right_and_it_looks_again(self, console: Console, ward: Doctor) -> None:
        late = dataclasses.replace(DOUBLED[0], subject="LATE")

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "H", "j", "p")
            assert isinstance(pilot.app.screen, RepairDialog)
            assert pilot.app.focused is pilot.app.screen.query_one("#cancel")
            assert "Put right 2 things" in text(pilot)
            assert "KARHU01, [b]\\x1b[2JODD" in text(pilot)
            ward.found["doubled-role"] += (late,)
            ward.fails["KARHU01"] = NotPermitted("You are no admin any more.")
            await confirm(pilot, 2)
            assert "1 of 2 done" in text(pilot)
            assert "You are no admin any more." in text(pilot)
            assert "Put right by AURORA." in text(pilot)
            await press(pilot, "escape")
            assert ward.repaired == [("remove-doublets", ("KARHU01", "[b]\x1b[2JODD"))]
            assert ward.looks == 2
            names = {row.finding.subject for row in pilot.app.screen.query_one("#doctor-list").window.rows if row.check == "doubled-role"}
            assert names == {"KARHU01", "LATE"}

        console.run(script)

    def test_what_is_done_as_a_whole(self, console: Console, ward: Doctor) -> None:
        ward.found["leftover"] = (LEFT,)

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "H", "j", "j", "j", "p")
            await confirm(pilot, 1)
            assert "the CRL Put right by AURORA." in text(pilot)
            await press(pilot, "escape")
            assert ward.repaired == [("publish-crl", ("the CRL",))]
            await press(pilot, "j", "j", "j", "p")
            assert "Found: 1f" in text(pilot)
            await press(pilot, "escape")
            assert ward.looks == 2

        console.run(script)

    def test_nobody_without_permission_and_nothing_in_read_only_mode(self, console: Console, ward: Doctor, world: World) -> None:
        settings.configure(dataclasses.replace(settings.current(), read_only=True))

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "H", "j", "p")
            assert "Nothing was put right: Not in read-only mode." in text(pilot)
            settings.configure(dataclasses.replace(settings.current(), read_only=False))
            pilot.app.operator = None
            await press(pilot, "p")
            assert "Nothing was put right: Nobody is named as the operator." in text(pilot)
            assert ward.repaired == []

        console.run(script)

    def test_not_before_all_is_checked(self, console: Console, ward: Doctor) -> None:
        ward.gate = threading.Semaphore(CHECKS.index("doubled-role") + 1)

        async def script(pilot: Pilot[Any]) -> None:
            await pilot.press("H")
            view = None
            for _ in range(400):
                await pilot.pause(0.005)
                view = pilot.app.screen.query_one("#doctor-list")
                if any(row.check == "doubled-role" and row.finding for row in view.window.rows):
                    break
            index = next(at for at, row in enumerate(view.window.rows) if row.check == "doubled-role")
            await pilot.press(*["j"] * index, "p")
            await pilot.pause()
            assert "Not everything has been checked yet" in text(pilot)
            await pilot.press("escape")
            assert ward.stopped.wait(30)

        console.run(script)


SCREENS: dict[str, tuple[str, ...]] = {
    "found": ("H",),
    "details": ("H", "j", "enter"),
    "asked": ("H", "j", "p"),
    "done": ("H", "j", "p", "tab", "=2", "enter", "shift+tab", "tab", "enter"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(look: Callable[..., None], ward: Doctor, name: str, size: str) -> None:
    look(*SCREENS[name], size=size)


def test_no_more_than_fits_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = tuple(Fault(uuid.uuid4(), f"P{at}") for at in range(5))
    dialog = RepairDialog(Plan("reissue", "issue", 12, faults))
    assert (len(dialog.targets), dialog._left_out[0]) == (5, 7)
