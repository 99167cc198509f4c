"""Enrolments and the pools people come through."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

import pytest
from db_rows import STAMP, foreign_enrollment, person, sql

from rmtui import settings
from rmtui.db import Enrollment, EnrollmentPool, EnrollmentState, Person, callsigns, codes
from rmtui.db.errors import (
    AlreadyDecided,
    AmbiguousCallsign,
    BackendError,
    CallsignReserved,
    Deleted,
    ForbiddenOperation,
    InvalidCallsign,
    NotFound,
    PoolInactive,
)

CODE = re.compile(r"[A-Z2-9]{8}")


def test_states():
    assert [(state.name, int(state)) for state in EnrollmentState] == [("PENDING", 0), ("APPROVED", 1), ("REJECTED", 2)]
    assert isinstance(EnrollmentState.PENDING, int)


def test_fields_of_a_new_enrollment(database, admin):
    pool = EnrollmentPool.create_for_owner(admin, {"unit": "1"})
    made = Enrollment.create_for_callsign("Kettu", pool=pool, extra={"a": 1}, csr="PEM")
    found = Enrollment.by_pk(made.pk)
    assert CODE.fullmatch(found.approvecode)
    assert (found.callsign, found.state, found.pool, found.extra, found.csr) == ("Kettu", EnrollmentState.PENDING, pool.pk, {"a": 1}, "PEM")
    assert (found.decided_on, found.decided_by, found.person) == (None, None, None)
    bare = Enrollment.create_for_callsign("Susi")
    assert (bare.pool, bare.extra, bare.csr) == (None, {}, None)


def test_the_code_is_as_long_as_configured(database, admin):
    settings.configure(replace(settings.current(), code_size=14))
    assert len(Enrollment.create_for_callsign("Kettu").approvecode) == 14
    assert len(EnrollmentPool.create_for_owner(admin).invitecode) == 14


def test_create_for_callsign_refuses(database, admin):
    Enrollment.create_for_callsign("Kettu")
    person("Susi")
    for callsign in ("kettu", "KETTU", "susi", "Rasenmaeher"):
        with pytest.raises(CallsignReserved):
            Enrollment.create_for_callsign(callsign)
    for callsign in ("", " x", "a\x1b", "..", "ä" * 33):
        with pytest.raises(InvalidCallsign):
            Enrollment.create_for_callsign(callsign)
    assert Enrollment.select().count() == 1


def test_a_code_in_use_is_drawn_again(database, monkeypatch):
    drawn = iter(["AAAAAAAA", "AAAAAAAA", "BBBBBBBB", *["AAAAAAAA"] * 5])
    monkeypatch.setattr(codes, "new_code", lambda _size: next(drawn))
    assert Enrollment.create_for_callsign("Kettu").approvecode == "AAAAAAAA"
    assert Enrollment.create_for_callsign("Susi").approvecode == "BBBBBBBB"
    with pytest.raises(BackendError, match="five tries"):
        Enrollment.create_for_callsign("Ahma")
    assert Enrollment.select().count() == 2


def test_a_callsign_the_web_api_takes_in_between(database, monkeypatch):
    """It takes no lock of ours: the unique index is what tells."""
    monkeypatch.setattr(codes, "new_code", lambda _size: uuid.uuid4().hex[:8])
    monkeypatch.setattr(callsigns, "matching", lambda *_args: [])
    foreign_enrollment("Kettu")
    with pytest.raises(CallsignReserved, match="taken just now"):
        Enrollment.create_for_callsign("Kettu")
    assert Enrollment.select().count() == 1


def test_by_callsign(database):
    made = Enrollment.create_for_callsign("Kettu")
    assert Enrollment.by_callsign("Kettu") == Enrollment.by_callsign("KETTU") == made
    with pytest.raises(NotFound, match="no enrolment"):
        Enrollment.by_callsign("Susi")
    foreign_enrollment("KETTU")
    assert Enrollment.by_callsign("Kettu") == made
    with pytest.raises(AmbiguousCallsign, match="Kettu"):
        Enrollment.by_callsign("kettu")


def test_by_approvecode(database):
    made = foreign_enrollment("Kettu", "OIAB2345")
    foreign = foreign_enrollment("Susi", "abc10")
    for form in ("OIAB2345", "oiab 2345", "01ab-2345"):
        assert Enrollment.by_approvecode(form) == made
    assert Enrollment.by_approvecode("abc10") == foreign
    for nonsense in ("", "OIAB2346", "OIAB234", "%", "OIAB234_"):
        with pytest.raises(NotFound):
            Enrollment.by_approvecode(nonsense)
    sql("UPDATE enrollments SET deleted = %s", STAMP)
    with pytest.raises(Deleted):
        Enrollment.by_approvecode("OIAB2345")


def test_list_filters(database, admin):
    pool = EnrollmentPool.create_for_owner(admin)
    for callsign in ("Susi", "Kettu", "Ahma"):
        Enrollment.create_for_callsign(callsign, pool=pool if callsign != "Ahma" else None)
    Enrollment.by_callsign("Kettu").reject(admin)

    def names(**filters):
        return [each.callsign for each in Enrollment.list(**filters)]

    assert names() == ["Ahma", "Kettu", "Susi"]
    assert names(state=EnrollmentState.PENDING) == ["Ahma", "Susi"]
    assert names(state=EnrollmentState.REJECTED) == ["Kettu"]
    assert names(pool=pool) == ["Kettu", "Susi"]
    assert names(pool=pool, state=EnrollmentState.PENDING) == ["Susi"]
    sql("UPDATE enrollments SET deleted = %s WHERE callsign = 'Susi'", STAMP)
    assert names() == ["Ahma", "Kettu"]


def test_reject(database, admin):
    made = Enrollment.create_for_callsign("Kettu")
    made.reject(admin)
    for row in (made, made.reread()):
        assert (row.state, row.decided_by, row.person) == (EnrollmentState.REJECTED, admin.pk, None)
        assert row.decided_on is not None
    with pytest.raises(AlreadyDecided, match=r"Kettu is already rejected by BOSS on 2\d{3}-"):
        made.reject(admin)
    with pytest.raises(AlreadyDecided):
        made.approve(admin)
    assert Person.list() == [admin]


def test_approve(database, admin):
    made = Enrollment.create_for_callsign("Kettu", extra={"unit": "1"})
    new = made.approve(admin)
    assert (new.callsign, new.extra) == ("Kettu", {"unit": "1"})
    for row in (made, made.reread()):
        assert (row.state, row.decided_by, row.person) == (EnrollmentState.APPROVED, admin.pk, new.pk)
        assert row.decided_on is not None
        assert row.updated >= row.created
    with pytest.raises(AlreadyDecided, match="Kettu is already approved by BOSS"):
        made.approve(admin)
    with pytest.raises(AlreadyDecided):
        made.reject(admin)


def test_a_decision_of_somebody_who_is_gone(database, admin):
    """A decider may be missing or the state one of another time; the sentence holds nonetheless."""
    made = Enrollment.create_for_callsign("Kettu")
    sql("UPDATE enrollments SET state = 7")
    with pytest.raises(AlreadyDecided, match="Kettu is already in state 7; nothing"):
        made.reject(admin)
    sql("UPDATE enrollments SET state = 0, deleted = %s", STAMP)
    for decide in (made.reject, made.approve):
        with pytest.raises(Deleted):
            decide(admin)


def test_reject_rolls_back_with_what_goes_with_it(database, admin):
    made = Enrollment.create_for_callsign("Kettu")

    def fail():
        raise ForbiddenOperation("no")

    with pytest.raises(ForbiddenOperation):
        made.reject(admin, on_commit=fail)
    assert made.reread().state == EnrollmentState.PENDING


def test_reopen(database, admin):
    made = Enrollment.create_for_callsign("Kettu")
    old = made.approvecode
    with pytest.raises(ForbiddenOperation, match="is pending"):
        made.reopen()
    made.reject(admin)
    code = made.reopen()
    assert CODE.fullmatch(code)
    assert code != old
    for row in (made, made.reread()):
        assert (row.state, row.decided_by, row.decided_on, row.approvecode) == (EnrollmentState.PENDING, None, None, code)
    made.approve(admin, code)
    with pytest.raises(ForbiddenOperation, match="is approved"):
        made.reopen()


def test_reopen_of_a_rejected_one_with_a_person(database, admin):
    """The web API rejects approved ones."""
    made = Enrollment.create_for_callsign("Kettu")
    made.approve(admin)
    sql("UPDATE enrollments SET state = 2")
    with pytest.raises(ForbiddenOperation, match="a person was made of it"):
        made.reopen()


def test_reset_approvecode(database, admin):
    made = Enrollment.create_for_callsign("Kettu")
    old = made.approvecode
    code = made.reset_approvecode()
    assert code != old
    assert Enrollment.by_approvecode(code) == made
    with pytest.raises(NotFound):
        Enrollment.by_approvecode(old)
    made.reject(admin)
    with pytest.raises(AlreadyDecided):
        made.reset_approvecode()
    assert made.reread().approvecode == code


def test_delete_of_an_enrollment_is_forbidden(database):
    made = Enrollment.create_for_callsign("Kettu")
    with pytest.raises(ForbiddenOperation, match="Rows of enrollments are kept"):
        made.delete()
    assert made.reread().deleted is None


def test_fields_of_a_pool(database, admin):
    pool = EnrollmentPool.create_for_owner(admin, {"unit": "1"})
    found = EnrollmentPool.by_pk(pool.pk)
    assert (found.owner, found.active, found.extra) == (admin.pk, True, {"unit": "1"})
    assert CODE.fullmatch(found.invitecode)


def test_by_invitecode(database, admin):
    pool = EnrollmentPool.create(owner=admin.pk, invitecode="OIAB2345")
    for form in ("OIAB2345", "oiab 2345", "01AB-2345"):
        assert EnrollmentPool.by_invitecode(form) == pool
    for nonsense in ("", "OIAB2346", "%"):
        with pytest.raises(NotFound, match="no such invite code"):
            EnrollmentPool.by_invitecode(nonsense)


def test_create_enrollment_of_a_pool(database, admin):
    pool = EnrollmentPool.create_for_owner(admin, {"unit": "1"})
    made = pool.create_enrollment("Kettu")
    assert (made.pool, made.extra, made.state) == (pool.pk, {"unit": "1"}, EnrollmentState.PENDING)
    with pytest.raises(CallsignReserved):
        pool.create_enrollment("KETTU")
    stale = pool.reread()
    pool.set_active(False)
    with pytest.raises(PoolInactive):
        stale.create_enrollment("Susi")
    pool.set_active(True).delete()
    with pytest.raises(PoolInactive):
        stale.create_enrollment("Susi")
    assert [each.callsign for each in Enrollment.list()] == ["Kettu"]


def test_set_active(database, admin):
    pool = EnrollmentPool.create_for_owner(admin)
    off = pool.set_active(False)
    assert (off.pk, off.active) == (pool.pk, False)
    assert off.updated >= pool.updated
    assert pool.set_active().active is True
    pool.delete()
    with pytest.raises(Deleted):
        pool.set_active()


def test_reset_invitecode(database, admin):
    pool = EnrollmentPool.create_for_owner(admin)
    old = pool.invitecode
    code = pool.reset_invitecode()
    assert code != old
    assert EnrollmentPool.by_invitecode(code) == pool
    with pytest.raises(NotFound):
        EnrollmentPool.by_invitecode(old)


def test_a_pool_of_somebody_who_is_gone_works(database):
    pool = EnrollmentPool.create(owner=uuid.uuid4(), invitecode="AAAAAAAA")
    assert EnrollmentPool.list() == [pool]
    assert pool.create_enrollment("Kettu").pool == pool.pk
    assert Enrollment.list(pool=pool) == [Enrollment.by_callsign("Kettu")]
    assert pool.set_active(False).active is False
