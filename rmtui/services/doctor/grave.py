"""Repairs that take somebody's certificate from them: what is on disk is nobody's, or of a name that breaks the rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rmtui import settings
from rmtui.auth.operator import Operator
from rmtui.db import adopting, issuing
from rmtui.db.enrollments import Enrollment
from rmtui.db.locks import exclusive
from rmtui.db.middleware import connection
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import english, tr
from rmtui.services import certificates, decisions
from rmtui.services.audit import Act
from rmtui.services.doctor.types import Fault
from rmtui.text import callsign_problem, plain

if TYPE_CHECKING:
    from rmtui.pki.identity import CertificateSummary

__all__ = ["ASIDE", "reject_callsign", "revoke_callsign", "set_aside"]

ASIDE = "set-aside"
"""Beside ``people``: where directories are put that belong to nobody."""


class InTheWay(RmtuiError):
    """Something is there already."""


def set_aside(act: Act, item: Fault) -> str:
    """Revoke the certificate in a directory that belongs to nobody, and put the directory aside; nothing is deleted."""
    from rmtui.pki import files

    people = settings.current().people_dir
    directory, aside = people / str(item.pk), people.with_name(ASIDE) / str(item.pk)
    cas = issuing.authority().ca_chain()
    with exclusive(f"roles:{item.pk}"):
        where = settings.current().data_dir / "private" / "people" / str(item.pk)
        somebody = (Person.pk == item.pk) | (Person.certspath == str(where))
        claimed = Claim.select().where(Claim.person == item.pk).exists()
        if not directory.is_dir() or claimed or Person.select().where(somebody).exists():
            return ""
        stray = _stray(directory, cas)
        if stray is not None:
            adopting.record(stray, item.pk, plain(stray.names or stray.subject))
        standing = "" if issuing.revoke_serials(Issued.person == item.pk, "cessationOfOperation") else _why_not_revoked(directory)
        act.done(what="set-aside", to=str(aside), serial=stray.serial if stray is not None else "")
        files.make_dir(aside.parent, 0o700)
        if aside.exists():
            raise InTheWay(tr("{aside} is there already; nothing was changed. Move it away first.", aside=plain(aside)))
        files.rename_dir(directory, aside)
    files.fsync_dir(people)
    put = {"name": plain(directory.name), "parent": plain(aside.parent)}
    if standing:
        return tr("{name} is in {parent}. No certificate was revoked: {why}.", why=standing, **put)
    return tr("{name} is in {parent}; its certificate is revoked.", **put)


def _stray(directory: Path, cas: bytes) -> CertificateSummary | None:
    from rmtui.pki.interface import PKIError

    try:
        return adopting.stray_in(directory, cas)
    except PKIError:
        return None  # there is none, or none that can be read


def _why_not_revoked(directory: Path) -> str:
    """Why the certificate in a directory is not revoked with it, as a clause."""
    from rmtui.pki.identity import read_certificate
    from rmtui.pki.interface import PKIError

    try:
        found = read_certificate(directory)
    except PKIError:
        return tr("there is none that can be read")
    known: Issued | None = Issued.get_or_none(Issued.serial == found.serial)
    if known is None:
        return tr("the deployment's CA did not issue the one in it to a person")
    if known.revoked_on is not None:
        return tr("the one in it is revoked already")
    return tr("the one in it is on record for {callsign}, who may use it", callsign=plain(known.callsign, 80))


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
