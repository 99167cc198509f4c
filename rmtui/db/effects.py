"""What actions do outside their rows: planned in the transaction that acts, carried out afterwards, in order, at least once.

Whoever carries one out holds a lease on it, which is a guarded update; nothing is done with a transaction open. What fails is tried
again, ever later; whoever does not answer is asked once, and all that waits there waits. A crash after something was done and before
that was recorded does it once more.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from peewee import fn

from rmtui import clock, settings
from rmtui.db import manifest
from rmtui.db.own import Effect, Issued
from rmtui.db.process import alive, host, process
from rmtui.errors import ConfigurationError, RmtuiError, UnreachableError
from rmtui.i18n import english, tr
from rmtui.text import plain

__all__ = [
    "ADMIN",
    "CA",
    "CRL",
    "FEW",
    "KEYCLOAK",
    "PRODUCT",
    "PRODUCTS",
    "Noted",
    "bring_forward",
    "done",
    "due",
    "failed",
    "free_dead",
    "hold",
    "hurry",
    "nobody_answers",
    "of_authority",
    "noting",
    "ours",
    "overdue",
    "plan",
    "plan_publishing",
    "plan_revocations",
    "plan_untold",
    "prune",
    "put_off",
    "skipped",
    "take",
    "unpublished",
    "waits_after",
]

CA, CRL, KEYCLOAK, PRODUCT, PRODUCTS = "ca:", "crl", "keycloak", "product:", "products"
"""Targets; ``CA`` and ``PRODUCT`` are followed by a serial and a name."""

ADMIN = "admin"
"""The role of those who decide, which products and Keycloak know of too."""

LEASE = dt.timedelta(minutes=2)
"""How long one attempt may take before somebody else makes another."""
FIRST, LONGEST, LONGEST_SILENT = 5.0, 3600.0, 300.0
"""Seconds between the first two attempts, the most there ever are, and the most where nobody answers, who may be back any time."""
KEPT = dt.timedelta(days=90)
"""How long what was done or skipped is kept; the audit trail keeps the action for good."""
MAX_ERROR = 500
"""Characters kept of why something failed."""
FEW = 50
"""Rows written, or keys named, in one statement."""

WAITS = Effect.state == "waiting"


@dataclass(frozen=True, slots=True)
class Noted:
    """Of whom something was planned."""

    since: dt.datetime
    people: dict[uuid.UUID, None] = field(default_factory=dict)
    """Primary keys, in order."""


_noted: ContextVar[Noted | None] = ContextVar("_noted", default=None)


@contextmanager
def noting() -> Iterator[Noted]:
    """Note of whom something is planned in the block, by this thread and those that run in its context; of what is taken back too."""
    noted = Noted(clock.utcnow())
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def _targets() -> list[str]:
    """Whom people's changes are told to, apart from the authority."""
    config = settings.current()
    if config.manifest is None and config.keycloak is None:
        return []
    try:
        found = manifest.read(tr("its products are told later"))
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


def plan_publishing(person: uuid.UUID, callsign: str) -> None:
    """Write down that the world is to hear of a certificate that was signed for somebody."""
    _insert([{"person": person, "callsign": callsign, "event": "created", "target": CRL}])


def plan_untold(revocations: Iterable[tuple[uuid.UUID, str, str]]) -> None:
    """Write down that the authority is to be told of these, one by one, unless that was written down before.

    :param revocations: person, callsign and serial of each.
    """
    query: Any = Effect.select(Effect.target).where(Effect.target.startswith(CA)).tuples()
    known = {target for (target,) in query}
    rows = [{"person": person, "callsign": callsign, "event": "revoked", "target": CA + serial} for person, callsign, serial in revocations]
    _insert(row for row in rows if row["target"] not in known)


def _insert(rows: Iterable[dict[str, Any]]) -> None:
    wanted = list(rows)
    noted = _noted.get()
    if noted is not None:
        noted.people.update((row["person"], None) for row in wanted)
    for start in range(0, len(wanted), FEW):
        Effect.insert_many(wanted[start : start + FEW]).execute()


def _ours() -> dict[str, Any]:
    return {"lease": uuid.uuid4(), "host": host(), "process": process(), "lease_until": clock.utcnow() + LEASE}


def _free(now: dt.datetime) -> Any:
    return Effect.lease_until.is_null() | (Effect.lease_until <= now)


def _together(one: Any, other: Any) -> Any:
    """Whether two are of the same person at the same target; all products are each of them."""
    both_products = one.target.startswith(PRODUCT[:-1]) & other.target.startswith(PRODUCT[:-1])
    all_products = (one.target == PRODUCTS) | (other.target == PRODUCTS)
    return (one.person == other.person) & ((one.target == other.target) | (both_products & all_products))


def _overtakes() -> Any:
    """Whether something earlier of the same person at the same target still waits."""
    before = Effect.alias()
    return before.select(before.id).where((before.state == "waiting") & (before.id < Effect.id) & _together(before, Effect))


def waits_after(effect: Effect, *events: str) -> bool:
    """Whether one of these, planned later for the same person at the same target, still waits. Needs an open connection."""
    after = Effect.alias()
    of_these = (Effect.id == effect.id) & (after.id > effect.id) & (after.state == "waiting") & after.event.in_(events)
    return bool(after.select(after.id).join(Effect, on=_together(after, Effect)).where(of_these).limit(1).exists())


def _due(now: dt.datetime) -> Any:
    return WAITS & (Effect.next_try <= now) & _free(now) & ~fn.EXISTS(_overtakes())


def overdue(age: dt.timedelta) -> Any:
    """What could have been carried out all that time and was in nobody's hands; not what waits behind something else."""
    return _due(clock.utcnow() - age)


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


_TURNS = (Effect.next_try, Effect.attempts, Effect.id)
"""Of those that wait for the same moment, who failed least comes first: what one message does to a product keeps no other from it."""


def take(avoid: Collection[str] = (), only: Sequence[int] = (), people: Sequence[uuid.UUID] = ()) -> Effect | None:
    """Lease what is to be carried out next; None when nothing is due.

    :param avoid: targets that are left alone.
    :param only: those that are wanted, by their ids; all when there are none.
    :param people: whose are wanted, a few; everybody's when there are none.
    """
    while True:
        now = clock.utcnow()
        wanted = _due(now)
        if avoid:
            wanted &= Effect.target.not_in(list(avoid))
        if only:
            wanted &= Effect.id.in_(list(only))
        if people:
            wanted &= Effect.person.in_(list(people))
        found: Effect | None = Effect.select().where(wanted).order_by(*_TURNS).first()
        if found is None:
            return None
        ours = _ours()
        if Effect.update(**ours).where((Effect.id == found.id) & WAITS & _free(now)).execute() == 1:
            found.lease = ours["lease"]
            return found


def hold(effect: Effect) -> bool:
    """Take all the time again that an attempt may take; whether it is ours still, which somebody else makes when it has run out."""
    ours = (Effect.id == effect.id) & WAITS & (Effect.lease == effect.lease)
    held: int = Effect.update(lease_until=clock.utcnow() + LEASE).where(ours).execute()
    return held == 1


def unpublished(*, at_once: bool = False) -> list[Effect]:
    """What the world has not heard of, in order; of revocations that the authority is told one by one, those that are due or ours.

    :param at_once: whether those are too that failed and are to wait.
    """
    now = clock.utcnow()
    here = (Effect.host == host()) & (Effect.process == process()) & (Effect.lease_until > now)
    free = _free(now) if at_once else _free(now) & (Effect.next_try <= now)
    told = (Effect.target == CRL) | (Effect.target.startswith(CA) & (here | free))
    return list(Effect.select().where(WAITS & told).order_by(Effect.id))


def ours(effect: Effect) -> bool:
    """Whether this process has it in hand."""
    return effect.lease is not None and (effect.host, effect.process) == (host(), process())


def done(effects: Iterable[Effect]) -> None:
    """Record that these were carried out."""
    _each(effects, WAITS, state="done", done_on=clock.utcnow(), last_error="", lease=None, lease_until=None)


def skipped(effect: Effect, reason: str) -> None:
    """Record, in English, why this is not carried out any more."""
    changes = {"state": "skipped", "done_on": clock.utcnow(), "last_error": plain(english(reason), MAX_ERROR)}
    _each([effect], WAITS & (Effect.lease == effect.lease), **changes, lease=None, lease_until=None)


def of_authority(target: str) -> bool:
    """Whether a target is the CA, or the CRL."""
    return target == CRL or target.startswith(CA)


def nobody_answers(error: RmtuiError) -> bool:
    """Whether others at the same target would fail in the same way."""
    return isinstance(error, (UnreachableError, ConfigurationError))


def failed(effects: Iterable[Effect], error: RmtuiError) -> None:
    """Record why these were not carried out, in English; they are tried again later, unless somebody else does so already."""
    by_attempts: dict[tuple[int, Any], list[Effect]] = {}
    for effect in effects:
        by_attempts.setdefault((effect.attempts, effect.lease), []).append(effect)
    for (attempts, lease), few in by_attempts.items():
        _each(
            few,
            WAITS & (Effect.lease.is_null() if lease is None else Effect.lease == lease),
            attempts=attempts + 1,
            next_try=clock.utcnow() + _pause(attempts + 1, LONGEST_SILENT if nobody_answers(error) else LONGEST),
            last_error=plain(english(error.sentence), MAX_ERROR),
            lease=None,
            lease_until=None,
        )


def put_off(effect: Effect, error: RmtuiError) -> None:
    """Let all that waits where nobody answered wait, the longer the more was tried there in vain, and say why."""
    now = clock.utcnow()
    there = WAITS & (Effect.target == effect.target)
    tried: Any = Effect.select(fn.SUM(Effect.attempts)).where(there).scalar()
    until = now + _pause(max(int(tried or 0), 1), LONGEST_SILENT)
    sooner = there & (Effect.next_try < until) & _free(now)
    Effect.update(next_try=until, last_error=plain(english(error.sentence), MAX_ERROR)).where(sooner).execute()


def bring_forward(target: str) -> None:
    """Let what was put off at a target that answers again be tried now."""
    now = clock.utcnow()
    Effect.update(next_try=now).where(WAITS & (Effect.target == target) & (Effect.attempts == 0) & (Effect.next_try > now)).execute()


def hurry() -> None:
    """Let all that waits for its next try be tried now."""
    now = clock.utcnow()
    Effect.update(next_try=now).where(WAITS & (Effect.next_try > now)).execute()


def prune(most: int = 1_000) -> int:
    """Remove what was done or skipped long ago, looking at no more than the oldest few; how many were. Needs an open connection."""
    oldest = Effect.select(Effect.id).order_by(Effect.id).limit(most)
    removed: int = Effect.delete().where(Effect.id.in_(oldest) & ~WAITS & (Effect.done_on < clock.utcnow() - KEPT)).execute()
    return removed


def _each(effects: Iterable[Effect], guard: Any, **changes: Any) -> None:
    keys = [effect.id for effect in effects]
    for start in range(0, len(keys), FEW):
        Effect.update(**changes).where(Effect.id.in_(keys[start : start + FEW]) & guard).execute()


def _pause(attempts: int, most: float = LONGEST) -> dt.timedelta:
    """How long to wait after so many failures: twice as long each time, spread so that not all come at once."""
    longest = min(most, FIRST * 2 ** min(attempts - 1, 20))
    return dt.timedelta(seconds=random.uniform(max(FIRST, longest * 0.75), longest))  # noqa: S311  # no secret
