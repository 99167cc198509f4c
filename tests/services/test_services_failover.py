"""The primary is killed while decisions are made; after its standby was promoted none is lost, doubled or half-done."""

from __future__ import annotations

import signal
import uuid
from collections import defaultdict

import pytest
from cryptography import x509

from clusters import ask, until
from deployments import deploy, run_sql, unbind
from making import audit_rows, make_enrollment, make_operator, state_of
from rmtui.db import Enrollment, EnrollmentState, Person
from rmtui.db.errors import AlreadyDecided, AnswerLost, DatabaseUnreachable, OutcomeUnknown
from rmtui.db.middleware import connection
from rmtui.db.own import Audit, Claim, Issued
from rmtui.pki.identity import MODES
from rmtui.services import audit, enrollments, trail
from rmtui.services.types import State
from wires import Wire

EACH = 12
"""Enrolments that a worker decides about."""
WAITING = """SELECT pid FROM pg_stat_activity
    WHERE datname = 'deployment' AND (wait_event = 'SyncRep' OR wait_event_type = 'Lock')"""
"""Who waits for the standby, and who waits for them."""


def test_decisions_survive_the_primary(pair, data_dir, work):
    """The last commits are with the standby, and their answers are lost: it is held until the primary is gone."""
    run_sql(pair.primary.url(), "CREATE DATABASE deployment")
    env = deploy("postgresql", data_dir, pair.primary.url("deployment"))
    boss = make_operator()
    asked = {str(row.pk): row for row in (make_enrollment(f"UNIT{number:03}", f"CODE{number:04}") for number in range(4 * EACH))}
    unbind()
    pair.follow()

    env |= {"RM_DB_DSN": pair.dsn("deployment"), "DB_RETRY_INTERVAL": "0"}
    jobs = [("approve" if number % 2 else "reject", pk, row.approvecode) for number, (pk, row) in enumerate(asked.items())]
    shares = (jobs[0::4], jobs[1::4], jobs[2::4], jobs[3::4])
    workers = [work(env, [str(boss.pk), boss.callsign, share]) for share in shares]
    assert all(worker.ready.wait(30) for worker in workers)
    for worker in workers:
        worker.go()
    until(lambda: sum(len(worker.said) for worker in workers) >= len(workers))  # none of them is done with all of it

    (receiver,) = pair.standby.children("walreceiver")
    receiver.send_signal(signal.SIGSTOP)
    until(lambda: len(ask(pair.primary.url(), WAITING)) == len(workers), 8)
    before = [len(worker.said) for worker in workers]
    pair.primary.kill()
    until(lambda: all(len(worker.said) > count for worker, count in zip(workers, before, strict=True)))
    receiver.send_signal(signal.SIGCONT)
    pair.promote()
    for worker in workers:
        assert worker.process.wait(30) == 0

    answers = defaultdict(list)
    for target, _verb, answer in (each for worker in workers for each in worker.said):
        answers[target].append(answer)
    lost = {target: said for target, said in answers.items() if said != ["done"]}
    assert len(lost) == len(workers)
    assert any(said[0] == "OutcomeUnknown" for said in lost.values())
    known = [said for said in lost.values() if "OutcomeUnknown" not in said]
    assert all(said[-1] == "done" for said in known), f"nothing was done, they were told: {known}"
    assert any("is already" in said[-1] for said in lost.values()), "no decision was with the standby alone"
    deploy("postgresql", data_dir, pair.dsn("deployment"))
    with connection():
        for verb, target, _code in jobs:
            last = answers[target][-1]
            assert last == "done" or "already" in last, last
            check(Enrollment.by_pk(target), verb, boss.pk)
        assert Person.select().count() == 1 + len(jobs) // 2
        assert Claim.select().count() == 0
        assert Issued.select().where(Issued.committed).count() == len(jobs) // 2
    assert trail.verify().ok


def check(row: Enrollment, verb: str, boss: uuid.UUID) -> None:
    """Decided once, with everything that belongs to it, and recorded once."""
    approved = verb == "approve"
    assert row.state == (EnrollmentState.APPROVED if approved else EnrollmentState.REJECTED)
    assert (row.decided_by, row.person is not None) == (boss, approved)
    done = Audit.select().where(Audit.target_pk == row.pk, Audit.outcome == "done")
    assert [entry.action for entry in done] == [verb]
    if approved:
        person = Person.by_pk(row.person)
        assert person.callsign == row.callsign
        assert {path.name: path.stat().st_mode & 0o777 for path in person.directory.iterdir()} == dict(MODES)
        serial = x509.load_pem_x509_certificate(person.get_cert_pem()).serial_number
        (issued,) = Issued.select().where(Issued.person == person.pk, Issued.committed)
        assert (issued.serial, issued.revoked_on) == (f"{serial:x}", None)


@pytest.fixture
def wire(make_database, data_dir, monkeypatch):
    """A deployment that is reached by a wire."""
    monkeypatch.setenv("DB_RETRY_LIMIT", "0")
    made = Wire(make_database("current"))
    deploy("upstream", data_dir, made.dsn)
    yield made
    unbind()
    made.close()


def cut_at_commit(monkeypatch, wire, plan, *, stays_down=False):
    """Cut the wire at the commit that records an action, once."""
    record = audit.record

    def recorded(*given, **named):
        number = record(*given, **named)
        if given[2] == "done" and not wire.cut.is_set():
            wire.plan, wire.down = plan, stays_down
        return number

    monkeypatch.setattr(audit, "record", recorded)


@pytest.mark.parametrize(("plan", "told"), [("before", "it was not recorded"), ("after", None), ("late", None)])
def test_a_rejection_whose_answer_is_lost_is_looked_up(wire, monkeypatch, plan, told):
    boss, asked = make_operator(), make_enrollment("Kettu")
    cut_at_commit(monkeypatch, wire, plan)
    if told is None:
        enrollments.reject(boss, asked.pk, "not ours")
    else:
        with pytest.raises(DatabaseUnreachable, match=told):
            enrollments.reject(boss, asked.pk, "not ours")
        enrollments.reject(boss, asked.pk, "not ours")
    assert wire.cut.is_set()
    assert state_of(asked) is State.REJECTED
    assert [row[1:4] for row in audit_rows()] == [("reject", "done", "Kettu")]


@pytest.mark.parametrize(
    ("plan", "kind", "told"),
    [
        ("before", DatabaseUnreachable, "lost during the reset-code of Kettu, and it was not recorded"),
        ("after", AnswerLost, "lost during the reset-code of Kettu, just after it was recorded: it is done"),
    ],
)
def test_what_gives_something_says_that_it_was_done(wire, monkeypatch, plan, kind, told):
    boss, asked = make_operator(), make_enrollment("Kettu", "CODE0001")
    cut_at_commit(monkeypatch, wire, plan)
    with pytest.raises(kind, match=told) as caught:
        enrollments.reset_code(boss, asked.pk)
    assert type(caught.value) is kind
    with connection():
        assert (Enrollment.by_pk(asked.pk).approvecode == "CODE0001") is (plan == "before")


def test_what_cannot_be_looked_up_is_not_known(wire, monkeypatch):
    boss, asked = make_operator(), make_enrollment("Kettu")
    cut_at_commit(monkeypatch, wire, "after", stays_down=True)
    with pytest.raises(OutcomeUnknown, match="whether it was recorded is not known\\. Look before trying again") as caught:
        enrollments.reject(boss, asked.pk, "not ours")
    assert type(caught.value) is OutcomeUnknown
    wire.down = False
    with pytest.raises(AlreadyDecided, match="already rejected by BOSS"):
        enrollments.reject(boss, asked.pk, "not ours")
    assert [row[1:3] for row in audit_rows()] == [("reject", "done"), ("reject", "refused")]
