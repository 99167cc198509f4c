"""An approval that fails, wherever it fails, leaves nothing behind but a pending enrolment that can be approved at once."""

from __future__ import annotations

import errno
import os

import pytest
from cryptography import x509
from db_outcome import crl_serials, nothing_left, while_made
from db_rows import STAMP, people_files, person, sql, stored_pk

from rmtui import settings
from rmtui.db import Enrollment, EnrollmentState, Person, approval, issuing
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import AlreadyDecided, CallsignReserved, EnrollmentError, InvalidCallsign, WrongCode
from rmtui.db.own import Claim, Issued
from rmtui.errors import ConfigurationError
from rmtui.pki import files, identity
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import AuthorityMissing, AuthorityUnavailable, CSRError, PKIError, StorageError


@pytest.mark.parametrize(
    "error", [AuthorityUnavailable("The authority is away."), PKIError("No."), RuntimeError("boom"), KeyboardInterrupt()]
)
def test_authority_fails(asked, admin, monkeypatch, error):
    def fail(*_args):
        raise error

    monkeypatch.setattr(EmbeddedAuthority, "sign", fail)
    with pytest.raises(type(error)):
        asked.approve(admin)
    monkeypatch.undo()
    nothing_left(asked, admin)


def test_authority_is_missing_or_not_named(asked, admin, monkeypatch):
    from dataclasses import replace

    ca = settings.current().ca_dir
    ca.rename(ca.with_name("away"))
    with pytest.raises(AuthorityMissing):
        asked.approve(admin)
    ca.with_name("away").rename(ca)
    kept = settings.current()
    settings.configure(replace(kept, cert_backend="cfssl"))
    with pytest.raises(ConfigurationError, match="LOCAL_CA_CERTS_PATH"):
        asked.approve(admin)
    settings.configure(replace(kept, cert_backend=None))
    if not is_sqlite(Person._meta.database):
        with pytest.raises(ConfigurationError, match="RM_CERT_BACKEND"):
            asked.approve(admin)
        settings.configure(replace(kept, data_dir_named=False))
        with pytest.raises(ConfigurationError, match="RM_PERSISTENT_DATA_DIR"):
            asked.approve(admin)
    settings.configure(kept)
    nothing_left(asked, admin)


@pytest.mark.parametrize("name", [*identity.MODES])
def test_disk_full_at_each_file(asked, admin, monkeypatch, name):
    write = files.new_file

    def full(path, data, mode):
        if path.name == name:
            with files.storage(path):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, data, mode)

    monkeypatch.setattr(files, "new_file", full)
    with pytest.raises(StorageError, match="The disk is full"):
        asked.approve(admin)
    monkeypatch.undo()
    nothing_left(asked, admin, signed=1)


def test_disk_full_in_the_middle_of_a_file(asked, admin, monkeypatch):
    """The operating system refuses the third write, whatever it is for."""
    real, count = os.write, iter(range(1_000))

    def full(fd, data):
        if next(count) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(fd, data)

    monkeypatch.setattr(files.os, "write", full)
    with pytest.raises(StorageError, match="The disk is full"):
        asked.approve(admin)
    monkeypatch.undo()
    nothing_left(asked, admin, signed=1)


def test_no_room_for_the_crl_either(asked, admin, monkeypatch):
    """Undoing goes as far as it can: the certificate is recorded as revoked, and the next CRL names it."""

    def full(path, *_args, **_options):
        with files.storage(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for write in ("new_file", "write_file"):
        monkeypatch.setattr(files, write, full)
    with pytest.raises(StorageError, match="The disk is full"):
        asked.approve(admin)
    monkeypatch.undo()
    assert crl_serials() == set()
    issuing.publish_crl()
    nothing_left(asked, admin, signed=1)


@pytest.mark.parametrize("error", [EnrollmentError("no"), RuntimeError("boom"), KeyboardInterrupt(), SystemExit(143)])
def test_failure_in_the_commit(asked, admin, error):
    def fail(_person, _issued):
        raise error

    with pytest.raises(type(error)):
        asked.approve(admin, on_commit=fail)
    nothing_left(asked, admin, signed=1)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_interrupted_at_the_commit(asked, admin, database, monkeypatch, done):
    """Ctrl-C just before the commit undoes everything, just after it nothing."""
    commit = database.obj.commit

    def interrupted():
        if Issued.select().where(Issued.committed).count():
            if done:
                commit()
            raise KeyboardInterrupt
        commit()

    monkeypatch.setattr(database.obj, "commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        asked.approve(admin)
    monkeypatch.undo()
    if not done:
        nothing_left(asked, admin, signed=1)
        return
    made = Person.by_callsign("Kettu")
    assert asked.reread().person == made.pk
    assert people_files() == [str(made.pk)]
    assert crl_serials() == set()


def test_wrong_code(asked, admin):
    for code in ("", " ", "AAAAAAAA", asked.approvecode[:-1]):
        with pytest.raises(WrongCode, match="not the code of Kettu"):
            asked.approve(admin, code)
    nothing_left(asked, admin, then_approve=False)
    spoken = " ".join(asked.approvecode.lower())
    assert asked.approve(admin, spoken).callsign == "Kettu"


@pytest.mark.parametrize("callsign", ["a\x1b[2J", "../../etc", " x", "A\u030a", "x" * 65, ""])
def test_callsigns_that_others_let_in_are_not_approved(database, admin, callsign):
    row = Enrollment.create(callsign=callsign, approvecode="AAAAAAAA")
    with pytest.raises(InvalidCallsign, match="cannot be approved"):
        row.approve(admin)
    nothing_left(row, admin, then_approve=False)
    row.reject(admin)


def test_a_csr_that_others_let_in_is_judged(asked, admin):
    from rmtui.pki import csr, keys

    key = keys.generate("ec256")
    for text in ("garbage", csr.build_csr(key, "Susi").decode(), ""):
        sql("UPDATE enrollments SET csr = %s", text)
        with pytest.raises(CSRError):
            asked.approve(admin)
        nothing_left(asked, admin, then_approve=False)
    sql("UPDATE enrollments SET csr = %s", csr.build_csr(key, "Kettu").decode())
    with pytest.raises(EnrollmentError, match="was changed meanwhile"):  # whoever approves has read it before
        asked.approve(admin)
    made = asked.reread().approve(admin)
    assert x509.load_pem_x509_certificates(made.get_cert_pem())[0].public_key() == key.public_key()
    assert not (made.directory / "mtls.key").exists()


def test_rejected_while_being_made(asked, admin, monkeypatch):
    other = person("CHIEF")
    while_made(monkeypatch, lambda: Enrollment.by_pk(asked.pk).reject(other))
    with pytest.raises(AlreadyDecided, match="Kettu is already rejected by CHIEF"):
        asked.approve(admin)
    assert asked.reread().state == EnrollmentState.REJECTED
    assert people_files() == []
    assert Claim.select().count() == 0
    assert crl_serials() == {Issued.get().serial}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("state = 2", AlreadyDecided),
        ("state = 1", AlreadyDecided),
        ("callsign = 'Susi'", EnrollmentError),
        ("csr = 'x'", EnrollmentError),
        (f"deleted = '{STAMP}'", Exception),
    ],
)
def test_changed_by_the_web_api_while_being_made(asked, admin, monkeypatch, change, error):
    while_made(monkeypatch, lambda: sql(f"UPDATE enrollments SET {change}"))
    with pytest.raises(error):
        asked.approve(admin)
    nothing_left(asked, admin, signed=1, then_approve=False)


def test_extra_that_the_web_api_writes_meanwhile_is_taken_over(asked, admin, monkeypatch):
    while_made(monkeypatch, lambda: sql("UPDATE enrollments SET extra = %s", '{"unit": "2"}'))
    assert asked.approve(admin).extra == {"unit": "2"}


def test_the_web_api_takes_the_callsign_while_being_made(asked, admin, monkeypatch):
    while_made(monkeypatch, lambda: person("KETTU"))
    with pytest.raises(CallsignReserved, match="Kettu is taken by a person, written KETTU"):
        asked.approve(admin)
    monkeypatch.undo()
    sql("DELETE FROM users WHERE callsign = 'KETTU'")
    nothing_left(asked, admin, signed=1)


def test_the_web_api_takes_the_callsign_at_the_last_moment(asked, admin, monkeypatch):
    """After the check, where only the unique index tells."""
    person("Kettu")
    monkeypatch.setattr(Person, "check_free", classmethod(lambda *_args: None))
    with pytest.raises(CallsignReserved, match="taken just now"):
        asked.approve(admin)
    monkeypatch.undo()
    sql("DELETE FROM users WHERE callsign = 'Kettu'")
    nothing_left(asked, admin, signed=1)


def test_the_web_api_decides_at_the_last_moment(asked, admin, monkeypatch):
    """After the check, where only the guarded update tells."""
    make = approval._create_person

    def slow(*args):
        made = make(*args)
        sql("UPDATE enrollments SET state = 2")
        return made

    monkeypatch.setattr(approval, "_create_person", slow)
    with pytest.raises(AlreadyDecided):
        asked.approve(admin)
    monkeypatch.undo()
    nothing_left(asked, admin, signed=1)


def test_the_steps_are_told(asked, admin):
    steps = []
    asked.approve(admin, progress=steps.append)
    assert steps == ["Making the key and the certificate", "Writing the files", "Recording the approval"]


def test_an_operator_is_recorded(asked, admin):
    asked.approve(admin)
    assert sql("SELECT decided_by FROM enrollments")[0][0] in {admin.pk, stored_pk(admin.pk)}
