"""A person's directory: whole, with the deployment's modes, or not there."""

from __future__ import annotations

import datetime as dt
import errno
import os
import signal
import stat
import subprocess
import sys
import traceback
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import hostile_csr as hostile
import pytest
from authorities import failure
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from rmtui import clock
from rmtui.errors import InvalidCallsign
from rmtui.pki import csr, identity, keys, pkcs12
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import (
    Authority,
    AuthorityUnavailable,
    CSRError,
    PKIError,
    Revocation,
    SignedCertificate,
    StorageError,
)


class Other(Authority):
    """An authority that answers as it is told."""

    def __init__(self, real: EmbeddedAuthority, answer: Callable[[bytes, str], SignedCertificate]) -> None:
        self.real, self.answer = real, answer

    def describe(self) -> str:
        return "other"

    def sign(self, csr_pem: bytes, callsign: str) -> SignedCertificate:
        return self.answer(csr_pem, callsign)

    def announce(self) -> None:
        self.real.announce()

    def revoke(self, revocation: Revocation, revocations: Callable[[], Iterable[Revocation]]) -> None:
        self.real.revoke(revocation, revocations)

    def publish_crl(self, revocations: Callable[[], Iterable[Revocation]]) -> None:
        self.real.publish_crl(revocations)

    def ca_chain(self) -> bytes:
        return self.real.ca_chain()

    def crl(self) -> bytes:
        return self.real.crl()


def modes(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in directory.iterdir()}


def make(people: Path, authority: Authority, callsign: str = "KARHU1", **named: Any) -> tuple[Path, SignedCertificate]:
    directory = people / str(uuid.uuid4())
    return directory, identity.make_identity(directory, callsign, authority, key_type=named.pop("key_type", "ec256"), **named)


@pytest.mark.parametrize("key_type", ["ec256", "rsa2048"])
@pytest.mark.parametrize("callsign", ["KARHU1", "Åke 1"])
def test_an_identity_is_what_the_deployment_leaves_behind(
    authority: EmbeddedAuthority, people: Path, openssl: Callable[..., Any], key_type: str, callsign: str
) -> None:
    people.mkdir(mode=0o755)
    if os.geteuid() == 0:
        os.chown(people, 12345, 12346)
    before = os.umask(0o077)
    try:
        directory, signed = make(people, authority, callsign, key_type=key_type)
    finally:
        os.umask(before)
    assert (stat.S_IMODE(people.stat().st_mode), stat.S_IMODE(directory.stat().st_mode)) == (0o755, 0o700)
    assert modes(directory) == {"mtls.key": 0o400, "mtls.pub": 0o444, "mtls.csr": 0o444, "mtls.pem": 0o644, "mtls.pfx": 0o644}
    assert list(people.iterdir()) == [directory]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in people.rglob("*")} == {(people.stat().st_uid, people.stat().st_gid)}

    private = (directory / "mtls.key").read_bytes()
    assert private.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    key = load_pem_private_key(private, None)
    assert load_pem_public_key((directory / "mtls.pub").read_bytes()) == key.public_key()
    assert (directory / "mtls.pub").read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----\n")
    assert csr.check_csr((directory / "mtls.csr").read_bytes(), callsign).fingerprint == keys.spki_fingerprint(key.public_key())
    leaf, issuing = x509.load_pem_x509_certificates((directory / "mtls.pem").read_bytes())
    assert (directory / "mtls.pem").read_bytes() == signed.certificate + signed.chain
    leaf.verify_directly_issued_by(issuing)
    assert leaf.public_key() == key.public_key()
    opened = load_pkcs12((directory / "mtls.pfx").read_bytes(), callsign.encode())
    assert opened.cert is not None
    assert (opened.cert.certificate, opened.cert.friendly_name) == (leaf, callsign.encode())
    assert opened.key is not None
    assert opened.key.public_key() == key.public_key()
    assert [each.certificate for each in opened.additional_certs] == [issuing]

    chain, crl = authority.public_dir / "ca_chain.pem", authority.public_dir / "crl.pem"
    for arguments in (
        ("verify", "-crl_check_all", "-CAfile", chain, "-CRLfile", crl, directory / "mtls.pem"),
        ("pkcs12", "-legacy", "-in", directory / "mtls.pfx", "-passin", f"pass:{callsign}", "-nodes"),
        ("req", "-verify", "-noout", "-in", directory / "mtls.csr"),
        ("pkey", "-check", "-noout", "-in", directory / "mtls.key"),
    ):
        seen = openssl(*arguments)
        assert seen is None or seen.returncode == 0, seen


def test_a_person_with_a_csr_of_their_own_gets_no_key(authority: EmbeddedAuthority, people: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    request = csr.build_csr(rsa_key, "KARHU1")
    directory, signed = make(people, authority, csr_pem=b"\n" + request.replace(b"\n", b"\r\n"))
    assert modes(directory) == {"mtls.csr": 0o444, "mtls.pem": 0o644, "mtls.pfx": 0o644}
    assert (directory / "mtls.csr").read_bytes() == request
    leaf = x509.load_pem_x509_certificate(signed.certificate)
    assert leaf.public_key() == rsa_key.public_key()
    opened = load_pkcs12((directory / "mtls.pfx").read_bytes(), b"KARHU1")
    assert opened.key is None
    assert opened.additional_certs[0].certificate == leaf


def test_files_belong_to_the_owner_of_the_directory_above(
    authority: EmbeddedAuthority, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    people.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda _fd, uid, gid: given.append((uid, gid)))
    make(people, authority)
    assert given == [(people.stat().st_uid, people.stat().st_gid)] * 6


def test_the_signed_certificate_is_told_before_any_file_is_written(authority: EmbeddedAuthority, people: Path) -> None:
    seen: list[SignedCertificate] = []

    def told(signed: SignedCertificate) -> None:
        assert list(people.iterdir()) == []
        seen.append(signed)

    _, signed = make(people, authority, on_signed=told)
    assert seen == [signed]


def test_when_the_record_fails_nothing_is_left(authority: EmbeddedAuthority, people: Path) -> None:
    def fail(_: SignedCertificate) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(people, authority, on_signed=fail)
    assert list(people.iterdir()) == []


@pytest.mark.parametrize("call", ["write", "fsync", "fchmod"])
@pytest.mark.parametrize("after", [0, 1, 2, 4, 5, 8, 10, 11])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_leaves_nothing(
    authority: EmbeddedAuthority, people: Path, monkeypatch: pytest.MonkeyPatch, call: str, after: int, number: int
) -> None:
    people.mkdir()
    real, calls = getattr(os, call), iter(range(after))

    def full(*arguments: Any) -> Any:
        if next(calls, None) is None:
            raise OSError(number, os.strerror(number))
        return real(*arguments)

    directory = people / "11111111-2222-4333-8444-555555555555"
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        problem = failure(lambda: identity.make_identity(directory, "KARHU1", authority, key_type="ec256"))
    assert problem is None or "was not written" in problem or "was not made" in problem
    assert [path.name for path in people.iterdir()] == ([directory.name] if problem is None else [])
    identity.remove_identity(directory)
    identity.make_identity(directory, "KARHU1", authority, key_type="ec256")
    assert len(modes(directory)) == 5


def test_everything_is_on_the_disk_before_it_has_its_name(
    authority: EmbeddedAuthority, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.mkdir()
    directory = people / "11111111-2222-4333-8444-555555555555"
    before: list[tuple[int, int]] = []
    after: list[tuple[int, int]] = []
    fsync = os.fsync

    def note(fd: int) -> None:
        fsync(fd)
        (after if directory.exists() else before).append((os.fstat(fd).st_ino, os.fstat(fd).st_size))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", note)
        identity.make_identity(directory, "KARHU1", authority, key_type="ec256")
    whole = {(path.stat().st_ino, path.stat().st_size) for path in directory.iterdir()}
    assert whole == set(before[:-1])
    assert before[-1][0] == directory.stat().st_ino
    assert [inode for inode, _ in after] == [people.stat().st_ino]


def test_an_error_that_shows_its_variables_shows_no_key(
    authority: EmbeddedAuthority, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets: list[str] = []
    pfx: list[str] = []
    private_pem, build_pfx = keys.private_pem, pkcs12.build_pfx

    def note(key: keys.PrivateKey) -> keys.PrivateBytes:
        secrets.extend(bytes(private_pem(key)).decode().splitlines()[1:-1])
        return private_pem(key)

    def note_pfx(*arguments: Any) -> bytes:
        made = build_pfx(*arguments)
        pfx.append(repr(bytes(made))[2:60])
        return made

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keys, "private_pem", note)
    monkeypatch.setattr(pkcs12, "build_pfx", note_pfx)
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError) as caught:
        make(people, authority)
    assert caught.value.__traceback__ is not None
    ours = caught.value.__traceback__.tb_next  # without the variables of this very test
    shown = "".join(traceback.TracebackException(StorageError, caught.value.with_traceback(ours), ours, capture_locals=True).format())
    assert "mtls.key" in shown
    assert secrets
    assert pfx
    assert not [secret for secret in secrets + pfx if secret in shown]


_MAKE = """
import sys
from pathlib import Path
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.identity import make_identity
from rmtui.settings import Secret
import uuid

base = Path(sys.argv[1])
authority = EmbeddedAuthority(base / "private" / "ca", base / "public", passphrase=Secret(), hours=1)
print("ready", flush=True)
while True:
    make_identity(base / "private" / "people" / str(uuid.uuid4()), "KARHU1", authority, key_type="ec256")
    print("made", flush=True)
"""


def test_a_process_killed_at_any_instant_leaves_whole_directories_and_named_leftovers(
    authority: EmbeddedAuthority, tmp_path: Path, people: Path
) -> None:
    for made in range(1, 6):
        with subprocess.Popen([sys.executable, "-c", _MAKE, str(tmp_path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(made):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
    found = identity.leftovers(people, dt.timedelta(), clock.utcnow() + dt.timedelta(seconds=5))
    assert found == sorted(people.iterdir())
    for directory in found:
        if not directory.name.startswith("."):
            assert len(modes(directory)) == 5
            assert load_pkcs12(identity.read_file(directory, "mtls.pfx"), b"KARHU1").cert is not None
        identity.remove_identity(directory)
    assert list(people.iterdir()) == []


def test_a_directory_that_is_there_is_left_as_it_is_and_nothing_is_signed(authority: EmbeddedAuthority, people: Path) -> None:
    directory, _ = make(people, authority)
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    signed: list[SignedCertificate] = []
    with pytest.raises(StorageError, match=r"is there already .* Nothing was signed"):
        identity.make_identity(directory, "KARHU1", authority, key_type="ec256", on_signed=signed.append)
    assert signed == []
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    link = people / str(uuid.uuid4())
    link.symlink_to(people / "nowhere")
    with pytest.raises(StorageError, match="is there already"):
        identity.make_identity(link, "KARHU1", authority, key_type="ec256")


def test_somebody_who_comes_first_keeps_what_they_made(authority: EmbeddedAuthority, people: Path) -> None:
    directory = people / str(uuid.uuid4())

    def intrude(_: SignedCertificate) -> None:
        directory.mkdir()
        (directory / "theirs").touch()

    with pytest.raises(StorageError, match="already there"):
        identity.make_identity(directory, "KARHU1", authority, key_type="ec256", on_signed=intrude)
    assert [path.name for path in people.rglob("*")] == [directory.name, "theirs"]


def test_a_directory_that_cannot_be_written_stops_before_signing(
    authority: EmbeddedAuthority, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)
    signed: list[SignedCertificate] = []
    with pytest.raises(StorageError, match="Nothing was signed; run rmtui as the user"):
        make(people, authority, on_signed=signed.append)
    assert signed == []


def test_a_callsign_or_csr_that_is_refused_leaves_nothing(authority: EmbeddedAuthority, people: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    with pytest.raises(InvalidCallsign):
        make(people, authority, "../../x")
    with pytest.raises(CSRError):
        make(people, authority, "FOO", csr_pem=hostile.csr(rsa_key, hostile.name([hostile.attribute(hostile.CN, b"FOOBAR")])))
    with pytest.raises(CSRError):
        make(people, authority, "FOO", csr_pem=b"")
    assert not people.exists()


def test_an_authority_that_fails_or_answers_wrong_leaves_nothing(authority: EmbeddedAuthority, people: Path) -> None:
    def unreachable(_csr: bytes, _callsign: str) -> SignedCertificate:
        raise AuthorityUnavailable("The authority does not answer.")

    def another_key(_csr: bytes, callsign: str) -> SignedCertificate:
        return authority.sign(csr.build_csr(keys.generate("ec256"), callsign), callsign)

    def another_name(_csr: bytes, _callsign: str) -> SignedCertificate:
        return authority.sign(csr.build_csr(keys.generate("ec256"), "OTHER"), "OTHER")

    def another_serial(request: bytes, callsign: str) -> SignedCertificate:
        return replace(authority.sign(request, callsign), serial=1)

    def garbage(request: bytes, callsign: str) -> SignedCertificate:
        return replace(authority.sign(request, callsign), certificate=b"garbage")

    with pytest.raises(AuthorityUnavailable):
        make(people, Other(authority, unreachable))
    told: list[SignedCertificate] = []
    for answer in (another_key, another_name, another_serial, garbage):
        with pytest.raises(PKIError, match="No files were written; check the authority"):
            make(people, Other(authority, answer), on_signed=told.append)
    assert len(told) == 4
    assert list(people.iterdir()) == []
