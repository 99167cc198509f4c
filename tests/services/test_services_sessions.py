"""Sign-ins that last: what is kept of them, what they are bound to, and what ends them."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import stat
from pathlib import Path

import pytest
from test_services_signin import change, code_for, later, pem_of, somebody, token_for

from deployments import unbind
from making import START, audit_rows, make_enrollment, run
from rmtui import settings
from rmtui.auth import origin, sessions
from rmtui.auth.permissions import NotPermitted
from rmtui.auth.refusals import SignInNeeded
from rmtui.db.base import init_db
from rmtui.db.config import DBConfig
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.services import enrollments, operators, signin
from rmtui.settings import Secret, Settings

pytestmark = pytest.mark.two_databases

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def karhu(env):
    change(require_signin=True)
    return somebody("KARHU", "admin")


@pytest.fixture
def signed_in(karhu):
    return signin.with_certificate(pem_of(karhu), None, "command").operator


def now():
    """Who is signed in, as the next run would find."""
    with connection():
        return sessions.current("command")


def kept() -> Path:
    [path] = (settings.current().state_dir / "signins").iterdir()
    return path


class TestFile:
    def test_holds_no_secret_but_its_own(self, karhu):
        code, token = code_for(sub="KARHU"), token_for("KARHU")
        pfx = pem_of(karhu).with_name("mtls.pfx")
        key = pem_of(karhu).with_name("mtls.key").read_text()
        body = "".join(key.splitlines()[1:-1])
        for attempt in (
            lambda: signin.with_code(code, "command"),
            lambda: signin.with_token(token, "command"),
            lambda: signin.with_certificate(pfx, Secret("KARHU"), "command"),
        ):
            attempt()
            assert stat.S_IMODE(kept().stat().st_mode) == 0o600
            assert stat.S_IMODE(kept().parent.stat().st_mode) == 0o700
            text = kept().read_text()
            assert set(json.loads(text)) == {"database", "chain", "entry", "secret", "callsign", "identity"}
            assert not any(secret in text for secret in (code, token.reveal(), token.reveal().split(".")[2], body[:40], "PRIVATE"))
        secret = json.loads(text)["secret"]
        assert not any(secret in part for row in audit_rows() for part in row)
        assert now().callsign == "KARHU"
        assert now().key is None

    def test_lasts_for_the_next_run(self, signed_in, env):
        found = now()
        assert (found.callsign, found.proof, found.fingerprint, found.session) == (
            "KARHU", "certificate", signed_in.fingerprint, signed_in.session,
        )  # fmt: skip
        assert found.until == signed_in.until or abs(found.until - signed_in.until) < MINUTE
        enrollments.create(found, "NEWCOMER")
        assert audit_rows()[-1][:3] == ("KARHU", "create", "done")

    def test_forged(self, signed_in):
        path = kept()
        good = json.loads(path.read_text())
        for changed in (
            {"entry": good["entry"] + 1},
            {"entry": good["entry"] - 1},
            {"entry": str(good["entry"])},
            {"entry": 2**70},
            {"entry": -1},
            {"entry": 1.5},
            {"secret": "x" * 43},
            {"secret": ""},
            {"secret": None},
            {"secret": "\ud800"},
            {"chain": "0" * 32},
            {"chain": "\ud800"},
            {"database": "sqlite:/elsewhere"},
            {"more": "x"},
        ):
            path.write_text(json.dumps({**good, **changed}))
            assert now() is None, changed
            assert signin.sign_out("command") is None
        path.write_text(json.dumps(good))
        path.chmod(0o600)
        assert now().callsign == "KARHU"

    @pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b"7", b'{"entry": 1}'])
    def test_garbage(self, karhu, content):
        signin.with_token(token_for("KARHU"), "command")
        kept().write_bytes(content)
        assert now() is None
        assert signin.identity_offered() == ""
        assert signin.with_token(token_for("KARHU"), "command").problem == ""
        assert now().callsign == "KARHU"

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
    def test_others_may_use_it(self, signed_in, mode):
        kept().chmod(mode)
        assert now() is None
        kept().chmod(0o600)
        assert now() is not None

    def test_a_directory_or_a_link_in_its_place(self, signed_in, tmp_path):
        path, aside = kept(), tmp_path / "aside"
        path.rename(aside)
        path.symlink_to(aside)
        assert now() is None
        path.unlink()
        path.mkdir(0o700)
        assert now() is None
        assert signin.identity_offered() == ""
        done = signin.with_token(token_for("KARHU"), "command")
        assert done.problem.startswith("It lasts for this run only: ")
        assert done.operator.callsign == "KARHU"

    def test_of_somebody_else(self, signed_in):
        """The secret of one's own sign-in does not open another's entry."""
        own = json.loads(kept().read_text())
        somebody("RAVEN", "admin")
        signin.with_token(token_for("RAVEN"), "command")
        theirs = json.loads(kept().read_text())
        kept().write_text(json.dumps({**own, "entry": theirs["entry"], "callsign": "RAVEN"}))
        assert now() is None


class TestBoundTo:
    def test_user_and_host(self, signed_in, monkeypatch):
        for name in ("_user", "_host"):
            with monkeypatch.context() as patch:
                patch.setattr(origin, name, lambda: "another")
                assert now() is None
        assert now() is not None

    def test_the_place_of_the_database(self, signed_in, data_dir, monkeypatch):
        state = settings.current().state_dir
        path = kept()
        unbind()
        settings.configure(
            Settings.from_env({"RM_PERSISTENT_DATA_DIR": str(data_dir), "RM_CERT_BACKEND": "embedded", "HOME": str(data_dir)})
        )
        change(require_signin=True, state_dir=state, key_type="ec256")
        DBConfig.singleton(dsn=Secret(f"sqlite:///{data_dir / 'another.db'}"))
        init_db()
        somebody("KARHU", "admin")
        assert now() is None
        shutil.copy(path, sessions._path())
        assert now() is None

    def test_the_database_itself(self, signed_in):
        """The same place and the same people, and another trail: a restored or a new one."""
        sqlite = DBConfig.singleton().is_sqlite
        run("DROP TRIGGER rmtui_chain_forward" if sqlite else "ALTER TABLE rmtui.chain DISABLE TRIGGER USER")
        run(f"UPDATE {'rmtui_chain' if sqlite else 'rmtui.chain'} SET name = '{'0' * 32}'")
        assert now() is None


class TestEnds:
    def test_after_two_hours(self, signed_in, monkeypatch):
        later(monkeypatch, sessions.LIFETIME - MINUTE)
        assert now() is not None
        enrollments.create(signed_in, "NEWCOMER")
        later(monkeypatch, MINUTE)
        with pytest.raises(SignInNeeded, match=r"The sign-in of KARHU ran out at .*Sign in again"):
            now()
        with pytest.raises(SignInNeeded, match="KARHU has run out; nothing was changed"):
            enrollments.create(signed_in, "SECOND")
        assert audit_rows()[-1][:3] == ("KARHU", "create", "refused")
        with pytest.raises(SignInNeeded):
            operators.identify("command")
        change(require_signin=False)
        assert operators.identify("command") is None

    def test_by_signing_out_everywhere(self, signed_in, tmp_path):
        path, copy = kept(), tmp_path / "copy"
        shutil.copy2(path, copy)
        assert signin.sign_out("command") == "KARHU"
        assert now() is None
        shutil.copy2(copy, path)
        assert now() is None
        with pytest.raises(SignInNeeded, match="KARHU was signed out meanwhile"):
            enrollments.create(signed_in, "NEWCOMER")
        assert [row[:3] for row in audit_rows()][-2:] == [("KARHU", "sign-out", "done"), ("KARHU", "create", "refused")]
        assert signin.sign_out("command") is None

    def test_one_of_two(self, signed_in):
        first = signed_in
        second = signin.with_token(token_for("KARHU"), "command").operator
        signin.sign_out("command")
        with pytest.raises(SignInNeeded):
            enrollments.create(second, "NEWCOMER")
        enrollments.create(first, "NEWCOMER")

    def test_offers_the_file_again(self, signed_in, karhu):
        pem = str(pem_of(karhu))
        assert signin.identity_offered() == pem
        signin.sign_out("command")
        assert signin.identity_offered() == pem
        assert json.loads(kept().read_text())["secret"] == ""
        change(identity=Path("/named/for.this"))
        assert signin.identity_offered() == "/named/for.this"

    def test_a_code_leaves_nothing(self, karhu):
        signin.with_code(code_for(sub="KARHU"), "command")
        signin.sign_out("command")
        assert list((settings.current().state_dir / "signins").iterdir()) == []
        assert signin.identity_offered() == ""
        change(identities={operators.deployment_key(): "/from/config"})
        assert signin.identity_offered() == "/from/config"

    def test_read_only_still_signs_out_here(self, signed_in):
        change(read_only=True)
        assert signin.sign_out("command") == "KARHU"
        assert now() is None
        assert audit_rows()[-1][1] == "sign-in"

    @pytest.mark.parametrize("how", ["demoted", "revoked", "certificate revoked"])
    def test_at_the_next_action(self, signed_in, karhu, how):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        if how == "demoted":
            with connection():
                karhu.remove_role("admin")
        elif how == "revoked":
            run("UPDATE users SET deleted = created WHERE callsign = 'KARHU'")
        else:
            with connection():
                Issued.update(revoked_on=START, reason="superseded").where(Issued.person == karhu.pk).execute()
        with pytest.raises(NotPermitted, match="nothing was changed"):
            enrollments.approve(signed_in, waiting.pk, "KROW2IAB")
        assert audit_rows()[-1][:3] == ("KARHU", "approve", "refused")
        with pytest.raises(NotPermitted):
            operators.still(signed_in)
        with pytest.raises(NotPermitted):  # looking is over, too
            operators.admit("command")
