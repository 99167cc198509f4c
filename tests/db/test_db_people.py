"""People and their roles."""

from __future__ import annotations

import shutil
import types
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from db_rows import STAMP, person, sql

from rmtui import settings
from rmtui.db import Person, Role
from rmtui.db.errors import CallsignReserved, Deleted, ForbiddenOperation, InvalidCallsign, NotFound
from rmtui.db.own import Issued
from rmtui.errors import ConfigurationError
from rmtui.pki.interface import CSRError, FileMissing

FILES = {"mtls.key": 0o400, "mtls.pub": 0o444, "mtls.csr": 0o444, "mtls.pem": 0o644, "mtls.pfx": 0o644}


def revoked_serials():
    return {
        entry.serial_number
        for pem in (settings.current().public_dir / "crl.pem").read_bytes().split(b"-----END X509 CRL-----")[:-1]
        for entry in x509.load_pem_x509_crl(pem.strip() + b"\n-----END X509 CRL-----\n")
    }


def test_fields(database):
    made = person("Kettu", extra={"unit": "1"})
    found = Person.by_pk(made.pk)
    assert (found.callsign, found.certspath, found.extra, found.revoke_reason) == ("Kettu", made.certspath, {"unit": "1"}, None)
    assert isinstance(found.pk, uuid.UUID)


def test_create_with_cert_leaves_what_the_deployment_reads(database):
    made = Person.create_with_cert("Åke 1", extra={"unit": "1"})
    path = settings.current().people_dir / str(made.pk)
    assert made.certspath == str(settings.current().data_dir / "private" / "people" / str(made.pk))
    assert {each.name: each.stat().st_mode & 0o777 for each in path.iterdir()} == FILES
    assert path.stat().st_mode & 0o777 == 0o700
    assert path.parent.stat().st_mode & 0o777 == 0o755
    assert Person.by_pk(made.pk).extra == {"unit": "1"}
    assert Issued.get(Issued.person == made.pk).committed is True


def test_create_with_cert_of_a_csr(database):
    from rmtui.pki import csr, keys

    key = keys.generate("ec256")
    made = Person.create_with_cert("Kettu", csr=csr.build_csr(key, "Kettu").decode())
    certificate = x509.load_pem_x509_certificates(made.get_cert_pem())[0]
    assert certificate.public_key() == key.public_key()
    with pytest.raises(FileMissing):
        made.get_key_pem()
    loaded = pkcs12.load_pkcs12(made.get_cert_pfx(), b"Kettu")
    assert loaded.key is None
    with pytest.raises(CSRError):
        Person.create_with_cert("Susi", csr=csr.build_csr(key, "Kettu").decode())
    assert Person.select().count() == Issued.select().count() == 1


def test_get_key_cert_and_pfx_belong_together(database):
    made = Person.create_with_cert("Kettu")
    key = load_pem_private_key(made.get_key_pem(), None)
    leaf, issuer = x509.load_pem_x509_certificates(made.get_cert_pem())
    assert leaf.public_key() == key.public_key()
    assert leaf.subject.rfc4514_string() == "CN=Kettu"
    leaf.verify_directly_issued_by(issuer)
    loaded = pkcs12.load_pkcs12(made.get_cert_pfx(), b"Kettu")
    assert loaded.cert.certificate == leaf
    assert loaded.cert.friendly_name == b"Kettu"
    (made.directory / "mtls.pfx").unlink()
    assert pkcs12.load_pkcs12(made.get_cert_pfx(), b"Kettu").cert.certificate == leaf


def test_files_that_are_gone_or_elsewhere_are_a_sentence(database):
    made = person("Kettu")
    for read in (made.get_key_pem, made.get_cert_pem, made.get_cert_pfx):
        with pytest.raises(FileMissing, match="was not read"):
            read()
    made.certspath = "/etc/ssl"
    for read in (made.get_key_pem, made.get_cert_pem, made.get_cert_pfx):
        with pytest.raises(ConfigurationError, match="outside the data directory"):
            read()


def test_list_leaves_out_the_revoked_and_is_by_callsign(database):
    for callsign in ("Susi", "Kettu", "Ahma"):
        person(callsign)
    sql("UPDATE users SET deleted = %s WHERE callsign = 'Susi'", STAMP)
    assert [each.callsign for each in Person.list()] == ["Ahma", "Kettu"]
    assert [each.callsign for each in Person.list(include_deleted=True)] == ["Ahma", "Kettu", "Susi"]


def test_by_role(database, admin):
    other, gone = person("Kettu"), person("Susi")
    for each in (other, gone):
        each.assign_role("admin")
    sql("UPDATE users SET deleted = %s WHERE callsign = 'Susi'", STAMP)
    Role.create(user=other.pk, role="admin")
    assert [each.callsign for each in Person.by_role("admin")] == ["BOSS", "Kettu"]
    assert [each.callsign for each in Person.by_role(None)] == ["BOSS", "Kettu"]
    assert Person.by_role("nobody") == Person.by_role("ADMIN") == []


def test_by_callsign(database):
    made = person("Kettu")
    assert Person.by_callsign("Kettu") == Person.by_callsign("kETTU") == made
    with pytest.raises(NotFound, match="There is no person"):
        Person.by_callsign("Susi")
    sql("UPDATE users SET deleted = %s", STAMP)
    with pytest.raises(Deleted, match="Kettu was revoked"):
        Person.by_callsign("KETTU")
    assert Person.by_callsign("kettu", allow_deleted=True) == made


def test_by_pk_or_callsign(database):
    made = person("Kettu")
    short = person("abcdefghijklmnopqrstuv")  # a callsign that reads as a primary key
    named = person(str(uuid.uuid4()))
    for form in (made.pk, str(made.pk), "Kettu", "KETTU"):
        assert Person.by_pk_or_callsign(form) == made
    assert Person.by_pk_or_callsign("abcdefghijklmnopqrstuv") == short
    assert Person.by_pk_or_callsign(named.callsign) == named
    for unknown in (uuid.uuid4(), str(uuid.uuid4()), "Susi"):
        with pytest.raises(NotFound):
            Person.by_pk_or_callsign(unknown)
    sql("UPDATE users SET deleted = %s", STAMP)
    for form in (made.pk, str(made.pk), "Kettu"):
        with pytest.raises(Deleted):
            Person.by_pk_or_callsign(form)
        assert Person.by_pk_or_callsign(form, allow_deleted=True) == made


@pytest.mark.parametrize(
    "payload",
    [
        types.SimpleNamespace(type="mtls", userid="Kettu", payload={"CN": "Kettu"}),
        types.SimpleNamespace(type="jwt", userid=None, payload={"sub": "Kettu"}),
        types.SimpleNamespace(type="mtls", userid="", payload=types.SimpleNamespace(sub=None, CN="kettu")),
        {"userid": "Kettu"},
        {"sub": "Kettu"},
        {"CN": "Kettu"},
    ],
)
def test_by_mtlsjwt_payload(database, payload):
    made = person("Kettu")
    assert Person.by_mtlsjwt_payload(payload) == made
    sql("UPDATE users SET deleted = %s", STAMP)
    with pytest.raises(Deleted):
        Person.by_mtlsjwt_payload(payload)
    assert Person.by_mtlsjwt_payload(payload, allow_deleted=True) == made


def test_by_mtlsjwt_payload_of_nobody(database):
    for payload in ({}, {"sub": ""}, {"sub": 7}, {"userid": None, "payload": None}, types.SimpleNamespace(), {"CN": "Susi"}):
        with pytest.raises(NotFound):
            Person.by_mtlsjwt_payload(payload)


def test_roles_are_given_once_and_taken(database):
    made, other = person("Kettu"), person("Susi")
    assert made.assign_role("admin") is True
    assert made.assign_role("admin") is False
    assert made.assign_role("pilot") is True
    assert made.has_role("admin")
    assert not made.has_role("Admin")
    assert not other.has_role("admin")
    assert made.roles() == ["admin", "pilot"]
    assert made._get_role("admin").role == "admin"
    assert made._get_role("nobody") is None
    assert made.remove_role("admin") is True
    assert made.remove_role("admin") is False
    assert made.roles() == ["pilot"]


def test_doubled_role_rows_count_as_one_and_go_together(database):
    made = person("Kettu")
    for _ in range(3):
        Role.create(user=made.pk, role="admin")
    assert made.roles() == ["admin"]
    assert made.has_role("admin")
    assert made._get_role("admin") is not None
    assert made.assign_role("admin") is False
    assert Person.by_role("admin") == [made]
    assert made.remove_role("admin") is True
    assert not made.has_role("admin")
    assert Role.select().count() == 0


def test_role_rows(database, admin):
    row = Role.get()
    assert isinstance(row.pk, uuid.UUID)
    assert (row.user, row.role) == (admin.pk, "admin")
    assert row.created.tzinfo is not None
    assert row.updated.tzinfo is not None
    assert Role._idx._name == "ix_raesenmaeher_roles_role"
    assert {index.name for index in database.get_indexes("roles")} >= {"ix_raesenmaeher_roles_role"}


def test_a_revoked_person_gets_no_role(database):
    made = person("Kettu")
    sql("UPDATE users SET deleted = %s", STAMP)
    with pytest.raises(Deleted):
        made.assign_role("admin")
    assert Role.select().count() == 0


def test_revoke(database):
    made, other = Person.create_with_cert("Kettu"), Person.create_with_cert("Susi")
    serial = Issued.get(Issued.person == made.pk).serial
    made.revoke("keyCompromise")
    found = Person.by_pk(made.pk, allow_deleted=True)
    assert found.deleted is not None
    assert found.revoke_reason == "keyCompromise"
    assert revoked_serials() == {int(serial, 16)}
    assert Person.list() == [other]
    with pytest.raises(Deleted):
        made.revoke()
    with pytest.raises(ConfigurationError, match="no reason of RFC 5280"):
        other.revoke("because")
    other.delete()
    assert other.reread().revoke_reason == "cessationOfOperation"
    with pytest.raises(CallsignReserved, match="a revoked person"):
        Person.create_with_cert("KETTU")


def test_revoke_of_somebody_the_web_api_made(database):
    made = Person.create_with_cert("Kettu")
    serial = int(Issued.get().serial, 16)
    sql(f"DELETE FROM {Issued._meta.schema + '.' if Issued._meta.schema else ''}{Issued._meta.table_name}")
    made.revoke("superseded")
    assert revoked_serials() == {serial}
    assert Issued.get().reason == "superseded"


def test_revoke_of_somebody_without_files(database):
    """The web API leaves such people when it is stopped half-way."""
    Person.create_with_cert("Susi")
    made = person("Kettu")
    made.revoke()
    assert made.reread().revoke_reason == "unspecified"
    assert revoked_serials() == set()


def test_revoke_stops_where_no_files_are(database):
    """A data directory that is not mounted is no proof that there is no certificate."""
    made = person("Kettu")
    shutil.rmtree(settings.current().people_dir, ignore_errors=True)
    with pytest.raises(FileMissing):
        made.revoke()
    assert made.reread().deleted is None


def test_refusals_of_create_with_cert_make_nothing(database):
    person("Kettu")
    for callsign, error in (("kettu", CallsignReserved), ("anon_admin", CallsignReserved), ("a/b", InvalidCallsign), ("", InvalidCallsign)):
        with pytest.raises(error):
            Person.create_with_cert(callsign)
    assert Person.select().count() == 1
    assert Issued.select().count() == 0
    with pytest.raises(ForbiddenOperation):
        Person.get().delete_instance()
