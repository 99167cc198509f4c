"""Walking the audit trail from its first entry to its last, to find the first that is not as it was written."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rmtui.db.base import db
from rmtui.db.chain import COVERED, genesis, link
from rmtui.db.engine import is_sqlite
from rmtui.db.fields import parse_time
from rmtui.db.own import Audit, Chain, Signer, own_table
from rmtui.db.trail import UndecodableText, chain_row
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
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
        return _walk(chain_row(), witnessed, _Signers(trusted_pem))


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
    previous: str | None = genesis(head.name) if head is not None else None  # the record of the end is what has the name
    expected, signed, compared = 1, 0, 0
    finding: Finding | None = None
    last = 0
    before = deque[str | None](maxlen=STRIDE)
    for row in _rows():
        number, written, signature = row[_ID], row[-1], row[-2]
        if number > expected:
            finding = Finding(expected, "removed", _gone(expected, number - 1))
            break
        if number < expected or (previous is not None and not _fits(previous, row, written)):
            foreign = next((back for back, hashed in enumerate(reversed(before), 1) if _fits(hashed, row, written)), 0)
            finding = _put_in(number - foreign) if foreign else _not_as_written(number, row, head)
            break
        if signature is not None or row[_SIGNER] is not None:
            problem = signers.problem(row[_SIGNER], signature, written, row)
            if problem:
                finding = Finding(
                    number, "signature", tr("Entry {number} ({words}) {problem}.", number=number, words=_words(row), problem=problem)
                )
                break
            signed += 1
        seen = witnessed.get(number)
        if seen is not None:
            compared += 1
            if seen != written:
                sentence = tr(
                    "Entry {number} ({words}) is not what the log has: it was changed, and the chain made anew after it.",
                    number=number,
                    words=_words(row),
                )
                finding = Finding(number, "log", sentence)
                break
        before.append(previous)
        previous, expected, last = written, number + 1, number
    if finding is None:
        finding = _end(head, last, previous, witnessed)
    return Walk(last, signed, previous or "", compared, finding)


def _fits(previous: str | None, row: list[Any], written: Any) -> bool:
    """Whether a row as it is now has this hash, after that of another; never, if no program of ours could have written it."""
    try:
        return previous is not None and bool(link(previous, row[: len(COVERED)]) == written)
    except (TypeError, ValueError, RecursionError):
        return False


def _end(head: Chain | None, last: int, previous: str | None, witnessed: Mapping[int, str]) -> Finding | None:
    """What is wrong with where the trail ends."""
    if head is None:
        return Finding(last, "head", tr("The trail's record of its own end is gone, or is none; somebody removed it."))
    known = max((head.entries, *witnessed), default=0)
    if known > last:
        who = tr("the trail's own record of its end") if head.entries > last else tr("the log")
        return Finding(
            last + 1, "removed", tr("{gone} The end of the trail is missing, as {who} says.", gone=_gone(last + 1, known), who=who)
        )
    if head.entries < last:
        return _put_in(head.entries + 1)
    if head.head != previous:
        return Finding(last, "head", tr("The trail's record of its own end does not fit entry {last}, which is the last.", last=last))
    return None


def _not_as_written(number: int, row: list[Any], head: Chain | None) -> Finding:
    if number < 1 or (head is not None and number > head.entries):
        return Finding(
            number, "inserted", tr("Entry {number} ({words}) was put in by other means than rmtui.", number=number, words=_words(row))
        )
    sentence = tr(
        "Entry {number} ({words}) is not what was written there: it was changed, or another was put in its place.",
        number=number,
        words=_words(row),
    )
    return Finding(number, "changed", sentence)


def _put_in(number: int) -> Finding:
    return Finding(number, "inserted", tr("Entry {number} was put in by other means than rmtui.", number=number))


def _gone(first: int, last: int) -> str:
    return (
        tr("Entry {first} was removed.", first=first)
        if first == last
        else tr("Entry {first} was removed, and all up to {last}.", first=first, last=last)
    )


def _words(row: list[Any]) -> str:
    """What a row says now, in a few words; it may be anything."""
    at, operator, action, target = (row[COVERED.index(name)] for name in ("at", "operator", "action", "target"))
    said = {"action": plain(action, 32), "target": plain(target, 64), "at": plain(at, 19)}
    if operator:
        return tr("{action} of {target} by {operator}, {at}Z", operator=plain(operator, 64), **said)
    return tr("{action} of {target}, {at}Z", **said)


_ID, _SIGNER, _AT = COVERED.index("id"), COVERED.index("signer"), COVERED.index("at")
_OPERATOR = COVERED.index("operator")


def _rows() -> Iterator[list[Any]]:
    """Every entry as the driver gives it: the covered columns, signature, hash."""
    schema, table = own_table(db, Audit.base_name)
    where = f'"{schema}"."{table}"' if schema else f'"{table}"'
    sqlite = is_sqlite(db)
    columns = ", ".join(_column(name, sqlite) for name in (*COVERED, "signature", "hash"))
    statement = f'SELECT {columns} FROM {where} {{}} ORDER BY "id" LIMIT {STRIDE}'  # noqa: S608  # names of our own
    rows = _fetch(statement.format(""), ())
    while rows:
        yield from map(list, rows)
        rows = _fetch(statement.format(f'WHERE "id" > {"?" if sqlite else "%s"}'), (rows[-1][_ID],)) if len(rows) == STRIDE else []


def _column(name: str, sqlite: bool) -> str:
    """A column as the driver can give it, whatever was put there."""
    if sqlite:
        return f'"{name}"'
    if name == "at":  # PostgreSQL knows times that Python does not
        return "CASE WHEN \"at\" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999' THEN \"at\" END"
    return f"""replace("{name}"::text, '-', '')""" if name in {"operator_pk", "target_pk"} else f'"{name}"'


def _fetch(statement: str, values: tuple[Any, ...]) -> list[Any]:
    try:
        return list(db.execute_sql(statement, values).fetchall())
    except UndecodableText:  # SQLite keeps any bytes as text
        connection = db.connection()
        usual, connection.text_factory = connection.text_factory, lambda raw: raw.decode("utf-8", "surrogateescape")
        try:
            return list(db.execute_sql(statement, values).fetchall())
        finally:
            connection.text_factory = usual


class _Signers:
    """The certificates that signed, each read and judged once."""

    def __init__(self, trusted_pem: bytes | None) -> None:
        self._trusted = trusted_pem
        self._known: dict[str, Any] = {}

    def problem(self, fingerprint: str | None, signature: str | None, written: str, row: list[Any]) -> str:
        """What is wrong with an entry's signature, as the rest of a sentence about the entry; empty when nothing is."""
        if fingerprint is None:
            return tr("has a signature, and was written without one")
        if signature is None:
            return tr("was signed, and its signature is gone")
        verifier = self._known.get(fingerprint)
        if verifier is None:
            verifier = self._known[fingerprint] = self._load(fingerprint)
        if isinstance(verifier, str):
            return verifier
        raw = _unpacked(signature)
        if not verifier.verify(written.encode("ascii"), raw):
            return tr("has a signature that is not of it")
        if verifier.callsign != row[_OPERATOR]:
            return tr("is signed by {callsign}, and says that it is by another", callsign=plain(verifier.callsign, 64))
        at = _time(row[_AT])
        if at is None or not verifier.not_before <= at <= verifier.not_after:
            return tr("is signed with a certificate that was not valid at the time")
        return ""

    def _load(self, fingerprint: str) -> Any:
        """What verifies with a certificate, or what is wrong with the certificate."""
        from rmtui.pki.signatures import Verifier

        try:
            kept = Signer.get_or_none(Signer.fingerprint == fingerprint)
            if kept is None:
                return tr("is signed with a certificate that was removed from the trail")
            verifier = Verifier(str(kept.certificate).encode("ascii", "replace"))
        except (RmtuiError, ValueError, UndecodableText):
            return tr("is signed with a certificate that was damaged")
        if verifier.fingerprint != fingerprint:
            return tr("is signed with a certificate that was exchanged for another")
        if self._trusted is not None and not verifier.issued_by(self._trusted):
            return tr("is signed with a certificate that this deployment's CA did not issue")
        return verifier


def _unpacked(signature: Any) -> bytes:
    """The bytes of a signature; none, for what is written otherwise than we write it."""
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return b""
    return raw if base64.b64encode(raw).decode("ascii") == signature else b""


def _time(value: Any) -> dt.datetime | None:
    """A time as the driver gives it; None for what is none."""
    try:
        return parse_time(value)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
