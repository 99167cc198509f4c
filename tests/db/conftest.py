"""An operator to decide with, and fewer deployments for what touches tables of our own only."""

from __future__ import annotations

import pytest
from db_rows import person

from rmtui.db import Enrollment


@pytest.fixture
def admin(database):
    """An active admin; a connection is open."""
    made = person("BOSS")
    made.assign_role("admin")
    return made


@pytest.fixture
def asked(database):
    """Somebody who waits for approval."""
    return Enrollment.create_for_callsign("Kettu", extra={"unit": "1"})


def pytest_collection_modifyitems(config, items):
    """A module with ``OWN_TABLES_ONLY`` runs on SQLite and PostgreSQL; a deployment's dump beside our tables shows nothing more."""

    def wanted(item) -> bool:
        own = getattr(getattr(item, "module", None), "OWN_TABLES_ONLY", False)
        return not own or getattr(item, "callspec", None) is None or item.callspec.params.get("env") != "upstream"

    dropped = [item for item in items if not wanted(item)]
    if dropped:
        items[:] = [item for item in items if wanted(item)]
        config.hook.pytest_deselected(items=dropped)
