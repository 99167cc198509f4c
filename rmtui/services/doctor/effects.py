"""Health of what actions do outside the database: what keeps failing."""

from __future__ import annotations

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


def failing() -> Iterator[Finding]:
    """What waits where something fails again and again, by whom it is for."""
    if not schema.own_tables_ready():
        return
    grave = Effect.event.in_(LOCKING_OUT) | (Effect.target == effects.CRL) | Effect.target.startswith(effects.CA)
    failing = fn.MIN(Case(None, [(Effect.last_error != "", Effect.id)]))
    columns = (Effect.target, fn.COUNT(Effect.id), fn.MIN(Effect.id), failing, fn.SUM(Effect.attempts), fn.SUM(grave.cast("integer")))
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
    if not found:
        yield Finding("effects", "ok", "", tr("Nothing that is told to products, Keycloak or the CA keeps failing."))


checks = (("effects", failing),)
"""Each needs an open connection."""
