"""Carrying out what is due: by the console, by a timer, by whoever is there."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rmtui.auth.permissions import require_writable
from rmtui.db import effects, issuing, schema
from rmtui.db.errors import DBError, NotFound
from rmtui.db.middleware import connected, connection
from rmtui.db.own import Effect
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError, RmtuiError, UnreachableError
from rmtui.services import audit
from rmtui.services.effects.types import EffectFailed, Ran
from rmtui.text import plain

__all__ = ["anything_due", "run_due"]


@connected
def anything_due() -> bool:
    """Whether :func:`run_due` would find something to do; a cheap question."""
    return audit.ready() and effects.due()


def run_due(
    told: Callable[[str], None] | None = None, stop: threading.Event | None = None, *, most: int = 10_000, only: int | None = None
) -> Ran:
    """Carry out what is due, one after the other; nobody need be named. Nothing is done with a transaction open.

    A target that does not answer is left alone for the rest of the run.

    :param told: told what became of each, as a sentence.
    :param stop: set, when no other is to be begun.
    :param most: how many are tried.
    :param only: the one that is wanted, by its id.
    :raises DBError: the database failed; what was under way is done once more by whoever comes next.
    """
    require_writable()
    done = failed = unreachable = 0
    silent: set[str] = set()
    with connection():
        schema.migrate()
        effects.free_dead()
    while done + failed < most and not (stop is not None and stop.is_set()):
        with connection():
            effect = effects.take(silent, only)
        if effect is None:
            break
        error = _try(effect)
        if error is None:
            done += 1
        else:
            failed += 1
            unreachable += isinstance(error, UnreachableError)
            if isinstance(error, (UnreachableError, ConfigurationError)):
                silent.add(effect.target)
        if told is not None:
            told(_sentence(effect, error))
    return Ran(done, failed, unreachable)


def _sentence(effect: Effect, error: RmtuiError | None) -> str:
    what = f"{plain(effect.target, 80)}, {plain(effect.event)} {plain(effect.callsign, 80)}"
    return f"{what}: done." if error is None else f"{what}: {error.sentence}"


def _try(effect: Effect) -> RmtuiError | None:
    """Carry one out and record what became of it; why it failed, if it did."""
    error: RmtuiError | None = None
    try:
        _carry_out(effect)
    except DBError:
        raise
    except RmtuiError as refused:
        error = refused
    except Exception as unforeseen:  # noqa: BLE001  # one that nobody foresaw is not to keep the others from being carried out
        error = RmtuiError(f"It failed in a way that was not foreseen: {type(unforeseen).__name__}.")
    with connection():
        if error is None:
            effects.done([effect])
        else:
            effects.failed([effect], error.sentence)
    return error


def _publish(effect: Effect) -> None:
    """Tell of this revocation, and of every other that waits."""
    with connection():
        try:
            issuing.publish_crl()
        except RmtuiError:
            if Effect.get_by_id(effect.id).state == "waiting":
                raise  # else it was another that was refused


def _carry_out(effect: Effect) -> None:
    if effect.target == effects.CRL or effect.target.startswith(effects.CA):
        _publish(effect)
        return
    with connection():
        try:
            person = Person.by_pk(effect.person, allow_deleted=True)
        except NotFound:
            raise EffectFailed("The database knows nobody of that primary key any more; skip this.") from None
    if effect.target == effects.KEYCLOAK:
        from rmtui.services.effects import keycloak

        keycloak.tell(effect, person)
        return
    from rmtui.services.effects import products

    products.tell(effect, person)
