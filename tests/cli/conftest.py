"""Running the command line: in this process, and as a program."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_running import Done, Terminal

from deployments import deploy, unbind
from rmtui import settings
from rmtui.cli.main import main

Cli = Callable[..., Done]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command in this process, as a new process would: nothing is remembered from the last. No terminal."""

    def run(*argv: str, stdin: str = "", code: int | None = None) -> Done:
        unbind()
        settings.configure(None)
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        exit_code = main(list(argv))
        out, err = capsys.readouterr()
        assert code is None or exit_code == code, (exit_code, out, err)
        assert "Traceback" not in err
        return Done(exit_code, out, err)

    return run


@pytest.fixture
def deployed(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A deployment on each database, named by the environment."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return env


@pytest.fixture
def embedded(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An embedded deployment, named by the environment."""
    env = deploy("sqlite", data_dir, None)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return env


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Start programs on terminals; they are gone after the test."""
    started: list[Terminal] = []

    def start(*argv: str, results: bool = False) -> Terminal:
        started.append(Terminal(*argv, results=results))
        return started[-1]

    yield start
    for each in started:
        each.close()
