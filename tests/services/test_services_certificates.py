"""Revoking, reissuing and handing out certificates, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
import threading

import pytest
from cryptography.x509 import load_pem_x509_crl

from making import audit_rows, make_operator, make_person
from rmtui import clock, settings
from rmtui.auth.permissions import NotPermitted, ReadOnly
from rmtui.auth.proving import by_certificate
from rmtui.auth.refusals import SignInRefused
from rmtui.db.middleware import connection
from rmtui.db.own import Audit, Issued
from rmtui.db.people import Person
from rmtui.db.reissuing import ReissuedMeanwhile
from rmtui.errors import ConfigurationError
from rmtui.pki.csr import build_csr
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import PKIError, StorageError
from rmtui.pki.keys import generate
from rmtui.pki.proof import Credential, load_credential
from rmtui.services import certificates, people, roles
from rmtui.services.certificates import AlreadyRevoked, SelfRevocation
from rmtui.services.roles import LastAdmin
from rmtui.services.types import PeopleQuery

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


def serials_of(person: Person) -> list[str]:
    with connection():
        return [row.serial for row in Issued.select().where(Issued.person == person.pk).order_by(Issued.created)]


def on_crl() -> set[str]:
    pem = (settings.current().public_dir / "crl.pem").read_bytes()
    return {f"{entry.serial_number:x}" for entry in load_pem_x509_crl(pem)}


def status(person: Person) -> str | None:
    with connection():
        return person.reread().revoke_reason


def details_of_last() -> dict:
    with connection():
        return json.loads(Audit.select().order_by(Audit.id.desc()).first().details)


def unpublished(*_args):
    raise StorageError("The disk is full.")


class TestRevoke:
    @pytest.mark.parametrize("reason", certificates.REASONS)
    def test_with_each_reason(self, boss, raven, reason):
        serials = serials_of(raven)
        done = certificates.revoke(boss, raven.pk, reason)
        assert (done.callsign, done.reason, list(done.serials)) == ("RAVEN", reason, serials)
        assert status(raven) == reason
        assert on_crl() == set(serials)
        assert [row[:4] for row in audit_rows()] == [("BOSS", "revoke", "done", "RAVEN")]
        assert details_of_last() == {"serials": serials}

    @pytest.mark.parametrize("harm", ["garbage", "empty", "directory", "link", "outside"])
    def test_files_that_cannot_be_read_keep_nobody_in(self, boss, tmp_path, harm):
        """The web page made them, so nothing is on record here; the row is what locks them out."""
        raven = make_certified("RAVEN")
        with connection():
            Issued.delete().where(Issued.person == raven.pk).execute()
            if harm == "outside":
                Person.update(certspath="/etc/x").where(Person.pk == raven.pk).execute()
        pem = raven.directory / "mtls.pem"
        if harm == "link":
            raven.directory.rename(tmp_path / "elsewhere")
            raven.directory.symlink_to(tmp_path / "elsewhere")
        elif harm == "directory":
            pem.unlink()
            pem.mkdir()
        else:
            pem.write_bytes(b"garbage" if harm == "garbage" else b"")
        done = certificates.revoke(boss, raven.pk, "keyCompromise")
        assert (status(raven), done.serials) == ("keyCompromise", ())
        assert done.left.startswith("Which certificate RAVEN has is not known here, so none was revoked: ")
        assert details_of_last() == {"serials": [], "not_revoked": done.left}

    def test_a_data_directory_that_is_not_there_is_no_proof(self, boss):
        raven = make_certified("RAVEN")
        with connection():
            Issued.delete().where(Issued.person == raven.pk).execute()
            Person.update(certspath="/etc/x").where(Person.pk == raven.pk).execute()
        people_dir = settings.current().people_dir
        people_dir.rename(people_dir.with_name("mounted"))
        with pytest.raises(ConfigurationError, match="outside the data directory"):
            certificates.revoke(boss, raven.pk, "keyCompromise")
        assert status(raven) is None

    def test_what_is_not_known_is_told_though_the_crl_cannot_be_published(self, boss, raven, monkeypatch):
        with connection():
            Issued.delete().where(Issued.person == raven.pk).execute()
        (raven.directory / "mtls.pem").write_bytes(b"")
        monkeypatch.setattr(EmbeddedAuthority, "publish_crl", unpublished)
        with pytest.raises(certificates.NotTold, match=r"RAVEN is revoked, but the CRL was not published: .* Which certificate RAVEN has"):
            certificates.revoke(boss, raven.pk, "superseded")
        assert status(raven) == "superseded"

    def test_what_is_no_reason(self, boss, raven):
        for reason in ["", "stolen", "cACompromise", "KEYCOMPROMISE", "x\x1b"]:
            with pytest.raises(ConfigurationError, match="is no reason") as caught:
                certificates.revoke(boss, raven.pk, reason)
            assert "\x1b" not in caught.value.sentence
        assert status(raven) is None

    def test_twice(self, boss, raven):
        certificates.revoke(boss, raven.pk, "keyCompromise")
        other = make_operator("ILVES")
        with pytest.raises(AlreadyRevoked, match=r"RAVEN was revoked by BOSS on .*Z \(keyCompromise\); nothing was changed"):
            certificates.revoke(other, raven.pk, "superseded")
        assert status(raven) == "keyCompromise"
        assert [row[:3] for row in audit_rows()] == [("BOSS", "revoke", "done"), ("ILVES", "revoke", "refused")]

    def test_somebody_whom_others_revoked(self, boss):
        gone = make_person("GONE", deleted=clock.utcnow())
        with pytest.raises(AlreadyRevoked, match=r"GONE was revoked on .*; nothing"):
            certificates.revoke(boss, gone.pk, "superseded")

    def test_oneself_and_the_last_admin(self, boss):
        with pytest.raises(LastAdmin, match="BOSS is the last admin"):
            certificates.revoke(boss, boss.pk, "unspecified")
        other = make_operator("ILVES")
        settings.current().people_dir.mkdir(parents=True)
        with pytest.raises(SelfRevocation, match="BOSS is you"):
            certificates.revoke(boss, boss.pk, "unspecified")
        with connection():
            assert Person.by_pk(boss.pk).deleted is None
        certificates.revoke(boss, other.pk, "privilegeWithdrawn")
        assert [row[2] for row in audit_rows()] == ["refused", "refused", "done"]

    def test_without_permission(self, boss, raven):
        operator = make_operator("ILVES")
        roles.remove(boss, operator.pk, "admin")
        with pytest.raises(NotPermitted):
            certificates.revoke(operator, raven.pk, "unspecified")
        settings.configure(settings.Settings.from_env(read_only=True))
        with pytest.raises(ReadOnly):
            certificates.revoke(boss, raven.pk, "unspecified")
        assert status(raven) is None

    def test_the_crl_cannot_be_published(self, boss, raven, monkeypatch):
        monkeypatch.setattr(EmbeddedAuthority, "publish_crl", unpublished)
        with pytest.raises(
            certificates.NotTold,
            match=r"RAVEN is revoked, but the CRL was not published: The disk is full. An open console tries again by itself; ",
        ) as caught:
            certificates.revoke(boss, raven.pk, "superseded")
        assert caught.value.done == certificates.Revoked(raven.pk, "RAVEN", "superseded", (serials_of(raven)[-1],))
        assert status(raven) == "superseded"
        assert [row[1:3] for row in audit_rows()] == [("revoke", "done")]

    def test_two_admins_revoking_each_other_at_once(self, env):
        one, two = make_operator("ONE"), make_operator("TWO")
        settings.current().people_dir.mkdir(parents=True)
        barrier, told = threading.Barrier(2), []

        def revoke(me, other):
            barrier.wait()
            try:
                told.append(certificates.revoke(me, other.pk, "unspecified").callsign)
            except (NotPermitted, LastAdmin):
                told.append("refused")

        threads = [threading.Thread(target=revoke, args=pair) for pair in ((one, two), (two, one))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert "refused" in told
        assert len(set(told)) == 2
        assert len(people.list_people(PeopleQuery()).rows) == 1


class TestReissue:
    def test_a_new_one_and_the_old_on_the_crl(self, boss, raven):
        old = serials_of(raven)
        done = certificates.reissue(boss, raven.pk)
        assert list(done.superseded) == old
        assert on_crl() == set(old)
        shown = people.person(raven.pk)
        assert shown.certificate.serial == done.serial
        assert shown.row.revoked_on is None
        assert [row[:4] for row in audit_rows()] == [("BOSS", "reissue", "done", "RAVEN")]
        assert details_of_last() == {"csr": False, "serial": done.serial, "superseded": old}

    def test_with_a_request(self, boss, raven):
        done = certificates.reissue(boss, raven.pk, csr=build_csr(generate("ec256"), "RAVEN").decode())
        assert "mtls.key" not in people.person(raven.pk).files
        assert details_of_last()["csr"] is True
        assert done.serial == serials_of(raven)[-1]

    def test_somebody_revoked(self, boss, raven):
        certificates.revoke(boss, raven.pk, "keyCompromise")
        with pytest.raises(AlreadyRevoked, match="by BOSS"):
            certificates.reissue(boss, raven.pk)
        assert len(serials_of(raven)) == 1

    def test_without_permission_nothing_is_signed(self, boss, raven):
        operator = make_operator("ILVES")
        roles.remove(boss, operator.pk, "admin")
        with pytest.raises(NotPermitted):
            certificates.reissue(operator, raven.pk)
        assert len(serials_of(raven)) == 1

    def test_demoted_while_the_key_is_made(self, boss, raven, monkeypatch):
        other, old = make_operator("ILVES"), serials_of(raven)
        make = certificates.Person.reissue

        def demote_first(self, csr, on_commit):
            self.by_pk(boss.pk).remove_role("admin")
            return make(self, csr, on_commit)

        monkeypatch.setattr(Person, "reissue", demote_first)
        with pytest.raises(NotPermitted):
            certificates.reissue(boss, raven.pk)
        assert people.person(raven.pk).certificate.serial == old[0]
        assert len(on_crl()) == 1
        assert old[0] not in on_crl()
        assert other.callsign == "ILVES"

    def test_another_was_first(self, boss, raven, monkeypatch):
        from rmtui.db import reissuing

        other, make = make_operator("ILVES"), reissuing._make

        def then_another(*args):
            make(*args)
            monkeypatch.setattr(reissuing, "_make", make)
            certificates.reissue(other, raven.pk)

        monkeypatch.setattr(reissuing, "_make", then_another)
        with pytest.raises(ReissuedMeanwhile, match=r"RAVEN was given another certificate meanwhile.*The last reissue is by ILVES"):
            certificates.reissue(boss, raven.pk)
        assert [row[:3] for row in audit_rows()] == [("ILVES", "reissue", "done"), ("BOSS", "reissue", "refused")]

    def test_the_crl_cannot_be_published(self, boss, raven, monkeypatch):
        monkeypatch.setattr(EmbeddedAuthority, "publish_crl", unpublished)
        with pytest.raises(certificates.NotTold, match="RAVEN has a new certificate, but the CRL was not published") as caught:
            certificates.reissue(boss, raven.pk)
        assert (caught.value.exit_code, caught.value.done.serial) == (3, serials_of(raven)[-1])
        assert [row[1:3] for row in audit_rows()] == [("reissue", "done")]

    def test_the_old_certificate_signs_nobody_in(self, boss, raven):
        before = credential(raven)
        with connection():
            assert by_certificate(before).person == raven
        certificates.reissue(boss, raven.pk)
        with connection():
            with pytest.raises((SignInRefused, PKIError), match="revoked"):
                by_certificate(before)
            assert by_certificate(credential(raven)).person == raven


def credential(person: Person) -> Credential:
    return load_credential(person.directory / "mtls.pem", None)


class TestExpiring:
    def test_who_has_nothing_better(self, boss, raven, statements):
        make_person("NOBODY")
        for callsign in ("KARHU", "GONE"):
            make_certified(callsign)
        certificates.revoke(boss, people.find("GONE").row.pk, "unspecified")
        set_expiry(raven, 10)

        def names(days: int) -> list[str]:
            return [row.callsign for row in people.list_people(PeopleQuery(expiring=days)).rows]

        assert names(9) == []
        assert names(11) == ["RAVEN"]
        assert names(1000) == ["KARHU", "RAVEN"]
        assert people.count_people(PeopleQuery(expiring=11)).number == 1
        certificates.reissue(boss, raven.pk)
        assert names(11) == []
        set_expiry(raven, -1)
        assert names(0) == ["RAVEN"]
        asked = statements.of(lambda: people.list_people(PeopleQuery(expiring=11)))
        assert sum("issued" in statement for statement in asked) <= 2


def set_expiry(person: Person, days: int) -> None:
    with connection():
        until = clock.utcnow() + dt.timedelta(days=days)
        Issued.update(not_after=until).where((Issued.person == person.pk) & Issued.revoked_on.is_null()).execute()
