"""How the tests drive the console: run a script on it, wait until it is at rest, read the screen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_world import World

from rmtui.services import enrollments
from rmtui.tui.app import RmtuiApp
from rmtui.tui.opening import begin, opened

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
"""The terminals that pictures are taken of."""
Script = Callable[[Pilot[Any]], Awaitable[None]]


class Console:
    """Makes the app and runs a script on it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def app(self, **arguments: Any) -> RmtuiApp:
        """A console whose first page is there."""
        first = begin()
        first.exception()
        return RmtuiApp(first, **arguments)

    def run(self, script: Script, *, size: tuple[int, int] = (80, 24), settled: bool = True, **arguments: Any) -> RmtuiApp:
        """Run a script; the app afterwards."""
        app = self.app(**arguments)

        async def main() -> None:
            async with app.run_test(size=size, notifications=True) as pilot:
                if settled:
                    await settle(pilot)
                else:
                    await pilot.pause(0.1)
                await script(pilot)

        try:
            asyncio.run(main())
        finally:
            opened()
        return app


class Held:
    """The first reading of a kind is held on its way back: what it brings is as old as when it was read."""

    def __init__(
        self, patch: pytest.MonkeyPatch, which: Callable[[Any], bool], service: Any = enrollments, name: str = "list_enrollments"
    ) -> None:
        self.read, self.go, self._which = threading.Event(), threading.Event(), which
        self._real = getattr(service, name)
        patch.setattr(service, name, self)

    def __call__(self, query: Any, *more: Any, **where: Any) -> Any:
        page = self._real(query, *more, **where)
        if self._which(query) and not self.read.is_set():
            self.read.set()
            assert self.go.wait(60)
        return page

    async def begun(self, pilot: Pilot[Any]) -> None:
        """Wait until it has been read."""
        while not self.read.is_set():
            await pilot.pause(0.01)


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until no work is under way and what it led to is on the screen."""
    quiet = 0
    for _ in range(400):
        await pilot.pause()
        turnstile = getattr(pilot.app, "turnstile", None)
        typed = turnstile is not None and turnstile.busy and pilot.app.return_code is None
        busy = typed or any(not worker.is_finished for worker in pilot.app.workers)
        quiet = 0 if busy else quiet + 1
        if quiet >= 3:
            return
        if busy:
            await asyncio.sleep(0.005)
    raise AssertionError("the console does not come to rest")


async def through(pilot: Pilot[Any]) -> None:
    """Wait until every key that was pressed has done what it does, whatever work it began."""
    for _ in range(400):
        await pilot.pause()
        if not pilot.app.turnstile.busy:
            return
    raise AssertionError("a key never comes through")


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys, one after the other, each to its end."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def write(pilot: Pilot[Any], text: str) -> None:
    """Type a text."""
    names = {" ": "space", "-": "minus", "/": "slash", ".": "full_stop", "[": "left_square_bracket", "~": "tilde"}
    await pilot.press(*(names.get(char, char) for char in text))
    await settle(pilot)


async def steps(pilot: Pilot[Any], *given: str | Script) -> None:
    """Press these keys, to the end of what they led to; what begins with ``=`` is typed, and a script is run."""
    await settle(pilot)
    for step in given:
        if callable(step):
            await step(pilot)
        else:
            await (write(pilot, step[1:]) if step.startswith("=") else press(pilot, step))
    while pilot.app.screen.query("Button.-active"):  # for as long as a pressed button looks like one
        await pilot.pause(0.02)
    await settle(pilot)


def screen_text(app: RmtuiApp) -> list[str]:
    """What is on the screen, line by line."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).ljust(width) for strip in strips][:height]


def dialog_text(app: RmtuiApp) -> str:
    """What the box on top says, as one line, so that wrapped sentences can be found; the whole screen where there is none."""
    lines = screen_text(app)
    box = app.screen.query("#box, #setup, #signin")
    if box:
        region = box.first().region
        lines = [line[region.x + 1 : region.right - 1] for line in lines[region.y : region.bottom]]
    return " ".join(" ".join(lines).split())
