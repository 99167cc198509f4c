"""A person's directory of keys and certificates: made whole or not at all, read with suspicion, removed as one."""

from __future__ import annotations

import datetime as dt
import os
import stat
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rmtui.errors import InvalidCallsign
from rmtui.i18n import tr
from rmtui.pki import files
from rmtui.pki.interface import Authority, FileMissing, PKIError, SignedCertificate, StorageError
from rmtui.text import callsign_problem, plain

if TYPE_CHECKING:
    from cryptography import x509

__all__ = [
    "MODES",
    "CertificateSummary",
    "certificates_in",
    "common_name_of",
    "leftovers",
    "make_identity",
    "read_certificate",
    "read_file",
    "read_pfx",
    "remove_identity",
]

MODES: Final[Mapping[str, int]] = MappingProxyType(
    {"mtls.key": 0o400, "mtls.pub": 0o444, "mtls.csr": 0o444, "mtls.pem": 0o644, "mtls.pfx": 0o644}
)
"""The files of a person and their modes, as the deployment has them; with the person's own CSR there is no ``.key`` and no ``.pub``."""


@dataclass(frozen=True, slots=True)
class CertificateSummary:
    """What a person's certificate says. Subject and issuer are foreign."""

    serial: str
    """Lower-case hexadecimal."""
    serial_number: int
    fingerprint: str
    """SHA-256 of the DER, lower-case hexadecimal."""
    subject: str
    """RFC 4514."""
    issuer: x509.Name
    names: str
    """The one CN of the subject; empty where there is none, or several."""
    cns: tuple[str, ...]
    """Every CN of the subject."""
    key: str
    """``RSA 4096``, ``EC P-256``."""
    not_before: dt.datetime
    not_after: dt.datetime


def make_identity(
    directory: Path,
    callsign: str,
    authority: Authority,
    *,
    key_type: str,
    csr_pem: bytes | None = None,
    on_signed: Callable[[SignedCertificate], None] | None = None,
) -> SignedCertificate:
    """Make a person's key (or take their CSR), have it signed, and put all files in ``directory``, durable; on any failure nothing is left.

    :param key_type: one of :data:`rmtui.settings.KEY_TYPES`; of no account with a CSR.
    :param csr_pem: the person's own CSR, which is judged first.
    :param on_signed: called before any file is written, so that no certificate is signed and forgotten, not even one that is not used.
        What it raises ends the making.
    :raises InvalidCallsign: a certificate cannot carry the callsign.
    :raises CSRError: the CSR is refused.
    :raises StorageError: the directory is there already, or a file cannot be written.
    :raises PKIError: the authority does not sign, or signs something else; its own errors pass through.
    """
    from rmtui.pki import csr, keys, pkcs12
    from rmtui.pki.keys_ahead import stock

    problem = callsign_problem(callsign)
    if problem is not None:
        raise InvalidCallsign(
            tr("“{callsign}” cannot stand in a certificate: {problem}. Nothing was signed.", callsign=plain(callsign, 40), problem=problem)
        )
    details = None if csr_pem is None else csr.check_csr(csr_pem, callsign)
    _ready(directory)
    key = (stock.take(key_type) or keys.generate(key_type)) if details is None else None
    request = details.pem if details is not None else csr.build_csr(key, callsign) if key is not None else b""
    try:
        signed = authority.sign(request, callsign)
    except PKIError as error:
        if error.lost is not None and on_signed is not None:
            on_signed(error.lost)
        raise
    if on_signed is not None:
        on_signed(signed)
    _check_signed(signed, request, callsign)
    contents: dict[str, bytes] = {}
    if key is not None:
        contents["mtls.key"] = keys.private_pem(key)
        contents["mtls.pub"] = keys.public_pem(key.public_key())
    contents["mtls.csr"] = request
    contents["mtls.pem"] = _joined(signed.certificate, signed.chain)
    contents["mtls.pfx"] = pkcs12.build_pfx(key, signed.certificate, signed.chain, callsign)
    _write(directory, contents)
    return signed


def _ready(directory: Path) -> None:
    """Find out before signing what can be found out: that the directory is free, and the one above there and writable."""
    files.make_dir(directory.parent, 0o755)
    with files.storage(directory, "made"):
        if os.path.lexists(directory):
            raise StorageError(
                tr("{directory} is there already and was left as it is. Nothing was signed; try again.", directory=plain(directory))
            )
        if not os.access(directory.parent, os.W_OK | os.X_OK):
            raise StorageError(
                tr(
                    "Nothing can be written in {parent}: permission is denied or the file system is read-only. Nothing was "
                    "signed; run rmtui as the user who owns the data directory.",
                    parent=plain(directory.parent),
                )
            )


def _check_signed(signed: SignedCertificate, request: bytes, callsign: str) -> None:
    """An authority that answers with another key or name is broken; a person must never be handed that."""
    from cryptography import x509

    from rmtui.pki.certificates import common_name

    try:
        certificate = x509.load_pem_x509_certificate(signed.certificate)
        right = (
            certificate.public_key() == x509.load_pem_x509_csr(request).public_key()
            and certificate.subject == common_name(callsign)
            and certificate.serial_number == signed.serial
        )
    except ValueError as error:
        raise PKIError(
            tr("The authority answered with something that is no certificate. No files were written; check the authority.")
        ) from error
    if not right:
        raise PKIError(tr("The authority signed another key or name than it was asked to. No files were written; check the authority."))


def _joined(*pems: bytes) -> bytes:
    return b"".join(pem.rstrip(b"\n") + b"\n" for pem in pems if pem.strip())


def _write(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Write everything beside, durable, then put it in place with one rename."""
    part = files.part_name(directory)
    try:
        files.new_dir(part, 0o700)
        for name, data in contents.items():
            files.new_file(part / name, data, MODES[name])
        files.fsync_dir(part)
        files.rename_dir(part, directory)
    except BaseException as error:
        files.discard(error, part)
        raise


def read_file(directory: Path, name: str) -> bytes:
    """One of a person's files; neither it nor the directory may be a symbolic link.

    :param name: one of :data:`MODES`.
    :raises FileMissing: it is not there.
    :raises StorageError: it cannot be read, or the name is no name of a file.
    """
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise StorageError(tr("“{name}” is no name of a person's file; nothing was read.", name=plain(name)))
    return files.read_file(directory / name, own_directory=True)


def read_pfx(directory: Path, callsign: str) -> bytes:
    """The person's PFX: the stored one, or one made of ``mtls.pem`` and, where there is one, ``mtls.key``. It is not stored.

    :raises FileMissing: there is no certificate either.
    :raises PKIError: a file is damaged, or cannot be read.
    """
    try:
        return read_file(directory, "mtls.pfx")
    except FileMissing:
        pem = read_file(directory, "mtls.pem")
    from cryptography.hazmat.primitives.serialization import Encoding

    from rmtui.pki import keys, pkcs12

    leaf, *chain = certificates_in(pem, directory)
    try:
        key = keys.load(read_file(directory, "mtls.key"), what=tr("The key in {directory}", directory=plain(directory)))
    except FileMissing:
        key = None
    return pkcs12.build_pfx(key, leaf.public_bytes(Encoding.PEM), b"".join(each.public_bytes(Encoding.PEM) for each in chain), callsign)


def read_certificate(directory: Path) -> CertificateSummary:
    """What the certificate in ``mtls.pem`` says.

    :raises FileMissing: it is not there.
    :raises PKIError: it is damaged, or cannot be read.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes

    from rmtui.pki import keys

    leaf = certificates_in(read_file(directory, "mtls.pem"), directory)[0]
    try:
        return CertificateSummary(
            serial=format(leaf.serial_number, "x"),
            serial_number=leaf.serial_number,
            fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
            subject=leaf.subject.rfc4514_string(),
            issuer=leaf.issuer,
            names=common_name_of(leaf),
            cns=_common_names(leaf),
            key=keys.describe(leaf.public_key()),
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _damaged(directory) from error


def common_name_of(leaf: x509.Certificate) -> str:
    """The one CN of a certificate's subject; empty where there is none, or several."""
    found = _common_names(leaf)
    return found[0] if len(found) == 1 else ""


def _common_names(leaf: x509.Certificate) -> tuple[str, ...]:
    from cryptography.x509.oid import NameOID

    return tuple(str(each.value) for each in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def certificates_in(pem: bytes, directory: Path) -> list[x509.Certificate]:
    """The certificate and its chain, of what ``mtls.pem`` in a directory holds.

    :raises PKIError: it is damaged.
    """
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise _damaged(directory) from error


def _damaged(directory: Path) -> PKIError:
    return PKIError(
        tr("{path} is no certificate that can be read. Restore it from a backup, or issue a new one.", path=plain(directory / "mtls.pem"))
    )


def remove_identity(directory: Path) -> None:
    """Remove a person's directory, or a leftover, with all files; one that is not there is gone already.

    :raises StorageError: it cannot be removed, or is no directory.
    """
    files.remove_tree(directory)


def leftovers(people_dir: Path, older_than: dt.timedelta, now: dt.datetime) -> list[Path]:
    """Directories in ``people_dir`` that were last touched longer ago than ``older_than``: half-made ones, and ones named by a UUID.

    Of the latter the caller knows which have a row that points to them. Sorted; symbolic links and all else are passed over.

    :raises StorageError: the directory cannot be read. One that is not there has none.
    """
    found: list[Path] = []
    with files.storage(people_dir, "read"):
        try:
            entries = list(os.scandir(people_dir))
        except FileNotFoundError:
            return []
        for entry in entries:
            if not (_half_made(entry.name) or _is_uuid(entry.name)):
                continue
            try:
                about = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            touched = dt.datetime.fromtimestamp(about.st_mtime, dt.UTC)
            if stat.S_ISDIR(about.st_mode) and now - touched > older_than:
                found.append(people_dir / entry.name)
    return sorted(found)


def _half_made(name: str) -> bool:
    return name.startswith(".") and name.endswith(files.PART_SUFFIX)


def _is_uuid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False
