"""Certificates in people's directories that are on no record here: the web API issued them, or somebody put them there."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from rmtui import settings
from rmtui.db import callsigns
from rmtui.db.errors import CallsignReserved
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.i18n import tr
from rmtui.text import plain, storable

if TYPE_CHECKING:
    from rmtui.pki.identity import CertificateSummary
    from rmtui.pki.interface import Authority

__all__ = ["PerhapsTheirs", "adopt_certificate", "cas_to_judge_by", "record", "stray_in", "to_adopt"]

logger = logging.getLogger("rmtui.db.adopting")


class PerhapsTheirs(RmtuiError):
    """It may be what somebody else uses, and was not revoked."""


def cas_to_judge_by(person: Person, signer: Authority) -> bytes:
    """PEM of the deployment's CAs, for :func:`to_adopt`; the CA may have to be asked for it, so this is for before a transaction.

    Empty where the certificate in the person's directory needs no judging, or the CA does not answer.
    """
    from rmtui.pki.identity import read_certificate

    try:
        found = read_certificate(person.directory)
    except RmtuiError:
        return b""
    if found.names == person.callsign or _on_record(found):
        return b""
    try:
        return signer.ca_chain()
    except RmtuiError as error:
        logger.warning("the certificate %s of %s cannot be judged: %s", found.serial, plain(person.callsign, 80), error)
        return b""


def adopt_certificate(person: Person, cas: bytes) -> str:
    """Record the certificate in a person's directory if others issued it, so that the CRL can name it; never somebody else's.

    :param cas: from :func:`cas_to_judge_by`.
    :return: why a certificate that they may have stays good, as a sentence; empty where none does.
    :raises RmtuiError: nothing is recorded of them, and this host does not see the deployment's files.
    """
    from rmtui.pki.interface import FileMissing, PKIError

    try:
        found = to_adopt(person, cas)
    except PerhapsTheirs as error:
        return error.sentence
    except (PKIError, ConfigurationError) as error:
        if Issued.select().where(Issued.person == person.pk).exists():
            return ""
        if not settings.current().people_dir.is_dir():  # this is not the deployment's data directory
            raise
        if isinstance(error, FileMissing):
            return ""  # whoever made the person was stopped half-way, and there is no certificate to revoke
        return tr(
            "Which certificate {callsign} has is not known here, so none was revoked: {error}",
            callsign=plain(person.callsign, 80),
            error=error.sentence,
        )
    if found is not None:
        record(found, person.pk, person.callsign)
    return ""


def to_adopt(person: Person, cas: bytes) -> CertificateSummary | None:
    """The certificate in a person's directory, where it is on no record: for them, or a stray.

    :raises PerhapsTheirs: it may be what somebody else uses.
    :raises PKIError: it is not there, damaged, or cannot be read.
    :raises ConfigurationError: the directory is not within the data directory.
    """
    from rmtui.pki.identity import read_certificate

    found = read_certificate(person.directory)
    if _on_record(found):
        return None
    return found if found.names == person.callsign else _stray(found, person.directory, cas, person)


def stray_in(directory: Path, cas: bytes) -> CertificateSummary | None:
    """The certificate in a directory of nobody, where the deployment's CA issued it to a person, and no record names it.

    :param cas: PEM of the deployment's CAs; empty where the CA could not be asked.
    :raises PerhapsTheirs: it may be what somebody who is active uses, or the system or a product; or it cannot be judged.
    :raises PKIError: it is not there, damaged, or cannot be read.
    """
    from rmtui.pki.identity import read_certificate

    found = read_certificate(directory)
    return None if _on_record(found) else _stray(found, directory, cas, None)


def _stray(found: CertificateSummary, directory: Path, cas: bytes, owner: Person | None) -> CertificateSummary | None:
    """A certificate in a directory that no record names, where the deployment's CA issued it to a person.

    :param owner: whose directory it is, if it is anybody's.
    """
    from rmtui.pki import chain
    from rmtui.pki.identity import read_file

    said = {"serial": found.serial, "directory": plain(directory)}
    if not cas:
        raise PerhapsTheirs(
            tr("Whether the deployment's CA issued the certificate {serial} in {directory} could not be asked; it was not revoked.", **said)
        )
    if not chain.issued_to_client(read_file(directory, "mtls.pem"), cas):
        return None
    for name in found.cns:
        if (owner is not None and name == owner.callsign) or not storable(name):
            continue
        for other in callsigns.matching(Person, name):
            if other.deleted is None and other != owner and _may_use(other, found, owner):
                raise PerhapsTheirs(
                    tr(
                        "The certificate {serial} in {directory} is for {called}, who is active and may use it; it was not revoked. "
                        "Reissue them first.",
                        called=plain(other.callsign, 80),
                        **said,
                    )
                )
        try:
            callsigns.check_reserved(name)
        except CallsignReserved:
            raise PerhapsTheirs(
                tr(
                    "The certificate {serial} in {directory} is for {called}, a name of the system or of a product, which may use it; "
                    "it was not revoked. Find out who put it there.",
                    called=plain(name, 80),
                    **said,
                )
            ) from None
        except ConfigurationError as error:
            raise PerhapsTheirs(
                tr("The certificate {serial} in {directory} was not revoked: {error}", error=error.sentence, **said)
            ) from error
    return found


def _may_use(other: Person, found: CertificateSummary, owner: Person | None) -> bool:
    """Whether somebody whom a certificate on no record names may use it: it is in their directory, or what they use is not known.

    One that names whoever has it in their directory as well is not taken for the other's for that.
    """
    from rmtui.pki.identity import read_certificate
    from rmtui.pki.interface import PKIError

    try:
        serial = read_certificate(other.directory).serial
    except (PKIError, ConfigurationError):
        serial = ""
    if serial == found.serial or (owner is not None and owner.callsign in found.cns):
        return serial == found.serial
    theirs = (Issued.person == other.pk) & (Issued.serial == serial) & Issued.committed & Issued.revoked_on.is_null()
    return not Issued.select().where(theirs).exists()


def record(found: CertificateSummary, person: uuid.UUID, callsign: str) -> None:
    """Record a certificate that others issued as somebody's."""
    Issued.create(
        serial=found.serial,
        person=person,
        callsign=callsign,
        fingerprint=found.fingerprint,
        not_before=found.not_before,
        not_after=found.not_after,
        committed=True,
    )


def _on_record(found: CertificateSummary) -> bool:
    return bool(Issued.select().where(Issued.serial == found.serial).exists())
