"""The main job in a real terminal, by keys alone: set-up, an enrolment, its approval with the code, a role."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terminal import Terminal, revealed

RMTUI = [sys.executable, "-m", "rmtui"]
ENTER, ESCAPE, TAB = "\r", "\x1b", "\t"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start rmtui in a terminal with a home of its own."""
    started: list[Terminal] = []

    def start(*argv: str, columns: int = 80, lines: int = 24, **env: str) -> Terminal:
        kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM", "COLUMNS", "LINES"}}
        home = {"HOME": str(tmp_path / "home"), "TERM": "xterm-256color", "RMTUI_KEY_TYPE": "ec256", "LANG": "C.UTF-8"}
        terminal = Terminal([*RMTUI, *argv], {**kept, **home, **env}, columns, lines)
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        terminal.close()


def test_from_set_up_to_an_approved_person_with_a_role(run: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = run()
    terminal.until("a new deployment", "Your callsign")
    terminal.press("KARHU")
    terminal.until("Your callsign  KARHU")
    terminal.press(ENTER)
    terminal.until("Enter again makes the deployment with KARHU")
    terminal.settle(1)
    terminal.press(ENTER)
    terminal.until("The deployment is ready", "Open the console")
    assert "mtls.pfx" in re.sub(r"[\s│]", "", terminal.text)  # a long path goes on in the next line
    terminal.settle(1)
    terminal.press(ENTER)
    terminal.until("Nobody is waiting", "KARHU (unproven) │ 0 pending")

    terminal.press("n")
    terminal.until("New enrolment")
    terminal.press("Ville")
    terminal.until("Callsign      Ville")
    terminal.press(ENTER)
    terminal.until("Approve code of Ville", "•••• ••••")
    code = revealed(terminal)
    terminal.press(ESCAPE)
    terminal.gone("Approve code of Ville")
    terminal.until("pending   Ville")

    terminal.press("a")
    terminal.until("Approve Ville", "CN=Ville")
    terminal.press("WRNG CODE")
    terminal.settle(0.3)
    terminal.press(ENTER)
    terminal.until("not the code of Ville")
    terminal.press("\x15")  # ctrl+u empties the field
    terminal.until("as they say it")
    terminal.press(f"{code[:4]}-{code[4:]}".lower())
    terminal.settle(0.3)
    terminal.press(ENTER)
    terminal.until("Ville is approved", "Serial")
    terminal.press(ESCAPE)
    terminal.gone("Serial")

    terminal.press("2")
    terminal.until("active   Ville")
    terminal.press("jj")
    terminal.until("▸ ✓ active   Ville")
    terminal.press("e")
    terminal.until("Roles of Ville", "[ ] admin")
    terminal.press(TAB)
    terminal.settle(0.3)
    terminal.press("pilot")
    terminal.until("New role      pilot")
    terminal.press(ENTER)
    terminal.until("[x] pilot")
    for _ in range(6):  # to the button that saves
        if "Save" in terminal.text and save_has_focus(terminal):
            break
        terminal.press(TAB)
        terminal.settle(0.3)
    terminal.settle(0.9)
    terminal.press(ENTER)
    terminal.gone("Roles of Ville")
    terminal.until("Ville", "pilot")
    terminal.press("q")
    assert terminal.wait() == 0

    data = tmp_path / "home" / ".local" / "share" / "rmtui"
    rows = sqlite3.connect(data / "rmtui.db")
    assert rows.execute("SELECT callsign FROM users ORDER BY callsign").fetchall() == [("KARHU",), ("Ville",)]
    assert rows.execute("SELECT role FROM roles ORDER BY role").fetchall() == [("admin",), ("pilot",)]
    assert rows.execute("SELECT action, outcome FROM rmtui_audit ORDER BY id").fetchall() == [
        ("init", "done"),
        ("create", "done"),
        ("approve", "refused"),
        ("approve", "done"),
        ("assign-role", "done"),
    ]
    rows.close()


def save_has_focus(terminal: Terminal) -> bool:
    """Whether the Save button is drawn as the one that Enter presses."""
    for y, line in enumerate(terminal.screen.display):
        x = line.find("Save")
        if x >= 0:
            cell = terminal.screen.buffer[y][x]
            return cell.reverse or cell.bold or cell.underscore
    return False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 130), (signal.SIGHUP, 130), (None, 0)])
def test_the_terminal_is_given_back(run: Callable[..., Terminal], number: int | None, code: int) -> None:
    terminal = run("demo")
    terminal.until("AURORA (unproven) │ 25 pending")
    if number is None:
        terminal.press("q")
    else:
        os.kill(terminal.pid, number)
    assert terminal.wait() == code
    ending = bytes(terminal.written)
    for mode in (b"?1049", b"?1000", b"?1003", b"?2004"):  # alternate screen, mouse twice, bracketed paste
        assert ending.rfind(b"\x1b[" + mode + b"l") > ending.rfind(b"\x1b[" + mode + b"h"), mode
    assert ending.rfind(b"\x1b[?25h") > ending.rfind(b"\x1b[?25l")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "xterm-16color", "COLORTERM": ""}, {"RMTUI_ASCII": "1", "TERM": "linux"}])
def test_poor_terminals(run: Callable[..., Terminal], env: dict[str, str]) -> None:
    terminal = run("demo", **env)
    terminal.until("AURORA", "25 pending", "VARPU")
    terminal.press("a")
    terminal.until("Approve VARPU", "CN=VARPU")
    terminal.press(ESCAPE)
    terminal.gone("CN=VARPU")
    terminal.press("q")
    assert terminal.wait() == 0
    if "RMTUI_ASCII" in env:
        assert all(char.isascii() for char in terminal.written.decode().replace("Ä", "A").replace("Ö", "O").replace("Å", "A"))


def test_nothing_of_the_demo_is_left(run: Callable[..., Terminal], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    terminal = run("demo", columns=120, TMPDIR=str(kept))
    terminal.until("AURORA (unproven) │ 25 pending")
    terminal.settle(0.5)
    shown = re.search(r"/dev/shm/(rmtui-demo-\w+)", terminal.text)  # cut off, perhaps; where there is no such place it is TMPDIR
    parent, pattern = (Path("/dev/shm"), f"{shown.group(1)}*") if shown else (kept, "*")
    assert list(parent.glob(pattern))
    terminal.press("q")
    assert terminal.wait() == 0
    assert not list(kept.iterdir())
    assert not (tmp_path / "home").exists() or not list((tmp_path / "home").rglob("*rmtui*"))
    assert not list(parent.glob(pattern))


def test_a_greyed_key_says_why(run: Callable[..., Terminal]) -> None:
    terminal = run("demo", "--read-only")
    terminal.until("READ-ONLY", "25 pending")
    terminal.press("a")
    terminal.until("Approve: Not in read-only mode.")
    assert "Ask the person" not in terminal.text
    terminal.press("q")
    assert terminal.wait() == 0
