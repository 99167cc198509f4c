"""The embedded authority: what it makes, signs and revokes, and what it refuses."""

from __future__ import annotations

import datetime as dt
import errno
import os
import stat
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hostile_csr as hostile
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rmtui import clock
from rmtui.errors import ConfigurationError, InvalidCallsign
from rmtui.pki import csr, files, keys
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import (
    REASONS,
    AuthorityMissing,
    AuthorityUnavailable,
    CSRError,
    FileMissing,
    PKIError,
    Revocation,
    StorageError,
    WrongPassphrase,
)
from rmtui.settings import Secret, Settings

NOW = dt.datetime(2030, 6, 1, 12, 0, 0, tzinfo=dt.UTC)
Run = Callable[..., Any]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def make(tmp_path: Path, *, passphrase: str = "", hours: int = 1008, key_type: str = "ec256") -> EmbeddedAuthority:
    return EmbeddedAuthority.create(
        tmp_path / "private" / "ca", tmp_path / "public", passphrase=Secret(passphrase), hours=hours, key_type=key_type, name="Testers"
    )


def failure(act: Callable[[], object]) -> str | None:
    """The sentence with which files could not be written; None when they were."""
    try:
        act()
    except StorageError as error:
        return error.sentence
    return None


def chain_of(authority: EmbeddedAuthority) -> tuple[x509.Certificate, x509.Certificate]:
    issuing, root = x509.load_pem_x509_certificates(authority.ca_chain())
    return issuing, root


def crls_of(authority: EmbeddedAuthority) -> tuple[x509.CertificateRevocationList, x509.CertificateRevocationList]:
    end = b"-----END X509 CRL-----\n"
    issuing, root, rest = authority.crl().split(end)
    assert rest == b""
    return x509.load_pem_x509_crl(issuing + end), x509.load_pem_x509_crl(root + end)


def number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def usages(certificate: x509.Certificate) -> set[str]:
    extension = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert extension.critical
    names = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    ]
    return {name for name in names if getattr(extension.value, name)}


def key_ids(certificate: x509.Certificate) -> tuple[bytes, bytes | None]:
    """SKI and AKI; neither is critical."""
    subject = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert not subject.critical
    assert subject.value == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    try:
        above = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return subject.value.digest, None
    assert not above.critical
    return subject.value.digest, above.value.key_identifier


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> dt.datetime:
    monkeypatch.setattr(clock, "utcnow", lambda: NOW)
    return NOW


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


def accepts(authority: EmbeddedAuthority, tmp_path: Path, certificate: bytes, openssl: Run, *, revoked: bool = False) -> None:
    """Whether openssl, where there is one, accepts the certificate, or refuses it as revoked."""
    (tmp_path / "leaf.pem").write_bytes(certificate)
    chain, crl = authority.public_dir / "ca_chain.pem", authority.public_dir / "crl.pem"
    seen = openssl(
        "verify", "-x509_strict", "-crl_check_all", "-purpose", "sslclient", "-CAfile", chain, "-CRLfile", crl, tmp_path / "leaf.pem"
    )
    if seen is not None:
        assert (seen.returncode == 0) is not revoked, seen
        assert not revoked or b"certificate revoked" in seen.stderr


@pytest.mark.parametrize("key_type", ["ec256", "rsa2048"])
def test_both_crls_are_there_and_accepted_until_the_certificate_is_revoked(tmp_path: Path, openssl: Run, key_type: str) -> None:
    authority = make(tmp_path, key_type=key_type)
    signed = authority.sign(csr.build_csr(keys.generate("ec256"), "FOO"), "FOO")
    other = authority.sign(csr.build_csr(keys.generate("ec256"), "BAR"), "BAR")
    issuing, root = chain_of(authority)
    for crl, ca in zip(crls_of(authority), (issuing, root), strict=True):
        assert crl.issuer == ca.subject
        assert crl.is_signature_valid(ca.public_key())
        assert list(crl) == []
        assert crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == key_ids(ca)[0]
        assert len(crl.extensions) == 2
        assert crl.next_update_utc is not None
        assert crl.next_update_utc - crl.last_update_utc == dt.timedelta(days=60, minutes=5)
    accepts(authority, tmp_path, signed.certificate, openssl)

    authority.revoke(Revocation(signed.serial, clock.utcnow(), "keyCompromise"), list)
    entry = crls_of(authority)[0].get_revoked_certificate_by_serial_number(signed.serial)
    assert entry is not None
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    accepts(authority, tmp_path, signed.certificate, openssl, revoked=True)
    accepts(authority, tmp_path, other.certificate, openssl)
    assert list(crls_of(authority)[1]) == []


def test_revocations_are_dated_reasoned_and_counted_once(now: dt.datetime, tmp_path: Path) -> None:
    authority = make(tmp_path)
    days = [now - dt.timedelta(days=each) for each in range(10)]
    revocations = [Revocation(100 + at, days[at], reason) for at, reason in enumerate(REASONS)]
    revocations += [
        Revocation(100, days[9], "superseded"),
        Revocation(200, days[1], "lost in the woods"),
        Revocation(201, days[1], "removeFromCRL"),
    ]
    authority.publish_crl(lambda: iter(revocations))
    entries = {entry.serial_number: entry for entry in crls_of(authority)[0]}
    assert set(entries) == {100, 101, 102, 103, 104, 105, 200, 201}
    assert entries[100].revocation_date_utc == days[9]
    assert entries[100].extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.superseded
    assert entries[101].extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    assert entries[105].extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.privilege_withdrawn
    assert len(entries[200].extensions) == len(entries[201].extensions) == 0


def test_an_unspecified_reason_is_left_out(tmp_path: Path) -> None:
    authority = make(tmp_path)
    authority.publish_crl(lambda: [Revocation(7, clock.utcnow())])
    assert len(next(iter(crls_of(authority)[0])).extensions) == 0


def test_revoking_keeps_what_was_revoked_and_wants_a_known_reason(tmp_path: Path) -> None:
    authority = make(tmp_path)
    before = authority.crl()
    with pytest.raises(PKIError, match="is no reason; take one of unspecified, keyCompromise"):
        authority.revoke(Revocation(8, clock.utcnow(), "key_compromise"), list)
    assert authority.crl() == before
    authority.revoke(Revocation(8, clock.utcnow(), "superseded"), lambda: [Revocation(7, clock.utcnow())])
    assert {entry.serial_number for entry in crls_of(authority)[0]} == {7, 8}


def test_crl_numbers_only_grow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = make(tmp_path)
    seen = [number(crls_of(authority)[0])]
    for _ in range(3):
        authority.publish_crl(list)
        seen += [number(crls_of(authority)[0])]
        assert number(crls_of(authority)[1]) == seen[-1]
    monkeypatch.setattr(clock, "utcnow", lambda: NOW)
    authority.publish_crl(list)
    seen += [number(crls_of(authority)[0])]
    monkeypatch.setattr(clock, "utcnow", lambda: NOW - dt.timedelta(days=300))
    authority.publish_crl(list)
    seen += [number(crls_of(authority)[0])]
    assert seen == sorted(set(seen))
    (authority.public_dir / "crl.pem").unlink()
    monkeypatch.setattr(clock, "utcnow", lambda: NOW + dt.timedelta(minutes=1))
    authority.publish_crl(list)
    assert number(crls_of(authority)[0]) > seen[-1]


def test_somebody_elses_crl_does_not_count(tmp_path: Path) -> None:
    authority, other = make(tmp_path / "a"), make(tmp_path / "b")
    other.publish_crl(list)
    for content in (other.crl(), b"garbage", b"", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"):
        (authority.public_dir / "crl.pem").write_bytes(content)
        authority.publish_crl(list)
        assert crls_of(authority)[0].is_signature_valid(chain_of(authority)[0].public_key())


def test_publishing_restores_a_chain_that_is_missing_or_changed(tmp_path: Path) -> None:
    authority = make(tmp_path)
    chain = authority.ca_chain()
    path = authority.public_dir / "ca_chain.pem"
    for spoil in (path.unlink, lambda: path.write_bytes(b"other")):
        spoil()
        authority.publish_crl(list)
        assert path.read_bytes() == chain
        assert mode(path) == 0o644


_PUBLISH = """
import sys, time
from pathlib import Path
from rmtui import clock
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import Revocation
from rmtui.settings import Secret

base = Path(sys.argv[1])
authority = EmbeddedAuthority(base / "private" / "ca", base / "public", passphrase=Secret(), hours=1)
record = base / "record"

def revocations():
    found = [int(line) for line in record.read_text().split()]
    time.sleep(0.002)
    return [Revocation(serial, clock.utcnow()) for serial in found]

for serial in range(int(sys.argv[2]), int(sys.argv[2]) + 15):
    with record.open("a") as file:
        file.write(f"{serial}\\n")
    authority.publish_crl(revocations)
"""


def test_publishing_sweeps_what_killed_publishers_left(tmp_path: Path) -> None:
    authority = make(tmp_path)
    (authority.public_dir / ".crl.pem.0123456789ab.part").write_bytes(b"half")
    authority.publish_crl(list)
    assert sorted(path.name for path in authority.public_dir.iterdir()) == ["ca_chain.pem", "crl.pem"]


def test_two_processes_that_publish_at_once_lose_nothing(tmp_path: Path) -> None:
    authority = make(tmp_path)
    (tmp_path / "record").touch()
    first = number(crls_of(authority)[0])
    processes = [subprocess.Popen([sys.executable, "-c", _PUBLISH, str(tmp_path), str(start)]) for start in (100, 200)]
    assert [process.wait(60) for process in processes] == [0, 0]
    revoked = {entry.serial_number for entry in crls_of(authority)[0]}
    assert revoked == {*range(100, 115), *range(200, 215)}
    assert number(crls_of(authority)[0]) >= first + 30
    assert sorted(path.name for path in authority.public_dir.iterdir()) == ["ca_chain.pem", "crl.pem"]


def test_the_list_is_asked_for_under_the_lock(tmp_path: Path) -> None:
    authority = make(tmp_path)

    def revocations() -> list[Revocation]:
        with pytest.raises(AuthorityUnavailable), files.lock(authority.ca_dir.parent / ".ca.lock", timeout=0):
            pytest.fail("the lock was free")
        return []

    authority.publish_crl(revocations)


def test_a_failing_list_leaves_the_published_crl(tmp_path: Path) -> None:
    authority = make(tmp_path)
    before = authority.crl()

    def fail() -> list[Revocation]:
        raise ValueError("the database is gone")

    with pytest.raises(ValueError, match="gone"):
        authority.publish_crl(fail)
    assert authority.crl() == before
    authority.publish_crl(list)


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
