"""Tokens: RS256 and nothing else, by our clock, by whose key."""

from __future__ import annotations

import base64
import datetime as dt
import errno
import hashlib
import hmac
import json
import os
import stat
import traceback
import warnings
from pathlib import Path
from typing import Any

import jwt
import pytest
from authorities import NOW
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rmtui import clock
from rmtui.pki import keys
from rmtui.pki.interface import FileMissing, PKIError, StorageError, TokenError, WrongPassphrase
from rmtui.pki.tokens import JWTKeys
from rmtui.settings import Secret, Settings


@pytest.fixture
def tokens(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> JWTKeys:
    """The deployment's keys, in a directory with room for others."""
    private, public = tmp_path / "private" / "rasenmaeher_jwt.key", tmp_path / "public"
    private.parent.mkdir()
    public.mkdir()
    private.write_bytes(keys.private_pem(rsa_key))
    (public / "rasenmaeher_jwt.pub").write_bytes(keys.public_pem(rsa_key.public_key()))
    return JWTKeys(private, public, Secret())


@pytest.fixture(scope="module")
def foreign() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def times(now: dt.datetime, **changes: Any) -> dict[str, Any]:
    stamp = int(now.timestamp())
    claims = {"sub": "KARHU1", "nbf": stamp, "iat": stamp, "exp": stamp + 7200, **changes}
    return {name: value for name, value in claims.items() if value is not None}


def forge(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    body = part(json.dumps(header).encode()) + b"." + part(json.dumps(claims).encode())
    signature = hmac.new(secret, body, hashlib.sha256).digest() if secret is not None else b""
    return (body + b"." + part(signature)).decode()


def refusal(tokens: JWTKeys, token: str, own_only: bool = False) -> str:
    with pytest.raises(TokenError) as caught:
        tokens.verify(token, own_only)
    assert caught.value.sentence.startswith("The token is refused: ")
    assert token not in caught.value.sentence or not token
    return caught.value.sentence


def test_a_token_is_issued_and_verified(tokens: JWTKeys, now: dt.datetime) -> None:
    token = tokens.issue({"sub": "KARHU1", "CN": "Åke"})
    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    stamp = int(now.timestamp())
    for own_only in (False, True):
        assert tokens.verify(token, own_only) == {"sub": "KARHU1", "CN": "Åke", "nbf": stamp, "iat": stamp, "exp": stamp + 7200}


def test_claims_cannot_set_their_own_times(tokens: JWTKeys, now: dt.datetime) -> None:
    claims = tokens.verify(tokens.issue({"exp": 2**40, "nbf": 0, "iat": 0}, dt.timedelta(minutes=1)))
    stamp = int(now.timestamp())
    assert (claims["nbf"], claims["iat"], claims["exp"]) == (stamp, stamp, stamp + 60)


def test_a_claim_that_is_no_json_is_a_sentence(tokens: JWTKeys) -> None:
    with pytest.raises(TokenError, match="No token was issued"):
        tokens.issue({"when": NOW})


def test_an_audience_of_others_is_no_hindrance(tokens: JWTKeys) -> None:
    assert tokens.verify(tokens.issue({"aud": "tak"}))["aud"] == "tak"


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "PS256", "RS512", "ES256", "rs256", "", None, 5])
def test_only_rs256_is_accepted_whatever_the_token_says(tokens: JWTKeys, now: dt.datetime, algorithm: Any) -> None:
    public = (tokens.pubkey / "rasenmaeher_jwt.pub").read_bytes()
    for secret in (None, public, public.strip(), b""):
        assert "only RS256" in refusal(tokens, forge({"alg": algorithm, "typ": "JWT"}, times(now), secret))


def test_hs256_under_the_name_of_rs256_is_refused(tokens: JWTKeys, now: dt.datetime) -> None:
    public = (tokens.pubkey / "rasenmaeher_jwt.pub").read_bytes()
    assert "not signed with" in refusal(tokens, forge({"alg": "RS256"}, times(now), public))
    assert "not signed with" in refusal(tokens, forge({"alg": "RS256"}, times(now), None))


def test_other_algorithms_with_the_right_key_are_refused(tokens: JWTKeys, now: dt.datetime, rsa_key: rsa.RSAPrivateKey) -> None:
    for algorithm in ("RS384", "RS512", "PS256"):
        assert "only RS256" in refusal(tokens, jwt.encode(times(now), rsa_key, algorithm=algorithm))


def test_a_wrong_key_and_a_changed_token_are_refused(tokens: JWTKeys, now: dt.datetime, foreign: rsa.RSAPrivateKey) -> None:
    assert "not signed with a key of this deployment" in refusal(tokens, jwt.encode(times(now), foreign, algorithm="RS256"))
    header, _, signature = tokens.issue({"sub": "KARHU1"}).split(".")
    body = base64.urlsafe_b64encode(json.dumps(times(now, sub="ADMIN01")).encode()).rstrip(b"=").decode()
    assert "not signed with" in refusal(tokens, f"{header}.{body}.{signature}")


def test_a_key_that_the_token_brings_along_is_not_used(tokens: JWTKeys, now: dt.datetime, foreign: rsa.RSAPrivateKey) -> None:
    own = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(foreign.public_key()))
    for headers in ({"jwk": own}, {"jku": "https://evil.example/keys"}, {"kid": "../../public/evil.pub"}):
        assert "not signed with" in refusal(tokens, jwt.encode(times(now), foreign, algorithm="RS256", headers=headers))


def test_a_services_key_is_believed_but_not_for_signing_in(tokens: JWTKeys, now: dt.datetime, foreign: rsa.RSAPrivateKey) -> None:
    token = jwt.encode(times(now), foreign, algorithm="RS256")
    (tokens.pubkey / "takserver.pub").write_bytes(keys.public_pem(foreign.public_key()))
    assert tokens.verify(token)["sub"] == "KARHU1"
    assert "deployment's own key" in refusal(tokens, token, own_only=True)
    assert tokens.verify(tokens.issue({"sub": "KARHU1"}), own_only=True)


def test_the_public_file_alone_does_not_make_a_key_the_deployments_own(
    tokens: JWTKeys, now: dt.datetime, foreign: rsa.RSAPrivateKey
) -> None:
    (tokens.pubkey / "rasenmaeher_jwt.pub").write_bytes(keys.public_pem(foreign.public_key()))
    assert "own key" in refusal(tokens, jwt.encode(times(now), foreign, algorithm="RS256"), own_only=True)


def test_a_host_without_the_private_key_verifies_by_the_public_one(tokens: JWTKeys, foreign: rsa.RSAPrivateKey, now: dt.datetime) -> None:
    token = tokens.issue({"sub": "KARHU1"})
    tokens.privkey.unlink()
    assert not tokens.exists()
    assert tokens.verify(token, own_only=True)["sub"] == "KARHU1"
    (tokens.pubkey / "takserver.pub").write_bytes(keys.public_pem(foreign.public_key()))
    assert "own key" in refusal(tokens, jwt.encode(times(now), foreign, algorithm="RS256"), own_only=True)
    with pytest.raises(FileMissing):
        tokens.issue({})
    (tokens.pubkey / "rasenmaeher_jwt.pub").write_bytes(b"garbage")
    with pytest.raises(PKIError, match="is no RSA public key"):
        tokens.verify(token, own_only=True)


def test_what_is_no_rsa_key_in_the_directory_is_passed_over(tokens: JWTKeys, ec_key: ec.EllipticCurvePrivateKey) -> None:
    (tokens.pubkey / "a.pub").write_bytes(b"garbage")
    (tokens.pubkey / "b.pub").write_bytes(keys.public_pem(ec_key.public_key()))
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    (tokens.pubkey / "c.pub").write_bytes(keys.public_pem(weak.public_key()))
    (tokens.pubkey / "d.pub").mkdir()
    assert tokens.verify(tokens.issue({"sub": "KARHU1"}))
    with warnings.catch_warnings(action="ignore"):  # of the short key
        weakly_signed = jwt.encode(times(clock.utcnow()), weak, algorithm="RS256")
    assert "not signed with" in refusal(tokens, weakly_signed)


def test_a_directory_without_keys_or_with_unreadable_ones_is_a_sentence(tokens: JWTKeys) -> None:
    token = tokens.issue({})
    (tokens.pubkey / "rasenmaeher_jwt.pub").unlink()
    with pytest.raises(FileMissing, match="Check JWT_PUBKEY_PATH"):
        tokens.verify(token)
    (tokens.pubkey / "x.pub").mkdir()
    with pytest.raises(StorageError, match="was not read"):
        tokens.verify(token)


def test_a_mounted_secret_may_be_a_link(tokens: JWTKeys) -> None:
    for path in (tokens.privkey, tokens.pubkey / "rasenmaeher_jwt.pub"):
        path.rename(path.with_suffix(".data"))
        path.symlink_to(path.with_suffix(".data"))
    assert tokens.exists()
    assert tokens.verify(tokens.issue({"sub": "KARHU1"}))


def test_time_is_ours(tokens: JWTKeys, now: dt.datetime, rsa_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.issue({"sub": "KARHU1"})
    for offset, words in ((7199, None), (7200, "has run out"), (-9, None), (-11, "not valid yet")):
        monkeypatch.setattr(clock, "utcnow", lambda at=now + dt.timedelta(seconds=offset): at)
        if words is None:
            assert tokens.verify(token)
        else:
            assert words in refusal(tokens, token)
    monkeypatch.setattr(clock, "utcnow", lambda: now)
    stamp = now.timestamp()
    assert "not valid yet" in refusal(tokens, jwt.encode(times(now, iat=stamp + 60), rsa_key, algorithm="RS256"))
    assert tokens.verify(jwt.encode(times(now, iat=stamp - 0.5, nbf=stamp - 0.5), rsa_key, algorithm="RS256"))


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_every_time_must_be_there_and_be_one(tokens: JWTKeys, now: dt.datetime, rsa_key: rsa.RSAPrivateKey, name: str) -> None:
    assert f"does not say its {name}" in refusal(tokens, jwt.encode(times(now, **{name: None}), rsa_key, algorithm="RS256"))
    for value in ("2030-01-01", True, [], {}, 10**400, float("inf"), float("nan"), -1):
        assert "is no time" in refusal(tokens, jwt.encode(times(now, **{name: value}), rsa_key, algorithm="RS256"))


@pytest.mark.parametrize("token", ["", "abc", "a.b.c", "....", "å.b.c", "e30.e30.", "bnVsbA.e30.", "x" * 20_000, "\0"])
def test_garbage_is_refused(tokens: JWTKeys, token: str) -> None:
    assert len(refusal(tokens, token)) < 300


def test_a_payload_that_is_no_object_is_refused(tokens: JWTKeys, rsa_key: rsa.RSAPrivateKey) -> None:
    assert "cannot be read" in refusal(tokens, jwt.api_jws.encode(b"[1, 2]", rsa_key, algorithm="RS256"))


def test_keys_are_made_with_their_modes_and_never_overwritten(tmp_path: Path) -> None:
    tokens = JWTKeys(tmp_path / "private" / "rasenmaeher_jwt.key", tmp_path / "public", Secret("correct horse"))
    assert not tokens.exists()
    tokens.create(bits=2048)
    assert tokens.exists()
    public = tmp_path / "public" / "rasenmaeher_jwt.pub"
    assert stat.S_IMODE(tokens.privkey.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert tokens.privkey.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert public.read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----")
    assert tokens.verify(tokens.issue({"sub": "KARHU1"}), own_only=True)["sub"] == "KARHU1"
    before = (tokens.privkey.read_bytes(), public.read_bytes())
    with pytest.raises(PKIError, match="is there already, and was left as it is"):
        tokens.create(bits=2048)
    assert (tokens.privkey.read_bytes(), public.read_bytes()) == before
    tokens.privkey.unlink()
    with pytest.raises(PKIError, match=r"rasenmaeher_jwt\.pub is there already"):
        tokens.create(bits=2048)
    assert not tokens.privkey.exists()


def test_a_crash_between_the_two_halves_is_completed(tmp_path: Path) -> None:
    tokens = JWTKeys(tmp_path / "a.key", tmp_path / "public", Secret())
    tokens.create(bits=2048)
    private, public = tokens.privkey.read_bytes(), tokens.own_public.read_bytes()
    tokens.own_public.unlink()
    assert not tokens.exists()
    tokens.create(bits=2048)
    assert (tokens.privkey.read_bytes(), tokens.own_public.read_bytes()) == (private, public)


@pytest.mark.parametrize("after", range(3))
def test_a_full_disk_can_be_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    tokens = JWTKeys(tmp_path / "a.key", tmp_path / "public", Secret())
    tokens.own_public.parent.mkdir()
    real, calls = os.write, iter(range(after))

    def full(fd: int, data: bytes) -> int:
        if next(calls, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        if after < 2:
            with pytest.raises(StorageError, match="The disk is full"):
                tokens.create(bits=2048)
            tokens_left = {path.name for path in tmp_path.rglob("*") if path.name != "home"}
            assert tokens_left <= {".a.key.lock", "a.key", "public"}
    tokens.create(bits=2048)
    assert tokens.verify(tokens.issue({}), own_only=True)


def test_the_public_path_may_be_a_file(tmp_path: Path, foreign: rsa.RSAPrivateKey, now: dt.datetime) -> None:
    tokens = JWTKeys(tmp_path / "a.key", tmp_path / "keys" / "own.pub", Secret())
    tokens.create(bits=2048)
    assert tokens.own_public == tmp_path / "keys" / "own.pub"
    assert tokens.own_public.is_file()
    (tmp_path / "keys" / "other.pub").write_bytes(keys.public_pem(foreign.public_key()))
    assert tokens.verify(tokens.issue({}))
    assert "not signed with" in refusal(tokens, jwt.encode(times(now), foreign, algorithm="RS256"))


def test_the_passphrase_must_be_right_and_is_never_shown(tmp_path: Path) -> None:
    tokens = JWTKeys(tmp_path / "a.key", tmp_path / "public", Secret("correct horse"))
    tokens.create(bits=2048)
    assert "horse" not in repr(tokens) + repr(vars(tokens))
    stranger = JWTKeys(tokens.privkey, tokens.pubkey, Secret("wrong horse"))
    with pytest.raises(WrongPassphrase) as caught:
        stranger.issue({})
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "horse" not in shown
    assert tokens.privkey.read_text().splitlines()[2] not in shown
    assert stranger.verify(tokens.issue({}))


def test_a_private_key_of_another_kind_issues_nothing(tokens: JWTKeys, ec_key: ec.EllipticCurvePrivateKey) -> None:
    tokens.privkey.write_bytes(keys.private_pem(ec_key))
    with pytest.raises(PKIError, match="is no RSA key of 2048 bits"):
        tokens.issue({})


def test_settings_name_the_keys(tmp_path: Path) -> None:
    base = {"RM_PERSISTENT_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)}
    default = JWTKeys.from_settings(Settings.from_env(base))
    assert (default.privkey, default.pubkey) == (tmp_path / "private" / "rasenmaeher_jwt.key", tmp_path / "public")
    named = JWTKeys.from_settings(Settings.from_env({**base, "JWT_PRIVKEY_PATH": "/a.key", "JWT_PUBKEY_PATH": "/b"}))
    assert (named.privkey, named.pubkey) == (Path("/a.key"), Path("/b"))


def test_the_default_size_is_4096() -> None:
    assert JWTKeys.create.__defaults__ == (4096,)


def test_a_key_of_the_deployments_own_making_is_read(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    pem = rsa_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.BestAvailableEncryption(b"word")
    )
    (tmp_path / "a.key").write_bytes(pem)
    (tmp_path / "a.pub").write_bytes(keys.public_pem(rsa_key.public_key()))
    tokens = JWTKeys(tmp_path / "a.key", tmp_path / "a.pub", Secret("word"))
    assert tokens.verify(tokens.issue({"sub": "KARHU1"}), own_only=True)
