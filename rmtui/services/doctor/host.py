"""Health of what this host sees: authority, CRL, token keys, directories, disk."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rmtui import clock, settings
from rmtui.db import issuing
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.services.doctor import own_files
from rmtui.services.doctor.types import Finding
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.pki.trust import Issuers

__all__ = ["checks"]

CA_ENDS_SOON = dt.timedelta(days=90)
FEW_BYTES, LITTLE_BYTES = 50 << 20, 500 << 20
"""Free space that is an error, and that is worth a warning."""


def authority() -> Iterator[Finding]:
    """Whether who signs can be reached, and until when their CAs live."""
    from cryptography import x509

    from rmtui.pki.signatures import named

    signer = issuing.authority()
    about = signer.describe()
    now = clock.utcnow()
    problems = False
    try:
        cas = x509.load_pem_x509_certificates(signer.ca_chain())
    except ValueError:
        yield Finding("authority", "error", "", tr("The CA chain cannot be read. Restore it, or check the authority."))
        return
    for ca in cas:
        left = ca.not_valid_after_utc - now
        if left < CA_ENDS_SOON:
            problems = True
            name, until = named(ca), clock.stamp(ca.not_valid_after_utc)
            if left <= dt.timedelta():
                sentence = tr("The CA certificate {name} ran out on {until}. Renew the deployment's CA.", name=name, until=until)
                yield Finding("authority", "error", name, sentence)
            else:
                sentence = tr("The CA certificate {name} runs out on {until}. Renew the deployment's CA.", name=name, until=until)
                yield Finding("authority", "warning", name, sentence)
    if not problems:
        yield Finding("authority", "ok", "", tr("{about}; its CAs are good for {days} days at least.", about=about, days=CA_ENDS_SOON.days))


def crl() -> Iterator[Finding]:
    """Whether the CRL is there, the CA's own, and not out of date."""
    from cryptography import x509

    from rmtui.pki.chain import look_up
    from rmtui.pki.interface import FileMissing

    signer = issuing.authority()
    if not signer.lists:
        yield Finding("crl", "ok", "", tr("CFSSL alone publishes no CRL here; the CA is told of revocations one by one."))
        return
    trusted = signer.ca_chain()
    try:
        published = signer.crl()
    except FileMissing as error:
        yield Finding("crl", "error", "", tr("No CRL is published: {error}", error=error.sentence), "publish-crl")
        return
    issuer = x509.load_pem_x509_certificates(trusted)[0].subject
    found = look_up(0, issuer, trusted, published)
    now = clock.utcnow()
    if found is None:
        yield Finding("crl", "error", "", tr("The CRL that is published is not signed by the issuing CA."), "publish-crl")
    elif found.until is not None and found.until <= now:
        yield Finding(
            "crl", "error", "", tr("The CRL ran out on {when}; certificates are refused.", when=clock.stamp(found.until)), "publish-crl"
        )
    elif found.until is not None and found.until - now < (found.until - found.issued) / 10:
        yield Finding("crl", "warning", "", tr("The CRL runs out on {when}.", when=clock.stamp(found.until)), "publish-crl")
    elif found.issued > now:
        yield Finding(
            "crl", "warning", "", tr("The CRL is of {when}, which is to come. Check this host's clock.", when=clock.stamp(found.issued))
        )
    else:
        age = clock.age(found.issued, now)
        if found.until is None:
            yield Finding("crl", "ok", "", tr("The CRL is {age} old.", age=age))
        else:
            yield Finding("crl", "ok", "", tr("The CRL is {age} old, the next is due on {when}.", age=age, when=clock.stamp(found.until)))


def token_keys() -> Iterator[Finding]:
    """Whether the token keys are there, a pair, and for nobody else to read."""
    from rmtui.pki.tokens import JWTKeys

    keys = JWTKeys.from_settings(settings.current())
    if not keys.exists():
        sentence = tr(
            "The token keys are not both there ({private}, {public}); rmtui init makes them.",
            private=plain(keys.privkey),
            public=plain(keys.own_public),
        )
        yield Finding("token-keys", "error", "", sentence)
        return
    keys.verify(keys.issue({"sub": "doctor"}), own_only=True)
    about = keys.privkey.stat()
    mode = stat.S_IMODE(about.st_mode)
    if mode & own_files.USE:
        sentence = tr("The private token key can be used by others than its owner (mode {mode}). Make it 0400 or 0600.", mode=f"{mode:04o}")
        yield Finding("token-keys", "error", plain(keys.privkey), sentence, own_files.REPAIR if own_files.ours(keys.privkey) else "")
    elif about.st_uid not in {0, keys.privkey.parent.stat().st_uid}:
        sentence = tr("The private token key is owned by another user than its directory. Give it to that one: chown.")
        yield Finding("token-keys", "error", plain(keys.privkey), sentence)
    else:
        yield Finding("token-keys", "ok", "", tr("The token keys are a pair, and the private one is its owner's alone."))


def directories() -> Iterator[Finding]:
    """Whether the directories above people's files are there and nobody else can write to them."""
    config = settings.current()
    people = config.people_dir
    good = True
    for path in (config.local_data_dir, people.parent, people):
        try:
            about = path.lstat()
        except FileNotFoundError:
            if path == people and people.parent.is_dir():
                continue  # made with the first person
            yield Finding(
                "directories",
                "error",
                plain(path),
                tr("{path} is not there. Check RM_PERSISTENT_DATA_DIR and RMTUI_DATA_DIR.", path=plain(path)),
            )
            return
        mode = stat.S_IMODE(about.st_mode)
        if path != config.local_data_dir and not stat.S_ISDIR(about.st_mode):
            good = False
            yield Finding("directories", "error", plain(path), tr("{path} is no directory. Check who put it there.", path=plain(path)))
        elif stat.S_ISDIR(about.st_mode) and mode & own_files.WRITE:
            good = False
            sentence = tr(
                "{path} can be written by others than its owner (mode {mode}). Take that from them: chmod go-w.",
                path=plain(path),
                mode=f"{mode:04o}",
            )
            yield Finding("directories", "error", plain(path), sentence, own_files.REPAIR)
        elif path == people and about.st_uid != people.parent.stat().st_uid:
            good = False
            sentence = tr("{path} is owned by another user than the directory above. Give it to that one: chown.", path=plain(path))
            yield Finding("directories", "warning", plain(path), sentence)
    if good:
        sentence = tr("The directories of {place} are as they should be.", place=plain(config.local_data_dir))
        yield Finding("directories", "ok", "", sentence)


def disk() -> Iterator[Finding]:
    """Whether there is room for more files."""
    place = settings.current().local_data_dir
    free = shutil.disk_usage(place).free
    if free < LITTLE_BYTES:
        sentence = tr("{free} MiB are free on the disk of {place}. Make room.", free=free >> 20, place=plain(place))
        yield Finding("disk", "error" if free < FEW_BYTES else "warning", plain(place), sentence)
    else:
        yield Finding("disk", "ok", "", tr("{free} MiB are free on the disk of {place}.", free=free >> 20, place=plain(place)))


def seen() -> bool:
    """Whether this host sees people's files at all."""
    people: Path = settings.current().people_dir
    try:
        with os.scandir(people) as entries:
            return any(entry.is_dir(follow_symlinks=False) for entry in entries)
    except OSError:
        return False


def listing() -> bool:
    """Whether anybody publishes a CRL here; so too where that cannot be told, which has a finding of its own."""
    try:
        return issuing.authority().lists
    except RmtuiError:
        return True


def on_the_crl() -> frozenset[int]:
    """Whom the published CRLs name.

    :raises RmtuiError: they cannot be read, are not the CA's own or have run out.
    """
    from rmtui.pki.chain import serials_of

    signer = issuing.authority()
    return serials_of(signer.crl(), signer.ca_chain(), clock.utcnow())


def crl_serials() -> frozenset[int] | None:
    """Whom the published CRLs name; None where they do not tell, which has a finding of its own."""
    try:
        return on_the_crl()
    except (RmtuiError, ValueError):
        return None


def issuers() -> Issuers | None:
    """Who issues certificates here; None where that cannot be read, which has a finding of its own."""
    from rmtui.pki.trust import Issuers

    try:
        return Issuers(issuing.authority().ca_chain())
    except (RmtuiError, ValueError):
        return None


checks = (
    ("authority", authority),
    ("crl", crl),
    ("token-keys", token_keys),
    ("directories", directories),
    ("disk", disk),
)
"""None needs a connection."""
