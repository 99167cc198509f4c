"""The palette goes straight to somebody, too: a callsign, an approve code or an invite is enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.command import Hit, Hits, Provider
from textual.content import Content

from rmtui import clock
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.services import jumping
from rmtui.services.jumping import Found
from rmtui.services.pools import PoolRow
from rmtui.services.types import EnrollmentRow, State
from rmtui.tui.glyphs import group, show
from rmtui.tui.screens.main import MainScreen

__all__ = ["Finder"]

DELAY = 0.15
"""Seconds after the last key before the database is asked."""
SHORTEST = 2
"""Characters that are looked for at least."""
BY_CODE = 1_000.0
"""How well a whole code fits: better than any name."""
PANES = {"enrolment": "enrolments", "person": "people", "invite": "invites"}


class Finder(Provider):
    """Asks the database a moment after the last key."""

    async def search(self, query: str) -> Hits:
        """Whom the text may mean."""
        if not isinstance(self.screen, MainScreen) or len(query.strip()) < SHORTEST:
            return
        await asyncio.sleep(DELAY)
        try:
            found = await asyncio.to_thread(jumping.find, query)
        except RmtuiError as error:
            yield _hit(0.1, tr("No callsign or code was looked for"), show(error.sentence), self._nowhere)
            return
        matcher = self.matcher(query)
        for each in found:
            name, about = _words(each)
            score = BY_CODE if each.by_code else max(matcher.match(name), 0.2) - _over(each)
            yield _hit(score, name, about, partial(self._go, each))

    def _go(self, found: Found) -> None:
        assert isinstance(self.screen, MainScreen)
        self.app.call_later(self.screen.jump, PANES[found.kind], found.row)

    def _nowhere(self) -> None:
        """There is nothing to go to."""


def _over(found: Found) -> float:
    """What a decided enrolment stands back by: who is in, or waits, is meant rather."""
    return 0.1 if isinstance(found.row, EnrollmentRow) and found.row.state is not State.PENDING else 0.0


def _hit(score: float, name: str, about: str, go: Callable[[], Any]) -> Hit:
    """A line of the palette, which would take a plain string for markup."""
    return Hit(score, Content(name), go, text=name, help=Content(about))  # type: ignore[arg-type]


def _words(found: Found) -> tuple[str, str]:
    """What a row is called, and what there is to say about it."""
    row = found.row
    if isinstance(row, PoolRow):
        said = tr("Invite, deleted") if row.deleted else tr("Invite, active") if row.active else tr("Invite, disabled")
        return show(group(row.code)), said
    name = show(row.callsign, 64)
    if isinstance(row, EnrollmentRow):
        state, age = tr(row.state), clock.age(row.created)
        if found.by_code:
            return name, tr("Enrolment, {state}, asked {age} ago, whose code this is", state=state, age=age)
        return name, tr("Enrolment, {state}, asked {age} ago", state=state, age=age)
    if row.revoked_on:
        return name, tr("Person, revoked")
    return name, tr("Person, {roles}", roles=show(", ".join(row.roles), 60)) if row.roles else tr("Person")
