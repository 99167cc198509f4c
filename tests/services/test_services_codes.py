"""Login codes: listed without the code, found by it or by its primary key, and burnt; every burning an entry without the code."""

from __future__ import annotations

import uuid

import pytest

from making import START, audit_rows, make_operator, make_person, run
from rmtui.auth.permissions import NotPermitted, OperatorMissing
from rmtui.auth.proving import by_code
from rmtui.auth.refusals import SignInRefused
from rmtui.db.errors import Deleted, NotFound, TokenReuse
from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.services import audit, codes
from rmtui.services.codes import CodeQuery
from rmtui.services.types import Count


@pytest.fixture
def boss(env):
    return make_operator()


def make_code(code: str = "KOIO23452345", **columns) -> LoginCode:
    columns.setdefault("claims", {"sub": "Kettu"})
    with connection():
        return LoginCode.create(code=code, **columns)


def withdraw(made: LoginCode) -> None:
    """As somebody at the database would: our models refuse it."""
    run(f"UPDATE logincodes SET deleted = '2026-03-01 12:00:00' WHERE code = '{made.code}'")


def everything() -> str:
    """All that the audit trail holds, as text."""
    with connection():
        return str(list(Audit.select().dicts()))


class TestList:
    def test_unused_and_all(self, boss):
        make_person("Kettu")
        mine = codes.find(codes.create(boss, "Kettu")).pk
        codes.create_for_admin(None)
        used = make_code(used_on=START, auditmeta={"created_by": "ILVES", "used_by": "rmtui command, x@y"})
        gone = make_code("GONEGONE2345")
        withdraw(gone)
        rows = codes.list_codes(CodeQuery()).rows
        assert [(row.callsign, row.admin, row.used_on) for row in rows] == [("Kettu", False, None), (None, True, None)]
        assert (rows[0].pk, rows[0].created_by) == (mine, "BOSS")
        assert rows[1].created_by.startswith("rmtui command, ")
        assert codes.count_codes(CodeQuery()) == Count(2)
        every = {row.pk: row for row in codes.list_codes(CodeQuery(spent=True)).rows}
        assert len(every) == 4
        assert (every[used.pk].used_on, every[used.pk].used_by, every[used.pk].burnt) == (START, "rmtui command, x@y", False)
        assert every[gone.pk].deleted == START

    def test_never_the_code(self, boss):
        make_person("Kettu")
        code = codes.create(boss, "Kettu")
        (row,) = codes.list_codes(CodeQuery()).rows
        assert row.start == code[:2]
        assert code[2:] not in repr(row)
        make_code("SHORT")
        assert [each.start for each in codes.list_codes(CodeQuery()).rows] == [code[:2], ""]

    def test_what_others_wrote(self, boss):
        claims = [
            {},
            {"sub": 5},
            {"sub": ""},
            {"sub": None, "anon_admin_session": True},
            {"anon_admin_session": "yes"},
            {"sub": "A\x1b[2J"},
        ]
        for number, each in enumerate(claims):
            make_code(f"FOREIGN2345{number}", claims=each, auditmeta={"created_by": 7}, created=START)
        run("UPDATE logincodes SET auditmeta = 'null' WHERE code = 'FOREIGN23450'")
        by_start = {codes.find(f"FOREIGN2345{number}").pk: number for number in range(len(claims))}
        rows = {by_start[row.pk]: row for row in codes.list_codes(CodeQuery()).rows}
        assert [rows[number].callsign for number in range(6)] == [None, None, None, None, None, "A\x1b[2J"]
        assert [rows[number].admin for number in range(6)] == [False, False, False, True, False, False]
        assert (rows[0].created_by, rows[1].created_by) == ("", "7")

    def test_pages_in_few_queries(self, boss, statements):
        for number in range(7):
            make_code(f"CODE2345{number:04}", created=START)
        query = CodeQuery()
        first = codes.list_codes(query, limit=3)
        second = codes.list_codes(query, after=codes.cursor(query, first.rows[-1]), limit=3)
        assert (first.more_after, second.more_before, second.more_after) == (True, True, True)
        assert len({row.pk for row in (*first.rows, *second.rows)}) == 6
        assert codes.list_codes(query, before=codes.cursor(query, second.rows[0]), limit=3).rows == first.rows
        assert len(statements.of(lambda: codes.list_codes(query, limit=7))) == 1


class TestFind:
    @pytest.mark.parametrize("typed", ["KOIO23452345", "koio 2345 2345", "K01O-2345-2345"])
    def test_by_the_code(self, boss, typed):
        made = make_code()
        assert codes.find(typed).pk == made.pk

    def test_by_the_primary_key(self, boss):
        made = make_code(used_on=START)
        withdraw(made)
        for typed in (str(made.pk), made.pk.hex, str(made.pk).upper()):
            assert codes.find(typed).pk == made.pk

    def test_what_is_none(self, boss):
        make_code()
        for typed in ("", " ", "NEVERWAS2345", "KOIO", "%", "A\x00", "\udc80", "é" * 22, "x" * 10_000, str(uuid.uuid4())):
            with pytest.raises(NotFound, match="no such login code"):
                codes.find(typed)


class TestBurn:
    def test_one_that_was_not_used(self, boss):
        person = make_person("Kettu")
        code = codes.create(boss, "Kettu")
        row = codes.burn(boss, codes.find(code).pk)
        assert (row.burnt, row.used_by, row.created_by, row.deleted) == (True, "BOSS", "BOSS", None)
        assert row.used_on is not None
        assert codes.list_codes(CodeQuery()).rows == ()
        with connection(), pytest.raises(SignInRefused, match="withdrawn"):
            by_code(code, "command")
        assert audit_rows()[-1] == ("BOSS", "burn-code", "done", "Kettu", f"login code {row.pk}")
        with connection():
            assert Audit.select().order_by(Audit.id.desc()).get().target_pk == person.pk
        assert code not in everything()

    def test_one_for_an_admin_and_one_for_nobody(self, boss):
        code = codes.create_for_admin(None)
        pk = codes.burn(boss, codes.find(code).pk).pk
        assert audit_rows()[-1] == ("BOSS", "burn-code", "done", "", f"for making an admin; login code {pk}")
        for claims, target in [({}, ""), ({"sub": "NOBODY"}, "NOBODY"), ({"sub": "A\x1b"}, "A\\x1b")]:
            codes.burn(boss, make_code(f"ODD2345{len(str(claims))}", claims=claims).pk)
            assert audit_rows()[-1][3] == target

    def test_used_burnt_and_withdrawn_ones(self, boss):
        make_person("Kettu")
        used = make_code("USED23452345", used_on=START, auditmeta={"used_by": "x"})
        burnt, gone = make_code("BURNT2345234"), make_code("GONE23452345")
        withdraw(gone)
        codes.burn(boss, burnt.pk)
        when = codes.find("BURNT2345234").used_on
        for made, error, said in [
            (used, TokenReuse, "used already on 2026-03-01"),
            (burnt, Deleted, "burnt on"),
            (gone, Deleted, "withdrawn on"),
        ]:
            with pytest.raises(error, match=said):
                codes.burn(boss, made.pk)
            assert audit_rows()[-1][:4] == ("BOSS", "burn-code", "refused", "Kettu")
            assert made.code not in everything()
        assert codes.find("USED23452345").used_by == "x"
        assert codes.find("USED23452345").burnt is False
        assert codes.find("BURNT2345234").used_on == when
        assert codes.find("GONE23452345").used_on is None
        with pytest.raises(NotFound, match="no such login code"):
            codes.burn(boss, uuid.uuid4())

    def test_nobody_and_who_may_not(self, boss, monkeypatch):
        made = make_code()
        with pytest.raises(OperatorMissing):
            codes.burn(None, made.pk)
        former = make_operator("EX")
        run("UPDATE users SET deleted = created WHERE callsign = 'EX'")
        with pytest.raises(NotPermitted):
            codes.burn(former, made.pk)
        real, asked = audit.require, []

        def require(operator, permission):
            asked.append(operator)
            if len(asked) > 2:
                raise NotPermitted("demoted meanwhile; nothing was changed.")
            return real(operator, permission)

        monkeypatch.setattr(audit, "require", require)
        with pytest.raises(NotPermitted, match="meanwhile"):
            codes.burn(boss, made.pk)
        row = codes.find(str(made.pk))
        assert (row.used_on, row.burnt) == (None, False)
        assert [row[1:3] for row in audit_rows()] == [("burn-code", "refused")] * 3
