"""What the tests of plain mode share."""

from __future__ import annotations

import pytest
from plain_lines import Program, hold

from making import make_operator
from rmtui import i18n

__all__ = ["hold"]


@pytest.fixture
def boss(env):
    """An admin who acts."""
    return make_operator()


@pytest.fixture
def start():
    """Start programs; they are gone after the test."""
    started: list[Program] = []

    def begin(*argv: str, env: dict[str, str], terminal: bool = False) -> Program:
        started.append(Program(*argv, env=env, terminal=terminal))
        return started[-1]

    yield begin
    for each in started:
        each.close()


@pytest.fixture(autouse=True)
def english():
    yield
    i18n.use("en")
