"""A reissue is one outcome: the new files are made complete beside the old, then both directories change places in one step.

That step is the last thing in the transaction that revokes the old certificate. A crash before it leaves the old files, whose
certificate is good, and a certificate that the sweep finds lost. A crash after it leaves the new files, whose certificate is good too:
if the transaction did not commit, :func:`settle_all` or the next reissue does what it would have done. The path never changes.
"""

from __future__ import annotations

import logging
import os
import stat
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peewee import DatabaseError, InterfaceError

from rmtui.db import adopting, effects, issuing
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import BackendError, Deleted, OutcomeUnknown
from rmtui.db.locks import exclusive
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.pki.interface import Authority, SignedCertificate

__all__ = ["ReissuedMeanwhile", "reissue", "settle_all"]

logger = logging.getLogger("rmtui.db.reissuing")

OnCommit = Callable[[list[str], str, str], None]


class ReissuedMeanwhile(BackendError):
    """Somebody else gave the person another certificate first."""

    title = later("Changed meanwhile")


class _Making:
    """What is being made for somebody."""

    def __init__(self, person: Person, signer: Authority) -> None:
        from rmtui.pki import files

        self.person = person
        self.directory = person.directory
        self.part = files.part_name(self.directory)
        self.cas = adopting.cas_to_judge_by(person, signer)
        self.signed: SignedCertificate | None = None

    @property
    def serial(self) -> str:
        """Of what was signed; empty before it was."""
        return f"{self.signed.serial:x}" if self.signed is not None else ""

    def locked(self) -> Any:
        """A transaction that no other reissue, revocation or change of roles of this person shares."""
        return exclusive(f"roles:{self.person.pk}")


def reissue(person: Person, csr: str | None, on_commit: OnCommit | None) -> Issued:
    """See :meth:`rmtui.db.people.Person.reissue`.

    :raises ReissuedMeanwhile: another reissue was first.
    :raises RmtuiError: the CRL could not be published; the certificate is reissued, and ``rmtui crl`` tries again.
    """
    from rmtui.pki.csr import check_csr

    signer = issuing.authority()
    if csr is not None:
        check_csr(csr, person.callsign)
    making = _Making(person, signer)
    with making.locked():
        type(person).by_pk(person.pk)
        _check_place(making.directory)
        _settle(person)
        before, left = _standing(making)
    try:
        _make(making, signer, csr)
        _commit(making, before, left, on_commit)
    except BaseException as error:
        if not _resolved(making, error):
            raise
        if not isinstance(error, Exception):
            _finish(making, signer)
            raise
    _finish(making, signer)
    return Issued.get(Issued.serial == making.serial)


def _finish(making: _Making, signer: Authority) -> None:
    with suppress(RmtuiError):  # swept later
        _remove(making.part)
    issuing.publish_after(signer, tr("{callsign} has a new certificate", callsign=plain(making.person.callsign)))


def _check_place(directory: Path) -> None:
    """Find out before signing that the new files can take the place of the old."""
    from rmtui.pki import files
    from rmtui.pki.interface import FileMissing, StorageError

    with files.storage(directory.parent, "read"):
        os.lstat(directory.parent)
    try:
        with files.storage(directory, "read"):
            about = os.lstat(directory)
    except FileMissing:
        return
    if not stat.S_ISDIR(about.st_mode):
        raise StorageError(
            tr("{directory} is no directory of files; nothing was signed. Check who put it there.", directory=plain(directory))
        )


def _standing(making: _Making) -> tuple[list[str], str]:
    """Serials of the certificates that are good for a person, also one that others issued, and why another stays good; hold the lock."""
    left = adopting.adopt_certificate(making.person, making.cas)
    good = (Issued.person == making.person.pk) & Issued.committed & Issued.revoked_on.is_null()
    return [row.serial for row in Issued.select(Issued.serial).where(good).order_by(Issued.created, Issued.serial)], left


def _make(making: _Making, signer: Authority, csr: str | None) -> None:
    from rmtui import settings
    from rmtui.pki.identity import make_identity

    def on_signed(signed: SignedCertificate) -> None:
        making.signed = signed
        issuing.record_issued(signed, making.person.pk, making.person.callsign)

    make_identity(
        making.part,
        making.person.callsign,
        signer,
        key_type=settings.current().key_type,
        csr_pem=None if csr is None else csr.encode(),
        on_signed=on_signed,
    )
    issuing.announce(signer, making.person.pk, making.person.callsign)


def _commit(making: _Making, before: list[str], left: str, on_commit: OnCommit | None) -> None:
    person = making.person
    with making.locked():
        now = type(person).by_pk(person.pk)
        fresh = (Issued.serial == making.serial) & ~Issued.committed & Issued.revoked_on.is_null()
        changed = (now.callsign, now.certspath) != (person.callsign, person.certspath)
        if changed or _standing(making)[0] != before or not Issued.select().where(fresh).exists():
            raise ReissuedMeanwhile(
                tr(
                    "{callsign} was given another certificate meanwhile; the one made here was revoked. Look again.",
                    callsign=plain(person.callsign),
                )
            )
        if on_commit is not None:  # while the operator's own certificate still counts, should it be the one
            on_commit(before, making.serial, left)
        Issued.update(committed=True).where(fresh).execute()
        issuing.revoke_serials(Issued.serial.in_(before), "superseded")
        _plan(now)
        _swap(making)


def _swap(making: _Making) -> None:
    from rmtui.pki import files

    with files.storage(making.directory, "read"):
        there = os.path.lexists(making.directory)
        if there:
            os.utime(making.directory)  # what is put aside is no old leftover before the transaction has ended
    if there:
        files.exchange_dirs(making.directory, making.part)
    else:
        files.rename_dir(making.part, making.directory)


def _in_place(directory: Path) -> str:
    """Serial of the certificate in a directory; empty where none is, or a damaged one.

    :raises StorageError: it cannot be looked at.
    """
    from rmtui.pki.identity import read_certificate
    from rmtui.pki.interface import FileMissing, PKIError, StorageError

    try:
        return read_certificate(directory).serial
    except FileMissing:
        return ""
    except StorageError:
        raise
    except PKIError:
        return ""


def _resolved(making: _Making, error: BaseException) -> bool:
    """What became of a reissue that an error ended: True if it was done; else what was made is taken back.

    A session that was lost may live on and commit yet: it holds its lock until then, and that is waited for.

    :raises OutcomeUnknown: the database is gone, and whether it was done is not known.
    """
    try:
        if not is_sqlite(db) and db.connection().closed:
            db.manual_close()
            db.connect()
        elif not db.in_transaction() and (not is_sqlite(db) or db.connection().in_transaction):
            db.rollback()  # an interruption left it open
        with making.locked():
            if making.serial and Issued.select().where((Issued.serial == making.serial) & Issued.committed).exists():
                return True
            if making.serial and _in_place(making.directory) == making.serial:
                _swap_back(making)
        _undo(making)
    except (DatabaseError, InterfaceError):
        raise OutcomeUnknown(
            tr(
                "The database was lost while {callsign} was given a new certificate, and whether that was recorded is not "
                "known. Look at the person once the database is back, and try again if the certificate is the old one.",
                callsign=plain(making.person.callsign),
            )
        ) from error
    return False


def _swap_back(making: _Making) -> None:
    from rmtui.pki import files

    if os.path.lexists(making.part):
        files.exchange_dirs(making.directory, making.part)
    else:
        files.rename_dir(making.directory, making.part)


def _undo(making: _Making) -> None:
    try:
        _remove(making.part)
    except RmtuiError as error:
        logger.warning("left behind, to be swept: %s", error)
    if making.signed is not None:
        issuing.revoke_lost(making.signed, making.person.pk, making.person.callsign)


def _remove(part: Path) -> None:
    from rmtui.pki.identity import remove_identity

    remove_identity(part)


def _settle(person: Person) -> bool:
    """Finish a reissue that was stopped after its files were put in place; hold the lock."""
    fresh = (Issued.person == person.pk) & ~Issued.committed & Issued.revoked_on.is_null()
    if not Issued.select().where(fresh).exists():
        return False
    serial = _in_place(person.directory)
    if not Issued.update(committed=True).where(fresh & (Issued.serial == serial)).execute():
        return False
    issuing.revoke_serials((Issued.person == person.pk) & Issued.committed & (Issued.serial != serial), "superseded")
    _plan(person)
    return True


def _plan(person: Person) -> None:
    """Who knows the old certificate is to hear of the new one, and again that it is an admin's."""
    effects.plan(person.pk, person.callsign, "reissued", *(["promoted"] if person.has_role(effects.ADMIN) else []))


def settle_all() -> tuple[list[str], list[uuid.UUID]]:
    """Finish every reissue that was stopped after its files were put in place. The CRL is published separately.

    :return: a sentence for each, and whose files could not be looked at.
    """
    done: list[str] = []
    unseen: list[uuid.UUID] = []
    fresh = Issued.select(Issued.person).where(~Issued.committed & Issued.revoked_on.is_null())
    for person in Person.select().where(Person.pk.in_(fresh) & Person.deleted.is_null()).order_by(Person.pk):
        try:
            with exclusive(f"roles:{person.pk}"):
                Person.by_pk(person.pk)
                if _settle(person):
                    done.append(tr("Finished the reissue of {callsign} that was interrupted.", callsign=plain(person.callsign)))
        except Deleted:
            continue
        except RmtuiError as error:
            unseen.append(person.pk)
            logger.warning("left as it is: %s", error)
    return done, unseen
