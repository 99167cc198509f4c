"""Two processes race for the same thing, 100 times: one wins each round, the other is told why not."""

from __future__ import annotations

import json
import mmap
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from db_rows import people_files, person
from peewee import fn

from rmtui.db import Enrollment, EnrollmentState, LoginCode, Person, Role, SeenToken
from rmtui.db.own import Claim, Issued

ROUNDS = 100
WORKER = Path(__file__).with_name("race_worker.py")


class Race:
    """Two long-lived processes that start each round at the same instant, when a number in a page they share is raised."""

    def __init__(self, env: dict[str, str], directory: Path) -> None:
        page = directory / "start"
        page.write_bytes(bytes(8))
        self._file = page.open("r+b")
        self._start = mmap.mmap(self._file.fileno(), 8)
        self._number = 0
        self.overlaps = 0
        self.took = [0.0, 0.0]
        self.workers = [
            subprocess.Popen(
                [sys.executable, str(WORKER), str(page)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **env},
            )
            for _ in range(2)
        ]

    def round(self, *jobs: tuple[str, str], delays: tuple[float, float] = (0, 0)) -> list[str]:
        """Give each process its job, start both, and say what came of each."""
        self._number += 1
        for worker, (action, target), delay in zip(self.workers, jobs, delays, strict=True):
            worker.stdin.write(json.dumps([self._number, action, target, delay]) + "\n")
            worker.stdin.flush()
        for worker in self.workers:
            assert worker.stdout.readline() == "ready\n"
        self._start[:8] = self._number.to_bytes(8, "little")
        answers = [json.loads(worker.stdout.readline()) for worker in self.workers]
        (_, began, ended), (_, other_began, other_ended) = answers
        self.took = [end - begin for _, begin, end in answers]
        self.overlaps += began < other_ended and other_began < ended
        return [outcome for outcome, *_ in answers]

    def stop(self) -> None:
        """End both."""
        for worker in self.workers:
            worker.stdin.close()
            worker.stdout.close()
            assert worker.wait(20) == 0
        self._start.close()
        self._file.close()


@pytest.fixture
def data_dir(keyring: Path) -> Iterator[Path]:
    """A data directory on a disk: in memory SQLite is so quick that two hardly meet."""
    lasting = Path("/var/tmp")
    with tempfile.TemporaryDirectory(prefix="rmtui-race-", dir=lasting if lasting.is_dir() else None) as name:
        yield Path(shutil.copytree(keyring, Path(name) / "data"))


@pytest.fixture
def race(env: dict[str, str], admin: Person, tmp_path: Path) -> Iterator[Race]:
    """Two processes, an admin for them to be, and an open connection here."""
    made = Race(env, tmp_path)
    yield made
    made.stop()


def run(race: Race, jobs: list[tuple[tuple[str, str], tuple[str, str]]], losers: set[str]) -> None:
    """Race for everything; exactly one wins each, the other gets one of the named errors."""
    random.shuffle(jobs)
    outcomes = Counter[str]()
    for number, pair in enumerate(jobs):
        got = race.round(*pair)
        assert got.count("won") == 1, f"round {number}, {pair}: {got}"
        outcomes.update(got)
    assert set(outcomes) - {"won"} <= losers
    assert outcomes["won"] == ROUNDS
    assert race.overlaps > ROUNDS / 2, "the two did not really run at once"


def twice(action: str, targets: list[str]) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    return [((action, target), (action, target)) for target in targets]


def asked(prefix: str) -> list[str]:
    return [str(Enrollment.create_for_callsign(f"{prefix}{number}").pk) for number in range(ROUNDS)]


def test_approve(race, admin):
    run(race, twice("approve", asked("A")), {"BeingApproved", "AlreadyDecided"})
    approved = Enrollment.list(state=EnrollmentState.APPROVED)
    assert len(approved) == len({each.person for each in approved}) == ROUNDS
    assert people_files() == sorted(str(each.person) for each in approved)
    assert Person.select().count() == ROUNDS + 1
    assert Issued.select().where(Issued.committed).count() == Issued.select().count() == ROUNDS
    assert Claim.select().count() == 0


@pytest.mark.two_databases
def test_approve_against_reject(race, admin):
    """The rejection comes at any instant of the approval; whichever is second undoes what it did."""
    outcomes = Counter[str]()
    span = [0.05]
    for number, target in enumerate(asked("A")):
        usual = sorted(span)[len(span) // 2]
        got = race.round(("approve", target), ("reject", target), delays=(0, random.uniform(0, 1.3 * usual) * (number % 4 > 0)))
        assert sorted(got) in (["AlreadyDecided", "won"], ["BeingApproved", "won"]), f"round {number}: {got}"
        outcomes["approved" if got[0] == "won" else "rejected"] += 1
        if got[0] == "won":
            span.append(race.took[0])
    assert min(outcomes["approved"], outcomes["rejected"]) > ROUNDS / 40, outcomes
    people = Person.select().where(Person.pk != admin.pk)
    assert Enrollment.select().where(Enrollment.state == EnrollmentState.APPROVED.value).count() == people.count() == outcomes["approved"]
    assert Enrollment.select().where(Enrollment.state == EnrollmentState.REJECTED.value, Enrollment.person.is_null(False)).count() == 0
    assert people_files() == sorted(str(each.pk) for each in people)
    assert Issued.select().where(~Issued.committed, Issued.revoked_on.is_null()).count() == 0
    assert Claim.select().count() == 0


@pytest.mark.two_databases
def test_use_code(race):
    run(race, twice("use_code", [LoginCode.create_for_claims({"sub": "x"}) for _ in range(ROUNDS)]), {"TokenReuse"})
    assert LoginCode.select().where(LoginCode.used_on.is_null(False)).count() == ROUNDS


@pytest.mark.two_databases
def test_burn_a_code(race):
    run(race, twice("burn_code", [LoginCode.create_for_claims({"sub": "x"}) for _ in range(ROUNDS)]), {"Deleted"})
    assert all(row.burnt for row in LoginCode.select())


@pytest.mark.two_databases
def test_burn_a_code_against_using_it(race):
    """The burning comes at any instant of the use; whichever is second is told what the first did, and changes nothing."""
    outcomes = Counter[str]()
    span = [0.005]
    for number in range(ROUNDS):
        code = LoginCode.create_for_claims({"sub": "x"})
        usual = sorted(span)[len(span) // 2]
        got = race.round(("use_code", code), ("burn_code", code), delays=(0, random.uniform(0, 1.5 * usual) * (number % 4 > 0)))
        assert got in (["won", "TokenReuse"], ["Deleted", "won"]), f"round {number}: {got}"
        assert LoginCode.by_code(code).burnt is (got[1] == "won")
        outcomes["used" if got[0] == "won" else "burnt"] += 1
        if got[0] == "won":
            span.append(race.took[0])
    assert min(outcomes["used"], outcomes["burnt"]) > ROUNDS / 40, outcomes
    assert LoginCode.select().where(LoginCode.used_on.is_null()).count() == 0


@pytest.mark.two_databases
def test_use_token(race):
    run(race, twice("use_token", [f"jti-{number}" for number in range(ROUNDS)]), {"TokenReuse"})
    assert SeenToken.select().count() == SeenToken.select(fn.COUNT(SeenToken.token.distinct())).scalar() == ROUNDS


@pytest.mark.two_databases
def test_assign_role(race):
    run(race, twice("assign_role", [str(person(f"P{number}").pk) for number in range(ROUNDS)]), {"lost"})
    assert Role.select().where(Role.role == "pilot").count() == ROUNDS


@pytest.mark.two_databases
@pytest.mark.parametrize(
    "spellings",
    [
        ("Kettu {}", "Kettu {}"),
        ("Kettu {}", "kETTU {}"),
        ("Åke {}", "A\u030ake {}"),
        ("Åke {}", "\u212bKE {}"),
        ("Strauß {}", "STRAUSS {}"),
    ],
    ids=["same", "case", "composed", "angstrom", "sharp-s"],
)
def test_taking_a_callsign(race, spellings):
    pairs = [tuple(("take", spelling.format(number)) for spelling in spellings) for number in range(ROUNDS)]
    run(race, pairs, {"CallsignReserved"})
    assert Enrollment.select().count() == ROUNDS


def test_two_enrollments_of_one_callsign(race, admin):
    """The web API lets two people ask for a callsign in different case; one of them gets it."""
    from db_rows import foreign_enrollment

    pairs = []
    for number in range(ROUNDS // 4):
        one, two = foreign_enrollment(f"Åke {number}"), foreign_enrollment(f"ÅKE {number}")
        pairs.append((("approve", str(one.pk)), ("approve", str(two.pk))))
    for pair in pairs:
        assert sorted(race.round(*pair)) == ["CallsignReserved", "won"]
    assert Person.select().count() == ROUNDS // 4 + 1
    assert people_files() == sorted(str(each.pk) for each in Person.select().where(Person.pk != admin.pk))
