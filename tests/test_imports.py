"""What is loaded when, and that loading does nothing."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import rmtui

ROOT = Path(rmtui.__file__).parent
LIST = """
import sys
from rmtui.cli.main import main
assert main(["init", "--yes", "--admin", "BOSS"]) == 0
assert main(["people", "list"]) == 0
assert main(["enrollments", "list", "--format", "json"]) == 0
print("\\n".join(sorted(sys.modules)), file=sys.stderr)
"""
LIST_ONLY = """
import sys
from rmtui.cli.main import main
assert main(["people", "list", "--format", "csv"]) == 0
print("\\n".join(sorted(sys.modules)), file=sys.stderr)
"""
MODULES = sorted(name for _, name, _ in pkgutil.walk_packages([str(ROOT)], "rmtui.") if ".migrations" not in name)


def run(script: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-I", "-c", f"import sys\nsys.path.insert(0, {str(ROOT.parent)!r})\n{script}"],
        env={**kept, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def here(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "RMTUI_KEY_TYPE": "ec256"}


def test_the_command_line_never_loads_textual(here):
    done = run(LIST, **here)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.split())
    assert "peewee" in loaded
    assert not {name for name in loaded if name.split(".")[0] in {"textual", "rich"} or name.startswith("rmtui.tui")}


def test_a_list_loads_nothing_it_does_not_need(here):
    assert run(LIST, **here).returncode == 0
    done = run(LIST_ONLY, **here)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.split())
    assert not loaded & {"cryptography", "jwt", "tomlkit", "textual", "rmtui.pki.embedded"}


def test_every_module_can_be_loaded_by_itself_and_does_nothing(tmp_path, here):
    """Not a file made, no thread left, no setting read: whatever the environment says."""
    script = """
import importlib, json, os, sys, threading
importlib.import_module(sys.argv[1] if len(sys.argv) > 1 else "rmtui")
for name in json.loads(os.environ["MODULES"]):
    importlib.import_module(name)
from rmtui import settings
from rmtui.db import base
from rmtui.db.config import DBConfig
assert settings._current is None
assert DBConfig._singleton is None
assert base.db.obj is None
assert threading.active_count() == 1, threading.enumerate()
"""
    import json

    bad = {"RM_CODE_SIZE": "nonsense", "RM_DB_DSN": "nonsense", "DB_SSL": "nonsense", "RMTUI_READ_ONLY": "nonsense"}
    done = run(script, **here, **bad, MODULES=json.dumps(MODULES))
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
    assert not list(tmp_path.iterdir()) or [path.name for path in tmp_path.iterdir()] == ["home"]


def test_the_version_is_told_without_the_database(here):
    done = run("from rmtui.cli.main import main; main(['--version'])", RM_DB_DSN="nonsense", **here)
    assert done.stdout.startswith("rmtui ")
    assert done.returncode == 0
