"""Who may do what, in one place. Asked inside the write, not before it: the operator may have been demoted meanwhile."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

from rmtui import clock, settings
from rmtui.auth.operator import ADMIN, Operator
from rmtui.auth.refusals import NotPermitted, OperatorMissing, ReadOnly, SignInNeeded
from rmtui.auth.sessions import ended
from rmtui.db import schema
from rmtui.db.config import DBConfig
from rmtui.db.errors import NotFound
from rmtui.db.own import Issued
from rmtui.db.people import Person, Role
from rmtui.db.prepared import Prepared, Slot
from rmtui.i18n import later, tr
from rmtui.text import plain

__all__ = [
    "ACTIONS",
    "NotPermitted",
    "OperatorMissing",
    "Permission",
    "ReadOnly",
    "SignInNeeded",
    "may",
    "permissions_of",
    "require",
    "require_writable",
    "signin_required",
]


class Permission(enum.StrEnum):
    """What somebody may do."""

    SEE = "see"
    DECIDE = "decide"
    GRANT = "grant"
    REVOKE = "revoke"
    ISSUE_CODES = "issue codes"
    INVITE = "manage invites"

    @property
    def words(self) -> str:
        """What it allows, after “may”, in the operator's language."""
        return tr(_WORDS[self])


_WORDS: Mapping[Permission, str] = {
    Permission.SEE: later("see"),
    Permission.DECIDE: later("decide"),
    Permission.GRANT: later("grant"),
    Permission.REVOKE: later("revoke"),
    Permission.ISSUE_CODES: later("issue codes"),
    Permission.INVITE: later("manage invites"),
}


ROLES: Mapping[str, frozenset[Permission]] = {ADMIN: frozenset(Permission)}
"""What each role allows; one that is not here allows nothing."""

ACTIONS: Mapping[str, Permission] = {
    "create": Permission.DECIDE,
    "approve": Permission.DECIDE,
    "reject": Permission.DECIDE,
    "reopen": Permission.DECIDE,
    "reset-code": Permission.DECIDE,
    "assign-role": Permission.GRANT,
    "remove-role": Permission.GRANT,
    "create-code": Permission.ISSUE_CODES,
    "burn-code": Permission.ISSUE_CODES,
    "reveal-code": Permission.ISSUE_CODES,
    "revoke": Permission.REVOKE,
    "reissue": Permission.DECIDE,
    "export": Permission.DECIDE,
    "create-pool": Permission.INVITE,
    "enable-pool": Permission.INVITE,
    "disable-pool": Permission.INVITE,
    "delete-pool": Permission.INVITE,
    "reset-pool": Permission.INVITE,
    "burn-pool": Permission.INVITE,
    "sheet": Permission.INVITE,
    "repair": Permission.REVOKE,
    "retry-effect": Permission.REVOKE,
    "skip-effect": Permission.REVOKE,
}
"""What each action takes."""


_roles = Prepared(Role, lambda: Role.select(Role.role).where(Role.user == Slot(Role.user)))


def require_writable() -> None:
    """Whether anything may be changed at all.

    :raises ReadOnly: ``--read-only`` says no.
    """
    if settings.current().read_only:
        raise ReadOnly(tr("This is read-only mode; nothing was changed. Start rmtui without --read-only and RMTUI_READ_ONLY to act."))


def signin_required() -> bool:
    """Whether a name alone is not enough here: what ``RMTUI_REQUIRE_SIGNIN`` says, else on PostgreSQL."""
    wanted = settings.current().require_signin
    return not DBConfig.singleton().is_sqlite if wanted is None else wanted


def permissions_of(roles: Iterable[str], *, proven: bool) -> frozenset[Permission]:
    """What somebody with these roles may do; without any that counts, somebody who is proven may look where ``RMTUI_READERS`` says so."""
    allowed = frozenset[Permission]().union(*(ROLES.get(role, frozenset()) for role in roles))
    return allowed or (frozenset({Permission.SEE}) if proven and settings.current().readers else frozenset())


def may(operator: Operator | None, permission: Permission) -> bool:
    """Whether somebody could do this, as far as was known when they came; :func:`require` says whether they can now."""
    if operator is None:
        return permission is Permission.SEE and not signin_required()
    return permission in permissions_of(operator.roles, proven=operator.proven)


def _revoked(fingerprint: str) -> bool:
    """Whether our own records say so; a database that was only ever looked at has none."""
    if not schema.own_tables_ready():
        return False
    return bool(Issued.select().where((Issued.fingerprint == fingerprint) & Issued.revoked_on.is_null(False)).exists())


def require(operator: Operator | None, permission: Permission) -> Person:
    """The operator's record, if they may do this now. Needs an open connection.

    :raises OperatorMissing: nobody was named.
    :raises SignInNeeded: they did not prove who they are, or too long ago.
    :raises NotPermitted: they are revoked, or none of their roles allows it.
    """
    if operator is None:
        if signin_required():
            raise SignInNeeded(tr("Signing in is required here, and nobody is signed in; nothing was changed."))
        raise OperatorMissing(tr("Nobody said who acts; name yourself with --as CALLSIGN or RMTUI_OPERATOR. Nothing was changed."))
    name = plain(operator.callsign)
    if not operator.proven and signin_required():
        raise SignInNeeded(tr("Signing in is required here, and {name} is only a name; nothing was changed.", name=name))
    if operator.until is not None and operator.until <= clock.utcnow():
        raise SignInNeeded(tr("The sign-in of {name} has run out; nothing was changed. Sign in again.", name=name))
    try:
        person = Person.by_pk(operator.pk)
    except NotFound:
        raise NotPermitted(tr("{name} was revoked meanwhile; nothing was changed.", name=name)) from None
    if operator.session is not None and ended(operator.session, person):
        raise SignInNeeded(tr("{name} was signed out meanwhile; nothing was changed. Sign in again.", name=name))
    if operator.fingerprint and _revoked(operator.fingerprint):
        raise SignInNeeded(
            tr("The certificate that {name} signed in with was revoked; nothing was changed. Sign in with the new one.", name=name)
        )
    roles = [row.role for row in _roles.all(user=person.pk)]
    if permission not in permissions_of(roles, proven=operator.proven):
        if operator.roles and ADMIN in operator.roles and ADMIN not in roles:
            raise NotPermitted(tr("{name} is not an admin any more; nothing was changed.", name=name))
        raise NotPermitted(
            tr(
                "{name} has no role that may {permission}; nothing was changed. An admin can give one.",
                name=name,
                permission=permission.words,
            )
        )
    return person
