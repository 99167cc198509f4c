"""Puts a world in the place of the services."""

from __future__ import annotations

from typing import Any

import pytest
from tui_audit import Trail, lay
from tui_rows import NOW
from tui_world import World

from rmtui import clock
from rmtui.services import deployment, enrollments, keys_ahead, operators, people, roles, setup

__all__ = ["install"]


def install(world: World, patch: pytest.MonkeyPatch) -> World:
    """Have the console ask ``world``, at a time that stands still."""
    replacements: list[tuple[Any, str, Any]] = [
        (clock, "utcnow", lambda: NOW),
        (deployment, "open_deployment", world.open_deployment),
        (deployment, "changes", world.changes),
        (deployment, "start_up", lambda: ()),
        (operators, "admit", lambda surface, _passphrase: world.identify(surface)),
        (operators, "signin_required", lambda: world.signin_required),
        (operators, "still", lambda operator: operator),
        (setup, "set_up", world.set_up),
        (enrollments, "cursor", world.enrollment_cursor),
        (people, "cursor", world.people_cursor),
        (enrollments, "present", world.present_enrollments),
        (keys_ahead, "needed", lambda _operator: 0),
        (people, "present", world.present_people),
        (people, "find", world.find_person),
    ]
    for name in ("list_enrollments", "count_enrollments", "summary", "enrollment", "preview", "approve", "reject", "reopen", "create"):
        replacements.append((enrollments, name, getattr(world, name)))
    replacements += [(people, name, getattr(world, name)) for name in ("list_people", "count_people", "person")]
    replacements += [(roles, name, getattr(world, name)) for name in ("list_roles", "assign", "remove")]
    for module, name, value in replacements:
        patch.setattr(module, name, value)
    lay(Trail(), patch)
    return world
