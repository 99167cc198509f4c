"""What an approval left behind, field by field beside what a deployment's own leaves."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, load_pem_public_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

TRIPLE_DES = bytes.fromhex("060a2a864886f70d010c0103")  # pbeWithSHAAnd3-KeyTripleDES-CBC
SHA1_MAC = bytes.fromhex("06052b0e03021a")
ROUNDS_2048 = bytes.fromhex("02020800")
FILES = {"mtls.key": 0o400, "mtls.pub": 0o444, "mtls.csr": 0o444, "mtls.pem": 0o644, "mtls.pfx": 0o644}


@dataclass(frozen=True)
class Field:
    """One line of the comparison."""

    name: str
    observed: str
    ours: Any
    same: bool

    def __str__(self) -> str:
        return f"{'=' if self.same else '≠'} {self.name:<36} {self.observed:<58} {self.ours}"


def row_of(url: str, table: str, pk: uuid.UUID) -> dict[str, Any]:
    """A row as it is stored, read past our models in a session of the server's own time zone."""
    with psycopg2.connect(url) as session, session.cursor() as cursor:
        cursor.execute(f"SELECT * FROM raesenmaeher.{table} WHERE pk = %s", (str(pk),))
        named = zip((column.name for column in cursor.description), cursor.fetchone(), strict=True)
    session.close()
    return {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in named}


def rows(url: str, before: dict[str, Any], approver: uuid.UUID, data: Path, began: dt.datetime) -> list[Field]:
    """The rows of an approval that ``began`` then.

    :param before: the enrolment's row before it.
    """
    enrolment = row_of(url, "enrollments", before["pk"])
    user = row_of(url, "users", enrolment["person"])
    first, last = began.replace(tzinfo=None), dt.datetime.now(dt.UTC).replace(tzinfo=None)

    def now(value: Any) -> bool:
        return value is not None and value.tzinfo is None and first <= value <= last

    directory = f"{data}/private/people/{user['pk']}"
    found = [
        Field("users.pk", "a UUID, version 4", user["pk"], uuid.UUID(user["pk"]).version == 4),
        *(Field(f"users.{name}", "now, in UTC, without zone", user[name], now(user[name])) for name in ("created", "updated")),
        Field("users.deleted", "NULL", user["deleted"], user["deleted"] is None),
        Field("users.revoke_reason", "NULL", user["revoke_reason"], user["revoke_reason"] is None),
        Field("users.callsign", "the enrolment's, exact case", user["callsign"], user["callsign"] == before["callsign"]),
        Field("users.certspath", "<persistent_data_dir>/private/people/<pk>, absolute", user["certspath"], user["certspath"] == directory),
        Field("users.extra", "the enrolment's: an object or null", json.dumps(user["extra"]), user["extra"] == before["extra"]),
        Field("enrollments.state", "1", enrolment["state"], enrolment["state"] == 1),
        Field("enrollments.decided_by", "who approved", enrolment["decided_by"], enrolment["decided_by"] == str(approver)),
        Field("enrollments.decided_on", "now, in UTC, without zone", enrolment["decided_on"], now(enrolment["decided_on"])),
        Field("enrollments.person", "users.pk", enrolment["person"], enrolment["person"] == user["pk"]),
        Field("enrollments.updated", "now, in UTC, without zone", enrolment["updated"], now(enrolment["updated"])),
    ]
    decided = {"state", "decided_by", "decided_on", "person", "updated"}
    kept = {name: value for name, value in enrolment.items() if name not in decided}
    same = kept == {name: value for name, value in before.items() if name not in decided}
    return [*found, Field(f"enrollments: {', '.join(kept)}", "as before", "as before" if same else kept, same)]


def files(directory: Path, callsign: str, issuing: x509.Certificate) -> list[Field]:
    """The files of an approval without a CSR of the person's own."""
    names = {path.name for path in directory.iterdir()}
    above = directory.parent.stat()
    places = [directory, *directory.iterdir()]
    owned = all((path.stat().st_uid, path.stat().st_gid) == (above.st_uid, above.st_gid) for path in places)

    def mode(path: Path, right: int) -> Field:
        found = path.stat().st_mode & 0o7777
        return Field(f"{path.name if path.is_file() else path.name[:8]} mode", f"{right:04o}", f"{found:04o}", found == right)

    key_pem, csr_pem, chain_pem = ((directory / name).read_bytes() for name in ("mtls.key", "mtls.csr", "mtls.pem"))
    key: Any = load_pem_private_key(key_pem, None)
    public: Any = load_pem_public_key((directory / "mtls.pub").read_bytes())
    csr = x509.load_pem_x509_csr(csr_pem)
    chain = x509.load_pem_x509_certificates(chain_pem)
    leaf = chain[0]
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    hours = round(life.total_seconds() / 3600)
    usage, purpose = (csr.extensions.get_extension_for_class(kind) for kind in (x509.KeyUsage, x509.ExtendedKeyUsage))
    wanted = ["digital_signature", "content_commitment", "key_encipherment"]
    uses = [name for name in (*wanted, "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign") if getattr(usage.value, name)]
    hashed = csr.signature_hash_algorithm.name
    raw = (directory / "mtls.pfx").read_bytes()
    pfx = load_pkcs12(raw, callsign.encode())
    size = key.key_size if isinstance(key, rsa.RSAPrivateKey) else 0
    keys = (key.public_key(), csr.public_key(), leaf.public_key(), public)
    spki = {each.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for each in keys}
    others = [each.certificate for each in pfx.additional_certs]
    return [
        mode(directory.parent, 0o755),
        mode(directory, 0o700),
        Field("names", ", ".join(FILES), ", ".join(sorted(names)), names == set(FILES)),
        *(mode(directory / name, right) for name, right in FILES.items()),
        Field("owner of all", "as of the directory above", f"{above.st_uid}:{above.st_gid}" if owned else "another", owned),
        Field("mtls.key form", "PKCS#8 PEM, unencrypted", key_pem.decode().splitlines()[0], key_pem.startswith(b"-----BEGIN PRIVATE KEY")),
        Field("mtls.key kind", "RSA 4096", f"RSA {size}", size == 4096),
        Field("mtls.pub form", "SubjectPublicKeyInfo PEM, of the key", "of the key, the CSR, the leaf", len(spki) == 1),
        Field("mtls.csr subject", f"CN={callsign}", csr.subject.rfc4514_string(), csr.subject.rfc4514_string() == f"CN={callsign}"),
        Field(
            "mtls.csr key usage", "digitalSignature, nonRepudiation, keyEncipherment, critical", f"{', '.join(uses)}, {usage.critical}",
            uses == wanted and usage.critical,
        ),
        Field(
            "mtls.csr extended key usage", "clientAuth, critical", f"{[use._name for use in purpose.value]}, {purpose.critical}",
            [*purpose.value] == [ExtendedKeyUsageOID.CLIENT_AUTH] and purpose.critical,
        ),
        Field("mtls.csr signature", "SHA-256, valid", hashed, hashed == "sha256" and csr.is_signature_valid),
        Field("mtls.pem", "leaf, then issuing CA", [each.subject.rfc4514_string() for each in chain], chain[1:] == [issuing]),
        Field("mtls.pem leaf subject", f"CN={callsign}", leaf.subject.rfc4514_string(), leaf.subject.rfc4514_string() == f"CN={callsign}"),
        Field("mtls.pem leaf lifetime", "1008 hours", f"{hours} hours", hours == 1008),
        Field("mtls.pfx password", "callsign", "callsign", pfx.key is not None),
        Field("mtls.pfx friendly name", "callsign", pfx.cert.friendly_name.decode(), pfx.cert.friendly_name.decode() == callsign),
        Field("mtls.pfx content", "key, leaf, issuing CA", len(others) + 2, (pfx.cert.certificate, others) == (leaf, [issuing])),
        Field("mtls.pfx encryption", "PBE-SHA1-3DES", "PBE-SHA1-3DES", TRIPLE_DES in raw),
        Field("mtls.pfx MAC", "HMAC-SHA1", "HMAC-SHA1", SHA1_MAC in raw),
        Field("mtls.pfx rounds", "50,000 there, 2,048 by our design", "2,048", ROUNDS_2048 in raw),
    ]  # fmt: skip
