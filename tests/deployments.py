"""Deployments for tests: databases made and dropped, and this process bound to one."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from rmtui import settings
from rmtui.db import base as db_base
from rmtui.db.config import DBConfig
from rmtui.settings import Secret, Settings

DATA = Path(__file__).parent / "data"
ENGINES = ("sqlite", "postgresql", "upstream")
"""A fresh SQLite file, a fresh PostgreSQL database, and one loaded from a deployment's dump, unaltered."""


def database_url(server: str, name: str) -> str:
    """The URL of another database of the same server."""
    parts = urlsplit(server)
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, parts.fragment))


def run_sql(url: str, *statements: str) -> None:
    """Run statements, each by itself."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def unbind() -> None:
    """Forget the database, as a new process would."""
    database = getattr(db_base.db, "obj", None)
    if database is not None:
        if not database.is_closed():
            database.close()
        if hasattr(database, "close_all"):
            database.close_all()
    DBConfig._singleton = None
    db_base._bound = None


def deploy(engine: str, data: Path, url: str | None) -> dict[str, str]:
    """Bind this process to a deployment and give the environment that binds another to it."""
    env = {"RM_PERSISTENT_DATA_DIR": str(data), "RM_CERT_BACKEND": "embedded", "RMTUI_KEY_TYPE": "ec256"}
    env["RMTUI_REQUIRE_SIGNIN"] = "0"  # what takes a sign-in has tests of its own
    env["RM_DB_DSN"] = f"sqlite:///{data / 'rmtui.db'}" if engine == "sqlite" else str(url)
    settings.configure(Settings.from_env({**env, "HOME": str(data)}))
    DBConfig.singleton(dsn=Secret(env["RM_DB_DSN"]))
    db_base.init_db()
    return env
