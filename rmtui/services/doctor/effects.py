"""Health of what actions do outside the database: what keeps failing, and what nobody carries out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from peewee import Case, fn

from rmtui import clock
from rmtui.db import effects, schema
from rmtui.db.own import Effect
from rmtui.i18n import tr
from rmtui.services.doctor.types import Finding, Severity
from rmtui.services.effects.listing import keeps_failing
from rmtui.text import plain

__all__ = ["checks"]

LOCKING_OUT = ("revoked", "demoted")
"""Events that somebody must hear of, lest they let in who is out."""

NEGLECTED = dt.timedelta(minutes=15)
"""How long something may be due before whoever is to carry it out is taken to be gone; a timer that comes less often is too rare."""


def undone() -> Iterator[Finding]:
    """What is still not done though it is long since it was to be."""
    if not schema.own_tables_ready():
        return
    found = (*_failing(), *_neglected())
    yield from found
    if not found:
        yield Finding("effects", "ok", "", tr("Nothing for products, Keycloak or the CA keeps failing or is left undone."))


def _graves() -> Any:
    """How many of what is selected somebody must hear of."""
    grave = Effect.event.in_(LOCKING_OUT) | (Effect.target == effects.CRL) | Effect.target.startswith(effects.CA)
    return fn.SUM(grave.cast("integer"))


def _failing() -> Iterator[Finding]:
    """What waits where something fails again and again, by whom it is for."""
    failing = fn.MIN(Case(None, [(Effect.last_error != "", Effect.id)]))
    columns = (Effect.target, fn.COUNT(Effect.id), fn.MIN(Effect.id), failing, fn.SUM(Effect.attempts), _graves())
    found: list[Any] = list(Effect.select(*columns).where(keeps_failing()).group_by(Effect.target).order_by(Effect.target).tuples())
    for target, number, oldest, failed, attempts, graves in found:
        severity: Severity = "error" if graves else "warning"
        about = {"number": f"{number:,}", "target": plain(target, 60), "when": clock.stamp(Effect.get_by_id(oldest).created)}
        sentence = tr(
            "{number} effect(s) for {target} wait, the oldest of {when}, behind others that keep failing. See rmtui effects list "
            "--state failing.",
            **about,
        )
        if failed is not None:
            sentence = tr(
                "{number} effect(s) for {target} wait, the oldest of {when}, since telling it keeps failing ({attempts} times): "
                "{last_error} See rmtui effects list --state failing.",
                **about,
                attempts=f"{attempts:,}",
                last_error=plain(Effect.get_by_id(failed).last_error, 200),
            )
        yield Finding("effects", severity, target, sentence)


def _neglected() -> Iterator[Finding]:
    """What could have been carried out long ago, with what waits as long behind it."""
    first = Effect.select(Effect.next_try).where(effects.overdue(NEGLECTED)).order_by(Effect.next_try).first()
    if first is None:
        return
    long = (Effect.state == "waiting") & (Effect.next_try <= clock.utcnow() - NEGLECTED)
    counted: Any = Effect.select(fn.COUNT(Effect.id), _graves()).where(long).tuples()
    number, graves = counted.get()
    sentence = tr(
        "{number} effect(s) wait for somebody to carry them out, which could have been done since {when}. See that a console is open, "
        "or that a timer runs rmtui effects run --yes.",
        number=f"{number:,}",
        when=clock.stamp(first.next_try),
    )
    yield Finding("effects", "error" if graves else "warning", "", sentence)


checks = (("effects", undone),)
"""Each needs an open connection."""
