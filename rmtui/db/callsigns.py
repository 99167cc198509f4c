"""Finding and taking callsigns, which are compared case-folded in any alphabet, on schemas without an index for it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Container, Iterator
from typing import Any, TypeVar

from peewee import fn

from rmtui import clock, settings
from rmtui.db import manifest
from rmtui.db.base import BaseModel, db
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import AmbiguousCallsign, CallsignReserved, Deleted, NotFound
from rmtui.db.prepared import Prepared, Slot
from rmtui.i18n import tr
from rmtui.text import fold, plain, skeleton

__all__ = ["UNSTEADY", "alike", "by_callsign", "check_reserved", "matching", "lookalikes", "taking"]

M = TypeVar("M", bound=BaseModel)

UNSTEADY = frozenset("afhijklnstwy`;")
"""ASCII characters that some other character folds to or begins with, such as the Kelvin sign to k."""


def taking(callsign: str) -> str:
    """Name of the lock that whoever takes this callsign must hold."""
    return f"callsign:{fold(callsign)}"


def matching(model: type[M], callsign: str) -> list[M]:
    """Rows whose callsign is the same but for case, deleted ones too.

    The database finds candidates (equal in ASCII, or holding other letters in a fitting pattern), and Python decides.
    """
    folded = fold(callsign)
    pattern = "".join(char if char.isascii() and char not in UNSTEADY and char not in "%_\\*?[" else "%" for char in folded)
    return [row for row in _candidates(model).all(folded=folded, pattern=pattern) if fold(row.callsign) == folded]


@functools.cache
def _candidates(model: Any) -> Prepared[Any]:
    def make() -> Any:
        field = model.callsign
        lowered = fn.LOWER(field)
        octets = fn.LENGTH(field.cast("BLOB")) if is_sqlite(db) else fn.OCTET_LENGTH(field)
        foreign = (octets != fn.LENGTH(field)) & (lowered ** Slot(field, "pattern"))
        return model.select().where((lowered == Slot(field, "folded")) | foreign)

    return Prepared(model, make)


def by_callsign(model: type[M], callsign: str, allow_deleted: bool = False) -> M:
    """The row with this callsign: as written if there is one, else whatever the case.

    :raises NotFound: there is none.
    :raises Deleted: it is marked as deleted, and that is not allowed.
    :raises AmbiguousCallsign: several differ in case only, and none is written so.
    """
    exact: M | None = model.get_or_none(model.callsign == callsign)  # type: ignore[attr-defined]
    rows = [exact] if exact is not None else matching(model, callsign)
    if not rows:
        raise NotFound(tr("There is no {noun} “{callsign}”.", noun=tr(model.noun), callsign=plain(callsign, 80)))
    live = [row for row in rows if row.deleted is None]
    if len(live) > 1 or (not live and len(rows) > 1 and allow_deleted):
        names = ", ".join(plain(row.callsign) for row in rows)  # type: ignore[attr-defined]
        raise AmbiguousCallsign(
            tr(
                "Several {noun} records differ from “{callsign}” in case only ({names}); write it exactly.",
                noun=tr(model.noun),
                callsign=plain(callsign, 80),
                names=names,
            )
        )
    row = live[0] if live else rows[0]
    if row.deleted is not None and not allow_deleted:
        raise Deleted(tr("{callsign} was revoked or deleted on {when}.", callsign=plain(row.callsign), when=clock.stamp(row.deleted)))  # type: ignore[attr-defined]
    return row


def lookalikes(model: type[M], callsign: str, most: int = 5) -> list[str]:
    """Callsigns of rows that count and look like this one, without being the same."""
    folded = fold(callsign)
    found: list[str] = []
    for _, other, deleted in alike(model, {skeleton(callsign)}):
        if deleted is None and fold(other) != folded:
            found.append(other)
            if len(found) == most:
                break
    return sorted(found)


def alike(model: type[BaseModel], skeletons: Container[str]) -> Iterator[tuple[str, str, dt.datetime | None]]:
    """Rows that look like one of these, deleted ones too: skeleton, callsign, when it was deleted.

    Reads the callsigns of the whole table, once for all that are asked for.
    """
    fields: Any = model
    for callsign, deleted in model.select(fields.callsign, fields.deleted).tuples().iterator():
        seen = skeleton(callsign)
        if seen in skeletons:
            yield seen, callsign, deleted


def _reserved() -> dict[str, str]:
    config = settings.current()
    names = {fold("anon_admin"): tr("the system itself"), fold(config.client_cert_cn): tr("the deployment's own certificate")}
    found = manifest.read(tr("reserved names are not known; nobody is enrolled or approved"))
    for product, certcn in found.products.items() if found is not None else ():
        names[fold(product)] = names[fold(certcn)] = tr("a product")
    return names


def check_reserved(callsign: str) -> None:
    """Whether a callsign is reserved, without case.

    :raises CallsignReserved: it is the name of a product or of the system.
    :raises ConfigurationError: the manifest is named and cannot be read.
    """
    owner = _reserved().get(fold(callsign))
    if owner is not None:
        raise CallsignReserved(tr("{callsign} is reserved for {owner}; choose another callsign.", callsign=plain(callsign), owner=owner))
