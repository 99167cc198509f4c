"""What was planned, what became of it, and what fails."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from peewee import Case, fn

from rmtui import clock
from rmtui.db import effects
from rmtui.db.errors import NotFound
from rmtui.db.middleware import connected
from rmtui.db.own import Effect
from rmtui.i18n import tr
from rmtui.services import audit, windows
from rmtui.services.effects.types import EffectQuery, EffectRow, Undone
from rmtui.services.types import Count, Cursor, Page
from rmtui.services.windows import Order

__all__ = ["count_effects", "cursor", "find", "keeps_failing", "list_effects", "next_try", "of_person", "row_of", "undone"]

_WAITING = Effect.state == "waiting"
_FAILING = _WAITING & (Effect.last_error != "")

KEEPS = 3
"""How often something failed at a target that keeps failing, whichever of what waits there was tried."""
LONG = dt.timedelta(minutes=5)
"""How long what failed at all has waited at a target that keeps failing."""


def keeps_failing() -> Any:
    """What waits where something keeps failing, be it in its own way or behind what fails. Needs an open connection."""
    long = (Effect.last_error != "") & (Effect.created <= clock.utcnow() - LONG)
    of_ca = Effect.target.startswith(effects.CA)  # each is a target of its own
    stuck = (fn.SUM(Effect.attempts) >= KEEPS) | (fn.SUM(Case(None, [(long, 1)], 0)) > 0)
    query: Any = Effect.select(Effect.target).where(_WAITING & ~of_ca).group_by(Effect.target).having(stuck).tuples()
    targets = [target for (target,) in query]
    there = Effect.target.in_(targets)
    if effects.PRODUCTS in targets:
        there |= Effect.target.startswith(effects.PRODUCT)
    elif any(target.startswith(effects.PRODUCT) for target in targets):
        there |= Effect.target == effects.PRODUCTS
    return _WAITING & (there | (of_ca & (long | (Effect.attempts >= KEEPS))))


def row_of(effect: Effect) -> EffectRow:
    """A row as the surfaces have it."""
    return EffectRow(
        id=effect.id,
        created=effect.created,
        person=effect.person,
        callsign=effect.callsign,
        event=effect.event,
        target=effect.target,
        state=effect.state,
        attempts=effect.attempts,
        next_try=effect.next_try if effect.state == "waiting" else None,
        last_error=effect.last_error,
        done_on=effect.done_on,
    )


def _fetch(limited: Any) -> Sequence[EffectRow]:
    return [row_of(effect) for effect in limited]


def _select(query: EffectQuery) -> Any:
    select = Effect.select()
    if query.state != "all":
        select = select.where(_FAILING | keeps_failing() if query.state == "failing" else Effect.state == query.state)
    if query.target:
        select = select.where(Effect.target == query.target)
    return windows.all_held(select, (Effect.callsign, Effect.event, Effect.target, Effect.last_error), query.text.split()[:50])


def cursor(_query: EffectQuery, row: EffectRow) -> Cursor:
    """The place of an effect in the list."""
    return Cursor((), row.id)


@connected
def list_effects(
    query: EffectQuery,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    at: Cursor | None = None,
    last: bool = False,
    limit: int = 200,
) -> Page[EffectRow]:
    """A stretch of the effects, in the order they were planned."""
    if not audit.ready():
        return Page((), False, False)
    order = Order((), Effect.id, descending=query.reverse)
    return windows.page(_select(query), order, _fetch, after=after, before=before, at=at, last=last, limit=limit)


@connected
def count_effects(query: EffectQuery, most: int = 10_000) -> Count:
    """How many effects the list has, counting no further than ``most``."""
    return windows.count(_select(query), most) if audit.ready() else Count(0)


@connected
def next_try() -> dt.datetime | None:
    """When the next of those that wait is tried; None when nothing waits."""
    if not audit.ready():
        return None
    found: dt.datetime | None = Effect.select(Effect.next_try).where(_WAITING).order_by(Effect.next_try).limit(1).scalar()
    return found


@connected
def find(effect: int) -> EffectRow:
    """One effect.

    :raises NotFound: there is none of that number.
    """
    found: Effect | None = Effect.get_or_none(Effect.id == effect) if audit.ready() else None
    if found is None:
        raise NotFound(tr("There is no effect {effect}.", effect=effect))
    return row_of(found)


@connected
def undone(most: int = 1_000) -> Undone:
    """What is still to be done, counting no further than ``most``."""
    if not audit.ready() or not Effect.select(Effect.id).where(_WAITING).limit(1).exists():
        return Undone(False, Count(0))
    return Undone(True, windows.count(_select(EffectQuery("failing")), most))


@connected
def of_person(pk: uuid.UUID, most: int = 50) -> tuple[EffectRow, ...]:
    """What concerns somebody, latest first."""
    if not audit.ready():
        return ()
    return tuple(_fetch(Effect.select().where(Effect.person == pk).order_by(Effect.id.desc()).limit(most)))
