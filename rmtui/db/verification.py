"""Walking the audit trail from its first entry to its last, to find the first that is not as it was written."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rmtui.db.base import db
from rmtui.db.chain import COVERED, GENESIS, link
from rmtui.db.engine import is_sqlite
from rmtui.db.fields import parse_time
from rmtui.db.own import Audit, Chain, Signer, own_table
from rmtui.errors import RmtuiError
from rmtui.text import plain

__all__ = ["Finding", "Walk", "walk"]

STRIDE = 2_000
"""Entries read at a time."""

Kind = Literal["changed", "removed", "inserted", "signature", "head", "log"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The first entry that is not as it was written."""

    entry: int
    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk along the trail found."""

    entries: int
    """How many entries there are."""
    signed: int
    """How many of them are signed; every signature was verified."""
    head: str
    """Hash of the last entry."""
    compared: int
    """How many entries the log knew of."""
    finding: Finding | None


def walk(witnessed: Mapping[int, str], trusted_pem: bytes | None) -> Walk:
    """Verify every entry: its hash, the one before it, its signature, what the log says of it; then the chain's own record of its end.

    It stops at the first entry that is wrong. What is appended meanwhile is left for the next time. Needs an open connection.

    :param witnessed: the hash of each entry that the log knows, by ``id``.
    :param trusted_pem: the deployment's CA chain, which signers' certificates must be issued by; None where this host does not see it.
    """
    with _one_moment():
        head = Chain.select().first()
        return _walk(head, witnessed, _Signers(trusted_pem))


class _one_moment:  # noqa: N801  # used as a context manager only
    """A transaction that sees one state of the database from its first read to its last."""

    def __enter__(self) -> None:
        if is_sqlite(db):
            self._within = db.atomic("DEFERRED")
            self._within.__enter__()
            return
        self._within = db.atomic()
        self._within.__enter__()
        db.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def __exit__(self, *error: Any) -> None:
        self._within.__exit__(*error)


def _walk(head: Chain | None, witnessed: Mapping[int, str], signers: _Signers) -> Walk:
    previous, expected, signed, compared = GENESIS, 1, 0, 0
    finding: Finding | None = None
    last = 0
    for row in _rows():
        number, written, signature = row[_ID], row[-1], row[-2]
        if number > expected:
            finding = Finding(expected, "removed", _gone(expected, number - 1))
            break
        if number < expected or _hash(previous, row) != written:
            finding = _not_as_written(number, row, head)
            break
        if signature is not None or row[_SIGNER] is not None:
            problem = signers.problem(row[_SIGNER], signature, written, row)
            if problem:
                finding = Finding(number, "signature", f"Entry {number} ({_words(row)}) {problem}.")
                break
            signed += 1
        seen = witnessed.get(number)
        if seen is not None:
            compared += 1
            if seen != written:
                sentence = f"Entry {number} ({_words(row)}) is not what the log has: it was changed, and the chain made anew after it."
                finding = Finding(number, "log", sentence)
                break
        previous, expected, last = written, number + 1, number
    if finding is None:
        finding = _end(head, last, previous, witnessed)
    return Walk(last, signed, previous, compared, finding)


def _hash(previous: str, row: list[Any]) -> str:
    """The hash of a row as it is now; empty for one that no program of ours could have written."""
    try:
        return link(previous, row[: len(COVERED)])
    except (TypeError, ValueError, AttributeError):
        return ""


def _end(head: Chain | None, last: int, previous: str, witnessed: Mapping[int, str]) -> Finding | None:
    """What is wrong with where the trail ends."""
    if head is None:
        return Finding(last, "head", "The trail's record of its own end is gone; somebody removed it.")
    known = max((head.entries, *witnessed), default=0)
    if known > last:
        who = "the trail's own record of its end" if head.entries > last else "the log"
        return Finding(last + 1, "removed", f"{_gone(last + 1, known)} The end of the trail is missing, as {who} says.")
    if head.entries < last:
        return Finding(head.entries + 1, "inserted", f"Entry {head.entries + 1} was put in by other means than rmtui.")
    if head.head != previous:
        return Finding(last, "head", f"The trail's record of its own end does not fit entry {last}, which is the last.")
    return None


def _not_as_written(number: int, row: list[Any], head: Chain | None) -> Finding:
    if number < 1 or (head is not None and number > head.entries):
        return Finding(number, "inserted", f"Entry {number} ({_words(row)}) was put in by other means than rmtui.")
    sentence = f"Entry {number} ({_words(row)}) is not what was written there: it was changed, or another was put in its place."
    return Finding(number, "changed", sentence)


def _gone(first: int, last: int) -> str:
    return f"Entry {first} was removed." if first == last else f"Entry {first} was removed, and all up to {last}."


def _words(row: list[Any]) -> str:
    """What a row says now, in a few words; it may be anything."""
    at, operator, action, target = (row[COVERED.index(name)] for name in ("at", "operator", "action", "target"))
    by = f" by {plain(operator, 64)}" if operator else ""
    return f"{plain(action, 32)} of {plain(target, 64)}{by}, {plain(at, 19)}Z"


_ID, _SIGNER, _AT = COVERED.index("id"), COVERED.index("signer"), COVERED.index("at")
_OPERATOR = COVERED.index("operator")


def _rows() -> Iterator[list[Any]]:
    """Every entry as the driver gives it: the covered columns, signature, hash."""
    schema, table = own_table(db, Audit.base_name)
    where = f'"{schema}"."{table}"' if schema else f'"{table}"'
    mark = "?" if is_sqlite(db) else "%s"
    columns = ", ".join(f'"{name}"' for name in (*COVERED, "signature", "hash"))
    statement = f'SELECT {columns} FROM {where} WHERE "id" > {mark} ORDER BY "id" LIMIT {STRIDE}'  # noqa: S608  # names of our own
    after: Any = -(2**62)
    while True:
        rows = db.execute_sql(statement, (after,)).fetchall()
        yield from map(list, rows)
        if len(rows) < STRIDE:
            return
        after = rows[-1][_ID]


class _Signers:
    """The certificates that signed, each read and judged once."""

    def __init__(self, trusted_pem: bytes | None) -> None:
        self._trusted = trusted_pem
        self._known: dict[str, Any] = {}

    def problem(self, fingerprint: str | None, signature: str | None, written: str, row: list[Any]) -> str:
        """What is wrong with an entry's signature, as the rest of a sentence about the entry; empty when nothing is."""
        if fingerprint is None:
            return "has a signature, and was written without one"
        if signature is None:
            return "was signed, and its signature is gone"
        verifier = self._known.get(fingerprint)
        if verifier is None:
            verifier = self._known[fingerprint] = self._load(fingerprint)
        if isinstance(verifier, str):
            return verifier
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if not verifier.verify(written.encode("ascii"), raw):
            return "has a signature that is not of it"
        if verifier.callsign != row[_OPERATOR]:
            return f"is signed by {plain(verifier.callsign, 64)}, and says that it is by another"
        if not verifier.not_before <= parse_time(row[_AT]) <= verifier.not_after:
            return "is signed with a certificate that was not valid at the time"
        return ""

    def _load(self, fingerprint: str) -> Any:
        """What verifies with a certificate, or what is wrong with the certificate."""
        from rmtui.pki.signatures import Verifier

        kept = Signer.get_or_none(Signer.fingerprint == fingerprint)
        if kept is None:
            return "is signed with a certificate that was removed from the trail"
        try:
            verifier = Verifier(kept.certificate.encode("ascii", "replace"))
        except (RmtuiError, ValueError):
            return "is signed with a certificate that was damaged"
        if verifier.fingerprint != fingerprint:
            return "is signed with a certificate that was exchanged for another"
        if self._trusted is not None and not verifier.issued_by(self._trusted):
            return "is signed with a certificate that this deployment's CA did not issue"
        return verifier
