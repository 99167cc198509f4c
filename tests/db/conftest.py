"""An operator to decide with."""

from __future__ import annotations

import pytest

from db_rows import person


@pytest.fixture
def admin(database):
    """An active admin; a connection is open."""
    made = person("BOSS")
    made.assign_role("admin")
    return made
