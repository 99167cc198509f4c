"""The QR code of an invite in a real terminal of sixteen colours."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from painting import decoded, paint
from terminal import Terminal


def test_the_program_draws_a_code_that_is_read(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM", "COLUMNS", "LINES"}}
    env = {**kept, "TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "standard", "LANG": "C.UTF-8", "RMTUI_KEY_TYPE": "ec256"}
    terminal = Terminal([sys.executable, "-m", "rmtui", "demo"], env)
    try:
        terminal.until("pending")
        terminal.press("4")
        terminal.until("oldest first", "Approved", "active")
        terminal.press("l")
        terminal.until("y copies the link.")
        terminal.settle(0.5)
        code = re.search(r"Invite (\w{4}) (\w{4})", terminal.text)
        assert code
        link = f"https://rasenmaeher.example/login?code={code[1]}{code[2]}"
        assert decoded(paint(terminal.screen, tmp_path / "screen.png")) == link
    finally:
        terminal.close()
