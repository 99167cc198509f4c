"""The audit table becomes a chain: every entry hashed with the one before it, from the first one on.

The models are frozen copies: what this migration made does not change when the program does.
"""

import uuid

from peewee import IntegerField, Model, SqliteDatabase, TextField, UUIDField

from rmtui.db.chain import COVERED, genesis, link

KEPT = "the audit trail is only ever added to"
AWAY = 2**40
"""How far entries are moved out of the way of the numbers that they get, where other means gave them some below 1."""


class VarChar(TextField):
    field_type = "VARCHAR"


def up(migrator, db):
    """Add what an entry says by now, chain the entries that are there, and guard all of it."""
    sqlite = isinstance(db, SqliteDatabase)
    table = (lambda name: f"rmtui_{name}") if sqlite else (lambda name: f"rmtui.{name}")
    audit = table("audit")
    for name in ("update", "delete", "replace"):
        if sqlite:
            db.execute_sql(f"DROP TRIGGER rmtui_audit_no_{name}")
    if not sqlite:
        db.execute_sql("DROP TRIGGER audit_is_kept ON rmtui.audit")
        db.execute_sql("DROP FUNCTION rmtui.audit_is_kept()")

    db.execute_sql(f"ALTER TABLE {audit} RENAME COLUMN detail TO reason")
    for name, default in (("details", "{}"), ("os_user", ""), ("host", ""), ("origin", ""), ("program", ""), ("hash", "")):
        db.execute_sql(f"ALTER TABLE {audit} ADD COLUMN {name} VARCHAR NOT NULL DEFAULT '{default}'")
    for name in ("signer", "signature"):
        db.execute_sql(f"ALTER TABLE {audit} ADD COLUMN {name} VARCHAR")

    class Chain(Model):
        id = IntegerField(primary_key=True)
        name = UUIDField()
        entries = IntegerField()
        head = VarChar()

    class Signer(Model):
        fingerprint = VarChar(primary_key=True)
        certificate = VarChar()

    for model, name in ((Chain, "chain"), (Signer, "signers")):
        model._meta.set_database(db)
        model._meta.set_table_name(f"rmtui_{name}" if sqlite else name)
        model._meta.schema = None if sqlite else "rmtui"
    Signer._meta.without_rowid = sqlite  # or REPLACE could take the number of another row
    db.create_tables([Chain, Signer], safe=False)

    name = uuid.uuid4()
    head, entries = _chain(db, audit, sqlite, genesis(name))
    Chain.insert(id=1, name=name, entries=entries, head=head).execute()
    db.execute_sql(f"CREATE INDEX {'rmtui_' if sqlite else ''}audit_at ON {audit} (at)")
    (_guard_sqlite if sqlite else _guard_postgresql)(db)


def _chain(db, audit, sqlite, head):
    """Number and hash the entries as the database has them; the last hash, and how many there are."""
    mark = "?" if sqlite else "%s"
    keys = {"operator_pk", "target_pk"}
    columns = ", ".join(f"replace({name}::text, '-', '')" if name in keys and not sqlite else name for name in COVERED)
    rows = db.execute_sql(f"SELECT {columns} FROM {audit} ORDER BY id").fetchall()  # noqa: S608  # names of our own
    place = COVERED.index("id")
    if rows and rows[0][place] < 1:
        db.execute_sql(f"UPDATE {audit} SET id = id + {AWAY}")  # noqa: S608
    for number, row in enumerate(rows, 1):  # a rolled back entry of PostgreSQL left a gap, which would look like a removed one
        head = link(head, [*row[:place], number, *row[place + 1 :]])
        was = row[place] + (AWAY if rows[0][place] < 1 else 0)
        db.execute_sql(f"UPDATE {audit} SET id = {mark}, hash = {mark} WHERE id = {mark}", (number, head, was))  # noqa: S608
    return head, len(rows)


def _guard_sqlite(db):
    """UPDATE, DELETE, and REPLACE, which deletes without a DELETE trigger, on what is kept; the chain's head only goes forward."""
    for table, key in (("audit", "id"), ("signers", "fingerprint")):
        for verb in ("UPDATE", "DELETE"):
            db.execute_sql(
                f"CREATE TRIGGER rmtui_{table}_no_{verb.lower()} BEFORE {verb} ON rmtui_{table} BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
            )
        there = f"EXISTS (SELECT 1 FROM rmtui_{table} WHERE {key} = NEW.{key})"  # noqa: S608  # names of our own
        db.execute_sql(
            f"CREATE TRIGGER rmtui_{table}_no_replace BEFORE INSERT ON rmtui_{table} WHEN {there} BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
        )
    back = "NEW.id <> OLD.id OR NEW.name <> OLD.name OR NEW.entries <= OLD.entries"
    back += " OR typeof(NEW.entries) <> 'integer' OR typeof(NEW.head) <> 'text'"  # text is more than any number
    db.execute_sql(f"CREATE TRIGGER rmtui_chain_forward BEFORE UPDATE ON rmtui_chain WHEN {back} BEGIN SELECT RAISE(ABORT, '{KEPT}'); END")
    db.execute_sql(f"CREATE TRIGGER rmtui_chain_no_delete BEFORE DELETE ON rmtui_chain BEGIN SELECT RAISE(ABORT, '{KEPT}'); END")
    db.execute_sql(f"CREATE TRIGGER rmtui_chain_one BEFORE INSERT ON rmtui_chain BEGIN SELECT RAISE(ABORT, '{KEPT}'); END")


def _guard_postgresql(db):
    db.execute_sql(f"CREATE FUNCTION rmtui.is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{KEPT}'; END $$")
    for table in ("audit", "signers"):
        db.execute_sql(
            f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rmtui.{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION rmtui.is_kept()"
        )
    db.execute_sql(
        "CREATE TRIGGER chain_is_kept BEFORE INSERT OR DELETE OR TRUNCATE ON rmtui.chain "
        "FOR EACH STATEMENT EXECUTE FUNCTION rmtui.is_kept()"
    )
    db.execute_sql(
        "CREATE TRIGGER chain_forward BEFORE UPDATE ON rmtui.chain FOR EACH ROW "
        "WHEN (NEW.id <> OLD.id OR NEW.name <> OLD.name OR NEW.entries <= OLD.entries) EXECUTE FUNCTION rmtui.is_kept()"
    )
