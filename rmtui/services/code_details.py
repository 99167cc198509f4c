"""One login code, whole but for the code itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connected
from rmtui.db.own import Audit
from rmtui.db.people import Person
from rmtui.services import audit, codes
from rmtui.services.codes import CodeRow
from rmtui.services.types import AuditEntry

__all__ = ["CodeDetail", "code"]


@dataclass(frozen=True, slots=True)
class CodeDetail:
    """Everything about a login code that is no secret."""

    row: CodeRow
    claims: Mapping[str, Any]
    """What the token will claim; foreign."""
    history: tuple[AuditEntry, ...]


@connected
def code(pk: uuid.UUID) -> CodeDetail:
    """One login code, used or not.

    :raises NotFound: there is none.
    """
    found = LoginCode.by_pk(pk, allow_deleted=True)
    return CodeDetail(codes.row_of(found), found.claims, _history(found))


def _history(found: LoginCode, most: int = 50) -> tuple[AuditEntry, ...]:
    """What was done to a code, latest first: the entries of it, and those of whom it signs in that name it."""
    if not audit.ready():
        return ()
    callsign = codes.row_of(found).callsign
    owner = Person.get_or_none(Person.callsign == callsign) if callsign else None
    about = Audit.target_pk == found.pk
    if owner is not None:
        about = about | ((Audit.target_pk == owner.pk) & Audit.details.contains(str(found.pk)))
    query = Audit.select().where(about).order_by(Audit.id.desc()).limit(most)
    return tuple(audit.entry_of(each) for each in query)
