"""The console in a real terminal while the CA is down, hangs and is back: what was begun is told, and one key finishes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_desk import ENTER, ESCAPE, TAB, Desk

from cfssl_stand_in import SIGN, StandIn, hangs, usual
from clusters import until
from terminal import Terminal


@pytest.fixture
def ca(tmp_path: Path) -> Iterator[StandIn]:
    (tmp_path / "ca").mkdir()
    made = StandIn(tmp_path / "ca")
    yield made
    made.stop()


@pytest.fixture
def desk(tmp_path: Path, ca: StandIn) -> Iterator[Desk]:
    made = Desk(tmp_path / "home")
    made.command("init", "--admin", "KARHU")
    made.env |= {name: value for name, value in ca.env(timeout=10).items() if name != "HOME"}
    yield made
    for terminal in made.terminals:
        terminal.close()


def pending(desk: Desk) -> list[str]:
    return [row["callsign"] for row in desk.command("enrollments", "list", "--state", "pending")]


def press(terminal: Terminal, *keys: str) -> None:
    for key in keys:
        terminal.settle(0.8 if key == ENTER else 0.2)  # an Enter right after something else is not meant
        terminal.press(key)


def states(desk: Desk) -> list[str]:
    found: list[dict[str, Any]] = desk.command("effects", "list", "--state", "all")
    return [row["state"] for row in found if row["target"].startswith("ca:")]


def test_approve_and_revoke_while_the_ca_is_down(desk: Desk, ca: StandIn) -> None:
    code = desk.command("enrollments", "create", "KETTU")["approvecode"]
    terminal = desk.console()
    terminal.until("1 pending")
    terminal.press("a")
    terminal.until("Approve KETTU", "Authority", "Deployment issuing")
    ca.stop()
    press(terminal, code, ENTER)
    terminal.until("cannot be reached: the connection", "Nothing was asked of it")
    assert pending(desk) == ["KETTU"]
    ca.start()
    press(terminal, ENTER)
    terminal.until("KETTU is approved")
    press(terminal, ESCAPE, "2")
    terminal.until("active   KETTU")
    ca.stop()
    press(terminal, "j", "x")
    terminal.until("Revoke KETTU", "Serial")
    press(terminal, TAB, " ", TAB, "KETTU", ENTER, ENTER)
    terminal.until("KETTU is revoked, but the CA is still to be told", "cannot be reached")
    press(terminal, ESCAPE)
    terminal.until("1 effect failing")
    assert states(desk) == ["waiting"]
    ca.start()
    terminal.gone("failing", timeout=40)
    assert states(desk) == ["done"]
    assert set(ca.revoked) == set(ca.issued)
    press(terminal, "q")
    assert terminal.wait() == 0


def quit_while_it_signs(desk: Desk, ca: StandIn) -> tuple[Terminal, str]:
    """A console that is left while the CA has not answered yet, and the approve code of who was to be approved."""
    code = desk.command("enrollments", "create", "KETTU")["approvecode"]
    terminal = desk.console()
    terminal.until("1 pending")
    terminal.press("a")
    terminal.until("Approve KETTU", "Deployment issuing")
    press(terminal, code, ENTER)
    terminal.until("Making the key")
    until(lambda: terminal.read(0.1) is not None and SIGN in ca.paths())
    terminal.press("\x11")
    terminal.until("The CA may yet sign what it was asked for.", "Ctrl+C leaves it.")
    return terminal, code


def test_who_quits_while_the_ca_hangs_is_out_at_once_and_nothing_is_lost(desk: Desk, ca: StandIn) -> None:
    desk.env["RM_CFSSL_TIMEOUT"] = "60"
    ca.plan(SIGN, hangs)
    began = time.monotonic()
    terminal, code = quit_while_it_signs(desk, ca)
    terminal.press("\x03")
    assert terminal.wait() == 0
    assert time.monotonic() - began < 60  # that the CA would be waited for
    latest = desk.command("audit", "list")[0]
    assert (latest["action"], latest["outcome"]) == ("approve", "failed")
    ca.plans.clear()
    desk.command("enrollments", "approve", "KETTU", "--code", code)
    assert pending(desk) == []


def test_what_is_signed_after_the_console_was_left_is_revoked(desk: Desk, ca: StandIn) -> None:
    left = threading.Event()

    def late(handler: Any) -> Any:
        left.wait(60)
        return usual(handler)

    ca.plan(SIGN, late)
    terminal, _code = quit_while_it_signs(desk, ca)
    left.set()
    assert terminal.wait() == 0
    assert pending(desk) == ["KETTU"]
    desk.command("effects", "run", "--now")
    assert len(ca.issued) == 1
    assert set(ca.revoked) == set(ca.issued)
