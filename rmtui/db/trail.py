"""The audit trail as it is written: one entry after the other, whoever writes."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from sqlite3 import OperationalError as UndecodableText  # what a driver says of text that is none
from typing import Any, Protocol

from peewee import fn

from rmtui.db.base import db, utcnow
from rmtui.db.chain import LAYOUT, digest
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import BackendError
from rmtui.db.locks import joined
from rmtui.db.own import Audit, Chain, Signer
from rmtui.db.prepared import Prepared, Slot, insert
from rmtui.i18n import english, tr
from rmtui.text import plain, storable

__all__ = ["Entry", "Key", "UndecodableText", "append", "chain_name", "chain_row", "details_of", "hold"]


class Key(Protocol):
    """What can sign an entry: a private key and its certificate."""

    @property
    def certificate_pem(self) -> bytes:
        """The certificate."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, lower-case hexadecimal."""

    def sign(self, data: bytes) -> bytes:
        """The signature of ``data``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an entry says, before it has its place and its hash."""

    operator_pk: uuid.UUID | None
    operator: str
    proof: str
    surface: str
    action: str
    outcome: str
    target_pk: uuid.UUID | None
    target: str
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)
    os_user: str
    host: str
    origin: str
    program: str


_chain = Prepared(Chain, lambda: Chain.select().limit(1))
_held_chain = Prepared(Chain, lambda: Chain.select().limit(1) if is_sqlite(db) else Chain.select().limit(1).for_update())
_last = Prepared(Audit, lambda: Audit.select(fn.MAX(Audit.id).alias("id")))
_signer = Prepared(Signer, lambda: Signer.select(Signer.fingerprint).where(Signer.fingerprint == Slot(Signer.fingerprint)))
_link = Prepared(Chain, lambda: Chain.update(entries=Slot(Chain.entries), head=Slot(Chain.head)).where(Chain.id == Slot(Chain.id)))


def append(entry: Entry, key: Key | None = None, *, at: dt.datetime | None = None, head: Chain | None = None) -> int:
    """Add an entry to the chain, signed if there is a key to sign with; its ``id``. Needs an open connection.

    Inside a transaction it stands or falls with it, and every other writer waits for that transaction: append last.

    :param at: when it happened, in a sample; the present time otherwise.
    :param head: what :func:`hold` gave in this transaction, where nothing was appended since.
    :raises BackendError: the record of the chain's head is gone; nothing is recorded, and so nothing is done.
    """
    values: dict[str, Any] = {
        "at": None,
        "operator_pk": entry.operator_pk,
        "target_pk": entry.target_pk,
        "details": json.dumps(_harmless(entry.details), ensure_ascii=True, sort_keys=True),
        "version": LAYOUT,
        "signer": key.fingerprint if key is not None else None,
        "signature": None,
    }
    for name in ("operator", "proof", "surface", "action", "outcome", "target", "reason", "os_user", "host", "origin", "program"):
        values[name] = _storable(getattr(entry, name))
    with joined():
        head = head or hold()
        if key is not None and _signer.first(fingerprint=key.fingerprint) is None:
            Signer.insert(fingerprint=key.fingerprint, certificate=key.certificate_pem.decode("ascii")).execute()
        values["at"] = at or utcnow()
        latest = _last.first()
        values["id"] = max(head.entries, (latest.id if latest is not None else None) or 0) + 1
        values["hash"] = digest(head.head, values)
        if key is not None:
            values["signature"] = base64.b64encode(key.sign(values["hash"].encode("ascii"))).decode("ascii")
        insert(Audit(**values))
        _link.run(entries=values["id"], head=values["hash"], id=head.id)
    number: int = values["id"]
    return number


def details_of(text: str) -> dict[str, Any]:
    """What an entry's details say; of what no program of ours wrote, the text as ``unreadable``."""
    try:
        found = json.loads(text, parse_constant=str) if text else {}
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"unreadable": text}


def hold() -> Chain:
    """Let nobody else append until this transaction ends, so that what is read from now on is what every entry before led to.

    On SQLite the transaction holds the whole file anyway.

    :return: the chain's head, for :func:`append`.
    :raises BackendError: the record of the chain's head is gone.
    """
    return _one(_held_chain)


def chain_name() -> uuid.UUID:
    """What tells this trail from those of other databases. Needs an open connection.

    :raises BackendError: the record of the chain's head is gone.
    """
    return _one(_chain).name


def chain_row(query: Prepared[Chain] = _chain) -> Chain | None:
    """The chain's record of its own end; None when it is gone, or no program of ours wrote it. Needs an open connection."""
    try:
        found = query.first()
    except (ValueError, UndecodableText):
        return None
    whole = found is not None and type(found.entries) is int and isinstance(found.name, uuid.UUID) and isinstance(found.head, str)
    return found if whole else None


def _one(query: Prepared[Chain]) -> Chain:
    found = chain_row(query)
    if found is None:
        raise BackendError(
            tr("The record of the audit trail's head is gone: nothing can be recorded, and nothing was done. Run rmtui audit verify.")
        )
    return found


def _storable(text: str) -> str:
    """In English, since others read it, and as every database can hold it."""
    return english(text) if storable(text) else plain(english(text))


def _harmless(value: Any) -> Any:
    """What JSON can hold, and every database."""
    if isinstance(value, Mapping):
        return {_storable(str(name)): _harmless(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_harmless(each) for each in value]
    number = isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value))
    return value if value is None or number else _storable(value if isinstance(value, str) else str(value))
