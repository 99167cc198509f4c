"""The desk in a real terminal, by keys alone: a leaked invite is burnt, and an expiring certificate reissued."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from terminal import Terminal

ENTER, ESCAPE, TAB = "\r", "\x1b", "\t"


class Desk:
    """A deployment whose admin is KARHU, and its console."""

    def __init__(self, home: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM", "COLUMNS", "LINES"}}
        self.home = home
        self.env = {**kept, "HOME": str(home), "TERM": "xterm-256color", "RMTUI_KEY_TYPE": "ec256", "LANG": "C.UTF-8"}
        self.env |= {"RMTUI_OPERATOR": "KARHU", "RMTUI_CERT_HOURS": "72"}
        self.terminals: list[Terminal] = []

    def command(self, *argv: str) -> Any:
        """What a command prints in JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "rmtui", *argv, "--yes", "--format", "json"], env=self.env, check=True, capture_output=True
        )
        return json.loads(done.stdout) if done.stdout.strip() else None

    def person(self, callsign: str, *argv: str) -> None:
        made = self.command("enrollments", "create", callsign, *argv)
        self.command("enrollments", "approve", callsign, "--code", made["approvecode"])

    def console(self) -> Terminal:
        """Open it."""
        self.terminals.append(Terminal([sys.executable, "-m", "rmtui"], self.env))
        return self.terminals[-1]

    def revoked(self) -> dict[str, str]:
        """What the CRLs of the deployment name: serial → reason, as any verifier reads them."""
        pem = (self.home / ".local" / "share" / "rmtui" / "public" / "crl.pem").read_bytes()
        ending = b"-----END X509 CRL-----\n"
        found = {}
        for part in pem.split(ending)[:-1]:
            for entry in x509.load_pem_x509_crl(part + ending):
                found[f"{entry.serial_number:x}"] = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "home")
    made.command("init", "--admin", "KARHU")
    yield made
    for terminal in made.terminals:
        terminal.close()


@pytest.fixture
def confirm() -> Callable[[Terminal], None]:
    """Enter on the button that asks once more: long enough after the key before it."""

    def press(terminal: Terminal) -> None:
        terminal.settle(0.9)
        terminal.press(ENTER)

    return press


def test_a_leaked_invite_is_burnt_and_a_certificate_that_runs_out_is_reissued(desk: Desk, confirm: Callable[[Terminal], None]) -> None:
    invite = desk.command("pools", "create")["code"]
    for callsign in ("EETU", "VALO"):
        desk.person(callsign, "--pool", invite)
    desk.command("enrollments", "create", "SUSI", "--pool", invite)
    desk.command("enrollments", "create", "OTHER")
    serials = {callsign: desk.command("people", "show", callsign)["serial"] for callsign in ("KARHU", "EETU", "VALO")}

    terminal = desk.console()
    terminal.until("2 pending", "expiring")
    terminal.press("4")
    terminal.until(f"{invite[:4]} {invite[4:]}")
    terminal.press("b")
    terminal.until("Burn invite", "Rejects 1 who waits: SUSI", "Revokes 2 who are in")
    terminal.press(TAB)
    terminal.settle(0.3)
    terminal.press("posted in public")
    terminal.settle(0.3)
    terminal.press(ENTER)
    terminal.settle(0.3)
    terminal.press("3")
    terminal.settle(0.3)
    terminal.press(ENTER)
    confirm(terminal)
    terminal.until("3 of 3 done", "SUSI", "Rejected.", "Revoked with 1 certificate")
    terminal.press(ESCAPE)
    terminal.until("1 pending", "disabled")
    assert desk.revoked() == {serials["EETU"]: "keyCompromise", serials["VALO"]: "keyCompromise"}

    terminal.press("2")
    terminal.until("active   KARHU")
    terminal.press("f")
    terminal.until("Expiring within 14 days", "KARHU")
    terminal.press("i")
    terminal.until("Reissue for KARHU", serials["KARHU"])
    terminal.press(TAB)
    terminal.settle(0.3)
    terminal.press(ENTER)
    confirm(terminal)
    terminal.until("has a new certificate")
    terminal.settle(1)
    terminal.press(ESCAPE)
    terminal.gone("Serial")
    terminal.press("q")
    assert terminal.wait() == 0
    assert desk.revoked()[serials["KARHU"]] == "superseded"
    now = desk.command("people", "show", "KARHU")
    assert now["serial"] not in desk.revoked()
    assert [row["callsign"] for row in desk.command("enrollments", "list", "--state", "pending")] == ["OTHER"]
    assert {row["callsign"]: row["revoke_reason"] for row in desk.command("people", "list", "--status", "revoked")} == {
        "EETU": "keyCompromise",
        "VALO": "keyCompromise",
    }
