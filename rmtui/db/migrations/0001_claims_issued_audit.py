"""Claims, issued certificates, and the audit table that is only ever added to.

The models are frozen copies: what this migration made does not change when the program does.
"""

from peewee import BigAutoField, BooleanField, IntegerField, Model, SqliteDatabase, TextField, UUIDField


class VarChar(TextField):
    field_type = "VARCHAR"


class UTC(TextField):
    field_type = "DATETIME"


def up(migrator, db):
    """Make the tables, their indexes, and the triggers that keep the audit table as it was written."""
    sqlite = isinstance(db, SqliteDatabase)
    place = (lambda name: {"table_name": f"rmtui_{name}"}) if sqlite else (lambda name: {"table_name": name, "schema": "rmtui"})

    class Claim(Model):
        enrollment = UUIDField(primary_key=True)
        token = UUIDField()
        person = UUIDField()
        operator = VarChar()
        host = VarChar()
        process = VarChar()
        created = UTC()
        expires = UTC()

    class Issued(Model):
        serial = VarChar(primary_key=True)
        person = UUIDField(index=True)
        callsign = VarChar()
        fingerprint = VarChar()
        not_before = UTC()
        not_after = UTC()
        created = UTC()
        committed = BooleanField()
        revoked_on = UTC(null=True, index=True)
        reason = VarChar(null=True)

    class Audit(Model):
        id = BigAutoField()
        at = UTC()
        operator_pk = UUIDField(null=True)
        operator = VarChar()
        proof = VarChar()
        surface = VarChar()
        action = VarChar()
        outcome = VarChar()
        target_pk = UUIDField(null=True, index=True)
        target = VarChar()
        detail = VarChar()
        version = IntegerField()

    for model, name in ((Claim, "claims"), (Issued, "issued"), (Audit, "audit")):
        where = place(name)
        model._meta.set_database(db)
        model._meta.set_table_name(where["table_name"])
        model._meta.schema = where.get("schema")
        db.create_tables([model], safe=False)

    if sqlite:
        for verb in ("UPDATE", "DELETE"):
            db.execute_sql(
                f"CREATE TRIGGER rmtui_audit_no_{verb.lower()} BEFORE {verb} ON rmtui_audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit table is only ever added to'); END"
            )
        db.execute_sql(  # REPLACE deletes without the trigger above
            "CREATE TRIGGER rmtui_audit_no_replace BEFORE INSERT ON rmtui_audit "
            "WHEN EXISTS (SELECT 1 FROM rmtui_audit WHERE id = NEW.id) "
            "BEGIN SELECT RAISE(ABORT, 'the audit table is only ever added to'); END"
        )
    else:
        db.execute_sql(
            "CREATE FUNCTION rmtui.audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit table is only ever added to'; END $$"
        )
        db.execute_sql(
            "CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rmtui.audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION rmtui.audit_is_kept()"
        )
