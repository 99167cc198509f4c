"""Health of what actions do outside the database: what keeps failing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peewee import fn

from rmtui import clock
from rmtui.db import effects, schema
from rmtui.db.own import Effect
from rmtui.i18n import tr
from rmtui.services.doctor.types import Finding, Severity
from rmtui.text import plain

__all__ = ["checks"]

KEEPS = 3
"""How often something has failed that keeps failing; what failed less is tried again within a minute."""
LOCKING_OUT = ("revoked", "demoted")
"""Events that somebody must hear of, lest they let in who is out."""


def failing() -> Iterator[Finding]:
    """What waits since it failed again and again, by whom it is for."""
    if not schema.own_tables_ready():
        return
    stuck = (Effect.state == "waiting") & (Effect.attempts >= KEEPS)
    grave = Effect.event.in_(LOCKING_OUT) | (Effect.target == effects.CRL) | Effect.target.startswith(effects.CA)
    columns = (Effect.target, fn.COUNT(Effect.id), fn.MIN(Effect.id), fn.SUM(grave.cast("integer")))
    found: list[Any] = list(Effect.select(*columns).where(stuck).group_by(Effect.target).order_by(Effect.target).tuples())
    for target, number, oldest, graves in found:
        first = Effect.get_by_id(oldest)
        severity: Severity = "error" if graves else "warning"
        sentence = tr(
            "{number} effect(s) for {target} keep failing, the oldest of {when} ({attempts} times): {last_error} See "
            "rmtui effects list --state failing.",
            number=f"{number:,}",
            target=plain(target, 60),
            when=clock.stamp(first.created),
            attempts=f"{first.attempts:,}",
            last_error=plain(first.last_error, 200),
        )
        yield Finding("effects", severity, target, sentence)
    if not found:
        yield Finding("effects", "ok", "", tr("Nothing that is told to products, Keycloak or the CA keeps failing."))


checks = (("effects", failing),)
"""Each needs an open connection."""
