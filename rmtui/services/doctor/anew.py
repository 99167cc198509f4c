"""Repairs that issue a new certificate to somebody whose files have none, or a wrong one."""

from __future__ import annotations

from rmtui.db import adopting, issuing
from rmtui.db.enrollments import Enrollment
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import joined, tr
from rmtui.services.audit import Act
from rmtui.services.doctor import people_files
from rmtui.services.doctor.host import seen
from rmtui.services.doctor.types import Fault
from rmtui.text import plain

__all__ = ["reissue_missing", "reissue_wrong"]


class NotHere(RmtuiError):
    """What is to be put right cannot be seen from here."""


def reissue_missing(act: Act, item: Fault) -> str:
    """A certificate for somebody who has none on disk."""
    from rmtui.pki.identity import read_certificate
    from rmtui.pki.interface import FileMissing

    person = Person.by_pk(item.pk)
    if not seen():
        raise NotHere(tr("This host sees nobody's files now: is the volume there? Nothing was issued."))
    try:
        read_certificate(person.directory)
    except FileMissing:
        pass
    else:
        return ""
    return _anew(act, person, "reissue", tr("{callsign} has a new certificate.", callsign=plain(person.callsign, 80)))


def reissue_wrong(act: Act, item: Fault) -> str:
    """A new certificate for somebody whose files hold another one than theirs, which is revoked though nobody knows of it.

    :raises PerhapsTheirs: it may be what somebody else uses; nothing was issued.
    """
    person = Person.by_pk(item.pk)
    if not any(repair == "reissue-wrong" for _check, _severity, _sentence, repair in people_files.of_person(person)):
        return ""
    adopting.to_adopt(person, adopting.cas_to_judge_by(person, issuing.authority()))
    said = tr("{callsign} has a new certificate; the old one is revoked.", callsign=plain(person.callsign, 80))
    return _anew(act, person, "reissue-wrong", said)


def _anew(act: Act, person: Person, what: str, said: str) -> str:
    """Issue it for the CSR of the enrolment, or with a key made here where there is none, or one that is refused.

    :param said: what to say of it.
    """
    from rmtui.pki.csr import check_csr
    from rmtui.pki.interface import CSRError

    row = Enrollment.select(Enrollment.csr).where(Enrollment.person == person.pk).tuples().first()
    kept = csr = row[0] if row is not None else None
    if kept is not None:
        try:
            check_csr(kept, person.callsign)
        except CSRError:  # the web API took it all the same, and may have issued the wrong certificate for it
            csr = None
    person.reissue(csr, on_commit=lambda old, new, _left: act.done(what=what, serial=new, superseded=old, csr=csr is not None))
    if csr == kept:
        return said
    own_key = tr("The CSR of the enrolment is refused, so the key was made here: hand them the PFX, or reissue for another CSR of theirs.")
    return joined([said, own_key], " ")
