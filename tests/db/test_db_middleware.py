"""A connection for each operation, and what goes wrong with it as a sentence."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from db_rows import person, sql
from peewee import InterfaceError, OperationalError

from deployments import run_sql, unbind
from rmtui import settings
from rmtui.db import DBConfig, Person, db, init_db
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import BackendError, DatabaseUnreachable, DBError, NotFound, ReadOnlyError, SchemaMismatch
from rmtui.db.middleware import DBConnectionMiddleware, connected, connection
from rmtui.errors import ConfigurationError


def test_each_operation_has_its_own(env):
    from rmtui.db import bind_config

    bind_config()
    assert db.is_closed()
    with connection() as outer:
        assert not db.is_closed()
        with connection() as inner:
            assert inner is outer
        assert not db.is_closed()
    assert db.is_closed()

    @connected
    def names(prefix: str) -> list[str]:
        """Say who is there."""
        return [prefix + each.callsign for each in Person.list()]

    app = DBConnectionMiddleware(names)
    assert names("x") == app(prefix="x") == []
    assert names.__name__ == "names"
    assert db.is_closed()
    with pytest.raises(NotFound), connection():
        Person.by_callsign("nobody")
    assert db.is_closed()


def test_without_a_connection_for_each_request_the_caller_opens(env):
    DBConfig.singleton(dsn=env["RM_DB_DSN"], use_connection_for_request=False)
    with pytest.raises(DatabaseUnreachable), connection():
        Person.list()
    from rmtui.db import bind_config

    with bind_config().connection_context(), connection():
        assert Person.list() == []


def test_threads_have_connections_of_their_own(env):
    seen, barrier = set(), threading.Barrier(4)

    def look():
        with connection() as open_one:
            seen.add(id(open_one.connection()))
            barrier.wait(10)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(seen) == 4


def test_a_pool_that_is_used_up_is_busy(env):
    if env["RM_DB_DSN"].startswith("sqlite"):
        pytest.skip("SQLite has no pool")
    DBConfig.singleton(dsn=env["RM_DB_DSN"], pool_max_size=1)
    caught = []
    with connection() as held:
        held.obj._wait_timeout = 0.1

        def other():
            try:
                with connection():
                    pass
            except DBError as error:
                caught.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert isinstance(caught[0], DatabaseUnreachable)
    assert "busy" in caught[0].sentence


def test_what_the_database_refuses_is_a_sentence_without_sql(database):
    person("Kettu")
    with pytest.raises(DBError, match="refused the change") as caught, connection():
        person("Kettu")
    assert "INSERT" not in caught.value.sentence
    with pytest.raises(SchemaMismatch, match="not a deployment of today"), connection():
        sql("SELECT colour FROM users")
    with pytest.raises(SchemaMismatch), connection():
        sql("SELECT 1 FROM nowhere")
    with pytest.raises(BackendError), connection():
        sql("SELEKT")
    assert Person.list()[0].callsign == "Kettu"


def test_a_failed_operation_leaves_no_transaction(env):
    with pytest.raises(DBError), connection(), db.atomic():
        _ = person("Kettu"), person("Kettu")
    with connection():
        assert Person.list() == []


def meanwhile(postgres, statement):
    """Something happens at the server; then people are asked for."""
    run_sql(postgres, statement)
    Person.list()


def test_a_database_that_is_dropped_while_open(env, postgres):
    dsn = env["RM_DB_DSN"]
    with connection():
        assert Person.list() == []
    if dsn.startswith("sqlite"):
        Path(DBConfig.singleton().database).unlink()
        with pytest.raises(DatabaseUnreachable, match="cannot be opened"), connection():
            pass
        assert not Path(DBConfig.singleton().database).exists()
        return
    name = dsn.partition("?")[0].rpartition("/")[2]
    with pytest.raises(DatabaseUnreachable) as caught, connection():
        meanwhile(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')
    assert caught.value.exit_code == 3
    with pytest.raises(ConfigurationError, match="does not exist"), connection():
        pass


def test_a_connection_killed_in_use_does_not_spoil_the_next(env, postgres):
    if env["RM_DB_DSN"].startswith("sqlite"):
        pytest.skip("SQLite has no server")
    for _ in range(2):
        with pytest.raises(DatabaseUnreachable, match="cannot be reached"), connection() as held, connection():
            meanwhile(postgres, f"SELECT pg_terminate_backend({held.connection().get_backend_pid()}, 5000)")
        with connection():
            assert Person.list() == []


def test_read_only(env):
    unbind()
    settings.configure(replace(settings.current(), read_only=True))
    DBConfig.singleton(dsn=env["RM_DB_DSN"])
    with connection():
        assert Person.list() == []
        with pytest.raises(ReadOnlyError, match="takes no writes"), connection():
            person("Kettu")


def test_a_locked_database_is_busy(env, monkeypatch):
    monkeypatch.setattr("rmtui.db.engine.BUSY_SECONDS", 0.1)
    unbind()
    DBConfig.singleton(dsn=env["RM_DB_DSN"])
    caught = []

    def other():
        try:
            with connection():
                if not is_sqlite(db):
                    sql("SET lock_timeout = '100ms'")
                person("Susi").assign_role("admin")
        except DBError as error:
            caught.append(error)

    with connection(), db.atomic():
        person("Kettu")
        if not is_sqlite(db):
            sql("LOCK TABLE users IN EXCLUSIVE MODE")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert isinstance(caught[0], DatabaseUnreachable)
    assert "busy; nothing was changed" in caught[0].sentence


def test_a_file_that_is_no_database(tmp_path, data_dir):
    path = tmp_path / "x.db"
    path.write_bytes(b"not a database, " * 1000)
    before = path.read_bytes()
    DBConfig.singleton(dsn=f"sqlite:///{path}")
    with pytest.raises(SchemaMismatch, match="no SQLite database"):
        init_db()
    assert path.read_bytes() == before


def test_only_init_db_makes_a_file_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "deep" / "x?#%20.db"
    DBConfig.singleton(dsn=f"sqlite:///{str(path).replace('%', '%25')}")
    with pytest.raises(DatabaseUnreachable), connection():
        pass
    assert not path.parent.exists()
    umask = os.umask(0)
    try:
        init_db()
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with connection() as open_one:
        assert open_one.pragma("journal_mode") == "wal"
        assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}


def test_no_connection_is_a_sentence_of_peewee_outside(env):
    from rmtui.db import bind_config

    bind_config()
    with pytest.raises(InterfaceError):
        Person.list()


def test_a_full_disk_is_told_where_sqlite_has_rolled_back_itself(tmp_path):
    DBConfig.singleton(dsn=f"sqlite:///{tmp_path / 'x.db'}")

    def fill():
        with connection():
            try:
                raise sqlite3.OperationalError("database or disk is full")
            except sqlite3.OperationalError:
                try:
                    raise sqlite3.OperationalError("cannot rollback - no transaction is active")
                except sqlite3.OperationalError as second:
                    raise OperationalError(*second.args) from second

    init_db()
    with pytest.raises(BackendError, match="disk of the database is full; nothing was changed"):
        fill()
