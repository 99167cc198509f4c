"""Commands that act on several: who is meant, what a dry run tells, one question, a report."""

from __future__ import annotations

import argparse
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rmtui.cli.asking import confirm
from rmtui.cli.paging import every
from rmtui.cli.reports import nothing, planned, report, stopping
from rmtui.cli.usage import UsageError
from rmtui.errors import EXIT_DONE, RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import enrollments, people
from rmtui.services.bulk import Report, Result, Target
from rmtui.services.types import EnrollmentQuery, PeopleQuery
from rmtui.text import plain

__all__ = ["NOBODY", "Chosen", "NobodyFits", "act_on", "chosen_by", "chosen_enrollments", "chosen_people", "named", "only_one"]

NAMED = 5
"""Callsigns that a question names."""
NOBODY = uuid.UUID(int=0)
"""Stands for the primary key of who was named and is not there."""


class NobodyFits(RmtuiError):
    """A filter chose nobody."""

    title = later("Nobody")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who is meant, frozen before anything is asked."""

    targets: tuple[Target, ...]
    """In the order they were named, those who are not there too."""
    unknown: dict[Target, str]
    """Why somebody who was named is not meant."""

    @property
    def known(self) -> tuple[Target, ...]:
        """Those who are there."""
        return tuple(target for target in self.targets if target not in self.unknown)


def only_one(args: argparse.Namespace) -> str | None:
    """The callsign, where one was named and is to be acted on; None where several are meant, or a dry run.

    :raises UsageError: nobody is named, or in two ways.
    """
    if (args.filter is None) == (not args.callsign):
        raise UsageError(tr("name one callsign or more, or choose them with --filter"))
    if args.filter is not None and not args.filter.strip():
        raise UsageError(tr("the filter is empty, which would choose everybody"))
    return args.callsign[0] if len(args.callsign) == 1 and not args.dry_run else None


def chosen_enrollments(args: argparse.Namespace) -> Chosen:
    """The enrolments that were named, or those that wait and fit the filter."""
    query = EnrollmentQuery(text=args.filter or "")
    return _chosen(args, enrollments.by_callsign, lambda: every(enrollments.list_enrollments, enrollments.cursor, query))


def chosen_people(args: argparse.Namespace) -> Chosen:
    """The people who were named, or those who are active and fit the filter."""
    query = PeopleQuery(text=args.filter or "")
    return _chosen(args, people.by_callsign, lambda: every(people.list_people, people.cursor, query))


def _chosen(args: argparse.Namespace, find: Callable[[str], Any], fitting: Callable[[], Iterable[Any]]) -> Chosen:
    if args.filter is not None:
        targets = tuple(Target(row.pk, row.callsign) for row in fitting())
        if not targets:
            raise NobodyFits(tr("Nobody fits the filter; nothing was changed."))
        return Chosen(targets, {})

    def found(callsign: str) -> Target:
        row = find(callsign)
        return Target(row.pk, row.callsign)

    return chosen_by(args.callsign, found)


def chosen_by(given: Sequence[str], find: Callable[[str], Target], called: Callable[[str], str] = str) -> Chosen:
    """Those that were named, each once.

    :param find: gives the one of a name, or says why there is none.
    :param called: how one that is not there is told of.
    """
    found: dict[Target, None] = {}
    unknown: dict[Target, str] = {}
    for name in given:
        try:
            found[find(name)] = None
        except RmtuiError as error:
            if error.exit_code != NobodyFits.exit_code:
                raise
            missing = Target(NOBODY, called(name))
            found[missing], unknown[missing] = None, error.sentence
    return Chosen(tuple(found), unknown)


def named(targets: Sequence[Target]) -> str:
    """How many they are, and what the first are called."""
    names = ", ".join(plain(target.name, 80) for target in targets[:NAMED])
    number, more = f"{len(targets):,}", len(targets) - NAMED
    if more > 0:
        return tr("{number}: {names} and {more} more", number=number, names=names, more=f"{more:,}")
    return tr("{number}: {names}", number=number, names=names)


def act_on(
    args: argparse.Namespace,
    chosen: Chosen,
    verb: str,
    question: str,
    work: Callable[[Sequence[Target], threading.Event], Report],
    *,
    column: str = "callsign",
    **values: str,
) -> int:
    """Ask once, act on each, and report; or only tell, where that was asked for.

    :param verb: what is done to each, as a dry run tells it.
    :param question: what is asked, with ``{who}`` for how many they are and the first of them.
    :param column: what the names of what is acted on are called.
    :param values: what else the question has.
    """
    if args.dry_run:
        would = ((nothing(chosen.unknown[each]) if each in chosen.unknown else verb, each) for each in chosen.targets)
        planned(would, args.format, idle=len(chosen.unknown), column=column)
        return EXIT_DONE
    known = chosen.known
    if not known:
        return report(_whole(chosen, Report(())), args.format, column)
    confirm(tr(question, who=named(known), **values), args.yes)
    with stopping() as stop:
        done = work(known, stop)
    return report(_whole(chosen, done), args.format, column)


def _whole(chosen: Chosen, done: Report) -> Report:
    """A report in the order they were named, with those who are not there."""
    results = {result.target: result for result in done.results}
    return replace(
        done,
        results=tuple(
            Result(target, "refused", chosen.unknown[target]) if target in chosen.unknown else results[target] for target in chosen.targets
        ),
    )
