"""Enrolments of a directory of CSRs: each file is one person, whom the CSR names."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rmtui.auth.operator import Operator
from rmtui.db import callsigns
from rmtui.db.enrollments import Enrollment
from rmtui.db.middleware import connected
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.reasons import why
from rmtui.services import bulk, decisions
from rmtui.services.bulk import Progress, Report, Target
from rmtui.services.requests import RequestFileError, read_plain_request
from rmtui.services.types import CreatedEnrollment
from rmtui.settings import Secret
from rmtui.text import fold, normalise_callsign, plain, skeleton

__all__ = ["ENDINGS", "MOST_FILES", "Candidate", "Imported", "create", "read"]

ENDINGS: Final = frozenset({".csr", ".der", ".pem", ".req"})
"""What the name of a file with a CSR ends in, whatever the case."""
MOST_FILES: Final = 1_000
"""Files that are imported in one go."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One file, and whose enrolment it would be."""

    file: str
    """Its name in the directory, foreign text."""
    callsign: str = ""
    """The CSR's one CN, foreign text; empty when it has none."""
    csr: str = ""
    """PEM."""
    key: str = ""
    """``RSA 4096``, ``EC P-256``."""
    fingerprint: str = ""
    """SHA-256 of the public key, lower-case hexadecimal."""
    problem: str = ""
    """A sentence that says why no enrolment will be made of it; empty when one can be."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of each, and the approve codes: the only time they are shown."""

    report: Report
    """A result for each candidate, in order; a target's primary key is the enrolment's where one was made."""
    codes: Mapping[uuid.UUID, Secret]
    """Approve codes by the enrolment's primary key."""


def read(directory: str) -> tuple[Candidate, ...]:
    """Every CSR directly in a directory, by file name; links are not followed.

    :raises RequestFileError: the directory cannot be read, or holds too many.
    """
    try:
        where = Path(directory).expanduser()
        paths = sorted(path for path in where.iterdir() if path.suffix.lower() in ENDINGS)
    except (OSError, RuntimeError, ValueError) as error:
        reason = why(error)
        raise RequestFileError(
            tr("The directory {directory} cannot be read ({reason}); nothing was made.", directory=plain(directory), reason=reason)
        ) from error
    if not paths:
        raise RequestFileError(
            tr(
                "There is no CSR in {directory}; their names end in {endings}. Nothing was made.",
                directory=plain(directory),
                endings=", ".join(sorted(ENDINGS)),
            )
        )
    if len(paths) > MOST_FILES:
        raise RequestFileError(
            tr(
                "{directory} holds {count} files, and at most {most} are imported at once; nothing was made.",
                directory=plain(directory),
                count=f"{len(paths):,}",
                most=f"{MOST_FILES:,}",
            )
        )
    return _judged([_candidate(path) for path in paths])


def _candidate(path: Path) -> Candidate:
    from rmtui.pki.csr import read_csr

    callsign = ""
    try:
        csr = read_plain_request(path)
        callsign, details = read_csr(csr)
        if normalise_callsign(callsign) != callsign:
            raise RequestFileError(
                tr("The letters of {callsign} are not composed (NFC); ask for a CSR in which they are.", callsign=plain(callsign, 80))
            )
    except RmtuiError as error:
        return Candidate(path.name, callsign, problem=error.sentence)
    return Candidate(path.name, callsign, csr, details.key, details.fingerprint)


@connected
def _judged(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates, with what stands against them that their files do not say: who is there already, and each other."""
    good = [each for each in candidates if not each.problem]
    names = Counter(fold(each.callsign) for each in good)
    keys = Counter(each.fingerprint for each in good)
    skeletons = {skeleton(each.callsign) for each in good}
    taken = {fold(callsign) for model in (Person, Enrollment) if good for _, callsign, _ in callsigns.alike(model, skeletons)}

    def judge(each: Candidate) -> str:
        if each.problem:
            return each.problem
        name = plain(each.callsign, 80)
        if names[fold(each.callsign)] > 1:
            return tr("{name} is in more than one file, and which is theirs is not known. Leave one, and import again.", name=name)
        if keys[each.fingerprint] > 1:
            return tr(
                "The key of {name} is in another file too, for somebody else. Ask both for a CSR made with a key of their own.", name=name
            )
        try:
            callsigns.check_reserved(each.callsign)
            if fold(each.callsign) in taken:
                Person.check_free(each.callsign)
                Enrollment.check_free(each.callsign)
        except RmtuiError as error:
            return error.sentence
        return ""

    return tuple(replace(each, problem=judge(each)) for each in candidates)


def create(
    operator: Operator | None,
    candidates: Iterable[Candidate],
    *,
    pool: str | None = None,
    told: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> Imported:
    """Make a pending enrolment of each that has no problem.

    :param pool: invite code that they come through.
    """
    asked = {Target(uuid.uuid4(), each.callsign or each.file): each for each in candidates}
    made: dict[Target, CreatedEnrollment] = {}

    def act(target: Target) -> str:
        candidate = asked[target]
        if candidate.problem:
            raise RequestFileError(candidate.problem)
        made[target] = decisions.create(operator, candidate.callsign, csr=candidate.csr, invitecode=pool)
        return tr("Waits to be approved with the code.")

    report = bulk.run(tuple(asked), act, told=told, stop=stop)
    results = tuple(
        replace(each, target=Target(made[each.target].pk, each.target.name)) if each.target in made else each for each in report.results
    )
    return Imported(replace(report, results=results), {each.pk: Secret(each.approvecode) for each in made.values()})
