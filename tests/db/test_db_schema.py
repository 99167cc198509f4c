"""What tables a database is given, has, and keeps exactly as they were."""

from __future__ import annotations

import psycopg2
import pytest
from db_rows import person, sql
from peewee import PeeweeException

from deployments import DATA, deploy, run_sql, unbind
from rmtui.db import DBConfig, init_db
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import ForbiddenOperation, SchemaMismatch
from rmtui.db.middleware import connection
from rmtui.db.own import Audit, Claim, Issued
from rmtui.db.schema import MODELS, own_tables_ready, present

TABLES = ("enrollmentpools", "enrollments", "logincodes", "roles", "seentokens", "users")

CATALOG = (
    "SELECT n.nspname, n.nspowner::regrole::text, n.nspacl::text FROM pg_namespace n WHERE n.nspname = 'raesenmaeher'",
    """SELECT c.oid, c.relname, c.relkind, c.relnatts, c.relchecks, c.relhasrules, c.relhastriggers, c.relrowsecurity, c.reloptions::text,
       c.relacl::text, c.relfilenode FROM pg_class c WHERE c.relnamespace = 'raesenmaeher'::regnamespace ORDER BY c.oid""",
    """SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.attnotnull, a.attisdropped, a.attcollation, pg_get_expr(d.adbin, d.adrelid)
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE c.relnamespace = 'raesenmaeher'::regnamespace ORDER BY 1, 2""",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'raesenmaeher' ORDER BY 1",
    "SELECT oid, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'raesenmaeher'::regnamespace ORDER BY 1",
    """SELECT t.oid, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
       WHERE c.relnamespace = 'raesenmaeher'::regnamespace ORDER BY 1""",
    "SELECT proname FROM pg_proc WHERE pronamespace = 'raesenmaeher'::regnamespace ORDER BY 1",
    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('rmtui', 'information_schema') ORDER BY 1",
    *(f"SELECT ctid, xmin, t::text FROM raesenmaeher.{table} t ORDER BY 1" for table in TABLES),
)


def catalog(url):
    """All that PostgreSQL knows of the deployment's schema, rows and their versions included."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            found = []
            for statement in CATALOG:
                cursor.execute(statement)
                found.append(cursor.fetchall())
            return found
    finally:
        connection.close()


def shape(url):
    """Columns, constraints and indexes, without what differs between any two databases."""
    connection = psycopg2.connect(url)
    statements = (
        """SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length, udt_name
           FROM information_schema.columns WHERE table_schema = 'raesenmaeher' ORDER BY 1, 2""",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'raesenmaeher' ORDER BY 1",
        """SELECT conrelid::regclass::text, contype, pg_get_constraintdef(oid), convalidated FROM pg_constraint
           WHERE connamespace = 'raesenmaeher'::regnamespace ORDER BY 1, 2, 3""",
        "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
        "WHERE relnamespace = 'raesenmaeher'::regnamespace AND NOT tgisinternal",
    )
    try:
        with connection.cursor() as cursor:
            found = []
            for statement in statements:
                cursor.execute(statement)
                found.append(cursor.fetchall())
            return found
    finally:
        connection.close()


FILL = """INSERT INTO raesenmaeher.users (pk, created, updated, callsign, certspath, extra)
 VALUES ('{0}', now(), now(), 'Kettu', '/x/{0}', 'null')""".format("11111111-1111-1111-1111-111111111111")


def test_init_db_of_an_empty_database_makes_the_dumps_schema(make_database, data_dir):
    fresh, dump = make_database("empty"), make_database("current")
    deploy("postgresql", data_dir, fresh)
    for ours, theirs in zip(shape(fresh), shape(dump), strict=True):
        assert ours == theirs


def test_init_db_of_the_dump_leaves_it_as_it_is(make_database, data_dir):
    url = make_database("current")
    run_sql(url, FILL)
    before = catalog(url)
    deploy("upstream", data_dir, url)
    init_db()
    unbind()
    DBConfig.singleton(dsn=url)
    init_db()
    with connection():
        assert present()
        assert own_tables_ready()
        Claim.select().count()
    assert catalog(url) == before


def test_init_db_of_an_empty_sqlite_file(env):
    with connection():
        if not is_sqlite(present.__globals__["db"]):
            pytest.skip("of SQLite")
        for model in MODELS:
            columns = {
                column.name: (column.data_type.upper(), column.null) for column in model._meta.database.get_columns(model.__tablename__)
            }
            assert set(columns) == set(model._meta.columns)
            assert columns["created"] == ("DATETIME", False)
        names = {index.name: index.unique for model in MODELS for index in model._meta.database.get_indexes(model.__tablename__)}
    for line in (DATA / "schema-current.sql").read_text().splitlines():
        if "INDEX ix_" in line:
            words = line.replace("UNIQUE ", "").split()
            assert names[words[2]] == ("UNIQUE" in line)


def test_a_database_of_2023_is_refused_and_untouched(make_database, data_dir):
    url = make_database("2023")
    run_sql(url, FILL)
    before = catalog(url)
    for _ in range(2):
        with pytest.raises(SchemaMismatch) as caught:
            deploy("upstream", data_dir, url)
        assert caught.value.exit_code == 2
        for lacking in ("users.revoke_reason", "enrollments.csr", "enrollmentpools.invitecode", "left as it is"):
            assert lacking in caught.value.sentence
    assert catalog(url) == before
    with pytest.raises(psycopg2.errors.UndefinedTable):
        run_sql(url, "SELECT 1 FROM rmtui.audit")


@pytest.mark.parametrize("damage", ["DROP TABLE seentokens", "ALTER TABLE users DROP COLUMN revoke_reason"])
def test_a_database_that_lacks_something_is_refused(env, damage):
    with connection():
        sql(damage)
    with pytest.raises(SchemaMismatch, match=r"lacks (seentokens|users\.revoke_reason)\."):
        init_db()


def test_a_column_or_table_more_does_no_harm(env):
    with connection():
        sql("ALTER TABLE users ADD COLUMN colour varchar")
        sql("CREATE TABLE other (x int)")
    init_db()
    with connection():
        assert person("Kettu").reread().callsign == "Kettu"


def migrations_table(database):
    return "rmtui_migrations" if is_sqlite(database) else "rmtui.migrations"


def test_own_tables_of_a_newer_version_are_refused(env):
    with connection() as database:
        table = migrations_table(database)
        columns = [row[0] for row in (sql(f"SELECT name FROM pragma_table_info('{table}')") if is_sqlite(database) else [("name",)])]
        assert "name" in columns
        sql(f"UPDATE {table} SET name = '9999_of_tomorrow' WHERE name = '0001_claims_issued_audit'")
        before = sql(f"SELECT * FROM {table}")
    with pytest.raises(SchemaMismatch, match=r"newer version .9999_of_tomorrow.") as caught:
        init_db()
    assert caught.value.exit_code == 2
    with connection() as database:
        assert sql(f"SELECT * FROM {migrations_table(database)}") == before


def test_a_deployment_without_our_tables_can_be_looked_at(make_database):
    url = make_database("current")
    DBConfig.singleton(dsn=url)
    with connection():
        assert present()
        assert not own_tables_ready()


def audit_row(**fields):
    values = {"operator": "BOSS", "proof": "unproven", "surface": "library", "action": "x", "outcome": "done", "target": "", "reason": ""}
    return Audit.create(**{**values, **fields})


def test_audit_is_only_ever_added_to(database):
    row = audit_row()
    audit_row()
    row.reason = "forged"
    for attempt in (
        row.save,
        row.delete_instance,
        Audit.delete,
        Audit.truncate_table,
        lambda: Audit.update(reason="forged").execute(),
        lambda: Audit.delete_by_id(row.id),
        lambda: Audit.set_by_id(row.id, {"reason": "forged"}),
        lambda: Audit.bulk_update([row], [Audit.reason]),
    ):
        with pytest.raises(ForbiddenOperation, match="only ever added to"):
            attempt()
    assert [each.reason for each in Audit.select()] == ["", ""]


def test_audit_is_kept_from_raw_sql_too(database):
    audit_row()
    table = "rmtui_audit" if is_sqlite(database) else "rmtui.audit"
    row = ", ".join(["'x'"] * 6)
    columns = "operator, proof, surface, action, outcome, target, reason, version"
    insert = f"INTO {table} (id, at, {columns}) VALUES (1, '2024-01-01 00:00:00.000000', {row}, 'forged', 1)"
    statements = [
        f"UPDATE {table} SET reason = 'forged'",
        f"DELETE FROM {table}",
        f"DELETE FROM {table} WHERE id = 1",
        f"INSERT {insert} ON CONFLICT (id) DO UPDATE SET reason = 'forged'",
        f"INSERT {insert}",
    ]
    statements += (
        [f"INSERT OR REPLACE {insert}", f"REPLACE {insert}"] if is_sqlite(database) else [f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"]
    )
    for statement in statements:
        with pytest.raises(PeeweeException, match=r"only ever added to|UNIQUE|unique"), database.atomic():
            sql(statement)
    assert [each.reason for each in Audit.select()] == [""]
    assert audit_row().id == 2 or not is_sqlite(database)


def test_own_tables_lie_apart(database):
    for model, name in ((Claim, "claims"), (Issued, "issued"), (Audit, "audit")):
        if is_sqlite(database):
            assert (model._meta.schema, model._meta.table_name) == (None, f"rmtui_{name}")
        else:
            assert (model._meta.schema, model._meta.table_name) == ("rmtui", name)
        assert model.select().count() == 0


def test_two_processes_may_come_first(make_database, data_dir):
    """Both make the tables of an empty database at once; one waits for the other."""
    import os
    import subprocess
    import sys

    for dsn in (make_database("empty"), make_database("current"), f"sqlite:///{data_dir / 'rmtui.db'}"):
        env = {**os.environ, "RM_DB_DSN": dsn, "RM_PERSISTENT_DATA_DIR": str(data_dir)}
        both = [subprocess.Popen([sys.executable, "-c", "from rmtui.db import init_db; init_db()"], env=env) for _ in range(3)]
        assert [each.wait(30) for each in both] == [0, 0, 0]
