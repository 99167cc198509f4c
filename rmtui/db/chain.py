"""How entries of the audit trail are chained: each hash covers what the entry says and the hash of the one before it.

What a layout's hash is made of never changes, or no trail of before could be verified.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["COVERED", "LAYOUT", "canonical", "digest", "genesis", "link"]

LAYOUT: Final = 2
"""Layout of the entries that this version writes; 1 is from before there was a chain, and hashed the same way."""
COVERED: Final = (
    "version",
    "id",
    "at",
    "operator_pk",
    "operator",
    "proof",
    "surface",
    "action",
    "outcome",
    "target_pk",
    "target",
    "reason",
    "details",
    "os_user",
    "host",
    "origin",
    "program",
    "signer",
)
"""Columns that the hash covers, in this order. The signature is made of the hash, so it cannot be one of them."""

_AT, _KEYS = COVERED.index("at"), (COVERED.index("operator_pk"), COVERED.index("target_pk"))
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def genesis(name: uuid.UUID) -> str:
    """What stands for the hash before the first entry: SHA-256 of the chain's name, so that every hash is of this chain alone."""
    return hashlib.sha256(name.hex.encode("ascii")).hexdigest()


def canonical(values: list[Any]) -> str:
    """The text that is hashed: a JSON array of the covered columns, times in UTC with microseconds, keys as 32 hexadecimal digits.

    What is text already stays as it is: it is what the table holds.
    """
    at = values[_AT]
    if isinstance(at, dt.datetime):
        at = at.astimezone(dt.UTC).replace(tzinfo=None) if at.tzinfo else at
        values[_AT] = at.isoformat(" ", "microseconds")
    for place in _KEYS:
        key = values[place]
        if isinstance(key, uuid.UUID):
            values[place] = key.hex
    return _encode(values)


def link(previous: str, values: list[Any]) -> str:
    """The hash of an entry, as 64 hexadecimal digits: SHA-256 of the hash before it, a line end, and :func:`canonical`."""
    return hashlib.sha256(f"{previous}\n{canonical(values)}".encode("ascii")).hexdigest()


def digest(previous: str, entry: Mapping[str, Any]) -> str:
    """The hash of an entry given by name."""
    return link(previous, [entry[name] for name in COVERED])
