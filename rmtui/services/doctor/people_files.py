"""Disagreements between people's rows and their files."""

from __future__ import annotations

import datetime as dt
import stat
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rmtui import clock, settings
from rmtui.db import issuing, schema
from rmtui.db.approval import CLAIM_TIME
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.services.doctor.host import crl_serials, seen
from rmtui.services.doctor.types import PAGE, Finding, Item, Severity, pages
from rmtui.text import plain

__all__ = ["checks", "wrong_modes"]

DIRECTORY_MODE = 0o700


def wrong_modes(directory: Path) -> list[tuple[str, int]]:
    """Names in a person's directory, and "" for itself, whose mode or owner is not what it should be, with the mode that should be.

    :raises StorageError: it cannot be looked into, or it or a file of it is a symbolic link or of another kind.
    """
    from rmtui.pki.files import storage
    from rmtui.pki.identity import MODES
    from rmtui.pki.interface import FileMissing, StorageError

    wrong: list[tuple[str, int]] = []
    with storage(directory, "read"):
        about, above = directory.lstat(), directory.parent.stat()
        if not stat.S_ISDIR(about.st_mode):
            raise StorageError(f"{plain(directory)} is no directory; it was not looked into. Check who put it there.")
        if stat.S_IMODE(about.st_mode) != DIRECTORY_MODE or about.st_uid != above.st_uid:
            wrong.append(("", DIRECTORY_MODE))
    for name, mode in MODES.items():
        try:
            with storage(directory / name, "read"):
                file = (directory / name).lstat()
        except FileMissing:
            continue
        if not stat.S_ISREG(file.st_mode):
            raise StorageError(f"{plain(directory / name)} is no plain file; it was not read. Check who put it there.")
        if stat.S_IMODE(file.st_mode) != mode or file.st_uid != about.st_uid:
            wrong.append((name, mode))
    return wrong


class _Known:
    """What is recorded of the certificates of a page of people."""

    def __init__(self, people: list[Person]) -> None:
        self.of: dict[uuid.UUID, list[Issued]] = defaultdict(list)
        if schema.own_tables_ready():
            for row in Issued.select().where(Issued.person.in_([person.pk for person in people])):
                self.of[row.person].append(row)


def people() -> Iterator[Item]:
    """Everybody's directory, files and certificate, as this host sees them."""
    if not settings.current().people_dir.is_dir():
        if Person.select(Person.pk).where(Person.deleted.is_null()).limit(1).exists():
            where = plain(settings.current().people_dir)
            sentence = f"{where} is not there, and there are people: this host does not see their files. Check RMTUI_DATA_DIR."
            yield Item(Finding("files", "error", "", sentence), uuid.UUID(int=0))
        return
    anything, listed, now = seen(), crl_serials(), clock.utcnow()

    def fetch(last: Any) -> list[Person]:
        query = Person.select(Person.pk, Person.callsign, Person.certspath, Person.created, Person.deleted)  # extra may be no JSON
        query = query if last is None else query.where(Person.pk > last)
        return list(query.order_by(Person.pk).limit(PAGE))

    for page in pages(fetch, lambda person: person.pk):
        known = _Known(page)
        for person in page:
            look = _revoked if person.deleted is not None else _active
            for check, severity, sentence, repair in look(person, known.of[person.pk], listed, now, anything):
                yield Item(Finding(check, severity, person.callsign, sentence, repair), person.pk)


Found = Iterator[tuple[str, Severity, str, str]]


def _active(person: Person, recorded: list[Issued], listed: frozenset[int] | None, now: dt.datetime, anything: bool) -> Found:
    from rmtui.pki.identity import read_certificate
    from rmtui.pki.interface import FileMissing

    name = plain(person.callsign, 80)
    try:
        directory = person.directory
        wrong = wrong_modes(directory)
        found = read_certificate(directory)
    except FileMissing:
        if person.created > now - CLAIM_TIME:
            return  # perhaps the web API is making them just now
        advice, repair = ("", "reissue") if anything else (" Nobody has any: is the volume there?", "")
        yield "files", "error", f"{name} has no certificate on disk, and nothing to download.{advice}", repair
        return
    except (RmtuiError, ValueError, OSError) as error:
        yield "files", "error", f"The files of {name} cannot be used: {_said(error)}", ""
        return
    if wrong:
        yield "modes", "warning", f"Modes or owners of the files of {name} are not what they should be.", "modes"
    if found.names != person.callsign:
        yield "subject", "error", f"The certificate of {name} is for {plain(found.subject, 80)}. Reissue it.", ""
    unfinished = {row.serial for row in recorded if not row.committed and row.revoked_on is None}
    standing = {row.serial for row in recorded if row.committed and row.revoked_on is None}
    if found.serial in unfinished:
        yield "reissue", "error", f"The reissue of {name} was interrupted after its files were put in place.", "sweep"
    elif recorded and found.serial not in standing:
        yield "serial", "error", f"The certificate on disk of {name} is not the one on record. Reissue it.", ""
    if listed is not None and found.serial_number in listed and not recorded:
        yield "listed-but-active", "error", f"The CRL names the certificate of {name}, who is active here. Reissue it, or revoke them.", ""
    problem = _key_problem(directory)
    if problem:
        yield "key", "error", f"{name}: {problem}", ""


def _revoked(person: Person, recorded: list[Issued], listed: frozenset[int] | None, now: dt.datetime, _anything: bool) -> Found:
    """Of somebody whose certificate was issued and revoked by others; what is recorded here is looked at with the records."""
    from rmtui.pki.identity import read_certificate

    if recorded or listed is None:
        return
    try:
        found = read_certificate(person.directory)
    except (RmtuiError, ValueError, OSError):
        return
    if found.not_after > now and found.serial_number not in listed:
        name, theirs = plain(person.callsign, 80), found.names == person.callsign
        sentence = f"{name} is revoked, and their certificate {found.serial} is not on the CRL."
        yield "revoked-not-listed", "error", sentence, "publish-crl" if theirs else ""


def _key_problem(directory: Path) -> str:
    """Why the key and the certificate in a directory are no pair; empty where they are, or the person keeps the key."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    from rmtui.pki import keys
    from rmtui.pki.identity import read_file
    from rmtui.pki.interface import FileMissing

    try:
        key = keys.load(read_file(directory, "mtls.key"), what="The private key")
        certificate = x509.load_pem_x509_certificate(read_file(directory, "mtls.pem"))
        return "" if key.public_key() == certificate.public_key() else "The private key does not belong to the certificate. Reissue it."
    except FileMissing:
        return ""
    except (RmtuiError, ValueError, OSError, UnsupportedAlgorithm) as error:
        return f"The private key cannot be used: {_said(error)}"


def _said(error: Exception) -> str:
    if isinstance(error, ConfigurationError | RmtuiError):
        return error.sentence
    return plain(error, 120)


def leftovers() -> Iterator[Item]:
    """Directories that no row points to; those that are certainly ours can be swept."""
    from rmtui.pki import identity

    config = settings.current()
    found = identity.leftovers(config.people_dir, issuing.LEFTOVER_AGE, clock.utcnow())
    for start in range(0, len(found), PAGE):
        page = found[start : start + PAGE]
        owners = {path.name: uuid.UUID(path.name) for path in page if not path.name.startswith(".")}
        paths = {str(config.data_dir / "private" / "people" / name): name for name in owners}
        rows = Person.select(Person.pk, Person.certspath).where(Person.pk.in_(list(owners.values())) | Person.certspath.in_(list(paths)))
        taken = {name for person in rows for name in (str(person.pk), paths.get(person.certspath, ""))}
        ours: set[uuid.UUID] = set()
        if schema.own_tables_ready():
            lost = ~Issued.committed & Issued.person.in_(list(owners.values())) & Issued.person.not_in(Claim.select(Claim.person))
            ours = {row.person for row in Issued.select(Issued.person).where(lost)}
        for path in page:
            if path.name in taken:
                continue
            name, owner = plain(path.name), owners.get(path.name, uuid.UUID(int=0))
            if path.name not in owners or owner in ours:
                sentence = f"{name} was left by an approval that did not end, and nobody was made of it."
                yield Item(Finding("leftover", "warning", name, sentence, "sweep"), owner)
            else:
                sentence = f"{name} belongs to nobody in this database, and this database did not make it. It is left as it is."
                yield Item(Finding("files-of-nobody", "warning", name, sentence), owner)


checks = (("files", people), ("leftover", leftovers))
"""Each needs an open connection."""
