"""The audit trail is only ever added to, and every entry is chained to the one before it."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from db_rows import sql
from peewee import PeeweeException
from trail_rows import Authority, append, cell, copy, found, set_head, table, unguard, walk, write

from rmtui.db.base import db, utcnow
from rmtui.db.chain import COVERED, genesis
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import BackendError
from rmtui.db.own import Audit, Signer
from rmtui.db.trail import chain_name

pytestmark = pytest.mark.two_databases

KEPT = "the audit trail is only ever added to"


@pytest.fixture
def trail(database):
    """Three signed entries."""
    write(3, Authority().issue())
    return everything()


def everything():
    return [sql(f"SELECT * FROM {table(name)} ORDER BY 1") for name in ("audit", "signers", "chain")]


def refused(*statements):
    before = everything()
    for statement in statements:
        with pytest.raises(PeeweeException, match=KEPT), db.atomic():
            sql(statement)
        assert everything() == before, statement
    assert found() is None


def as_values(name, **changes):
    """Columns and values of a table's first row, some of them others."""
    columns = [*COVERED, "signature", "hash"] if name == "audit" else ["fingerprint", "certificate"]
    if name == "chain":
        columns = ["id", "name", "entries", "head"]
    row = dict(zip(columns, sql(f"SELECT {', '.join(columns)} FROM {table(name)} ORDER BY 1 LIMIT 1")[0], strict=True)) | changes
    values = ", ".join("NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'" for value in row.values())
    return f"INTO {table(name)} ({', '.join(row)}) VALUES ({values})"


def test_entries_and_signers_cannot_be_changed(trail):
    for name, column in (
        ("audit", "reason"),
        ("audit", "signature"),
        ("audit", "id"),
        ("signers", "certificate"),
        ("signers", "fingerprint"),
    ):
        value = "id + 100" if column == "id" else "'forged'"
        refused(
            f"UPDATE {table(name)} SET {column} = {value}",
            f"UPDATE {table(name)} SET {column} = {column}",
            f"DELETE FROM {table(name)}",
        )
    refused(f"DELETE FROM {table('audit')} WHERE id = 3", f"UPDATE {table('audit')} SET reason = 'forged' WHERE id = 3")
    if is_sqlite(db):
        refused(*(f"UPDATE OR {how} {table('audit')} SET id = 1 WHERE id = 3" for how in ("REPLACE", "IGNORE", "FAIL", "ROLLBACK")))
    else:
        names = (table("audit"), table("signers"), f"{table('audit')}, {table('signers')}, {table('chain')}", f"{table('audit')} CASCADE")
        refused(*(f"TRUNCATE {name}" for name in names))
        refused(
            f"WITH gone AS (DELETE FROM {table('audit')} RETURNING 1) SELECT count(*) FROM gone",
            f"MERGE INTO {table('audit')} USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
        )


@pytest.mark.parametrize("name", ["audit", "signers"])
def test_entries_and_signers_cannot_be_replaced(trail, name):
    column, key = ("reason", "id") if name == "audit" else ("certificate", "fingerprint")
    forged = as_values(name, **{column: "forged"})
    upserts = [f"INSERT {forged} ON CONFLICT ({key}) DO UPDATE SET {column} = 'forged'"]
    if is_sqlite(db):
        refused(*upserts, f"INSERT OR REPLACE {forged}", f"REPLACE {forged}", f"INSERT OR IGNORE {forged}", f"INSERT {forged}")
    else:
        refused(*upserts)


def test_a_signer_cannot_be_replaced_by_its_row_number(trail):
    """REPLACE deletes without a DELETE trigger whatever is in its way, a row with the same ``rowid`` too."""
    if not is_sqlite(db):
        pytest.skip("of SQLite")
    for name in ("rowid", "oid", "_rowid_"):
        with pytest.raises(PeeweeException), db.atomic():
            sql(f"REPLACE INTO {table('signers')} ({name}, fingerprint, certificate) VALUES (1, 'other', 'forged')")
        assert everything() == trail


def test_the_record_of_the_end_is_kept(trail):
    chain = table("chain")
    refused(
        f"DELETE FROM {chain}",
        f"UPDATE {chain} SET entries = 2",
        f"UPDATE {chain} SET entries = 0, head = '{genesis(chain_name())}'",
        f"UPDATE {chain} SET head = 'forged'",
        f"UPDATE {chain} SET entries = entries",
        f"UPDATE {chain} SET id = 2, entries = 9",
        f"UPDATE {chain} SET name = '{'0' * 32}', entries = 9",
        f"INSERT {as_values('chain', id=2)}",
        f"INSERT {as_values('chain', entries=1)} ON CONFLICT (id) DO UPDATE SET entries = 1",
    )
    if is_sqlite(db):
        refused(
            f"REPLACE {as_values('chain', entries=1)}",
            f"UPDATE {chain} SET entries = 'x'",
            f"UPDATE {chain} SET entries = 9.5",
            f"UPDATE {chain} SET entries = x'ff'",
            f"UPDATE {chain} SET entries = 9, head = x'ff'",
        )
    else:
        refused(f"TRUNCATE {chain}", f"MERGE INTO {chain} USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE")


def test_entries_follow_each_other(database):
    key = Authority().issue()
    at = (utcnow() - dt.timedelta(seconds=5)).replace(microsecond=0)
    assert [append(), append(key, at=at), append(target_pk=None, operator_pk=None, operator="")] == [1, 2, 3]
    rows = list(Audit.select().order_by(Audit.id))
    assert [row.version for row in rows] == [2, 2, 2]
    assert rows[1].at == at
    assert [row.signer for row in rows] == [None, key.fingerprint, None]
    assert [row.certificate for row in Signer.select()] == [key.certificate_pem.decode()]
    assert len({row.hash for row in rows}) == 3
    assert all(re.fullmatch("[0-9a-f]{64}", row.hash) for row in rows)
    whole = walk()
    assert (whole.entries, whole.signed, whole.head, whole.finding) == (3, 1, rows[2].hash, None)


def test_what_is_rolled_back_leaves_no_gap(database):
    append()
    with db.atomic() as transaction:
        append(Authority().issue())
        transaction.rollback()
    assert append() == 2
    assert Signer.select().count() == 0
    assert found() is None


FOREIGN = "a\nb\r\x1b[31m\u2028\u202e'\"\\{{}}%s\x7f\x85\U0001f98a"


def test_foreign_text_is_kept_as_it_is(database):
    append(
        operator=FOREIGN, target=FOREIGN, reason=FOREIGN, details={FOREIGN: [FOREIGN, None, True, 3, 1.5, {"x": (FOREIGN,)}]}, host=FOREIGN
    )
    row = Audit.get()
    assert row.operator == row.target == row.reason == row.host == FOREIGN
    assert json.loads(row.details) == {FOREIGN: [FOREIGN, None, True, 3, 1.5, {"x": [FOREIGN]}]}
    assert found() is None


def test_what_no_database_can_hold_is_spelt_out(database):
    append(target="a\x00\ud800", reason="\udfff" * 1000, details={"\x00": "\x00", "b": {1: {"c": object}}})
    row = Audit.get()
    assert row.target == "a\\x00\\ud800"
    assert json.loads(row.details)["\\x00"] == "\\x00"
    assert found() is None


def test_details_are_json_whatever_they_are(database):
    append(details={"not": float("nan"), "much": float("inf"), "big": 2**80})
    read = json.loads(Audit.get().details, parse_constant=pytest.fail)
    assert read == {"not": "nan", "much": "inf", "big": 2**80}


def test_long_entries(database):
    append(reason="x" * 300_000, details={"y": ["Å" * 1000] * 100})
    append()
    assert found() is None


def test_nothing_is_recorded_without_the_record_of_the_end(trail):
    unguard()
    name = chain_name()
    sql(f"DELETE FROM {table('chain')}")
    for act in (append, chain_name):
        with pytest.raises(BackendError, match="rmtui audit verify"):
            act()
    assert Audit.select().count() == 3
    sql(f"INSERT INTO {table('chain')} (id, name, entries, head) VALUES (1, %s, 3, %s)", name.hex, cell(3, "hash"))
    assert chain_name() == name
    assert append() == 4
    assert found() is None


def test_a_record_of_the_end_that_is_none_is_a_sentence(trail):
    """SQLite keeps any type in any column."""
    if not is_sqlite(db):
        pytest.skip("of SQLite")
    unguard()
    set_head(3, b"\xff")
    assert found() == (3, "head")
    for entries, head in (("x", "y"), (b"\xff", b"\xff")):
        set_head(entries, head)
        with pytest.raises(BackendError, match="rmtui audit verify"):
            append()
        assert found() == (3, "head")
    sql(f"UPDATE {table('chain')} SET entries = 3, head = %s, name = 'nobody'", cell(3, "hash"))
    with pytest.raises(BackendError, match="rmtui audit verify"):
        chain_name()


def test_an_entry_put_in_by_other_means_does_not_take_the_next_number(trail):
    copy(3, 4)
    assert append() == 5
    assert found() == (4, "changed")
