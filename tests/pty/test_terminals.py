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
    "c-locale-finnish": ({"TERM": "xterm-256color", "LANG": "C", "RMTUI_LANG": "fi"}, MANY),
    "latin": ({"TERM": "xterm-256color", "PYTHONIOENCODING": "latin-1"}, MANY),
    "latin-finnish": ({"TERM": "xterm-256color", "LANG": "fi_FI.ISO-8859-1"}, MANY),
    "light-on-eight": ({"TERM": "xterm", "RMTUI_THEME": "light"}, BASIC),
    "high-contrast": ({"TERM": "xterm-256color", "RMTUI_THEME": "high-contrast"}, MANY),
}
SIMPLE = {"linux", "vt220"}
"""Terminals without a mouse, and without what is asked of newer ones."""
ASCII = {
    "linux": ("utf-8", "ÅÄÖ"),
    "vt220": ("utf-8", "ÅÄÖ"),
    "c-locale": ("ascii", ""),
    "c-locale-finnish": ("ascii", ""),
    "latin": ("latin-1", "ÅÄÖ"),
    "latin-finnish": ("latin-1", "ÅÄÖåäö"),
}
"""In which charset the letters are sent to terminals without symbols, and which letters of it."""


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
    finnish = name.endswith("finnish")
    approve = "Approve VARPU" if not finnish else "Hyvaksy VARPU" if name.startswith("c") else "VARPU"
    try:
        if finnish:
            terminal.until("AURORA (vain nimi)", "25 odottaa", "VARPU", "q Lopeta")
        else:
            terminal.until("AURORA (unproven)", "25 pending", "VARPU", "q Quit")
        terminal.press("a")
        terminal.until(approve, "CN=VARPU", "Peruuta" if finnish else "Cancel")
        small = "rmtui tarvitsee" if finnish else "rmtui needs a terminal of"
        for lines, columns, told in ((10, 40, small), (20, 60, "CN=VARPU" if finnish else approve)):
            fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            terminal.screen.resize(lines, columns)
            os.kill(terminal.pid, signal.SIGWINCH)
            terminal.until(told)
        terminal.press("\x1b")
        terminal.gone("CN=VARPU")
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
        charset, letters = ASCII[name]
        assert {char for char in terminal.written.decode(charset) if not char.isascii()} <= {*letters}


@pytest.mark.parametrize(
    ("locale", "typed", "shown"), [("fi_FI.ISO-8859-1", b"m\xf6k", "m\xf6k"), ("C.UTF-8", b"m\xf6\xc3\xb6k", "m\xc3\xb6k")]
)
def test_what_is_typed_is_read_in_the_terminals_charset(locale: str, typed: bytes, shown: str, tmp_path: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "PYTHONUTF8", "PYTHONIO"))}
    terminal = Terminal(
        [sys.executable, "-m", "rmtui", "demo"], {**kept, "HOME": str(tmp_path), "TERM": "xterm", "LANG": locale, "RMTUI_LANG": "en"}
    )
    try:
        terminal.until("q Quit")
        terminal.press("/")
        os.write(terminal.fd, typed)
        terminal.press("\r")
        terminal.until("No enrolment fits")
        assert shown in terminal.written.decode("latin-1")
        terminal.press("q")
        assert terminal.wait() == 0
    finally:
        terminal.close()
