"""Three ways to prove who one is; each ends in :meth:`rmtui.db.people.Person.by_mtlsjwt_payload`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rmtui import clock, settings
from rmtui.auth.origin import origin
from rmtui.auth.refusals import SignInRefused
from rmtui.auth.trust import trust
from rmtui.db import callsigns, schema
from rmtui.db.errors import AmbiguousCallsign, CallsignReserved, Deleted, NotFound, TokenReuse
from rmtui.db.logincodes import LoginCode
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.errors import InvalidCallsign, RmtuiError
from rmtui.i18n import tr
from rmtui.text import normalise_callsign, plain, storable

if TYPE_CHECKING:
    from rmtui.db.trail import Key
    from rmtui.pki.proof import Credential
    from rmtui.settings import Secret

__all__ = ["ANON_ADMIN", "Proven", "by_certificate", "by_code", "by_token", "check_can_be_made"]

ANON_ADMIN: Final = "anon_admin_session"
"""The claim of a login code that lets somebody make an admin, as the deployment's web page does."""


MARGIN: Final = dt.timedelta(minutes=1)
"""A certificate is not used in its last minute, so that what it signs is signed while it is valid."""
LATEST: Final = 2.0**35
"""Seconds since 1970 that a time can tell; a token may say more."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Who somebody is, and how that is known."""

    proof: str
    """``certificate``, ``code`` or ``token``."""
    person: Person | None
    """None for the holder of a login code that is good for making an admin."""
    fingerprint: str = ""
    serial: str = ""
    until: dt.datetime | None = None
    """When what they proved it with runs out; None when it does not."""
    key: Key | None = field(default=None, repr=False)


def by_certificate(credential: Credential) -> Proven:
    """Who a certificate names: issued by this deployment, good now, and the one on record for them. Needs an open connection.

    That its key is at hand was proven when it was loaded.

    :raises SignInRefused: it is not, and why.
    :raises CredentialError: the certificate itself is not to be believed, and why.
    """
    from rmtui.pki.proof import verify_chain

    trusted, crl = trust()
    verify_chain(credential.certificate_pem, trusted, crl, clock.utcnow())
    revoked = None
    if schema.own_tables_ready():  # a database that was only ever looked at has none
        revoked = Issued.get_or_none((Issued.fingerprint == credential.fingerprint) & Issued.revoked_on.is_null(False))
    if revoked is not None:
        raise SignInRefused(
            tr(
                "The certificate of {callsign} was revoked on {when} ({reason}). Sign in with the one that took its place.",
                callsign=plain(credential.callsign),
                when=clock.stamp(revoked.revoked_on),
                reason=plain(revoked.reason or "unspecified"),
            )
        )
    person = _person({"type": "mtls", "userid": credential.callsign, "payload": {"CN": credential.callsign}})
    if person.callsign != credential.callsign:
        raise SignInRefused(
            tr(
                "The certificate names {name}, and the person is written {callsign}.",
                name=plain(credential.callsign),
                callsign=plain(person.callsign),
            )
        )
    on_record = _on_record(person)
    if on_record != credential.fingerprint:
        raise SignInRefused(
            tr(
                "This is not the certificate that is now on record for {callsign}: another was issued after it. Sign in "
                "with the newest one.",
                callsign=plain(person.callsign),
            )
        )
    return Proven("certificate", person, credential.fingerprint, credential.serial, credential.not_after - MARGIN, credential)


def by_code(code: str, surface: str) -> Proven:
    """Who a login code is for; the code is used up, unless the transaction around it is rolled back. Needs an open connection.

    :raises SignInRefused: there is no such code, it was used or withdrawn, or who it is for cannot sign in.
    """
    if not storable(code) or not code.strip():
        raise SignInRefused(tr("There is no such login code. Ask for a new one."))
    here = origin()
    used = {"used_by": f"rmtui {surface}, {here.os_user}@{here.host}", "used_from": here.ssh}
    try:
        token = LoginCode.use_code(code.strip(), used)
    except Deleted:
        raise SignInRefused(tr("The login code was withdrawn. Ask for a new one.")) from None
    except NotFound:
        raise SignInRefused(tr("There is no such login code. Look at it again, or ask for a new one.")) from None
    except TokenReuse as error:
        raise SignInRefused(
            tr("{error} It is good once. If that was not you, tell an admin. Ask for a new one.", error=error.sentence)
        ) from None
    claims = _keys().verify(token, own_only=True)
    if not _names_somebody(claims):
        if claims.get(ANON_ADMIN) is True:
            return Proven("code", None)
        raise SignInRefused(tr("The login code names nobody who could sign in. Ask for a new one."))
    return Proven("code", _person({"type": "jwt", "userid": None, "payload": claims}))


def check_can_be_made(callsign: str | None) -> None:
    """Whether the holder of a login code for making an admin could make one of this callsign, now. Needs an open connection.

    :raises SignInRefused: they could not, and why.
    """
    if callsign is None:
        raise SignInRefused(
            tr("The login code makes an admin, and it was not said whom. It is still good: name them with --admin CALLSIGN.")
        )
    try:
        callsign = normalise_callsign(callsign)
        callsigns.check_reserved(callsign)
        Person.check_free(callsign)
    except (CallsignReserved, InvalidCallsign) as error:
        raise SignInRefused(tr("{error} The login code is still good: name another with --admin CALLSIGN.", error=error.sentence)) from None


def by_token(token: Secret) -> Proven:
    """Who a token of this deployment is for. Needs an open connection.

    :raises TokenError: the token is not to be believed, and why.
    :raises SignInRefused: it names nobody, or somebody who cannot sign in.
    """
    claims = _keys().verify(token.reveal(), own_only=True)
    if not _names_somebody(claims):
        raise SignInRefused(tr("The token is refused: it does not say whom it is for (sub). Ask for a new one."))
    until = dt.datetime.fromtimestamp(min(claims["exp"], LATEST), dt.UTC)
    return Proven("token", _person({"type": "jwt", "userid": None, "payload": claims}), until=until)


def _keys() -> Any:
    from rmtui.pki.tokens import JWTKeys

    return JWTKeys.from_settings(settings.current())


def _names_somebody(claims: dict[str, Any]) -> bool:
    subject = claims.get("sub")
    return isinstance(subject, str) and bool(subject) and storable(subject)


def _person(payload: dict[str, Any]) -> Person:
    try:
        return Person.by_mtlsjwt_payload(payload)
    except Deleted:
        raise SignInRefused(tr("The person that it names was revoked. Ask an admin.")) from None
    except AmbiguousCallsign as error:
        raise SignInRefused(tr("{error} Ask an admin.", error=error.sentence)) from None
    except NotFound:
        raise SignInRefused(tr("Nobody of this deployment has the callsign that it names. Check which deployment this is.")) from None


def _on_record(person: Person) -> str:
    """SHA-256 of the certificate that is a person's now.

    :raises SignInRefused: this host does not see it.
    """
    from rmtui.pki.identity import read_certificate

    try:
        return read_certificate(person.directory).fingerprint
    except RmtuiError as error:
        raise SignInRefused(
            tr("The certificate on record for {callsign} cannot be read: {error}", callsign=plain(person.callsign), error=error.sentence)
        ) from error
