"""What the doctor finds."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from rmtui.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNREACHABLE

__all__ = ["PAGE", "SEVERITIES", "Diagnosis", "Finding", "Item", "Plan", "Repaired", "Severity", "pages"]

Severity = Literal["ok", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "ok")
"""The worst first."""

PAGE = 500
"""Rows that are looked at together; no more are in memory."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and how it is."""

    check: str
    """A stable name of what was looked at, such as ``crl``."""
    severity: Severity
    subject: str
    """Callsign, path or name that it is about; foreign text. Empty for the whole."""
    sentence: str
    repair: str = ""
    """Name of what puts it right; empty where nothing here does."""


@dataclass(frozen=True, slots=True)
class Item:
    """A finding about one row or file, with what its repair needs."""

    finding: Finding
    pk: uuid.UUID
    """Of the person, enrolment or invite."""
    about: str = ""
    """More, such as the role."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A repair that could be made."""

    repair: str
    what: str
    """What it does, as a clause to ask with."""
    number: int
    subjects: tuple[str, ...]
    """The first few; foreign text."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of one thing that was to be put right."""

    subject: str
    done: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that was found, the worst first."""

    findings: tuple[Finding, ...]
    plans: tuple[Plan, ...]
    unreachable: bool
    """Whether database or authority did not answer."""

    @property
    def exit_code(self) -> int:
        """For a monitoring probe: 0 all is well, 1 something was found, 3 database or authority did not answer."""
        if self.unreachable:
            return EXIT_UNREACHABLE
        return EXIT_DONE if all(each.severity == "ok" for each in self.findings) else EXIT_REFUSED


def pages(fetch: Callable[[Any], list[Any]], key: Callable[[Any], Any]) -> Iterator[list[Any]]:
    """Pages of rows; ``fetch`` is given the key of the last row of the page before, None at first."""
    last: Any = None
    while True:
        rows = fetch(last)
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        last = key(rows[-1])
