"""What all models have in common: keys, times, JSON, deletion."""

from __future__ import annotations

import base64
import datetime as dt
import uuid

import pytest
from db_rows import STAMP, foreign_enrollment, person, sql, stored_pk
from peewee import SQL, UUIDField

from rmtui import clock
from rmtui.db import DBConfig, Enrollment, EnrollmentPool, LoginCode, Person, Role, SeenToken
from rmtui.db.base import BaseModel, DBModel, KeptModel, utcnow
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import BackendError, DBError, DBFetchError, Deleted, ForbiddenOperation, NotFound
from rmtui.db.fields import ObjectField, UTCDateTimeField, parse_pk

MODELS = (Person, Role, Enrollment, EnrollmentPool, SeenToken, LoginCode)
KEPT = (Enrollment, SeenToken, LoginCode)
NOON = dt.datetime(2025, 6, 7, 12, 0, tzinfo=dt.UTC)


def kept_row(model):
    if model is Enrollment:
        return Enrollment.create_for_callsign("Kettu")
    if model is SeenToken:
        return SeenToken.use_token("jti-1")
    return LoginCode.by_code(LoginCode.create_for_claims({"a": 1}))


def test_tables_and_columns_are_the_seeds(database):
    names = {Person: "users", Role: "roles", Enrollment: "enrollments", EnrollmentPool: "enrollmentpools"}
    names |= {SeenToken: "seentokens", LoginCode: "logincodes"}
    for model, name in names.items():
        assert model.__tablename__ == name == model._meta.table_name
        assert model.__table_args__ == {"schema": "raesenmaeher"}
        assert model.select().count() == 0
        assert isinstance(model.pk, UUIDField)


@pytest.mark.parametrize("model", [Person, Enrollment, EnrollmentPool, SeenToken, LoginCode], ids=lambda model: model.__name__)
def test_config_forbids_unknown_names(model):
    assert model.Config.extra == "forbid"
    with pytest.raises(TypeError, match="has no column 'colour'"):
        model(colour="red")
    assert issubclass(model, BaseModel)
    assert issubclass(model, DBModel)


def test_error_tree():
    assert issubclass(Deleted, NotFound)
    assert issubclass(NotFound, DBFetchError)
    assert issubclass(DBFetchError, DBError)
    assert issubclass(BackendError, DBError)
    assert issubclass(ForbiddenOperation, DBError)


def test_by_pk_takes_every_form(database):
    made = person("Kettu")
    short = base64.urlsafe_b64encode(made.pk.bytes).decode().rstrip("=")
    assert len(short) == 22
    for form in (made.pk, str(made.pk), str(made.pk).upper(), made.pk.hex, short, short.encode()):
        assert Person.by_pk(form) == made
    for nonsense in ("", "Kettu", "x" * 22, "-" * 36, "ä" * 22, str(uuid.uuid4()), short[:-1]):
        with pytest.raises(NotFound):
            Person.by_pk(nonsense)
    with pytest.raises(NotFound):
        parse_pk("../../../../etc/passwd")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/St_Johns"])
def test_times_are_aware_utc_whatever_the_servers_zone(env, zone, postgres):
    from deployments import run_sql, unbind
    from rmtui.db.middleware import connection

    dsn = env["RM_DB_DSN"]
    if not dsn.startswith("sqlite"):
        name = dsn.partition("?")[0].rpartition("/")[2]
        run_sql(postgres, f"ALTER DATABASE \"{name}\" SET timezone = '{zone}'")
        unbind()
        joiner = "&" if "?" in dsn else "?"
        DBConfig.singleton(dsn=f"{dsn}{joiner}options=-c%20timezone%3D{zone.replace('/', '%2F')}")
    with connection():
        before = utcnow()
        made = person("Kettu")
        assert sql("SELECT callsign FROM users")[0] == ("Kettu",)
        sql("UPDATE users SET created = %s WHERE callsign = 'Kettu'", STAMP)
        found = Person.by_pk(made.pk)
        assert found.created == dt.datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=dt.UTC)
        assert found.created.utcoffset() == dt.timedelta(0)
        assert before <= found.updated <= utcnow()
        found.created = dt.datetime(2024, 5, 6, 10, 8, tzinfo=dt.timezone(dt.timedelta(hours=3)))
        found.save()
        assert str(sql("SELECT created FROM users")[0][0]).startswith("2024-05-06 07:08:00")
        assert Person.select().where(Person.created == dt.datetime(2024, 5, 6, 7, 8, tzinfo=dt.UTC)).count() == 1


def test_timestamptz_columns_read_the_same(env):
    from deployments import run_sql
    from rmtui.db.middleware import connection

    if env["RM_DB_DSN"].startswith("sqlite"):
        with connection():
            made = person("Kettu")
            sql("UPDATE users SET created = '2024-05-06 10:08:09+03:00'")
            assert Person.by_pk(made.pk).created == dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
        return
    columns = "created updated deleted".split()
    run_sql(env["RM_DB_DSN"], *(f"ALTER TABLE raesenmaeher.users ALTER {column} TYPE timestamptz" for column in columns))
    with connection():
        made = person("Kettu", created=NOON)
        sql("UPDATE users SET deleted = '2024-05-06 10:08:09+03'")
        found = Person.by_pk(made.pk, allow_deleted=True)
        assert found.created == NOON
        assert found.deleted == dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)


def test_naive_times_are_refused(database):
    made = person("Kettu")
    made.created = dt.datetime(2024, 5, 6)  # noqa: DTZ001
    with pytest.raises(ValueError, match="naive"):
        made.save()
    assert UTCDateTimeField().python_value(None) is None


def test_the_clock_can_be_pinned(database, monkeypatch):
    monkeypatch.setattr(clock, "utcnow", lambda: NOON)
    made = person("Kettu")
    made.assign_role("pilot")
    assert (made.created, made.updated, Role.get().created) == (NOON, NOON, NOON)
    monkeypatch.setattr(clock, "utcnow", lambda: NOON + dt.timedelta(days=1))
    made.callsign = "Kettu2"
    made.save()
    assert (made.reread().created, made.reread().updated) == (NOON, NOON + dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "read"), [("null", {}), ("[1]", {}), ('"x"', {}), ("7", {}), ('{"a": {"b": ["ä"]}}', {"a": {"b": ["ä"]}})]
)
def test_json_of_others_is_tolerated(database, text, read):
    made = person("Kettu", extra={"x": 1})
    pool = EnrollmentPool.create_for_owner(made)
    foreign_enrollment("Susi")
    code = LoginCode.create_for_claims({})
    for table, column in (("users", "extra"), ("enrollments", "extra"), ("enrollmentpools", "extra"), ("logincodes", "claims")):
        sql(f"UPDATE {table} SET {column} = %s", text)
    assert Person.by_pk(made.pk).extra == read
    assert Enrollment.by_callsign("Susi").extra == read
    assert EnrollmentPool.by_pk(pool.pk).extra == read
    assert LoginCode.by_code(code).claims == read
    assert pool.reread().create_enrollment("Hirvi").extra == read


def test_sql_null_reads_as_an_empty_object(database):
    made = person("Kettu")
    if not is_sqlite(database):
        sql("ALTER TABLE users ALTER extra DROP NOT NULL")
        sql("UPDATE users SET extra = NULL")
        assert Person.by_pk(made.pk).extra == {}
    assert Person.select(Person.pk, SQL("NULL").alias("extra")).get().extra == {}


def test_only_objects_are_written(database):
    for value in ([1], "x", 3, (1,)):
        with pytest.raises(ValueError, match="JSON objects"):
            person("Kettu", extra=value)
    made = person("Kettu", extra=None)
    assert str(sql("SELECT extra FROM users")[0][0]) == "{}"
    assert made.reread().extra == {}
    assert ObjectField().python_value(None) == {}


def test_deleted_is_not_found_unless_allowed(database, admin):
    pool = EnrollmentPool.create_for_owner(admin)
    pool.delete()
    with pytest.raises(Deleted, match="revoked or deleted on 2"):
        EnrollmentPool.by_pk(pool.pk)
    with pytest.raises(NotFound):
        EnrollmentPool.by_pk(pool.pk)
    assert EnrollmentPool.by_pk(pool.pk, allow_deleted=True).deleted is not None
    assert EnrollmentPool.list() == []
    assert EnrollmentPool.list(include_deleted=True) == [pool]
    with pytest.raises(Deleted):
        EnrollmentPool.by_invitecode(pool.invitecode)
    with pytest.raises(NotFound) as caught:
        EnrollmentPool.by_pk(uuid.uuid4())
    assert not isinstance(caught.value, Deleted)


@pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
def test_kept_rows_cannot_be_deleted(database, model):
    row = kept_row(model)
    assert isinstance(row, KeptModel)
    now = utcnow()
    row.deleted = now
    attempts = [
        row.reread().delete,
        row.reread().delete_instance,
        lambda: row.reread().delete_instance(recursive=True),
        lambda: model.delete_by_id(row.pk),
        lambda: model.__delitem__(row.pk) if hasattr(model, "__delitem__") else model.delete_by_id(row.pk),
        model.truncate_table,
        model.drop_table,
        lambda: database.drop_tables([model]),
        row.save,
        lambda: row.save(only=[model.deleted]),
        lambda: model.update(deleted=now).execute(),
        lambda: model.update({model.deleted: now}).execute(),
        lambda: model.update({"deleted": now}).execute(),
        lambda: model.set_by_id(row.pk, {"deleted": now}),
        lambda: model.bulk_update([row], [model.deleted]),
        lambda: model.replace(pk=row.pk).execute(),
        lambda: model.replace_many([{"pk": row.pk}]).execute(),
    ]
    for attempt in attempts:
        with pytest.raises(ForbiddenOperation, match="are kept; nothing was deleted"):
            attempt()
    with pytest.raises((TypeError, ForbiddenOperation)):
        model.delete()
    assert [found.deleted for found in model.select()] == [None]


@pytest.mark.parametrize("model", [Person, Role, EnrollmentPool], ids=lambda model: model.__name__)
def test_other_tables_cannot_be_emptied(database, admin, model):
    EnrollmentPool.create_for_owner(admin)
    for attempt in (model.truncate_table, model.drop_table, lambda: database.drop_tables([model])):
        with pytest.raises(ForbiddenOperation):
            attempt()
    if model is not Role:
        with pytest.raises(ForbiddenOperation):
            model.delete_by_id(model.get().pk)
        with pytest.raises(ForbiddenOperation):
            model.get().delete_instance()
    assert model.select().count() == 1


def test_rows_that_others_deleted_stay_deleted(database):
    for model in KEPT:
        row = kept_row(model)
        sql(f"UPDATE {model.__tablename__} SET deleted = %s WHERE pk = %s", STAMP, stored_pk(row.pk))
        with pytest.raises(Deleted):
            model.by_pk(row.pk)
