"""The embedded authority: what it makes, signs and revokes, and what it refuses."""

from __future__ import annotations

import datetime as dt
import errno
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import hostile_csr as hostile
import pytest
from authorities import NOW, Run, accepts, chain_of, failure, key_ids, make, mode, usages
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rmtui import clock
from rmtui.errors import ConfigurationError, InvalidCallsign
from rmtui.pki import csr, files, keys
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import (
    AuthorityMissing,
    CSRError,
    FileMissing,
    PKIError,
    Revocation,
    WrongPassphrase,
)
from rmtui.settings import Secret, Settings


def test_the_two_authorities_are_what_they_should_be(now: dt.datetime, tmp_path: Path) -> None:
    authority = make(tmp_path)
    issuing, root = chain_of(authority)

    assert root.subject == root.issuer == issuing.issuer
    assert root.subject.rfc4514_string() == "CN=Testers root CA"
    assert issuing.subject.rfc4514_string() == "CN=Testers issuing CA"
    root.verify_directly_issued_by(root)
    issuing.verify_directly_issued_by(root)
    for certificate, length, years in ((root, 1, 20), (issuing, 0, 10)):
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert basic.critical
        assert (basic.value.ca, basic.value.path_length) == (True, length)
        assert usages(certificate) == {"key_cert_sign", "crl_sign"}
        assert certificate.not_valid_before_utc == now - dt.timedelta(minutes=5)
        assert certificate.not_valid_after_utc == now + dt.timedelta(days=years * 365.25)
        assert certificate.version == x509.Version.v3
        assert certificate.serial_number.bit_length() > 100
    assert (len(root.extensions), len(issuing.extensions)) == (3, 4)
    assert key_ids(root)[1] is None
    assert key_ids(issuing)[1] == key_ids(root)[0]
    assert root.serial_number != issuing.serial_number
    assert root.public_key() != issuing.public_key()
    assert authority.describe() == "embedded authority, CN=Testers issuing CA"


def test_files_and_modes_of_the_authority(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        authority = make(tmp_path)
    finally:
        os.umask(before)
    assert authority.exists()
    assert mode(authority.ca_dir) == 0o700
    assert {path.name: mode(path) for path in authority.ca_dir.iterdir()} == dict.fromkeys(
        ("root.key", "root.pem", "issuing.key", "issuing.pem"), 0o600
    )
    assert mode(authority.public_dir) == 0o755
    assert {path.name: mode(path) for path in authority.public_dir.iterdir()} == {"ca_chain.pem": 0o644, "crl.pem": 0o644}
    assert (authority.public_dir / "ca_chain.pem").read_bytes() == authority.ca_chain()
    assert sorted(path.name for path in authority.ca_dir.parent.iterdir()) == [".ca.lock", "ca"]
    assert {path.stat().st_uid for path in tmp_path.rglob("*")} == {tmp_path.stat().st_uid}


@pytest.mark.parametrize("kind", ["ec256", "rsa2048"])
@pytest.mark.parametrize("callsign", ["KARHU1", "Åke 1", "a" * 64])
def test_a_persons_certificate_to_the_last_extension(
    now: dt.datetime, tmp_path: Path, rsa_key: rsa.RSAPrivateKey, kind: str, callsign: str
) -> None:
    authority = make(tmp_path)
    issuing, _ = chain_of(authority)
    key = rsa_key if kind == "rsa2048" else keys.generate(kind)
    signed = authority.sign(csr.build_csr(key, callsign), callsign)
    leaf = x509.load_pem_x509_certificate(signed.certificate)

    assert [(each.oid, each.value) for each in leaf.subject] == [(NameOID.COMMON_NAME, callsign)]
    assert leaf.issuer == issuing.subject
    leaf.verify_directly_issued_by(issuing)
    assert leaf.public_key() == key.public_key()
    assert isinstance(leaf.signature_hash_algorithm, hashes.SHA256)
    basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca) == (True, False)
    assert usages(leaf) == {"digital_signature", "content_commitment"} | ({"key_encipherment"} if kind == "rsa2048" else set())
    extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(extended.value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert key_ids(leaf)[1] == key_ids(issuing)[0]
    assert len(leaf.extensions) == 5
    assert x509.load_pem_x509_certificate(signed.chain) == issuing
    assert signed.serial == leaf.serial_number > 2**100
    assert (signed.not_before, signed.not_after) == (leaf.not_valid_before_utc, leaf.not_valid_after_utc)
    assert (signed.not_before, signed.not_after) == (now - dt.timedelta(minutes=5), now + dt.timedelta(hours=1008))
    assert signed.fingerprint == leaf.fingerprint(hashes.SHA256()).hex()


def test_a_kept_key_is_read_once_and_never_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, other = make(tmp_path / "one"), make(tmp_path / "other")
    request = csr.build_csr(keys.generate("ec256"), "FOO")
    read: list[str] = []
    load = keys.load

    def counted(*args: Any, what: str) -> Any:
        read.append(what)
        return load(*args, what=what)

    def issuer_of_the_next() -> bytes:
        return authority.sign(request, "FOO").chain

    monkeypatch.setattr(keys, "load", counted)
    before = {issuer_of_the_next() for _ in range(2)}
    assert len(read) == 2
    authority.keep_key()
    assert {issuer_of_the_next() for _ in range(3)} == before
    assert len(read) == 3
    for name in ("issuing.key", "issuing.pem"):
        (other.ca_dir / name).replace(authority.ca_dir / name)
    assert issuer_of_the_next() not in before
    assert len(read) == 4
    (authority.ca_dir / "issuing.key").unlink()
    with pytest.raises(AuthorityMissing):
        issuer_of_the_next()


def test_rsa_4096_all_the_way_signs_with_sha512_and_is_accepted(tmp_path: Path, openssl: Run) -> None:
    authority = make(tmp_path, key_type="rsa4096", passphrase="word")
    issuing, root = chain_of(authority)
    assert keys.describe(issuing.public_key()) == keys.describe(root.public_key()) == "RSA 4096"
    signed = authority.sign(csr.build_csr(keys.generate("rsa4096"), "FOO"), "FOO")
    leaf = x509.load_pem_x509_certificate(signed.certificate)
    assert isinstance(leaf.signature_hash_algorithm, hashes.SHA512)
    assert keys.describe(leaf.public_key()) == "RSA 4096"
    leaf.verify_directly_issued_by(issuing)
    accepts(authority, tmp_path, signed.certificate, openssl)


def test_a_certificate_never_outlives_its_authority_nor_precedes_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clock, "utcnow", lambda: NOW)
    authority = make(tmp_path)
    issuing, _ = chain_of(authority)
    request = csr.build_csr(keys.generate("ec256"), "FOO")
    monkeypatch.setattr(clock, "utcnow", lambda: issuing.not_valid_after_utc - dt.timedelta(hours=1))
    assert authority.sign(request, "FOO").not_after == issuing.not_valid_after_utc
    monkeypatch.setattr(clock, "utcnow", lambda: issuing.not_valid_after_utc)
    with pytest.raises(PKIError, match=r"ran out on 2040-.* Nothing was signed"):
        authority.sign(request, "FOO")
    monkeypatch.setattr(clock, "utcnow", lambda: NOW - dt.timedelta(minutes=3))
    assert authority.sign(request, "FOO").not_before == issuing.not_valid_before_utc
    monkeypatch.setattr(clock, "utcnow", lambda: NOW - dt.timedelta(days=400))
    with pytest.raises(PKIError, match=r"not valid before .* Nothing was signed; set the clock right"):
        authority.sign(request, "FOO")


def test_what_is_not_fit_is_not_signed(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    authority = make(tmp_path)
    subject = hostile.name([hostile.attribute(hostile.CN, b"FOO")])
    with pytest.raises(CSRError, match="not for “BAR”"):
        authority.sign(hostile.csr(rsa_key, subject), "BAR")
    with pytest.raises(CSRError, match="CA:TRUE"):
        authority.sign(hostile.csr(rsa_key, subject, attributes=hostile.extension_request(hostile.CA_TRUE)), "FOO")
    for callsign in ("a\nb", "../x", "", " "):
        with pytest.raises(InvalidCallsign, match="Nothing was signed"):
            authority.sign(hostile.csr(rsa_key, hostile.name([hostile.attribute(hostile.CN, callsign.encode())])), callsign)


def test_keys_are_encrypted_with_the_passphrase_which_must_be_right(tmp_path: Path) -> None:
    authority = make(tmp_path, passphrase="correct horse")
    for name in ("root.key", "issuing.key"):
        assert (authority.ca_dir / name).read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    request = csr.build_csr(keys.generate("ec256"), "FOO")
    assert authority.sign(request, "FOO")
    for word, words in (("wrong", "does not open"), ("", "no passphrase is configured")):
        stranger = EmbeddedAuthority(authority.ca_dir, authority.public_dir, passphrase=Secret(word), hours=1)
        assert stranger.describe()
        for act in (lambda who=stranger: who.sign(request, "FOO"), lambda who=stranger: who.publish_crl(list)):
            with pytest.raises(WrongPassphrase, match=words) as caught:
                act()
            assert caught.value.exit_code == 2
            shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
            assert "horse" not in shown
            assert (authority.ca_dir / "issuing.key").read_text().splitlines()[2] not in shown
    assert "horse" not in repr(authority)
    assert "horse" not in repr(vars(authority))


def test_no_authority_is_a_sentence_and_never_made_in_passing(tmp_path: Path) -> None:
    authority = EmbeddedAuthority(tmp_path / "private" / "ca", tmp_path / "public", passphrase=Secret(), hours=1)
    assert not authority.exists()
    request = csr.build_csr(keys.generate("ec256"), "FOO")
    for act in (
        authority.describe,
        authority.ca_chain,
        lambda: authority.sign(request, "FOO"),
        lambda: authority.publish_crl(list),
        lambda: authority.revoke(Revocation(1, clock.utcnow()), list),
    ):
        with pytest.raises(AuthorityMissing, match="Make one with “rmtui init”") as caught:
            act()
        assert caught.value.exit_code == 2
    with pytest.raises(FileMissing):
        authority.crl()
    assert not (tmp_path / "private").exists()


@pytest.mark.parametrize("name", ["root.key", "root.pem", "issuing.key", "issuing.pem"])
def test_an_incomplete_or_damaged_authority_signs_nothing_and_is_not_overwritten(tmp_path: Path, name: str) -> None:
    authority = make(tmp_path)
    content = (authority.ca_dir / name).read_bytes()
    (authority.ca_dir / name).write_bytes(b"damaged")
    with pytest.raises(PKIError, match="restore"):
        authority.publish_crl(list)
    (authority.ca_dir / name).unlink()
    assert not authority.exists()
    with pytest.raises(AuthorityMissing):
        authority.publish_crl(list)
    with pytest.raises(PKIError, match="something is in"):
        make(tmp_path)
    (authority.ca_dir / name).write_bytes(content)
    authority.publish_crl(list)


def test_a_key_that_is_not_the_certificates_signs_nothing(tmp_path: Path) -> None:
    authority = make(tmp_path)
    (authority.ca_dir / "issuing.key").write_bytes(keys.private_pem(keys.generate("ec256")))
    with pytest.raises(PKIError, match="does not belong to the certificate"):
        authority.sign(csr.build_csr(keys.generate("ec256"), "FOO"), "FOO")


def test_an_authority_is_never_overwritten(tmp_path: Path) -> None:
    authority = make(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(PKIError, match=r"something is in .* already, and it was left as it is"):
        make(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    authority.ca_dir.rename(tmp_path / "elsewhere")
    with pytest.raises(PKIError, match="belongs to another one"):
        make(tmp_path)
    assert not authority.ca_dir.exists()
    authority.ca_dir.symlink_to(tmp_path / "nowhere")
    with pytest.raises(PKIError, match="something is in"):
        make(tmp_path)


def test_what_a_crash_left_half_made_is_cleared_and_an_empty_directory_is_used(tmp_path: Path) -> None:
    half = tmp_path / "private" / ".ca.0123456789ab.part"
    half.mkdir(parents=True)
    (half / "root.key").write_text("half a key")
    (tmp_path / "private" / "ca").mkdir()
    assert make(tmp_path).exists()
    assert not half.exists()


@pytest.mark.parametrize("call", ["write", "fsync", "mkdir"])
@pytest.mark.parametrize("after", range(0, 14, 2))
def test_a_full_disk_leaves_no_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, after: int) -> None:
    place = tmp_path / "place"
    for name in ("private", "public"):
        files.make_dir(place / name, 0o755)
    real = getattr(os, call)
    calls = iter(range(after if call != "mkdir" else 0))

    def full(*arguments: Any, **named: Any) -> Any:
        if next(calls, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        problem = failure(lambda: make(place))
    made = problem is None
    assert made or problem.startswith("The disk is full")
    left = {path.name for path in place.rglob("*")}
    whole = {"private", "public", ".ca.lock", "ca", "root.key", "root.pem", "issuing.key", "issuing.pem", "ca_chain.pem", "crl.pem"}
    assert left == (whole if made else {"private", "public", ".ca.lock"})
    if not made:
        assert make(place).exists()


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 49, "Å" * 25, "a/b"])
def test_a_name_that_cannot_be_is_a_matter_of_configuration(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="No authority was made"):
        EmbeddedAuthority.create(tmp_path / "ca", tmp_path / "public", passphrase=Secret(), hours=1, key_type="ec256", name=name)
    assert not (tmp_path / "ca").exists()


def test_settings_name_the_authority(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {"RM_PERSISTENT_DATA_DIR": str(tmp_path), "RMTUI_CA_PASSPHRASE": "word", "HOME": str(tmp_path)}, cert_hours=5
    )
    authority = EmbeddedAuthority.from_settings(settings)
    assert (authority.ca_dir, authority.public_dir) == (tmp_path / "private" / "ca", tmp_path / "public")
    make(tmp_path, passphrase="word")
    signed = authority.sign(csr.build_csr(keys.generate("ec256"), "FOO"), "FOO")
    assert signed.not_after - signed.not_before == dt.timedelta(hours=5, minutes=5)


def test_naming_an_authority_loads_no_cryptography() -> None:
    program = (
        "import sys\n"
        "import rmtui.pki.interface, rmtui.pki.files, rmtui.pki.identity, rmtui.pki.embedded, rmtui.pki.tokens\n"
        "print(sorted({'cryptography', 'jwt', 'textual', 'peewee'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
