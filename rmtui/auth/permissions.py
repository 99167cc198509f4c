"""What an operator may do. Asked inside the write, not before it: they may have been demoted meanwhile."""

from __future__ import annotations

from rmtui import settings
from rmtui.auth.operator import ADMIN, Operator
from rmtui.db.errors import NotFound
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.text import plain

__all__ = ["NotPermitted", "OperatorMissing", "ReadOnly", "require", "require_writable"]


class NotPermitted(RmtuiError):
    """The operator may not do this."""

    title = "Not permitted"


class ReadOnly(RmtuiError):
    """The program was told to change nothing."""

    title = "Read-only"


class OperatorMissing(ConfigurationError):
    """Nobody said who is at the keyboard."""

    title = "No operator"


def require_writable() -> None:
    """Whether anything may be changed at all.

    :raises ReadOnly: ``--read-only`` says no.
    """
    if settings.current().read_only:
        raise ReadOnly("This is read-only mode; nothing was changed. Start rmtui without --read-only and RMTUI_READ_ONLY to act.")


def require(operator: Operator | None) -> Person:
    """The operator's record, if they may act now.

    :raises OperatorMissing: nobody was named.
    :raises NotPermitted: they are not an active admin any more.
    """
    if operator is None:
        raise OperatorMissing("Nobody said who acts; name yourself with --as CALLSIGN or RMTUI_OPERATOR. Nothing was changed.")
    try:
        person = Person.by_pk(operator.pk)
    except NotFound:
        raise NotPermitted(f"{plain(operator.callsign)} was revoked meanwhile; nothing was changed.") from None
    if not person.has_role(ADMIN):
        raise NotPermitted(f"{plain(operator.callsign)} is not an admin any more; nothing was changed.")
    return person
