"""People's certificates: revoke, reissue, hand out."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rmtui import clock
from rmtui.auth.operator import ADMIN, Operator
from rmtui.db.errors import Deleted
from rmtui.db.middleware import connected
from rmtui.db.own import Audit, Issued
from rmtui.db.people import Person
from rmtui.db.reissuing import ReissuedMeanwhile
from rmtui.errors import ConfigurationError, RmtuiError, UnreachableError
from rmtui.i18n import joined, later, tr
from rmtui.pki.interface import REASONS
from rmtui.services import exports, windows
from rmtui.services.audit import Act, acting
from rmtui.services.roles import LastAdmin, other_admins
from rmtui.text import plain

__all__ = [
    "MEANING",
    "REASONS",
    "AlreadyRevoked",
    "Exported",
    "NotTold",
    "Reissued",
    "ReissuedMeanwhile",
    "Revoked",
    "SelfRevocation",
    "and_left",
    "export",
    "keeping_their_key",
    "reissue",
    "revoke",
]

MEANING: Mapping[str, str] = {
    "unspecified": later("no reason is told"),
    "keyCompromise": later("somebody else has, or may have, their key"),
    "affiliationChanged": later("they belong to another unit now"),
    "superseded": later("they have another certificate"),
    "cessationOfOperation": later("they have no more to do here"),
    "privilegeWithdrawn": later("they may no longer take part"),
}
"""What each of :data:`REASONS` says of somebody who is revoked."""


class AlreadyRevoked(RmtuiError):
    """Somebody revoked the person first."""

    title = later("Already revoked")


class SelfRevocation(RmtuiError):
    """Nobody revokes themselves."""

    title = later("Yourself")


@dataclass(frozen=True, slots=True)
class Revoked:
    """A person who was revoked just now."""

    pk: uuid.UUID
    callsign: str
    reason: str
    serials: tuple[str, ...]
    """Of every certificate that was revoked with them."""
    left: str = ""
    """Why a certificate that they may have stays good, as a sentence; empty where none does."""


@dataclass(frozen=True, slots=True)
class Reissued:
    """A person who has a new certificate."""

    pk: uuid.UUID
    callsign: str
    serial: str
    not_after: dt.datetime
    superseded: tuple[str, ...]
    """Serials of the certificates that were revoked for it."""
    files: str
    left: str = ""
    """As of :class:`Revoked`."""


class NotTold(UnreachableError):
    """It is done and recorded, but the authority was not told, or the CRL not published; that is tried again.

    :param done: what was.
    """

    title = later("Done, but not told yet")

    def __init__(self, sentence: str, done: Revoked | Reissued) -> None:
        super().__init__(sentence)
        self.done = done


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was handed out."""

    pk: uuid.UUID
    callsign: str
    path: str
    form: str
    """``pfx`` or ``pem``."""
    key: bool | None
    """Whether a PEM holds the private key; None for a PFX."""


def revoke(operator: Operator | None, pk: uuid.UUID, reason: str) -> Revoked:
    """Revoke a person and every certificate of theirs; the CRL is published.

    :param reason: one of :data:`REASONS`.
    :raises ConfigurationError: it is none of them.
    :raises AlreadyRevoked: by whom, and when.
    :raises SelfRevocation: it is the operator.
    :raises LastAdmin: nobody else is an active admin.
    :raises NotTold: the authority could not be told, or the CRL not be published; the person is revoked.
    """
    told: tuple[list[str], str] | None = None
    unpublished: RmtuiError | None = None
    with acting(operator, "revoke", pk) as act:
        found = Person.by_pk(pk, allow_deleted=True)
        act.on(found.pk, found.callsign)
        if reason not in REASONS:
            raise ConfigurationError(
                tr(
                    "“{reason}” is no reason; it is one of {reasons}. Nobody was revoked.",
                    reason=plain(reason, 40),
                    reasons=", ".join(REASONS),
                )
            )

        def guard() -> None:
            act.person()
            if found.has_role(ADMIN) and other_admins(found) == 0:
                raise LastAdmin(
                    tr("{callsign} is the last admin; make another one first. Nobody was revoked.", callsign=plain(found.callsign))
                )
            if operator is not None and found.pk == operator.pk:
                raise SelfRevocation(
                    tr("{callsign} is you; another admin revokes you. Nobody was revoked.", callsign=plain(found.callsign))
                )

        def record(serials: list[str], left: str) -> None:
            nonlocal told
            act.done(reason, serials=serials, **_not_revoked(left))
            told = serials, left

        try:
            found.revoke(reason, on_commit=record, guard=guard)
        except Deleted:
            raise _already(found.reread()) from None
        except RmtuiError as error:
            if told is None or not _is_revoked(pk):
                raise
            unpublished = error
    assert told is not None
    serials, left = told
    done = Revoked(found.pk, found.callsign, reason, tuple(serials), left)
    if unpublished is not None:  # no refusal: what was asked for is done and recorded
        raise NotTold(and_left(unpublished.sentence, left), done) from unpublished
    return done


def _not_revoked(left: str) -> dict[str, str]:
    """What the trail says of a certificate that stays good."""
    return {"not_revoked": left} if left else {}


def and_left(said: str, left: str) -> str:
    """What is said of something done, and why a certificate stays good, where one does."""
    return joined([said, left], " ") if left else said


def _is_revoked(pk: uuid.UUID) -> bool:
    return Person.by_pk(pk, allow_deleted=True).deleted is not None


def _already(found: Person) -> AlreadyRevoked:
    entry = _last(found.pk, "revoke")
    said = {"callsign": plain(found.callsign), "when": clock.stamp(found.deleted)}
    operator, reason = plain(entry.operator) if entry is not None else "", plain(found.revoke_reason or "")
    if operator and reason:
        text = tr(
            "{callsign} was revoked by {operator} on {when} ({reason}); nothing was changed.", operator=operator, reason=reason, **said
        )
    elif operator:
        text = tr("{callsign} was revoked by {operator} on {when}; nothing was changed.", operator=operator, **said)
    elif reason:
        text = tr("{callsign} was revoked on {when} ({reason}); nothing was changed.", reason=reason, **said)
    else:
        text = tr("{callsign} was revoked on {when}; nothing was changed.", **said)
    return AlreadyRevoked(text)


def _last(pk: uuid.UUID, action: str) -> Audit | None:
    done = (Audit.target_pk == pk) & (Audit.action == action) & (Audit.outcome == "done")
    found: Audit | None = Audit.select().where(done).order_by(Audit.id.desc()).first()
    return found


def _active(act: Act, pk: uuid.UUID) -> Person:
    found = Person.by_pk(pk, allow_deleted=True)
    act.on(found.pk, found.callsign)
    if found.deleted is not None:
        raise _already(found)
    return found


def reissue(operator: Operator | None, pk: uuid.UUID, *, csr: str | None = None) -> Reissued:
    """Give somebody a new certificate in place of the old one, which is revoked as superseded; the CRL is published.

    :param csr: PEM of the person's own request; without it a key is made.
    :raises AlreadyRevoked: the person is revoked.
    :raises CSRError: the request is refused, and why.
    :raises ReissuedMeanwhile: somebody else was first.
    :raises NotTold: the authority could not be told, or the CRL not be published; the certificate is reissued.
    """
    told: tuple[list[str], str, str] | None = None
    unpublished: RmtuiError | None = None
    with acting(operator, "reissue", pk) as act:
        found = _active(act, pk)

        def record(old: list[str], new: str, left: str) -> None:
            nonlocal told
            act.done(serial=new, superseded=old, csr=csr is not None, **_not_revoked(left))
            told = old, new, left

        try:
            made = found.reissue(csr, on_commit=record)
        except Deleted:
            raise _already(found.reread()) from None
        except ReissuedMeanwhile as error:
            entry = _last(pk, "reissue")
            if entry is not None:
                error.args = (
                    tr(
                        "{error} The last reissue is by {operator}, {when}.",
                        error=error.sentence,
                        operator=plain(entry.operator),
                        when=clock.stamp(entry.at),
                    ),
                )
            raise
        except RmtuiError as error:
            committed = _committed(told[1]) if told is not None else None
            if committed is None:
                raise
            made, unpublished = committed, error
    assert told is not None
    old, _new, left = told
    done = Reissued(found.pk, found.callsign, made.serial, made.not_after, tuple(old), str(found.directory), left)
    if unpublished is not None:
        raise NotTold(and_left(unpublished.sentence, left), done) from unpublished
    return done


def _committed(serial: str) -> Issued | None:
    found: Issued | None = Issued.get_or_none((Issued.serial == serial) & Issued.committed)
    return found


def export(operator: Operator | None, pk: uuid.UUID, path: str, *, pem: bool = False, force: bool = False) -> Exported:
    """Write somebody's PFX, or PEM of key, certificate and chain, to a file that only its owner can read.

    :param force: whether a file that is there may be replaced.
    :raises AlreadyRevoked: the person is revoked.
    :raises ExportRefused: something is at the path already, or it cannot be written.
    :raises PKIError: the files in the person's directory are not theirs, or cannot be read.
    """
    from rmtui.pki.bundles import pem_bundle, pfx_bundle

    with acting(operator, "export", pk) as act:
        found = _active(act, pk)
        target = exports.place(path, force)
        data = (pem_bundle if pem else pfx_bundle)(found.directory, found.callsign)
        exports.write(act, target, data, force=force, form="pem" if pem else "pfx")
    return Exported(found.pk, found.callsign, str(target), "pem" if pem else "pfx", b"PRIVATE KEY" in data if pem else None)


@connected
def keeping_their_key(pks: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of some people who brought their own key, as far as this host sees their files: it would be replaced by one made here."""
    found: list[Person] = []
    for start in range(0, len(pks), windows.FEW):
        found.extend(Person.select(Person.pk, Person.certspath).where(Person.pk.in_(pks[start : start + windows.FEW])))
    return frozenset(person.pk for person in found if _keeps(person))


def _keeps(person: Person) -> bool:
    try:
        directory = person.directory
        return (directory / "mtls.pem").exists() and not (directory / "mtls.key").exists()
    except (OSError, ValueError, RmtuiError):
        return False
