"""An operator to decide with, and somebody to decide about."""

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
