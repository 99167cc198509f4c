"""The one place where the time comes from. Import the module, not the function, so that a test can pin it."""

from __future__ import annotations

import datetime as dt

__all__ = ["age", "stamp", "utcnow"]


def utcnow() -> dt.datetime:
    """The present time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def age(since: dt.datetime, now: dt.datetime | None = None) -> str:
    """How long ago something was, in at most four characters: ``now``, ``45s``, ``12m``, ``3h``, ``9d``, ``14w``, ``2y``."""
    seconds = int(((now or utcnow()) - since).total_seconds())
    if seconds < 1:
        return "now"
    for size, unit in ((31_557_600, "y"), (604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "m")):
        if unit == "w" and seconds < 5 * size:
            continue
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def stamp(when: dt.datetime | None) -> str:
    """A time for the eye, to the second, in UTC; empty for none."""
    return "" if when is None else when.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S") + "Z"
