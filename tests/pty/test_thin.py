"""The console at the end of a thin line: bytes counted and turned into seconds, keys typed ahead of what is drawn."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relay import Relay, approve_somebody

RMTUI = [sys.executable, "-m", "rmtui"]
RATE = 960
"""Bytes a second."""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Relay]]:
    """Start the demo at the end of a line."""
    started: list[Relay] = []

    def start(*argv: str, lag: float = 0.0, **env: str) -> Relay:
        dropped = {"NO_COLOR", "COLORTERM", "COLUMNS", "LINES", "SSH_CONNECTION", "SSH_TTY"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        home = {"HOME": str(tmp_path / "home"), "TERM": "xterm-256color", "RMTUI_KEY_TYPE": "ec256", "LANG": "C.UTF-8"}
        relay = Relay([*RMTUI, "demo", *argv], {**kept, **home, **env}, lag=lag)
        started.append(relay)
        return relay

    yield start
    for relay in started:
        relay.close()


def test_from_start_to_an_approved_person_in_fifteen_seconds_of_line(run: Callable[..., Relay]) -> None:
    relay = run("--thin")
    approve_somebody(relay)
    relay.settle(0.5)
    assert "thin, as of" in relay.text
    assert len(relay.written) / RATE < 10  # what the program itself takes is the benchmark's to tell
    before = len(relay.written)
    relay.press("\x1b")
    relay.gone("VARPU is approved")
    relay.press("q")
    assert relay.wait() == 0
    end = bytes(relay.written[before:])
    assert end.endswith(b"\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h")
    for never in (b"\x1b[?1000h", b"\x1b[?1003h", b"\x1b[>", b"\x1b[?2026", b"\x1b[?1004"):
        assert never not in relay.written


def test_what_is_typed_ahead_goes_where_it_was_meant_for(run: Callable[..., Relay]) -> None:
    relay = run("--thin", lag=0.3)
    relay.until("VARPU", "KARHUO1", "of 25")
    relay.settle(0.7)
    # down, approve, the code of somebody else, all before anything of it is drawn: the letters open and close nothing
    relay.press("jja" + "qxcqxcqx")
    relay.until("Approve OTTER", "CN=OTTER", "qxcqxcqx")
    relay.press("\r")
    relay.until("not the code of OTTER")
    relay.press("\x1b")
    relay.gone("Approve OTTER")
    relay.until("▸ ○ pending   OTTER")


def test_a_key_acts_on_no_row_that_was_not_on_the_screen(run: Callable[..., Relay]) -> None:
    relay = run("--thin", lag=0.4)
    relay.until("VARPU", "of 25")
    relay.settle(1.0)
    relay.press("Gx" + "no reason" + "\r")  # the last row is beyond the screen
    relay.until("Nothing was done", "was not on the screen yet")
    assert "Reject" not in relay.text.replace("x Reject", "")
    relay.settle(1.0)
    relay.press("x")
    relay.until("Reject", "Reason")


def test_keys_before_the_first_screen_are_kept(run: Callable[..., Relay]) -> None:
    relay = run(SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22", lag=0.5)  # it asks, and is answered too late
    assert relay.read(30) == b"\x1b[6n"
    relay.press("jj")
    relay.until("thin, as of", "▸ ○ pending   OTTER")
    relay.press("q")
    assert relay.wait() == 0


@pytest.mark.parametrize("line", [("--thin",), ("--no-thin",)])
@pytest.mark.parametrize("keys", ["x", "2x", " x", "*x", "x\r\r"])
def test_a_key_before_the_first_list_acts_on_no_row(run: Callable[..., Relay], line: tuple[str, ...], keys: str) -> None:
    relay = run(*line, lag=0.2)
    relay.press(keys)
    relay.until("Nothing was done", "on the screen yet")
    relay.settle(0.7)
    assert "Reason" not in relay.text
    relay.press("\x1b1")
    relay.until("Pending", "VARPU")
    relay.settle(0.7)
    relay.press("x")
    relay.until("Reject VARPU", "Reason")


def test_what_was_typed_while_the_terminal_was_asked_acts_on_no_row(run: Callable[..., Relay]) -> None:
    relay = run(SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22", lag=0.5)
    assert relay.read(30) == b"\x1b[6n"
    relay.press("jx")
    relay.until("Nothing was done: KARHUO1 was not on the screen yet")


def test_keys_for_no_row_need_no_list(run: Callable[..., Relay]) -> None:
    relay = run("--thin", lag=0.2)
    relay.press("jn")
    relay.until("New enrolment")
    relay.press("\x1b")
    relay.until("▸ ○ pending   KARHUO1")
    relay.press("q")
    assert relay.wait() == 0


def test_a_terminal_that_is_near_gets_all_of_it(run: Callable[..., Relay]) -> None:
    relay = run(SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22")
    relay.until("VARPU", "of 25")
    assert "data now" in relay.text
    assert b"\x1b[?1000h" in relay.written
