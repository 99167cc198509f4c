"""One action on many records: the set is frozen when it is asked for, each gets a result of its own, and it can be stopped between two."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from itertools import count
from queue import SimpleQueue
from typing import Literal

from rmtui import logs
from rmtui.db.errors import DatabaseBusy, DatabaseUnreachable, OutcomeUnknown
from rmtui.errors import EXIT_DONE, EXIT_PARTLY, EXIT_REFUSED, EXIT_UNREACHABLE, RmtuiError, UnreachableError
from rmtui.i18n import tr
from rmtui.pki.interface import NoAnswer

__all__ = ["Interrupted", "Outcome", "Progress", "Report", "Result", "Stop", "Target", "Told", "run"]

logger = logging.getLogger("rmtui.bulk")

Outcome = Literal["done", "refused", "failed", "left"]
"""``left`` is what was not begun, since it was stopped, or the database or the CA was lost."""


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
    unreachable: bool = False
    """Whether it failed since database or CA could not be reached."""


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
    untold: bool = False
    """Whether the authority is still to be told of what was done, or the CRL to be published."""

    def number(self, outcome: Outcome) -> int:
        """How many ended so."""
        return sum(1 for result in self.results if result.outcome == outcome)

    @property
    def exit_code(self) -> int:
        """0 all done, 4 some, 1 none; 3 all, and the CA is still to be told, or none, since database or CA could not be reached."""
        done = self.number("done")
        if 0 < done < len(self.results):
            return EXIT_PARTLY
        if done:
            return EXIT_UNREACHABLE if self.untold else EXIT_DONE
        begun = [result for result in self.results if result.outcome != "left"]
        if begun and all(result.unreachable for result in begun):
            return EXIT_UNREACHABLE
        return EXIT_REFUSED if self.results else EXIT_DONE


Told = Callable[[Progress], None] | None
"""Called after each, in the thread that runs."""
Stop = threading.Event | None
"""Once it is set, no further one is begun."""


class Interrupted(BaseException):
    """The whole was interrupted: what a thread has under way is taken back."""


def run(
    targets: Sequence[Target],
    act: Callable[[Target], str],
    *,
    told: Told = None,
    stop: Stop = None,
    threads: int = 1,
    interrupted: threading.Event | None = None,
) -> Report:
    """Act on each, in the order given.

    :param act: does one and says what it did; an error is that one's result, and the rest goes on unless the database is
        lost, the CA does not answer, or nobody foresaw the error.
    :param threads: how many are done at a time, each in a copy of the caller's context.
    :param interrupted: set when the whole is, for ``act`` to look at where it can take back what it did, and to raise :class:`Interrupted`.
    """
    line = _Line(targets, act, stop)
    finished = count(1)

    def tell(result: Result) -> None:
        number = next(finished)
        if told is not None:
            told(Progress(number, len(targets), result))

    if threads > 1 and len(targets) > 1:
        _side_by_side(line, min(threads, len(targets)), tell, interrupted or threading.Event())
    else:
        while (place := line.next()) is not None:
            tell(line.act_on(place))
    return Report(line.results(tell))


class _Line:
    """Those that wait for their turn, and what became of the others."""

    def __init__(self, targets: Sequence[Target], act: Callable[[Target], str], stop: Stop) -> None:
        self._targets, self._act, self._stop = targets, act, stop
        self._lock = threading.Lock()
        self._begun = 0
        self._done: dict[int, Result] = {}
        self._why_left = ""

    def leave(self, why: str) -> None:
        """Begin no further one."""
        with self._lock:
            self._why_left = self._why_left or why

    def next(self) -> int | None:
        """Whose turn it is; None when all are begun, or the rest is left."""
        if self._stop is not None and self._stop.is_set():
            self.leave(tr("Stopped before it was begun; nothing was changed."))
        with self._lock:
            if self._why_left or self._begun == len(self._targets):
                return None
            self._begun += 1
            return self._begun - 1

    def act_on(self, place: int) -> Result:
        """Act on one."""
        target = self._targets[place]
        try:
            result = Result(target, "done", self._act(target))
        except UnreachableError as error:
            result = Result(target, "failed", error.sentence, unreachable=True)
            if _lost(error):
                self.leave(tr("Not begun, since the database was lost; nothing was changed."))
            elif isinstance(error, NoAnswer):
                self.leave(tr("Not begun, since the CA did not answer; nothing was changed."))
        except RmtuiError as error:
            result = Result(target, "refused", error.sentence)
        except Exception as error:  # noqa: BLE001  # what became of the others must be told all the same
            logs.unforeseen(logger, error, target.pk)
            kind = type(error).__name__
            said = tr("Something unexpected went wrong ({kind}), and it may not have been done: look at it before trying again.", kind=kind)
            result = Result(target, "failed", said)
            self.leave(tr("Not begun, since something unexpected went wrong before; nothing was changed."))
        with self._lock:
            self._done[place] = result
        return result

    def results(self, tell: Callable[[Result], None]) -> tuple[Result, ...]:
        """Of all, in order; those that were left are told now."""
        for place, target in enumerate(self._targets):
            if place not in self._done:
                self._done[place] = Result(target, "left", self._why_left)
                tell(self._done[place])
        return tuple(self._done[place] for place in range(len(self._targets)))


def _side_by_side(line: _Line, threads: int, tell: Callable[[Result], None], interrupted: threading.Event) -> None:
    """Let threads take from the line; however it ends, none of them runs on."""
    news: SimpleQueue[Result | BaseException | None] = SimpleQueue()

    def work() -> None:
        end: BaseException | None = None
        try:
            while (place := line.next()) is not None:
                news.put(line.act_on(place))
        except BaseException as error:  # noqa: BLE001 - raised anew where the threads were started
            end = error
        news.put(end)

    workers = [threading.Thread(target=copy_context().run, args=(work,), name=f"bulk-{number}") for number in range(threads)]
    try:
        for worker in workers:
            worker.start()
        left = threads
        while left:
            told = news.get()
            if isinstance(told, BaseException):
                raise told
            if told is None:
                left -= 1
            else:
                tell(told)
    except BaseException:
        interrupted.set()
        line.leave(tr("Interrupted before it was begun; nothing was changed."))
        raise
    finally:
        for worker in workers:
            if worker.ident is not None:
                worker.join()


def _lost(error: UnreachableError) -> bool:
    """Whether there is no use in going on; a database that is merely busy may take the next row."""
    return isinstance(error, (DatabaseUnreachable, OutcomeUnknown)) and not isinstance(error, DatabaseBusy)
