"""The audit table becomes a chain: every entry hashed with the one before it, from the first one on.

The models are frozen copies: what this migration made does not change when the program does.
"""

import uuid

from peewee import BigAutoField, IntegerField, Model, SqliteDatabase, TextField, UUIDField

from rmtui.db.chain import GENESIS, digest
from rmtui.db.fields import UTCDateTimeField

KEPT = "the audit trail is only ever added to"


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

    class Audit(Model):
        id = BigAutoField()
        at = UTCDateTimeField()
        operator_pk = UUIDField(null=True)
        operator = VarChar()
        proof = VarChar()
        surface = VarChar()
        action = VarChar()
        outcome = VarChar()
        target_pk = UUIDField(null=True)
        target = VarChar()
        reason = VarChar()
        details = VarChar()
        os_user = VarChar()
        host = VarChar()
        origin = VarChar()
        program = VarChar()
        version = IntegerField()
        signer = VarChar(null=True)
        signature = VarChar(null=True)
        hash = VarChar()

    class Chain(Model):
        id = IntegerField(primary_key=True)
        name = UUIDField()
        entries = IntegerField()
        head = VarChar()

    class Signer(Model):
        fingerprint = VarChar(primary_key=True)
        certificate = VarChar()

    for model, name in ((Audit, "audit"), (Chain, "chain"), (Signer, "signers")):
        model._meta.set_database(db)
        model._meta.set_table_name(f"rmtui_{name}" if sqlite else name)
        model._meta.schema = None if sqlite else "rmtui"
    db.create_tables([Chain, Signer], safe=False)

    head, entries = GENESIS, 0
    for row in list(Audit.select().order_by(Audit.id)):
        entries += 1  # a rolled back entry of PostgreSQL left a gap, which would look like a removed one
        values = {name: row.__data__[name] for name in row.__data__} | {"id": entries}
        head = digest(head, values)
        Audit.update(id=entries, hash=head).where(Audit.id == row.id).execute()
    Chain.insert(id=1, name=uuid.uuid4(), entries=entries, head=head).execute()
    db.execute_sql(f"CREATE INDEX {'rmtui_' if sqlite else ''}audit_at ON {audit} (at)")
    (_guard_sqlite if sqlite else _guard_postgresql)(db)


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
    db.execute_sql(
        "CREATE TRIGGER rmtui_chain_forward BEFORE UPDATE ON rmtui_chain "
        f"WHEN NEW.id <> OLD.id OR NEW.name <> OLD.name OR NEW.entries <= OLD.entries BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
    )
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
