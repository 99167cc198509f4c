"""What a repair says that it did is what it did."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from doctoring import named, planted, repair_all, troubles

from making import make_enrollment, make_person
from rmtui import clock, settings
from rmtui.db.enrollments import Enrollment
from rmtui.db.middleware import connection
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person
from rmtui.pki import certificates
from rmtui.pki.csr import build_csr
from rmtui.pki.identity import read_certificate
from rmtui.services import decisions
from rmtui.services.types import State

pytestmark = pytest.mark.two_databases


def test_what_is_set_aside_may_have_nothing_to_revoke(boss):
    """A copy of somebody's directory, one of somebody revoked, one of another CA, and one without a certificate."""
    raven, gone = named("RAVEN"), named("GONE")
    with connection():
        gone.revoke("keyCompromise")
    foreign = certificates.root_certificate(ec.generate_private_key(ec.SECP256R1()), "Elsewhere", clock.utcnow())
    why = {
        "on record for RAVEN": raven,
        "revoked already": gone,
        "CA did not issue": foreign.public_bytes(Encoding.PEM),
        "can be read": b"nothing",
    }
    for holds in why.values():
        lost = settings.current().people_dir / str(uuid.uuid4())
        if isinstance(holds, Person):
            shutil.copytree(holds.directory, lost)
        else:
            lost.mkdir(0o700)
            (lost / "mtls.pem").write_bytes(holds)
        os.utime(lost, (time.time() - 7200,) * 2)
    *aside, crl = repair_all(boss)
    assert [each.outcome for each in (*aside, crl)] == ["done"] * 5
    for clause in why:
        (said,) = [each.sentence for each in aside if clause in each.sentence]
        assert "No certificate was revoked: " in said
    with connection():
        assert Issued.get(Issued.person == raven.pk).revoked_on is None
    assert troubles() == set()


@pytest.mark.parametrize("known", ["time", "claim", "audit", ""])
def test_an_approved_enrolment_is_given_whom_it_made_and_nobody_else(boss, known):
    """One that names nobody, and somebody of that name whom no enrolment names, as the first admin is."""
    decided = clock.utcnow() - dt.timedelta(days=1)
    if known == "audit":
        waiting = make_enrollment("RAVEN", "ABCDEFGH")
        made = decisions.approve(boss, waiting.pk, "ABCDEFGH").person
        with connection():
            Enrollment.update(person=None, decided_on=decided).where(Enrollment.pk == waiting.pk).execute()
    else:
        made, waiting = named("RAVEN").pk, make_enrollment("RAVEN", "ABCDEFGH", State.APPROVED, decided_by=boss.pk, decided_on=decided)
    with connection():
        if known == "time":
            Person.update(created=decided - dt.timedelta(minutes=4)).where(Person.pk == made).execute()
        if known == "claim":
            Claim.create(enrollment=waiting.pk, person=made, operator="BOSS", host="h", process="p", expires=clock.utcnow())
    assert [each.outcome for each in repair_all(boss)] == ["done"]
    with connection():
        row = Enrollment.by_pk(waiting.pk)
    assert (row.state, row.person) == ((1, made) if known else (0, None))
    assert (row.approvecode == "ABCDEFGH") == bool(known)


@pytest.mark.parametrize("files", [True, False], ids=["wrong", "none"])
def test_a_csr_that_is_refused_is_not_issued_for(boss, files):
    """The web page approved it, though it is for another name."""
    person = make_person("ADMIN01", created=clock.utcnow() - dt.timedelta(days=1))
    csr = build_csr(ec.generate_private_key(ec.SECP256R1()), "ADMIN01a").decode()
    make_enrollment("ADMIN01", state=State.APPROVED, person=person.pk, decided_by=boss.pk, csr=csr)
    serial = planted(person.directory, "ADMIN01a") if files else ""
    assert ("reissue-wrong" if files else "reissue") in {repair for _check, _subject, repair in troubles()}
    done = next(each for each in repair_all(boss) if each.target.name == "ADMIN01")
    assert (done.outcome, "the key was made here: hand them the PFX" in done.sentence) == ("done", True)
    assert read_certificate(person.directory).names == "ADMIN01"
    assert (person.directory / "mtls.key").exists()
    with connection():
        assert not files or Issued.get(Issued.serial == serial).reason == "superseded"
    assert troubles() == set()
