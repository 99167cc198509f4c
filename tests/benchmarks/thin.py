"""What goes over the line: bytes of the console, thin and not, against a bare Textual table of the same size in the same run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from stage import ENROLLMENT_COLUMNS, PERSON_COLUMNS, ROLE_COLUMNS, admin, enrollments, fill, make

from terminal import Terminal

HERE = Path(__file__).parent
BAUD = 960
"""Bytes a second of a thin line."""


class Counted:
    """A program in a terminal of which every byte is counted."""

    def __init__(self, argv: list[str], env: dict[str, str], columns: int, lines: int, text: str) -> None:
        self.terminal = Terminal(argv, env, columns, lines)
        self.terminal.until(text)
        self.terminal.settle()
        self.first = len(self.terminal.written)

    def press(self, keys: str, quiet: float = 0.4) -> int:
        """Bytes that a key costs."""
        before = len(self.terminal.written)
        self.terminal.press(keys)
        self.terminal.settle(quiet)
        return len(self.terminal.written) - before

    def idle(self, seconds: float) -> int:
        """Bytes that come by themselves."""
        before = len(self.terminal.written)
        self.terminal.settle(seconds, seconds)
        return len(self.terminal.written) - before


def measure(
    root: Path, pg: str, keyring: Path, environment: Callable[[dict[str, str], Path], dict[str, str]], report: Callable[..., None]
) -> None:
    """Add the rows to the table."""
    env = make("sqlite", root, pg, keyring)
    users, roles = admin()
    fill(env, "users", PERSON_COLUMNS, users)
    fill(env, "roles", ROLE_COLUMNS, roles)
    fill(env, "enrollments", ENROLLMENT_COLUMNS, enrollments(100))
    rmtui, bare = [str(Path(sys.executable).parent / "rmtui")], [sys.executable, str(HERE / "bare.py")]
    where = {**environment(env, root), "RMTUI_REFRESH": "1"}
    for thin, columns, lines, first_bound, key_bound in ((True, 80, 24, "≤ 0.45×", "≤ 0.45×"), (False, 120, 40, "≤ 1×", "≤ 1×")):
        last = f"PERSON{lines - 12:07d}"
        ours = Counted([*rmtui, "--thin" if thin else "--no-thin"], where, columns, lines, last)
        floor = Counted(bare, where, columns, lines, last)
        name = f"{'thin' if thin else 'default'}, {columns}×{lines}"

        def tell(what: str, mine: float, base: float, bound: str, of: str = name) -> None:
            report(f"{what}, {of}", "sqlite", f"{mine:,.0f} bytes", f"{base:,.0f} bytes", mine / base, bound)

        tell("to the first settled list", ours.first, floor.first, first_bound)
        mine, base = ([program.press("\x1b[B") for _ in range(10)] for program in (ours, floor))
        tell("a cursor move", median(mine), median(base), key_bound)
        if thin:
            tell("unchanged refreshes, 5 s", ours.idle(5), 1, "0")
            ours.press("/")
            tell("a typed filter letter", max(ours.press(letter, 1.0) for letter in "person0"), 600, "≤ 600 bytes")
        ours.terminal.close()
        floor.terminal.close()


def wall(root: Path, environment: Callable[[dict[str, str], Path], dict[str, str]], report: Callable[..., Any]) -> None:
    """From start to an approved person in the demo, over a line that carries :data:`BAUD` bytes a second, in real time."""
    from relay import Relay, approve_somebody

    rmtui = str(Path(sys.executable).parent / "rmtui")
    relay = Relay([rmtui, "demo", "--thin"], {**environment({}, root), "RMTUI_KEY_TYPE": "ec256"}, rate=BAUD)
    try:
        seconds = approve_somebody(relay)
    finally:
        relay.close()
    report("from start to an approved person, 960 bytes a second", "sqlite", f"{seconds:.1f} s", "15 s", seconds / 15, "≤ 1×")
