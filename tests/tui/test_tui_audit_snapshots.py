"""How the audit pane, its filter and its entries look."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from tui_audit import Trail
from tui_harness import SIZES
from tui_world import in_ascii

SCREENS = {
    "list": ("6", "j", "j"),
    "filtered": ("6", "slash", "=approve by:aurora since:30d", "enter"),
    "filtering": ("6", "slash"),
    "not-understood": ("6", "slash", "=foo:1", "enter"),
    "none-found": ("6", "slash", "=by:nobody", "enter"),
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


def test_in_ascii(look: Callable[..., None], audit: Trail) -> None:
    in_ascii()
    look("6", "j", "j")
