"""Files that nobody can use: of another CA, run out, cut off, without their key."""

from __future__ import annotations

import pytest
from doctoring import named, repair_all, troubles
from telling import later

from cfssl_stand_in import CA, new_key, pem
from making import make_enrollment
from rmtui.db.enrollments import Enrollment
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.pki import csr, keys
from rmtui.pki.identity import MODES
from rmtui.services.types import State

pytestmark = pytest.mark.two_databases


def test_files_that_nobody_can_use(boss):
    foreign, keyless, broken, cut = (named(name) for name in ("FOREIGN", "KEYLESS", "BROKEN", "CUT"))
    with connection():
        Issued.delete().where(Issued.person == foreign.pk).execute()  # the web API made them
        own = Person.create_with_cert("OWN", csr=csr.build_csr(keys.generate("ec256"), "OWN").decode())
    other, key = CA("Another"), new_key()
    (foreign.directory / "mtls.key").unlink()
    (foreign.directory / "mtls.key").write_bytes(keys.private_pem(key))
    (foreign.directory / "mtls.key").chmod(0o400)
    (foreign.directory / "mtls.pem").write_text(pem(other.leaf(key.public_key(), "FOREIGN"), other.issuing))
    (keyless.directory / "mtls.key").unlink()
    (broken.directory / "mtls.pfx").write_bytes((broken.directory / "mtls.pfx").read_bytes()[:-1])
    (own.directory / "mtls.pfx").unlink()  # is made with the next download
    whole = (cut.directory / "mtls.pem").read_text()
    (cut.directory / "mtls.pem").write_text(whole[: whole.rindex("-----BEGIN")])
    assert troubles() == {
        ("issuer", "FOREIGN", ""),
        ("key", "KEYLESS", "reissue-wrong"),
        ("pfx", "BROKEN", ""),
        ("chain", "CUT", ""),
    }
    assert [each.outcome for each in repair_all(boss)] == ["done"]
    with connection():
        Person.by_pk(foreign.pk).reissue()
    (broken.directory / "mtls.pfx").unlink()
    (cut.directory / "mtls.pem").write_text(whole)
    assert troubles() == set()
    assert {each.name for each in keyless.directory.iterdir()} == set(MODES)


def test_certificates_run_out(boss, monkeypatch):
    skewed = ("clock", "", "")  # since a server's clock stays
    later(monkeypatch, hours=1_007)
    assert troubles() <= {skewed}
    later(monkeypatch, hours=2)
    assert troubles() - {skewed} == {("expired", "BOSS", "")}


def test_an_enrolment_that_names_somebody_else(boss):
    raven = named("RAVEN")
    lost = make_enrollment("LOST", "ABCDEFGH", State.APPROVED, decided_by=boss.pk, person=raven.pk)
    make_enrollment("RAVEN", state=State.APPROVED, decided_by=boss.pk, person=raven.pk)
    assert troubles() == {("approved-without-person", "LOST", "settle-approved")}
    assert [each.outcome for each in repair_all(boss)] == ["done"]
    assert troubles() == set()
    with connection():
        row = Enrollment.by_pk(lost.pk)
    assert (row.state, row.person, row.approvecode != "ABCDEFGH") == (0, None, True)
