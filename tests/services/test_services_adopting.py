"""A certificate in somebody's directory that is on no record, and is not for them: whose it is taken for."""

from __future__ import annotations

import shutil

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from doctoring import named, planted, repair_all, troubles

from making import make_person
from rmtui import clock
from rmtui.auth.operator import Operator
from rmtui.db.engine import is_sqlite
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.identity import read_certificate
from rmtui.pki.interface import AuthorityUnavailable
from rmtui.services import certificates
from rmtui.services.doctor import host

pytestmark = pytest.mark.two_databases

WAYS = pytest.mark.parametrize("way", ["revoke", "reissue"])


@pytest.fixture
def two(boss: Operator) -> Person:
    """Made by the web page, as is who acts: nothing is on record of either."""
    with connection():
        Issued.delete().execute()
    return make_person("TWO")


def end(way: str, boss: Operator, person: Person) -> str:
    """Revoke or reissue; why a certificate stays good."""
    if way == "revoke":
        return certificates.revoke(boss, person.pk, "keyCompromise").left
    return certificates.reissue(boss, person.pk).left


def on_crl(serial: str) -> bool:
    with connection():
        return int(serial, 16) in host.crl_serials()


@WAYS
@pytest.mark.parametrize("names", [("TWOa",), ("TWO", "BOSS"), ("GONE",), ("two",), ()], ids=lambda names: "+".join(names) or "none")
def test_what_the_ca_signed_under_another_name_goes_with_them(boss, two, way, names):
    with connection():
        named("GONE").revoke()
    serial = planted(two.directory, *names)
    assert end(way, boss, two) == ""
    assert on_crl(serial)
    with connection():
        row = Issued.get(Issued.serial == serial)
    assert (row.person, row.reason) == (two.pk, "keyCompromise" if way == "revoke" else "superseded")
    assert troubles() == set()


@WAYS
@pytest.mark.parametrize("names", [("BOSS",), ("BOSS", "TWO")], ids="+".join)
def test_what_somebody_else_has_on_disk_is_theirs(boss, two, way, names):
    with connection():
        directory = Person.by_pk(boss.pk).directory
    serial = planted(directory, *names)
    shutil.copytree(directory, two.directory)
    assert f"The certificate {serial} in {two.directory} is for BOSS, who is active and may use it" in end(way, boss, two)
    assert not on_crl(serial)


def test_what_may_be_somebody_elses_goes_once_it_is_known_what_they_use(boss, two):
    serial = planted(two.directory, "boss")
    left = certificates.revoke(boss, two.pk, "keyCompromise").left
    assert left.endswith("is for BOSS, who is active and may use it; it was not revoked. Reissue them first.")
    assert troubles() == {("revoked-not-listed", "TWO", "")}
    certificates.reissue(boss, boss.pk)
    assert not on_crl(serial)
    assert troubles() == {("revoked-not-listed", "TWO", "publish-crl")}
    assert [each.outcome for each in repair_all(boss)] == ["done", "done"]
    assert on_crl(serial)
    assert troubles() == set()


@WAYS
def test_what_is_for_the_system_stays(boss, two, way):
    serial = planted(two.directory, "rasenmaeher")
    assert "a name of the system or of a product, which may use it; it was not revoked" in end(way, boss, two)
    assert not on_crl(serial)


@pytest.mark.parametrize("what", ["ca", "server", "forged"])
def test_what_the_ca_issued_to_nobody_is_passed_over(boss, two, what):
    """Among them one of another CA with the serial number of somebody else's."""
    with connection():
        theirs = read_certificate(Person.by_pk(boss.pk).directory)
    changes = {
        "ca": {"extension": x509.BasicConstraints(ca=True, path_length=None)},
        "server": {"extension": x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])},
        "forged": {"key": ec.generate_private_key(ec.SECP256R1()), "serial": theirs.serial_number},
    }
    serial = planted(two.directory, "TWOa", **changes[what])
    assert certificates.revoke(boss, two.pk, "keyCompromise").left == ""
    assert not on_crl(serial)
    assert troubles() == set()


def test_where_nothing_was_ever_recorded_it_is_found(boss, two):
    """The web page revoked them, and rmtui never wrote to this database."""
    planted(two.directory, "TWOa")
    with connection() as database:
        Person.update(deleted=clock.utcnow()).where(Person.pk == two.pk).execute()
        if is_sqlite(database):
            for table in [table for table in database.get_tables() if table.startswith("rmtui_")]:
                database.execute_sql(f'DROP TABLE "{table}"')
        else:
            database.execute_sql("DROP SCHEMA rmtui CASCADE")
    assert ("revoked-not-listed", "TWO", "publish-crl") in troubles()


def test_while_the_ca_cannot_be_asked_it_is_left_for_the_doctor(boss, two, monkeypatch):
    def away(_self):
        raise AuthorityUnavailable("It is away.")

    serial = planted(two.directory, "TWOa")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(EmbeddedAuthority, "ca_chain", away)
        assert "could not be asked; it was not revoked" in certificates.revoke(boss, two.pk, "keyCompromise").left
    assert not on_crl(serial)
    assert troubles() == {("revoked-not-listed", "TWO", "publish-crl")}
    assert [each.outcome for each in repair_all(boss)] == ["done", "done"]
    assert on_crl(serial)
    with connection():
        assert Issued.get(Issued.serial == serial).reason == "keyCompromise"
