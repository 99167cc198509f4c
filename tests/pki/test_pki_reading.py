"""A person's directory: read with suspicion, swept and removed."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from rmtui import clock
from rmtui.pki import identity, keys
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import (
    Authority,
    FileMissing,
    PKIError,
    SignedCertificate,
    StorageError,
)


def make(people: Path, authority: Authority, callsign: str = "KARHU1", **named: Any) -> tuple[Path, SignedCertificate]:
    directory = people / str(uuid.uuid4())
    return directory, identity.make_identity(directory, callsign, authority, key_type=named.pop("key_type", "ec256"), **named)


def test_a_certificate_is_read_back(authority: EmbeddedAuthority, people: Path) -> None:
    directory, signed = make(people, authority, "Åke 1")
    summary = identity.read_certificate(directory)
    assert summary == identity.CertificateSummary(
        serial=f"{signed.serial:x}",
        serial_number=signed.serial,
        fingerprint=signed.fingerprint,
        subject="CN=Åke 1",
        issuer=x509.load_pem_x509_certificate(signed.chain).subject,
        names="Åke 1",
        cns=("Åke 1",),
        key="EC P-256",
        not_before=signed.not_before,
        not_after=signed.not_after,
    )
    assert summary.not_after.tzinfo is not None


def test_files_are_read_with_suspicion(authority: EmbeddedAuthority, people: Path) -> None:
    directory, signed = make(people, authority)
    assert identity.read_file(directory, "mtls.pem") == signed.certificate + signed.chain
    for name in ("", ".", "..", "../x", "a/b", "a\0b"):
        with pytest.raises(StorageError, match="no name of a person's file"):
            identity.read_file(directory, name)
    with pytest.raises(FileMissing, match="was not read"):
        identity.read_file(directory, "mtls.none")
    (directory / "mtls.pem").unlink()
    (directory / "mtls.pem").symlink_to("/etc/passwd")
    with pytest.raises(StorageError, match="symbolic link"):
        identity.read_certificate(directory)
    linked = people / str(uuid.uuid4())
    linked.symlink_to(directory)
    with pytest.raises(StorageError):
        identity.read_file(linked, "mtls.key")
    (directory / "mtls.pem").unlink()
    with pytest.raises(FileMissing):
        identity.read_certificate(directory)
    (directory / "mtls.pem").write_bytes(b"garbage")
    with pytest.raises(PKIError, match="no certificate that can be read"):
        identity.read_certificate(directory)


def test_the_stored_pfx_is_given_or_one_is_made_of_what_is_there(
    authority: EmbeddedAuthority, people: Path, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    directory, signed = make(people, authority)
    assert identity.read_pfx(directory, "KARHU1") == (directory / "mtls.pfx").read_bytes()
    (directory / "mtls.pfx").unlink()
    leaf = x509.load_pem_x509_certificate(signed.certificate)
    opened = load_pkcs12(identity.read_pfx(directory, "KARHU1"), b"KARHU1")
    assert opened.cert is not None
    assert opened.key is not None
    assert opened.cert.certificate == leaf
    assert len(opened.additional_certs) == 1
    assert not (directory / "mtls.pfx").exists()
    (directory / "mtls.key").unlink()
    (directory / "mtls.key").write_bytes(keys.private_pem(ec_key))
    with pytest.raises(PKIError, match="for another key"):
        identity.read_pfx(directory, "KARHU1")
    (directory / "mtls.key").unlink()
    opened = load_pkcs12(identity.read_pfx(directory, "KARHU1"), b"KARHU1")
    assert opened.key is None
    (directory / "mtls.pem").write_bytes(b"garbage")
    with pytest.raises(PKIError, match="no certificate"):
        identity.read_pfx(directory, "KARHU1")
    (directory / "mtls.pem").unlink()
    with pytest.raises(FileMissing):
        identity.read_pfx(directory, "KARHU1")


def test_leftovers_are_old_and_ours(people: Path) -> None:
    assert identity.leftovers(people, dt.timedelta(hours=1), clock.utcnow()) == []
    people.mkdir(parents=True)
    now = clock.utcnow()
    old_person, new_person = str(uuid.uuid4()), str(uuid.uuid4())
    for name, hours in ((old_person, 2), (new_person, 0.5), (".a.0123.part", 2), (".b.0123.part", 0.5), ("notes", 9), ("..x", 9)):
        (people / name).mkdir()
        stamp = (now - dt.timedelta(hours=hours)).timestamp()
        os.utime(people / name, (stamp, stamp))
    for name in (str(uuid.uuid4()), ".c.0123.part"):
        (people / name).touch()
        os.utime(people / name, (1, 1))
    (people / str(uuid.uuid4())).symlink_to(people / old_person)
    upper = people / str(uuid.uuid4()).upper().replace("-", "A-", 1)
    upper.mkdir()
    assert identity.leftovers(people, dt.timedelta(hours=1), now) == sorted([people / old_person, people / ".a.0123.part"])


def test_an_identity_is_removed_as_one(authority: EmbeddedAuthority, people: Path) -> None:
    directory, _ = make(people, authority)
    identity.remove_identity(directory)
    identity.remove_identity(directory)
    assert list(people.iterdir()) == []
