"""One action on many records: the set is frozen when it is asked for, each gets a result of its own, and it can be stopped between two."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rmtui.db.errors import DatabaseBusy, DatabaseUnreachable, OutcomeUnknown
from rmtui.errors import EXIT_DONE, EXIT_PARTLY, EXIT_REFUSED, RmtuiError, UnreachableError

__all__ = ["Outcome", "Progress", "Report", "Result", "Target", "run"]

Outcome = Literal["done", "refused", "failed", "left"]
"""``left`` is what was not begun, since it was stopped or the database was lost."""


@dataclass(frozen=True, slots=True)
class Target:
    """One of those that were asked for, as they were shown."""

    pk: uuid.UUID
    name: str
    """Callsign, foreign text as it is."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one."""

    target: Target
    outcome: Outcome
    sentence: str
    """What was done or why not; foreign text in it is harmless."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come."""

    finished: int
    total: int
    latest: Result | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all of them, in the order they were asked for."""

    results: tuple[Result, ...]
    note: str = ""
    """What concerns all of them, such as a CRL that could not be published; may be empty."""

    def number(self, outcome: Outcome) -> int:
        """How many ended so."""
        return sum(1 for result in self.results if result.outcome == outcome)

    @property
    def exit_code(self) -> int:
        """0 all done, 4 some, 1 none."""
        done = self.number("done")
        return EXIT_DONE if done == len(self.results) else EXIT_PARTLY if done else EXIT_REFUSED


def run(
    targets: Sequence[Target],
    act: Callable[[Target], str],
    *,
    told: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Act on each in turn.

    :param act: does one and says what it did; an error is that one's result, and the rest goes on unless the database is lost.
    :param told: called after each, in the thread that runs.
    :param stop: once it is set, no further one is begun.
    """
    results: list[Result] = []
    why_left = ""
    for target in targets:
        if not why_left and stop is not None and stop.is_set():
            why_left = "Stopped before it was begun; nothing was changed."
        if why_left:
            result = Result(target, "left", why_left)
        else:
            try:
                result = Result(target, "done", act(target))
            except UnreachableError as error:
                result = Result(target, "failed", error.sentence)
                if _lost(error):
                    why_left = "Not begun, since the database was lost; nothing was changed."
            except RmtuiError as error:
                result = Result(target, "refused", error.sentence)
        results.append(result)
        if told is not None:
            told(Progress(len(results), len(targets), result))
    return Report(tuple(results))


def _lost(error: UnreachableError) -> bool:
    """Whether there is no use in going on; a database that is merely busy may take the next row."""
    return isinstance(error, (DatabaseUnreachable, OutcomeUnknown)) and not isinstance(error, DatabaseBusy)
