"""What actions do outside their rows: planned in the transaction that acts, carried out afterwards, in order, at least once.

Whoever carries one out holds a lease on it, which is a guarded update; nothing is done with a transaction open. What fails is tried
again, ever later. A crash after something was done and before that was recorded does it once more.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Collection, Iterable
from typing import Any

from peewee import fn

from rmtui import clock, settings
from rmtui.db import manifest
from rmtui.db.own import Effect, Issued
from rmtui.db.process import alive, host, process
from rmtui.errors import ConfigurationError
from rmtui.text import plain

__all__ = [
    "CA",
    "CRL",
    "KEYCLOAK",
    "PRODUCT",
    "PRODUCTS",
    "done",
    "due",
    "failed",
    "free_dead",
    "ours",
    "plan",
    "plan_revocations",
    "take",
    "unpublished",
]

CA, CRL, KEYCLOAK, PRODUCT, PRODUCTS = "ca:", "crl", "keycloak", "product:", "products"
"""Targets; ``CA`` and ``PRODUCT`` are followed by a serial and a name."""

ADMIN = "admin"
"""The role that products and Keycloak know of."""

LEASE = dt.timedelta(minutes=2)
"""How long one attempt may take before somebody else makes another."""
FIRST, LONGEST = 5.0, 3600.0
"""Seconds between the first two attempts, and the most there ever are."""
MAX_ERROR = 500
"""Characters kept of why something failed."""
FEW = 50
"""Rows written, or keys named, in one statement."""

WAITS = Effect.state == "waiting"


def _targets() -> list[str]:
    """Whom people's changes are told to, apart from the authority."""
    config = settings.current()
    if config.manifest is None and config.keycloak is None:
        return []
    try:
        found = manifest.read("its products are told later")
    except ConfigurationError:
        targets = [PRODUCTS]  # a revocation is not to wait for somebody who mends a file
    else:
        targets = [PRODUCT + name for name in sorted(found.apis)] if found is not None else []
    return [*targets, KEYCLOAK] if config.keycloak is not None else targets


def plan(person: uuid.UUID, callsign: str, *events: str) -> None:
    """Write down what is to be told of somebody, in the transaction that is open; nothing where there is nobody to be told."""
    targets = _targets()
    _insert({"person": person, "callsign": callsign, "event": event, "target": target} for event in events for target in targets)


def plan_revocations(where: Any) -> None:
    """Write down that the world is to hear of revocations, in the transaction that makes them, just before it does.

    They are leased to this process, which publishes once it has committed; only if it does not, others do.

    :param where: of :class:`Issued`, which are revoked.
    """
    found: Any = Issued.select(Issued.person, Issued.callsign, Issued.serial).where(where & Issued.revoked_on.is_null()).tuples()
    by_serial = settings.current().cert_backend == "cfssl"
    rows = {(person, callsign, CA + serial if by_serial else CRL): None for person, callsign, serial in found}
    _insert({"person": person, "callsign": callsign, "event": "revoked", "target": target, **_ours()} for person, callsign, target in rows)


def _insert(rows: Iterable[dict[str, Any]]) -> None:
    wanted = list(rows)
    for start in range(0, len(wanted), FEW):
        Effect.insert_many(wanted[start : start + FEW]).execute()


def _ours() -> dict[str, Any]:
    return {"lease": uuid.uuid4(), "host": host(), "process": process(), "lease_until": clock.utcnow() + LEASE}


def _free(now: dt.datetime) -> Any:
    return Effect.lease_until.is_null() | (Effect.lease_until <= now)


def _overtakes() -> Any:
    """Whether something earlier of the same person at the same target still waits."""
    before = Effect.alias()
    same = (before.target == Effect.target) | (
        ((before.target == PRODUCTS) | (Effect.target == PRODUCTS))
        & before.target.startswith(PRODUCT[:-1])
        & Effect.target.startswith(PRODUCT[:-1])
    )
    return before.select(before.id).where((before.person == Effect.person) & (before.state == "waiting") & (before.id < Effect.id) & same)


def _due(now: dt.datetime) -> Any:
    return WAITS & (Effect.next_try <= now) & _free(now) & ~fn.EXISTS(_overtakes())


def due() -> bool:
    """Whether anything could be carried out just now; a cheap question. Needs an open connection."""
    return bool(Effect.select(Effect.id).where(_due(clock.utcnow())).limit(1).exists())


def free_dead() -> int:
    """Let others have what processes of this host were carrying out that are gone; how many that freed."""
    leased = WAITS & (Effect.host == host()) & (Effect.lease_until > clock.utcnow())
    query: Any = Effect.select(Effect.process).where(leased).distinct().tuples()
    names = [name for (name,) in query]
    dead = [name for name in names if not alive(host(), name)]
    if not dead:
        return 0
    freed: int = Effect.update(lease=None, lease_until=None).where(leased & Effect.process.in_(dead)).execute()
    return freed


def take(avoid: Collection[str] = (), only: int | None = None) -> Effect | None:
    """Lease what is to be carried out next; None when nothing is due.

    :param avoid: targets that are left alone.
    :param only: the one that is wanted, by its id.
    """
    while True:
        now = clock.utcnow()
        wanted = _due(now)
        if avoid:
            wanted &= Effect.target.not_in(list(avoid))
        if only is not None:
            wanted &= Effect.id == only
        found: Effect | None = Effect.select().where(wanted).order_by(Effect.next_try, Effect.id).first()
        if found is None:
            return None
        ours = _ours()
        if Effect.update(**ours).where((Effect.id == found.id) & WAITS & _free(now)).execute() == 1:
            found.lease = ours["lease"]
            return found


def unpublished() -> list[Effect]:
    """Revocations that the world has not heard of, in order; of those that the authority is told one by one, what is due or ours."""
    now = clock.utcnow()
    here = (Effect.host == host()) & (Effect.process == process()) & (Effect.lease_until > now)
    told = (Effect.target == CRL) | (Effect.target.startswith(CA) & (here | (_free(now) & (Effect.next_try <= now))))
    return list(Effect.select().where(WAITS & told).order_by(Effect.id))


def ours(effect: Effect) -> bool:
    """Whether this process has it in hand."""
    return effect.lease is not None and (effect.host, effect.process) == (host(), process())


def done(effects: Iterable[Effect]) -> None:
    """Record that these were carried out."""
    _each(effects, WAITS, state="done", done_on=clock.utcnow(), last_error="", lease=None, lease_until=None)


def failed(effects: Iterable[Effect], why: str) -> None:
    """Record why these were not carried out; they are tried again later, unless somebody else does so already."""
    by_attempts: dict[tuple[int, Any], list[Effect]] = {}
    for effect in effects:
        by_attempts.setdefault((effect.attempts, effect.lease), []).append(effect)
    for (attempts, lease), few in by_attempts.items():
        _each(
            few,
            WAITS & (Effect.lease.is_null() if lease is None else Effect.lease == lease),
            attempts=attempts + 1,
            next_try=clock.utcnow() + _pause(attempts + 1),
            last_error=plain(why, MAX_ERROR),
            lease=None,
            lease_until=None,
        )


def _each(effects: Iterable[Effect], guard: Any, **changes: Any) -> None:
    keys = [effect.id for effect in effects]
    for start in range(0, len(keys), FEW):
        Effect.update(**changes).where(Effect.id.in_(keys[start : start + FEW]) & guard).execute()


def _pause(attempts: int) -> dt.timedelta:
    """How long to wait after so many failures: twice as long each time, spread so that not all come at once."""
    longest = min(LONGEST, FIRST * 2 ** min(attempts - 1, 20))
    return dt.timedelta(seconds=random.uniform(max(FIRST, longest * 0.75), longest))  # noqa: S311  # no secret
