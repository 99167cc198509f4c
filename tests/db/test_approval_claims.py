"""Claims keep a second operator away, run out, die with their process, and are taken over; what is left is swept."""

from __future__ import annotations

import datetime as dt
import os
import uuid

import pytest
from db_outcome import crl_serials, nothing_left, while_made
from db_rows import people_files, person

from rmtui import clock, settings
from rmtui.db import Enrollment, Person, approval, issuing
from rmtui.db.base import db
from rmtui.db.errors import AlreadyDecided, BeingApproved
from rmtui.db.own import Claim, Issued
from rmtui.db.process import host, process

pytestmark = pytest.mark.two_databases


def foreign_claim(row, **fields):
    values = {"operator": "CHIEF", "host": "elsewhere", "process": "1/1", "expires": clock.utcnow() + approval.CLAIM_TIME}
    return Claim.create(enrollment=row.pk, person=uuid.uuid4(), **{**values, **fields})


def issued(owner):
    start = clock.utcnow()
    Issued.create(
        serial=f"{owner.int:x}", person=owner, callsign="Lost", fingerprint="", not_before=start, not_after=start + dt.timedelta(hours=1)
    )


def test_a_claim_of_another_operator_keeps_it(asked, admin):
    foreign_claim(asked)
    assert approval.live_claim(asked.pk).operator == "CHIEF"
    with pytest.raises(BeingApproved, match="CHIEF is approving Kettu since 2"):
        asked.approve(admin)
    assert Claim.select().count() == 1
    assert people_files() == []
    asked.reject(admin)  # a claim is no decision


@pytest.mark.parametrize(
    "fields",
    [
        {"expires": dt.datetime(2024, 1, 1, tzinfo=dt.UTC)},
        {"host": host(), "process": "999999999/1"},
        {"host": host(), "process": f"{os.getpid()}/1"},
        {"host": host(), "process": process()},
    ],
    ids=["ran out", "dead", "number used again", "ours, forgotten"],
)
def test_claims_that_keep_nobody(asked, admin, fields):
    foreign_claim(asked, **fields)
    assert approval.live_claim(asked.pk) is None
    asked.approve(admin)
    assert Claim.select().count() == 0


def test_a_claim_runs_out_by_the_clock(asked, admin, monkeypatch):
    foreign_claim(asked)
    later = clock.utcnow() + approval.CLAIM_TIME
    monkeypatch.setattr(clock, "utcnow", lambda: later)
    asked.approve(admin)


def test_taken_over_while_being_made(asked, admin, monkeypatch):
    def take_over():
        Claim.delete().execute()
        foreign_claim(asked)

    while_made(monkeypatch, take_over)
    with pytest.raises(BeingApproved, match="took too long and another took over"):
        asked.approve(admin)
    assert [claim.operator for claim in Claim.select()] == ["CHIEF"]
    Claim.delete().execute()
    monkeypatch.undo()
    nothing_left(asked, admin, signed=1)


def test_taken_over_and_approved_while_being_made(asked, admin, monkeypatch):
    other = person("CHIEF")

    def take_over():
        monkeypatch.undo()
        Claim.delete().execute()
        Enrollment.by_pk(asked.pk).approve(other)

    while_made(monkeypatch, take_over)
    with pytest.raises(AlreadyDecided, match="Kettu is already approved by CHIEF"):
        asked.approve(admin)
    made = Person.by_callsign("Kettu")
    assert people_files() == [str(made.pk)]
    assert crl_serials() == {each.serial for each in Issued.select().where(~Issued.committed)}
    assert Claim.select().count() == 0


def test_sweep_leaves_what_is_young_or_pointed_at(asked, admin, monkeypatch):
    made = asked.approve(admin)
    people = settings.current().people_dir
    lost, unknown = uuid.uuid4(), uuid.uuid4()
    issued(lost)
    for name in (str(lost), str(unknown), f".{uuid.uuid4()}.0123456789ab.part", "lost+found", "notes"):
        (people / name).mkdir()
        (people / name / "mtls.key").write_bytes(b"x")
    claim = foreign_claim(asked, expires=clock.utcnow() + dt.timedelta(hours=3))
    issued(claim.person)
    (people / str(claim.person)).mkdir()
    assert issuing.sweep() == []
    later = clock.utcnow() + dt.timedelta(hours=2)
    monkeypatch.setattr(clock, "utcnow", lambda: later)
    assert len(issuing.sweep()) == 3
    assert set(people_files()) == {str(made.pk), str(claim.person), str(unknown), "lost+found", "notes"}


def test_sweep_leaves_the_people_of_another_database(asked, admin, monkeypatch):
    made = asked.approve(admin)
    Enrollment.update(person=None).execute()  # as where a new database, or one of an older backup, meets the data directory
    Issued.delete().execute()
    db.execute_sql(f"DELETE FROM {Person.__tablename__} WHERE callsign = 'Kettu'")
    later = clock.utcnow() + dt.timedelta(hours=2)
    monkeypatch.setattr(clock, "utcnow", lambda: later)
    assert issuing.sweep() == []
    assert str(made.pk) in people_files()
