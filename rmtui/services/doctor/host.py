"""Health of what this host sees: authority, CRL, token keys, directories, disk, manifest, products."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from rmtui import clock, settings
from rmtui.db import issuing, manifest
from rmtui.errors import RmtuiError
from rmtui.services.doctor.types import Finding
from rmtui.text import plain

__all__ = ["checks"]

CA_ENDS_SOON = dt.timedelta(days=90)
FEW_BYTES, LITTLE_BYTES = 50 << 20, 500 << 20
"""Free space that is an error, and that is worth a warning."""
CONNECT_SECONDS = 3.0


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
        yield Finding("authority", "error", "", "The CA chain cannot be read. Restore it, or check the authority.")
        return
    for ca in cas:
        left = ca.not_valid_after_utc - now
        if left < CA_ENDS_SOON:
            problems = True
            word, severity = ("ran", "error") if left <= dt.timedelta() else ("runs", "warning")
            until = clock.stamp(ca.not_valid_after_utc)
            sentence = f"The CA certificate {named(ca)} {word} out on {until}. Renew the deployment's CA."
            yield Finding("authority", "error" if severity == "error" else "warning", named(ca), sentence)
    if not problems:
        yield Finding("authority", "ok", "", f"{plain(about)}; its CAs are good for {CA_ENDS_SOON.days} days at least.")


def crl() -> Iterator[Finding]:
    """Whether the CRL is there, the CA's own, and not out of date."""
    from cryptography import x509

    from rmtui.pki.chain import look_up
    from rmtui.pki.interface import FileMissing

    signer = issuing.authority()
    trusted = signer.ca_chain()
    try:
        published = signer.crl()
    except FileMissing as error:
        yield Finding("crl", "error", "", f"No CRL is published: {error.sentence}", "publish-crl")
        return
    issuer = x509.load_pem_x509_certificates(trusted)[0].subject.rfc4514_string()
    found = look_up(0, issuer, trusted, published)
    now = clock.utcnow()
    if found is None:
        yield Finding("crl", "error", "", "The CRL that is published is not signed by the issuing CA.", "publish-crl")
    elif found.until is not None and found.until <= now:
        yield Finding("crl", "error", "", f"The CRL ran out on {clock.stamp(found.until)}; certificates are refused.", "publish-crl")
    elif found.until is not None and found.until - now < (found.until - found.issued) / 10:
        yield Finding("crl", "warning", "", f"The CRL runs out on {clock.stamp(found.until)}.", "publish-crl")
    elif found.issued > now:
        yield Finding("crl", "warning", "", f"The CRL is of {clock.stamp(found.issued)}, which is to come. Check this host's clock.")
    else:
        until = f", the next is due on {clock.stamp(found.until)}" if found.until is not None else ""
        yield Finding("crl", "ok", "", f"The CRL is {clock.age(found.issued, now)} old{until}.")


def token_keys() -> Iterator[Finding]:
    """Whether the token keys are there, a pair, and for nobody else to read."""
    from rmtui.pki.tokens import JWTKeys

    keys = JWTKeys.from_settings(settings.current())
    if not keys.exists():
        sentence = f"The token keys are not both there ({plain(keys.privkey)}, {plain(keys.own_public)}); rmtui init makes them."
        yield Finding("token-keys", "error", "", sentence)
        return
    keys.verify(keys.issue({"sub": "doctor"}), own_only=True)
    mode = stat.S_IMODE(keys.privkey.stat().st_mode)
    if mode & 0o077:
        sentence = f"The private token key can be used by others than its owner (mode {mode:04o}). Make it 0400 or 0600."
        yield Finding("token-keys", "error", plain(keys.privkey), sentence)
    else:
        yield Finding("token-keys", "ok", "", "The token keys are a pair, and the private one is its owner's alone.")


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
                "directories", "error", plain(path), f"{plain(path)} is not there. Check RM_PERSISTENT_DATA_DIR and RMTUI_DATA_DIR."
            )
            return
        mode = stat.S_IMODE(about.st_mode)
        if path != config.local_data_dir and not stat.S_ISDIR(about.st_mode):
            good = False
            yield Finding("directories", "error", plain(path), f"{plain(path)} is no directory. Check who put it there.")
        elif stat.S_ISDIR(about.st_mode) and mode & 0o022:
            good = False
            sentence = f"{plain(path)} can be written by others than its owner (mode {mode:04o}). Take that from them: chmod go-w."
            yield Finding("directories", "error", plain(path), sentence)
        elif path == people and about.st_uid != people.parent.stat().st_uid:
            good = False
            sentence = f"{plain(path)} is owned by another user than the directory above. Give it to that one: chown."
            yield Finding("directories", "warning", plain(path), sentence)
    if good:
        yield Finding("directories", "ok", "", f"The directories of {plain(config.local_data_dir)} are as they should be.")


def disk() -> Iterator[Finding]:
    """Whether there is room for more files."""
    place = settings.current().local_data_dir
    free = shutil.disk_usage(place).free
    said = f"{free >> 20} MiB are free on the disk of {plain(place)}"
    if free < LITTLE_BYTES:
        yield Finding("disk", "error" if free < FEW_BYTES else "warning", plain(place), f"{said}. Make room.")
    else:
        yield Finding("disk", "ok", "", f"{said}.")


def products() -> Iterator[Finding]:
    """Whether the manifest can be read, and somebody answers where each product should be."""
    found = manifest.read("reserved names are not known, and nobody is enrolled or approved")
    if found is None:
        yield Finding("manifest", "ok", "", "No manifest is named.")
        return
    yield Finding("manifest", "ok", "", f"The manifest names {len(found.products)} product(s).")
    for name, api in sorted(found.apis.items()):
        problem = _unreachable(api)
        if problem:
            yield Finding("product", "warning", name, f"{plain(name, 60)} cannot be reached at {plain(api, 80)}: {plain(problem, 80)}.")
        else:
            yield Finding("product", "ok", name, f"Somebody answers where {plain(name, 60)} should be.")


def _unreachable(api: str) -> str:
    try:
        parts = urlsplit(api)
        port = parts.port or (80 if parts.scheme == "http" else 443)
        if not parts.hostname:
            return "that is no address"
        socket.create_connection((parts.hostname, port), CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        return os.strerror(error.errno) if isinstance(error, OSError) and error.errno and error.errno > 0 else str(error)
    return ""


def seen() -> bool:
    """Whether this host sees people's files at all."""
    people: Path = settings.current().people_dir
    try:
        with os.scandir(people) as entries:
            return any(entry.is_dir(follow_symlinks=False) for entry in entries)
    except OSError:
        return False


def crl_serials() -> frozenset[int] | None:
    """Whom the published CRLs name; None where they cannot be read, which has a finding of its own."""
    from rmtui.pki.chain import serials_of

    try:
        signer = issuing.authority()
        return serials_of(signer.crl(), signer.ca_chain())
    except (RmtuiError, ValueError):
        return None


checks = (
    ("authority", authority),
    ("crl", crl),
    ("token-keys", token_keys),
    ("directories", directories),
    ("disk", disk),
    ("manifest", products),
)
"""None needs a connection."""
