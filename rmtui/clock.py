"""The one place where the time comes from, and is told. Import the module, not the function, so that a test can pin it."""

from __future__ import annotations

import datetime as dt
import time

from rmtui.i18n import later, said_as, tr

__all__ = ["age", "day", "elsewhere", "hour", "in_utc", "minute", "stamp", "use_utc", "utcnow", "zone"]


_WEEK = 604_800
_UNITS = (
    (31_557_600, later("{n}y")),
    (_WEEK, later("{n}w")),
    (86_400, later("{n}d")),
    (3_600, later("{n}h")),
    (60, later("{n}m")),
    (1, later("{n}s")),
)
_SECOND, _MINUTE, _DAY, _HOUR = later("%Y-%m-%d %H:%M:%S"), later("%Y-%m-%d %H:%M"), later("%Y-%m-%d"), later("%H:%M")
_IN_UTC = later("{time}Z")

_utc = False


def utcnow() -> dt.datetime:
    """The present time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def use_utc(wanted: bool) -> None:
    """Tell times in UTC from now on, or in the local zone. What has been said stays as it was said."""
    global _utc
    _utc = wanted


def in_utc() -> bool:
    """Whether UTC was chosen."""
    return _utc


def elsewhere() -> bool:
    """Whether the local zone is another than UTC."""
    return bool(time.timezone or time.daylight)


def zone() -> str:
    """The zone that times are told in: ``UTC``, ``EET/EEST``, ``+03``."""
    return "UTC" if _utc or not elsewhere() else "/".join(dict.fromkeys(time.tzname[: 1 + bool(time.daylight)]))


def age(since: dt.datetime, now: dt.datetime | None = None) -> str:
    """How long ago something was, in at most four characters: ``now``, ``45s``, ``12m``, ``3h``, ``9d``, ``14w``, ``2y``."""
    seconds = int(((now or utcnow()) - since).total_seconds())
    if seconds < 1:
        return tr("now")
    size, unit = next(each for each in _UNITS if seconds >= each[0] * (5 if each[0] == _WEEK else 1))
    return tr(unit, n=seconds // size)


def stamp(when: dt.datetime | None) -> str:
    """A time for the eye, to the second: ten characters of date, a space, the time, and its zone; empty for none. In English it is UTC."""
    return "" if when is None else _told(when, _SECOND)


def minute(when: dt.datetime) -> str:
    """As :func:`stamp`, to the minute."""
    return _told(when, _MINUTE)


def day(when: dt.datetime) -> str:
    """The date alone."""
    return _told(when, _DAY, zoned=False)


def hour(when: dt.datetime) -> str:
    """Hour and minute, with the zone where that is UTC."""
    return _told(when, _HOUR, zoned=None)


def _told(when: dt.datetime, shape: str, zoned: bool | None = True) -> str:
    """A time in the zone and the language of the operator that remembers its UTC and English."""
    utc, here = when.astimezone(dt.UTC), _here(when)
    text, known = here.strftime(tr(shape)), utc.strftime(shape)
    if zoned is not False:
        known = _IN_UTC.format(time=known)
        if here.tzinfo is dt.UTC:
            text = tr(_IN_UTC, time=text)
        elif zoned:
            text = f"{text} {here.tzname() or here.strftime('%z')}"
    return text if text == known else said_as(str(text), known)


def _here(when: dt.datetime) -> dt.datetime:
    """The time in the zone that times are told in."""
    utc = when.astimezone(dt.UTC)
    if _utc:
        return utc
    try:
        local = utc.astimezone()
    except (OverflowError, ValueError):  # the end of all time has no other zone
        return utc
    return local if elsewhere() or local.utcoffset() else utc
