"""Invites: listed with who came through, made, enabled, disabled, deleted, given new codes; every change an entry without the code."""

from __future__ import annotations

import threading
import uuid

import pytest

from making import START, audit_rows, make_enrollment, make_operator, make_person, make_pool, run
from rmtui.auth.permissions import NotPermitted, OperatorMissing
from rmtui.db.base import db
from rmtui.db.enrollments import EnrollmentPool
from rmtui.db.errors import Deleted, NotFound, PoolInactive
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.services import audit, enrollments, pools
from rmtui.services.pools import PoolQuery
from rmtui.services.types import Count, EnrollmentQuery, State
from rmtui.text import CODE_ALPHABET


@pytest.fixture
def boss(env):
    return make_operator()


def everything() -> str:
    """All that the audit trail holds, as text."""
    with connection():
        return str(list(Audit.select().dicts()))


def everyday(operator, pk) -> dict:
    """Every action on an invite that is there."""
    return {
        "disable-pool": lambda: pools.disable(operator, pk),
        "enable-pool": lambda: pools.enable(operator, pk),
        "reset-pool": lambda: pools.reset(operator, pk),
        "delete-pool": lambda: pools.delete(operator, pk),
    }


class TestList:
    def test_counts_by_state_and_owners(self, boss):
        one, two = make_pool(boss.pk, "ONEONE22", created=START), make_pool(code="TWOTWO22")
        gone = make_pool(code="GONEGONE", deleted=START)
        for number, state in enumerate([State.PENDING, State.PENDING, State.APPROVED, State.REJECTED]):
            make_enrollment(f"E{number}", state=state, pool=one.pk)
        make_enrollment("FOREIGN", pool=one.pk)
        run("UPDATE enrollments SET state = 7 WHERE callsign = 'FOREIGN'")
        make_enrollment("LEFT", pool=one.pk)
        run("UPDATE enrollments SET deleted = created WHERE callsign = 'LEFT'")
        make_enrollment("ALONE")
        make_enrollment("LATE", pool=gone.pk)
        rows = pools.list_pools(PoolQuery()).rows
        assert [(row.pk, row.code, row.owner, row.active, row.pending, row.approved, row.rejected) for row in rows] == [
            (one.pk, "ONEONE22", "BOSS", True, 2, 1, 2),
            (two.pk, "TWOTWO22", None, True, 0, 0, 0),
        ]
        assert rows[0].created == START
        late = pools.list_pools(PoolQuery(deleted=True)).rows[2]
        assert (late.code, late.deleted, late.pending) == ("GONEGONE", START, 1)
        assert pools.count_pools(PoolQuery()) == Count(2)
        assert [row.code for row in pools.list_pools(PoolQuery(text="two")).rows] == ["TWOTWO22"]

    def test_no_query_for_each_row(self, boss, statements):
        for number in range(30):
            pool = make_pool(make_person(f"P{number}").pk, f"INVITE{number:02}", created=START)
            make_enrollment(f"E{number}", pool=pool.pk)
        assert len(statements.of(lambda: pools.list_pools(PoolQuery(), limit=20))) <= 3

    def test_pages(self, boss):
        for number in range(7):
            make_pool(code=f"INVITE{number:02}", created=START)
        query = PoolQuery()
        first = pools.list_pools(query, limit=3)
        second = pools.list_pools(query, after=pools.cursor(query, first.rows[-1]), limit=3)
        last = pools.list_pools(query, last=True, limit=1)
        assert (first.more_after, second.more_before, second.more_after, last.more_after) == (True, True, True, False)
        assert len({row.code for row in (*first.rows, *second.rows, *last.rows)}) == 7
        back = pools.list_pools(query, before=pools.cursor(query, second.rows[0]), limit=3)
        assert back.rows == first.rows

    def test_none(self, boss):
        assert pools.list_pools(PoolQuery()).rows == ()


class TestFind:
    @pytest.mark.parametrize("typed", ["KOIO2345", "koio2345", " KOIO 2345 ", "k0io-2345", "K01O–2345"])
    def test_however_it_is_typed(self, boss, typed):
        made = make_pool(code="KOIO2345")
        assert pools.find(typed).row.pk == made.pk

    def test_what_is_none(self, boss):
        make_pool()
        for typed in ("", " ", "NEVERWAS", "INVITE2", "%", "A\x00", "\udc80", "x" * 10_000):
            with pytest.raises(NotFound, match=r"no such invite code"):
                pools.find(typed)
        with pytest.raises(NotFound, match="no such invite"):
            pools.pool(uuid.uuid4())

    def test_foreign_and_broken_ones(self, boss):
        made = make_pool(make_person("GONE", deleted=START).pk, "A\x1b[2J'%", deleted=START)
        if "sqlite" in str(type(db.obj)).lower():
            run("UPDATE enrollmentpools SET extra = 'null'")
        else:
            run("UPDATE enrollmentpools SET extra = 'null'::jsonb")
        found = pools.find("A\x1b[2J'%")
        assert (found.row.pk, found.row.owner, found.row.deleted, found.extra) == (made.pk, "GONE", START, {})

    def test_with_history(self, boss):
        made = pools.create(boss)
        pools.disable(boss, made.pk)
        assert [entry.action for entry in pools.pool(made.pk).history] == ["disable-pool", "create-pool"]


def test_drilling_down_to_who_came_through(boss):
    one, two = make_pool(), make_pool(code="TWOTWO22")
    for callsign, pool, state in [
        ("A", one, State.APPROVED),
        ("B", one, State.PENDING),
        ("C", two, State.PENDING),
        ("D", None, State.PENDING),
    ]:
        make_enrollment(callsign, pool=pool.pk if pool else None, state=state)
    listed = enrollments.list_enrollments(EnrollmentQuery(state=None, pool=one.pk)).rows
    assert [(row.callsign, row.state, row.pool) for row in listed] == [("B", State.PENDING, "INVITE22"), ("A", State.APPROVED, "INVITE22")]
    assert enrollments.count_enrollments(EnrollmentQuery(pool=two.pk)) == Count(1)


class TestCreate:
    def test_ones_own(self, boss):
        made = pools.create(boss)
        assert (made.owner, made.active, made.deleted, made.pending) == ("BOSS", True, None, 0)
        assert len(made.code) == 8
        assert set(made.code) <= set(CODE_ALPHABET)
        assert enrollments.create(boss, "RAVEN", invitecode=made.code).callsign == "RAVEN"
        assert pools.pool(made.pk).row.pending == 1
        assert audit_rows()[0] == ("BOSS", "create-pool", "done", "BOSS", "")

    def test_somebody_elses(self, boss):
        make_person("Kettu")
        made = pools.create(boss, "kettu")
        assert made.owner == "Kettu"
        assert audit_rows() == [("BOSS", "create-pool", "done", "Kettu", "")]
        with connection():
            assert Audit.get().target_pk == made.pk

    def test_of_nobody(self, boss):
        make_person("GONE", deleted=START)
        for owner, error in [("NOBODY", NotFound), ("", NotFound), ("A\x1b", NotFound), ("\udc80", NotFound), ("GONE", Deleted)]:
            with pytest.raises(error):
                pools.create(boss, owner)
        assert pools.list_pools(PoolQuery(deleted=True)).rows == ()
        assert [row[1:3] for row in audit_rows()] == [("create-pool", "refused")] * 5


class TestChange:
    def test_disable_and_enable(self, boss):
        made = make_pool(boss.pk)
        assert pools.disable(boss, made.pk) is True
        assert pools.disable(boss, made.pk) is False
        with pytest.raises(PoolInactive):
            enrollments.create(boss, "RAVEN", invitecode="INVITE22")
        assert pools.enable(boss, made.pk) is True
        assert pools.enable(boss, made.pk) is False
        assert pools.pool(made.pk).row.active
        assert [row[1:4] for row in audit_rows() if row[1] != "create"] == [
            ("disable-pool", "done", "BOSS"),
            ("enable-pool", "done", "BOSS"),
        ]

    def test_reset(self, boss):
        made = make_pool(boss.pk)
        waiting = make_enrollment("RAVEN", pool=made.pk)
        code = pools.reset(boss, made.pk)
        assert code != "INVITE22"
        assert pools.find(code).row.pk == made.pk
        assert enrollments.enrollment(waiting.pk).row.pool == code
        with pytest.raises(NotFound):
            pools.find("INVITE22")
        assert audit_rows() == [("BOSS", "reset-pool", "done", "BOSS", "")]
        assert code not in everything()
        assert "INVITE22" not in everything()

    def test_delete(self, boss):
        made = make_pool()
        make_enrollment("RAVEN", pool=made.pk)
        pools.delete(boss, made.pk)
        row = pools.find("invite 22").row
        assert row.deleted is not None
        assert row.pending == 1
        assert pools.list_pools(PoolQuery()).rows == ()
        with pytest.raises(Deleted):
            enrollments.create(boss, "KARHU", invitecode="INVITE22")
        assert audit_rows()[0] == ("BOSS", "delete-pool", "done", "", "")

    def test_what_is_deleted_stays_as_it_is(self, boss):
        made = make_pool(boss.pk, active=False, deleted=START)
        for action, act in everyday(boss, made.pk).items():
            with pytest.raises(Deleted, match="invite was revoked or deleted on 2026-03-01"):
                act()
            assert audit_rows()[-1][:4] == ("BOSS", action, "refused", "BOSS")
        row = pools.pool(made.pk).row
        assert (row.code, row.active, row.deleted) == ("INVITE22", False, START)
        with connection(), pytest.raises(Deleted, match="got no new code"):
            EnrollmentPool.by_pk(made.pk, allow_deleted=True).reset_invitecode()
        assert pools.pool(made.pk).row.code == "INVITE22"
        assert "INVITE22" not in everything()

    def test_what_never_was(self, boss):
        for act in everyday(boss, uuid.uuid4()).values():
            with pytest.raises(NotFound, match="no such invite"):
                act()

    def test_deleted_once_by_two_at_once(self, boss):
        other = make_operator("ILVES")
        for round_ in range(5):
            made = make_pool(code=f"INVITE{round_:02}")
            barrier, told = threading.Barrier(2), []

            def delete(who, pk=made.pk, barrier=barrier, told=told):
                barrier.wait()
                try:
                    pools.delete(who, pk)
                    told.append("deleted")
                except Deleted:
                    told.append("refused")

            threads = [threading.Thread(target=delete, args=(who,)) for who in (boss, other)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            assert sorted(told) == ["deleted", "refused"]


class TestPermission:
    def test_nobody_and_who_may_not(self, boss):
        made = make_pool()
        for operator, error in ((None, OperatorMissing), (make_operator("EX"), NotPermitted)):
            if operator is not None:
                run("UPDATE users SET deleted = created WHERE callsign = 'EX'")
            for action, act in {**everyday(operator, made.pk), "create-pool": lambda who=operator: pools.create(who)}.items():
                with pytest.raises(error, match=r"[Nn]othing was changed"):
                    act()
                assert audit_rows()[-1][1:3] == (action, "refused")
        rows = pools.list_pools(PoolQuery(deleted=True)).rows
        assert [(row.code, row.active, row.deleted) for row in rows] == [("INVITE22", True, None)]

    def test_demoted_just_before_the_write(self, boss, monkeypatch):
        made = make_pool()
        real, asked = audit.require, []

        def require(operator, permission):
            asked.append(operator)
            if len(asked) > limit:
                raise NotPermitted("demoted meanwhile; nothing was changed.")
            return real(operator, permission)

        monkeypatch.setattr(audit, "require", require)
        changing = everyday(boss, made.pk)
        del changing["enable-pool"]
        for limit, act in [(1, each) for each in changing.values()] + [(2, lambda: pools.create(boss))]:  # noqa: B007
            asked.clear()
            with pytest.raises(NotPermitted):
                act()
        rows = pools.list_pools(PoolQuery(deleted=True)).rows
        assert [(row.code, row.active, row.deleted) for row in rows] == [("INVITE22", True, None)]
        assert {row[2] for row in audit_rows()} == {"refused"}
