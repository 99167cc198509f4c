"""How every screen and dialog looks, at the design size and on a wide terminal, without colour and without Unicode."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import SIZES, press, write
from tui_rows import CODE, pk
from tui_world import World, in_ascii, look_like, lost, read_only

from rmtui.services.types import State

SCREENS: dict[str, tuple[str, ...]] = {
    "enrolments-pending": (),
    "enrolments-all": ("f", "f", "f", "j"),
    "enrolments-rejected": ("f", "f"),
    "enrolments-sorted": ("s", "S"),
    "enrolments-filtering": ("slash", "=ka"),
    "enrolments-filtered": ("slash", "=ka", "enter"),
    "enrolments-none-found": ("slash", "=nobody", "enter"),
    "people": ("2", "j"),
    "people-all": ("2", "f", "f", "G"),
    "roles": ("3", "G"),
    "roles-members": ("3", "G", "enter", "j"),
    "help": ("question_mark",),
    "palette": ("colon",),
    "approve": ("a",),
    "approve-wrong-code": ("a", "=zzzz", "enter"),
    "approve-lookalike": ("j", "j", "a", "=abcdefgh", "enter"),
    "approve-blocked": ("j", "j", "j", "j", "a"),
    "approve-csr": ("slash", "=with", "enter", "a"),
    "approve-done": ("a", f"={CODE}", "enter"),
    "reject": ("x",),
    "reject-reason": ("x", "tab", "=wrong unit", "enter"),
    "reopen": ("f", "f", "o"),
    "code": ("f", "f", "o", "right", "enter"),
    "new": ("n",),
    "new-problem": ("n", "=A/B"),
    "edit-roles": ("2", "j", "j", "j", "e", "space"),
    "edit-roles-refused": ("2", "j", "e", "space", "enter"),
    "give-role": ("3", "j", "n"),
    "detail-enrolment": ("f", "f", "enter"),
    "detail-person": ("2", "j", "enter"),
    "copied": ("y",),
    "copied-then-approve": ("y", "j", "j", "a", "=abcdefgh", "enter"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(look: Callable[..., None], name: str, size: str) -> None:
    look(*SCREENS[name], size=size)


@pytest.mark.parametrize("size", SIZES)
def test_reject_on_a_live_deployment(look: Callable[..., None], world: World, size: str) -> None:
    world.kind = "postgresql"
    look("x", size=size)


@pytest.mark.parametrize("size", SIZES)
def test_nobody_waits(look: Callable[..., None], world: World, size: str) -> None:
    world.enrollments.clear()
    look(size=size)


@pytest.mark.parametrize("size", SIZES)
def test_read_only(look: Callable[..., None], size: str) -> None:
    read_only()
    look(size=size)


@pytest.mark.parametrize("size", SIZES)
def test_no_operator(look: Callable[..., None], world: World, size: str) -> None:
    world.operator = None
    look(size=size)


@pytest.mark.parametrize("size", SIZES)
def test_lost_database(look: Callable[..., None], world: World, size: str) -> None:
    async def lose(pilot: Pilot[Any]) -> None:
        world.trouble = lost()
        pilot.app.screen.check()

    look(lose, size=size)


@pytest.mark.parametrize("size", SIZES)
def test_decided_elsewhere(look: Callable[..., None], world: World, size: str) -> None:
    async def decide(pilot: Pilot[Any]) -> None:
        world.decide(pk(1), State.APPROVED, "ILVES")
        pilot.app.screen.check()

    look(decide, size=size)


@pytest.mark.parametrize("size", SIZES)
def test_changed_after_it_was_shown(look: Callable[..., None], world: World, size: str) -> None:
    async def change(pilot: Pilot[Any]) -> None:
        await press(pilot, "a")
        world.enrollments[pk(1)] = replace(world.enrollments[pk(1)], callsign="MALLORY")
        await write(pilot, CODE)
        await press(pilot, "enter")

    look(change, size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["approve", "reject"])
def test_decided_first_by_somebody_else(look: Callable[..., None], world: World, name: str, size: str) -> None:
    async def lose(pilot: Pilot[Any]) -> None:
        begin, end = {"approve": (["a"], ["enter"]), "reject": (["x", "tab"], ["enter", "left", "right", "enter"])}[name]
        await press(pilot, *begin)
        world.decide(pk(1), State.REJECTED, "ILVES")
        await write(pilot, CODE)
        await press(pilot, *end)

    look(lose, size=size)


@pytest.mark.parametrize("size", SIZES)
def test_approval_under_way(look: Callable[..., None], world: World, size: str) -> None:
    world.gate.clear()

    async def begin(pilot: Pilot[Any]) -> None:
        await press(pilot, "a")
        await pilot.press(*CODE, "enter")
        for _ in range(200):
            await pilot.pause(0.01)
            if world.calls["write"]:
                break
        await pilot.pause(0.05)
        pilot.app.workers.cancel_all()  # the thread goes on while the picture is taken

    look(begin, size=size)
    world.gate.set()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "steps",
    [(), ("=a/b",), ("=KARHU01", "enter"), ("=KARHU01", "enter", "end", "enter")],
    ids=["open", "problem", "asked", "done"],
)
def test_setup(look: Callable[..., None], world: World, size: str, steps: tuple[str, ...]) -> None:
    world.ready = False
    look(*steps, size=size)


@pytest.mark.parametrize("name", ["enrolments-all", "people", "roles-members", "approve-lookalike", "reject", "edit-roles", "new"])
def test_without_colour(look: Callable[..., None], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    look(*SCREENS[name])


@pytest.mark.parametrize("name", ["enrolments-all", "people", "roles-members", "approve-lookalike", "edit-roles", "help"])
def test_in_ascii(look: Callable[..., None], name: str) -> None:
    in_ascii()
    look(*SCREENS[name])


@pytest.mark.parametrize("size", ["80x24", "60x20"])
@pytest.mark.parametrize("name", ["enrolments-all", "people", "reject"])
@pytest.mark.parametrize(("theme", "colours"), [("light", 256), ("high-contrast", 256), ("dark", 8), ("light", 8), ("mono", 0)])
def test_looks(look: Callable[..., None], name: str, theme: str, colours: int, size: str) -> None:
    look_like(theme)
    look(*SCREENS[name], size=size, colours=colours)
