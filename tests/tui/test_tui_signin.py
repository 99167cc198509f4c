"""Signing in on the console, and the lock that hides what it shows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from tui_harness import Console, dialog_text, press, screen_text, settle, write
from tui_rows import NOW, pk
from tui_world import World

from rmtui.auth.refusals import SignInNeeded, SignInRefused, TooManyAttempts
from rmtui.db.errors import CallsignReserved
from rmtui.services import signin
from rmtui.services.operators import Operator
from rmtui.services.signin import AdminCode, NewAdmin, SignedIn
from rmtui.tui.screens.main import MainScreen
from rmtui.tui.screens.signin import SignInScreen

SECRET = "open sesame"
CODE = "ABCDEFGHIJKL"
GATE = SignInNeeded("Signing in is required here, and nobody is signed in.")


class Key:
    """Stands for a private key in memory."""

    certificate_pem, fingerprint = b"", "f" * 64

    def sign(self, data: bytes) -> bytes:
        return data


def operator(number: int = 1001, callsign: str = "AURORA", **values: Any) -> Operator:
    return Operator(pk(number), callsign, "certificate", "console", "certificate", until=NOW + dt.timedelta(hours=2), **values)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was tried to sign in with; the one passphrase and the one code get in."""
    attempts: list[tuple[str, ...]] = []

    def certificate(path: Any, passphrase: Any, surface: str) -> SignedIn:
        attempts.append(("certificate", str(path), passphrase.reveal() if passphrase else "", surface))
        if passphrase is None or passphrase.reveal() != SECRET:
            raise SignInRefused("mtls.pfx does not open with that passphrase. Nobody was signed in.")
        return SignedIn(operator(key=Key()))

    def code(given: str, surface: str) -> Any:
        attempts.append(("code", given, surface))
        if given == "ADMIN":
            return AdminCode(7, surface, NOW + dt.timedelta(hours=2))
        if given != CODE:
            raise TooManyAttempts("Too many attempts to sign in were refused. Nothing was looked at; try again after 12:05.")
        return SignedIn(operator(1002, "ILVES"), "It lasts for this run only: the disk is full.")

    def admin(holder: AdminCode, callsign: str, *, progress: Any = None) -> NewAdmin:
        attempts.append(("admin", callsign))
        if callsign == "KETTU":
            raise CallsignReserved("KETTU is taken by a person; nothing was made.")
        return NewAdmin(callsign, "/srv/rmtui/private/people/x/mtls.pfx", SignedIn(operator(1003, callsign)))

    monkeypatch.setattr(signin, "with_certificate", certificate)
    monkeypatch.setattr(signin, "with_code", code)
    monkeypatch.setattr(signin, "make_admin", admin)
    monkeypatch.setattr(signin, "identity_offered", lambda: "/home/aurora/mtls.pfx")
    return attempts


@pytest.fixture
def gated(world: World, tried: list[tuple[str, ...]]) -> World:
    """Signing in is required, and nobody has."""
    world.signin_required = True
    world.operator = None
    world.operator_problem = GATE
    return world


async def at(pilot: Pilot[Any], name: str) -> None:
    """Go to a field."""
    pilot.app.screen.query_one(f"#{name}").focus()
    await settle(pilot)


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app) if pilot.app.screen.query("#signin") else " ".join(" ".join(screen_text(pilot.app)).split())


def whole(pilot: Pilot[Any]) -> str:
    return "\n".join(screen_text(pilot.app))


def test_nothing_is_shown_before_somebody_signs_in(console: Console, gated: World, tried: list[tuple[str, ...]]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        assert isinstance(pilot.app.screen, SignInScreen)
        assert GATE.sentence in text(pilot)
        assert gated.calls["list_enrollments"] == 0
        assert pilot.app.screen.query_one("#identity", Input).value == "/home/aurora/mtls.pfx"
        assert pilot.app.focused is pilot.app.screen.query_one("#passphrase")
        await write(pilot, "wrong")
        assert "wrong" not in whole(pilot)
        await press(pilot, "enter")
        assert "does not open with that passphrase" in text(pilot)
        assert pilot.app.screen.query_one("#passphrase", Input).value == ""
        await press(pilot, "colon", "ctrl+p", "escape")
        assert isinstance(pilot.app.screen, SignInScreen)
        await press(pilot, "ctrl+u")
        await write(pilot, SECRET)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, MainScreen)
        assert "AURORA (certificate)" in whole(pilot)
        assert "12 pending" in whole(pilot)

    console.run(script)
    assert [each[2] for each in tried] == ["wrong", SECRET]
    assert tried[-1] == ("certificate", "/home/aurora/mtls.pfx", SECRET, "console")


def test_a_login_code_wins_over_the_offered_file_and_is_not_drawn(console: Console, gated: World, tried: list[tuple[str, ...]]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await at(pilot, "code")
        await write(pilot, "NOSUCH")
        assert "NOSUCH" not in whole(pilot)
        await press(pilot, "enter")
        assert "Too many attempts" in text(pilot)
        assert pilot.app.focused is pilot.app.screen.query_one("#code")
        await write(pilot, CODE)
        await press(pilot, "enter")
        assert "ILVES (certificate)" in whole(pilot)
        assert "It lasts for this run only: the disk is full." in whole(pilot)

    console.run(script)
    assert tried == [("code", "NOSUCH", "console"), ("code", CODE, "console")]


def test_a_code_that_makes_an_admin(console: Console, gated: World, tried: list[tuple[str, ...]]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await at(pilot, "code")
        await write(pilot, "ADMIN")
        await press(pilot, "enter")
        assert "good for making an admin" in text(pilot)
        await write(pilot, "a/b")
        await press(pilot, "enter")
        assert "Not a callsign: it holds /" in text(pilot)
        await press(pilot, "ctrl+u")
        await write(pilot, "KETTU")
        await press(pilot, "enter")
        assert "KETTU is taken by a person" in text(pilot)
        assert pilot.app.screen.query_one("#callsign", Input).value == "KETTU"
        await press(pilot, "ctrl+u")
        await write(pilot, "KARHU09")
        await press(pilot, "enter")
        assert "KARHU09 (certificate)" in whole(pilot)
        assert "mtls.pfx" in whole(pilot)

    console.run(script)
    assert [each for each in tried if each[0] == "admin"] == [("admin", "KETTU"), ("admin", "KARHU09")]


def test_quitting_the_gate(console: Console, gated: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, "up", "up", "enter")

    app = console.run(script)
    assert app.return_code == 0
    assert gated.calls["list_enrollments"] == 0


def test_signing_in_where_it_is_not_asked_for(console: Console, world: World, tried: list[tuple[str, ...]]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        assert "AURORA (unproven)" in whole(pilot)
        pilot.app.action_sign_in()
        await settle(pilot)
        assert "Go back" in text(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, MainScreen)
        pilot.app.action_sign_in()
        await settle(pilot)
        await write(pilot, SECRET)
        await press(pilot, "enter")
        assert "AURORA (certificate)" in whole(pilot)
        assert pilot.app.operator.key is not None

    console.run(script)
