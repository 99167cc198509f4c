"""What the doctor finds."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from rmtui.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNREACHABLE
from rmtui.i18n import later
from rmtui.services.bulk import Target

__all__ = ["PAGE", "SEVERITIES", "Checked", "Diagnosis", "Fault", "Finding", "Item", "Plan", "Severity", "Step", "pages"]

Severity = Literal["ok", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "ok")
"""The worst first; shown as ``tr(severity)``."""
_WORDS = (later("error"), later("warning"), later("ok"))

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
class Checked:
    """How far a check of many has come."""

    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Step:
    """How far an examination has come."""

    check: str
    """Name of the check that is run, or was."""
    checked: Checked | None = None
    """Of how many it has looked at how many; None for one that is about the whole."""
    findings: tuple[Finding, ...] | None = None
    """What it found; None while it runs."""


@dataclass(frozen=True, slots=True)
class Fault(Target):
    """One thing that can be put right, as it was shown."""

    about: str = ""
    """More, such as the role."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A repair that could be made."""

    repair: str
    what: str
    """What it does, as a clause to ask with."""
    number: int
    """How many findings it would put right."""
    faults: tuple[Fault, ...]
    """What it acts on, one by one, no more than :data:`rmtui.services.doctor.repairs.MOST` at a time; frozen now."""
    grave: bool = False
    """Whether somebody's certificate is taken from them."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that was found, the worst first."""

    findings: tuple[Finding, ...]
    plans: tuple[Plan, ...]
    unreachable: bool
    """Whether database or authority did not answer."""

    @property
    def troubles(self) -> tuple[Finding, ...]:
        """What is not well."""
        return tuple(each for each in self.findings if each.severity != "ok")

    @property
    def exit_code(self) -> int:
        """For a monitoring probe: 0 all is well, 1 something was found, 3 database or authority did not answer."""
        if self.unreachable:
            return EXIT_UNREACHABLE
        return EXIT_REFUSED if self.troubles else EXIT_DONE


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
