"""What does not prove who one is: refused, each with its sentence and an entry in the audit trail, and nobody is signed in."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from test_services_signin import change, code_for, later, pem_of, sign_ins, somebody, token_for, unused

from making import START, make_person, run
from rmtui import clock, settings
from rmtui.auth import origin, sessions
from rmtui.auth.permissions import NotPermitted
from rmtui.auth.proving import ANON_ADMIN
from rmtui.db.middleware import connection
from rmtui.db.own import Audit, Issued
from rmtui.errors import RmtuiError
from rmtui.pki import keys
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.identity import make_identity
from rmtui.pki.interface import Revocation
from rmtui.pki.tokens import JWTKeys
from rmtui.services import enrollments, signin
from rmtui.settings import Secret

pytestmark = pytest.mark.two_databases

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def karhu(env):
    return somebody("KARHU", "admin")


def refused(way: str, attempt, words: str) -> None:
    """One attempt, and all that must come of it."""
    before = len(sign_ins())
    with pytest.raises(RmtuiError, match=words) as caught:
        attempt()
    assert [row[:3] for row in sign_ins()[before:]] == [("refused", way, "")]
    assert sign_ins()[-1][3] == caught.value.sentence
    assert caught.value.exit_code in {1, 2}
    assert sessions.kept() is None
    with connection():
        assert sessions.current("command") is None


def own_authority(hours: int = 1008) -> EmbeddedAuthority:
    config = settings.current()
    return EmbeddedAuthority(config.ca_dir, config.public_dir, passphrase=Secret(), hours=hours)


def issue(path: Path, authority: EmbeddedAuthority, callsign: str = "KARHU") -> Path:
    """A certificate and key that no row knows."""
    make_identity(path, callsign, authority, key_type="ec256")
    return path / "mtls.pem"


def of_another_ca(_karhu, tmp_path, _monkeypatch):
    other = tmp_path / "other"
    authority = EmbeddedAuthority.create(
        other / "ca", other / "public", passphrase=Secret(), hours=1008, key_type="ec256", name="Other"
    )  # fmt: skip
    return issue(tmp_path / "made", authority)


def of_another_ca_of_the_same_name(_karhu, tmp_path, _monkeypatch):
    other = tmp_path / "other"
    authority = EmbeddedAuthority.create(
        other / "ca", other / "public", passphrase=Secret(), hours=1008, key_type="ec256", name="Test"
    )  # fmt: skip
    return issue(tmp_path / "made", authority)


def expired(karhu, _tmp_path, monkeypatch):
    later(monkeypatch, 1008 * HOUR)
    return pem_of(karhu)


def not_valid_yet(karhu, _tmp_path, monkeypatch):
    later(monkeypatch, -HOUR)
    return pem_of(karhu)


def revoked_in_the_crl(karhu, _tmp_path, _monkeypatch):
    with connection():
        serial = int(Issued.get(Issued.person == karhu.pk).serial, 16)
    own_authority().revoke(Revocation(serial, clock.utcnow(), "keyCompromise"), list)
    return pem_of(karhu)


def revoked_in_our_own_table(karhu, _tmp_path, _monkeypatch):
    with connection():
        Issued.update(revoked_on=START, reason="superseded").where(Issued.person == karhu.pk).execute()
    return pem_of(karhu)


def of_somebody_revoked_here(karhu, _tmp_path, _monkeypatch):
    path = pem_of(karhu)
    with connection():
        karhu.revoke("keyCompromise")
    return path


def of_somebody_revoked_by_the_web_api(karhu, _tmp_path, _monkeypatch):
    path = pem_of(karhu)
    run("UPDATE users SET deleted = created WHERE callsign = 'KARHU'")
    return path


def with_the_key_of_another(karhu, tmp_path, _monkeypatch):
    path = tmp_path / "pair.pem"
    path.write_bytes(pem_of(karhu).read_bytes() + keys.private_pem(keys.generate("ec256")))
    return path


def older_than_the_one_on_record(karhu, tmp_path, _monkeypatch):
    old = tmp_path / "old.pem"
    old.write_bytes(pem_of(karhu).read_bytes() + pem_of(karhu).with_name("mtls.key").read_bytes())
    pem_of(karhu).chmod(0o644)
    pem_of(karhu).write_bytes(issue(tmp_path / "new", own_authority()).read_bytes())
    return old


def of_nobody(_karhu, tmp_path, _monkeypatch):
    return issue(tmp_path / "nobody", own_authority(), "NOBODY")


def written_otherwise(_karhu, tmp_path, _monkeypatch):
    return issue(tmp_path / "other-case", own_authority(), "karhu")


def without_a_role(karhu, _tmp_path, _monkeypatch):
    with connection():
        karhu.remove_role("admin")
        karhu.assign_role("medic")
    return pem_of(karhu)


def without_a_key(karhu, tmp_path, _monkeypatch):
    path = tmp_path / "alone.crt"
    path.write_bytes(pem_of(karhu).read_bytes())
    return path


def without_the_ca(karhu, _tmp_path, _monkeypatch):
    (settings.current().public_dir / "ca_chain.pem").unlink()
    return pem_of(karhu)


def without_one_on_record(karhu, tmp_path, _monkeypatch):
    kept = tmp_path / "kept.pem"
    kept.write_bytes(pem_of(karhu).read_bytes() + pem_of(karhu).with_name("mtls.key").read_bytes())
    pem_of(karhu).unlink()
    return kept


CERTIFICATES = [
    (of_another_ca, "was not issued by this deployment's CA, but by another"),
    (of_another_ca_of_the_same_name, "but with another key under the same name"),
    (expired, "ran out on"),
    (not_valid_yet, "is not valid before"),
    (revoked_in_the_crl, "KARHU.*was revoked on .*keyCompromise"),
    (revoked_in_our_own_table, r"revoked on 2026-03-01 12:00:00Z \(superseded\)"),
    (of_somebody_revoked_here, "was revoked"),
    (of_somebody_revoked_by_the_web_api, "The person that it names was revoked"),
    (with_the_key_of_another, "private key does not belong to the certificate"),
    (older_than_the_one_on_record, "not the certificate that is now on record for KARHU"),
    (of_nobody, "Nobody of this deployment has the callsign"),
    (written_otherwise, "names karhu|Nobody of this deployment"),
    (without_a_role, "KARHU has no role that may use this console"),
    (without_a_key, "no private key"),
    (without_the_ca, "does not see the deployment's CA"),
    (without_one_on_record, "certificate on record for KARHU cannot be read"),
]


@pytest.mark.parametrize(("how", "words"), CERTIFICATES, ids=lambda value: getattr(value, "__name__", ""))
def test_certificates(karhu, tmp_path, monkeypatch, how, words):
    path = how(karhu, tmp_path, monkeypatch)
    refused("certificate", lambda: signin.with_certificate(path, None, "command"), words)
    change(identity=path)
    refused("certificate", lambda: signin.for_this_run("command", lambda: None), words)
    with connection():
        row = Audit.select().order_by(Audit.id.desc()).get()
    assert (row.action, row.operator, row.proof) == ("sign-in", "", "none")


def test_a_certificate_without_a_role_may_look_where_readers_may(karhu, tmp_path, monkeypatch):
    path = without_a_role(karhu, tmp_path, monkeypatch)
    change(readers=True)
    operator = signin.with_certificate(path, None, "command").operator
    with pytest.raises(NotPermitted, match="no role that may decide"):
        enrollments.create(operator, "NEWCOMER")


def test_codes(karhu):
    """A code is good once."""
    used, deleted = code_for(sub="KARHU"), code_for(sub="KARHU")
    signin.with_code(used, "command")
    signin.sign_out("command")
    run(f"UPDATE logincodes SET deleted = created WHERE code = '{deleted}'")
    refused("code", lambda: signin.with_code(used, "command"), "used already on .*good once")
    refused("code", lambda: signin.with_code(deleted, "command"), "was withdrawn")
    for unknown in ("NEVERMADE222", "", "A\0B"):
        refused("code", lambda given=unknown: signin.with_code(given, "command"), "no such login code")


CODES = [
    ({"sub": "MEDIC"}, "MEDIC has no role"),
    ({"sub": "GONE"}, "was revoked"),
    ({"sub": "NOBODY"}, "Nobody of this deployment"),
    ({"sub": ""}, "names nobody"),
    ({"sub": None}, "names nobody|cannot be read"),
    ({"sub": 7}, "names nobody|cannot be read"),
    ({}, "names nobody"),
    ({ANON_ADMIN: "yes"}, "names nobody"),
    ({ANON_ADMIN: False}, "names nobody"),
]


def test_codes_for_others(karhu, monkeypatch):
    """Whatever a code is refused for, it is not used up by that."""
    make_person("MEDIC", "medic")
    make_person("GONE", "admin", deleted=START)
    for number, (claims, words) in enumerate(CODES):
        monkeypatch.setattr(origin, "_user", lambda number=number: f"user {number}")  # each has attempts of their own
        code = code_for(**claims)
        refused("code", lambda code=code: signin.with_code(code, "command"), words)
        assert unused(code)


def forged(how: str) -> str:
    """A token that is not to be believed."""
    own = JWTKeys.from_settings(settings.current())
    private = load_pem_private_key(own.privkey.read_bytes(), None)
    public = own.own_public.read_bytes()
    now = int(clock.utcnow().timestamp())
    claims = {"sub": "KARHU", "nbf": now, "iat": now, "exp": now + 3600}
    if how == "alg none":
        return jwt.encode(claims, None, algorithm="none")
    if how == "HS256 keyed with the public key":
        head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        mac = base64.urlsafe_b64encode(hmac.new(public, head + b"." + body, hashlib.sha256).digest()).rstrip(b"=")
        return (head + b"." + body + b"." + mac).decode()
    if how == "another service's key":
        other = keys.generate("rsa2048")
        (settings.current().public_dir / "other.pub").write_bytes(keys.public_pem(other.public_key()))
        return jwt.encode(claims, other, algorithm="RS256")
    if how == "its claims were changed":
        head, _, mac = jwt.encode(claims, private, algorithm="RS256").split(".")
        _, body, _ = jwt.encode({**claims, "sub": "ANOTHER"}, private, algorithm="RS256").split(".")
        return f"{head}.{body}.{mac}"
    changed = {
        "expired": {"exp": now - 1},
        "not yet valid": {"nbf": now + 600},
        "without sub": {"sub": None},
        "sub of nobody": {"sub": "NOBODY"},
        "sub of somebody revoked": {"sub": "GONE"},
        "sub of a medic": {"sub": "MEDIC"},
        "sub is a number": {"sub": 7},
        "sub with a NUL": {"sub": "A\0B"},
        "for making an admin": {"sub": None, ANON_ADMIN: True},
        "CN in place of sub": {"sub": None, "CN": "KARHU"},
        "without exp": {"exp": None},
        "RS512": {},
    }[how]
    claims = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    return jwt.encode(claims, private, algorithm="RS512" if how == "RS512" else "RS256")


TOKENS = [
    ("alg none", "says none, and only RS256"),
    ("HS256 keyed with the public key", "says HS256, and only RS256"),
    ("RS512", "says RS512"),
    ("another service's key", "not signed with the deployment's own key"),
    ("its claims were changed", "not signed with the deployment's own key"),
    ("expired", "has run out"),
    ("not yet valid", "not valid yet"),
    ("without exp", "does not say its exp"),
    ("without sub", "does not say whom it is for"),
    ("sub is a number", "does not say whom it is for|cannot be read"),
    ("sub with a NUL", "does not say whom it is for"),
    ("CN in place of sub", "does not say whom it is for"),
    ("for making an admin", "does not say whom it is for"),
    ("sub of nobody", "Nobody of this deployment"),
    ("sub of somebody revoked", "was revoked"),
    ("sub of a medic", "MEDIC has no role"),
]


def test_tokens(karhu, monkeypatch):
    make_person("MEDIC", "medic")
    make_person("GONE", "admin", deleted=START)
    for how, words in TOKENS:
        monkeypatch.setattr(origin, "_user", lambda how=how: how)  # each has attempts of their own
        token = Secret(forged(how))
        refused("token", lambda token=token: signin.with_token(token, "command"), words)
        change(token=token)
        refused("token", lambda: signin.for_this_run("command", lambda: None), words)
        with connection():
            assert all(token.reveal().split(".")[1] not in f"{row.reason}{row.details}{row.target}" for row in Audit.select())


def test_what_is_no_token(karhu):
    for token in ("", "a.b.c", "ünïcode", "x" * 100_000, "\x1b[2J"):
        refused("token", lambda token=token: signin.with_token(Secret(token), "command"), "The token is refused")


def test_a_good_token_is_good_in_any_case(karhu):
    assert signin.with_token(token_for("karhu"), "command").operator.callsign == "KARHU"
