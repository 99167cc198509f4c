"""What tables a database must have, has, and is given."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from rmtui.db.base import DBModel, bind_config, db
from rmtui.db.config import SCHEMA, DBConfig
from rmtui.db.engine import create_sqlite_file, is_sqlite
from rmtui.db.enrollments import Enrollment, EnrollmentPool
from rmtui.db.errors import SchemaMismatch
from rmtui.db.locks import exclusive
from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connection
from rmtui.db.nonces import SeenToken
from rmtui.db.own import OWN_SCHEMA, own_table
from rmtui.db.people import Person, Role
from rmtui.i18n import tr
from rmtui.text import plain

__all__ = ["MODELS", "create_all", "migrate", "own_tables_ready", "present"]

MODELS: tuple[type[DBModel], ...] = (Person, Role, EnrollmentPool, Enrollment, SeenToken, LoginCode)
"""The deployment's tables, in the order they can be made."""

MIGRATIONS = Path(__file__).parent / "migrations"
"""Numbered scripts, one for each change of our own tables."""

_COLUMNS = """SELECT c.relname, a.attname FROM pg_catalog.pg_attribute a
 JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped"""
_COLUMNS_SQLITE = "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type IN ('table', 'view')"


def _columns() -> dict[str, set[str]]:
    cursor = db.execute_sql(_COLUMNS_SQLITE) if is_sqlite(db) else db.execute_sql(_COLUMNS, (SCHEMA,))
    found: dict[str, set[str]] = {}
    for table, column in cursor.fetchall():
        found.setdefault(table, set()).add(column)
    return found


def _missing(found: dict[str, set[str]]) -> list[str]:
    lacks: list[str] = []
    for model in MODELS:
        table = model.__tablename__
        if table not in found:
            lacks.append(table)
        else:
            lacks += [f"{table}.{name}" for name in sorted(set(model._meta.columns) - found[table])]
    return lacks


def present() -> bool:
    """Whether the tables of today's deployment are there; False when none is. Needs an open connection; reads only.

    :raises SchemaMismatch: some are there, and not those of today; the sentence says what is missing.
    """
    found = _columns()
    if not found.keys() & {model.__tablename__ for model in MODELS}:
        return False
    lacks = _missing(found)
    if lacks:
        raise SchemaMismatch(
            tr(
                "The database {place} is not one of today's deployments; it lacks {lacks}. It was left as it is. Upgrade "
                "the deployment first, or name another database.",
                place=plain(DBConfig.singleton().place()),
                lacks=", ".join(lacks),
            )
        )
    return True


def create_all() -> None:
    """Make what is missing in an empty database; check what is there otherwise; then bring our own tables up to date.

    :raises SchemaMismatch: tables of another time are there; nothing was touched.
    """
    bind_config()
    config = DBConfig.singleton()
    if config.is_sqlite:
        create_sqlite_file(Path(config.database))
    with connection(), exclusive("schema"):
        if not present():
            if not is_sqlite(db) and not db.execute_sql("SELECT to_regnamespace(%s)", (SCHEMA,)).fetchone()[0]:
                db.execute_sql(f'CREATE SCHEMA "{SCHEMA}"')
            db.create_tables(MODELS, safe=False)
    migrate()


def _runner() -> Any:
    from playhouse.migrations import Runner

    schema, table = own_table(db, "migrations")
    return Runner(getattr(db, "obj", db), str(MIGRATIONS), table_name=table, schema=schema)


@functools.cache
def _known() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py")))


def _applied() -> set[str]:
    """Names of the migrations that were applied, without the cost of the runner."""
    schema, table = own_table(db, "migrations")
    if is_sqlite(db):
        if not db.execute_sql("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            return set()
    elif db.execute_sql("SELECT to_regclass(%s)", (f"{schema}.{table}",)).fetchone()[0] is None:
        return set()
    where = f'"{schema}"."{table}"' if schema else f'"{table}"'
    return {name for (name,) in db.execute_sql(f"SELECT name FROM {where}").fetchall()}  # noqa: S608


def own_tables_ready() -> bool:
    """Whether our own tables are there and of this version. Needs an open connection.

    :raises SchemaMismatch: a newer version made them.
    """
    applied, known = _applied(), set(_known())
    newer = sorted(applied - known)
    if newer:
        raise SchemaMismatch(
            tr(
                "The tables of rmtui in {place} were made by a newer version ({newer}); nothing was touched. Install that version.",
                place=plain(DBConfig.singleton().place()),
                newer=plain(newer[-1]),
            )
        )
    return applied == known


def migrate() -> None:
    """Bring our own tables up to date, one process at a time.

    :raises SchemaMismatch: a newer version made them.
    """
    bind_config()
    with connection():
        if own_tables_ready():
            return
        with exclusive("schema"):
            if own_tables_ready():
                return
            if not is_sqlite(db) and not db.execute_sql("SELECT to_regnamespace(%s)", (OWN_SCHEMA,)).fetchone()[0]:
                db.execute_sql(f'CREATE SCHEMA "{OWN_SCHEMA}"')
            _runner().up()
