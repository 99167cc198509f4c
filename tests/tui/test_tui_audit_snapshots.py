"""How the audit pane, its filter and its entries look."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_audit import Trail, put
from tui_harness import Console, press, settle

from rmtui.tui import glyphs

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


@pytest.fixture
def look(snap_compare: Callable[..., bool], console: Console) -> Callable[..., None]:
    """Compare the console with its picture, at rest, after these keys; what begins with ``=`` is a filter."""

    def compare(*names: str, size: str = "80x24") -> None:
        async def before(pilot: Pilot[Any]) -> None:
            await settle(pilot)
            for name in names:
                await (put(pilot, name[1:]) if name.startswith("=") else press(pilot, name))

        assert snap_compare(console.app(), terminal_size=SIZES[size], run_before=before)

    return compare


SCREENS = {
    "list": ("6", "j", "j"),
    "filtered": ("6", "=approve by:aurora since:30d"),
    "filtering": ("6", "slash"),
    "not-understood": ("6", "=foo:1"),
    "none-found": ("6", "=by:nobody"),
    "entry": ("6", "enter"),
    "target": ("6", "j", "j", "j", "j", "t"),
    "gone": ("6", "j", "j", "t"),
    "history": ("f", "f", "enter"),
    "help": ("6", "question_mark"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(look: Callable[..., None], audit: Trail, name: str, size: str) -> None:
    look(*SCREENS[name], size=size)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_yet(look: Callable[..., None], audit: Trail, size: str) -> None:
    audit.entries.clear()
    look("6", size=size)


def test_without_colour(look: Callable[..., None], audit: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    look("6", "j", "j")


def test_in_ascii(look: Callable[..., None], audit: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RMTUI_ASCII", "1")
    glyphs.ascii_wanted.cache_clear()
    look("6", "j", "j")
    glyphs.ascii_wanted.cache_clear()
