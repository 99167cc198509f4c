"""The end of a link, by a signal, a closed or a full terminal: nothing is half done, and the terminal is given back."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from clusters import until
from terminal import Terminal

RMTUI = [sys.executable, "-m", "rmtui"]
INTERRUPTED = 130
SOON = 15.0
"""Seconds in which it has ended; far more than it takes."""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The environment of a home of its own."""
    dropped = {"NO_COLOR", "COLORTERM", "COLUMNS", "LINES", "SSH_CONNECTION", "SSH_TTY", "TMUX", "STY"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "HOME": str(tmp_path), "TERM": "xterm-256color", "RMTUI_KEY_TYPE": "ec256", "LANG": "C.UTF-8"}


@pytest.fixture
def run(env: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Start rmtui in a terminal."""
    started: list[Terminal] = []

    def start(*argv: str, program: list[str] = RMTUI, **more: str) -> Terminal:
        terminal = Terminal([*program, *argv], {**env, **more})
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        terminal.close()


def command(env: dict[str, str], *argv: str) -> str:
    """What a command prints."""
    done = subprocess.run([*RMTUI, *argv], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ended(terminal: Terminal) -> int:
    """Wait without reading anything; what it exited with."""
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        pid, status = os.waitpid(terminal.pid, os.WNOHANG)
        if pid:
            terminal.status = os.waitstatus_to_exitcode(status)
            return terminal.status
        time.sleep(0.02)
    raise TimeoutError("it did not end")


def fill(terminal: Terminal) -> None:
    """Have the screen drawn anew, reading none of it, until there is no room for more."""
    for _ in range(100):
        os.write(terminal.fd, b"\x0c")
        time.sleep(0.01)


def end(terminal: Terminal, how: str) -> int:
    """End the link in one of the ways; what the program exited with."""
    if how == "close":
        os.close(terminal.fd)
        terminal.fd = os.open(os.devnull, os.O_RDWR)
        return ended(terminal)
    if how.startswith("full"):
        fill(terminal)
    os.kill(terminal.pid, signal.SIGHUP if how.endswith("hup") else signal.SIGTERM)
    return ended(terminal) if how.startswith("full") else terminal.wait(SOON)


def given_back(written: bytes) -> bool:
    """Whether the last words leave the alternate screen, show the cursor, and end mouse and bracketed paste."""
    last = written[-400:]
    assert b"Traceback" not in written
    return all(code in last for code in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[<u"))


@pytest.mark.parametrize("how", ["hup", "term", "full-term", "full-hup", "close"])
def test_the_terminal_is_given_back(run: Callable[..., Terminal], how: str) -> None:
    terminal = run("demo")
    before = termios.tcgetattr(terminal.fd)
    terminal.until("VARPU", "of 25")
    terminal.settle(0.5)
    assert termios.tcgetattr(terminal.fd) != before
    assert end(terminal, how) == INTERRUPTED
    if how == "close":
        return
    terminal.settle(0.1)
    assert given_back(bytes(terminal.written))
    assert termios.tcgetattr(terminal.fd) == before


def test_a_signal_to_go_on_starts_nothing_anew(run: Callable[..., Terminal]) -> None:
    """It comes with every line that ends, after which nobody is there to draw for."""
    terminal = run("demo")
    terminal.until("VARPU", "of 25")
    terminal.settle(0.5)
    for _ in range(3):
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.settle(0.3)
    assert terminal.written.count(b"\x1b[?1049h") == 1
    terminal.press("q")
    assert terminal.wait(SOON) == 0


def test_a_terminal_that_says_it_is_enormous_is_drawn_on_all_the_same(run: Callable[..., Terminal]) -> None:
    terminal = run("demo")
    terminal.until("VARPU", "of 25")
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 65535, 65535, 0, 0))
    os.kill(terminal.pid, signal.SIGWINCH)
    terminal.settle(1)
    assert end(terminal, "term") == INTERRUPTED


@pytest.mark.parametrize("how", ["hup", "full-term", "close"])
def test_an_approval_is_whole_or_has_not_begun(run: Callable[..., Terminal], env: dict[str, str], how: str) -> None:
    command(env, "init", "--admin", "KARHU", "--yes")
    made = json.loads(command(env, "enrollments", "create", "RAVEN", "--yes", "--as", "KARHU", "--format", "json"))
    terminal = run(RMTUI_KEY_TYPE="rsa4096")
    terminal.until("KARHU (unproven)", "RAVEN")
    terminal.press("a")
    terminal.until("Approve RAVEN", "CN=RAVEN")
    terminal.press(made["approvecode"] + "\r")
    assert end(terminal, how) == INTERRUPTED
    state = json.loads(command(env, "enrollments", "show", "RAVEN", "--format", "json"))["state"]
    if state == "pending":
        command(env, "enrollments", "approve", "RAVEN", "--code", made["approvecode"], "--yes", "--as", "KARHU")
    shown = json.loads(command(env, "people", "show", "RAVEN", "--format", "json"))
    assert {"mtls.key", "mtls.pem", "mtls.pfx"} <= {path.name for path in Path(shown["certspath"]).iterdir()}
    assert "RAVEN" not in command(env, "enrollments", "list")


HELD = """
import os
from rmtui.pki import keys
make = keys.generate
def held(key_type):
    open(os.environ["MAKING"], "w").close()
    open(os.environ["GO_ON"]).close()
    return make(key_type)
keys.generate = held
from rmtui.cli.main import main
raise SystemExit(main())
"""
"""A console that makes no key before somebody opens the other ends of two pipes."""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_while_a_key_is_made_leaves_an_approval_or_one_that_can_be_approved(
    run: Callable[..., Terminal], env: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    command(env, "init", "--admin", "KARHU", "--yes")
    made = json.loads(command(env, "enrollments", "create", "RAVEN", "--yes", "--as", "KARHU", "--format", "json"))
    making, go_on = tmp_path / "making", tmp_path / "go-on"
    os.mkfifo(making)
    os.mkfifo(go_on)
    terminal = run(program=[sys.executable, "-c", HELD], MAKING=str(making), GO_ON=str(go_on))
    terminal.until("KARHU (unproven)", "RAVEN")
    terminal.press("a")
    terminal.until("Approve RAVEN", "CN=RAVEN")
    terminal.press(made["approvecode"] + "\r")
    making.open().close()
    os.kill(terminal.pid, number)
    if number is signal.SIGKILL:
        assert terminal.wait(SOON) == -number
    else:
        go_on.open("w").close()
        assert terminal.wait(SOON) == INTERRUPTED
    shown = json.loads(command(env, "enrollments", "show", "RAVEN", "--format", "json"))
    assert shown["state"] in {"pending", "approved"}
    if shown["state"] == "pending":
        command(env, "enrollments", "approve", "RAVEN", "--code", made["approvecode"], "--yes", "--as", "KARHU")
    shown = json.loads(command(env, "people", "show", "RAVEN", "--format", "json"))
    assert {"mtls.key", "mtls.pem", "mtls.pfx"} <= {path.name for path in Path(shown["certspath"]).iterdir()}


def test_who_was_signed_in_still_is_after_the_link_went(run: Callable[..., Terminal], env: dict[str, str]) -> None:
    command(env, "init", "--admin", "KARHU", "--yes")
    shown = json.loads(command(env, "people", "show", "KARHU", "--format", "json"))
    terminal = run(RMTUI_REQUIRE_SIGNIN="1", RMTUI_IDENTITY=f"{shown['certspath']}/mtls.pfx")
    terminal.until("Passphrase", "Sign in")
    terminal.settle(0.5)
    terminal.press("KARHU")
    terminal.until("•••••")
    terminal.press("\r")
    terminal.until("KARHU (certificate)", "Nobody is waiting")
    assert end(terminal, "hup") == INTERRUPTED
    for how in ("close", "full-term"):
        terminal = run(RMTUI_REQUIRE_SIGNIN="1")
        terminal.until("KARHU (certificate)", "Nobody is waiting")
        terminal.settle(0.3)
        assert end(terminal, how) == INTERRUPTED


@pytest.mark.parametrize("between", ["", "bg"])
def test_ctrl_z_goes_back_to_the_shell_and_fg_returns(run: Callable[..., Terminal], between: str) -> None:
    terminal = run("-i", program=["bash", "--norc", "--noprofile"], PS1="shell> ")
    terminal.until("shell>")
    before = termios.tcgetattr(terminal.fd)
    terminal.press(f"{' '.join(RMTUI)} demo\r")
    terminal.until("VARPU", "of 25")
    terminal.settle(0.5)
    terminal.press("\x1a")
    terminal.until("Stopped", "shell>")
    assert given_back(bytes(terminal.written).rpartition(b"\x1b[?1049l")[0][-300:] + b"\x1b[?1049l\x1b[?25h")
    if between:
        terminal.press(f"{between}\r")
        terminal.settle(1)
    terminal.press("fg\r")
    terminal.until("VARPU", "of 25", "q Quit")
    terminal.press("j")
    terminal.until("▸ ○ pending   KARHUO1")
    terminal.press("q")
    terminal.until("shell>")
    assert termios.tcgetattr(terminal.fd)[:4] == before[:4]


def test_ctrl_z_where_there_is_no_shell_is_told(run: Callable[..., Terminal]) -> None:
    terminal = run("demo")
    terminal.until("VARPU", "of 25")
    terminal.press("\x1a")
    terminal.until("no shell to go back to")


def test_plain_lines_end_by_a_signal(run: Callable[..., Terminal]) -> None:
    terminal = run("demo", "--plain")
    terminal.until("h help")
    assert end(terminal, "hup") == INTERRUPTED
    assert b"Traceback" not in terminal.written


@pytest.mark.parametrize("shell", ["bash --norc --noprofile", "sh"])
@pytest.mark.parametrize("between", ["", "bg"])
def test_a_code_is_not_echoed_after_ctrl_z_either(run: Callable[..., Terminal], shell: str, between: str) -> None:
    """One shell remembers how a program had the terminal, and another does not."""
    question = "Approve code of VARPU, empty cancels:"
    terminal = run("-i", program=shell.split(), PS1="shell> ")
    terminal.until("shell>")
    terminal.press(f"{' '.join(RMTUI)} demo --plain\r")
    for answer in ("1 varpu", "1", "a"):
        terminal.until("h help:")
        terminal.screen.reset()
        terminal.press(f"{answer}\r")
    terminal.until(question)
    assert not termios.tcgetattr(terminal.fd)[3] & termios.ECHO
    terminal.press("\x1a")
    terminal.until("Stopped", "shell>")
    assert shell != "sh" or termios.tcgetattr(terminal.fd)[3] & termios.ECHO  # bash edits its lines, and echoes by itself
    terminal.screen.reset()
    if between:
        terminal.press(f"{between}\r")
        until = time.monotonic() + 60
        while "Stopped" not in terminal.text:  # once more: it waits for the terminal, which a shell tells before a prompt
            assert time.monotonic() < until, terminal.text
            terminal.press("\r")
            terminal.settle(0.2)
    terminal.press("fg\r")
    terminal.until(question)
    terminal.press("SECRET77\r")
    terminal.until("That is not the code of VARPU")
    assert b"SECRET77" not in terminal.written


@pytest.mark.parametrize("how", ["hup", "term", "close"])
def test_plain_lines_end_where_a_code_is_asked_for(run: Callable[..., Terminal], how: str) -> None:
    terminal = run("demo", "--plain")
    before = termios.tcgetattr(terminal.fd)
    terminal.until("h help:")
    terminal.press("c\r")
    terminal.until("empty cancels:")
    assert end(terminal, how) == INTERRUPTED
    assert b"Traceback" not in terminal.written
    assert how == "close" or termios.tcgetattr(terminal.fd) == before


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGHUP])
def test_plain_lines_end_once_by_two_signals(run: Callable[..., Terminal], second: signal.Signals) -> None:
    """The terminal that is gone and the service manager both send one."""
    terminal = run("demo", "--plain")
    terminal.until("h help")
    os.kill(terminal.pid, signal.SIGHUP)
    with suppress(ProcessLookupError):
        os.kill(terminal.pid, second)
    assert terminal.wait(SOON) == INTERRUPTED
    assert b"Traceback" not in terminal.written


def listens(pid: int, number: signal.Signals) -> bool:
    """Whether a process has begun to do something of its own at a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    (caught,) = re.findall(r"^SigCgt:\s*(\w+)", status, re.M)
    return bool(int(caught, 16) >> (number - 1) & 1)


def test_a_list_that_nobody_reads_ends(env: dict[str, str]) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    process = subprocess.Popen([*RMTUI, "--help"], env=env, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    until(lambda: listens(process.pid, signal.SIGTERM))
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.terminate()
    _out, told = process.communicate(timeout=SOON)
    os.close(reader)
    assert (process.returncode, told.count(b"\n")) == (INTERRUPTED, 1)


def test_whoever_reads_a_list_may_stop(env: dict[str, str]) -> None:
    command(env, "init", "--admin", "KARHU", "--yes")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*RMTUI, "people", "list"], env=env, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")
