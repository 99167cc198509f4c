"""Login codes: each lets somebody sign in once, or make an admin."""

from __future__ import annotations

from rmtui.auth.operator import Operator, findable
from rmtui.auth.origin import origin
from rmtui.auth.permissions import NotPermitted, Permission, require, require_writable
from rmtui.auth.proving import ANON_ADMIN
from rmtui.db import schema
from rmtui.db.base import db
from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.services import witness
from rmtui.services.audit import acting, record

__all__ = ["create", "create_for_admin"]


def create(operator: Operator | None, callsign: str) -> str:
    """A login code for a person; the only time it is shown.

    :raises NotFound: there is no such person.
    :raises Deleted: they are revoked.
    """
    with acting(operator, "create-code") as act:
        act.on(None, callsign)
        found = Person.by_callsign(findable(callsign))
        act.on(found.pk, found.callsign)
        with db.atomic():
            code = LoginCode.create_for_claims({"sub": found.callsign}, {"created_by": act.person().callsign})
            act.done()
        return code


def create_for_admin(operator: Operator | None, surface: str = "command") -> str:
    """A login code that is good for making an admin, for whoever may write the database: the way back in when no admin can sign in.

    :param operator: who proved themselves, if anybody did; without the permission it is a break-glass like one by nobody. The user of
        the operating system is recorded in any case.
    """
    require_writable()
    here = origin()
    with connection():
        schema.migrate()
        with db.atomic():
            who = f"rmtui {surface}, {here.os_user}@{here.host}"
            code = LoginCode.create_for_claims({ANON_ADMIN: True}, {"created_by": who})
            details = {"break_glass": not _permitted(operator), "for": "making an admin"}
            record(operator, "create-code", "done", None, "", "", details, surface=surface)
        witness.follow()
    return code


def _permitted(operator: Operator | None) -> bool:
    """Whether somebody may issue codes, now."""
    try:
        return operator is not None and bool(require(operator, Permission.ISSUE_CODES))
    except NotPermitted:
        return False
