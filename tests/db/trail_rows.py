"""An audit trail to tamper with, and the tampering of somebody who has the database's password."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from db_rows import sql

from rmtui.db import trail, verification
from rmtui.db.base import db, utcnow
from rmtui.db.chain import COVERED, genesis, link
from rmtui.db.engine import is_sqlite
from rmtui.pki import certificates
from rmtui.services import witness

DAY = dt.timedelta(days=1)


class Authority:
    """A deployment's two CAs; each has the names of every other."""

    def __init__(self) -> None:
        at = utcnow() - 60 * DAY
        root_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = certificates.root_certificate(root_key, "Test root CA", at)
        self._issuing = certificates.issuing_certificate(self._key.public_key(), "Test issuing CA", root, root_key, at)
        self.trusted = self._issuing.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)

    def issue(self, callsign: str = "BOSS", *, at: dt.datetime | None = None, life: dt.timedelta = 30 * DAY) -> SignKey:
        """A key and its certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        return SignKey(
            key, certificates.leaf_certificate(key.public_key(), callsign, self._issuing, self._key, now=at or utcnow() - DAY, life=life)
        )


@dataclass(frozen=True)
class SignKey:
    """What the trail asks of a credential."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))


ENTRY = trail.Entry(
    operator_pk=uuid.UUID(int=7),
    operator="BOSS",
    proof="certificate",
    surface="command",
    action="approve",
    outcome="done",
    target_pk=uuid.UUID(int=8),
    target="Kettu",
    reason="because",
    details={"role": "pilot"},
    os_user="root",
    host="here",
    origin="192.0.2.7 50000 192.0.2.1 22",
    program="1.2.3",
)


def append(key: SignKey | None = None, *, at: dt.datetime | None = None, **changes: Any) -> int:
    """An entry as the program writes it."""
    return trail.append(replace(ENTRY, **changes), key, at=at)


def write(many: int, key: SignKey | None = None) -> None:
    """Entries that differ."""
    with db.atomic():
        for number in range(many):
            append(key, target=f"Kettu{number}")


def table(name: str) -> str:
    """A table of ours, as SQL names it."""
    return f"rmtui_{name}" if is_sqlite(db) else f"rmtui.{name}"


def unguard() -> None:
    """Away with the triggers."""
    if is_sqlite(db):
        for (name,) in sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'rmtui_%%'".replace("%%", "%")):
            sql(f"DROP TRIGGER {name}")
    else:
        for name in ("audit", "signers", "chain"):
            sql(f"ALTER TABLE {table(name)} DISABLE TRIGGER ALL")


def cell(number: int, column: str) -> Any:
    """What stands in a column."""
    return sql(f"SELECT {column} FROM {table('audit')} WHERE id = %s", number)[0][0]


def edit(number: int, column: str, value: Any) -> None:
    """Change one column of one entry."""
    sql(f"UPDATE {table('audit')} SET {column} = %s WHERE id = %s", value, number)


def remove(first: int, last: int | None = None) -> None:
    """Delete entries."""
    sql(f"DELETE FROM {table('audit')} WHERE id BETWEEN %s AND %s", first, last or first)


def copy(source: int, number: int, **values: Any) -> None:
    """Put in a copy of an entry under another number."""
    columns = [*COVERED, "signature", "hash"]
    row = dict(zip(columns, sql(f"SELECT {', '.join(columns)} FROM {table('audit')} WHERE id = %s", source)[0], strict=True))
    row |= {"id": number, **values}
    sql(f"INSERT INTO {table('audit')} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})", *row.values())


def set_head(entries: Any, head: Any) -> None:
    """Change the chain's row."""
    sql(f"UPDATE {table('chain')} SET entries = %s, head = %s", entries, head)


def covered(number: int) -> list[Any]:
    """The covered columns, as verification reads them."""
    return next(row for row in verification._rows() if row[verification._ID] == number)[: len(COVERED)]


def rehash(first: int, *, head: bool = True) -> None:
    """Make the chain anew from an entry on, and the chain's row fit."""
    before = sql(f"SELECT hash FROM {table('audit')} WHERE id < %s ORDER BY id DESC LIMIT 1", first)
    previous, last = before[0][0] if before else genesis(trail.chain_name()), first - 1
    for (number,) in sql(f"SELECT id FROM {table('audit')} WHERE id >= %s ORDER BY id", first):
        previous, last = link(previous, covered(number)), number
        edit(number, "hash", previous)
    if head:
        set_head(last, previous)


def log_lines(path: Path | None = None) -> list[dict[str, Any]]:
    """The log's lines."""
    return [json.loads(line) for line in (path or witness.log_path()).read_bytes().splitlines()]


def logged(path: Path | None = None) -> list[int]:
    """The entries that the log has, in its order."""
    return [line["event.sequence"] for line in log_lines(path)]


def walk(witnessed: dict[int, str] | None = None, trusted: bytes | None = None) -> verification.Walk:
    """Verify the trail."""
    return verification.walk(witnessed or {}, trusted)


def found(witnessed: dict[int, str] | None = None, trusted: bytes | None = None) -> tuple[int, str] | None:
    """Number and kind of the first entry that is wrong; None when the trail is whole."""
    finding = walk(witnessed, trusted).finding
    if finding is None:
        return None
    assert finding.sentence.isprintable()
    assert finding.sentence.endswith(".")
    return finding.entry, finding.kind
