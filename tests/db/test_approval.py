"""An approval that fails, wherever it fails, leaves nothing behind but a pending enrolment that can be approved at once."""

from __future__ import annotations

import datetime as dt
import errno
import os
import uuid

import pytest
from cryptography import x509

from db_rows import STAMP, people_files, person, sql, stored_pk
from rmtui import clock, settings
from rmtui.db import Enrollment, EnrollmentState, Person, approval, issuing
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import AlreadyDecided, BeingApproved, CallsignReserved, EnrollmentError, InvalidCallsign, WrongCode
from rmtui.db.own import Claim, Issued
from rmtui.db.process import host, process
from rmtui.errors import ConfigurationError
from rmtui.pki import files, identity
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import AuthorityMissing, AuthorityUnavailable, CSRError, PKIError, StorageError


@pytest.fixture
def asked(database):
    """Somebody who waits for approval."""
    return Enrollment.create_for_callsign("Kettu", extra={"unit": "1"})


def crl_serials() -> set[str]:
    pems = (settings.current().public_dir / "crl.pem").read_bytes().split(b"-----END X509 CRL-----")[:-1]
    lists = [x509.load_pem_x509_crl(pem.strip() + b"\n-----END X509 CRL-----\n") for pem in pems]
    return {f"{entry.serial_number:x}" for each in lists for entry in each}


def nothing_left(row, admin, *, signed=0, then_approve=True):
    """No files, no claim, no person, every certificate that was signed revoked; and the next attempt succeeds at once."""
    assert people_files() == []
    assert Claim.select().count() == 0
    assert Person.list(include_deleted=True) == [admin]
    lost = {each.serial for each in Issued.select().where(~Issued.committed)}
    assert len(lost) == signed == Issued.select().count()
    assert crl_serials() == lost
    if then_approve:
        assert row.reread().state == EnrollmentState.PENDING
        made = row.approve(admin)
        assert people_files() == [str(made.pk)]
        assert crl_serials() == lost


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
    with pytest.raises(ConfigurationError, match="cfssl"):
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
    write = files.write_file

    def full(path, data, mode, **options):
        if path.name == name:
            with files.storage(path):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, data, mode, **options)

    monkeypatch.setattr(files, "write_file", full)
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

    monkeypatch.setattr(files, "write_file", full)
    with pytest.raises(StorageError, match="The disk is full"):
        asked.approve(admin)
    monkeypatch.undo()
    assert crl_serials() == set()
    issuing.publish_crl()
    nothing_left(asked, admin, signed=1)


@pytest.mark.parametrize("error", [EnrollmentError("no"), RuntimeError("boom"), KeyboardInterrupt(), SystemExit(143)])
def test_failure_in_the_commit(asked, admin, error):
    def fail(_person):
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
    made = asked.approve(admin)
    assert x509.load_pem_x509_certificates(made.get_cert_pem())[0].public_key() == key.public_key()
    assert not (made.directory / "mtls.key").exists()


def while_made(monkeypatch, action):
    """Do something after the files were made and before the commit."""
    make = approval._make

    def made(*args):
        make(*args)
        action()

    monkeypatch.setattr(approval, "_make", made)


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


def foreign_claim(row, **fields):
    values = {"operator": "CHIEF", "host": "elsewhere", "process": "1/1", "expires": clock.utcnow() + approval.CLAIM_TIME}
    return Claim.create(enrollment=row.pk, person=uuid.uuid4(), **{**values, **fields})


def test_a_claim_of_another_operator_keeps_it(asked, admin):
    foreign_claim(asked)
    assert approval.live_claim(asked.pk).operator == "CHIEF"
    with pytest.raises(BeingApproved, match="CHIEF is approving Kettu since 2"):
        asked.approve(admin)
    assert Claim.select().count() == 1
    assert people_files() == []
    asked.reject(admin)  # a claim is no decision


@pytest.mark.parametrize(
    "fields",
    [
        {"expires": dt.datetime(2024, 1, 1, tzinfo=dt.UTC)},
        {"host": host(), "process": "999999999/1"},
        {"host": host(), "process": f"{os.getpid()}/1"},
        {"host": host(), "process": process()},
    ],
    ids=["ran out", "dead", "number used again", "ours, forgotten"],
)
def test_claims_that_keep_nobody(asked, admin, fields):
    foreign_claim(asked, **fields)
    assert approval.live_claim(asked.pk) is None
    asked.approve(admin)
    assert Claim.select().count() == 0


def test_a_claim_runs_out_by_the_clock(asked, admin, monkeypatch):
    foreign_claim(asked)
    later = clock.utcnow() + approval.CLAIM_TIME
    monkeypatch.setattr(clock, "utcnow", lambda: later)
    asked.approve(admin)


def test_taken_over_while_being_made(asked, admin, monkeypatch):
    def take_over():
        Claim.delete().execute()
        foreign_claim(asked)

    while_made(monkeypatch, take_over)
    with pytest.raises(BeingApproved, match="took too long and another took over"):
        asked.approve(admin)
    assert [claim.operator for claim in Claim.select()] == ["CHIEF"]
    Claim.delete().execute()
    monkeypatch.undo()
    nothing_left(asked, admin, signed=1)


def test_taken_over_and_approved_while_being_made(asked, admin, monkeypatch):
    other = person("CHIEF")

    def take_over():
        monkeypatch.undo()
        Claim.delete().execute()
        Enrollment.by_pk(asked.pk).approve(other)

    while_made(monkeypatch, take_over)
    with pytest.raises(AlreadyDecided, match="Kettu is already approved by CHIEF"):
        asked.approve(admin)
    made = Person.by_callsign("Kettu")
    assert people_files() == [str(made.pk)]
    assert crl_serials() == {each.serial for each in Issued.select().where(~Issued.committed)}
    assert Claim.select().count() == 0


def test_the_steps_are_told(asked, admin):
    steps = []
    asked.approve(admin, progress=steps.append)
    assert steps == ["Making the key and the certificate", "Writing the files", "Recording the approval"]


def test_an_operator_is_recorded(asked, admin):
    asked.approve(admin)
    assert sql("SELECT decided_by FROM enrollments")[0][0] in {admin.pk, stored_pk(admin.pk)}


def test_sweep_leaves_what_is_young_or_pointed_at(asked, admin, monkeypatch):
    made = asked.approve(admin)
    people = settings.current().people_dir
    for name in (str(uuid.uuid4()), f".{uuid.uuid4()}.0123456789ab.part", "lost+found", "notes"):
        (people / name).mkdir()
        (people / name / "mtls.key").write_bytes(b"x")
    claim = foreign_claim(asked, expires=clock.utcnow() + dt.timedelta(hours=3))
    (people / str(claim.person)).mkdir()
    assert issuing.sweep() == []
    later = clock.utcnow() + dt.timedelta(hours=2)
    monkeypatch.setattr(clock, "utcnow", lambda: later)
    assert len(issuing.sweep()) == 2
    assert set(people_files()) == {str(made.pk), str(claim.person), "lost+found", "notes"}
