"""Carrying out what is due: by the console, by a timer, by whoever is there."""

from __future__ import annotations

import datetime as dt
import logging
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from rmtui import logs
from rmtui.auth.permissions import require_writable
from rmtui.db import effects, issuing, schema
from rmtui.db.errors import DBError, NotFound
from rmtui.db.middleware import connected, connection
from rmtui.db.own import Effect
from rmtui.db.people import Person
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import tr
from rmtui.services import audit
from rmtui.services.effects.listing import row_of
from rmtui.services.effects.types import EffectFailed, EffectRow, NoCertificate, NoLongerSo, Ran, TakenOver
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.services.effects.keycloak import Keycloak

__all__ = ["anything_due", "carry_out_for", "run_due"]

logger = logging.getLogger("rmtui.effects")

SLOW = 1.0
"""Seconds after which a target counts as slow: it then comes after all others, so that it holds up none of them."""


@connected
def anything_due() -> bool:
    """Whether :func:`run_due` would find something to do; a cheap question."""
    return audit.ready() and effects.due()


def run_due(
    told: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
    *,
    most: int = 10_000,
    only: Sequence[int] = (),
    people: Sequence[uuid.UUID] = (),
    seconds: float | None = None,
    now: bool = False,
    why: dict[int, str] | None = None,
) -> Ran:
    """Carry out what is due, one after the other; nobody need be named. Nothing is done with a transaction open.

    A target that does not answer is left alone for the rest of the run, and one that is slow comes after the others.

    :param told: told what became of each, as a sentence.
    :param stop: set, when no other is to be begun.
    :param most: how many are tried.
    :param only: those that are wanted, by their ids; all when there are none.
    :param people: whose are wanted; everybody's when there are none.
    :param seconds: after which no other is begun.
    :param now: what waits for its next try is due too.
    :param why: filled with why each failed that did, by its id, in the operator's language.
    :raises DBError: the database failed; what was under way is done once more by whoever comes next.
    """
    require_writable()
    end = None if seconds is None else time.monotonic() + seconds
    with connection():
        schema.migrate()
        effects.free_dead()
        effects.prune()
        if now:
            effects.hurry()
    line = _Line(only, [people[start : start + effects.FEW] for start in range(0, len(people), effects.FEW)] or [()])
    outside = _Outside()
    done = failed = unreachable = skipped = 0
    while done + failed + skipped < most and not (stop is not None and stop.is_set()) and (end is None or time.monotonic() < end):
        effect = line.take()
        if effect is None:
            break
        begun = time.monotonic()
        error = _try(effect, outside)
        line.tried(effect, error, time.monotonic() - begun)
        if isinstance(error, TakenOver):
            continue
        if error is None:
            done += 1
        elif isinstance(error, NoLongerSo):
            skipped += 1
        else:
            failed += 1
            unreachable += isinstance(error, UnreachableError)
            if why is not None:
                why[effect.id] = error.sentence
        if told is not None:
            told(_sentence(effect, error))
    return Ran(done, failed, unreachable, skipped)


class _Line:
    """Whose turn it is in one run."""

    def __init__(self, only: Sequence[int], groups: list[Sequence[uuid.UUID]]) -> None:
        self._only, self._groups = only, groups
        self._silent: set[str] = set()
        self._slow: set[str] = set()

    def take(self) -> Effect | None:
        with connection():
            for avoid in (self._silent | self._slow, self._silent) if self._slow else (self._silent,):
                for few in self._groups:
                    effect = effects.take(avoid, self._only, few)
                    if effect is not None:
                        return effect
        return None

    def tried(self, effect: Effect, error: RmtuiError | None, seconds: float) -> None:
        if error is not None and effects.nobody_answers(error):
            self._silent.add(effect.target)
        elif seconds >= SLOW:
            self._slow.add(effect.target)


class _Outside:
    """Keycloak and the products in one run: what is shown and believed there is read once, and Keycloak signed in to once."""

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        from rmtui.pki.mutual_tls import client_context

        return client_context()

    @cached_property
    def _keycloak(self) -> Keycloak:
        from rmtui.services.effects.keycloak import Keycloak  # which takes a while

        return Keycloak(lambda: self._tls)

    def way(self, effect: Effect) -> Callable[[Effect, Person, Callable[[], None]], None]:
        """How it is told; what takes a while to make ready is ready then."""
        if effect.target == effects.KEYCLOAK:
            return self._keycloak.tell
        from rmtui.services.effects import products

        return lambda effect, person, hold: products.tell(effect, person, lambda: self._tls, hold)


def carry_out_for(people: Sequence[uuid.UUID], since: dt.datetime, stop: threading.Event, seconds: float) -> tuple[EffectRow, ...]:
    """Carry out what is due for some people, as far as there is time.

    :return: all of theirs that was planned since then, or waits now; in order. Why one failed just now is in the operator's language.
    """
    why: dict[int, str] = {}
    run_due(stop=stop, people=people, seconds=seconds, why=why)
    rows: list[Effect] = []
    with connection():
        for start in range(0, len(people), effects.FEW):
            theirs = Effect.person.in_(people[start : start + effects.FEW])
            rows.extend(Effect.select().where(theirs & ((Effect.created >= since) | (Effect.state == "waiting"))))
    told = (row_of(row) for row in sorted(rows, key=lambda row: int(row.id)))
    return tuple(replace(row, last_error=why[row.id]) if row.failing and row.id in why else row for row in told)


def _sentence(effect: Effect, error: RmtuiError | None) -> str:
    about = {"target": plain(effect.target, 80), "event": tr(effect.event), "callsign": plain(effect.callsign, 80)}
    if error is None:
        return tr("{target}, {event} {callsign}: done.", **about)
    if isinstance(error, NoLongerSo):
        return tr("{target}, {event} {callsign}: skipped. {error}", **about, error=error.sentence)
    return tr("{target}, {event} {callsign}: {error}", **about, error=error.sentence)


def _try(effect: Effect, outside: _Outside) -> RmtuiError | None:
    """Carry one out and record what became of it, unless somebody else does; why it was not, if it was not."""
    error: RmtuiError | None = None
    try:
        _carry_out(effect, outside)
    except DBError:
        raise
    except TakenOver as theirs:
        return theirs
    except RmtuiError as refused:
        error = refused
    except Exception as unforeseen:  # noqa: BLE001  # one that nobody foresaw is not to keep the others from being carried out
        logs.unforeseen(logger, unforeseen, effect.id)
        error = RmtuiError(tr("It failed in a way that was not foreseen: {kind}.", kind=type(unforeseen).__name__))
    with connection():
        if error is None:
            effects.done([effect])
            if effect.attempts or effect.last_error:
                effects.bring_forward(effect.target)
        elif isinstance(error, NoLongerSo):
            effects.skipped(effect, error.sentence)
        else:
            effects.failed([effect], error)
            if effects.nobody_answers(error) and not effects.of_authority(effect.target):
                effects.put_off(effect, error)
    return error


def _publish(effect: Effect) -> None:
    """Tell of this revocation, and of every other that waits."""
    with connection():
        try:
            issuing.publish_crl()
        except RmtuiError:
            if Effect.get_by_id(effect.id).state == "waiting":
                raise  # else it was another that was refused


def _carry_out(effect: Effect, outside: _Outside) -> None:
    if effects.of_authority(effect.target):
        _publish(effect)
        return
    tell = outside.way(effect)
    with connection():
        try:
            person = Person.by_pk(effect.person, allow_deleted=True)
        except NotFound:
            raise EffectFailed(tr("The database knows nobody of that primary key any more; skip this.")) from None
        _check_still_so(effect, person)
    try:
        tell(effect, person, lambda: _hold(effect))
    except NoCertificate as error:
        with connection():
            taken_since = effects.waits_after(effect, "demoted", "revoked")
        if not taken_since:
            raise
        why = tr("{error} The demotion or revocation that comes after it does not wait for that, so nobody was told.", error=error.sentence)
        raise NoLongerSo(why) from None


def _check_still_so(effect: Effect, person: Person) -> None:
    """Whether what is to be told is so, or is made good by what waits after it; a web page changes people and tells nobody of it here.

    The person is looked at first: whatever changes them here plans what is to be told of that in the same transaction.

    :raises NoLongerSo: neither.
    """
    if person.deleted is not None:
        if effect.event != "revoked" and not effects.waits_after(effect, "revoked"):
            raise NoLongerSo(tr("They have been revoked meanwhile, not from here, so nobody was told."))
    elif effect.event == "promoted":
        if not person.has_role(effects.ADMIN) and not effects.waits_after(effect, "demoted", "revoked"):
            raise NoLongerSo(tr("They are no admin any more, which was not changed from here, so nobody was told."))
    elif effect.event == "demoted" and person.has_role(effects.ADMIN) and not effects.waits_after(effect, "promoted", "revoked"):
        raise NoLongerSo(tr("They are an admin again, which was not changed from here, so nobody was told."))


def _hold(effect: Effect) -> None:
    """Said just before anything is sent.

    :raises TakenOver: this process was stopped for so long that it is no longer ours; whatever came after it may have been sent.
    """
    with connection():
        if not effects.hold(effect):
            raise TakenOver(tr("Somebody else has carried this out, or is about it; it was left to them."))
