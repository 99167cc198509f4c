"""Burning an invite: the set that was shown and nobody else, a result for each, and never the operator or the last admin."""

from __future__ import annotations

import threading
import uuid

import pytest

from making import START, audit_rows, make_enrollment, make_operator, make_person, make_pool, run
from rmtui.auth.permissions import NotPermitted
from rmtui.db.enrollments import Enrollment
from rmtui.db.errors import DatabaseUnreachable, NotFound
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError
from rmtui.services import bulk_actions, burning, enrollments, pools
from rmtui.services.decisions import ReasonMissing
from rmtui.services.types import State

pytestmark = pytest.mark.two_databases

WHY = {"reject_reason": "The code was on a photo", "revoke_reason": "keyCompromise"}


@pytest.fixture
def boss(env):
    return make_operator()


@pytest.fixture
def leaked(boss):
    """An invite that three kinds of people came through, beside one that is nobody's business."""
    pool, other = make_pool(boss.pk), make_pool(boss.pk, "OTHER222")
    for callsign, came in [("RAVEN", pool), ("SUSI", pool), ("STRANGER", other)]:
        make_enrollment(callsign, pool=came.pk)
    for callsign, came in [("KARHU", pool), ("ILVES", pool), ("FRIEND", other)]:
        make_enrollment(callsign, state=State.APPROVED, pool=came.pk, person=make_certified(callsign))
    make_enrollment("KETTU", state=State.REJECTED, pool=pool.pk)
    make_enrollment("HIRVI", state=State.APPROVED, pool=pool.pk, person=make_person("HIRVI", deleted=START, revoke_reason="superseded").pk)
    return pool


def make_certified(callsign: str) -> uuid.UUID:
    with connection():
        return Person.create_with_cert(callsign).pk


def names(targets) -> list[str]:
    return [target.name for target in targets]


def revoked() -> dict[str, str]:
    """Who is revoked, and why."""
    with connection():
        return {person.callsign: person.revoke_reason for person in Person.list(include_deleted=True) if person.deleted is not None}


def test_the_whole_of_it(boss, leaked):
    plan = burning.plan(leaked.pk)
    assert (names(plan.pending), names(plan.people)) == (["RAVEN", "SUSI"], ["KARHU", "ILVES"])
    assert (plan.rejected, plan.revoked, plan.unknown) == (1, 1, 0)
    assert audit_rows() == []
    seen = []
    report = burning.burn(
        boss, plan, **WHY, told=lambda progress: seen.append((progress.finished, progress.total, progress.latest.outcome))
    )
    assert [(result.target.name, result.outcome) for result in report.results] == [
        (name, "done") for name in ("RAVEN", "SUSI", "KARHU", "ILVES")
    ]
    assert (report.note, report.exit_code) == ("", 0)
    assert seen == [(number, 4, "done") for number in (1, 2, 3, 4)]
    assert not pools.pool(leaked.pk).row.active
    assert pools.find("OTHER222").row.active
    assert revoked() == {"HIRVI": "superseded", "KARHU": "keyCompromise", "ILVES": "keyCompromise"}
    assert enrollments.find("STRANGER").row.state is State.PENDING
    assert enrollments.find("RAVEN").reason == "The code was on a photo"
    assert [row[1:4] for row in audit_rows()] == [
        ("burn-pool", "done", "BOSS"),
        ("reject", "done", "RAVEN"),
        ("reject", "done", "SUSI"),
        ("revoke", "done", "KARHU"),
        ("revoke", "done", "ILVES"),
    ]
    assert "The code was on a photo" in audit_rows()[0][4]
    assert leaked.invitecode not in str(audit_rows())
    again = burning.plan(leaked.pk)
    assert (again.targets, again.rejected, again.revoked) == ((), 3, 3)
    assert burning.burn(boss, again, **WHY).exit_code == 0


def test_who_comes_meanwhile_is_told_and_left(boss, leaked, monkeypatch):
    plan = burning.plan(leaked.pk)
    make_enrollment("LATE", pool=leaked.pk)
    person = make_person("RAVEN")
    with connection():
        Enrollment.update(state=1, person=person.pk).where(Enrollment.callsign == "RAVEN").execute()
    report = burning.burn(boss, plan, **WHY)
    assert [result.outcome for result in report.results] == ["refused", "done", "done", "done"]
    assert "approved" in report.results[0].sentence
    assert report.note == "2 more came through meanwhile; burn the invite again to see them."
    assert report.exit_code == 4
    assert enrollments.find("LATE").row.state is State.PENDING
    assert "RAVEN" not in revoked()
    again = burning.plan(leaked.pk)
    assert (names(again.pending), names(again.people)) == (["LATE"], ["RAVEN"])


def test_neither_the_operator_nor_the_last_admin(boss):
    """Both came through it themselves, the admin by two enrolments, and the invite is deleted."""
    pool = make_pool(deleted=START)
    make_enrollment("BOSS", state=State.APPROVED, pool=pool.pk, person=boss.pk)
    susi = make_certified("SUSI")
    for callsign, state in [("SUSI", State.APPROVED), ("SUSI2", State.REJECTED)]:
        make_enrollment(callsign, state=state, pool=pool.pk, person=susi)
    make_enrollment("NOBODY", state=State.APPROVED, pool=pool.pk)
    plan = burning.plan(pool.pk)
    assert (names(plan.people), plan.unknown) == (["BOSS", "SUSI"], 1)
    report = burning.burn(boss, plan, **WHY)
    assert [result.outcome for result in report.results] == ["refused", "done"]
    assert "Nobody was revoked" in report.results[0].sentence
    other = make_operator("ILVES")
    assert "is you" in burning.burn(boss, plan, **WHY).results[0].sentence
    assert revoked() == {"SUSI": "keyCompromise"}
    assert other.callsign not in revoked()


def test_what_it_takes(boss, leaked):
    plan = burning.plan(leaked.pk)
    for changed, error in [
        ({"reject_reason": " \n"}, ReasonMissing),
        ({"reject_reason": "x" * 501}, ReasonMissing),
        ({"revoke_reason": "x"}, ConfigurationError),
    ]:
        with pytest.raises(error):
            burning.burn(boss, plan, **{**WHY, **changed})
    with pytest.raises(NotFound):
        burning.plan(uuid.uuid4())
    ex = make_operator("EX")
    run("UPDATE users SET deleted = created WHERE callsign = 'EX'")
    with pytest.raises(NotPermitted):
        burning.burn(ex, plan, **WHY)
    assert pools.pool(leaked.pk).row.active
    assert burning.plan(leaked.pk) == plan
    assert [row[1:3] for row in audit_rows()] == [("burn-pool", "refused")]


def test_stopped_and_lost(boss, leaked, monkeypatch):
    plan, stop = burning.plan(leaked.pk), threading.Event()
    report = burning.burn(boss, plan, **WHY, told=lambda _progress: stop.set(), stop=stop)
    assert [result.outcome for result in report.results] == ["done", "left", "left", "left"]
    assert not pools.pool(leaked.pk).row.active

    def lost(*_args, **_options):
        raise DatabaseUnreachable("The database is gone.")

    monkeypatch.setattr(bulk_actions, "revoke", lost)
    plan = burning.plan(leaked.pk)
    report = burning.burn(boss, plan, **WHY)
    assert [(result.outcome, result.sentence) for result in report.results] == [("done", "Rejected.")] + [
        ("left", "Not begun: The database is gone.")
    ] * 2
    assert report.exit_code == 4


def test_no_query_for_each_row(boss, statements):
    pool = make_pool(boss.pk)
    for number in range(30):
        person = make_person(f"P{number}").pk if number % 2 else None
        make_enrollment(f"P{number}", state=State.APPROVED if person else State.PENDING, pool=pool.pk, person=person)
    assert len(statements.of(lambda: burning.plan(pool.pk))) <= 8
