"""A trail from before there was a chain comes through the migration whole; one that is interrupted leaves it as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid

import pytest
from db_rows import sql
from peewee import PeeweeException
from trail_rows import append, cell, edit, found, table, unguard, walk

from deployments import deploy
from rmtui.db import chain, schema
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.services import witness

pytestmark = pytest.mark.two_databases

FOREIGN = "a\nb\x1b[31m\u2028\u202e'\"\\\U0001f98a%s"
COLUMNS = "id, at, operator_pk, operator, proof, surface, action, outcome, target_pk, target, detail, version"


@pytest.fixture(params=["sqlite", "postgresql", "upstream"])
def old(request, monkeypatch, data_dir):
    """The environment of a database at 0001, with entries that have gaps; a connection is open."""
    engine = request.param
    url = None if engine == "sqlite" else request.getfixturevalue("make_database")("empty" if engine == "postgresql" else "current")
    only = {"0001_claims_issued_audit"}
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_known", lambda: sorted(only))
        real = schema._runner

        class Runner:
            def up(self):
                return real().up("0001_claims_issued_audit")

        patch.setattr(schema, "_runner", Runner)
        env = deploy(engine, data_dir, url)
    with connection():
        for number, text in ((1, "one"), (2, FOREIGN), (5, ""), (9, "x" * 5000), (10, "ten")):
            put(number, text)
        yield env


def put(number, text, at=None, operator=None):
    key = uuid.UUID(int=abs(number))
    values = [
        number,
        at or f"2026-03-01 12:00:00.0000{number:02d}",
        operator or (key.hex if number != 5 else None),
        f"BOSS{text[:50]}",
        "unproven",
        "console",
        "approve",
        "done",
        key.hex if number != 2 else None,
        text,
        text,
        1,
    ]
    sql(f"INSERT INTO {table('audit')} ({COLUMNS}) VALUES ({', '.join(['%s'] * len(values))})", *values)


def state():
    """Everything of ours."""
    if is_sqlite(db):
        catalog = sql("SELECT type, name, sql FROM sqlite_master WHERE tbl_name LIKE 'rmtui%' ORDER BY 1, 2")
    else:
        catalog = sql(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'rmtui' ORDER BY 1, 2"
        ) + sql("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")
        catalog += sql("SELECT proname FROM pg_proc WHERE pronamespace = 'rmtui'::regnamespace ORDER BY 1")
    return catalog, sql(f"SELECT * FROM {table('audit')} ORDER BY id"), sql(f"SELECT name FROM {table('migrations')}")


def test_a_trail_comes_through(old):
    texts = [text for (text,) in sql(f"SELECT detail FROM {table('audit')} ORDER BY id")]
    was = sql(f"SELECT at, operator_pk, operator, target_pk, target, version FROM {table('audit')} ORDER BY id")
    assert not schema.own_tables_ready()
    schema.migrate()
    assert schema.own_tables_ready()
    rows = list(Audit.select().order_by(Audit.id))
    assert [row.id for row in rows] == [1, 2, 3, 4, 5]
    assert [row.reason for row in rows] == texts
    assert sql(f"SELECT at, operator_pk, operator, target_pk, target, version FROM {table('audit')} ORDER BY id") == was
    assert {(row.details, row.os_user, row.host, row.origin, row.program, row.signer, row.signature) for row in rows} == {
        ("{}", "", "", "", "", None, None)
    }
    whole = walk()
    assert (whole.entries, whole.finding) == (5, None)
    assert append() == 6
    assert found() is None
    witness.follow()
    assert sorted(witness.seen()) == [1, 2, 3, 4, 5, 6]
    for statement in (f"UPDATE {table('audit')} SET reason = 'x'", f"DELETE FROM {table('audit')}", f"DELETE FROM {table('chain')}"):
        with pytest.raises(PeeweeException, match="only ever added to"), db.atomic():
            sql(statement)
    unguard()
    for number in range(1, 6):
        right = cell(number, "reason")
        edit(number, "reason", "forged")
        assert found() == (number, "changed")
        edit(number, "reason", right)
    schema.migrate()
    assert found() is None


def test_an_empty_trail_comes_through(old):
    unguard_old()
    sql(f"DELETE FROM {table('audit')}")
    schema.migrate()
    assert walk().entries == 0
    assert append() == 1
    assert found() is None


def unguard_old():
    if is_sqlite(db):
        sql("DROP TRIGGER rmtui_audit_no_delete")
        sql("CREATE TRIGGER rmtui_audit_no_delete BEFORE DELETE ON rmtui_audit WHEN 0 BEGIN SELECT 1; END")
    else:
        sql("ALTER TABLE rmtui.audit DISABLE TRIGGER ALL")


def test_what_other_means_put_in_comes_through_too(old):
    """It is chained as it is; the numbers are made whole."""
    put(-3, "minus")
    put(0, "nought")
    put(2**41, "far")
    put(11, "whole second", at="2026-03-01 12:00:00")
    if is_sqlite(db):
        put(12, "no time", at="x")
        put(13, "capitals", operator=str(uuid.UUID(int=0xABCDEF)).upper())
    schema.migrate()
    many = 11 if is_sqlite(db) else 9
    assert [number for (number,) in sql(f"SELECT id FROM {table('audit')} ORDER BY id")] == list(range(1, many + 1))
    assert [cell(number, "reason") for number in (1, 2, 3)] == ["minus", "nought", "one"]
    assert cell(many, "reason") == "far"
    assert (walk().entries, found()) == (many, None)


def test_an_interrupted_migration_leaves_what_was_before(old, monkeypatch):
    before = state()
    real, calls = chain.link, []

    for stop in (1, 3, 5):
        calls.clear()

        def link(previous, values, stop=stop):
            calls.append(values)
            if len(calls) == stop:
                raise KeyboardInterrupt
            return real(previous, values)

        monkeypatch.setattr(chain, "link", link)
        with pytest.raises(KeyboardInterrupt):
            schema.migrate()
        assert state() == before
        assert not schema.own_tables_ready()
    monkeypatch.undo()
    schema.migrate()
    assert (walk().entries, found()) == (5, None)


KILLED = """
import os, signal
from rmtui.db import chain, schema
real, calls = chain.link, []
def link(previous, values):
    calls.append(1)
    if len(calls) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(previous, values)
chain.link = link
schema.migrate()
"""


def test_a_killed_migration_leaves_what_was_before(old):
    before = state()
    killed = subprocess.run([sys.executable, "-c", KILLED], env={**os.environ, **old}, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    if not is_sqlite(db):
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while sql(others)[0][0]:
            pass
    assert state() == before
    schema.migrate()
    assert (walk().entries, found()) == (5, None)


def test_several_processes_migrate_at_once(old):
    code = "from rmtui.db import schema; schema.migrate()"
    workers = [subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **old}) for _ in range(4)]
    assert [worker.wait(60) for worker in workers] == [0] * 4
    assert schema.own_tables_ready()
    assert (walk().entries, found()) == (5, None)
