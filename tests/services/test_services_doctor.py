"""Health and disagreements: what is planted is found, and nothing else; what can be put right is, once."""

from __future__ import annotations

import datetime as dt
import os
import stat
import threading
import time
import uuid
from pathlib import Path

import pytest
from doctoring import named, repair_all, troubles

from making import audit_rows, make_enrollment, make_person, make_pool, run
from rmtui import clock, settings
from rmtui.auth.operator import Operator
from rmtui.auth.permissions import NotPermitted, ReadOnly
from rmtui.db import issuing
from rmtui.db.base import db
from rmtui.db.config import DBConfig
from rmtui.db.enrollments import Enrollment, EnrollmentPool
from rmtui.db.middleware import connection
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person, Role
from rmtui.errors import EXIT_DONE, EXIT_REFUSED
from rmtui.pki import files, identity
from rmtui.services import doctor
from rmtui.services.doctor import host
from rmtui.services.types import State

pytestmark = pytest.mark.two_databases

EARLIER = dt.timedelta(hours=3)


def unguarded(*statements: str) -> None:
    """Write what foreign keys forbid, as a program with other rules would."""
    guard = ("PRAGMA foreign_keys = 0", "PRAGMA foreign_keys = 1")
    if not DBConfig.singleton().is_sqlite:
        guard = ("SET session_replication_role = replica", "SET session_replication_role = origin")
    with connection():
        for statement in (guard[0], *statements, guard[1]):
            db.execute_sql(statement)


def literal(pk: uuid.UUID) -> str:
    """A primary key as a statement has it."""
    return f"'{pk.hex}'" if DBConfig.singleton().is_sqlite else f"'{pk}'"


def test_a_healthy_deployment_has_nothing_to_find(boss):
    named("RAVEN", "medic")
    with connection():
        gone = Person.create_with_cert("GONE")
        gone.assign_role("medic")
        gone.revoke("keyCompromise")
        Person.by_callsign("RAVEN").reissue()
    make_pool(boss.pk)
    make_enrollment("WAITING")
    found = doctor.examine()
    assert [each for each in found.findings if each.severity != "ok"] == []
    assert {
        "database",
        "writes",
        "own-tables",
        "time-zone",
        "clock",
        "audit",
        "authority",
        "crl",
        "token-keys",
        *("directories", "disk", "own-files", "client-certificate"),
        *("effects", "manifest", "keycloak"),
    } == {each.check for each in found.findings}
    assert (found.plans, found.exit_code) == ((), EXIT_DONE)
    before = audit_rows()
    assert repair_all(boss) == []
    assert audit_rows() == before


def plant(boss) -> dict[str, Person]:
    """Every disagreement that a repair puts right, each on somebody of their own."""
    who = {name: named(name) for name in ("TWICE", "OPEN", "SWAPPED", "UNLISTED", "HALF", "THEIRS", "ELSEWHERE")}
    who["EMPTY"] = make_person("EMPTY")
    who["MADE"] = named("MADE")
    long_ago = clock.utcnow() - EARLIER
    with connection():
        for _ in range(3):
            Role.create(user=who["TWICE"].pk, role="medic")
        (who["OPEN"].directory / "mtls.key").chmod(0o644)
        who["OPEN"].directory.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(who["OPEN"].directory / "mtls.pub", 12345, 12345)
        Issued.update(revoked_on=clock.utcnow(), reason="keyCompromise").where(Issued.person == who["UNLISTED"].pk).execute()
        Person.update(deleted=clock.utcnow(), revoke_reason="keyCompromise").where(Person.pk == who["UNLISTED"].pk).execute()
        Person.update(deleted=clock.utcnow(), revoke_reason="odd").where(Person.pk == who["THEIRS"].pk).execute()
        Issued.delete().where(Issued.person == who["THEIRS"].pk).execute()
        Person.update(deleted=clock.utcnow(), revoke_reason="keyCompromise").where(Person.pk == who["ELSEWHERE"].pk).execute()
        Issued.update(committed=False).where(Issued.person == who["HALF"].pk).execute()
        Enrollment.create(callsign="MADE", approvecode="A", state=0, person=who["MADE"].pk)
        Enrollment.create(callsign="LOST", approvecode="B", state=1)
        Enrollment.create(callsign="SWAPPED", approvecode="C", state=1, decided_on=long_ago)
        Claim.create(enrollment=uuid.uuid4(), person=uuid.uuid4(), operator="X", host="h", process="p", created=long_ago, expires=long_ago)
        Person.update(created=long_ago).execute()
        make_person("YOUNG")  # the web API may be making the files just now
        lost = named("LEFT")
        Issued.update(committed=False, created=long_ago).where(Issued.person == lost.pk).execute()
        db.execute_sql(f"DELETE FROM users WHERE pk = {literal(lost.pk)}")
        os.utime(lost.directory, (time.time() - 7200,) * 2)
    make_pool(uuid.uuid4())
    nobody, role = uuid.uuid4(), uuid.uuid4()
    columns = 'pk, created, updated, "user", role'
    unguarded(f"INSERT INTO roles ({columns}) VALUES ({literal(role)}, '2026-01-01', '2026-01-01', {literal(nobody)}, 'medic')")
    return {**who, "LEFT": lost, "NOBODY": nobody}


def test_every_planted_disagreement_is_found_and_put_right_once(boss):
    who = plant(boss)
    with connection():
        claim, invite = Claim.get().enrollment, EnrollmentPool.get().pk
    expected = {
        ("doubled-role", "TWICE", "remove-doublets"),
        ("modes", "OPEN", "modes"),
        ("revoked-not-listed", "UNLISTED", "publish-crl"),
        ("revoked-not-listed", "THEIRS", "publish-crl"),
        ("revoked-not-listed", "ELSEWHERE", "publish-crl"),
        ("reissue", "HALF", "sweep"),
        ("files", "EMPTY", "reissue"),
        ("person-of-pending", "MADE", "finish-approval"),
        ("approved-without-person", "LOST", "settle-approved"),
        ("approved-without-person", "SWAPPED", "settle-approved"),
        ("claim", str(claim), "sweep"),
        ("lost-certificate", "LEFT", "sweep"),
        ("leftover", str(who["LEFT"].pk), "sweep"),
        ("invite-of-nobody", str(invite), "take-invites"),
        ("role-of-nobody", str(who["NOBODY"]), "remove-roles-of-nobody"),
    }
    before = audit_rows()
    assert troubles() == expected
    assert audit_rows() == before
    found = doctor.examine()
    assert {plan.repair: plan.number for plan in found.plans}["sweep"] == 4
    assert found.exit_code == EXIT_REFUSED
    done = repair_all(boss)
    assert [each for each in done if each.outcome != "done"] == []
    assert troubles() == set()
    with connection():
        assert Role.select().where(Role.user == who["TWICE"].pk).count() == 1
        pool = EnrollmentPool.by_pk(invite)
        assert (pool.owner, pool.active) == (boss.pk, False)
        made = Enrollment.get(Enrollment.callsign == "MADE")
        assert (made.state, made.decided_by, made.person) == (1, boss.pk, who["MADE"].pk)
        lost = Enrollment.get(Enrollment.callsign == "LOST")
        assert (lost.state, lost.person, lost.decided_by, lost.approvecode != "B") == (0, None, None, True)
        assert Enrollment.get(Enrollment.callsign == "SWAPPED").person == who["SWAPPED"].pk
        assert identity.read_certificate(who["EMPTY"].directory).names == "EMPTY"
        assert Issued.get(Issued.person == who["THEIRS"].pk).reason == "unspecified"
        assert Issued.get(Issued.person == who["ELSEWHERE"].pk).reason == "keyCompromise"
        assert Issued.get(Issued.person == who["LEFT"].pk).revoked_on is not None
    assert stat.S_IMODE((who["OPEN"].directory / "mtls.key").stat().st_mode) == 0o400
    assert stat.S_IMODE(who["OPEN"].directory.stat().st_mode) == 0o700
    assert (who["OPEN"].directory / "mtls.pub").stat().st_uid == settings.current().people_dir.stat().st_uid
    assert not who["LEFT"].directory.exists()
    recorded = [row for row in audit_rows() if row[1] == "repair"]
    assert {row[3] for row in recorded} >= {"TWICE", "OPEN", "THEIRS", "EMPTY", "MADE", "LOST", "SWAPPED"}
    assert {row[0] for row in recorded} == {"BOSS"}
    again = audit_rows()
    assert repair_all(boss) == []
    assert audit_rows() == again


def test_what_takes_certificates_is_put_right_and_what_only_people_can_is_left(boss, tmp_path):
    names = ("WRONG", "OTHER", "LISTED", "KEY", "LINK", "DIRLINK", "OUTSIDE", "TEMP", "RAVEN", "ARRAY", "TAKEN", "DAMAGED")
    who = {name: named(name) for name in names}
    files.exchange_dirs(who["WRONG"].directory, who["OTHER"].directory)
    key = who["KEY"].directory / "mtls.key"
    key.unlink()
    files.new_file(key, (who["RAVEN"].directory / "mtls.key").read_bytes(), 0o400)
    secret = tmp_path / "secret"
    secret.write_text("kept")
    (who["LINK"].directory / "mtls.pem").unlink()
    (who["LINK"].directory / "mtls.pem").symlink_to(secret)
    who["DIRLINK"].directory.rename(tmp_path / "elsewhere")
    who["DIRLINK"].directory.symlink_to(tmp_path / "elsewhere")
    (who["DAMAGED"].directory / "mtls.pem").write_bytes(b"\0nothing")
    unknown = settings.current().people_dir / str(uuid.uuid4())
    unknown.mkdir(0o700)
    os.utime(unknown, (time.time() - 7200,) * 2)
    with connection():
        listed = Issued.update(revoked_on=clock.utcnow(), reason="keyCompromise").where(Issued.person == who["LISTED"].pk)
        listed.execute()
        issuing.publish_crl()
        Issued.update(revoked_on=None, reason=None).where(Issued.person == who["LISTED"].pk).execute()
        Person.update(created=clock.utcnow() - EARLIER).execute()
        Person.update(certspath="/etc/../etc").where(Person.pk == who["OUTSIDE"].pk).execute()
        Person.update(callsign="raven").where(Person.pk == who["TEMP"].pk).execute()
        Person.update(callsign="\x1b[2J../x").where(Person.pk == who["OUTSIDE"].pk).execute()
    make_enrollment("TAKEN")
    make_enrollment("a/b")
    make_enrollment("a\x1bc", state=State.REJECTED)
    run("UPDATE users SET extra = '[1]' WHERE callsign = 'ARRAY'")
    run("UPDATE users SET extra = 'null' WHERE callsign = 'KEY'")
    expected = {
        ("subject", "WRONG", "reissue-wrong"),
        ("serial", "WRONG", "reissue-wrong"),
        ("subject", "OTHER", "reissue-wrong"),
        ("serial", "OTHER", "reissue-wrong"),
        ("listed-but-active", "LISTED", ""),
        ("key", "KEY", "reissue-wrong"),
        ("files", "LINK", ""),
        ("files", "DIRLINK", ""),
        ("files", "DAMAGED", ""),
        ("files", "\x1b[2J../x", ""),
        ("callsign", "\x1b[2J../x", "revoke-callsigns"),
        ("callsign", "a/b", "reject-callsigns"),
        ("files-of-nobody", unknown.name, "set-aside"),
        ("same-but-for-case", "raven", ""),
        ("subject", "raven", "reissue-wrong"),
        ("same-but-for-case", "RAVEN", ""),
        ("extra", "ARRAY", ""),
        ("person-of-pending", "TAKEN", ""),
    }
    assert troubles() == expected
    assert all(each.sentence.isprintable() for each in doctor.examine().findings)
    assert {plan.repair for plan in doctor.examine().plans if plan.grave} == {"reissue-wrong", "set-aside", "revoke-callsigns"}
    assert [each for each in repair_all(boss) if each.outcome != "done"] == []
    left = {each for each in expected if not each[2]} - {("files", "\x1b[2J../x", "")}
    assert troubles() == left
    assert repair_all(boss) == []
    assert secret.read_text() == "kept"
    with connection():
        assert Person.by_pk(who["OUTSIDE"].pk, allow_deleted=True).revoke_reason == "cessationOfOperation"
        assert Enrollment.get(Enrollment.callsign == "a/b").state == 2
    assert (unknown.parent.with_name("set-aside") / unknown.name).is_dir()


def issued_elsewhere(directory: Path, callsign: str) -> int:
    """Files that the web API made, of which nothing is recorded here; the serial of their certificate."""
    with connection():
        signed = identity.make_identity(directory, callsign, issuing.authority(), key_type="ec256")
    return signed.serial


def test_a_certificate_that_nobody_knows_of_is_revoked(boss):
    """One of a directory without a row, and one whose subject is not quite the callsign."""
    people = settings.current().people_dir
    lost, close = people / str(uuid.uuid4()), make_person("ADMIN01")
    serials = {issued_elsewhere(lost, "LOST"), issued_elsewhere(close.directory, "ADMIN01a")}
    os.utime(lost, (time.time() - 7200,) * 2)
    assert troubles() == {("files-of-nobody", lost.name, "set-aside"), ("subject", "ADMIN01", "reissue-wrong")}
    assert [each for each in repair_all(boss) if each.outcome != "done"] == []
    assert troubles() == set()
    with connection():
        assert serials <= host.crl_serials()
    assert (people.with_name("set-aside") / lost.name / "mtls.key").is_file()
    assert identity.read_certificate(close.directory).names == "ADMIN01"
    assert {"reissue-wrong", "set-aside"} <= {
        word for row in audit_rows() if row[1] == "repair" for word in row[4].replace(",", " ").split()
    }


@pytest.mark.parametrize(("name", "who"), [("BOSS", "who is active and may use it"), ("rasenmaeher", "a name of the system")])
def test_what_somebody_may_use_is_not_revoked(boss, name, who):
    """A directory of nobody holds a certificate of somebody who is active, or of the system, and who made it is not known."""
    lost = settings.current().people_dir / str(uuid.uuid4())
    serial = issued_elsewhere(lost, name)
    with connection():
        Issued.delete().where(Issued.person == boss.pk).execute()
    os.utime(lost, (time.time() - 7200,) * 2)
    (first, _crl) = repair_all(boss)
    assert (first.outcome, who in first.sentence) == ("refused", True)
    assert lost.is_dir()
    with connection():
        assert serial not in host.crl_serials()
        Person.by_pk(boss.pk).reissue()
    (first, _crl) = repair_all(boss)
    assert first.outcome == ("done" if name == "BOSS" else "refused")
    with connection():
        assert (serial in host.crl_serials()) == (name == "BOSS")


def test_nobody_is_reissued_where_the_files_are_elsewhere(boss):
    """An empty directory is more likely a volume that is not mounted than a deployment of people without files."""
    people = settings.current().people_dir
    people.rename(people.with_name("mounted"))
    assert [(each[0], each[2]) for each in troubles()] == [("files", "")]
    people.mkdir(0o755)
    with connection():
        Person.update(created=clock.utcnow() - EARLIER).execute()
    assert troubles() == {("files", "BOSS", "")}


def test_who_may_repair(boss):
    with connection():
        Role.create(user=boss.pk, role="admin")
        other = Person.create_with_cert("OTHER")
    nobody = Operator(other.pk, "OTHER", "test", "command")
    with pytest.raises(NotPermitted):
        doctor.check_may_repair(nobody)
    with pytest.raises(NotPermitted):
        doctor.repair(nobody, "remove-doublets", doctor.targets_of(doctor.examine().plans[0]))
    assert [row[:3] for row in audit_rows()] == [("OTHER", "repair", "refused")] * 2
    import dataclasses

    settings.configure(dataclasses.replace(settings.current(), read_only=True))
    with pytest.raises(ReadOnly):
        doctor.check_may_repair(boss)
    assert ("doubled-role", "BOSS", "remove-doublets") in troubles()


def test_many_are_counted_and_few_are_told(boss, statements):
    def cost(number: int) -> int:
        with connection():
            for _ in range(number):
                pk = uuid.uuid4()
                place = settings.current().data_dir / "private" / "people" / str(pk)
                Person.create(pk=pk, callsign=pk.hex, certspath=str(place), created=clock.utcnow() - EARLIER)
        return len(statements.of(doctor.examine))

    few = cost(1)
    assert cost(130) == few
    found = [each for each in doctor.examine().findings if each.check == "files"]
    assert len(found) == 101
    assert [each.sentence for each in found if not each.subject] == ["And 31 more."]
    assert next(plan for plan in doctor.examine().plans if plan.repair == "reissue").number == 131


def test_how_many_files_are_looked_at_is_told(boss):
    long_ago = clock.utcnow() - EARLIER
    for number in range(3):
        make_person(f"OLD{number}", created=long_ago - number * EARLIER)
    steps: list[doctor.Step] = []
    found = doctor.examine(steps.append, most=2)
    assert [(each.subject, each.sentence) for each in found.findings if each.check == "files" and not each.repair] == [
        ("", "The files of 2 of 4 people were looked at, those who came last.")
    ]
    assert [each.subject for each in found.troubles] == ["OLD0"]
    assert [step.checked for step in steps if step.check == "files" and step.checked] == [doctor.Checked(2, 2)]
    assert [step.check for step in steps if step.findings is not None] == list(doctor.CHECKS)
    steps.clear()
    assert len([each for each in doctor.examine(steps.append).troubles if each.check == "files"]) == 3
    assert [step.checked for step in steps if step.check == "files" and step.checked] == [doctor.Checked(4, 4)]


def test_it_can_be_stopped(boss):
    stop = threading.Event()

    def told(step: doctor.Step) -> None:
        if step.check == "crl":
            stop.set()

    assert {each.check for each in doctor.examine(told, stop).findings} == {"database", "authority"}
