"""A revocation that the world could not be told of waits, and is told of later; in the same transaction or not at all."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from cryptography.x509 import load_pem_x509_crl
from db_rows import person

from rmtui import settings
from rmtui.db import effects as queue
from rmtui.db import issuing
from rmtui.db.base import db
from rmtui.db.own import Effect, Issued
from rmtui.db.people import Person
from rmtui.pki.interface import AuthorityUnavailable, PKIError, StorageError
from rmtui.services import effects

pytestmark = pytest.mark.two_databases


def states() -> list[tuple[str, str, int]]:
    return [(row.target, row.state, row.attempts) for row in Effect.select().order_by(Effect.id)]


def on_crl() -> set[str]:
    return {f"{entry.serial_number:x}" for entry in load_pem_x509_crl((settings.current().public_dir / "crl.pem").read_bytes())}


def test_a_crl_that_cannot_be_written_is_written_later(database):
    raven = Person.create_with_cert("RAVEN")
    (serial,) = (row.serial for row in Issued.select())
    public = settings.current().public_dir
    shutil.move(public, public.with_name("aside"))
    public.write_text("in the way")
    with pytest.raises(StorageError, match="RAVEN is revoked, but the CRL was not published"):
        raven.revoke("keyCompromise")
    assert states() == [("crl", "waiting", 1)]
    assert effects.undone().failing.number == 1
    public.unlink()
    shutil.move(public.with_name("aside"), public)
    assert serial not in on_crl()
    Effect.update(next_try=Effect.created).execute()
    db.close()
    assert effects.run_due() == effects.Ran(done=1)
    db.connect()
    assert states() == [("crl", "done", 1)]
    assert on_crl() == {serial}


def test_what_is_published_is_done_for_all_that_wait(database):
    people = [Person.create_with_cert(callsign) for callsign in ("RAVEN", "KARHU")]
    with issuing.publishing_once():
        for each in people:
            each.revoke("superseded")
        assert states() == [("crl", "waiting", 0)] * 2
        db.close()
        assert effects.run_due() == effects.Ran()  # whoever revoked is about to publish
        db.connect()
    assert states() == [("crl", "done", 0)] * 2


def test_a_revocation_that_is_taken_back_leaves_nothing(database):
    raven = Person.create_with_cert("RAVEN")
    with pytest.raises(ZeroDivisionError):
        raven.revoke("superseded", on_commit=lambda *_given: 1 / 0)
    assert states() == []


class CA:
    """An authority elsewhere, which may be down."""

    lists = True

    def __init__(self) -> None:
        self.down, self.unknown, self.revoked, self.published = False, set(), [], 0

    def revoke(self, revocation, _revocations):
        self._up()
        serial = f"{revocation.serial:x}"
        if serial in self.unknown:
            raise PKIError("The CA knows no such certificate.")
        self.revoked.append((serial, revocation.reason))

    def publish_crl(self, _revocations):
        self._up()
        self.published += 1

    def _up(self):
        if self.down:
            raise AuthorityUnavailable("The CA does not answer.")


@pytest.fixture
def ca(database, monkeypatch):
    ca = CA()
    people = [Person.create_with_cert(callsign) for callsign in ("RAVEN", "KARHU")]
    ca.people, ca.serials = people, [Issued.get(Issued.person == each.pk).serial for each in people]
    settings.configure(replace(settings.current(), cert_backend="cfssl"))
    monkeypatch.setattr(issuing, "authority", lambda: ca)
    return ca


def test_a_ca_elsewhere_is_told_of_each_certificate(ca):
    ca.people[0].revoke("keyCompromise")
    assert ca.revoked == [(ca.serials[0], "keyCompromise")]
    assert states() == [(f"ca:{ca.serials[0]}", "done", 0)]


def test_a_ca_that_is_down_is_told_when_it_is_back(ca):
    ca.down = True
    for each in ca.people:
        with pytest.raises(AuthorityUnavailable, match="is revoked, but"):
            each.revoke("superseded")
    waiting = [(f"ca:{serial}", "waiting") for serial in ca.serials]
    assert [state[:2] for state in states()] == waiting
    db.close()
    assert effects.run_due().done == 0
    ca.down = False
    db.connect()
    Effect.update(next_try=Effect.created).execute()
    ca.unknown = {ca.serials[0]}
    db.close()
    ran = effects.run_due()
    db.connect()
    assert (ran.done, ran.failed) == (0, 1)  # both were told of at once
    assert ca.revoked == [(ca.serials[1], "superseded")]
    assert [state[1] for state in states()] == ["waiting", "done"]


def test_what_the_ca_refuses_of_one_is_not_told_of_another(ca):
    ca.unknown = {ca.serials[0]}
    with pytest.raises(PKIError, match="RAVEN is revoked, but"):
        ca.people[0].revoke("superseded")
    Effect.update(next_try=Effect.created).execute()
    ca.people[1].revoke("superseded")
    assert [state[1:] for state in states()] == [("waiting", 2), ("done", 0)]
    assert ca.published == 2


def test_nobody_to_tell_costs_no_statement(database, monkeypatch):
    raven = person("RAVEN")
    monkeypatch.setattr(db.obj, "execute_sql", lambda *_args: 1 / 0)
    queue.plan(raven.pk, "RAVEN", "created")


def test_finding_what_is_due_takes_the_index(database):
    sql, params = Effect.select().where(queue._due(queue.clock.utcnow())).sql()
    if "rmtui_effects" in sql:
        plan = " ".join(str(row) for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall())
        assert "rmtui_effects_due" in plan
        assert "rmtui_effects_person" in plan
    else:
        db.execute_sql("SET enable_seqscan = off")
        plan = " ".join(row[0] for row in db.execute_sql(f"EXPLAIN {sql}", params).fetchall())
        assert "effects_due" in plan
