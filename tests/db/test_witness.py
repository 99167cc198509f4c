"""The log of the audit trail: it never makes an act fail, and it catches up."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from db_rows import sql
from peewee import OperationalError
from trail_rows import append, copy, edit, found, log_lines, logged, rehash, table, unguard, write

from making import make_operator
from rmtui import settings
from rmtui.auth.operator import Operator
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.db.trail import chain_name
from rmtui.pki.interface import StorageError
from rmtui.services import enrollments, known_trail, witness
from rmtui.services import trail as service
from rmtui.settings import Settings

pytestmark = pytest.mark.two_databases

FOREIGN = "a\nb\r\x1b[31m\u2028\u2029\u0085\u202e\U0001f98a"


@pytest.fixture
def log(database, tmp_path):
    """Where the log goes."""
    path = tmp_path / "logs" / "audit.log"
    settings.configure(replace(settings.current(), audit_log=path))
    return path


def act(**changes):
    append(**changes)
    witness.follow()


def test_a_line_for_each_entry(log):
    act()
    act(outcome="refused", action="sign-in", target_pk=None, origin="")
    first, second = log_lines()
    row = Audit.get(Audit.id == 1)
    assert (first["event.sequence"], first["event.hash"], first["rmtui.chain"]) == (1, row.hash, chain_name().hex)
    assert (first["source.ip"], first["source.port"], first["event.outcome"]) == ("192.0.2.7", 50000, "success")
    assert (second["event.category"], second["event.outcome"]) == (["authentication"], "failure")
    assert "source.ip" not in second
    assert witness.trouble() == ""
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_the_first_line_is_of_the_first_entry(log):
    """Whoever comes first writes what others committed before they could log it."""
    write(3)
    witness.follow()
    assert logged() == [1, 2, 3]


def test_what_is_not_committed_is_not_logged(log):
    with db.atomic():
        append()
        with pytest.raises(RuntimeError, match="not committed"):
            witness.follow()
    assert not log.exists()


def test_foreign_text_stays_one_line(log):
    act(operator=FOREIGN, target=FOREIGN, reason=FOREIGN, details={FOREIGN: FOREIGN}, host=FOREIGN, os_user=FOREIGN, origin=FOREIGN)
    act(origin="192.0.2.7 \u0665 x", details={"x": float("nan")})
    raw = log.read_bytes()
    assert raw.count(b"\n") == 2
    assert raw.isascii()
    assert raw.replace(b"\n", b"").decode().isprintable()
    first, second = log_lines()
    assert first["user.name"] == first["destination.user.name"] == first["event.reason"] == FOREIGN
    assert first["rmtui.details"] == {FOREIGN: FOREIGN}
    assert "source.port" not in second


def broken(monkeypatch, log, how):
    """Keep the log from being written; what mends it."""
    if how == "directory":
        log.mkdir(parents=True)
        return log.rmdir
    if how == "parent":
        log.parent.write_text("")
        return log.parent.unlink
    if how == "symlink":
        log.parent.mkdir()
        log.symlink_to(log.parent / "elsewhere")
        return log.unlink
    if how == "pipe":
        log.parent.mkdir()
        os.mkfifo(log)
        return log.unlink
    if how == "full-device":
        settings.configure(replace(settings.current(), audit_log=type(log)("/dev/full")))
        return lambda: settings.configure(replace(settings.current(), audit_log=log))
    name = "fsync" if how == "fsync" else "write"
    real = getattr(os, name)

    def full(fd, *data):
        if how == "half" and len(data[0]) > 200:
            return real(fd, data[0][:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    patch = pytest.MonkeyPatch()
    patch.setattr(os, name, full)
    return patch.undo


@pytest.mark.parametrize("how", ["directory", "parent", "symlink", "pipe", "full-device", "full", "half", "fsync"])
def test_a_log_that_cannot_be_written(log, monkeypatch, how, admin):
    operator = Operator(admin.pk, admin.callsign, "test")
    mend = broken(monkeypatch, log, how)
    try:
        for name in ("Kettu", "Susi"):
            assert enrollments.create(operator, name).callsign == name
            assert "was not written" in witness.trouble()
            assert witness.trouble().isprintable()
    finally:
        mend()
    assert found() is None
    assert not (log.parent / "elsewhere").exists()
    enrollments.create(operator, "Karhu")
    assert witness.trouble() == ""
    assert sorted(witness.seen()) == [1, 2, 3]
    assert found(witness.seen()) is None


def test_lines_of_another_trail(log):
    """One file for several trails, and lines of other programs between."""
    act()
    other = json.dumps(log_lines()[0] | {"rmtui.chain": "0" * 32, "event.sequence": 900}).encode() + b"\n"
    with log.open("ab") as file:
        file.write(other + b"something else\n" + b"[" * 50_000 + b"\n" + b"x" * 200_000 + b"\n\n" + other)
    act()
    act()
    assert sorted(witness.seen()) == [1, 2, 3]
    mine = [line for line in log.read_bytes().splitlines() if chain_name().hex.encode() in line]
    assert [json.loads(line)["event.sequence"] for line in mine] == [1, 2, 3]


@pytest.mark.parametrize("truncated", [True, False])
def test_a_rotated_log_is_gone_on_with(log, truncated):
    act()
    act()
    if truncated:
        log.write_bytes(b"")
    else:
        log.rename(log.with_suffix(".1"))
    append()
    append()
    witness.follow()
    assert logged() == [3, 4]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_rotated_log_without_the_mark_has_everything(log):
    act()
    for mark in settings.current().state_dir.glob("logged-*"):
        assert stat.S_IMODE(mark.stat().st_mode) == 0o600
        mark.write_text("nonsense")
    log.unlink()
    act()
    assert logged() == [1, 2]


def test_a_mark_that_cannot_be_written_is_no_trouble(log, tmp_path):
    (tmp_path / "file").write_text("")
    settings.configure(replace(settings.current(), state_dir=tmp_path / "file"))
    act()
    act()
    assert logged() == [1, 2]
    assert witness.trouble() == ""


def test_a_log_ahead_of_the_trail_is_told(log):
    act()
    act()
    line = log_lines()[-1] | {"event.sequence": 500}
    with log.open("a") as file:
        file.write(json.dumps(line) + "\n")
    act()
    assert "that the trail has not" in witness.trouble()


def test_many_are_written_in_parts(log, monkeypatch):
    monkeypatch.setattr(witness, "MOST", 3)
    write(10)
    witness.follow()
    assert logged() == list(range(1, 11))


@pytest.mark.parametrize(
    "make",
    [
        "details = 'no json'",
        "details = '[1'",
        "details = ''",
        "details = '{\"x\": NaN}'",
        "origin = 'x 99999'",
        "os_user = ''",
        "outcome = 'x'",
    ],
)
def test_an_entry_that_no_program_of_ours_wrote_is_logged(log, make):
    act()
    unguard()
    copy(1, 2)
    sql(f"UPDATE {table('audit')} SET {make} WHERE id = 2".replace("%", "%%"))
    act()
    assert logged() == [1, 2, 3]
    assert witness.trouble() == ""
    for line in log.read_bytes().splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_an_entry_that_cannot_be_read_is_told(log):
    act()
    unguard()
    copy(1, 2)
    if is_sqlite(db):
        odd = ["at = 'x'", "at = x'ff'", "reason = CAST(x'ff' AS TEXT)", "operator_pk = 'x'"]
    else:
        odd = ["at = '20000-01-01'", "at = '4000-01-01 BC'"]
    for make in odd:
        edit(2, "at", "2026-01-01 00:00:00.000000")
        sql(f"UPDATE {table('audit')} SET {make} WHERE id = 2")
        act()
        assert "rmtui audit verify" in witness.trouble(), make
        assert logged() == [1]
        assert found()[0] == 2


def test_a_database_that_is_lost_after_it_committed(log, admin, monkeypatch):
    """The act is done; the log is what is behind."""
    operator = Operator(admin.pk, admin.callsign, "test")

    def lost(*_):
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(witness, "_last", lost)
        assert enrollments.create(operator, "Kettu").callsign == "Kettu"
        assert "catches up" in witness.trouble()
    act()
    assert logged() == [1, 2]
    assert witness.trouble() == ""


def test_two_threads(env, tmp_path):
    settings.configure(replace(settings.current(), audit_log=tmp_path / "audit.log"))
    operator = make_operator()
    errors = []

    def write_some(name):
        try:
            for number in range(20):
                enrollments.create(operator, f"{name}{number}")
        except Exception as error:  # noqa: BLE001  # whatever it is, the test tells
            errors.append(error)

    threads = [threading.Thread(target=write_some, args=(name,)) for name in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    with connection():
        assert logged() == list(range(1, 41))
        assert found(witness.seen()) is None


@pytest.mark.parametrize("default", [True, False])
def test_another_name_does_not_switch_the_log_off(log, default):
    """Who makes the whole chain anew under another name is told, not believed."""
    settings.configure(replace(settings.current(), audit_log=None if default else log))
    act()
    act()
    assert service.verify().ok
    path, old = witness.log_path(), known_trail.known()
    assert (old.chain, stat.S_IMODE(old.path.stat().st_mode)) == (chain_name().hex, 0o600)
    unguard()
    sql(f"UPDATE {table('chain')} SET name = %s", uuid.uuid4().hex)
    assert found() == (1, "changed")
    edit(1, "outcome", "refused")
    rehash(1)
    assert found() is None
    for _ in range(2):
        told = service.verify()
        assert (told.ok, told.kind, told.compared) == (False, "replaced", 0)
        assert str(old.path) in told.sentence
        act()
        assert told.sentence in witness.trouble()
        assert logged(path) == [1, 2]
        assert default is not witness.log_path().exists()
    old.path.unlink()
    act()
    assert witness.trouble() == ""
    told = service.verify()
    assert (told.ok, told.entries, told.compared) == (True, 5, 5)


@pytest.mark.parametrize("content", ["", "x", "[]", "{}", '{"chain": 5, "since": ""}', '{"chain": "x", "since": "x"}'])
def test_what_is_known_of_the_trail_is_no_such_thing(log, content):
    act()
    path = known_trail.known().path
    path.write_text(content)
    act()
    assert str(path) in witness.trouble()
    with pytest.raises(StorageError, match="Remove it"):
        service.verify()
    path.unlink()
    act()
    assert (witness.trouble(), logged()) == ("", [1, 2, 3])


def test_who_holds_the_log_holds_nobody_up(log, admin):
    operator = Operator(admin.pk, admin.callsign, "test")
    enrollments.create(operator, "Kettu")
    with log.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        began = time.monotonic()
        assert enrollments.create(operator, "Susi").callsign == "Susi"
        assert witness.WAIT <= time.monotonic() - began < witness.WAIT + 10
        assert "another process holds it" in witness.trouble()
        threading.Timer(0.3, fcntl.flock, (other, fcntl.LOCK_UN)).start()
        enrollments.create(operator, "Karhu")
        assert (witness.trouble(), logged()) == ("", [1, 2, 3])


def test_a_pipe_is_not_read(log):
    log.parent.mkdir()
    os.mkfifo(log)
    act()
    assert "no plain file" in witness.trouble()
    with pytest.raises(StorageError, match="no plain file"):
        service.verify()


def test_a_copy_of_the_database_has_its_own_log(env, database, tmp_path):
    if not is_sqlite(db):
        pytest.skip("of SQLite")
    home = {"HOME": str(tmp_path / "home")}
    settings.configure(Settings.from_env({**env, **home}))
    act()
    there = tmp_path / "copy.db"
    with sqlite3.connect(there) as copied:
        db.connection().backup(copied)
    copied.close()
    environment = {**os.environ, **env, **home, "RM_DB_DSN": f"sqlite:///{there}"}
    worker = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("trail_worker.py")), "1", "1"],
        env=environment, timeout=30, check=True, input="\n", text=True, capture_output=True,
    )  # fmt: skip
    assert len(worker.stdout.split()) == 2
    act()
    assert len(list(settings.current().state_dir.glob("audit-*.log"))) == 2
    assert (witness.trouble(), logged()) == ("", [1, 2])
    assert service.verify().ok
