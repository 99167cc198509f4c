"""The screenshots that the README shows are what the console draws today."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("screenshots")  # they are drawn once, by one worker

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"


def drawn(path: Path) -> str:
    """A screenshot without what is another each time: serials (of any length), fingerprints, keys, places, ids derived from them."""
    text = re.sub(r"terminal-\d+", "terminal", path.read_text("utf-8"))
    text = re.sub(r"rmtui-demo-\w{8}", "rmtui-demo", text)
    text = re.sub(r' textLength="[^"]*"', "", text)
    return re.sub(r">[^<]+<", lambda words: re.sub(r"\b[0-9a-f]+\b", "f", re.sub(r"(&#160;)+", " ", words.group())), text)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The screenshots as they are drawn now."""
    target = tmp_path_factory.mktemp("screenshots")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("RM_", "RMTUI_", "XDG_", "COLUMNS", "LINES"))}
    subprocess.run([sys.executable, str(SCREENSHOTS / "make.py"), str(target)], check=True, env={**env, "HOME": str(target)}, timeout=600)
    return target


def test_the_same_screens(fresh: Path) -> None:
    assert sorted(path.name for path in fresh.glob("*.svg")) == sorted(path.name for path in SCREENSHOTS.glob("*.svg"))


@pytest.mark.parametrize("name", sorted(path.name for path in SCREENSHOTS.glob("*.svg")))
def test_a_screenshot_is_current(fresh: Path, name: str) -> None:
    assert drawn(fresh / name) == drawn(SCREENSHOTS / name), f"run screenshots/make.py, look at {name}, and commit it"
