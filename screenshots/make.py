"""Draws the screenshots anew, of the real console on the demo's deployment with the clock held still.

python screenshots/make.py [DIRECTORY]
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Event

for name in ("NO_COLOR", "TEXTUAL_THEME"):  # before Textual is imported
    os.environ.pop(name, None)
os.environ.update({"RMTUI_REFRESH": "0", "TEXTUAL_ANIMATIONS": "none", "TZ": "UTC"})
time.tzset()

import textual._wait
from textual.pilot import Pilot

from rmtui import clock, settings
from rmtui.db.middleware import connection
from rmtui.db.people import Person, Role
from rmtui.services import doctor, keys_ahead
from rmtui.services.demo import Demo, demo
from rmtui.tui.app import RmtuiApp
from rmtui.tui.opening import Opening, open_console
from rmtui.tui.panes import roles

textual._wait.SLEEP_GRANULARITY = 1 / 400  # how long the process is watched to say that it rests, in seconds, several times a key
textual._wait.SLEEP_IDLE = textual._wait.SLEEP_GRANULARITY / 2  # Textual's own twentieth is less than waking takes on a slow machine

HERE = Path(__file__).parent
NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
PLACE = "/home/operator/.local/share/rmtui/rmtui.db"
"""Where the sample seems to be: its real place is another each time."""
SIZES = ((80, 24), (120, 40))

SCREENS: dict[str, tuple[str, ...]] = {
    "enrolments": ("down", "down"),
    "approve": ("a",),
    "reject": ("x",),
    "new": ("n",),
    "marked": ("space", "down", "v", "down", "down", "v"),
    "reject-many": (*["space"] * 3, "x"),
    "codes": ("c",),
    "people": ("2", "down"),
    "roles": ("3",),
    "edit-roles": ("3", "right", "e"),
    "invites": ("4",),
    "invite-link": ("4", "l"),
    "burn": ("4", "b"),
    "login-code": ("5", "n"),
    "roll-call": ("R",),
    "audit": ("6", "down", "down"),
    "audit-entry": ("6", "enter"),
    "sign-in": ("colon", *"sign in", "enter"),
    "locked": ("colon", *"lock", "enter"),
    "help": ("question_mark",),
}
"""What is pressed to come to each screen."""
DOCTOR: dict[str, tuple[str, ...]] = {"health": ("H", "down"), "put-right": ("H", "down", "p")}
"""The same, once something is wrong."""


async def settle(pilot: Pilot[object], pause: float | None = None) -> None:
    """Wait until nothing is under way; with a pause, in seconds, for what waits a moment by itself, too."""
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(pause)


async def draw(target: Path, name: str, keys: tuple[str, ...], size: tuple[int, int], codes: dict[str, str]) -> None:
    """One screenshot."""
    opening = open_console()
    first: Future[Opening] = Future()
    first.set_result(replace(opening, deployment=replace(opening.deployment, place=PLACE)))
    app = RmtuiApp(first, codes=codes)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for key in keys:
            await pilot.press("space" if key == " " else key)
            await settle(pilot)
        await settle(pilot, 0.15)
        path = target / f"{name}-{size[0]}x{size[1]}.svg"
        path.write_text(app.export_screenshot(title="rmtui"), "utf-8")


async def everything(target: Path, made: Demo) -> None:
    """Every screen in every size."""
    for name, keys in SCREENS.items():
        for size in SIZES:
            await draw(target, name, keys, size, made.codes)
    plant(made.directory)
    for name, keys in DOCTOR.items():
        for size in SIZES:
            await draw(target, name, keys, size, made.codes)


def plant(directory: Path) -> None:
    """Have something for the doctor to find, in a place and on a disk that are not another each time."""
    with connection():
        for _ in range(2):
            Role.create(user=Person.by_callsign("AURORA").pk, role="liaison")
        (Person.by_callsign("BISON").directory / "mtls.key").chmod(0o644)
    examine = doctor.examine

    def steady(finding: doctor.Finding) -> doctor.Finding:
        said = re.sub(r"\d+ MiB", "23768 MiB", finding.sentence.replace(str(directory), str(Path(PLACE).parent)))
        return replace(finding, sentence=said)

    def told_steadily(told: Callable[[doctor.Step], None], stop: Event) -> doctor.Diagnosis:
        def tell(step: doctor.Step) -> None:
            told(replace(step, findings=None if step.findings is None else tuple(map(steady, step.findings))))

        return examine(tell, stop)

    doctor.examine = told_steadily


def main() -> None:
    """Draw into the directory that was named, or into this one."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    target.mkdir(parents=True, exist_ok=True)
    clock.utcnow = lambda: NOW
    roles.DELAY = 0  # the next key must find who has the role
    keys_ahead.needed = lambda _operator: 0  # a process that makes keys never seems to rest
    settings.configure(settings.Settings.from_env({"HOME": "/home/operator"}))
    with demo() as made:
        asyncio.run(everything(target, made))


if __name__ == "__main__":
    main()
