"""Code-first approval: whose codes these are. Exactly one enrolment, or a sentence that says why none; it never guesses."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from peewee import fn

from rmtui import clock, settings
from rmtui.db import approval, callsigns
from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment, EnrollmentState
from rmtui.db.middleware import connected
from rmtui.db.own import Claim
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import audit, enrollments, windows
from rmtui.services.bulk import Target
from rmtui.services.bulk_actions import Approval
from rmtui.services.pasted import LONGEST_LINE, Line, read_line
from rmtui.services.types import EnrollmentQuery, EnrollmentRow, State
from rmtui.settings import Secret
from rmtui.text import fold, plain, skeleton, storable

__all__ = ["MOST_LINES", "Match", "TooManyLines", "approvals", "match"]

MOST_LINES: Final = 500
"""Lines that are looked at in one go."""
MOST_LOOKALIKES: Final = 5
"""People who are named beside an enrolment that looks like them."""


class TooManyLines(RmtuiError):
    """More was pasted than is approved in one go."""

    title = later("Too many lines")


@dataclass(frozen=True, slots=True)
class Match:
    """What one line is about."""

    line: str
    """The line made harmless and short, its codes hidden but for how they begin."""
    code: Secret = field(default_factory=Secret)
    """What the enrolment is approved with; empty when there is none."""
    row: EnrollmentRow | None = None
    """The enrolment, if there is exactly one, whether or not it can be approved."""
    key: str = ""
    """SHA-256 of the public key of the enrolment's CSR, in hexadecimal; empty without one."""
    lookalikes: tuple[str, ...] = ()
    """People whose callsign looks like the enrolment's."""
    problem: str = ""
    """A sentence that says why nothing will be approved for this line; empty when it can be."""

    @property
    def ready(self) -> bool:
        """Whether the enrolment can be approved, by itself at least."""
        return self.row is not None and not self.problem

    @property
    def barred(self) -> str:
        """Why it is not approved together with others, as a sentence: who looks like somebody else takes a second yes of their own."""
        if self.row is None or self.problem or not self.lookalikes:
            return self.problem
        others = ", ".join(plain(other, 80) for other in self.lookalikes)
        return tr(
            "{callsign} looks like {others}; to approve it, give its code alone.", callsign=plain(self.row.callsign, 80), others=others
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one enrolment that was matched."""

    row: EnrollmentRow
    key: str
    lookalikes: tuple[str, ...]
    problem: str


@connected
def match(text: str, among: frozenset[uuid.UUID] | None = None) -> tuple[Match, ...]:
    """Find whose codes these are, a result for each line that is not empty. Queries follow the number of codes, not of lines.

    :param among: only these enrolments, by primary key.
    :raises TooManyLines: there are more than :data:`MOST_LINES`.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise TooManyLines(
            tr(
                "There are {count} lines, and at most {most} go at once; nothing was looked up. Take a part of them.",
                count=f"{len(lines):,}",
                most=MOST_LINES,
            )
        )
    size = settings.current().code_size
    read = [read_line(line if len(line) <= LONGEST_LINE else "", size) for line in lines]
    owners = _owners({code for line in read for code in line.candidates})
    known = _known(dict(owners.values()))
    named = _named({name for line in read if line.candidates & owners.keys() for name in line.names})
    seen: dict[uuid.UUID, int] = {}
    return tuple(
        _match(line, {code: owners[code][0] for code in line.candidates if code in owners}, known, named, among, seen, number)
        if len(typed) <= LONGEST_LINE
        else Match(
            plain(typed[:2], 60) + "…",
            problem=tr("The line is longer than {most} characters; paste the code alone.", most=f"{LONGEST_LINE:,}"),
        )
        for number, (typed, line) in enumerate(zip(lines, read, strict=True), 1)
    )


def _match(
    line: Line,
    owners: Mapping[str, uuid.UUID],
    known: Mapping[uuid.UUID, _Known],
    named: Mapping[str, str],
    among: frozenset[uuid.UUID] | None,
    seen: dict[uuid.UUID, int],
    number: int,
) -> Match:
    """What one line is about.

    :param owners: whose the codes in it are.
    :param seen: in which line each enrolment came first.
    """
    shown = line.shown(owners)
    found, problem = _only(line, owners, known, named)
    if found is None:
        return Match(shown, problem=problem)
    row, name = found.row, plain(found.row.callsign, 80)
    problem = found.problem
    if not problem and among is not None and row.pk not in among:
        problem = tr("{name} is not one of those that are marked.", name=name)
    if not problem and row.pk in seen:
        problem = tr("{name} is in line {line} already.", name=name, line=seen[row.pk])
    seen.setdefault(row.pk, number)
    return Match(shown, Secret(next(iter(owners))), row, found.key, found.lookalikes, problem)


def _only(
    line: Line, owners: Mapping[str, uuid.UUID], known: Mapping[uuid.UUID, _Known], named: Mapping[str, str]
) -> tuple[_Known | None, str]:
    """The one enrolment that a line is about, or why there is none.

    :param named: callsigns of those who wait and are named in some line, by what they are folded.
    """
    links = tuple(line.links.values())
    if any(not link.code or not link.callsign for link in links):
        return None, tr("The link is not whole, or names more than one; ask for the code itself.")
    if not line.candidates:
        return None, tr("There is no code in this line.")
    pks = set(owners.values())
    if not pks or any(link.code not in owners for link in links):
        return None, tr("No enrolment has this code; ask them to read it out again.")
    if len(pks) > 1:
        return None, tr("This line holds the codes of several enrolments; put each on a line of its own.")
    found = known[pks.pop()]
    for link in links:
        if not link.names(found.row.callsign):
            return None, tr(
                "The link is for {callsign}, and its code is not theirs; ask them where they got it.", callsign=plain(link.callsign, 80)
            )
    others = [named[name] for name in sorted(line.names) if name in named]
    if others and fold(found.row.callsign) not in line.names:
        return None, tr(
            "The line names {other}, and the code in it is not theirs; ask who wrote it, or give the code alone.",
            other=plain(others[0], 80),
        )
    return found, ""


def _named(names: Iterable[str]) -> dict[str, str]:
    """The callsigns of those who wait among these, which are folded; found under the cases that callsigns are usually written in."""
    wanted, found = sorted(name for name in names if storable(name)), {}
    for start in range(0, len(wanted), windows.FEW // 2):
        some = wanted[start : start + windows.FEW // 2]
        condition = fn.LOWER(Enrollment.callsign).in_(some) | Enrollment.callsign.in_([name.upper() for name in some])
        waiting = (Enrollment.state == int(EnrollmentState.PENDING)) & Enrollment.deleted.is_null()
        found.update(
            {fold(callsign): callsign for (callsign,) in db.execute(Enrollment.select(Enrollment.callsign).where(waiting & condition))}
        )
    return {name: callsign for name, callsign in found.items() if name in set(wanted)}


def _owners(codes: Iterable[str]) -> dict[str, tuple[uuid.UUID, str | None]]:
    """The enrolments that have these approve codes, and their CSRs."""
    wanted, found = sorted(codes), {}
    for start in range(0, len(wanted), windows.FEW):
        some = Enrollment.approvecode.in_(wanted[start : start + windows.FEW])
        query = Enrollment.select(Enrollment.approvecode, Enrollment.pk, Enrollment.csr).where(some & Enrollment.deleted.is_null())
        found.update({code: (windows.to_uuid(pk), csr) for code, pk, csr in db.execute(query)})
    return found


def _known(csrs: Mapping[uuid.UUID, str | None]) -> dict[uuid.UUID, _Known]:
    """What is to be known of enrolments before they are approved, in a few queries for all of them."""
    rows = enrollments.present(EnrollmentQuery(state=None), tuple(csrs))
    waiting = [row for row in rows if row.state is State.PENDING]
    near = _near(row.callsign for row in waiting)
    claimed = {each.enrollment for each in Claim.select(Claim.enrollment)} if audit.ready() and waiting else set()
    return {row.pk: _one(row, csrs[row.pk], near.get(skeleton(row.callsign), ()), row.pk in claimed) for row in rows}


def _near(names: Iterable[str]) -> dict[str, list[tuple[str, bool]]]:
    """People who look like one of these, by what they look like: callsign, and whether they are active."""
    near: dict[str, list[tuple[str, bool]]] = {skeleton(name): [] for name in names}
    for seen, callsign, deleted in callsigns.alike(Person, near) if near else ():
        near[seen].append((callsign, deleted is None))
    return near


def _one(row: EnrollmentRow, csr: str | None, near: Sequence[tuple[str, bool]], claimed: bool) -> _Known:
    if row.state is not State.PENDING:
        return _Known(row, "", (), _decided(row))

    def check() -> None:
        if any(fold(other) == fold(row.callsign) for other, _ in near):
            Person.check_free(row.callsign)

    said, key = enrollments.describe_csr(csr, row.callsign)
    problem = enrollments.obstacle(row.callsign, said, check)
    claim = approval.live_claim(row.pk) if claimed and not problem else None
    if claim is not None:
        problem = enrollments.under_way(claim.operator)
    others = sorted(other for other, active in near if active and fold(other) != fold(row.callsign))
    return _Known(row, key, tuple(others[:MOST_LOOKALIKES]), problem or "")


def _decided(row: EnrollmentRow) -> str:
    said = {"callsign": plain(row.callsign, 80), "state": tr(row.state.value)}
    if row.decided_by and row.decided_on:
        return tr(
            "{callsign} was {state} by {operator}, {when}.", operator=plain(row.decided_by, 80), when=clock.stamp(row.decided_on), **said
        )
    if row.decided_by:
        return tr("{callsign} was {state} by {operator}.", operator=plain(row.decided_by, 80), **said)
    if row.decided_on:
        return tr("{callsign} was {state}, {when}.", when=clock.stamp(row.decided_on), **said)
    return tr("{callsign} was {state}.", **said)


def approvals(matches: Iterable[Match]) -> tuple[Approval, ...]:
    """What to approve of what was matched, in the order of the lines."""
    return tuple(
        Approval(Target(each.row.pk, each.row.callsign), each.code, each.key) for each in matches if each.row is not None and each.ready
    )
