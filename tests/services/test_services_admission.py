"""Who is let in to look and to act: signing in where it is required, names where it is not, and what a run is given."""

from __future__ import annotations

import pytest
from test_services_signin import change, pem_of, sign_ins, somebody, token_for

from making import audit_rows, make_enrollment, make_person
from rmtui import settings
from rmtui.auth.operator import NotAnOperator
from rmtui.auth.permissions import ACTIONS, Permission, SignInNeeded, permissions_of, signin_required
from rmtui.auth.refusals import NotPermitted, OperatorMissing, ReadOnly
from rmtui.db.config import DBConfig
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.errors import EXIT_CONFIGURATION, EXIT_REFUSED
from rmtui.services import certificates, codes, doctor, effects, enrollments, operators, pools, roles, sheets, signin, trail
from rmtui.settings import Secret

pytestmark = pytest.mark.two_databases

CODE = "KROW2IAB"


@pytest.fixture
def karhu(env):
    change(require_signin=True)
    return somebody("KARHU", "admin")


def last() -> Audit:
    with connection():
        return Audit.select().order_by(Audit.id.desc()).get()


def test_where_it_is_required(env):
    change(require_signin=None)
    assert signin_required() is not DBConfig.singleton().is_sqlite
    for wanted in (True, False):
        change(require_signin=wanted)
        assert signin_required() is wanted


def test_unknown_roles_may_do_nothing(env):
    for names in ((), ("medic",), ("Admin",), ("ADMIN ",), ("admin2", "root"), ("аdmin",)):
        assert permissions_of(names, proven=True) == frozenset()
    assert permissions_of(("medic", "admin"), proven=False) == frozenset(Permission)
    change(readers=True)
    assert permissions_of(("medic",), proven=True) == {Permission.SEE}
    assert permissions_of(("medic",), proven=False) == frozenset()
    assert set(ACTIONS.values()) <= set(Permission)


class TestNameIsNotEnough:
    def test_for_looking(self, karhu):
        with pytest.raises(SignInNeeded, match="nobody is signed in") as caught:
            operators.admit("command")
        assert caught.value.exit_code == EXIT_REFUSED
        change(operator="KARHU")
        with pytest.raises(SignInNeeded, match="KARHU is only a name"):
            operators.admit("command")
        assert audit_rows() == []
        change(require_signin=False)
        assert operators.admit("command").proof == "none"
        change(operator=None)
        assert operators.admit("command") is None

    def test_for_acting(self, karhu):
        waiting = make_enrollment("RAVEN", CODE)
        change(operator="KARHU")
        operator = operators.identify("command")
        attempts = {
            "create": lambda: enrollments.create(operator, "NEWCOMER"),
            "approve": lambda: enrollments.approve(operator, waiting.pk, CODE),
            "reject": lambda: enrollments.reject(operator, waiting.pk, "No"),
            "reopen": lambda: enrollments.reopen(operator, waiting.pk),
            "reset-code": lambda: enrollments.reset_code(operator, waiting.pk),
            "assign-role": lambda: roles.assign(operator, karhu.pk, "medic"),
            "remove-role": lambda: roles.remove(operator, karhu.pk, "admin"),
            "create-code": lambda: codes.create(operator, "KARHU"),
            "burn-code": lambda: codes.burn(operator, waiting.pk),
            "reveal-code": lambda: codes.reveal(operator, waiting.pk),
            "revoke": lambda: certificates.revoke(operator, karhu.pk, "unspecified"),
            "reissue": lambda: certificates.reissue(operator, karhu.pk),
            "export": lambda: certificates.export(operator, karhu.pk, "karhu.pfx"),
            "create-pool": lambda: pools.create(operator),
            "enable-pool": lambda: pools.enable(operator, waiting.pk),
            "disable-pool": lambda: pools.disable(operator, waiting.pk),
            "delete-pool": lambda: pools.delete(operator, waiting.pk),
            "reset-pool": lambda: pools.reset(operator, waiting.pk),
            "burn-pool": lambda: pools.shut(operator, waiting.pk, "Leaked"),
            "sheet": lambda: sheets.write(operator, waiting.pk, "sheet.txt"),
            "repair": lambda: doctor.repair(operator, "publish-crl", ()),
            "retry-effect": lambda: effects.retry(operator, 1),
            "skip-effect": lambda: effects.skip(operator, 1, "Gone"),
        }
        assert set(attempts) == set(ACTIONS)
        for attempt in attempts.values():
            with pytest.raises(SignInNeeded, match="KARHU is only a name"):
                attempt()
        assert [row[:3] for row in audit_rows()] == [("KARHU", action, "refused") for action in attempts]
        change(require_signin=False)
        for attempt in list(attempts.values())[:2]:
            attempt()

    def test_for_acting_as_nobody(self, karhu):
        with pytest.raises(SignInNeeded, match="nobody is signed in"):
            codes.create(None, "KARHU")
        change(require_signin=False)
        with pytest.raises(OperatorMissing):
            codes.create(None, "KARHU")
        assert [row[:3] for row in audit_rows()] == [("", "create-code", "refused")] * 2


class TestTurnedAway:
    """Before an action began; recorded under its name."""

    def test_nobody(self, karhu):
        with pytest.raises(SignInNeeded):
            operators.admit("command", action="approve", target="RAVEN")
        assert [row[:4] for row in audit_rows()] == [("", "approve", "refused", "RAVEN")]

    def test_somebody_demoted(self, karhu):
        signin.with_token(token_for("KARHU"), "command")
        with connection():
            karhu.remove_role("admin")
        with pytest.raises(NotPermitted, match="nothing was changed"):
            operators.admit("command", action="approve", target="RAVEN")
        assert audit_rows()[-1][:4] == ("KARHU", "approve", "refused", "RAVEN")
        assert last().proof == "token"

    def test_by_what_this_run_was_given(self, karhu):
        change(token=Secret("a.b.c"))
        with pytest.raises(Exception, match="The token is refused"):
            operators.admit("command", action="reject", target="RAVEN")
        assert [row[1:3] for row in audit_rows()] == [("sign-in", "refused"), ("reject", "refused")]

    def test_on_a_database_that_we_never_wrote_to(self, make_database, data_dir, monkeypatch):
        from deployments import unbind
        from rmtui.settings import Settings

        url = make_database("current")
        unbind()
        settings.configure(Settings.from_env({"RM_PERSISTENT_DATA_DIR": str(data_dir), "HOME": str(data_dir), "RM_DB_DSN": url}))
        DBConfig.singleton(dsn=Secret(url))
        with pytest.raises(SignInNeeded):
            operators.admit("command", action="approve", target="RAVEN")
        assert [row[:4] for row in audit_rows()] == [("", "approve", "refused", "RAVEN")]

    def test_in_read_only_mode(self, karhu):
        change(read_only=True)
        with pytest.raises(SignInNeeded):
            operators.admit("command", action="approve", target="RAVEN")
        assert audit_rows() == []


class TestSomebodyElse:
    @pytest.mark.parametrize("how", ["session", "token", "identity"])
    def test_is_refused(self, karhu, how):
        make_person("BOSS", "admin")
        if how == "session":
            signin.with_token(token_for("KARHU"), "command")
        else:
            change(**{how: token_for("KARHU") if how == "token" else pem_of(karhu)})
        change(operator="BOSS")
        with pytest.raises(NotAnOperator, match="names BOSS, and KARHU is signed in") as caught:
            operators.admit("command")
        assert caught.value.exit_code == EXIT_CONFIGURATION
        change(operator="karhu")
        assert operators.admit("command").callsign == "KARHU"


class TestForThisRun:
    def test_certificate_signs(self, karhu):
        change(identity=pem_of(karhu).with_name("mtls.pfx"))
        operator = operators.admit("command", lambda: Secret("KARHU"))
        enrollments.create(operator, "NEWCOMER")
        row = last()
        assert (row.operator, row.proof, row.action, row.signer) == ("KARHU", "certificate", "create", operator.fingerprint)
        assert trail.entry(row.id).signed
        found = trail.verify()
        assert (found.ok, found.signed, found.entries) == (True, 1, 1)

    def test_certificate_that_nobody_can_open(self, karhu):
        from rmtui.pki.interface import WrongPassphrase

        change(identity=pem_of(karhu).with_name("mtls.pfx"))
        with pytest.raises(WrongPassphrase, match="asks for a passphrase"):
            operators.admit("command")
        assert audit_rows() == []

    def test_refused_acts_are_signed_too(self, karhu):
        waiting = make_enrollment("RAVEN", CODE)
        change(identity=pem_of(karhu))
        operator = operators.admit("command")
        with pytest.raises(Exception, match="not the code of RAVEN"):
            enrollments.approve(operator, waiting.pk, "WRONG234")
        assert (last().outcome, last().signer) == ("refused", operator.fingerprint)
        assert trail.verify().ok

    def test_token(self, karhu):
        change(token=token_for("KARHU"))
        enrollments.create(operators.admit("command"), "NEWCOMER")
        assert (last().operator, last().proof, last().action, last().signer) == ("KARHU", "token", "create", None)

    def test_is_not_kept(self, karhu):
        change(token=token_for("KARHU"))
        operators.admit("command")
        change(token=Secret())
        with pytest.raises(SignInNeeded):
            operators.admit("command")

    def test_an_identity_comes_before_a_token_and_a_session(self, karhu):
        boss = somebody("BOSS", "admin")
        signin.with_token(token_for("KARHU"), "command")
        change(identity=pem_of(boss), token=token_for("KARHU"))
        assert operators.admit("command").callsign == "BOSS"

    def test_a_refused_one_does_not_fall_back(self, karhu):
        signin.with_token(token_for("KARHU"), "command")
        change(token=Secret("a.b.c"))
        with pytest.raises(Exception, match="The token is refused"):
            operators.admit("command")


class TestReadOnly:
    @pytest.mark.parametrize("how", ["identity", "token"])
    def test_proof_is_good_for_looking(self, karhu, how):
        change(read_only=True, **{how: pem_of(karhu) if how == "identity" else token_for("KARHU")})
        operator = operators.admit("command")
        assert operator.proven
        with pytest.raises(ReadOnly):
            enrollments.create(operator, "NEWCOMER")
        change(identity=None, token=Secret("a.b.c"))
        with pytest.raises(Exception, match="The token is refused"):
            operators.admit("command")
        change(read_only=False)
        assert sign_ins() == []

    def test_on_a_database_that_we_never_wrote_to(self, make_database, data_dir):
        from deployments import deploy, unbind
        from rmtui.db import schema

        url = make_database("current")
        deploy("upstream", data_dir, url)
        person = somebody("KARHU", "admin")
        from making import run

        run("DROP SCHEMA rmtui CASCADE")
        unbind()
        DBConfig.singleton(dsn=Secret(url))
        change(read_only=True, require_signin=True, identity=pem_of(person))
        assert operators.admit("command").callsign == "KARHU"
        with connection():
            assert not schema.own_tables_ready()

    def test_signing_in_lasts_for_the_run(self, karhu):
        change(read_only=True)
        done = signin.with_certificate(pem_of(karhu), None, "command")
        assert done.problem == "It lasts for this run only: read-only mode records nothing."
        assert done.operator.session is None
        assert operators.still(done.operator).callsign == "KARHU"
        assert audit_rows() == []


class TestBreakGlass:
    def test_is_recorded_as_such(self, karhu):
        with connection():
            assert codes.create_for_admin(None)
        assert trail.entry(1).details == {"break_glass": True, "for": "making an admin"}
        assert (last().os_user, last().host, last().operator) != ("", "", "x")

    def test_an_admin_breaks_none(self, karhu):
        operator = signin.with_token(token_for("KARHU"), "command").operator
        codes.create_for_admin(operator)
        assert trail.entry(2).details["break_glass"] is False
        assert (last().operator, last().proof) == ("KARHU", "token")

    @pytest.mark.parametrize("how", ["a reader", "demoted", "revoked"])
    def test_somebody_who_may_not_issue_codes_does(self, karhu, how):
        change(readers=True)
        if how == "a reader":
            somebody("READER", "medic")
        operator = signin.with_token(token_for("READER" if how == "a reader" else "KARHU"), "command").operator
        with connection():
            if how == "demoted":
                karhu.remove_role("admin")
            elif how == "revoked":
                karhu.revoke()
        codes.create_for_admin(operator)
        assert trail.entry(2).details["break_glass"] is True
