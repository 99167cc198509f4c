"""The CRLs: both there, never older than what they replace, accepted by others."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from authorities import NOW, Run, accepts, chain_of, crls_of, key_ids, make, mode, number
from cryptography import x509

from rmtui import clock
from rmtui.pki import csr, files, keys
from rmtui.pki.interface import (
    REASONS,
    AuthorityUnavailable,
    PKIError,
    Revocation,
)


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


def test_whom_a_crl_names_stays_named(now: dt.datetime, tmp_path: Path) -> None:
    authority = make(tmp_path)
    authority.publish_crl(lambda: [Revocation(100, now, "keyCompromise"), Revocation(101, now), Revocation(102, now)])
    authority.publish_crl(lambda: [Revocation(102, now + dt.timedelta(seconds=5), "superseded"), Revocation(103, now)])  # another database
    authority.publish_crl(list)
    issuing, root = crls_of(authority)
    entries = {entry.serial_number: entry for entry in issuing}
    assert set(entries) == {100, 101, 102, 103}
    assert entries[100].revocation_date_utc == now
    assert entries[100].extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    assert entries[102].extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.superseded
    assert len(entries[101].extensions) == 0
    assert list(root) == []


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
