"""The one place where the time comes from. Import the module, not the function, so that a test can pin it."""

from __future__ import annotations

import datetime as dt

from rmtui.i18n import later, said_as, tr

__all__ = ["age", "stamp", "utcnow"]


_WEEK = 604_800
_UNITS = (
    (31_557_600, later("{n}y")),
    (_WEEK, later("{n}w")),
    (86_400, later("{n}d")),
    (3_600, later("{n}h")),
    (60, later("{n}m")),
    (1, later("{n}s")),
)
_FORMAT = later("%Y-%m-%d %H:%M:%SZ")


def utcnow() -> dt.datetime:
    """The present time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def age(since: dt.datetime, now: dt.datetime | None = None) -> str:
    """How long ago something was, in at most four characters: ``now``, ``45s``, ``12m``, ``3h``, ``9d``, ``14w``, ``2y``."""
    seconds = int(((now or utcnow()) - since).total_seconds())
    if seconds < 1:
        return tr("now")
    size, unit = next(each for each in _UNITS if seconds >= each[0] * (5 if each[0] == _WEEK else 1))
    return tr(unit, n=seconds // size)


def stamp(when: dt.datetime | None) -> str:
    """A time for the eye, to the second, in UTC: ten characters of date, a space, and the time; empty for none."""
    if when is None:
        return ""
    utc, shape = when.astimezone(dt.UTC), tr(_FORMAT)
    return utc.strftime(shape) if shape == _FORMAT else said_as(utc.strftime(shape), utc.strftime(_FORMAT))
