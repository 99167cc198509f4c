"""Signing out: the sign-in ends here and in the audit trail, so that no copy of its file is good any more."""

from __future__ import annotations

from dataclasses import replace

from rmtui import settings
from rmtui.auth import sessions
from rmtui.auth.operator import Operator
from rmtui.db.middleware import connection
from rmtui.errors import RmtuiError
from rmtui.services import witness
from rmtui.services.audit import record

__all__ = ["end", "sign_out"]


def sign_out(surface: str) -> str | None:
    """End the sign-in on this database, here and in the trail; whose it was, None when nobody was signed in.

    :raises StorageError: its file cannot be changed.
    """
    ticket = sessions.kept()
    if ticket is None or not ticket.secret:
        return None
    with connection():
        try:
            operator = sessions.current(surface)
        except RmtuiError:  # it has run out, or its holder was revoked: nothing is left to end
            operator = None
    if operator is not None:
        _record_end(operator)
    _forget(ticket)
    return operator.callsign if operator is not None else None


def end(operator: Operator) -> None:
    """End the sign-in of somebody whose console is locked: nobody goes on with it from elsewhere. A newer one is left alone.

    :raises RmtuiError: it could not be recorded; its secret is gone from here all the same.
    """
    ticket = sessions.kept()
    if operator.session is None:
        return
    if ticket is not None and ticket.entry == operator.session.entry:
        _forget(ticket)
    _record_end(operator)


def _record_end(operator: Operator) -> None:
    if operator.session is None or settings.current().read_only:  # which ends it here only
        return
    with connection():
        record(operator, sessions.SIGN_OUT, "done", operator.pk, operator.callsign, "", {"session": operator.session.digest})
        witness.follow()


def _forget(ticket: sessions.Ticket) -> None:
    """Keep no more of a sign-in than which file it was made with."""
    if ticket.identity:
        sessions.keep(replace(ticket, secret=""))
    else:
        sessions.forget()
