"""People's certificates: revoke, reissue, hand out."""

from __future__ import annotations

import datetime as dt
import os
import stat
import uuid
from dataclasses import dataclass
from pathlib import Path

from rmtui import clock
from rmtui.auth.operator import ADMIN, Operator
from rmtui.db.base import db
from rmtui.db.errors import Deleted
from rmtui.db.own import Audit
from rmtui.db.people import Person
from rmtui.db.reissuing import ReissuedMeanwhile
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.pki.interface import REASONS
from rmtui.services.audit import Act, acting
from rmtui.services.roles import LastAdmin, other_admins
from rmtui.text import plain

__all__ = [
    "REASONS",
    "AlreadyRevoked",
    "ExportRefused",
    "Exported",
    "Reissued",
    "Revoked",
    "SelfRevocation",
    "export",
    "reissue",
    "revoke",
]


class AlreadyRevoked(RmtuiError):
    """Somebody revoked the person first."""

    title = "Already revoked"


class SelfRevocation(RmtuiError):
    """Nobody revokes themselves."""

    title = "Yourself"


class ExportRefused(RmtuiError):
    """The file cannot be written where it was asked for."""

    title = "Not exported"


@dataclass(frozen=True, slots=True)
class Revoked:
    """A person who was revoked just now."""

    pk: uuid.UUID
    callsign: str
    reason: str
    serials: tuple[str, ...]
    """Of every certificate that was revoked with them."""


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
    :raises RmtuiError: the CRL could not be published; the person is revoked.
    """
    revoked: list[str] = []
    done = False
    unpublished: RmtuiError | None = None
    with acting(operator, "revoke", pk) as act:
        found = Person.by_pk(pk, allow_deleted=True)
        act.on(found.pk, found.callsign)
        if reason not in REASONS:
            raise ConfigurationError(f"“{plain(reason, 40)}” is no reason; it is one of {', '.join(REASONS)}. Nobody was revoked.")

        def guard() -> None:
            act.person()
            if found.has_role(ADMIN) and other_admins(found) == 0:
                raise LastAdmin(f"{plain(found.callsign)} is the last admin; make another one first. Nobody was revoked.")
            if operator is not None and found.pk == operator.pk:
                raise SelfRevocation(f"{plain(found.callsign)} is you; another admin revokes you. Nobody was revoked.")

        def record(serials: list[str]) -> None:
            nonlocal done
            act.done(reason, serials=serials)
            revoked.extend(serials)
            done = True

        try:
            found.revoke(reason, on_commit=record, guard=guard)
        except Deleted:
            raise _already(found.reread()) from None
        except RmtuiError as error:
            if not done or not _is_revoked(pk):
                raise
            unpublished = error
    if unpublished is not None:  # told, but no refusal: what was asked for is done and recorded
        raise unpublished
    return Revoked(found.pk, found.callsign, reason, tuple(revoked))


def _is_revoked(pk: uuid.UUID) -> bool:
    return Person.by_pk(pk, allow_deleted=True).deleted is not None


def _already(found: Person) -> AlreadyRevoked:
    entry = _last(found.pk, "revoke")
    who = f" by {plain(entry.operator)}" if entry is not None and entry.operator else ""
    when = f" on {clock.stamp(found.deleted)}" if found.deleted is not None else ""
    why = f" ({plain(found.revoke_reason)})" if found.revoke_reason else ""
    return AlreadyRevoked(f"{plain(found.callsign)} was revoked{who}{when}{why}; nothing was changed.")


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
    :raises RmtuiError: the CRL could not be published; the certificate is reissued.
    """
    told: list[tuple[list[str], str]] = []
    made = None
    unpublished: RmtuiError | None = None
    with acting(operator, "reissue", pk) as act:
        found = _active(act, pk)

        def record(old: list[str], new: str) -> None:
            act.done(serial=new, superseded=old, csr=csr is not None)
            told.append((old, new))

        try:
            made = found.reissue(csr, on_commit=record)
        except Deleted:
            raise _already(found.reread()) from None
        except ReissuedMeanwhile as error:
            entry = _last(pk, "reissue")
            if entry is not None:
                error.args = (f"{error} The last reissue is by {plain(entry.operator)}, {clock.stamp(entry.at)}.",)
            raise
        except RmtuiError as error:
            if not told or not _is_committed(told[0][1]):
                raise
            unpublished = error
    if unpublished is not None:
        raise unpublished
    assert made is not None
    return Reissued(found.pk, found.callsign, made.serial, made.not_after, tuple(told[0][0]), str(found.directory))


def _is_committed(serial: str) -> bool:
    from rmtui.db.own import Issued

    return bool(Issued.select().where((Issued.serial == serial) & Issued.committed).exists())


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
        target = _target(path)
        _check_target(target, force)
        data = (pem_bundle if pem else pfx_bundle)(found.directory, found.callsign)
        written = False
        try:
            with db.atomic():
                act.done(path=plain(target), form="pem" if pem else "pfx", replaced=os.path.lexists(target))
                (_replace if force else _create)(target, data)
                written = True
        except BaseException:
            if written:  # no key goes out that no entry tells of
                target.unlink(missing_ok=True)
            raise
    return Exported(found.pk, found.callsign, str(target), "pem" if pem else "pfx", b"PRIVATE KEY" in data if pem else None)


def _target(path: str) -> Path:
    try:
        target = Path(path).expanduser().absolute()
        os.fsencode(target)
    except (RuntimeError, ValueError) as error:
        raise ExportRefused(f"“{plain(path, 80)}” is no path; nothing was written.") from error
    if not path or "\0" in path:
        raise ExportRefused(f"“{plain(path, 80)}” is no path; nothing was written.")
    return target


def _check_target(target: Path, force: bool) -> None:
    try:
        about = os.lstat(target)
    except FileNotFoundError:
        if not target.parent.is_dir():
            raise ExportRefused(f"There is no directory {plain(target.parent)}; nothing was written.") from None
        return
    except OSError as error:
        raise ExportRefused(f"{plain(target)} cannot be looked at ({error.strerror}); nothing was written.") from error
    if not stat.S_ISREG(about.st_mode):
        kind = "a directory" if stat.S_ISDIR(about.st_mode) else "a symbolic link" if stat.S_ISLNK(about.st_mode) else "no plain file"
        raise ExportRefused(f"{plain(target)} is {kind}; nothing was written. Name another path.")
    if not force:
        raise ExportRefused(f"{plain(target)} is there already and was left as it is. Name another path, or replace it with --force.")


def _replace(target: Path, data: bytes) -> None:
    from rmtui.pki import files

    files.write_file(target, data, 0o600)


def _create(target: Path, data: bytes) -> None:
    """Write a file that must not be there yet; no hard link is needed, so that a memory stick will do."""
    from rmtui.pki import files

    try:
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ExportRefused(f"{plain(target)} is there by now and was left as it is. Name another path.") from None
    except OSError as error:
        raise ExportRefused(f"{plain(target)} cannot be written ({error.strerror}); nothing was written.") from error
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        files.fsync_dir(target.parent)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ExportRefused(f"{plain(target)} cannot be written ({error.strerror}); nothing was left there.") from error
        raise
