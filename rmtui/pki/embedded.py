"""The authority of a deployment that has none: a root and an issuing CA in files. The root signs the issuing CA and its own CRL only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rmtui import clock
from rmtui.errors import ConfigurationError, InvalidCallsign
from rmtui.i18n import tr
from rmtui.pki import files
from rmtui.pki.interface import Authority, AuthorityMissing, FileMissing, PKIError, Revocation, SignedCertificate
from rmtui.settings import Secret, Settings
from rmtui.text import callsign_problem, plain

if TYPE_CHECKING:
    from cryptography import x509

    from rmtui.pki.keys import PrivateKey

__all__ = ["CA_CHAIN", "CRL", "EmbeddedAuthority"]

CA_CHAIN: Final = "ca_chain.pem"
"""The issuing CA, then the root, in the public directory."""
CRL: Final = "crl.pem"
"""The issuing CA's CRL, then the root's, in the public directory."""
_FILES: Final = ("root.key", "root.pem", "issuing.key", "issuing.pem")
_LONGEST_NAME: Final = 48  # bytes, so that a CN of at most 64 has room for what is added


class EmbeddedAuthority(Authority):
    """Root and issuing CA under one directory; the chain and the CRLs in another that anybody may read."""

    def __init__(self, ca_dir: Path, public_dir: Path, *, passphrase: Secret, hours: int) -> None:
        """Name an authority; nothing is read or made.

        :param passphrase: opens the keys; an empty one for keys that are not encrypted.
        :param hours: how long people's certificates live.
        """
        self.ca_dir = ca_dir
        self.public_dir = public_dir
        self._passphrase = passphrase
        self._life = dt.timedelta(hours=hours)
        self._keeps = False
        self._kept: tuple[object, tuple[x509.Certificate, PrivateKey]] | None = None

    def __repr__(self) -> str:
        return f"EmbeddedAuthority({str(self.ca_dir)!r})"

    @classmethod
    def from_settings(cls, settings: Settings) -> EmbeddedAuthority:
        """The authority under the data directory of ``settings``."""
        return cls(settings.ca_dir, settings.public_dir, passphrase=settings.ca_passphrase, hours=settings.cert_hours)

    def keep_key(self) -> None:
        """From now on keep the issuing CA's key in memory, for whoever signs many and drops this object at the end.

        A key that was just read takes longer to sign with than one that has signed. It is read anew when its files are others.
        """
        self._keeps = True

    @classmethod
    def create(
        cls, ca_dir: Path, public_dir: Path, *, passphrase: Secret, hours: int, key_type: str = "rsa4096", name: str
    ) -> EmbeddedAuthority:
        """Make an authority, whole or not at all, and publish its chain and its empty CRLs. What a crash left half-made goes.

        :param name: of the deployment; the CAs are called after it.
        :raises ConfigurationError: the name cannot be part of a CA's name.
        :raises PKIError: there is an authority already, or the chain of another one; nothing was changed.
        :raises StorageError: a file cannot be written.
        """
        from rmtui.pki import certificates, keys

        problem = callsign_problem(name)
        if problem is not None or len(name.encode()) > _LONGEST_NAME:
            problem = problem or tr("it takes more than {most} bytes", most=_LONGEST_NAME)
            raise ConfigurationError(
                tr(
                    "No authority was made: “{name}” cannot be its name: {problem}. Choose another name.",
                    name=plain(name, 60),
                    problem=problem,
                )
            )
        authority = cls(ca_dir, public_dir, passphrase=passphrase, hours=hours)
        files.make_dir(ca_dir.parent, 0o755)
        with authority._locked():
            authority._refuse_to_replace()
            now = clock.utcnow()
            root_key, issuing_key = keys.generate(key_type), keys.generate(key_type)
            root = certificates.root_certificate(root_key, f"{name} root CA", now)
            issuing = certificates.issuing_certificate(issuing_key.public_key(), f"{name} issuing CA", root, root_key, now)
            part = files.part_name(ca_dir)
            try:
                files.new_dir(part, 0o700)
                for stem, key, certificate in (("root", root_key, root), ("issuing", issuing_key, issuing)):
                    files.write_file(part / f"{stem}.key", keys.private_pem(key, passphrase), 0o600)
                    files.write_file(part / f"{stem}.pem", _pem(certificate), 0o600)
                files.rename_dir(part, ca_dir)
            except BaseException as error:
                files.discard(error, part)
                raise
            try:
                authority._publish([])
            except BaseException as error:
                files.discard(error, ca_dir, public_dir / CA_CHAIN, public_dir / CRL)
                raise
        return authority

    def exists(self) -> bool:
        """Whether the authority is there, whole.

        :raises StorageError: its directory cannot be looked into.
        """
        with files.storage(self.ca_dir, "read"):
            return all((self.ca_dir / name).is_file() for name in _FILES)

    def describe(self) -> str:
        """``embedded authority, CN=…``, of the issuing CA."""
        return tr("embedded authority, {subject}", subject=plain(self._certificate("issuing").subject.rfc4514_string(), 120))

    def sign(self, csr_pem: bytes, callsign: str) -> SignedCertificate:
        """Sign a certificate for the key of a CSR; see :meth:`Authority.sign`.

        :raises InvalidCallsign: a certificate cannot carry the callsign.
        :raises PKIError: the issuing CA has run out.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        from rmtui.pki import certificates, csr

        problem = callsign_problem(callsign)
        if problem is not None:
            raise InvalidCallsign(
                tr(
                    "“{callsign}” cannot stand in a certificate: {problem}. Nothing was signed.",
                    callsign=plain(callsign, 40),
                    problem=problem,
                )
            )
        details = csr.check_csr(csr_pem, callsign)
        issuing, issuing_key = self._issuing()
        now = clock.utcnow()
        if now < issuing.not_valid_before_utc:
            raise PKIError(
                tr(
                    "By this host's clock the issuing CA is not valid before {start}. Nothing was signed; set the clock right "
                    "and try again.",
                    start=clock.stamp(issuing.not_valid_before_utc),
                )
            )
        if now >= issuing.not_valid_after_utc:
            raise PKIError(
                tr(
                    "The issuing CA ran out on {until}. Nothing was signed; make a new authority.",
                    until=clock.stamp(issuing.not_valid_after_utc),
                )
            )
        public_key = x509.load_pem_x509_csr(details.pem).public_key()
        leaf = certificates.leaf_certificate(public_key, callsign, issuing, issuing_key, now=now, life=self._life)
        return SignedCertificate(
            certificate=_pem(leaf),
            chain=_pem(issuing),
            serial=leaf.serial_number,
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
            fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        )

    def announce(self) -> None:
        """Nobody answers for its certificates: there is the CRL."""

    def revoke(self, revocation: Revocation, revocations: Callable[[], Iterable[Revocation]]) -> None:
        """Publish CRLs that hold ``revocation`` too; see :meth:`Authority.revoke`."""
        revocation.check()
        self.publish_crl(lambda: chain([revocation], revocations()))

    def publish_crl(self, revocations: Callable[[], Iterable[Revocation]]) -> None:
        """Publish fresh CRLs, and the chain where it is missing; see :meth:`Authority.publish_crl`."""
        self._require()
        with self._locked():
            self._publish(revocations())

    def ca_chain(self) -> bytes:
        """PEM of the issuing CA, then the root."""
        return _pem(self._certificate("issuing")) + _pem(self._certificate("root"))

    def crl(self) -> bytes:
        """PEM of the issuing CA's CRL, then the root's, as published.

        :raises FileMissing: none is published.
        """
        return files.read_file(self.public_dir / CRL)

    def _locked(self) -> AbstractContextManager[None]:
        return files.lock(self.ca_dir.with_name(f".{self.ca_dir.name}.lock"))

    def _refuse_to_replace(self) -> None:
        """Under the lock, before making: clear what a crash left half-made, and stop where anything else would be lost."""
        with files.storage(self.ca_dir, "read"):
            if self.ca_dir.is_symlink() or (self.ca_dir.exists() and (not self.ca_dir.is_dir() or any(self.ca_dir.iterdir()))):
                raise PKIError(
                    tr("No authority was made: something is in {ca_dir} already, and it was left as it is.", ca_dir=plain(self.ca_dir))
                )
            published = [path for path in (self.public_dir / CA_CHAIN, self.public_dir / CRL) if path.exists()]
        files.sweep(self.ca_dir)
        if published:
            raise PKIError(
                tr(
                    "No authority was made: {path} belongs to another one, and was left as it is. Restore that one's "
                    "files to {ca_dir}, or move the file away.",
                    path=plain(published[0]),
                    ca_dir=plain(self.ca_dir),
                )
            )

    def _publish(self, revocations: Iterable[Revocation]) -> None:
        from rmtui.pki import certificates

        revoked = list(revocations)
        (issuing, issuing_key), (root, root_key) = self._pair("issuing"), self._pair("root")
        now = clock.utcnow()
        published = self._published((issuing, root))
        number = max([int(now.timestamp()), *(certificates.crl_number(crl) + 1 for crl in published)])
        known = {revocation.serial for revocation in revoked}
        for crl in published:
            if crl.issuer == issuing.subject:
                revoked += [each for each in certificates.revoked(crl) if each.serial not in known]
        pem = b"".join(
            _pem(certificates.crl(ca, key, those, number=number, now=now))
            for ca, key, those in ((issuing, issuing_key, revoked), (root, root_key, []))
        )
        files.make_dir(self.public_dir, 0o755)
        ca_chain = _pem(issuing) + _pem(root)
        try:
            stale = files.read_file(self.public_dir / CA_CHAIN) != ca_chain
        except FileMissing:
            stale = True
        if stale:
            files.write_file(self.public_dir / CA_CHAIN, ca_chain, 0o644)
        for name in (CA_CHAIN, CRL):
            files.sweep(self.public_dir / name)
        files.write_file(self.public_dir / CRL, pem, 0o644)

    def _published(self, authorities: Iterable[x509.Certificate]) -> list[x509.CertificateRevocationList]:
        """The CRLs published so far that are ours; others' files count for nothing.

        Whom one of them names stays named, whatever the list of revocations says that comes next: it may be of another database, or of
        a backup. A lost file does no harm to the numbers: none is less than the seconds since 1970.
        """
        from cryptography import x509

        try:
            published = files.read_file(self.public_dir / CRL)
        except FileMissing:
            return []
        found: list[x509.CertificateRevocationList] = []
        for block in published.split(b"-----END X509 CRL-----")[:-1]:
            try:
                crl = x509.load_pem_x509_crl(block + b"-----END X509 CRL-----\n")
                if any(crl.is_signature_valid(ca.public_key()) for ca in authorities):  # type: ignore[arg-type]
                    found.append(crl)
            except ValueError:
                continue
        return found

    def _require(self) -> None:
        if not self.exists():
            raise AuthorityMissing(
                tr(
                    "There is no complete certificate authority in {ca_dir}; nothing was signed. Make one with “rmtui init”, "
                    "or restore its files.",
                    ca_dir=plain(self.ca_dir),
                )
            )

    def _certificate(self, stem: str) -> x509.Certificate:
        from cryptography import x509

        self._require()
        path = self.ca_dir / f"{stem}.pem"
        try:
            return x509.load_pem_x509_certificate(files.read_file(path))
        except ValueError as error:
            raise PKIError(tr("{path} is no certificate. Nothing was signed; restore it from a backup.", path=plain(path))) from error

    def _issuing(self) -> tuple[x509.Certificate, PrivateKey]:
        """The issuing CA; from memory where it may be kept, and the files are those it was read from."""
        if not self._keeps:
            return self._pair("issuing")
        self._require()
        with files.storage(self.ca_dir, "read"):
            seen = [(self.ca_dir / name).stat() for name in ("issuing.key", "issuing.pem")]
        files_are = [(each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns, each.st_ctime_ns) for each in seen]
        kept = self._kept
        if kept is None or kept[0] != files_are:
            self._kept = kept = (files_are, self._pair("issuing"))
        return kept[1]

    def _pair(self, stem: str) -> tuple[x509.Certificate, PrivateKey]:
        from rmtui.pki import keys

        certificate = self._certificate(stem)
        path = self.ca_dir / f"{stem}.key"
        key = keys.load(files.read_file(path), self._passphrase, what=tr("The authority's key {path}", path=plain(path)))
        if key.public_key() != certificate.public_key():
            raise PKIError(
                tr(
                    "{path} does not belong to the certificate beside it. Nothing was signed; restore both from one backup.",
                    path=plain(path),
                )
            )
        return certificate, key


def _pem(signed: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return signed.public_bytes(Encoding.PEM)
