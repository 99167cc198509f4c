"""Login codes and tokens that are seen once."""

from __future__ import annotations

import re
import uuid

import pytest
from db_rows import STAMP, sql

from rmtui import clock, settings
from rmtui.db import LoginCode, SeenToken
from rmtui.db import logincodes as module
from rmtui.db.errors import BackendError, Deleted, ForbiddenOperation, NotFound, TokenReuse
from rmtui.pki.interface import PKIError
from rmtui.pki.tokens import JWTKeys


def test_create_for_claims(database):
    code = LoginCode.create_for_claims({"sub": "Kettu", "anon_admin_session": True}, {"by": "BOSS"})
    assert re.fullmatch(r"[A-Z2-9]{12}", code)
    row = LoginCode.by_code(code)
    assert (row.code, row.claims, row.auditmeta) == (code, {"sub": "Kettu", "anon_admin_session": True}, {"by": "BOSS"})
    assert row.used_on is None
    assert isinstance(row.pk, uuid.UUID)


def test_a_login_code_in_use_is_drawn_again(database, monkeypatch):
    codes = iter(["A" * 12, "A" * 12, "B" * 12, *["A" * 12] * 5])
    monkeypatch.setattr(module, "new_code", lambda _size: next(codes))
    assert LoginCode.create_for_claims({}) == "A" * 12
    assert LoginCode.create_for_claims({}) == "B" * 12
    with pytest.raises(BackendError, match="five tries"):
        LoginCode.create_for_claims({})


def test_by_code(database):
    LoginCode.create(code="OIAB2345OIAB", claims={})
    for form in ("OIAB2345OIAB", "oiab 2345 oiab", "01AB-2345-01AB"):
        assert LoginCode.by_code(form).code == "OIAB2345OIAB"
    for nonsense in ("", "OIAB", "%"):
        with pytest.raises(NotFound, match="no such login code"):
            LoginCode.by_code(nonsense)
    sql("UPDATE logincodes SET deleted = %s", STAMP)
    with pytest.raises(Deleted, match="withdrawn"):
        LoginCode.by_code("OIAB2345OIAB")
    with pytest.raises(Deleted):
        LoginCode.use_code("OIAB2345OIAB")


def test_use_code_gives_a_token_once(database):
    code = LoginCode.create_for_claims({"sub": "Kettu", "nbf": 1, "exp": 9_999_999_999}, {"by": "BOSS", "ip": "a"})
    before = int(clock.utcnow().timestamp())
    token = LoginCode.use_code(code.lower(), {"ip": "b"})
    claims = JWTKeys.from_settings(settings.current()).verify(token, own_only=True)
    assert claims["sub"] == "Kettu"
    assert before <= claims["nbf"] == claims["iat"] <= before + 5
    assert claims["exp"] == claims["iat"] + 7200
    row = LoginCode.by_code(code)
    assert row.auditmeta == {"by": "BOSS", "ip": "b"}
    assert row.used_on is not None
    with pytest.raises(TokenReuse, match="used already on 2"):
        LoginCode.use_code(code)
    with pytest.raises(NotFound):
        LoginCode.use_code("AAAABBBBCCCC")
    assert row.reread().auditmeta == {"by": "BOSS", "ip": "b"}


def test_a_code_stays_unused_when_nothing_can_be_signed(database):
    code = LoginCode.create_for_claims({"sub": "Kettu"})
    key = settings.current().jwt_privkey_path
    key.rename(key.with_suffix(".away"))
    with pytest.raises(PKIError):
        LoginCode.use_code(code)
    key.with_suffix(".away").rename(key)
    assert LoginCode.use_code(code)


def test_burn(database):
    code = LoginCode.create_for_claims({"sub": "Kettu"}, {"created_by": "BOSS"})
    row = LoginCode.by_code(code).burn({"burnt_by": "BOSS"})
    assert row.burnt
    assert row.deleted is None
    assert row.used_on is not None
    assert row.auditmeta == {"created_by": "BOSS", "burnt_by": "BOSS", "burnt": True}
    for again in (lambda: LoginCode.use_code(code), LoginCode.by_code(code).burn):
        with pytest.raises(Deleted, match="burnt on 2"):
            again()
    assert row.reread().used_on == row.used_on


def test_burning_what_is_used_or_withdrawn(database):
    code = LoginCode.create_for_claims({"sub": "Kettu"})
    before = LoginCode.by_code(code)
    LoginCode.use_code(code, {"used_by": "Kettu"})
    with pytest.raises(TokenReuse, match="used already on 2"):
        before.burn()
    assert before.reread().auditmeta == {"used_by": "Kettu"}
    assert not before.reread().burnt
    withdrawn = LoginCode.by_code(LoginCode.create_for_claims({"sub": "Kettu"}))
    sql("UPDATE logincodes SET deleted = %s WHERE used_on IS NULL", STAMP)
    with pytest.raises(Deleted, match="withdrawn"):
        withdrawn.burn()
    assert withdrawn.reread().used_on is None


def test_delete_of_a_login_code_is_forbidden(database):
    code = LoginCode.create_for_claims({})
    with pytest.raises(ForbiddenOperation, match="Rows of logincodes are kept"):
        LoginCode.by_code(code).delete()
    assert LoginCode.by_code(code).deleted is None


def test_use_token_once(database):
    row = SeenToken.use_token("jti-1", {"ip": "a"})
    assert isinstance(row.pk, uuid.UUID)
    assert (row.token, row.auditmeta) == ("jti-1", {"ip": "a"})
    with pytest.raises(TokenReuse, match="used already; nothing was done"):
        SeenToken.use_token("jti-1", {"ip": "b"})
    assert SeenToken.by_token("jti-1").auditmeta == {"ip": "a"}
    assert SeenToken.use_token("JTI-1").auditmeta == {}
    with database.atomic():  # the loser's transaction goes on
        with pytest.raises(TokenReuse):
            SeenToken.use_token("jti-1")
        SeenToken.use_token("jti-2")
    assert SeenToken.select().count() == 3


def test_a_token_the_web_api_uses_in_between(database, monkeypatch):
    """It takes no lock of ours: the unique index is what tells."""
    SeenToken.use_token("jti-1")
    select = SeenToken.select
    monkeypatch.setattr(SeenToken, "select", lambda *fields: select(*fields).where(SeenToken.token == "nobody's"))
    with pytest.raises(TokenReuse):
        SeenToken.use_token("jti-1")
    monkeypatch.undo()
    assert SeenToken.select().count() == 1


def test_by_token(database):
    SeenToken.use_token("jti-1")
    assert SeenToken.by_token("jti-1").token == "jti-1"
    with pytest.raises(NotFound, match="never used"):
        SeenToken.by_token("jti-2")
    sql("UPDATE seentokens SET deleted = %s", STAMP)
    with pytest.raises(Deleted):
        SeenToken.by_token("jti-1")
    with pytest.raises(TokenReuse):
        SeenToken.use_token("jti-1")


def test_delete_of_a_seen_token_is_forbidden(database):
    row = SeenToken.use_token("jti-1")
    with pytest.raises(ForbiddenOperation, match="Rows of seentokens are kept"):
        row.delete()
    assert SeenToken.by_token("jti-1").deleted is None
