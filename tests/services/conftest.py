"""What the tests of the services share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from doctoring import named
from workers import Worker

from product_stand_in import Product
from rmtui.auth.operator import Operator


class _Statements(logging.Handler):
    """What was asked of the database, as Peewee tells."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, tuple):
            self.seen.append(record.msg[0])

    def of(self, act) -> list[str]:
        self.seen.clear()
        act()
        return [statement for statement in self.seen if statement.startswith(("SELECT", "WITH"))]


@pytest.fixture
def statements():
    logger = logging.getLogger("peewee")
    handler, level = _Statements(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture
def boss(env: dict[str, str]) -> Operator:
    """An admin with files and a certificate, who acts."""
    person = named("BOSS", "admin")
    return Operator(person.pk, person.callsign, "test", "command")


@pytest.fixture
def product() -> Iterator[Product]:
    """A product that is told of people."""
    made = Product()
    yield made
    made.close()


@pytest.fixture
def work() -> Iterator[Callable[..., Worker]]:
    """Start a worker; it is gone after the test."""
    started: list[Worker] = []

    def start(*given: object) -> Worker:
        started.append(Worker(*given))
        return started[-1]

    yield start
    for worker in started:
        worker.close()
