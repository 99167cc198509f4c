"""Puts the help of every command into the README, between its markers: ``python tests/readme_help.py``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- help:begin -->\n", "<!-- help:end -->"
COLUMNS = "100"


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of its commands, in the order they are listed."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from parsers(child)


def section() -> str:
    """What stands between the markers: one fenced block for each command."""
    from rmtui.cli.parser import build

    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = COLUMNS
    try:
        blocks = [f"```text\n$ {each.prog} --help\n{each.format_help().rstrip()}\n```\n" for each in parsers(build())]
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return "\n".join(blocks)


def rewritten(text: str) -> str:
    """The README with the section as it should be.

    :raises ValueError: a marker is missing.
    """
    head, rest = text.split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    return f"{head}{BEGIN}{section()}{END}{tail}"


if __name__ == "__main__":
    sys.path.insert(0, str(README.parent))
    README.write_text(rewritten(README.read_text("utf-8")), "utf-8")
