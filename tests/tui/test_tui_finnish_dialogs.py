"""The dialogs in Finnish, and with words longer by two fifths: nothing is cut off on 80 columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fitting import speak_longer
from room import cut_off
from test_tui_doctor import Doctor
from textual.pilot import Pilot
from tui_bulk import Desk
from tui_codes import Codes
from tui_harness import Console, steps
from tui_invites import lay
from tui_people import Registry
from tui_world import World

from rmtui import i18n

THREE = ("space", "space", "space")
ILVES = ("2", "j", "j")

SEEN: dict[str, tuple[str, ...]] = {
    "approve": ("a",),
    "reject": ("x",),
    "revoke": (*ILVES, "x"),
    "bulk": (*THREE, "x"),
    "enroll": ("n", "=A/B"),
    "edit-roles": ("2", "j", "e", "space"),
    "invite-link": ("4", "l"),
    "login-code": ("5", "n", "=KETTU", "enter"),
}
DIALOGS: dict[str, tuple[str, ...]] = SEEN | {
    "approve-lookalike": ("j", "j", "a", "=abcdefgh", "enter"),
    "reset-code": ("z",),
    "reopen": ("f", "f", "o"),
    "code": ("f", "f", "o", "right", "enter"),
    "codes": ("c",),
    "detail": ("enter",),
    "import": ("m",),
    "reissue": (*ILVES, "i"),
    "reissue-csr": (*ILVES, "i", "tab", "down"),
    "export": (*ILVES, "w"),
    "revoke-many": (*ILVES, *THREE, "x"),
    "reissue-many": (*ILVES, *THREE, "i"),
    "export-many": (*ILVES, *THREE, "w"),
    "roles-many": ("2", "asterisk", "e"),
    "give-role": ("3", "j", "n"),
    "new-invite": ("4", "n"),
    "disable-invite": ("4", "e"),
    "disable-invites": ("4", *THREE, "e"),
    "reset-invite": ("4", "z"),
    "sheet": ("4", "w"),
    "burn-invite": ("4", "j", "b"),
    "new-login-code": ("5", "n"),
    "new-admin-code": ("5", "n", "up", "down"),
    "burn-code": ("5", "x"),
    "burn-codes": ("5", "asterisk", "x"),
    "doctor": ("H",),
    "repair": ("H", "j", "j", "p"),
    "rollcall": ("R",),
}


@pytest.fixture(autouse=True)
def everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(world, monkeypatch)
    Codes(world, monkeypatch)
    Registry(world, monkeypatch)
    Desk(world, monkeypatch)
    Doctor(monkeypatch)


@pytest.mark.parametrize("name", SEEN)
def test_in_finnish(look: Callable[..., None], name: str) -> None:
    i18n.use("fi")

    async def nothing_cut_off(pilot: Pilot[Any]) -> None:
        assert cut_off(pilot.app) == []

    look(*SEEN[name], nothing_cut_off)


@pytest.mark.parametrize("name", sorted({*DIALOGS} - {*SEEN}))
def test_nothing_is_cut_off_in_finnish(console: Console, name: str) -> None:
    i18n.use("fi")

    async def script(pilot: Pilot[Any]) -> None:
        await steps(pilot, *DIALOGS[name])
        assert pilot.app.screen.query("#box"), "no dialog is open"
        assert cut_off(pilot.app) == []

    console.run(script)


@pytest.mark.parametrize("name", DIALOGS)
def test_nothing_is_cut_off_where_words_are_longer(console: Console, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    speak_longer(monkeypatch)

    async def script(pilot: Pilot[Any]) -> None:
        await steps(pilot, *DIALOGS[name])
        assert pilot.app.screen.query("#box"), "no dialog is open"
        assert cut_off(pilot.app) == []

    console.run(script)
