"""What the services of effects take and give."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Literal

from rmtui.db.effects import of_authority
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import later
from rmtui.services.types import Count

__all__ = [
    "EffectFailed",
    "EffectQuery",
    "EffectRow",
    "NoCertificate",
    "NoLongerSo",
    "NotWaiting",
    "Ran",
    "TakenOver",
    "TargetUnreachable",
    "Undone",
]

_WORDS = (
    *(later("created"), later("revoked"), later("promoted"), later("demoted"), later("reissued")),
    *(later("waiting"), later("failing"), later("done"), later("skipped")),
)
"""Words for events and states: kept as they are, and shown in the operator's language, ``tr(row.event)``."""


class EffectFailed(RmtuiError):
    """Whoever was told would not have it."""

    title = later("Not carried out")


class NoCertificate(EffectFailed):
    """There is no certificate of the person's own to tell of."""


class TargetUnreachable(UnreachableError):
    """Whoever was to be told does not answer."""


class NoLongerSo(RmtuiError):
    """What was to be told has been overtaken: by the deployment's web page, or by what was taken from the person since."""


class TakenOver(RmtuiError):
    """Whoever carried it out was held up until somebody else did, or settled it."""


class NotWaiting(RmtuiError):
    """The effect is done or skipped, or somebody is carrying it out."""

    title = later("Not waiting")


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Something that an action does outside its row."""

    id: int
    created: dt.datetime
    person: uuid.UUID
    callsign: str
    event: str
    """``created``, ``revoked``, ``promoted``, ``demoted`` or ``reissued``."""
    target: str
    """``product:`` and its name, ``products``, ``keycloak``, ``crl``, or ``ca:`` and a serial."""
    state: Literal["waiting", "done", "skipped"]
    attempts: int
    """How often it failed."""
    next_try: dt.datetime | None
    """When it is tried again; None unless it waits."""
    last_error: str
    """Why it failed last, waits without having been tried, or was skipped; harmless."""
    done_on: dt.datetime | None

    @property
    def failing(self) -> bool:
        """Whether it waits since it failed, or since nobody answers there."""
        return self.state == "waiting" and bool(self.last_error)

    @property
    def of_authority(self) -> bool:
        """Whether it is the CA that is told, or the CRL published."""
        return of_authority(self.target)


@dataclass(frozen=True, slots=True)
class EffectQuery:
    """Which effects a list shows, those planned first at its head."""

    state: Literal["waiting", "failing", "done", "skipped", "all"] = "waiting"
    """``failing`` are those that fail, and all that wait where something keeps failing."""
    text: str = ""
    """Only those whose callsign, event, target or error holds each of these words."""
    reverse: bool = False
    target: str = ""
    """Only those for this target; all when it is empty."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run came to."""

    done: int = 0
    failed: int = 0
    unreachable: int = 0
    """Of those that failed, how many did since nobody answered."""
    skipped: int = 0
    """How many were not told, since what was to be told is no longer so."""

    @property
    def tried(self) -> int:
        """How many were looked at, whatever became of them."""
        return self.done + self.failed + self.skipped

    def __add__(self, other: Ran) -> Ran:
        both = (getattr(self, each) + getattr(other, each) for each in ("done", "failed", "unreachable", "skipped"))
        return Ran(*both)


@dataclass(frozen=True, slots=True)
class Undone:
    """What is still to be done."""

    waits: bool
    """Whether anything is, now or later."""
    failing: Count
    """How many wait since they failed, since nobody answers there, or where something keeps failing."""
