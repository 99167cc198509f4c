"""What actions do outside their rows, and what became of it.

The model is a frozen copy: what this migration made does not change when the program does.
"""

from peewee import BigAutoField, IntegerField, Model, SqliteDatabase, TextField, UUIDField


class VarChar(TextField):
    field_type = "VARCHAR"


class UTC(TextField):
    field_type = "DATETIME"


def up(migrator, db):
    """Make the table, and the indexes that find what is due and what concerns somebody."""
    sqlite = isinstance(db, SqliteDatabase)

    class Effect(Model):
        id = BigAutoField()
        created = UTC()
        person = UUIDField()
        callsign = VarChar()
        event = VarChar()
        target = VarChar()
        state = VarChar()
        attempts = IntegerField()
        next_try = UTC()
        last_error = VarChar()
        done_on = UTC(null=True)
        lease = UUIDField(null=True)
        host = VarChar()
        process = VarChar()
        lease_until = UTC(null=True)

    Effect._meta.set_database(db)
    Effect._meta.set_table_name("rmtui_effects" if sqlite else "effects")
    Effect._meta.schema = None if sqlite else "rmtui"
    db.create_tables([Effect], safe=False)
    table, prefix = ("rmtui_effects", "rmtui_") if sqlite else ("rmtui.effects", "")
    db.execute_sql(f"CREATE INDEX {prefix}effects_due ON {table} (next_try) WHERE state = 'waiting'")
    db.execute_sql(f"CREATE INDEX {prefix}effects_person ON {table} (person, id)")
