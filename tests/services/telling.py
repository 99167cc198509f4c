"""Deployments whose products are told of people, and what the tests of that do again and again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from making import make_enrollment
from rmtui import clock, settings
from rmtui.services import decisions

CODE = "ABCDEFGH"


def configure(tmp_path, text: str) -> None:
    """Name a manifest that says this."""
    (tmp_path / "manifest.json").write_text(text)
    settings.configure(replace(settings.current(), manifest=tmp_path / "manifest.json"))


def approve(boss, callsign: str):
    """Approve somebody who asks; their primary key."""
    return decisions.approve(boss, make_enrollment(callsign, CODE + callsign).pk, CODE + callsign).person


@contextmanager
def impatient(monkeypatch) -> Iterator[None]:
    """What hangs is soon given up. What answers must do so in time too, on a machine that has much else to do."""
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("rmtui.services.effects.products.TOTAL", 2.0)
        yield


def later(monkeypatch, hours: float = 2) -> None:
    """Let it be later."""
    now = clock.utcnow()
    monkeypatch.setattr(clock, "utcnow", lambda: now + dt.timedelta(hours=hours))


def stand_still(monkeypatch) -> None:
    """Let it be no later, however long a test takes: what is to wait seconds still waits."""
    later(monkeypatch, hours=0)
