"""Who acts, for the surfaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rmtui import settings
from rmtui.auth import sessions
from rmtui.auth.operator import NotAnOperator, Operator, claimed, deployment_key
from rmtui.auth.origin import origin
from rmtui.auth.permissions import Permission, SignInNeeded, may, require, signin_required
from rmtui.db.config import DBConfig
from rmtui.db.middleware import connection
from rmtui.errors import ConfigurationError, RmtuiError, UnreachableError
from rmtui.i18n import tr
from rmtui.reasons import why_no_toml
from rmtui.services.deployment import open_deployment
from rmtui.settings import Secret
from rmtui.text import fold, plain

__all__ = [
    "Operator",
    "Permission",
    "SignInNeeded",
    "admit",
    "identify",
    "may",
    "passphrase_in_file",
    "proof_given",
    "remember",
    "signin_required",
    "still",
    "whence",
    "why_not",
]


def _nobody_tells() -> Secret | None:
    return None


def passphrase_in_file() -> Secret | None:
    """What opens the identity of this run, as the file says that was named for it; None when none was.

    :raises SecretFileError: it cannot be read.
    """
    from rmtui.services.secrets_in_files import first_line

    named = settings.current().passphrase_file
    return None if named is None else first_line(named, tr("a passphrase"))


def proof_given() -> bool:
    """Whether this run was given something to prove who acts."""
    return settings.current().identity is not None or bool(settings.current().token)


def identify(surface: str = "console", passphrase: Callable[[], Secret | None] = _nobody_tells) -> Operator | None:
    """Who is at the keyboard: proven by the identity or token of this run, else signed in, else named; None when nobody is.

    :param passphrase: asked for what opens the identity of this run, if it takes that; None when nobody can tell.
    :raises SignInRefused: what this run was given proves nothing.
    :raises SignInNeeded: who was signed in is not any more.
    :raises NotAnOperator: who was named is not an active admin, or is somebody else than who is signed in.
    """
    config = settings.current()
    if proof_given():
        from rmtui.services import signin

        proven: Operator | None = signin.for_this_run(surface, passphrase)
    else:
        with connection():
            proven = _signed_in(surface)
    if proven is None:
        with connection():
            return claimed(surface)
    if config.operator is not None and fold(config.operator) != fold(proven.callsign):
        raise NotAnOperator(
            tr(
                "--as or RMTUI_OPERATOR names {operator}, and {callsign} is signed in; leave the name out, or sign out first.",
                operator=plain(config.operator),
                callsign=plain(proven.callsign),
            )
        )
    return proven


def _signed_in(surface: str) -> Operator | None:
    try:
        return sessions.current(surface)
    except SignInNeeded:
        if signin_required():
            raise
        return None


def admit(surface: str, passphrase: Callable[[], Secret | None] = _nobody_tells, *, action: str = "", target: str = "") -> Operator | None:
    """Who is at the keyboard, if they may look at this deployment.

    :param action: what they came to do to ``target``; who is turned away from that is recorded.
    :raises SignInNeeded: looking takes a sign-in here.
    :raises NotPermitted: none of their roles allows it.
    """
    operator: Operator | None = None
    try:
        operator = identify(surface, passphrase)
        _let_in(operator)
    except RmtuiError as error:
        if action:
            _turned_away(operator, action, target, error)
        raise
    return operator


def _let_in(operator: Operator | None) -> None:
    if operator is None and not may(operator, Permission.SEE):
        open_deployment()  # whether there is anything to sign in to comes first
        raise SignInNeeded(tr("Signing in is required here, and nobody is signed in; nothing was changed."))
    if operator is not None and (operator.proven or signin_required()):
        with connection():
            require(operator, Permission.SEE)


def _turned_away(operator: Operator | None, action: str, target: str, error: RmtuiError) -> None:
    """Record that somebody was turned away before an action began, unless the database is what turned them away."""
    if isinstance(error, UnreachableError) or settings.current().read_only:
        return
    from rmtui.db import schema
    from rmtui.services.audit import Act, refused

    try:
        with connection():
            schema.migrate()
    except RmtuiError:  # the database is none that anything could be recorded in, and the error tells that already
        return
    act = Act(operator, action)
    act.on(None, plain(target, 80))
    refused(act, error)


def whence() -> dict[str, str]:
    """From where this program is used, and on which database."""
    here = origin()
    return {"os_user": here.os_user, "host": here.host, "from": here.address, "database": DBConfig.singleton().place()}


def still(operator: Operator) -> Operator:
    """The operator as they are now, with the roles they have now.

    :raises NotPermitted: they may not even look any more, and why.
    """
    from rmtui.auth.operator import roles_of

    with connection():
        return replace(operator, roles=roles_of(require(operator, Permission.SEE)))


def why_not(operator: Operator | None, permission: Permission) -> str:
    """Why somebody may not do this, as a sentence; empty when they may."""
    if settings.current().read_only:
        return tr("Not in read-only mode.")
    if operator is None:
        if signin_required():
            return tr("Nobody is signed in.")
        return tr("Nobody is named as the operator. Sign in, or start rmtui with --as CALLSIGN.")
    if may(operator, permission):
        return ""
    return tr(
        "{callsign} has no role that may {permission}; an admin can give one.",
        callsign=plain(operator.callsign),
        permission=permission.words,
    )


def remember(callsign: str, identity: str = "") -> None:
    """Write to ``config.toml`` who acts on this database from now on, and which file signs them in; the rest stays as it is.

    :raises ConfigurationError: the file is there and cannot be understood.
    :raises StorageError: it cannot be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from rmtui.pki.files import make_dir, write_file

    config, key = settings.current(), deployment_key()
    settings.configure(
        replace(
            config,
            operators={**config.operators, key: callsign},
            identities={**config.identities, key: identity} if identity else config.identities,
        )
    )
    path = config.config_file
    try:
        document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigurationError(
            tr(
                "{path} cannot be read, so {callsign} was not written to it: {error}",
                path=plain(path),
                callsign=plain(callsign),
                error=why_no_toml(error),
            )
        ) from error
    document.setdefault("operators", tomlkit.table())[key] = callsign
    if identity:
        document.setdefault("identities", tomlkit.table())[key] = identity
    make_dir(path.parent, 0o700)
    write_file(path, tomlkit.dumps(document).encode(), 0o600)
