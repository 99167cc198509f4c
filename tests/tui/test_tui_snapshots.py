"""How every screen and dialog looks, at the design size and on a wide terminal, without colour and without Unicode."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, press, settle, write
from tui_rows import CODE, pk
from tui_world import World, lost, read_only

from rmtui.services.types import State
from rmtui.tui import glyphs

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
Compare = Callable[..., bool]
Prepare = Callable[[Pilot[Any]], Any]


async def _nothing(_pilot: Pilot[Any]) -> None:
    """As it opens."""


def keys(*names: str) -> Prepare:
    """Press these."""

    async def prepare(pilot: Pilot[Any]) -> None:
        await press(pilot, *names)

    return prepare


def typed(*steps: str) -> Prepare:
    """Press keys, and type what begins with ``=``."""

    async def prepare(pilot: Pilot[Any]) -> None:
        for step in steps:
            if step.startswith("="):
                await write(pilot, step[1:])
            else:
                await press(pilot, step)

    return prepare


SCREENS: dict[str, Prepare] = {
    "enrolments-pending": _nothing,
    "enrolments-all": keys("f", "f", "f", "j"),
    "enrolments-rejected": keys("f", "f"),
    "enrolments-sorted": keys("s", "S"),
    "enrolments-filtering": typed("slash", "=ka"),
    "enrolments-filtered": typed("slash", "=ka", "enter"),
    "enrolments-none-found": typed("slash", "=nobody", "enter"),
    "people": keys("2", "j"),
    "people-all": keys("2", "f", "f", "G"),
    "roles": keys("3", "G"),
    "roles-members": keys("3", "G", "enter", "j"),
    "help": keys("question_mark"),
    "palette": keys("colon"),
    "approve": keys("a"),
    "approve-wrong-code": typed("a", "=zzzz", "enter"),
    "approve-lookalike": typed("j", "j", "a", "=abcdefgh", "enter"),
    "approve-blocked": keys("j", "j", "j", "j", "a"),
    "approve-csr": typed("slash", "=with", "enter", "a"),
    "approve-done": typed("a", f"={CODE}", "enter"),
    "reject": keys("x"),
    "reject-reason": typed("x", "tab", "=wrong unit", "enter"),
    "reopen": keys("f", "f", "o"),
    "code": keys("f", "f", "o", "right", "enter"),
    "new": keys("n"),
    "new-problem": typed("n", "=A/B"),
    "edit-roles": keys("2", "j", "j", "j", "e", "space"),
    "edit-roles-refused": keys("2", "j", "e", "space", "enter"),
    "give-role": keys("3", "j", "n"),
    "detail-enrolment": keys("f", "f", "enter"),
    "detail-person": keys("2", "j", "enter"),
    "copied": keys("y"),
    "copied-then-approve": typed("y", "j", "j", "a", "=abcdefgh", "enter"),
}


@pytest.fixture
def look(snap_compare: Compare, console: Console) -> Callable[..., None]:
    """Compare the console with its picture, at rest, after ``prepare``."""

    def compare(prepare: Prepare, size: str = "80x24") -> None:
        async def before(pilot: Pilot[Any]) -> None:
            await settle(pilot)
            await prepare(pilot)
            await settle(pilot)

        assert snap_compare(console.app(), terminal_size=SIZES[size], run_before=before)

    return compare


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(look: Callable[..., None], name: str, size: str) -> None:
    look(SCREENS[name], size)


@pytest.mark.parametrize("size", SIZES)
def test_reject_on_a_live_deployment(look: Callable[..., None], world: World, size: str) -> None:
    world.kind = "postgresql"
    look(keys("x"), size)


@pytest.mark.parametrize("size", SIZES)
def test_nobody_waits(look: Callable[..., None], world: World, size: str) -> None:
    world.enrollments.clear()
    look(_nothing, size)


@pytest.mark.parametrize("size", SIZES)
def test_read_only(look: Callable[..., None], size: str) -> None:
    read_only()
    look(_nothing, size)


@pytest.mark.parametrize("size", SIZES)
def test_no_operator(look: Callable[..., None], world: World, size: str) -> None:
    world.operator = None
    look(_nothing, size)


@pytest.mark.parametrize("size", SIZES)
def test_lost_database(look: Callable[..., None], world: World, size: str) -> None:
    async def lose(pilot: Pilot[Any]) -> None:
        world.trouble = lost()
        pilot.app.screen.check()

    look(lose, size)


@pytest.mark.parametrize("size", SIZES)
def test_decided_elsewhere(look: Callable[..., None], world: World, size: str) -> None:
    async def decide(pilot: Pilot[Any]) -> None:
        world.decide(pk(1), State.APPROVED, "ILVES")
        pilot.app.screen.check()

    look(decide, size)


@pytest.mark.parametrize("size", SIZES)
def test_changed_after_it_was_shown(look: Callable[..., None], world: World, size: str) -> None:
    async def change(pilot: Pilot[Any]) -> None:
        await press(pilot, "a")
        world.enrollments[pk(1)] = replace(world.enrollments[pk(1)], callsign="MALLORY")
        await write(pilot, CODE)
        await press(pilot, "enter")

    look(change, size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["approve", "reject"])
def test_decided_first_by_somebody_else(look: Callable[..., None], world: World, name: str, size: str) -> None:
    async def lose(pilot: Pilot[Any]) -> None:
        begin, end = {"approve": (["a"], ["enter"]), "reject": (["x", "tab"], ["enter", "left", "right", "enter"])}[name]
        await press(pilot, *begin)
        world.decide(pk(1), State.REJECTED, "ILVES")
        await write(pilot, CODE)
        await press(pilot, *end)

    look(lose, size)


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

    look(begin, size)
    world.gate.set()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "prepare",
    [_nothing, typed("=a/b"), typed("=KARHU01", "enter"), typed("=KARHU01", "enter", "end", "enter")],
    ids=["open", "problem", "asked", "done"],
)
def test_setup(look: Callable[..., None], world: World, size: str, prepare: Prepare) -> None:
    world.ready = False
    look(prepare, size)


@pytest.mark.parametrize("name", ["enrolments-all", "people", "roles-members", "approve-lookalike", "reject", "edit-roles", "new"])
def test_without_colour(look: Callable[..., None], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    look(SCREENS[name])


@pytest.mark.parametrize("name", ["enrolments-all", "people", "roles-members", "approve-lookalike", "edit-roles", "help"])
def test_in_ascii(look: Callable[..., None], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("RMTUI_ASCII", "1")
    glyphs.ascii_wanted.cache_clear()
    look(SCREENS[name])
    glyphs.ascii_wanted.cache_clear()
