"""The certificate authority as the data layer uses it: what was signed and revoked is recorded in a table of ours."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from peewee import DatabaseError, IntegrityError, InterfaceError

from rmtui import clock, settings
from rmtui.db import adopting, effects
from rmtui.db.config import DBConfig
from rmtui.db.locks import ADMINS, exclusive, joined
from rmtui.db.own import Claim, Issued
from rmtui.db.prepared import insert
from rmtui.db.publishing import publish
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.i18n import later, tr, trn
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.db.people import Person
    from rmtui.pki.embedded import EmbeddedAuthority
    from rmtui.pki.interface import Authority, Revocation, SignedCertificate

logger = logging.getLogger("rmtui.db.issuing")

__all__ = [
    "LEFTOVER_AGE",
    "announce",
    "authority",
    "publish_after",
    "publish_crl",
    "publishing_once",
    "record_issued",
    "revocations",
    "revoke_lost",
    "revoke_person",
    "revoke_serials",
    "signing_many",
    "sweep",
]

_held: ContextVar[list[Authority] | None] = ContextVar("_held", default=None)
"""Whoever waits to publish, while :func:`publishing_once` holds them back."""

_signing: ContextVar[list[EmbeddedAuthority] | None] = ContextVar("_signing", default=None)
"""The one authority that all share, once it is needed, while :func:`signing_many` lasts."""

LEFTOVER_AGE = dt.timedelta(hours=1)
"""How old files that nothing points at must be before they are swept."""


def authority() -> Authority:
    """Who signs, as ``RM_CERT_BACKEND`` names it.

    :raises ConfigurationError: nobody is named on PostgreSQL, or what is named is not there.
    """
    config = settings.current()
    backend = config.cert_backend or ("embedded" if DBConfig.singleton().is_sqlite else None)
    if backend is None:
        raise ConfigurationError(
            tr("RM_CERT_BACKEND does not name who signs; nothing is signed before it does. Set it to embedded or cfssl.")
        )
    if not DBConfig.singleton().is_sqlite and not config.data_dir_named:
        raise ConfigurationError(tr("RM_PERSISTENT_DATA_DIR does not name the deployment's data directory; nothing was signed."))
    if backend == "cfssl":
        from rmtui.pki.cfssl import CfsslAuthority

        remote = CfsslAuthority.from_settings(config)
        remote.late = _take_late
        return remote
    from rmtui.pki.embedded import EmbeddedAuthority

    shared = _signing.get()
    if shared:
        return shared[0]
    made = EmbeddedAuthority.from_settings(config)
    if shared is not None:
        made.keep_key()
        shared.append(made)
    return made


@contextmanager
def signing_many() -> Iterator[None]:
    """Read the authority's key once for all that is signed in the block, by this thread and those that run in its context.

    It is forgotten at the end, so that it is not in memory while nobody signs.
    """
    token = _signing.set([])
    try:
        yield
    finally:
        _signing.reset(token)


def record_issued(signed: SignedCertificate, person: uuid.UUID, callsign: str) -> Issued:
    """Record a certificate before any file holds it, so that a lost one can be revoked.

    :raises PKIError: another one has its serial number already.
    """
    issued = Issued(
        serial=f"{signed.serial:x}",
        person=person,
        callsign=callsign,
        fingerprint=signed.fingerprint,
        not_before=signed.not_before,
        not_after=signed.not_after,
    )
    try:
        insert(issued)
    except IntegrityError:
        from rmtui.pki.interface import PKIError

        raise PKIError(
            tr(
                "The CA gave a certificate the serial number {serial}, which another has already. It was not used; check the CA.",
                serial=issued.serial,
            )
        ) from None
    except (DatabaseError, InterfaceError):
        logger.warning("signed for %s and not recorded: serial %s", plain(callsign), issued.serial)
        raise
    return issued


def announce(signer: Authority, person: uuid.UUID, callsign: str) -> None:
    """Have those who answer for certificates know of one that is recorded; if they cannot be told now, the next publishing does."""
    try:
        signer.announce()
    except RmtuiError as error:
        logger.warning("signed, but the OCSP answers were not refreshed: %s", error)
        effects.plan_publishing(person, callsign)


def revoke_lost(signed: SignedCertificate, person: uuid.UUID, callsign: str) -> None:
    """Revoke what was signed and given to nobody, recorded or not, and publish that; what cannot be published now is tried again later."""
    serial = f"{signed.serial:x}"
    if not Issued.select().where(Issued.serial == serial).exists():
        record_issued(signed, person, callsign)
    revoke_serials((Issued.serial == serial) & (Issued.person == person) & ~Issued.committed, "cessationOfOperation")
    try:
        publish_crl()
    except RmtuiError as error:
        logger.warning("a lost certificate is told of later: %s", error)


def _take_late(signed: SignedCertificate, callsign: str) -> None:
    """A certificate came after whoever asked for it had given it up; nobody has it."""
    from rmtui.db.middleware import connection

    try:
        with connection():
            revoke_lost(signed, uuid.uuid4(), callsign)
    except RmtuiError as error:
        logger.warning("a certificate for %s came too late and was not revoked, serial %x: %s", plain(callsign), signed.serial, error)


def revocations() -> Iterator[Revocation]:
    """Every revoked certificate. Needs an open connection."""
    from rmtui.pki.interface import Revocation

    query = Issued.select(Issued.serial, Issued.revoked_on, Issued.reason, Issued.not_after).where(Issued.revoked_on.is_null(False))
    for serial, revoked_on, reason, not_after in query.order_by(Issued.revoked_on).tuples().iterator():
        yield Revocation(int(serial, 16), revoked_on, reason or "unspecified", not_after)


def publish_crl(*, at_once: bool = False) -> None:
    """Renew the CRL from what is recorded. Needs an open connection.

    :param at_once: whether what failed before is tried again though it was to wait.
    """
    publish(authority(), revocations, at_once=at_once)


def revoke_serials(where: Any, reason: str) -> int:
    """Mark certificates as revoked that are not yet; how many were. The CRL is published separately."""
    with joined():
        effects.plan_revocations(where)
        changed: int = Issued.update(revoked_on=clock.utcnow(), reason=reason).where(where & Issued.revoked_on.is_null()).execute()
    return changed


def revoke_person(
    person: Person, reason: str, on_commit: Callable[[list[str], str], None] | None = None, guard: Callable[[], None] | None = None
) -> None:
    """Revoke a person and every certificate of theirs, then publish the CRL.

    :param on_commit: called last in the transaction, with the serials that are revoked and why a certificate stays good.
    :param guard: called first in it, under the lock :data:`rmtui.db.locks.ADMINS`.
    :raises Deleted: they are revoked already.
    :raises RmtuiError: the CRL could not be published; the person is revoked, and ``rmtui crl`` tries again.
    """
    from rmtui.pki.interface import REASONS

    if reason not in REASONS:
        raise ConfigurationError(
            tr("{reason} is no reason of RFC 5280; it is one of {reasons}.", reason=plain(reason), reasons=", ".join(REASONS))
        )
    signer = authority()
    cas = adopting.cas_to_judge_by(person, signer)
    with exclusive(ADMINS), exclusive(f"roles:{person.pk}"):
        type(person).by_pk(person.pk)
        if guard is not None:
            guard()
        left = adopting.adopt_certificate(person, cas)
        theirs = Issued.select(Issued.serial).where((Issued.person == person.pk) & Issued.revoked_on.is_null()).order_by(Issued.created)
        serials = [row.serial for row in theirs]
        revoke_serials(Issued.person == person.pk, reason)
        person.deleted = clock.utcnow()
        person.revoke_reason = reason
        person.save(only=[type(person).deleted, type(person).revoke_reason])
        effects.plan(person.pk, person.callsign, "revoked")
        if on_commit is not None:
            on_commit(serials, left)
    publish_after(signer, tr("{callsign} is revoked", callsign=plain(person.callsign)))


@contextmanager
def publishing_once() -> Iterator[None]:
    """Publish the CRL once, at the end of the block and however that comes, for all that is done in it by this thread.

    :raises RmtuiError: it could not be published; what was done stands.
    """
    waiting: list[Authority] = []
    token = _held.set(waiting)
    try:
        yield
    finally:
        _held.reset(token)
        if waiting:
            _publish(waiting[-1], tr("What was done stands"))


def publish_after(signer: Authority, done: str) -> None:
    """Publish the CRL after something was committed.

    :param done: what was, as a clause to tell if the CRL cannot be published, or the authority not be told.
    :raises RmtuiError: it cannot.
    """
    held = _held.get()
    if held is not None:
        held.append(signer)
        return
    _publish(signer, done)


def _publish(signer: Authority, done: str) -> None:
    try:
        publish(signer, revocations)
    except RmtuiError as error:
        said = later("{done}, but the CRL was not published: {error} An open console tries again by itself; rmtui crl does so at once.")
        if settings.current().cert_backend == "cfssl":
            said = later("{done}, but the CA is still to be told: {error} Once it answers, an open console or rmtui effects run tells it.")
        error.args = (tr(said, done=done, error=error.sentence),)
        raise


def sweep() -> list[str]:
    """Remove what crashed approvals and reissues left: claims that ran out, lost certificates (revoked), files that nothing points at.

    Only what is older than :data:`LEFTOVER_AGE` is touched. A finished directory goes only if a certificate of it is recorded here and
    nobody was made of it: what this database knows nothing of may be another's, or of after the backup it was restored from. Needs an
    open connection.

    :return: a sentence for each thing done.
    """
    from rmtui.db import reissuing
    from rmtui.db.people import Person
    from rmtui.pki import identity

    now = clock.utcnow()
    done: list[str] = []
    Claim.delete().where(Claim.expires < now - LEFTOVER_AGE).execute()
    finished, unseen = reissuing.settle_all()
    done += finished
    held = Claim.select(Claim.person)
    lost = ~Issued.committed & (Issued.created < now - LEFTOVER_AGE) & Issued.person.not_in(held) & Issued.person.not_in(unseen)
    revoked = revoke_serials(lost, "cessationOfOperation")
    if revoked:
        done.append(
            trn("Revoked {n} certificate that was signed and lost.", "Revoked {n} certificates that were signed and lost.", revoked)
        )
    effects.prune()
    people_dir = settings.current().people_dir
    unfinished = {row.person for row in Issued.select(Issued.person).where(~Issued.committed)}
    for path in identity.leftovers(people_dir, LEFTOVER_AGE, now):
        owner = _uuid_of(path.name)
        if owner is not None and (
            owner not in unfinished
            or Person.select().where(Person.pk == owner).exists()
            or Claim.select().where(Claim.person == owner).exists()
        ):
            continue
        identity.remove_identity(path)
        done.append(tr("Removed {name}, which nothing points at.", name=plain(path.name)))
    return done


def _uuid_of(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name.removeprefix(".").removesuffix(".part"))
    except ValueError:
        return None
