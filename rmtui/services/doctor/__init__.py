"""Health of a deployment, and disagreements between its rows, its files and its authority, with a repair for each."""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from rmtui import logs
from rmtui.db.middleware import connection
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import tr
from rmtui.services.deployment import open_deployment
from rmtui.services.doctor import database, effects, host, own_files, people_files, products, repairs, rows
from rmtui.services.doctor.repairs import REPAIRS, check_may_repair, repair, targets_of
from rmtui.services.doctor.types import SEVERITIES, Checked, Diagnosis, Fault, Finding, Item, Plan, Severity, Step
from rmtui.text import plain

__all__ = [
    "CHECKS",
    "REPAIRS",
    "SEVERITIES",
    "Checked",
    "Diagnosis",
    "Fault",
    "Finding",
    "Plan",
    "Severity",
    "Step",
    "check_may_repair",
    "examine",
    "repair",
    "targets_of",
    "usable",
]

logger = logging.getLogger("rmtui.doctor")

MOST_TOLD = 100
"""Findings of one check that are told one by one; of the rest, how many there are."""

REACHING = frozenset({"database", "authority", "crl"})
"""Checks whose failure to reach something is what a probe waits for."""

Check = tuple[str, Callable[[], Iterator[Any]]]
Told = Callable[[Step], None] | None

_OUTSIDE: tuple[Check, ...] = (*host.checks, *own_files.checks, *products.checks)
_INSIDE: tuple[Check, ...] = (*database.checks, *effects.checks, *rows.checks, *people_files.checks)

CHECKS: tuple[str, ...] = ("database", *(name for name, _check in (*_OUTSIDE, *_INSIDE)))
"""The checks by name, in the order they are made."""


class _Collected:
    """Findings as they come in, in bounded memory."""

    def __init__(self, told: Told, stop: threading.Event | None) -> None:
        self._tell = told or (lambda _step: None)
        self._stop = stop or threading.Event()
        self.findings: list[Finding] = []
        self.unreachable = False
        self._told: Counter[str] = Counter()
        self._numbers: Counter[str] = Counter()
        self._faults: dict[str, dict[Fault, None]] = defaultdict(dict)
        self._mine: list[Finding] = []
        self._more: dict[tuple[str, Severity, str], int] = defaultdict(int)

    def add(self, finding: Finding, fault: Fault | None = None) -> None:
        self._told[finding.check] += 1
        if self._told[finding.check] <= MOST_TOLD:
            self._mine.append(finding)
        else:
            self._more[finding.check, finding.severity, finding.repair] += 1
        if finding.repair:
            self._numbers[finding.repair] += 1
            faults = self._faults[finding.repair]
            if fault is not None and len(faults) < repairs.MOST:
                faults[fault] = None

    def run(self, name: str, check: Callable[[], Iterator[Finding | Item | Checked]]) -> None:
        """Run a check; that it cannot be run is a finding too."""
        if self._stop.is_set():
            return
        self._tell(Step(name))
        try:
            for found in check():
                if self._stop.is_set():
                    return
                if isinstance(found, Checked):
                    self._tell(Step(name, found))
                elif isinstance(found, Item):
                    self.add(found.finding, Fault(found.pk, found.finding.subject, found.about))
                else:
                    self.add(found)
        except RmtuiError as error:
            self.unreachable |= isinstance(error, UnreachableError) and name in REACHING
            self.add(Finding(name, "error", "", error.sentence))
        except Exception as error:  # noqa: BLE001  # what others wrote must not keep the other checks from being run
            logs.unforeseen(logger, error, name)
            self.add(
                Finding(
                    name, "error", "", tr("This could not be checked: {kind}: {error}", kind=type(error).__name__, error=plain(error, 200))
                )
            )
        self._end(name)

    def _end(self, name: str) -> None:
        """What a check found is known now."""
        rest = [
            Finding(check, severity, "", tr("And {number} more.", number=f"{number:,}"), repair)
            for (check, severity, repair), number in self._more.items()
        ]
        found = (*self._mine, *rest)
        self._mine, self._more = [], defaultdict(int)
        self.findings += found
        self._tell(Step(name, findings=found))

    def diagnosis(self) -> Diagnosis:
        plans = tuple(
            Plan(name, tr(how.what), self._numbers[name], tuple(self._faults[name]), how.grave)
            for name, how in REPAIRS.items()
            if self._numbers[name]
        )
        ordered = sorted(self.findings, key=lambda each: SEVERITIES.index(each.severity))
        return Diagnosis(tuple(ordered), plans, self.unreachable)


def examine(told: Told = None, stop: threading.Event | None = None, most: int | None = None) -> Diagnosis:
    """Look at everything; nothing is changed. Whoever asks was let in to look.

    :param told: called with every step, in the thread that asks.
    :param stop: once it is set, nothing more is looked at, and what was found so far is given.
    :param most: how many people's files are looked at, those who came last; all without it.
    """
    found = _Collected(told, stop)
    there: list[bool] = []

    def opened() -> Iterator[Finding]:
        deployment = open_deployment()
        there.append(deployment.ready)
        if deployment.ready:
            yield Finding(
                "database", "ok", "", tr("The database {place} is reachable, and its tables are of today.", place=plain(deployment.place))
            )
        else:
            yield Finding("database", "error", "", tr("The deployment is not set up yet; rmtui or rmtui init does that."))

    found.run("database", opened)
    for name, check in _OUTSIDE:
        found.run(name, check)
    if any(there):
        for name, check in _INSIDE:
            found.run(name, _connected(partial(people_files.people, most) if name == "files" else check, found))
    return found.diagnosis()


def usable() -> bool:
    """Whether there is a database of today to ask who may look."""
    try:
        return open_deployment().ready
    except RmtuiError:
        return False


def _connected(check: Callable[[], Iterator[Any]], found: _Collected) -> Callable[[], Iterator[Any]]:
    """A check with a connection of its own: after an error of the database the others start afresh."""

    def run() -> Iterator[Any]:
        try:
            with connection():
                yield from check()
        except UnreachableError:
            found.unreachable = True
            raise

    return run
