"""Sign-ins that last. One is an entry of the audit trail and a secret that only its holder's file has: whoever makes up either
has not got the other, and an entry cannot be made up unseen. The private key is in neither.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rmtui import clock, settings
from rmtui.auth.operator import Operator, Session, deployment_key, deployment_mark, roles_of
from rmtui.auth.origin import origin
from rmtui.auth.refusals import SignInNeeded
from rmtui.db import schema
from rmtui.db.errors import BackendError, NotFound
from rmtui.db.own import Audit
from rmtui.db.people import Person
from rmtui.db.trail import chain_name, details_of
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.text import plain

__all__ = ["LIFETIME", "SIGN_IN", "SIGN_OUT", "Ticket", "current", "digest_of", "ended", "forget", "kept", "keep", "new_secret"]

LIFETIME: Final = dt.timedelta(hours=2)
"""How long a sign-in lasts."""
FOREVER: Final = dt.datetime.max.replace(tzinfo=dt.UTC)
"""When what does not run out of itself does."""
SIGN_IN: Final = "sign-in"
SIGN_OUT: Final = "sign-out"
_LAST_ENTRY: Final = 2**63 - 1

logger = logging.getLogger("rmtui.auth")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the file of a sign-in holds."""

    database: str
    """What ``config.toml`` knows the database as."""
    chain: str
    """Which audit trail the entry is in."""
    entry: int
    secret: str = field(repr=False)
    callsign: str
    identity: str
    """The file that was signed in with, to be offered the next time; empty for other ways."""


def _path() -> Path:
    return settings.current().state_dir / "signins" / f"{deployment_mark()}.json"


def new_secret() -> str:
    """What a sign-in's holder has and nobody can guess."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What the audit trail may know of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keep(ticket: Ticket) -> None:
    """Write the file of a sign-in, 0600.

    :raises StorageError: it cannot be written.
    """
    from rmtui.pki import files

    path = _path()
    files.make_dir(path.parent, 0o700)
    data = {name: getattr(ticket, name) for name in Ticket.__slots__}
    files.write_file(path, json.dumps(data).encode(), 0o600)


def kept() -> Ticket | None:
    """The last sign-in on this database, whether it still holds or not; None for none, or for a file that others could write."""
    from rmtui.pki import files

    path = _path()
    try:
        about = path.stat()
    except OSError:
        return None
    if about.st_uid != os.geteuid() or stat.S_IMODE(about.st_mode) & 0o077:
        logger.warning("%s is not believed: others than its owner may use it", plain(path))
        return None
    try:
        data = json.loads(files.read_file(path))
        ticket = Ticket(**data)
    except (RmtuiError, ValueError, TypeError, RecursionError):
        return None
    fine = type(ticket.entry) is int and 0 < ticket.entry <= _LAST_ENTRY
    fine = fine and all(isinstance(getattr(ticket, name), str) for name in Ticket.__slots__ if name != "entry")
    return ticket if fine and ticket.secret.isascii() and ticket.database == deployment_key() else None


def forget() -> None:
    """Remove the file of the sign-in, if there is one.

    :raises StorageError: it cannot be removed.
    """
    from rmtui.pki import files

    path = _path()
    with files.storage(path, "removed"):
        path.unlink(missing_ok=True)


def current(surface: str) -> Operator | None:
    """Who is signed in on this database; None when nobody is, or signed out. Needs an open connection.

    :raises SignInNeeded: who was signed in is not any more, and why.
    """
    ticket = kept()
    if ticket is None or not ticket.secret or not schema.own_tables_ready():
        return None
    row = Audit.get_or_none(Audit.id == ticket.entry)
    try:
        if ticket.chain != chain_name().hex:
            return None
    except BackendError:  # the trail was tampered with: the secret still tells, and verifying is what is wanted
        pass
    if row is None or row.operator_pk is None or not _is_ours(row, ticket.secret):
        return None
    session, name = Session(row.id, digest_of(ticket.secret)), plain(row.operator)
    until = min(_until(row), row.at + LIFETIME)
    if until <= clock.utcnow():
        raise SignInNeeded(tr("The sign-in of {name} ran out at {when}. Sign in again.", name=name, when=clock.stamp(until)))
    try:
        person = Person.by_pk(row.operator_pk)
    except NotFound:
        raise SignInNeeded(tr("{name}, who was signed in, was revoked. Sign in as somebody else.", name=name)) from None
    if ended(session, person):
        return None
    return Operator(
        person.pk,
        person.callsign,
        row.proof,
        surface,
        proof=row.proof,
        roles=roles_of(person),
        until=until,
        session=session,
        fingerprint=details_of(row.details).get("fingerprint", ""),
    )


def _is_ours(row: Audit, secret: str) -> bool:
    """Whether an entry is the sign-in that the secret was made for, at this host, by this user of the operating system."""
    here = origin()
    return (row.action, row.outcome, row.os_user, row.host) == (SIGN_IN, "done", here.os_user, here.host) and hmac.compare_digest(
        str(details_of(row.details).get("session", "")), digest_of(secret)
    )


def _until(row: Audit) -> dt.datetime:
    """When what was proven runs out of itself, as a certificate does."""
    try:
        return dt.datetime.fromisoformat(str(details_of(row.details).get("until", ""))).astimezone(dt.UTC)
    except ValueError:
        return FOREVER


def ended(session: Session, person: Person) -> bool:
    """Whether somebody signed out of a sign-in. Needs an open connection."""
    signed_out = Audit.select(Audit.id).where(
        (Audit.target_pk == person.pk) & (Audit.id > session.entry) & (Audit.action == SIGN_OUT) & Audit.details.contains(session.digest)
    )
    return bool(signed_out.exists())
