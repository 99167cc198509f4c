"""A login code is shown again to who may issue codes, and every time is recorded; its details and its list never hold it."""

from __future__ import annotations

import uuid

import pytest
from test_services_codes import everything, make_code, withdraw

from making import START, audit_rows, make_operator, make_person, run
from rmtui import settings
from rmtui.auth.permissions import NotPermitted, OperatorMissing, ReadOnly
from rmtui.db.errors import Deleted, NotFound, TokenReuse
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.services import bulk_actions, code_details, codes
from rmtui.services.bulk import Target
from rmtui.services.codes import CodeQuery

pytestmark = pytest.mark.two_databases


@pytest.fixture
def boss(env):
    return make_operator()


class TestReveal:
    def test_an_unused_one(self, boss):
        person = make_person("Kettu")
        code = codes.create(boss, "Kettu")
        pk = codes.find(code).pk
        secret = codes.reveal(boss, pk)
        assert secret.reveal() == code
        assert code not in f"{secret} {secret!r}"
        assert audit_rows()[-1] == ("BOSS", "reveal-code", "done", "Kettu", f"login code {pk}")
        with connection():
            assert Audit.select().order_by(Audit.id.desc()).get().target_pk == person.pk
        assert code not in everything()
        assert codes.find(code).used_on is None

    def test_one_that_makes_an_admin(self, boss):
        code = codes.create(boss, None)
        row = codes.find(code)
        assert (row.admin, row.callsign, row.created_by) == (True, None, "BOSS")
        assert codes.reveal(boss, row.pk).reveal() == code
        assert [each[1:] for each in audit_rows()] == [
            (action, "done", "", f"for making an admin; login code {row.pk}") for action in ("create-code", "reveal-code")
        ]

    def test_used_burnt_and_withdrawn_ones(self, boss):
        used, burnt, gone = make_code("USED23452345", used_on=START), make_code("BURNT2345234"), make_code("GONE23452345")
        withdraw(gone)
        codes.burn(boss, burnt.pk)
        for made, error, said in [(used, TokenReuse, "used already"), (burnt, Deleted, "burnt on"), (gone, Deleted, "withdrawn on")]:
            with pytest.raises(error, match=said):
                codes.reveal(boss, made.pk)
            assert audit_rows()[-1][:4] == ("BOSS", "reveal-code", "refused", "Kettu")
            assert made.code not in everything()
        with pytest.raises(NotFound, match="no such login code"):
            codes.reveal(boss, uuid.uuid4())

    def test_who_may_not(self, boss, monkeypatch):
        made = make_code()
        with pytest.raises(OperatorMissing):
            codes.reveal(None, made.pk)
        former = make_operator("EX")
        run("UPDATE users SET deleted = created WHERE callsign = 'EX'")
        for act in (lambda: codes.reveal(former, made.pk), lambda: codes.create(former, None)):
            with pytest.raises(NotPermitted):
                act()
        assert [row[:3] for row in audit_rows()] == [
            ("", "reveal-code", "refused"),
            ("EX", "reveal-code", "refused"),
            ("EX", "create-code", "refused"),
        ]
        settings.configure(settings.Settings.from_env(read_only=True))
        with pytest.raises(ReadOnly):
            codes.reveal(boss, made.pk)
        assert len(codes.list_codes(CodeQuery()).rows) == 1


class TestDetails:
    def test_claims_and_history_without_the_code(self, boss, statements):
        make_person("Kettu")
        code, other = codes.create(boss, "Kettu"), codes.create(boss, "Kettu")
        pk = codes.find(code).pk
        codes.reveal(boss, pk)
        codes.reveal(boss, codes.find(other).pk)
        codes.burn(boss, pk)
        detail = code_details.code(pk)
        assert (detail.row.burnt, detail.claims) == (True, {"sub": "Kettu"})
        assert [entry.action for entry in detail.history] == ["burn-code", "reveal-code", "create-code"]
        assert code not in repr(detail)
        assert len(statements.of(lambda: code_details.code(pk))) <= 5
        with pytest.raises(NotFound):
            code_details.code(uuid.uuid4())

    def test_of_one_that_names_nobody(self, boss):
        made = make_code(claims={"odd": ["\x1b"], "anon_admin_session": True}, auditmeta={"created_by": "x"})
        assert code_details.code(made.pk).history == ()
        codes.burn(boss, made.pk)
        assert [entry.action for entry in code_details.code(made.pk).history] == ["burn-code"]


def test_many_are_burnt_one_by_one(boss):
    first, used, last = make_code("FIRST2345234"), make_code("USED23452345", used_on=START), make_code("LAST23452345")
    report = bulk_actions.burn_codes(boss, [Target(made.pk, "a code") for made in (first, used, last)])
    assert [result.outcome for result in report.results] == ["done", "refused", "done"]
    assert "used already" in report.results[1].sentence
    assert [codes.find(made.code).burnt for made in (first, used, last)] == [True, False, True]


def test_which_of_the_marked_are_in_the_list(boss):
    first, used = make_code("FIRST2345234"), make_code("USED23452345", used_on=START)
    gone = make_code("GONE23452345")
    withdraw(gone)
    keys = [first.pk, used.pk, gone.pk, uuid.uuid4()]

    def found(**query):
        return {row.pk for row in codes.present(CodeQuery(**query), keys)}

    assert found() == {first.pk}
    assert found(spent=True, unused=False) == {used.pk, gone.pk}
    assert found(spent=True) == {first.pk, used.pk, gone.pk}
    assert found(spent=True, unused=False, text="state:unused") == {first.pk}
