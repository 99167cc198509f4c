"""Health of a deployment, and disagreements between its rows, its files and its authority, with a repair for each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from rmtui.auth.operator import Operator
from rmtui.db.middleware import connection
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.services.audit import acting
from rmtui.services.deployment import open_deployment
from rmtui.services.doctor import database, host, people_files, repairs, rows
from rmtui.services.doctor.repairs import repair
from rmtui.services.doctor.types import SEVERITIES, Diagnosis, Finding, Item, Plan, Repaired, Severity
from rmtui.text import plain

__all__ = ["SEVERITIES", "Diagnosis", "Finding", "Plan", "Repaired", "Severity", "check_may_repair", "examine", "repair", "usable"]

MOST_TOLD = 100
"""Findings of one check that are told one by one; of the rest, how many there are."""
MOST_NAMED = 5
"""Subjects that a plan names."""

REACHING = frozenset({"database", "authority", "crl"})
"""Checks whose failure to reach something is what a probe waits for."""


class _Collected:
    """Findings as they come in, in bounded memory."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unreachable = False
        self._told: Counter[str] = Counter()
        self._more: dict[tuple[str, Severity, str], int] = defaultdict(int)
        self._numbers: Counter[str] = Counter()
        self._subjects: dict[str, list[str]] = defaultdict(list)

    def add(self, finding: Finding) -> None:
        self._told[finding.check] += 1
        if self._told[finding.check] <= MOST_TOLD:
            self.findings.append(finding)
        else:
            self._more[finding.check, finding.severity, finding.repair] += 1
        if finding.repair:
            self._numbers[finding.repair] += 1
            if len(named := self._subjects[finding.repair]) < MOST_NAMED:
                named.append(finding.subject or finding.check)

    def run(self, name: str, check: Callable[[], Iterator[Finding | Item]]) -> None:
        """Run a check; that it cannot be run is a finding too."""
        try:
            for found in check():
                self.add(found.finding if isinstance(found, Item) else found)
        except RmtuiError as error:
            self.failed(name, error)
        except Exception as error:  # noqa: BLE001  # what others wrote must not keep the other checks from being run
            self.add(Finding(name, "error", "", f"This could not be checked: {type(error).__name__}: {plain(error, 200)}"))

    def failed(self, name: str, error: RmtuiError) -> None:
        """A check that told why it could not be run."""
        self.unreachable |= isinstance(error, UnreachableError) and name in REACHING
        self.add(Finding(name, "error", "", error.sentence))

    def diagnosis(self) -> Diagnosis:
        more = [Finding(check, severity, "", f"And {number:,} more.", repair) for (check, severity, repair), number in self._more.items()]
        ordered = sorted([*self.findings, *more], key=lambda each: SEVERITIES.index(each.severity))
        plans = tuple(
            Plan(name, how.what, self._numbers[name], tuple(self._subjects[name]))
            for name, how in repairs.REPAIRS.items()
            if self._numbers[name]
        )
        return Diagnosis(tuple(ordered), plans, self.unreachable)


def examine() -> Diagnosis:
    """Look at everything; nothing is changed. Whoever asks was let in to look."""
    found = _Collected()
    there = False
    try:
        there = _open(found)
    except RmtuiError as error:
        found.failed("database", error)
    for name, check in host.checks:
        found.run(name, check)
    if there:
        checks: tuple[tuple[str, Any], ...] = (*database.checks, *rows.checks, *people_files.checks)
        for name, check in checks:
            found.run(name, _connected(check, found))
    return found.diagnosis()


def usable() -> bool:
    """Whether there is a database of today to ask who may look."""
    try:
        return _open(_Collected())
    except RmtuiError:
        return False


def _open(found: _Collected) -> bool:
    deployment = open_deployment()
    if deployment.ready:
        found.add(Finding("database", "ok", "", f"The database {plain(deployment.place)} is reachable, and its tables are of today."))
    else:
        found.add(Finding("database", "error", "", "The deployment is not set up yet; rmtui or rmtui init does that."))
    return deployment.ready


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


def check_may_repair(operator: Operator | None) -> None:
    """Whether somebody may repair anything, before they are asked what.

    :raises RmtuiError: they may not, and why; that is recorded.
    """
    with acting(operator, "repair"):
        pass
