"""The one place where the time comes from, is told and is read. Import the module, not the function, so that a test can pin it."""

from __future__ import annotations

import datetime as dt
import re
import time

from rmtui.i18n import later, said_as, tr

__all__ = ["READABLE", "age", "day", "elsewhere", "hour", "in_utc", "minute", "read", "stamp", "use_utc", "utcnow", "zone"]


_WEEK = 604_800
_YEAR = 31_557_600
_UNITS = (
    (_YEAR, later("{n}y")),
    (_WEEK, later("{n}w")),
    (86_400, later("{n}d")),
    (3_600, later("{n}h")),
    (60, later("{n}m")),
    (1, later("{n}s")),
)
_TYPED = {"s": 1, "m": 60, "min": 60, "h": 3_600, "t": 3_600, "d": 86_400, "pv": 86_400, "w": _WEEK, "vk": _WEEK, "y": _YEAR, "v": _YEAR}
"""Seconds of the units that are typed, as any language shows them."""
_SECOND, _MINUTE, _DAY, _HOUR = later("%Y-%m-%d %H:%M:%S"), later("%Y-%m-%d %H:%M"), later("%Y-%m-%d"), later("%H:%M")
_IN_UTC = later("{time}Z")
_AGO = re.compile(r"(\d{1,6})\s?([a-z]+)", re.ASCII)
_DOTTED = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})(?:\s+(\d\d?)(?:[.:](\d\d)(?:[.:](\d\d))?)?)?(\s*[A-Z+-].*)?", re.ASCII)
_ZONED = re.compile(r"(.*\d)\s*(Z|[A-Za-z]{3,}|[+-]\d\d(?::?\d\d)?)", re.ASCII)

READABLE = later(
    '2h, 3d and the like, or a date, 2026-11-20 or 20.11.2026, with a time 2026-11-20T10:00 or "20.11.2026 10.00", with Z in UTC'
)
"""What :func:`read` takes, as the end of a sentence."""

_utc = False


def utcnow() -> dt.datetime:
    """The present time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def use_utc(wanted: bool) -> None:
    """Tell and read times in UTC from now on, or in the local zone. What has been said stays as it was said."""
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


def read(text: str, now: dt.datetime) -> dt.datetime:
    """A time as an operator writes it, in any language: ``2h`` ago and the like, a date, or a date and time; without a zone in that
    which times are told in.

    :raises ValueError: it is none.
    :raises OverflowError: it is before all time, or after.
    """
    ago = _AGO.fullmatch(text)
    if ago and ago[2] in _TYPED:
        return now - dt.timedelta(seconds=int(ago[1]) * _TYPED[ago[2]])
    dotted = _DOTTED.fullmatch(text)
    if dotted:
        day, month, year, hour, minute, second, named = dotted.groups("0")
        text = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second:0>2}{named if dotted[7] else ''}"
    try:
        found, named = dt.datetime.fromisoformat(text), ""
    except ValueError:
        parts = _ZONED.fullmatch(text)
        if parts is None:
            raise
        found, named = dt.datetime.fromisoformat(parts[1]), parts[2]
    if named:
        found = _zoned(found, named)
    elif found.tzinfo is None:
        found = found.replace(tzinfo=dt.UTC) if _utc else found.astimezone()
    return found.astimezone(dt.UTC)


def _zoned(found: dt.datetime, named: str) -> dt.datetime:
    """A time in the zone that is named behind it: UTC, an offset, or what the local zone is called then."""
    if found.tzinfo is not None:
        raise ValueError(named)
    if named in {"Z", "UTC"} or named[0] in "+-":
        return dt.datetime.fromisoformat(f"{found.isoformat()}{'+00:00' if named in {'Z', 'UTC'} else named}")
    for fold in (0, 1):
        local = found.replace(fold=fold).astimezone()
        if local.tzname() == named:
            return local
    raise ValueError(named)
