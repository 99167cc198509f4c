"""What the tests of the services share."""

from __future__ import annotations

import logging

import pytest


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
