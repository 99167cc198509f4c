"""Signing in, a lock and the audit trail in a real terminal; an operator who is demoted meanwhile is out at their next action."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terminal import Terminal

RMTUI = [sys.executable, "-m", "rmtui"]
ENTER, ESCAPE = "\r", "\x1b"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a deployment with two admins, where signing in is required."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM"}}
    env = {**kept, "HOME": str(tmp_path), "TERM": "xterm-256color", "RMTUI_KEY_TYPE": "ec256", "LANG": "C.UTF-8"}
    command(env, "init", "--admin", "KARHU", "--yes")
    code = command(env, "codes", "create", "--admin", "--yes").split("code")[1].split()[0]
    command(env, "signin", "--code", "--admin", "ILVES", answer=code)
    command(env, "signout")
    for name in ("RAVEN", "SUSI"):
        command(env, "enrollments", "create", name, "--yes", "--as", "KARHU")
    return {**env, "RMTUI_REQUIRE_SIGNIN": "1", "RMTUI_THIN": "0", "SSH_CONNECTION": "198.51.100.7 50112 192.0.2.10 22"}


def command(env: dict[str, str], *argv: str, answer: str = "") -> str:
    """Run a command as another user of the host would, who is not signed in; what it printed."""
    apart = {"XDG_STATE_HOME": f"{env['HOME']}/other", "RMTUI_REQUIRE_SIGNIN": "0"}
    done = subprocess.run([*RMTUI, *argv], env={**env, **apart}, input=answer + "\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pfx_of(env: dict[str, str], callsign: str) -> str:
    """Path of somebody's PFX."""
    shown = command(env, "people", "show", callsign)
    return next(line.split()[-1] for line in shown.splitlines() if line.startswith("certspath")) + "/mtls.pfx"


@pytest.fixture
def run(home: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Start rmtui in a terminal."""
    started: list[Terminal] = []

    def start(**env: str) -> Terminal:
        terminal = Terminal(RMTUI, {**home, **env}, 80, 24)
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        terminal.close()


def sign_in(terminal: Terminal, word: str) -> None:
    """Type what opens the certificate that is offered."""
    terminal.until("Passphrase", "Sign in")
    terminal.settle(0.5)
    terminal.press(word)
    terminal.until("•" * len(word))
    terminal.settle(0.2)
    terminal.press(ENTER)


def confirm(terminal: Terminal) -> None:
    """From the reason over Cancel to the button that does it."""
    for _ in range(2):
        terminal.press("\t")
        terminal.settle(0.3)
    terminal.settle(0.9)
    terminal.press(ENTER)


def test_sign_in_act_lock_and_look_at_the_trail(run: Callable[..., Terminal], home: dict[str, str]) -> None:
    terminal = run(RMTUI_IDENTITY=pfx_of(home, "KARHU"))
    sign_in(terminal, "WRONG")
    terminal.until("mtls.pfx does not open with that passphrase")
    assert "RAVEN" not in terminal.text
    sign_in(terminal, "KARHU")
    terminal.until("RAVEN", "KARHU (certificate) │ 2 pending")
    terminal.press("x")
    terminal.until("Reject RAVEN")
    terminal.press("\t")
    terminal.settle(0.3)
    terminal.press("unknown at the gate")
    terminal.until("unknown at the gate")
    confirm(terminal)
    terminal.gone("Reject RAVEN")
    terminal.until("1 pending")

    terminal.press("6")
    terminal.until("reject", "RAVEN", "sign-in", "refused")
    terminal.press(ENTER)
    terminal.until("198.51.100.7", "certificate", "unknown at the gate")
    terminal.press(ESCAPE)
    terminal.gone("198.51.100.7")

    terminal.press(":")
    terminal.until("A command, a callsign")
    terminal.press("lock")
    terminal.until("Hide everything")
    terminal.gone("Read everything again")
    terminal.press(ENTER)
    terminal.until("Locked", "Passphrase")
    terminal.settle(0.5)
    assert "RAVEN" not in terminal.text
    sign_in(terminal, "KARHU")
    terminal.until("6 Audit]", "KARHU (certificate)")
    terminal.press("q")
    assert terminal.wait() == 0

    verified = command(home, "audit", "verify")
    assert "ok" in verified.splitlines()[0]
    assert "yes" in verified.splitlines()[0]
    listed = command(home, "audit", "list", "--action", "reject", "--format", "csv").splitlines()
    assert ",KARHU,certificate,reject,RAVEN,done,unknown at the gate," in listed[1]
    assert listed[1].endswith(",198.51.100.7")


@pytest.mark.parametrize("how", ["demoted", "revoked"])
def test_who_is_demoted_or_revoked_is_out_at_the_next_action(run: Callable[..., Terminal], home: dict[str, str], how: str) -> None:
    terminal = run(RMTUI_IDENTITY=pfx_of(home, "ILVES"), RMTUI_REFRESH="0")
    sign_in(terminal, "ILVES")
    terminal.until("RAVEN", "ILVES (certificate) │ 2 pending")
    terminal.press("x")
    terminal.until("Reject RAVEN")
    if how == "demoted":
        command(home, "roles", "remove", "ILVES", "admin", "--yes", "--as", "KARHU")
    else:
        revoke = "from rmtui.db import Person, bind_config\nwith bind_config().connection_context(): Person.by_callsign('ILVES').revoke()"
        subprocess.run([sys.executable, "-c", revoke], env=home, check=True)
    terminal.press("\t")
    terminal.settle(0.3)
    terminal.press("no")
    terminal.settle(0.3)
    confirm(terminal)
    terminal.until({"demoted": "ILVES is not an admin any more", "revoked": "ILVES was revoked"}[how])
    terminal.press("\x11")  # ctrl+q
    terminal.wait()
    listed = command(home, "enrollments", "list", "--state", "pending", "--format", "csv")
    assert "RAVEN" in listed
    refused = command(home, "audit", "list", "--outcome", "refused", "--by", "ILVES", "--format", "csv")
    assert ",ILVES,certificate,reject,RAVEN,refused," in refused
