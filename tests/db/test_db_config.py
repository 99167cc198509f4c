"""Where the database is: every field, its place in the environment, and a password that nothing shows."""

from __future__ import annotations

import dataclasses
import io
import logging
import pickle
import subprocess
import sys
import time
import traceback

import pytest
from peewee import OperationalError

from rmtui import settings
from rmtui.db import DBConfig, bind_config, db
from rmtui.db.engine import make_database
from rmtui.db.errors import DatabaseUnreachable
from rmtui.db.middleware import connection
from rmtui.errors import ConfigurationError
from rmtui.settings import Secret

FIELDS = {
    "driver": ("RM_DATABASE_DRIVER", "postgresql", "postgresql"),
    "host": ("RM_DATABASE_HOST", "db.example", "db.example"),
    "port": ("RM_DATABASE_PORT", "6543", 6543),
    "user": ("RM_DATABASE_USER", "somebody", "somebody"),
    "password": ("RM_DATABASE_PASSWORD", "hunter2", Secret("hunter2")),
    "database": ("RM_DATABASE_NAME", "other", "other"),
    "dsn": ("RM_DB_DSN", "postgresql://u:p@h/d", Secret("postgresql://u:p@h/d")),
    "pool_min_size": ("DB_POOL_MIN_SIZE", "2", 2),
    "pool_max_size": ("DB_POOL_MAX_SIZE", "5", 5),
    "echo": ("DB_ECHO", "1", True),
    "ssl": ("DB_SSL", "require", "require"),
    "use_connection_for_request": ("DB_USE_CONNECTION_FOR_REQUEST", "false", False),
    "retry_limit": ("DB_RETRY_LIMIT", "3", 3),
    "retry_interval": ("DB_RETRY_INTERVAL", "0", 0),
}


@pytest.fixture
def peewee_log():
    """Peewee's log, put back as it was."""
    log = logging.getLogger("peewee")
    kept = (list(log.handlers), log.level, log.propagate)
    yield log
    log.handlers[:], log.propagate = kept[0], kept[2]
    log.setLevel(kept[1])


def test_fields_are_the_seeds():
    assert [field.name for field in dataclasses.fields(DBConfig)] == list(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_field_from_the_environment(monkeypatch, name):
    variable, text, value = FIELDS[name]
    if name != "host":
        monkeypatch.setenv("RM_DATABASE_HOST", "x")
    monkeypatch.setenv(variable, text)
    assert getattr(DBConfig(), name) == value


def test_defaults(tmp_path):
    config = DBConfig()
    assert config.is_sqlite
    assert config.database == str(settings.current().local_data_dir / "rmtui.db")
    server = DBConfig(host="x")
    assert (server.driver, server.port, server.user, server.database) == ("postgresql", 5432, "raesenmaeher", "raesenmaeher")
    assert (server.password, server.dsn, server.pool_min_size, server.pool_max_size) == (Secret(), None, 1, 16)
    assert (server.echo, server.ssl, server.use_connection_for_request) == (False, "prefer", True)
    assert (server.retry_limit, server.retry_interval) == (1, 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [("RM_DATABASE_PORT", "x"), ("RM_DATABASE_PORT", "-1"), ("RM_DATABASE_PORT", "५"), ("DB_ECHO", "perhaps"), ("DB_SSL", "maybe")],
)
def test_nonsense_in_the_environment_is_a_sentence(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    with pytest.raises(ConfigurationError, match=name):
        DBConfig()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dsn": "hunter2"}, "no URL"),
        ({"dsn": "mysql://u:hunter2@h/d"}, "'mysql' is not supported"),
        ({"driver": "oracle", "host": "x"}, "'oracle' is not supported"),
        ({"driver": "postgresql"}, "must name the PostgreSQL server"),
        ({"dsn": "sqlite://"}, "names no file"),
        ({"dsn": "sqlite:///"}, "names no file"),
    ],
)
def test_post_init_refuses(given, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        DBConfig(**given)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("dsn", "driver", "database"),
    [
        ("postgres://h/d", "postgresql", "raesenmaeher"),
        ("postgresql+asyncpg://h/d", "postgresql", "raesenmaeher"),
        ("sqlite:////a/b%20c.db", "sqlite", "/a/b c.db"),
    ],
)
def test_post_init_settles_the_driver(dsn, driver, database):
    config = DBConfig(dsn=dsn)
    assert (config.driver, config.database) == (driver, database)
    assert isinstance(config.dsn, Secret)
    assert isinstance(DBConfig(host="x", password="y").password, Secret)


def test_singleton(monkeypatch):
    monkeypatch.setenv("RM_DATABASE_HOST", "one")
    first = DBConfig.singleton()
    assert DBConfig._singleton is first
    monkeypatch.setenv("RM_DATABASE_HOST", "two")
    assert DBConfig.singleton() is first
    second = DBConfig.singleton(port=1)
    assert (second.host, second.port) == ("two", 1)
    assert DBConfig.singleton() is second


def test_importing_has_no_side_effects(tmp_path):
    script = "import rmtui.db, rmtui.db.config as c; print(c.DBConfig._singleton, c.settings._current, rmtui.db.db.obj)"
    env = {"RM_DATABASE_PORT": "nonsense", "DB_SSL": "nonsense", "HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None"] * 3
    assert [path.name for path in tmp_path.rglob("*")] == ["home"]


def test_bind_config_gives_the_database(env):
    assert bind_config() is db
    bound = db.obj
    assert bind_config().obj is bound
    assert bound.is_closed()
    with bind_config().connection_context():
        assert db.execute_sql("SELECT 1").fetchone()[0] == 1
    DBConfig.singleton(dsn=env["RM_DB_DSN"])
    assert bind_config().obj is not bound


@pytest.mark.parametrize(
    ("dsn", "host", "port", "place"),
    [
        ("postgresql://u:hunter2@a:1,b:2/d?target_session_attrs=read-write", "a,b", "1,2", "d@a,b"),
        ("postgresql://u:hunter2@/d?host=/run/postgresql", "/run/postgresql", None, "d@/run/postgresql"),
        ("postgresql://u:hunter2@[::1]:7/d", "::1", "7", "d@::1:7"),
        ("postgresql://u@h?password=hunter2", "h", None, "raesenmaeher@h:5432"),
    ],
)
def test_a_libpq_url_is_passed_on_whole(dsn, host, port, place):
    config = DBConfig(dsn=dsn)
    params = config.connect_params()
    assert (params["host"], params.get("port"), params["password"]) == (host, port, "hunter2")
    assert params.get("target_session_attrs") == ("read-write" if "target" in dsn else None)
    assert config.place() == place
    database = make_database(config)
    assert database.connect_params["host"] == host
    assert (database._max_connections, database.connect_params["sslmode"]) == (16, "prefer")


def test_a_silent_network_is_given_up_on():
    """The server's own time limits are of no use when it is the network that is gone."""
    given = DBConfig(dsn="postgresql://h/d").connect_params()
    assert given["connect_timeout"] == 5
    assert given["keepalives_idle"] + given["keepalives_interval"] * given["keepalives_count"] <= 30
    assert given["tcp_user_timeout"] <= 30_000
    assert DBConfig(dsn="postgresql://h/d?keepalives_idle=99").connect_params()["keepalives_idle"] == "99"


def test_ssl_and_options_of_the_dsn_win_but_for_ours():
    params = DBConfig(
        dsn="postgresql://h/d?sslmode=disable&options=-c%20timezone%3DAsia/Tokyo%20-c%20work_mem%3D8MB", ssl="require"
    ).connect_params()
    assert params["sslmode"] == "disable"
    assert "work_mem=8MB" in params["options"]
    assert params["options"].rindex("timezone=UTC") > params["options"].index("timezone=Asia")
    assert "search_path=raesenmaeher" in params["options"]
    assert DBConfig(host="h", ssl="verify-full").connect_params()["sslmode"] == "verify-full"
    secret = "hunter" + "2"  # a traceback quotes this file
    with pytest.raises(ConfigurationError, match="not a URL that libpq") as caught:
        DBConfig(dsn=f"postgresql://u:{secret}@h/d?colour=red").connect_params()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "given",
    [
        {"host": "127.0.0.1", "port": 1, "password": "hunter2", "retry_limit": 0},
        {"dsn": "postgresql://u:hunter2@127.0.0.1:1,127.0.0.1:2/d", "retry_limit": 0},
        {"dsn": "postgresql://u:hunter2@/d?host=/nowhere", "retry_limit": 0},
        {"dsn": "postgresql://u@127.0.0.1:1/d?password=hunter2", "retry_limit": 0},
    ],
)
def test_the_password_is_never_shown(given, caplog, peewee_log):
    caplog.set_level(logging.DEBUG)
    config = DBConfig.singleton(**given, echo=True)
    shown = [repr(config), str(config), f"{config}", f"{config.password} {config.dsn}", config.place(), repr(vars(config))]
    with pytest.raises(TypeError):
        pickle.dumps(config)
    with pytest.raises(DatabaseUnreachable) as caught, connection():
        pass
    shown += ["".join(traceback.format_exception(caught.value)), caught.value.sentence, caplog.text, repr(db.obj)]
    assert "hunter2" in (config.connect_params()["password"])
    assert "hunter2" not in " ".join(shown)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:a@hunter2@h/d",
        "postgresql://u:hunter2/b@h:1/d",
        "postgresql://u:1/hunter2@h/d?sslmode=disable",
        "postgresql://u:a@b/hunter2@h/d",
        "postgresql://u:a@h:hunter2/d",
        "postgresql://u:hunter2/d",
        "postgresql://u:a@h,hunter2@i/d",
    ],
)
def test_a_password_that_is_taken_for_a_place_is_not_shown(url):
    config = DBConfig.singleton(dsn=url)
    for act in (config.place, lambda: connection().__enter__()):
        with pytest.raises(ConfigurationError, match="Write @ in a password as %40, and / as %2F") as caught:
            act()
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://u:a%40b%2Fc@h:1/d", "d@h:1"),
        ("postgresql://u:a?b:c#d@h/d?application_name=a@b", "d@h:5432"),
        ("postgresql:///d?host=/run&user=u@v", "d@/run"),
        ("postgresql://u@h:1,i:,j/d", "d@h,i,j"),
    ],
)
def test_what_is_written_as_it_should_be_is_taken(url, place):
    assert DBConfig(dsn=url).place() == place


def test_a_refused_password_is_not_shown(make_database, postgres):
    from deployments import run_sql

    url = make_database("current")
    run_sql(postgres, "DROP ROLE IF EXISTS nologin_one", "CREATE ROLE nologin_one NOLOGIN PASSWORD 'hunter2'")
    try:
        separator = "&" if "?" in url else "?"
        DBConfig.singleton(dsn=f"{url}{separator}user=nologin_one&password=hunter2", retry_interval=20)
        began = time.monotonic()
        with pytest.raises((ConfigurationError, DatabaseUnreachable)) as caught, connection():
            pass
        assert time.monotonic() - began < 10, "the server answered; asking again changes nothing"
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    finally:
        run_sql(postgres, "DROP ROLE nologin_one")


def test_echo_tells_statements_without_what_they_hold(env, monkeypatch, peewee_log):
    from rmtui.db import LoginCode, init_db

    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    DBConfig.singleton(dsn=env["RM_DB_DSN"], echo=True)
    init_db()
    with connection():
        code = LoginCode.create_for_claims({"sub": "SECRET-CLAIM"})
        LoginCode.use_code(code)
    text = stream.getvalue()
    assert "INSERT INTO" in text
    assert "logincodes" in text
    assert code not in text
    assert "SECRET-CLAIM" not in text


@pytest.mark.parametrize(("limit", "interval", "tries"), [(0, 0, 1), (1, 0, 2), (3, 0, 4)])
def test_retry_limit_and_interval(monkeypatch, limit, interval, tries):
    import psycopg2

    attempts, slept = [], []
    connect = psycopg2.connect
    monkeypatch.setattr(psycopg2, "connect", lambda **given: attempts.append(1) or connect(**given))
    monkeypatch.setattr("rmtui.db.engine.time.sleep", slept.append)
    DBConfig.singleton(dsn="postgresql://u@127.0.0.1:1/d", retry_limit=limit, retry_interval=interval)
    with pytest.raises(OperationalError):
        bind_config().connect()
    assert len(attempts) == tries
    assert slept == [interval] * limit


def test_a_second_try_can_succeed(make_database, monkeypatch):
    import psycopg2

    url, connect, failures = make_database("current"), psycopg2.connect, [1]

    def flaky(*args, **given):
        if failures:
            failures.pop()
            raise psycopg2.OperationalError("connection refused")
        return connect(*args, **given)

    monkeypatch.setattr(psycopg2, "connect", flaky)
    DBConfig.singleton(dsn=url, retry_interval=0)
    with connection():
        assert db.execute_sql("SHOW search_path").fetchone() == ("raesenmaeher",)
        assert db.execute_sql("SHOW timezone").fetchone() == ("UTC",)
