"""Repairs that take somebody's certificate from them: what is on disk is wrong, or nobody's, or of a name that breaks the rules."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from rmtui import settings
from rmtui.auth.operator import Operator
from rmtui.db import callsigns, issuing
from rmtui.db.enrollments import Enrollment
from rmtui.db.errors import CallsignReserved
from rmtui.db.locks import exclusive
from rmtui.db.middleware import connection
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import english, tr
from rmtui.services import certificates, decisions
from rmtui.services.audit import Act
from rmtui.services.doctor import people_files
from rmtui.services.doctor.directories import look
from rmtui.services.doctor.types import Fault
from rmtui.text import callsign_problem, plain

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["ASIDE", "reissue_wrong", "reject_callsign", "revoke_callsign", "set_aside"]

ASIDE = "set-aside"
"""Beside ``people``: where directories are put that belong to nobody."""


class PerhapsTheirs(RmtuiError):
    """It may be what somebody uses."""


def reissue_wrong(act: Act, item: Fault) -> str:
    """A new certificate for somebody whose files hold another one than theirs; one that nobody knows of is revoked."""
    person = Person.by_pk(item.pk)
    if not any(repair == "reissue-wrong" for _check, _severity, _sentence, repair in people_files.of_person(person)):
        return ""
    stray = _unknown(person.directory, person.callsign)

    def committed(old: list[str], new: str, _left: str) -> None:
        if stray is not None:
            _record(stray, person.pk, person.callsign)
            issuing.revoke_serials(Issued.serial == f"{stray.serial_number:x}", "superseded")
        act.done(what="reissue-wrong", serial=new, superseded=old, stray=f"{stray.serial_number:x}" if stray is not None else "")

    row = Enrollment.select(Enrollment.csr).where(Enrollment.person == person.pk).tuples().first()
    person.reissue(row[0] if row is not None else None, on_commit=committed)
    return tr("{callsign} has a new certificate; the old one is revoked.", callsign=plain(person.callsign, 80))


def set_aside(act: Act, item: Fault) -> str:
    """Revoke the certificate in a directory that belongs to nobody, and put the directory aside; nothing is deleted."""
    from rmtui.pki import files

    people = settings.current().people_dir
    directory, aside = people / str(item.pk), people.with_name(ASIDE) / str(item.pk)
    with exclusive(f"roles:{item.pk}"):
        where = settings.current().data_dir / "private" / "people" / str(item.pk)
        somebody = (Person.pk == item.pk) | (Person.certspath == str(where))
        claimed = Claim.select().where(Claim.person == item.pk).exists()
        if not directory.is_dir() or claimed or Person.select().where(somebody).exists():
            return ""
        leaf = _unknown(directory, "")
        if leaf is not None:
            _record(leaf, item.pk, _name(leaf))
        standing = "" if issuing.revoke_serials(Issued.person == item.pk, "cessationOfOperation") else _why_not_revoked(directory)
        act.done(what="set-aside", to=str(aside), serial=f"{leaf.serial_number:x}" if leaf is not None else "")
        files.make_dir(aside.parent, 0o700)
        if aside.exists():
            raise PerhapsTheirs(tr("{aside} is there already; nothing was changed. Move it away first.", aside=plain(aside)))
        files.rename_dir(directory, aside)
    files.fsync_dir(people)
    put = {"name": plain(directory.name), "parent": plain(aside.parent)}
    if standing:
        return tr("{name} is in {parent}. No certificate was revoked: {why}.", why=standing, **put)
    return tr("{name} is in {parent}; its certificate is revoked.", **put)


def _why_not_revoked(directory: Path) -> str:
    """Why the certificate in a directory is not revoked with it, as a clause."""
    from rmtui.pki import identity
    from rmtui.pki.interface import PKIError

    try:
        leaf = identity.certificates_in(look(directory).certificate, directory)[0]
    except (PKIError, ValueError):
        return tr("there is none that can be read")
    known: Issued | None = Issued.get_or_none(Issued.serial == f"{leaf.serial_number:x}")
    if known is None:
        return tr("the deployment's CA did not issue the one in it")
    if known.revoked_on is not None:
        return tr("the one in it is revoked already")
    return tr("the one in it is on record for {callsign}, who may use it", callsign=plain(known.callsign, 80))


def _unknown(directory: Path, theirs: str) -> x509.Certificate | None:
    """The certificate in a directory, where the deployment's CA issued it and no record names it.

    :param theirs: whom the directory belongs to; their own certificate is none of the unknown.
    :raises PerhapsTheirs: it names somebody else who is active, or the system or a product, and may be the one that they use.
    """
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    from rmtui.pki import identity
    from rmtui.pki.interface import PKIError

    try:
        leaf = identity.certificates_in(look(directory).certificate, directory)[0]
        serial, name = f"{leaf.serial_number:x}", _name(leaf)
    except (PKIError, ValueError):
        return None
    if name == theirs or Issued.select().where(Issued.serial == serial).exists():
        return None
    for ca in x509.load_pem_x509_certificates(issuing.authority().ca_chain()):
        try:
            leaf.verify_directly_issued_by(ca)
        except (ValueError, TypeError, InvalidSignature):
            continue
        if Person.select().where((Person.callsign == name) & Person.deleted.is_null()).exists():
            called = plain(name, 80)
            raise PerhapsTheirs(
                tr(
                    "The certificate {serial} in {directory} is for {called}, who is active and may use it; nothing was "
                    "changed. Reissue them first.",
                    serial=serial,
                    directory=plain(directory),
                    called=called,
                )
            )
        try:
            callsigns.check_reserved(name)
        except CallsignReserved:
            raise PerhapsTheirs(
                tr(
                    "The certificate {serial} in {directory} is for {called}, a name of the system or of a product, which may use it; "
                    "nothing was changed. Find out who put it there.",
                    serial=serial,
                    directory=plain(directory),
                    called=plain(name, 80),
                )
            ) from None
        return leaf
    return None


def _name(leaf: x509.Certificate) -> str:
    from rmtui.pki.identity import common_name_of

    return common_name_of(leaf) or leaf.subject.rfc4514_string()


def _record(leaf: x509.Certificate, person: uuid.UUID, callsign: str) -> None:
    from cryptography.hazmat.primitives import hashes

    Issued.create(
        serial=f"{leaf.serial_number:x}",
        person=person,
        callsign=callsign,
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        committed=True,
    )


def revoke_callsign(operator: Operator | None, item: Fault) -> str:
    """Revoke somebody whose callsign breaks the rules."""
    with connection():
        if callsign_problem(Person.by_pk(item.pk).callsign) is None:
            return ""
    done = certificates.revoke(operator, item.pk, "cessationOfOperation")
    return certificates.and_left(tr("{name} is revoked.", name=plain(item.name, 80)), done.left)


def reject_callsign(operator: Operator | None, item: Fault) -> str:
    """Reject an enrolment whose callsign breaks the rules."""
    with connection():
        problem = callsign_problem(Enrollment.by_pk(item.pk).callsign)
    if problem is None:
        return ""
    decisions.reject(operator, item.pk, f"The callsign breaks the rules: {english(problem)}.")  # kept in the history
    return tr("The enrolment of {name} is rejected.", name=plain(item.name, 80))
