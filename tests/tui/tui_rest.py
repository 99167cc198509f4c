"""When the console rests: asked of the event loop, so that a slow or busy machine changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

__all__ = ["install", "rested"]

SOON = 1 / 100
"""A timer that is due within this, in seconds, is waited for: Textual takes up a new size after 1/120."""
LONG = 30
"""After how many seconds it is said to never rest."""


async def rested(*_: Any, **__: Any) -> bool:
    """Wait until every task waits for a thread, a file, or a timer that is not due soon.

    Textual's own looks for how little the process computes, which on a busy machine says nothing.
    """
    loop: Any = asyncio.get_running_loop()
    end = loop.time() + LONG
    while loop.time() < end:
        await asyncio.sleep(0)
        if not loop._ready:
            due = [timer.when() for timer in loop._scheduled if not timer.cancelled()]
            if not due or min(due) > loop.time() + SOON:
                return True
            await asyncio.sleep(max(min(due) - loop.time(), 0))
    raise AssertionError("the event loop never rests")


def install(patch: pytest.MonkeyPatch) -> None:
    """Let all that Textual's pilot waits for be this."""
    patch.setattr("textual.pilot.wait_for_idle", rested)
    patch.setattr("textual.app.wait_for_idle", rested)
    patch.setattr("textual.pilot.Pilot._wait_for_screen", rested)
