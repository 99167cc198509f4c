"""Disagreements between people's rows and their files."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from rmtui import clock, settings
from rmtui.db import adopting, issuing, schema
from rmtui.db.approval import CLAIM_TIME
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.i18n import joined, tr
from rmtui.services.doctor.directories import Look, look
from rmtui.services.doctor.host import crl_serials, issuers, seen
from rmtui.services.doctor.types import PAGE, Checked, Finding, Item, Severity, pages
from rmtui.text import plain

if TYPE_CHECKING:
    from cryptography import x509

    from rmtui.pki.trust import Issuers

__all__ = ["checks"]


class _Known:
    """What is recorded of the certificates of a page of people."""

    def __init__(self, people: list[Person]) -> None:
        self.of: dict[uuid.UUID, list[Issued]] = defaultdict(list)
        if schema.own_tables_ready():
            for row in Issued.select().where(Issued.person.in_([person.pk for person in people])):
                self.of[row.person].append(row)


def people(most: int | None = None) -> Iterator[Item | Finding | Checked]:
    """Everybody's directory, files and certificate, as this host sees them.

    :param most: of how many people; those who came last.
    """
    if not settings.current().people_dir.is_dir():
        if Person.select(Person.pk).where(Person.deleted.is_null()).limit(1).exists():
            where = plain(settings.current().people_dir)
            sentence = tr(
                "{where} is not there, and there are people: this host does not see their files. Check RMTUI_DATA_DIR.", where=where
            )
            yield Item(Finding("files", "error", "", sentence), uuid.UUID(int=0))
        return
    anything, listed, ours, now = seen(), crl_serials(), issuers(), clock.utcnow()
    number, total = 0, Person.select().count()
    bound = total if most is None else min(most, total)
    columns = (Person.pk, Person.callsign, Person.certspath, Person.created, Person.deleted)  # extra may be no JSON

    def fetch(last: Any) -> list[Person]:
        query = Person.select(*columns)
        query = query if last is None else query.where(Person.pk > last)
        return list(query.order_by(Person.pk).limit(PAGE))

    def latest() -> Iterator[list[Person]]:
        pks = [person.pk for person in Person.select(Person.pk).order_by(Person.created.desc(), Person.pk).limit(bound)]
        for start in range(0, len(pks), PAGE):
            yield list(Person.select(*columns).where(Person.pk.in_(pks[start : start + PAGE])))

    for page in pages(fetch, lambda person: person.pk) if bound == total else latest():
        known = _Known(page)
        for person in page:
            examine = _revoked if person.deleted is not None else partial(_active, ours=ours)
            for check, severity, sentence, repair in examine(person, known.of[person.pk], listed, now, anything):
                yield Item(Finding(check, severity, person.callsign, sentence, repair), person.pk)
        number += len(page)
        yield Checked(number, max(bound, number))
    if bound < total:
        done = f"{number:,}"
        sentence = tr("The files of {done} of {total} people were looked at, those who came last.", done=done, total=f"{total:,}")
        yield Finding("files", "ok", "", sentence)


def of_person(person: Person) -> list[tuple[str, Severity, str, str]]:
    """What is found of one active person now."""
    return list(_active(person, _Known([person]).of[person.pk], crl_serials(), clock.utcnow(), seen(), issuers()))


Found = Iterator[tuple[str, Severity, str, str]]


def _active(
    person: Person, recorded: list[Issued], listed: frozenset[int] | None, now: dt.datetime, anything: bool, ours: Issuers | None
) -> Found:
    from rmtui.pki import identity, pkcs12
    from rmtui.pki.interface import FileMissing

    name = plain(person.callsign, 80)
    try:
        directory = person.directory
        found = look(directory)
        leaf, *above = identity.certificates_in(found.certificate, directory)
        names, number = identity.common_name_of(leaf), leaf.serial_number
        standing = list(_standing(name, leaf, above, ours, now))
    except FileMissing:
        if person.created > now - CLAIM_TIME:
            return  # perhaps the web API is making them just now
        if anything:
            yield "files", "error", tr("{name} has no certificate on disk, and nothing to download.", name=name), "reissue"
        else:
            volume = tr("{name} has no certificate on disk, and nothing to download. Nobody has any: is the volume there?", name=name)
            yield "files", "error", volume, ""
        return
    except (RmtuiError, ValueError, OSError) as error:
        yield "files", "error", tr("The files of {name} cannot be used: {error}", name=name, error=_said(error)), ""
        return
    if found.wrong:
        yield "modes", "warning", tr("Modes or owners of the files of {name} are not what they should be.", name=name), "modes"
    if names != person.callsign:
        sentence = tr("The certificate of {name} is for {subject}.", name=name, subject=plain(leaf.subject.rfc4514_string(), 80))
        yield "subject", "error", sentence, "reissue-wrong"
    serial = f"{number:x}"
    unfinished = {row.serial for row in recorded if not row.committed and row.revoked_on is None}
    good = {row.serial for row in recorded if row.committed and row.revoked_on is None}
    if serial in unfinished:
        yield "reissue", "error", tr("The reissue of {name} was interrupted after its files were put in place.", name=name), "sweep"
    elif recorded and serial not in good:
        yield "serial", "error", tr("The certificate on disk of {name} is not the one on record.", name=name), "reissue-wrong"
    if listed is not None and number in listed and not recorded:
        sentence = tr("The CRL names the certificate of {name}, who is active here. Reissue it, or revoke them.", name=name)
        yield "listed-but-active", "error", sentence, ""
    yield from standing
    if found.pfx is not None and not pkcs12.is_whole(found.pfx):
        sentence = tr(
            "The PFX of {name} is damaged. Remove {path}; the next download makes another.", name=name, path=plain(directory / "mtls.pfx")
        )
        yield "pfx", "error", sentence, ""
    problem = _key_problem(found, leaf)
    if problem:
        yield "key", "error", tr("{name}: {problem}", name=name, problem=problem), "reissue-wrong"


def _standing(name: str, leaf: x509.Certificate, above: list[x509.Certificate], ours: Issuers | None, now: dt.datetime) -> Found:
    """Why a certificate, whosever it is, is worth nothing now, or is not all that is to be in its file.

    :raises ValueError: a part of it cannot be read.
    """
    if ours is not None and not ours.issued(leaf, above):
        sentence = tr(
            "The certificate of {name} is in the name of {issuer}, and no CA of this deployment signed it. Find out who put it there, "
            "and reissue it.",
            name=name,
            issuer=plain(leaf.issuer.rfc4514_string(), 80),
        )
        yield "issuer", "error", sentence, ""
    elif all(ca.subject != leaf.issuer for ca in above):
        sentence = tr("mtls.pem of {name} lacks the CA that issued the certificate. Append it, or reissue the certificate.", name=name)
        yield "chain", "warning", sentence, ""
    until = leaf.not_valid_after_utc
    if until <= now:
        sentence = tr("The certificate of {name} ran out on {until}. Reissue it, or revoke them.", name=name, until=clock.stamp(until))
        yield "expired", "warning", sentence, ""


def _revoked(person: Person, recorded: list[Issued], listed: frozenset[int] | None, now: dt.datetime, _anything: bool) -> Found:
    """Of somebody whose certificate was issued and revoked by others; what is recorded here is looked at with the records."""
    from rmtui.pki.identity import read_certificate

    if recorded or listed is None:
        return
    try:
        found = read_certificate(person.directory)
    except (RmtuiError, ValueError, OSError):
        return
    if found.not_after <= now or found.serial_number in listed:
        return
    sentence = tr(
        "{name} is revoked, and their certificate {serial} is not on the CRL.", name=plain(person.callsign, 80), serial=found.serial
    )
    try:
        nothing_known = not schema.own_tables_ready()
        if nothing_known or adopting.to_adopt(person, adopting.cas_to_judge_by(person, issuing.authority())) is not None:
            yield "revoked-not-listed", "error", sentence, "publish-crl"
    except RmtuiError as error:
        yield "revoked-not-listed", "error", joined([sentence, error.sentence], " "), ""


def _key_problem(found: Look, leaf: x509.Certificate) -> str:
    """Why there is no key that is the certificate's; empty where there is, or the person keeps it."""
    from cryptography.exceptions import UnsupportedAlgorithm

    from rmtui.pki import keys

    if found.key is None:
        return tr("The deployment made the private key, and it is gone.") if found.public else ""
    try:
        pair = keys.load(found.key, what=tr("The private key")).public_key() == leaf.public_key()
    except (RmtuiError, ValueError, UnsupportedAlgorithm) as error:
        return tr("The private key cannot be used: {error}", error=_said(error))
    return "" if pair else tr("The private key does not belong to the certificate.")


def _said(error: Exception) -> str:
    if isinstance(error, ConfigurationError | RmtuiError):
        return error.sentence
    return plain(error, 120)


def leftovers() -> Iterator[Item | Checked]:
    """Directories that no row points to; those that are certainly ours can be swept."""
    from rmtui.pki import identity

    config = settings.current()
    found = identity.leftovers(config.people_dir, issuing.LEFTOVER_AGE, clock.utcnow())
    owned = {uuid.UUID(path.name): path.name for path in found if not path.name.startswith(".")}
    unknown: dict[uuid.UUID, str] = {}
    pks = list(owned)
    for start in range(0, len(pks), PAGE):
        page = pks[start : start + PAGE]
        known = {person.pk for person in Person.select(Person.pk).where(Person.pk.in_(page))}
        unknown |= {pk: owned[pk] for pk in page if pk not in known}
        yield Checked(start + len(page), len(pks))
    elsewhere = _pointed_at(set(unknown.values())) if unknown else set()
    ours: set[uuid.UUID] = set()
    if unknown and schema.own_tables_ready():
        ours = {
            row.person for row in Issued.select(Issued.person).where(~Issued.committed & Issued.person.not_in(Claim.select(Claim.person)))
        }
    for path in found:
        half_made, owner = path.name.startswith("."), _owner(path.name)
        if not half_made and (owner not in unknown or path.name in elsewhere):
            continue
        name = plain(path.name)
        if half_made or owner in ours:
            sentence = tr("{name} was left by an approval that did not end, and nobody was made of it.", name=name)
            yield Item(Finding("leftover", "warning", name, sentence, "sweep"), owner)
        else:
            sentence = tr("{name} belongs to nobody in this database, and this database did not make it.", name=name)
            yield Item(Finding("files-of-nobody", "warning", name, sentence, "set-aside"), owner)


def _owner(name: str) -> uuid.UUID:
    """Whose a directory would be; of one that is half-made nobody's."""
    return uuid.UUID(int=0) if name.startswith(".") else uuid.UUID(name)


def _pointed_at(names: set[str]) -> set[str]:
    """Those of these directories that a person's row points at who has another primary key; one look at all rows, which have no index."""
    people = settings.current().data_dir / "private" / "people"
    found: set[str] = set()
    for (path,) in Person.select(Person.certspath).tuples().iterator():
        name = str(path).rpartition("/")[2]
        if name in names and path == str(people / name):
            found.add(name)
    return found


checks = (("files", people), ("leftover", leftovers))
"""Each needs an open connection."""
