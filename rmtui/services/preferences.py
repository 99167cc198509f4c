"""What the console remembers from one day to the next: how each list was sorted, whether it rings, its title, its zone and its look."""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from rmtui import settings
from rmtui.errors import RmtuiError

__all__ = ["Preferences", "load", "save"]

logger = logging.getLogger("rmtui.preferences")
Query = TypeVar("Query")

NOT_AT_FIRST: Mapping[str, tuple[str, ...]] = {"enrolments": ("decided", "by"), "people": ("revoked", "reason")}
"""Orders by what the list has not when it opens, with those who wait or are in."""
LARGEST = 100_000
"""Bytes of a file that was written here; a longer one is another's."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What is remembered. None of it matters to anything but the eye and the ear."""

    sorts: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    """Name of a list → what it is sorted by, and whether that is turned round."""
    bell: bool = True
    """Whether the terminal's bell rings when somebody new asks to come in."""
    title: bool = True
    """Whether the terminal's title tells how many wait."""
    utc: bool = False
    """Whether times were last told in UTC."""
    theme: str = ""
    """One of :data:`rmtui.settings.LOOKS` that was chosen in the palette; empty while none was."""

    def applied(self, name: str, query: Query) -> Query:
        """A list's query in the order that is remembered, if it knows that order and opens with what that is about."""
        sort, reverse = self.sorts.get(name, ("", False))
        if sort in NOT_AT_FIRST.get(name, ()):
            return query
        known = get_args(get_type_hints(type(query))["sort"])
        return replace(query, sort=sort, reverse=reverse) if sort in known else query  # type: ignore[type-var]

    def sorted(self, name: str, sort: str, reverse: bool) -> Preferences:
        """The same, with this order of a list remembered."""
        return replace(self, sorts={**self.sorts, name: (sort, reverse)})


def _path() -> Path:
    return settings.current().state_dir / "console.json"


def load() -> Preferences:
    """What is remembered; a file that is missing or makes no sense is as if there were none."""
    try:
        path = _path()
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "no plain file")
        with path.open("rb") as file:
            found = json.loads(file.read(LARGEST))
    except FileNotFoundError:
        return Preferences()
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("what the console remembers cannot be read: %s", type(error).__name__)
        return Preferences()
    found = found if isinstance(found, dict) else {}
    sorts, bell, title, utc, theme = (found.get(name) for name in ("sorts", "bell", "title", "utc", "theme"))
    return Preferences(
        {name: (each[0], each[1]) for name, each in sorts.items() if _is_sort(each)} if isinstance(sorts, dict) else {},
        bell if isinstance(bell, bool) else True,
        title if isinstance(title, bool) else True,
        utc is True,
        theme if isinstance(theme, str) and theme in settings.LOOKS else "",
    )


def _is_sort(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], bool)


def save(preferences: Preferences) -> None:
    """Remember this instead. That it cannot be written is logged, and no more: the next console opens as if it had not been said."""
    from rmtui.pki.files import make_dir, write_file

    path = _path()
    sorts = {name: list(each) for name, each in preferences.sorts.items()}
    told = {name: getattr(preferences, name) for name in ("bell", "title", "utc", "theme")}
    data = json.dumps({"sorts": sorts, **told})
    try:
        make_dir(path.parent, 0o700)
        write_file(path, data.encode(), 0o600)
    except RmtuiError as error:
        logger.warning("what the console remembers cannot be written: %s", error)
