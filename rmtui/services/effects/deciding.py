"""What an operator decides about an effect that fails: try it now, or leave it undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rmtui import clock
from rmtui.auth.operator import Operator
from rmtui.db.errors import NotFound
from rmtui.db.locks import joined
from rmtui.db.own import Effect
from rmtui.i18n import tr
from rmtui.services.audit import Act, acting
from rmtui.services.decisions import MAX_REASON, ReasonMissing, reason_of
from rmtui.services.effects.listing import row_of
from rmtui.services.effects.types import EffectRow, NotWaiting

__all__ = ["retry", "skip"]


def retry(operator: Operator | None, effect: int) -> EffectRow:
    """Let an effect be tried at the next run, however long it was to wait; what comes before it still does.

    :raises NotFound: there is none of that number.
    :raises NotWaiting: it is done or skipped, or is being carried out.
    """
    with acting(operator, "retry-effect") as act:
        return _change(act, effect, "", lambda: {"next_try": clock.utcnow()})


def skip(operator: Operator | None, effect: int, reason: str) -> EffectRow:
    """Leave an effect undone for good, and say why; what comes after it goes on.

    :raises ReasonMissing: no reason was given.
    :raises NotFound: there is none of that number.
    :raises NotWaiting: it is done or skipped, or is being carried out.
    """
    with acting(operator, "skip-effect") as act:
        reason = reason_of(reason)
        if not reason or len(reason) > MAX_REASON:
            raise ReasonMissing(tr("Nothing was skipped: say why, in at most {most} characters.", most=MAX_REASON))
        return _change(act, effect, reason, lambda: {"state": "skipped", "done_on": clock.utcnow(), "last_error": reason})


def _change(act: Act, effect: int, reason: str, changes: Callable[[], dict[str, Any]]) -> EffectRow:
    found: Effect | None = Effect.get_or_none(Effect.id == effect) if 0 < effect < 1 << 63 else None
    if found is None:
        raise NotFound(tr("There is no effect {effect}; nothing was changed.", effect=effect))
    act.on(found.person, found.callsign)
    with joined():
        now = clock.utcnow()
        free = Effect.lease_until.is_null() | (Effect.lease_until <= now)
        mine = (Effect.id == effect) & (Effect.state == "waiting") & free
        changed: int = Effect.update(**changes()).where(mine).execute()
        found = Effect.get_by_id(effect)
        if changed != 1:
            raise NotWaiting(_stands(found))
        act.done(reason, effect=effect, target=found.target, event=found.event)
    return row_of(found)


def _stands(effect: Effect) -> str:
    if effect.state == "waiting":
        return tr("Effect {effect} is being carried out just now; nothing was changed.", effect=effect.id)
    when = clock.stamp(effect.done_on)
    if effect.state == "done":
        return tr("Effect {effect} was done on {when}; nothing was changed.", effect=effect.id, when=when)
    return tr("Effect {effect} was skipped on {when}; nothing was changed.", effect=effect.id, when=when)
