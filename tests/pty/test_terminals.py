"""The main job on every kind of terminal: it can be read, and nothing is sent that the terminal does not have."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import sys
import termios
from pathlib import Path

import pytest

from terminal import Terminal

COLOUR = re.compile(rb"\x1b\[([\d;]*)m")
UTF8, BASIC, MANY = {"LANG": "C.UTF-8"}, {*range(30, 38), *range(40, 48)}, {38, 48}
TERMINALS = {
    "xterm": ({"TERM": "xterm"}, BASIC),
    "xterm-truecolor": ({"TERM": "xterm", "COLORTERM": "truecolor"}, MANY),
    "xterm-256color": ({"TERM": "xterm-256color"}, MANY),
    "screen": ({"TERM": "screen", "COLORTERM": "truecolor"}, BASIC),
    "tmux": ({"TERM": "tmux-256color"}, MANY),
    "linux": ({"TERM": "linux"}, BASIC),
    "vt220": ({"TERM": "vt220"}, set()),
    "no-color": ({"TERM": "xterm-256color", "NO_COLOR": "1"}, set()),
    "c-locale": ({"TERM": "xterm-256color", "LANG": "C"}, MANY),
    "latin": ({"TERM": "xterm-256color", "PYTHONIOENCODING": "latin-1"}, MANY),
    "light-on-eight": ({"TERM": "xterm", "RMTUI_THEME": "light"}, BASIC),
    "high-contrast": ({"TERM": "xterm-256color", "RMTUI_THEME": "high-contrast"}, MANY),
}
SIMPLE = {"linux", "vt220"}
"""Terminals without a mouse, and without what is asked of newer ones."""
ASCII = {"linux", "vt220", "c-locale", "latin"}


def sent(data: bytes) -> set[int]:
    """What was said of colours: 30 to 37 and 40 to 47 are the eight, 38 and 48 come before others, 39 and 49 are the terminal's own."""
    found: set[int] = set()
    for match in COLOUR.finditer(data):
        words = iter(int(word or 0) for word in match.group(1).split(b";"))
        for word in words:
            if word in (38, 48):
                skipped = 3 if next(words) == 2 else 1
                for _ in range(skipped):
                    next(words)
            if 30 <= word <= 48 or 90 <= word <= 107:
                found.add(word)
    return found - {39, 49}


@pytest.mark.parametrize("name", TERMINALS)
def test_the_main_job_can_be_read(name: str, tmp_path: Path) -> None:
    env, allowed = TERMINALS[name]
    dropped = {"NO_COLOR", "COLORTERM", "COLUMNS", "LINES", "TMUX", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "PYTHONIOENCODING"}
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    terminal = Terminal([sys.executable, "-m", "rmtui", "demo"], {**kept, "HOME": str(tmp_path), **UTF8, **env})
    try:
        terminal.until("AURORA (unproven)", "25 pending", "VARPU", "q Quit")
        terminal.press("a")
        terminal.until("Approve VARPU", "CN=VARPU", "Cancel")
        for lines, columns, told in ((10, 40, "rmtui needs a terminal of"), (20, 60, "Approve VARPU")):
            fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            terminal.screen.resize(lines, columns)
            os.kill(terminal.pid, signal.SIGWINCH)
            terminal.until(told)
        terminal.press("\x1b")
        terminal.gone("Approve VARPU")
        terminal.press("q")
        assert terminal.wait() == 0
    finally:
        terminal.close()
    colours = sent(bytes(terminal.written))
    assert colours <= allowed
    assert bool(colours) == bool(allowed)
    asked = re.findall(rb"\x1b\[(?:[><]|\?(?:100\d|101\d|2026|2048))", bytes(terminal.written))
    assert bool(asked) == (name not in SIMPLE)
    if name in ASCII:
        foreign = {char for char in terminal.written.decode("latin-1" if name == "latin" else "utf-8") if not char.isascii()}
        assert foreign <= {*"ÅÄÖ"}
