"""The connection to PostgreSQL is lost while an approval commits."""

from __future__ import annotations

import threading

import psycopg2
import pytest
from db_rows import people_files, person

from deployments import deploy, unbind
from rmtui.auth.operator import Operator
from rmtui.db import Enrollment, EnrollmentState, Person, issuing
from rmtui.db.errors import OutcomeUnknown
from rmtui.db.middleware import connection
from rmtui.db.own import Claim, Issued
from rmtui.errors import UnreachableError
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.services import bulk_actions
from rmtui.services.bulk import Target
from rmtui.services.bulk_actions import Approval
from rmtui.settings import Secret
from wires import Wire


@pytest.fixture(params=["empty", "current"])
def wire(request, make_database, data_dir, monkeypatch):
    """A deployment that is reached by a wire, an admin and somebody who waits."""
    monkeypatch.setenv("DB_RETRY_LIMIT", "0")
    made = Wire(make_database(request.param))
    deploy("upstream", data_dir, made.dsn)
    with connection():
        person("BOSS").assign_role("admin")
        Enrollment.create_for_callsign("Kettu")
    yield made
    unbind()
    made.close()


def approve(wire, plan, **options):
    with connection():
        row, boss = Enrollment.by_callsign("Kettu"), Person.by_callsign("BOSS")

        def plot(step):
            if step == "Recording the approval":
                wire.plan = plan

        return row.approve(boss, progress=plot, **options)


def whole(*, lost=0):
    """Approved, with files and a certificate that is good."""
    with connection():
        made = Person.by_callsign("Kettu")
        row = Enrollment.by_callsign("Kettu")
        assert (row.state, row.person) == (EnrollmentState.APPROVED, made.pk)
        assert people_files() == [str(made.pk)]
        assert Issued.get(Issued.person == made.pk).revoked_on is None
        assert Issued.select().where(~Issued.committed, Issued.revoked_on.is_null(False)).count() == lost
        assert Claim.select().count() == 0


def undone():
    """Pending, without files; the certificate that was signed is revoked."""
    with connection():
        row = Enrollment.by_callsign("Kettu")
        assert (row.state, row.person) == (EnrollmentState.PENDING, None)
        assert people_files() == []
        assert Claim.select().count() == 0
        assert Issued.select().where(Issued.revoked_on.is_null()).count() == 0


def test_the_commit_never_arrived(wire):
    with pytest.raises(UnreachableError) as caught:
        approve(wire, "before")
    assert not isinstance(caught.value, OutcomeUnknown)
    assert wire.cut.is_set()
    undone()
    approve(wire, None)
    whole(lost=1)


def test_the_answer_to_the_commit_is_lost(wire):
    assert approve(wire, "after").callsign == "Kettu"
    assert wire.cut.is_set()
    whole()


def test_the_commit_arrives_late(wire):
    """Nobody may look before the lost session is done, or a person would be left without files."""
    assert approve(wire, "late").callsign == "Kettu"
    assert wire.cut.is_set()
    whole()


@pytest.mark.parametrize("plan", ["before", "after"])
def test_the_database_stays_away(wire, plan):
    watcher = threading.Thread(target=lambda: wire.cut.wait(20) and setattr(wire, "down", True))
    watcher.start()
    with pytest.raises(UnreachableError) as caught:
        wire_down_at_once(wire, plan)
    watcher.join()
    assert wire.settled.wait(20)
    assert isinstance(caught.value, OutcomeUnknown)
    assert "Look at the enrolment" in caught.value.sentence
    assert caught.value.exit_code == 3
    wire.down = False
    if plan == "after":
        whole()
        return
    with connection():
        assert Enrollment.by_callsign("Kettu").state == EnrollmentState.PENDING
        assert issuing.sweep() == []
    approve(wire, None)
    with connection():
        assert Person.by_callsign("Kettu").get_cert_pem()


def wire_down_at_once(wire, plan):
    """As :func:`approve`, with no way back once the wire is cut."""

    def down(_person, _issued):
        wire.down = True

    approve(wire, plan, on_commit=down)


def test_the_session_is_ended_by_the_server(wire):
    """An administrator ends it inside the transaction, as a restart of the server would."""

    def end(_person, _issued):
        with connection() as db:
            pid = db.connection().get_backend_pid()
        other = psycopg2.connect(wire.dsn)
        other.autocommit = True
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        other.close()

    with pytest.raises(UnreachableError) as caught:
        approve(wire, None, on_commit=end)
    assert not isinstance(caught.value, OutcomeUnknown)
    undone()
    approve(wire, None)
    whole(lost=1)


def test_the_session_is_ended_while_the_files_are_made(wire):
    def end(step):
        if step == "Writing the files":
            with connection() as db:
                pid = db.connection().get_backend_pid()
            other = psycopg2.connect(wire.dsn)
            other.autocommit = True
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            other.close()

    with pytest.raises(UnreachableError), connection():
        Enrollment.by_callsign("Kettu").approve(Person.by_callsign("BOSS"), progress=end)
    undone()
    approve(wire, None)
    whole(lost=1)


def test_create_with_cert_survives_a_lost_answer(wire):
    with connection() as db:
        commit = db.obj.commit

        def last():
            if not wire.cut.is_set() and Issued.select().where(Issued.committed).count():
                wire.plan = "late"
            commit()

        db.obj.commit = last
        try:
            made = Person.create_with_cert("Susi")
        finally:
            del db.obj.commit
    assert wire.cut.is_set()
    with connection():
        assert Person.by_pk(made.pk).get_cert_pem()


@pytest.mark.parametrize("threads", [1, 2])
def test_of_many_the_rest_is_left(wire, monkeypatch, threads):
    """What is done stays done, and nothing else is begun."""
    sign, signed = EmbeddedAuthority.sign, iter(range(100))

    def cut_the_third(self, request, callsign):
        if next(signed) == 2:
            wire.close()
        return sign(self, request, callsign)

    monkeypatch.setattr(EmbeddedAuthority, "sign", cut_the_third)
    monkeypatch.setattr(bulk_actions, "_threads", lambda: threads)
    with connection():
        boss = Person.by_callsign("BOSS")
        rows = [Enrollment.by_callsign("Kettu"), *map(Enrollment.create_for_callsign, [f"SUSI{number}" for number in range(2, 9)])]
    wanted = [Approval(Target(row.pk, row.callsign), Secret(row.approvecode), "") for row in rows]
    report = bulk_actions.approve(Operator(boss.pk, "BOSS", "test"), wanted)
    outcomes = [result.outcome for result in report.results]
    assert outcomes[-1] == "left"
    assert 0 < outcomes.count("failed") <= threads
    assert "refused" not in outcomes
    assert "done" in outcomes
