"""What is copied, within a real tmux: it is kept there, or handed on to the terminal, as tmux is set."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rmtui.tui.clipboard import sequence
from terminal import Terminal

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

COPIES = """import sys, time
sys.stdout.write({copied!r})
sys.stdout.flush()
time.sleep(60)
"""


@pytest.mark.parametrize(("setting", "kept"), [("set-clipboard on", True), ("allow-passthrough on", False)])
def test_tmux_takes_it_or_hands_it_on(tmp_path: Path, setting: str, *, kept: bool) -> None:
    (tmp_path / "copies.py").write_text(COPIES.format(copied=sequence("KARHU01", "tmux")))
    (tmp_path / "conf").write_text(f"set -g set-clipboard off\nset -g {setting}\n")
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", str(tmp_path / "conf")]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    terminal = Terminal([*tmux, "new-session", sys.executable, str(tmp_path / "copies.py")], env)

    def arrived() -> bool:
        terminal.read(0.1)
        if kept:
            return subprocess.run([*tmux, "show-buffer"], capture_output=True, env=env, check=False).stdout == b"KARHU01"
        return sequence("KARHU01", "osc52").encode() in terminal.written

    try:
        end = time.monotonic() + 20
        while not arrived():
            assert time.monotonic() < end
    finally:
        subprocess.run([*tmux, "kill-server"], env=env, check=False)
        terminal.close()
