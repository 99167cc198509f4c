"""Statements whose SQL is made once find and write what Peewee's own do, on whichever database is bound."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from db_rows import person
from peewee import IntegrityError, InterfaceError

from rmtui.db import Person
from rmtui.db.base import db
from rmtui.db.own import Claim
from rmtui.db.prepared import Prepared, Slot, insert

WHEN = dt.datetime(2026, 1, 2, 3, 4, 5, 678901, dt.UTC)


def claim(**changes):
    values = {"enrollment": uuid.uuid4(), "person": uuid.uuid4(), "operator": "O'Ärla %s ?", "host": "h", "process": "1/2", "expires": WHEN}
    return Claim(**{**values, **changes})


def test_a_row_is_written_with_every_column_and_once(database):
    made = claim()
    insert(made)
    found = Claim.get()
    assert {name: getattr(found, name) for name in Claim._meta.fields} == {name: getattr(made, name) for name in Claim._meta.fields}
    with pytest.raises(IntegrityError), db.atomic():
        insert(made)


def test_values_go_where_their_slots_are(database):
    one, other = claim(operator="ONE"), claim(operator="OTHER", expires=WHEN + dt.timedelta(days=1))
    insert(one)
    insert(other)
    found = Prepared(Claim, lambda: Claim.select().where((Claim.host == "h") & (Claim.expires <= Slot(Claim.expires, "at"))))
    assert [row.token for row in found.all(at=WHEN)] == [one.token]
    assert {row.token for row in found.all(at=other.expires)} == {one.token, other.token}
    assert found.first(at=WHEN - dt.timedelta(microseconds=1)) is None
    rename = Prepared(
        Claim,
        lambda: Claim.update(operator=Slot(Claim.operator)).where(Claim.enrollment == Slot(Claim.enrollment)),
    )
    assert rename.run(operator="NEW", enrollment=one.enrollment) == 1
    assert rename.run(operator="NEW", enrollment=uuid.uuid4()) == 0
    assert {row.operator for row in Claim.select()} == {"NEW", "OTHER"}


def test_what_is_read_is_as_peewee_reads_it(database):
    made = person("Kettu")
    found = Prepared(Person, lambda: Person.select().where(Person.callsign == Slot(Person.callsign))).first(callsign="Kettu")
    peewees = Person.get(Person.callsign == "Kettu")
    assert found == made
    assert {name: getattr(found, name) for name in Person._meta.fields} == {name: getattr(peewees, name) for name in Person._meta.fields}
    assert found.dirty_fields == []


def test_the_statement_is_made_once_for_a_database(database):
    made = []
    found = Prepared(Claim, lambda: made.append(db.obj) or Claim.select().where(Claim.host == Slot(Claim.host)))
    found.all(host="x")
    found.all(host="y")
    assert made == [db.obj]
    before = db.obj
    db.close()
    try:
        other = type(before)("")
        db.initialize(other)
        with pytest.raises(InterfaceError):  # what it would run on is the other, which nobody opened
            found.all(host="x")
    finally:
        db.initialize(before)
        db.connect()
    assert made == [before, other]
