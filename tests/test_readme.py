"""The README says what the program does: commands, exit codes, environment variables."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

import rmtui
from readme_help import END, README, parsers, rewritten, section
from rmtui import errors
from rmtui.cli.parser import build

TEXT = README.read_text("utf-8")
VARIABLE = re.compile(r"(?:RMTUI|RM|JWT|DB)_[A-Z][A-Z_]*")


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="argparse lays its help out in another way in each version of Python")
def test_the_commands_are_those_of_the_program():
    assert rewritten(TEXT) == TEXT, "run tests/readme_help.py"


def test_every_command_and_option_is_there():
    between = TEXT[TEXT.index("<!-- help:begin -->") : TEXT.index(END)]
    for parser in parsers(build()):
        assert f"$ {parser.prog} --help\n" in between
        for action in parser._actions:
            assert all(option in between for option in action.option_strings)
    assert section().count("```text\n") == between.count("```text\n")


def read_variables() -> set[str]:
    """Names of environment variables that the source reads: whole string constants."""
    found: set[str] = set()
    for path in Path(rmtui.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value):
                found.add(node.value)
    return found


def test_every_variable_that_is_read_is_named():
    assert "RM_DB_DSN" in read_variables()
    named = {name for name in re.findall(r"`([A-Z_]+)`", TEXT) if VARIABLE.fullmatch(name)}
    assert read_variables() <= named
    used_elsewhere = {"RMTUI_TEST_DSN"}
    assert named - used_elsewhere <= read_variables()


def test_every_exit_code_is_told():
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.M)}
    assert told <= {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert {errors.EXIT_DONE, errors.EXIT_REFUSED, errors.EXIT_CONFIGURATION, errors.EXIT_UNREACHABLE, errors.EXIT_INTERRUPTED} <= told


def test_the_defaults_that_are_told_are_the_defaults(tmp_path):
    made = rmtui_settings(tmp_path)
    for name, value in (("RMTUI_KEY_TYPE", made.key_type), ("RMTUI_CERT_HOURS", made.cert_hours), ("RM_CODE_SIZE", made.code_size)):
        row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}`"))
        assert str(value) in row.rpartition("|")[0].rpartition("|")[2]


def rmtui_settings(home: Path):
    from rmtui.settings import Settings

    return Settings.from_env({"HOME": str(home)})
