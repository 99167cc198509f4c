"""Signing in and out. Every attempt is recorded, in the transaction that uses up what it was made with, and attempts are limited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from rmtui import clock, settings
from rmtui.auth import attempts, proving, sessions
from rmtui.auth.operator import ADMIN, Operator, Session, deployment_key, roles_of
from rmtui.auth.permissions import Permission, may, require_writable
from rmtui.auth.proving import Proven
from rmtui.auth.refusals import SignInRefused, TooManyAttempts
from rmtui.db import schema, trail
from rmtui.db.base import db
from rmtui.db.locks import exclusive
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.db.people import Person
from rmtui.db.trail import chain_name
from rmtui.errors import EXIT_REFUSED, RmtuiError, UnreachableError
from rmtui.i18n import tr
from rmtui.services import witness
from rmtui.services.audit import record
from rmtui.services.signout import end, sign_out
from rmtui.settings import Secret
from rmtui.text import normalise_callsign, plain

if TYPE_CHECKING:
    from rmtui.pki.proof import Credential

__all__ = [
    "AdminCode",
    "NewAdmin",
    "SignInRefused",
    "SignedIn",
    "TooManyAttempts",
    "end",
    "for_this_run",
    "identity_offered",
    "make_admin",
    "sign_out",
    "with_certificate",
    "with_code",
    "with_token",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that lasts."""

    operator: Operator
    problem: str = ""
    """Why it lasts for this run only, as a sentence; empty when it is kept."""


@dataclass(frozen=True, slots=True)
class AdminCode:
    """What the holder of a login code for making an admin has, until the program ends."""

    entry: int
    """Its entry in the audit trail."""
    surface: str
    until: dt.datetime
    used: list[str] = field(default_factory=list, repr=False)


@dataclass(frozen=True, slots=True)
class NewAdmin:
    """An admin made by a login code, signed in."""

    callsign: str
    pfx: str
    """Path of their key and certificate, as this host sees it; it opens with the callsign."""
    signed_in: SignedIn


def with_certificate(path: Path, passphrase: Secret | None, surface: str) -> SignedIn:
    """Sign in with a certificate and its key.

    :param passphrase: opens the file; None to see whether it takes one.
    :raises WrongPassphrase: the file does not open; it counts as an attempt when there was a passphrase.
    :raises RmtuiError: it proves nothing, and why.
    """
    return _enter("certificate", surface, _loading(path, passphrase), proving.by_certificate, str(path))


def with_token(token: Secret, surface: str) -> SignedIn:
    """Sign in with a token of this deployment.

    :raises RmtuiError: it proves nothing, and why.
    """
    return _enter("token", surface, lambda: token, proving.by_token)


def with_code(code: str, surface: str, *, admin: str | None = None, asks: bool = True) -> SignedIn | AdminCode:
    """Sign in with a login code, which is used up; one for making an admin is good for :func:`make_admin`.

    :param admin: whom such a code is to make an admin, when that is known already.
    :param asks: whether somebody can be asked for a callsign, or another one; otherwise a code that would make nobody stays good.
    :raises RmtuiError: it proves nothing, and why.
    """
    require_writable()

    def finish(proven: Proven) -> tuple[Operator, str] | AdminCode:
        if proven.person is not None:
            return _record_session(proven, surface)
        if not asks:
            proving.check_can_be_made(admin)
        until = clock.utcnow() + sessions.LIFETIME
        details = {"way": "code", "for": "making an admin"}
        return AdminCode(record(None, sessions.SIGN_IN, "done", None, "", "", details, surface=surface, proof="code"), surface, until)

    done = _attempt("code", surface, lambda: code, lambda given: proving.by_code(given, surface), finish)
    return done if isinstance(done, AdminCode) else _keep(*done, "")


def for_this_run(surface: str, passphrase: Callable[[], Secret | None]) -> Operator:
    """Who the identity or the token of this run proves. It does not last, and only a refusal is recorded.

    :param passphrase: asked for what opens the identity, if it takes that; None when nobody can tell.
    :raises RmtuiError: it proves nobody, and why.
    """
    from rmtui.pki.interface import WrongPassphrase

    path = settings.current().identity
    if path is None:
        token = settings.current().token
        return _attempt("token", surface, lambda: token, proving.by_token, lambda proven: _operator(proven, surface))
    try:
        return _attempt("certificate", surface, _loading(path, None), proving.by_certificate, lambda proven: _operator(proven, surface))
    except WrongPassphrase:
        given = passphrase()
        if given is None:
            raise
    return _attempt("certificate", surface, _loading(path, given), proving.by_certificate, lambda proven: _operator(proven, surface))


def make_admin(holder: AdminCode, callsign: str, *, progress: Callable[[str], None] | None = None) -> NewAdmin:
    """Make an admin, with key and certificate, by a login code that is good for it; they are signed in.

    :raises SignInRefused: the code made one already, or was used too long ago.
    :raises CallsignReserved: somebody has the callsign.
    :raises InvalidCallsign: it cannot be one.
    """
    require_writable()
    try:
        return _made(holder, callsign, progress)
    except UnreachableError:
        raise
    except RmtuiError as error:
        outcome: Literal["refused", "failed"] = "refused" if error.exit_code == EXIT_REFUSED else "failed"
        details = {"role": ADMIN, "sign_in": holder.entry}
        with connection():
            name = plain(callsign, 80)
            record(None, "make-admin", outcome, None, name, error.sentence, details, surface=holder.surface, proof="code")
            witness.follow()
        raise


def _made(holder: AdminCode, callsign: str, progress: Callable[[str], None] | None) -> NewAdmin:
    callsign = normalise_callsign(callsign)
    if holder.used or holder.until <= clock.utcnow():
        raise _one_admin()
    if progress is not None:
        progress(tr("Making the key and certificate of {callsign}", callsign=plain(callsign)))

    def finish(person: Person) -> None:
        trail.hold()
        if _has_made(holder):
            raise _one_admin()
        person.assign_role(ADMIN)
        details = {"role": ADMIN, "sign_in": holder.entry}
        record(None, "make-admin", "done", person.pk, person.callsign, "", details, surface=holder.surface, proof="code")
        kept.append(_record_session(Proven("code", person), holder.surface))

    kept: list[tuple[Operator, str]] = []
    with connection():
        schema.migrate()
        person = Person.create_with_cert(callsign, on_commit=finish)
        holder.used.append(person.callsign)
        witness.follow()
        pfx = str(person.directory / "mtls.pfx")
    return NewAdmin(person.callsign, pfx, _keep(*kept[-1], pfx))


def _has_made(holder: AdminCode) -> bool:
    """Whether the code has made somebody, whatever its holder knows of it. Hold the trail."""
    named = Audit.details.contains(f'"sign_in": {holder.entry}}}')
    done = (Audit.id > holder.entry) & (Audit.action == "make-admin") & (Audit.outcome == "done")
    return bool(Audit.select(Audit.id).where(done & named).exists())


def _one_admin() -> SignInRefused:
    return SignInRefused(tr("The login code is good for one admin, within two hours. Ask for a new one; nobody was made."))


def identity_offered() -> str:
    """The file that signing in offers: named for this run, used the last time, or named by the configuration; empty for none."""
    config = settings.current()
    if config.identity is not None:
        return str(config.identity)
    ticket = sessions.kept()
    return (ticket.identity if ticket else "") or config.identities.get(deployment_key(), "")


def _loading(path: Path, passphrase: Secret | None) -> Callable[[], Credential]:
    def load() -> Credential:
        from rmtui.pki.interface import WrongPassphrase
        from rmtui.pki.proof import load_credential

        try:
            return load_credential(path, passphrase)
        except WrongPassphrase as error:
            if passphrase is None:
                raise _NothingClaimed(error) from None
            raise

    return load


class _NothingClaimed(Exception):  # never leaves this module
    """What was given does not even say who it is for."""

    def __init__(self, error: RmtuiError) -> None:
        super().__init__()
        self.error = error


def _attempt(way: str, surface: str, prepare: Callable[[], Any], prove: Callable[[Any], Proven], finish: Callable[[Proven], T]) -> T:
    """One attempt to prove who one is: refused without looking when there were too many, and recorded when it is refused.

    :param prepare: what takes time, and no database.
    :param finish: what being proven leads to, in the same transaction.
    :raises RmtuiError: it was refused, and why.
    """
    from rmtui.pki.interface import StorageError

    given: Any = None
    failed: RmtuiError | None = None
    try:
        given = prepare()
    except _NothingClaimed as nothing:
        raise nothing.error from None
    except StorageError:
        raise
    except RmtuiError as error:
        failed = error
    if settings.current().read_only:  # nothing is recorded, and nothing can be done with it but look
        if failed is not None:
            raise failed
        with connection():
            return finish(_who_may_look(prove(given)))
    with connection():
        schema.migrate()
        with exclusive(attempts.lock_name()):
            try:
                attempts.check()
                if failed is not None:
                    raise failed
                with db.atomic():
                    return finish(_who_may_look(prove(given)))
            except RmtuiError as error:
                failed = error
                details: dict[str, Any] = {"way": way, "limited": isinstance(error, TooManyAttempts)}
                details |= {name: getattr(given, name) for name in ("serial", "fingerprint") if hasattr(given, name)}
                claimed = plain(getattr(given, "callsign", ""), 80)
                record(None, sessions.SIGN_IN, "refused", None, claimed, error.sentence, details, surface=surface)
        witness.follow()
    raise failed


def _who_may_look(proven: Proven) -> Proven:
    """:raises SignInRefused: they are who they are, and have no business here."""
    if proven.person is not None and not may(_operator(proven, ""), Permission.SEE):
        raise SignInRefused(
            tr("{callsign} has no role that may use this console. An admin can give one.", callsign=plain(proven.person.callsign))
        )
    return proven


def _operator(proven: Proven, surface: str) -> Operator:
    """Who was proven, for as long as a sign-in lasts."""
    person = proven.person
    if person is None:
        raise SignInRefused(tr("What was given is good for making an admin, and for nothing else. Use rmtui signin --code."))
    return Operator(
        person.pk,
        person.callsign,
        proven.proof,
        surface,
        proof=proven.proof,
        roles=roles_of(person),
        until=min(proven.until or sessions.FOREVER, clock.utcnow() + sessions.LIFETIME),
        fingerprint=proven.fingerprint,
        key=proven.key,
    )


def _enter(way: str, surface: str, prepare: Callable[[], Any], prove: Callable[[Any], Proven], identity: str = "") -> SignedIn:
    return _keep(*_attempt(way, surface, prepare, prove, lambda proven: _record_session(proven, surface)), identity)


def _record_session(proven: Proven, surface: str) -> tuple[Operator, str]:
    """Record a sign-in; who signed in, and the secret that its holder keeps."""
    operator = _operator(proven, surface)
    if settings.current().read_only:
        return operator, ""
    secret = sessions.new_secret()
    session = sessions.digest_of(secret)
    early = proven.until is not None and proven.until < clock.utcnow() + sessions.LIFETIME
    until = proven.until.isoformat() if proven.until is not None and early else ""
    details = {"way": proven.proof, "session": session, "serial": proven.serial, "fingerprint": proven.fingerprint, "until": until}
    details = {name: value for name, value in details.items() if value}
    entry = record(operator, sessions.SIGN_IN, "done", operator.pk, operator.callsign, "", details)
    return replace(operator, session=Session(entry, session)), secret


def _keep(operator: Operator, secret: str, identity: str) -> SignedIn:
    """Keep a sign-in for the runs after this one."""
    if operator.session is None:
        return SignedIn(operator, tr("It lasts for this run only: read-only mode records nothing."))
    with connection():
        witness.follow()
        ticket = sessions.Ticket(deployment_key(), chain_name().hex, operator.session.entry, secret, operator.callsign, identity)
    try:
        sessions.keep(ticket)
    except RmtuiError as error:
        return SignedIn(operator, tr("It lasts for this run only: {error}", error=error.sentence))
    return SignedIn(operator)
