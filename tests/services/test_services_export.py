"""Handing out somebody's PFX or PEM: to whom it belongs, where it may go, and what is told of it."""

from __future__ import annotations

import json
import os
import stat
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.x509 import load_pem_x509_certificates

from making import audit_rows, make_operator, make_person
from rmtui.db.base import db
from rmtui.db.errors import DatabaseBusy
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.db.people import Person
from rmtui.pki.csr import build_csr
from rmtui.pki.interface import FileMissing, PKIError, StorageError
from rmtui.pki.keys import generate
from rmtui.services import certificates, exports, people
from rmtui.services.certificates import AlreadyRevoked
from rmtui.services.exports import ExportRefused

pytestmark = pytest.mark.two_databases


@pytest.fixture
def boss(env):
    return make_operator()


@pytest.fixture
def raven(boss):
    return make_certified("RAVEN")


def make_certified(callsign: str) -> Person:
    with connection():
        return Person.create_with_cert(callsign)


def details_of_last() -> dict:
    with connection():
        return json.loads(Audit.select().order_by(Audit.id.desc()).first().details)


def test_a_pfx(boss, raven, tmp_path):
    file = tmp_path / "raven.pfx"
    done = certificates.export(boss, raven.pk, str(file))
    assert (done.path, done.form, stat.S_IMODE(file.stat().st_mode)) == (str(file), "pfx", 0o600)
    held = pkcs12.load_pkcs12(file.read_bytes(), b"RAVEN")
    assert f"{held.cert.certificate.serial_number:x}" == people.person(raven.pk).certificate.serial
    assert [row[:4] for row in audit_rows()] == [("BOSS", "export", "done", "RAVEN")]
    assert details_of_last() == {"form": "pfx", "path": str(file), "replaced": False}


def test_a_pem(boss, raven, tmp_path):
    file = tmp_path / "raven.pem"
    old = os.umask(0)
    try:
        assert certificates.export(boss, raven.pk, str(file), pem=True).key is True
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    leaf, issuer = load_pem_x509_certificates(file.read_bytes())
    assert leaf.public_key() == load_pem_private_key(file.read_bytes(), None).public_key()
    assert leaf.issuer == issuer.subject


def test_a_pem_of_somebody_who_keeps_the_key(boss, raven, tmp_path):
    certificates.reissue(boss, raven.pk, csr=build_csr(generate("ec256"), "RAVEN").decode())
    assert certificates.export(boss, raven.pk, str(tmp_path / "x"), pem=True).key is False
    certificates.export(boss, raven.pk, str(tmp_path / "y"))


def test_what_is_there_is_left(boss, raven, tmp_path):
    file = tmp_path / "raven.pfx"
    file.write_text("mine")
    with pytest.raises(ExportRefused, match="is there already and was left as it is"):
        certificates.export(boss, raven.pk, str(file))
    assert file.read_text() == "mine"
    file.chmod(0o644)
    certificates.export(boss, raven.pk, str(file), force=True)
    assert [path.name for path in tmp_path.glob("*raven*")] == ["raven.pfx"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert details_of_last()["replaced"] is True
    assert [row[2] for row in audit_rows()] == ["refused", "done"]


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_file(boss, raven, tmp_path, force):
    (tmp_path / "directory").mkdir()
    (tmp_path / "kept").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    for name in ["directory", "link", "dangling", "pipe", "no/such/place", "kept/below", "x\0", "\udcff\ud800", "n" * 300]:
        with pytest.raises(ExportRefused, match="nothing was written"):
            certificates.export(boss, raven.pk, str(tmp_path / name), force=force)
    for path in ["/dev/null", ""]:
        with pytest.raises(ExportRefused, match="nothing was written"):
            certificates.export(boss, raven.pk, path, force=force)
    assert (tmp_path / "kept").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    assert {row[2] for row in audit_rows()} == {"refused"}


@pytest.mark.parametrize("pem", [False, True])
def test_somebody_elses_certificate(boss, raven, tmp_path, pem):
    other = make_person("KARHU")
    raven.directory.rename(other.directory)
    with pytest.raises(PKIError, match="The certificate there names RAVEN, not KARHU"):
        certificates.export(boss, other.pk, str(tmp_path / "x"), pem=pem)
    with pytest.raises(FileMissing):
        certificates.export(boss, raven.pk, str(tmp_path / "x"), pem=pem)
    assert not (tmp_path / "x").exists()
    shown = people.person(other.pk)
    assert shown.certificate is None
    assert shown.certificate_problem.startswith("The certificate there names RAVEN, not KARHU.")


def test_a_pfx_or_key_of_another(boss, raven, tmp_path):
    other = make_certified("KARHU")
    for name in ("mtls.pfx", "mtls.key"):
        (raven.directory / name).unlink()
        (raven.directory / name).write_bytes((other.directory / name).read_bytes())
    for pem, problem in ((False, "does not open with the callsign"), (True, "is not the certificate's")):
        with pytest.raises(PKIError, match=problem):
            certificates.export(boss, raven.pk, str(tmp_path / "x"), pem=pem)
    assert not (tmp_path / "x").exists()


def test_somebody_revoked(boss, raven, tmp_path):
    certificates.revoke(boss, raven.pk, "superseded")
    with pytest.raises(AlreadyRevoked):
        certificates.export(boss, raven.pk, str(tmp_path / "x"))


def full(*_args):
    raise StorageError("The disk is full.")


def test_nothing_is_recorded_that_was_not_written(boss, raven, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "_create", full)
    with pytest.raises(StorageError):
        certificates.export(boss, raven.pk, str(tmp_path / "x"))
    assert [row[2] for row in audit_rows()] == ["refused"]


@pytest.mark.parametrize("force", [False, True])
def test_nothing_goes_out_that_is_not_recorded(boss, raven, tmp_path, monkeypatch, force):
    @contextmanager
    def busy():
        yield
        raise DatabaseBusy("Others kept the database.")

    if force:
        (tmp_path / "x").write_text("mine")
    with monkeypatch.context() as patch:
        patch.setattr(exports, "db", type("Busy", (), {"atomic": staticmethod(busy)}))
        with pytest.raises(DatabaseBusy):
            certificates.export(boss, raven.pk, str(tmp_path / "x"), force=force)
    assert [path.read_text() for path in tmp_path.glob("[!.]*") if path.is_file()] == ["mine"] * force
    assert not [*tmp_path.glob(".x*")]
    assert db.is_closed()
