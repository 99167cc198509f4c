"""What goes wrong with a database is told as a sentence, and loses nothing."""

from __future__ import annotations

import os
import socket
import sqlite3
import struct
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from deployments import deploy, run_sql, unbind
from making import make_enrollment, make_operator, make_person, state_of
from ports import HeldPort
from rmtui import settings
from rmtui.db import base, engine
from rmtui.db.config import DBConfig
from rmtui.db.errors import DatabaseUnreachable, ReadOnlyError, SchemaMismatch
from rmtui.errors import EXIT_CONFIGURATION, EXIT_REFUSED, EXIT_UNREACHABLE, ConfigurationError, RmtuiError
from rmtui.pki.interface import StorageError
from rmtui.services import enrollments, people, roles
from rmtui.services.database import PasswordInURL, use_database
from rmtui.services.deployment import changes, open_deployment
from rmtui.services.types import EnrollmentQuery, PeopleQuery, State
from rmtui.settings import Secret

TERMINATE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE application_name = 'rmtui' AND datname = current_database()"""


def bind(url: str, **fields) -> None:
    unbind()
    DBConfig.singleton(dsn=Secret(url), retry_limit=0, **fields)


def sentence(error: RmtuiError, *words: str) -> str:
    """What an operator reads: words of this, no secret, no statement, no control characters."""
    text = error.sentence
    assert all(word in text for word in words), text
    assert "hunter2" not in text
    assert "SELECT" not in text
    assert text == text.strip()
    assert text.isprintable()
    return text


def everything():
    """Each of the first questions a surface asks."""
    lists = [lambda: people.list_people(PeopleQuery()), lambda: enrollments.list_enrollments(EnrollmentQuery())]
    return [open_deployment, *lists, enrollments.summary]


def failures(kind: type[RmtuiError]) -> list[RmtuiError]:
    caught = []
    for ask in everything():
        with pytest.raises(kind) as seen:
            ask()
        caught.append(seen.value)
    return caught


class TestServer:
    def test_nobody_listens(self):
        with HeldPort() as port:
            bind(f"postgresql://me:hunter2@127.0.0.1:{port.number}/db")
            for error in failures(DatabaseUnreachable):
                assert error.exit_code == EXIT_UNREACHABLE
                sentence(error, "db@127.0.0.1", "cannot be reached")

    def test_no_such_host(self):
        bind("postgresql://me:hunter2@host.invalid/db")
        for error in failures(DatabaseUnreachable):
            sentence(error, "host.invalid")

    def test_a_server_that_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            bind(f"postgresql://me:hunter2@127.0.0.1:{server.getsockname()[1]}/db?connect_timeout=2&sslmode=disable")
            with pytest.raises(DatabaseUnreachable) as caught:
                open_deployment()
        sentence(caught.value, "cannot be reached")

    def test_a_wrong_password(self):
        def answer(server):
            peer, _ = server.accept()
            with peer:
                peer.recv(1024)
                fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "me"\0\0'
                peer.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)

        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=answer, args=(server,))
            thread.start()
            bind(f"postgresql://me:hunter2@127.0.0.1:{server.getsockname()[1]}/db?sslmode=disable&gssencmode=disable")
            with pytest.raises(ConfigurationError) as caught:
                open_deployment()
            thread.join()
        assert caught.value.exit_code == EXIT_CONFIGURATION
        sentence(caught.value, "turned us away", "password authentication failed")

    def test_no_such_database(self, postgres, make_database):
        bind(make_database("empty").replace("/t_", "/none_"))
        for error in failures(ConfigurationError):
            sentence(error, "does not exist")

    def test_an_empty_one(self, make_database):
        bind(make_database("empty"))
        for error in failures(SchemaMismatch):
            assert error.exit_code == EXIT_CONFIGURATION
        with pytest.raises(SchemaMismatch, match="rmtui init"):
            open_deployment()

    def test_one_of_2023_is_left_as_it_is(self, make_database, data_dir):
        url = make_database("2023")
        bind(url)
        with pytest.raises(SchemaMismatch) as caught:
            open_deployment()
        sentence(caught.value, "enrollments.csr", "users.revoke_reason", "enrollmentpools.invitecode", "left as it is")
        with pytest.raises(SchemaMismatch):
            deploy("upstream", data_dir, url)
        unbind()
        with pytest.raises(Exception, match="does not exist"):
            run_sql(url, "SELECT 1 FROM rmtui.audit")

    def test_dropped_while_open(self, make_database, postgres, data_dir):
        url = make_database("current")
        deploy("upstream", data_dir, url)
        make_person("RAVEN")
        assert people.count_people(PeopleQuery()).number == 1
        run_sql(postgres, f'DROP DATABASE "{url.partition("/t_")[2].partition("?")[0].join(["t_", ""])}" WITH (FORCE)')
        for _ in range(3):
            for ask in (*everything(), changes):
                with pytest.raises(RmtuiError) as caught:
                    ask()
                assert caught.value.exit_code in {EXIT_CONFIGURATION, EXIT_UNREACHABLE}
                sentence(caught.value)

    def test_a_connection_lost_while_open_is_replaced(self, make_database, postgres, data_dir):
        url = make_database("current")
        deploy("upstream", data_dir, url)
        boss = make_operator()
        for _ in range(3):
            run_sql(url, TERMINATE)
            assert people.count_people(PeopleQuery()).number == 1
        run_sql(url, TERMINATE)
        assert enrollments.create(boss, "RAVEN").callsign == "RAVEN"

    def test_tables_dropped_while_open(self, make_database, data_dir):
        url = make_database("current")
        deploy("upstream", data_dir, url)
        run_sql(url, "DROP SCHEMA raesenmaeher CASCADE")
        for ask in everything()[1:]:
            with pytest.raises(SchemaMismatch) as caught:
                ask()
            sentence(caught.value, "dropped meanwhile")

    def test_one_that_takes_no_writes(self, make_database, postgres, data_dir):
        url = make_database("current")
        deploy("upstream", data_dir, url)
        boss, waiting = make_operator(), make_enrollment("RAVEN", "KROW2IAB")
        run_sql(url, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
        unbind()
        DBConfig.singleton(dsn=Secret(url))
        for act in (
            lambda: enrollments.approve(boss, waiting.pk, "KROW2IAB"),
            lambda: enrollments.reject(boss, waiting.pk, "No"),
            lambda: enrollments.create(boss, "KARHU"),
            lambda: roles.assign(boss, boss.pk, "medic"),
        ):
            with pytest.raises(ReadOnlyError, match="takes no writes; nothing was changed") as caught:
                act()
            assert caught.value.exit_code == EXIT_REFUSED
        assert state_of(waiting) is State.PENDING
        assert not list(settings.current().people_dir.glob("*"))

    def test_a_newer_program_was_here(self, make_database, data_dir):
        url = make_database("current")
        deploy("upstream", data_dir, url)
        boss = make_operator()
        run_sql(url, "INSERT INTO rmtui.migrations SELECT (m).* FROM (SELECT m FROM rmtui.migrations m LIMIT 1) x WHERE false")
        run_sql(url, "UPDATE rmtui.migrations SET name = '9999_later' WHERE name = '0001_claims_issued_audit'")
        with pytest.raises(SchemaMismatch, match="newer version"):
            open_deployment()
        with pytest.raises(SchemaMismatch, match="newer version"):
            enrollments.create(boss, "RAVEN")


def fill(operator):
    for number in range(200):
        enrollments.create(operator, f"RAVEN{number}")


class TestFile:
    @pytest.fixture
    def path(self, data_dir) -> Path:
        deploy("sqlite", data_dir, None)
        return data_dir / "rmtui.db"

    def test_removed_while_open(self, path):
        make_person("RAVEN")
        path.unlink()
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        for ask in (*everything()[1:], changes):
            with pytest.raises(DatabaseUnreachable) as caught:
                ask()
            sentence(caught.value, str(path), "cannot be opened")
        assert not path.exists()

    @pytest.mark.parametrize("content", [b"not a database " * 100, b"SQLite format 3\0" + b"\x10\x00\x02\x02" + b"\xff" * 8000])
    def test_no_database(self, path, content):
        unbind()
        path.write_bytes(content)
        DBConfig.singleton(dsn=Secret(f"sqlite:///{path}"))
        for error in failures(RmtuiError):
            assert error.exit_code == EXIT_CONFIGURATION
            sentence(error, str(path), "no SQLite database")
        with pytest.raises(SchemaMismatch):
            base.init_db()
        assert path.read_bytes() == content

    def test_a_database_of_something_else(self, tmp_path):
        path = tmp_path / "other.db"
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE users (name TEXT)")
        other.close()
        bind(f"sqlite:///{path}")
        with pytest.raises(SchemaMismatch) as caught:
            open_deployment()
        sentence(caught.value, "not one of today's deployments", "users.callsign")
        with pytest.raises(SchemaMismatch):
            base.init_db()
        with sqlite3.connect(path) as other:
            assert other.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
        other.close()

    def test_a_directory(self, tmp_path):
        bind(f"sqlite:///{tmp_path}")
        for error in failures(DatabaseUnreachable):
            sentence(error)

    def test_a_place_that_cannot_be_looked_at(self, tmp_path):
        """A name too long for any file stands for every refusal of the system; root may look into every directory."""
        path = tmp_path / ("x" * 300) / "rmtui.db"
        bind(f"sqlite:///{path}")
        with pytest.raises(StorageError) as caught:
            open_deployment()
        assert caught.value.exit_code == EXIT_REFUSED
        sentence(caught.value, "rmtui.db was not read")
        with pytest.raises(StorageError) as caught:
            base.init_db()
        sentence(caught.value, "was not made")
        with pytest.raises(DatabaseUnreachable) as caught:
            changes()
        sentence(caught.value, "cannot be opened")

    def test_one_that_may_only_be_read(self, path, monkeypatch):
        """As for somebody who may not write the file; root may write any."""
        boss, waiting = make_operator(), make_enrollment("RAVEN", "KROW2IAB")
        unbind()
        monkeypatch.setattr(engine.os, "access", lambda _path, mode: mode != os.W_OK)
        DBConfig.singleton(dsn=Secret(f"sqlite:///{path}"))
        assert enrollments.find("RAVEN").row.callsign == "RAVEN"
        with pytest.raises(ReadOnlyError, match="takes no writes; nothing was changed"):
            enrollments.reject(boss, waiting.pk, "No")
        assert state_of(waiting) is State.PENDING

    def test_held_by_somebody_else(self, path, monkeypatch):
        boss = make_operator()
        unbind()
        monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
        DBConfig.singleton(dsn=Secret(f"sqlite:///{path}"))
        other = sqlite3.connect(path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseUnreachable, match="busy; nothing was changed"):
                enrollments.create(boss, "RAVEN")
            assert people.count_people(PeopleQuery()).number == 1
        finally:
            other.close()
        assert enrollments.create(boss, "RAVEN").callsign == "RAVEN"

    def test_a_full_disk(self, path):
        boss = make_operator()
        with base.db.connection_context():
            size = base.db.execute_sql("PRAGMA page_count").fetchone()[0]
            base.db.execute_sql(f"PRAGMA max_page_count = {size}")
            with pytest.raises(RmtuiError, match="disk of the database is full; nothing was changed"):
                fill(boss)
        assert enrollments.create(boss, "KARHU").callsign == "KARHU"

    def test_nothing_there_is_a_set_up_to_come(self, tmp_path):
        bind(f"sqlite:///{tmp_path / 'none.db'}")
        assert not open_deployment().ready
        with sqlite3.connect(tmp_path / "none.db") as made:
            made.execute("CREATE TABLE unrelated (x)")
        made.close()
        assert not open_deployment().ready


class TestURL:
    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://me:hunter2@h/db",
            "postgresql://h/db?password=hunter2",
            "postgres://me:hunter2@h,i/db",
            "postgresql://h/db?sslpassword=hunter2",
        ],
    )
    def test_a_password_is_refused(self, url):
        with pytest.raises(PasswordInURL) as caught:
            use_database(url)
        assert caught.value.exit_code == EXIT_CONFIGURATION
        sentence(caught.value, "RM_DB_DSN", "PGPASSFILE")

    @pytest.mark.parametrize("name", ["postgresql://me:hunter2@h/db", "dbname=db password=hunter2"])
    def test_a_connection_string_in_the_place_of_a_name_is_refused(self, name):
        with pytest.raises(ConfigurationError) as caught:
            use_database(f"postgresql:///{quote(name, safe='')}")
        sentence(caught.value, "connection string")

    @pytest.mark.parametrize("url", ["mysql://h/db", "postgresql://[broken", "sqlite://", "sqlite:///", "http://hunter2@h"])
    def test_what_is_no_database(self, url):
        with pytest.raises(ConfigurationError) as caught:
            use_database(url)
        sentence(caught.value)

    def test_a_good_one_wins_over_the_environment(self, monkeypatch, tmp_path):
        monkeypatch.setenv("RM_DB_DSN", "postgresql://h/db")
        use_database(f"sqlite:///{tmp_path}/x%20y.db")
        assert DBConfig.singleton().database == f"{tmp_path}/x y.db"
        unbind()
        use_database(None)
        assert DBConfig.singleton().place() == "db@h:5432"
        assert "hunter2" not in repr(DBConfig(dsn=Secret("postgresql://me:hunter2@h/db"), password=Secret("hunter2")))
