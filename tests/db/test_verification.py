"""Whatever somebody with the database's password does to the trail, verification names the first entry that is not as it was."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from db_rows import sql
from trail_rows import (
    DAY,
    Authority,
    append,
    cell,
    copy,
    covered,
    edit,
    found,
    log_lines,
    rehash,
    remove,
    set_head,
    table,
    unguard,
    walk,
    write,
)

from rmtui.db import verification
from rmtui.db.base import db, utcnow
from rmtui.db.chain import COVERED, genesis, link
from rmtui.db.engine import is_sqlite
from rmtui.db.own import Signer
from rmtui.db.trail import chain_name
from rmtui.services import trail as service
from rmtui.services import witness

pytestmark = pytest.mark.two_databases

MANY = 8
WORKER = Path(__file__).with_name("trail_worker.py")


@pytest.fixture
def authority():
    return Authority()


@pytest.fixture
def key(authority):
    return authority.issue()


@pytest.fixture
def trail(database, key):
    """Eight entries, of which 3, 4 and 5 are signed; logged, and without guard."""
    write(2)
    write(3, key)
    write(3)
    witness.follow()
    unguard()
    return walk()


@pytest.fixture
def plain_trail(database):
    """Eight entries without signatures; logged, and without guard."""
    write(MANY)
    witness.follow()
    unguard()


def swap(text, place):
    """The text with one character another."""
    return text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]


def others(column, value):
    """Values that differ from one by as little as there is, and some by more."""
    if column in {"version", "id"}:
        return [value + 1] if column == "version" else [100]
    if column == "at":
        at = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
        near = [at + dt.timedelta(microseconds=1), at - dt.timedelta(microseconds=1), at + dt.timedelta(hours=1)]
        return [each.isoformat(" ", "microseconds") for each in near] + (["", "x", 5, value.replace(" ", "T")] if is_sqlite(db) else [])
    if column.endswith("_pk"):
        text = value.hex if isinstance(value, uuid.UUID) else value
        return [swap(text, 0), swap(text, len(text) - 2), None] + ([str(uuid.UUID(text)), "", b"\xff"] if is_sqlite(db) else [])
    odd = [b"\xff", value.encode()] if is_sqlite(db) else []
    return [swap(value, 0), swap(value, len(value) - 1), value + " ", " " + value, value[:-1], value.swapcase() + "\u0300", "", *odd]


def test_a_whole_trail_verifies(trail, authority):
    assert (trail.entries, trail.signed, trail.head, trail.compared, trail.finding) == (MANY, 3, cell(MANY, "hash"), 0, None)
    again = walk(witness.seen(), authority.trusted)
    assert (again.compared, again.finding) == (MANY, None)
    assert witness.seen() == {number: cell(number, "hash") for number in range(1, MANY + 1)}


def test_an_empty_trail_verifies(database):
    whole = walk()
    assert (whole.entries, whole.signed, whole.head, whole.finding) == (0, 0, genesis(chain_name()), None)


def test_a_trail_is_read_in_parts(trail, monkeypatch):
    for stride in (1, 2, 3, 4, 8, 9):
        monkeypatch.setattr(verification, "STRIDE", stride)
        assert walk() == trail
        edit(5, "reason", "forged")
        assert found() == (5, "changed")
        edit(5, "reason", "because")


@pytest.mark.parametrize("column", COVERED)
def test_an_edit(trail, column):
    """One character or more of each covered column, of the first entry, a signed one and the last."""
    for number in (1, 4, MANY):
        right = cell(number, column)
        values = others(column, right) if right is not None else ["x", ""]
        for value in values:
            edit(number, column, value)
            if column == "id":
                assert found() == (number, "removed"), value
                edit(100, column, number)
            else:
                assert found() == (number, "changed"), value
                edit(number, column, right)
            assert found() is None


def test_an_edited_hash(trail):
    for number in (1, 4, MANY):
        right = cell(number, "hash")
        for value in (swap(right, 0), swap(right, 63), right.upper(), "", "x" * 9, right + " "):
            edit(number, "hash", value)
            assert found() == (number, "changed"), value
        edit(number, "hash", right)


def test_an_entry_without_a_hash_that_could_have_none(trail):
    """What cannot be hashed has no hash, not even an empty one."""
    if not is_sqlite(db):
        pytest.skip("of SQLite")
    edit(MANY, "reason", b"\xff")
    edit(MANY, "hash", "")
    set_head(MANY, "")
    assert found() == (MANY, "changed")


def test_an_edited_signature(trail):
    number = 4
    right = cell(number, "signature")
    for place in range(len(right)):
        edit(number, "signature", right[:place] + ("A" if right[place] != "A" else "B") + right[place + 1 :])
        assert found() == (number, "signature"), place
    bad = ["", "x", "\u00e4", right + "\n", " " + right, right[:-1], right + "=", cell(3, "signature"), None]
    for value in bad + ([b"\xff", right.encode()] if is_sqlite(db) else []):
        edit(number, "signature", value)
        assert found() == (number, "signature"), value
    edit(number, "signature", right)
    assert found() is None


def test_every_last_character_of_a_signature_counts(trail):
    """Base64 has bits at its end that stand for nothing."""
    right = cell(4, "signature")
    place = len(right.rstrip("=")) - 1
    for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/":
        edit(4, "signature", right[:place] + char + right[place + 1 :])
        assert found() == (None if char == right[place] else (4, "signature"))


def test_a_signature_where_none_was(trail):
    edit(7, "signature", cell(4, "signature"))
    assert found() == (7, "signature")


def test_removed_signature_and_signer(trail):
    edit(4, "signature", None)
    edit(4, "signer", None)
    assert found() == (4, "changed")
    rehash(4)
    assert found() == (5, "signature")  # whose signature is of another hash; who signed 4, nobody but the log knows
    assert found(witness.seen()) == (4, "log")


def test_a_removed_certificate(trail):
    sql(f"DELETE FROM {table('signers')}")
    assert found() == (3, "signature")
    assert "removed" in walk().finding.sentence


def test_a_damaged_certificate(trail, key):
    good = key.certificate_pem.decode()
    for bad in ("", "x", good[:200], good.replace("BEGIN", "BEG\u00ccN"), "\u2028\x1b"):
        sql(f"UPDATE {table('signers')} SET certificate = %s", bad)
        assert found() == (3, "signature"), bad
        assert "damaged" in walk().finding.sentence
    if is_sqlite(db):
        for bad in ("x'ff00'", "CAST(x'ff' AS TEXT)", "5"):
            sql(f"UPDATE {table('signers')} SET certificate = {bad}")
            assert found() == (3, "signature"), bad


def test_an_exchanged_certificate(trail, authority):
    """Of the same name, made by somebody else, or for another key by the deployment itself."""
    for other in (Authority().issue("BOSS"), authority.issue("BOSS")):
        sql(f"UPDATE {table('signers')} SET certificate = %s", other.certificate_pem.decode())
        assert found(trusted=authority.trusted) == found() == (3, "signature")
        assert "exchanged" in walk().finding.sentence
        sql(f"UPDATE {table('signers')} SET fingerprint = %s", other.fingerprint)
        assert found() == (3, "signature")
        sql(f"UPDATE {table('audit')} SET signer = %s WHERE signer IS NOT NULL", other.fingerprint)
        assert found() == (3, "changed")
        rehash(3)
        assert found() == (3, "signature")


def test_everything_signed_anew_by_another_authority(trail, authority):
    """Of this the CA tells, and the log; nothing in the database does."""
    other = Authority().issue("BOSS")
    sql(f"UPDATE {table('signers')} SET certificate = %s, fingerprint = %s", other.certificate_pem.decode(), other.fingerprint)
    sql(f"UPDATE {table('audit')} SET signer = %s WHERE signer IS NOT NULL", other.fingerprint)
    rehash(3)
    for number in (3, 4, 5):
        edit(number, "signature", base64.b64encode(other.sign(cell(number, "hash").encode())).decode())
    assert found() is None
    assert found(trusted=authority.trusted) == (3, "signature")
    assert "did not issue" in walk(trusted=authority.trusted).finding.sentence
    assert found(witness.seen()) == (3, "log")


def test_a_reissued_certificate(database, authority):
    """Entries verify with the certificate that was good when they were written."""
    old, new = authority.issue(life=2 * DAY), authority.issue(at=utcnow())
    append(old)
    append(new, at=utcnow() + dt.timedelta(seconds=1))
    append(old)
    assert Signer.select().count() == 2
    whole = walk(trusted=authority.trusted)
    assert (whole.signed, whole.finding) == (3, None)


@pytest.mark.parametrize(
    ("make", "changes", "words"),
    [
        (lambda ours, theirs: theirs.issue(), {}, "did not issue"),
        (lambda ours, theirs: ours.issue("FOX"), {}, "signed by FOX"),
        (lambda ours, theirs: ours.issue(), {"operator": "FOX"}, "signed by BOSS"),
        (lambda ours, theirs: ours.issue(at=utcnow() - 50 * DAY, life=DAY), {}, "not valid at the time"),
        (lambda ours, theirs: ours.issue(at=utcnow() + 2 * DAY), {}, "not valid at the time"),
    ],
    ids=["other-ca", "other-name", "other-operator", "over", "not-yet"],
)
def test_a_certificate_that_may_not_sign(database, authority, make, changes, words):
    append(authority.issue())
    append(make(authority, Authority()), **changes)
    append(authority.issue())
    assert found(trusted=authority.trusted) == (2, "signature")
    assert words in walk(trusted=authority.trusted).finding.sentence


def test_a_signature_of_another_key(database, authority):
    """A key that signs what it should not, or with another than its certificate's."""
    append(replace(authority.issue(), key=authority.issue().key))
    assert found(trusted=authority.trusted) == (1, "signature")


def test_removed_entries(plain_trail):
    for first, last, kind in ((1, 1, "removed"), (4, 4, "removed"), (3, 6, "removed"), (MANY, MANY, "removed"), (6, MANY, "removed")):
        columns = ", ".join([*COVERED, "signature", "hash"])
        kept = sql(f"SELECT {columns} FROM {table('audit')} WHERE id BETWEEN %s AND %s", first, last)
        remove(first, last)
        assert found() == found(witness.seen()) == (first, kind)
        assert (f"all up to {last}" in walk().finding.sentence) == (first != last)
        for row in kept:
            sql(f"INSERT INTO {table('audit')} ({columns}) VALUES ({', '.join(['%s'] * len(row))})", *row)
        assert found(witness.seen()) is None
    remove(1, MANY)
    assert found() == (1, "removed")


def test_a_removed_tail_that_the_log_knows(plain_trail):
    remove(6, MANY)
    set_head(5, cell(5, "hash"))
    assert found() is None
    assert found(witness.seen()) == (6, "removed")
    assert "as the log says" in walk(witness.seen()).finding.sentence
    append()
    assert found() is None
    assert found(witness.seen()) == (6, "log")


def test_everything_removed_is_known_to_the_log(plain_trail):
    remove(1, MANY)
    set_head(0, genesis(chain_name()))
    assert found() is None
    assert found(witness.seen()) == (1, "removed")


def shift(first):
    """Make room for one before an entry."""
    for number in range(MANY, first - 1, -1):
        edit(number, "id", number + 1)


def test_an_entry_put_between(plain_trail):
    shift(4)
    copy(3, 4, target="Susi")
    assert found() == (4, "changed")
    rehash(4)
    assert found() is None
    assert found(witness.seen()) == (4, "log")


def test_an_entry_put_between_with_a_right_hash(plain_trail):
    shift(4)
    copy(3, 4, target="Susi")
    edit(4, "hash", link(cell(3, "hash"), covered(4)))
    assert found(witness.seen()) == (4, "log")
    assert found()[0] in {4, 5}


def test_entries_put_at_the_end(plain_trail):
    copy(MANY, MANY + 1)
    assert found() == found(witness.seen()) == (MANY + 1, "inserted")
    rehash(MANY + 1, head=False)
    assert found() == found(witness.seen()) == (MANY + 1, "inserted")
    for more in range(2):
        copy(MANY, MANY + 2 + more)
    rehash(MANY + 1, head=False)
    assert found() == (MANY + 1, "inserted")
    append()
    assert found() == (MANY + 1, "inserted")  # though the program's own entry is the first that does not fit
    append()
    assert found() == (MANY + 1, "inserted")


def test_entries_put_before_the_first(plain_trail):
    for number in (0, -1, -(2**62), -(2**63)):
        copy(1, number)
        assert found() == (number, "inserted")
        remove(number)
    assert found() is None


def test_an_entry_put_far_behind(plain_trail):
    for number in (MANY + 2, 2**62, 2**63 - 1):
        copy(1, number)
        assert found() == (MANY + 1, "removed")
        remove(number)
    assert found() is None


def exchange(one, other):
    edit(one, "id", 100)
    edit(other, "id", one)
    edit(100, "id", other)


def test_swapped_entries(plain_trail):
    for one, other in ((1, 2), (3, 6), (7, MANY), (1, MANY)):
        exchange(one, other)
        assert found() == (one, "changed")
        rehash(one)
        assert found() is None
        assert found(witness.seen()) == (one, "log")
        exchange(one, other)
        rehash(one)
        assert found(witness.seen()) is None


def test_a_chain_made_anew_after_an_edit(plain_trail):
    for number in (MANY, 4, 1):
        edit(number, "outcome", "refused")
        rehash(number)
        assert found() is None
        assert found(witness.seen()) == (number, "log")
        assert walk(witness.seen()).compared == number


def test_a_chain_made_anew_after_an_edit_of_what_is_signed(trail):
    edit(4, "outcome", "refused")
    rehash(4)
    assert found() == found(witness.seen()) == (4, "signature")


def rewrite(change):
    path = witness.log_path()
    path.write_text("".join(json.dumps(change(line)) + "\n" for line in log_lines()))


def test_an_edited_log(plain_trail):
    rewrite(lambda line: line | {"event.hash": "0" * 64} if line["event.sequence"] == 5 else line)
    assert found(witness.seen()) == (5, "log")
    rewrite(lambda line: line | {"event.sequence": 500} if line["event.sequence"] == 5 else line)
    assert found(witness.seen()) == (MANY + 1, "removed")
    rewrite(lambda line: line | {"event.sequence": "5", "event.hash": 7} if line["event.sequence"] == 500 else line)
    assert found(witness.seen()) is None
    assert walk(witness.seen()).compared == MANY - 1


def test_a_log_that_is_none(plain_trail):
    path = witness.log_path()
    path.write_bytes(b"\xff\x00\n[1]\n{}\nnull\n\n" + b"[" * 50_000 + b"\n" + path.read_bytes() + b'{"rmtui.chain"')
    assert walk(witness.seen()).compared == MANY
    path.write_bytes(b"\xff" * 200_000)
    assert witness.seen() == {}
    assert found(witness.seen()) is None


def test_no_log(plain_trail):
    witness.log_path().unlink()
    assert witness.seen() == {}
    whole = walk(witness.seen())
    assert (whole.compared, whole.finding) == (0, None)


def test_no_record_of_the_end(plain_trail):
    sql(f"DELETE FROM {table('chain')}")
    assert found() == (MANY, "head")
    assert witness.seen() == {}
    told = service.verify()
    assert (told.ok, told.entry, told.kind) == (False, MANY, "head")
    edit(4, "reason", "forged")
    assert found() == (4, "changed")


def test_a_record_of_the_end_that_does_not_fit(plain_trail):
    set_head(MANY, "0" * 64)
    assert found() == (MANY, "head")
    set_head(MANY + 1, cell(MANY, "hash"))
    assert found() == (MANY + 1, "removed")
    set_head(MANY - 1, cell(MANY - 1, "hash"))
    assert found() == (MANY, "inserted")
    set_head(2**31 - 1, cell(MANY, "hash"))
    assert found() == (MANY + 1, "removed")
    set_head(-1, cell(MANY, "hash"))
    assert found()[1] == "inserted"


def test_types_that_no_program_of_ours_writes(plain_trail):
    if is_sqlite(db):
        odd = ["x'ff00'", "CAST(x'ff' AS TEXT)", "''", "5", "-1.5", "9e999", "'\x1b[31m'", "'\u2028'", str(2**63 - 1)]
        columns = [*(column for column in COVERED if column != "id"), "hash"]
    else:
        odd = ["'20000-01-01'", "'infinity'", "'-infinity'", "'4000-01-01 BC'", "'294276-12-31'"]
        columns = ["at"]
    if not is_sqlite(db):
        ints = ["2147483647", "-2147483648"]
        for value in ints:
            sql(f"UPDATE {table('audit')} SET version = {value} WHERE id = 4")
            assert found() == (4, "changed")
        edit(4, "version", 2)
    for column in columns:
        right = cell(4, column)
        for value in odd:
            sql(f"UPDATE {table('audit')} SET {column} = {value} WHERE id = 4")
            assert found() == (4, "changed"), (column, value)
        edit(4, column, right)
    assert found() is None
    for column in ("operator_pk", "target_pk"):
        edit(4, column, None)
        assert found() == (4, "changed")
        edit(4, column, cell(5, column))
    for column in ("signer", "signature"):
        for value in [f"'{uuid.uuid4()}'", *(odd if is_sqlite(db) else [])]:
            sql(f"UPDATE {table('audit')} SET {column} = {value} WHERE id = 4")
            assert found() == (4, "changed" if column == "signer" else "signature"), (column, value)
        edit(4, column, None)


def test_a_time_that_is_none_under_a_good_signature(database, authority):
    """Who has a key and the database's password can sign anything."""
    key = authority.issue()
    write(2, key)
    unguard()
    for value in ["x", 5] if is_sqlite(db) else ["20000-01-01", "infinity"]:
        edit(2, "at", value)
        rehash(2)
        edit(2, "signature", base64.b64encode(key.sign(cell(2, "hash").encode())).decode())
        assert found() == (2, "signature")
        assert "not valid at the time" in walk().finding.sentence


def test_what_is_appended_meanwhile_is_left_for_the_next_time(plain_trail, monkeypatch, env):
    """The walk sees one moment, however long it takes."""
    monkeypatch.setattr(verification, "STRIDE", 2)
    real, calls = verification._fits, []

    def slow(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            worker = subprocess.run([sys.executable, str(WORKER), "1", "1"], env={**os.environ, **env}, timeout=30, check=False)
            assert worker.returncode == 0
        return real(*arguments)

    monkeypatch.setattr(verification, "_fits", slow)
    whole = walk()
    assert (whole.entries, whole.finding) == (MANY, None)
    assert walk().entries == MANY + 1
