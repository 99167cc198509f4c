"""What an authority does, and the errors of keys and certificates. Imports nothing heavy, so that anyone may load it early."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rmtui.errors import ConfigurationError, RmtuiError, UnreachableError
from rmtui.i18n import later, tr
from rmtui.text import plain

__all__ = [
    "REASONS",
    "Authority",
    "AuthorityMissing",
    "AuthorityUnavailable",
    "CSRError",
    "CredentialError",
    "FileMissing",
    "NoAnswer",
    "PKIError",
    "Revocation",
    "SignedCertificate",
    "StorageError",
    "TokenError",
    "WrongPassphrase",
]

REASONS = ("unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn")
"""The reasons of RFC 5280, section 5.3.1, that a person's certificate can be revoked for. The others speak of authorities and of
certificates that come back."""


class PKIError(RmtuiError):
    """A key or a certificate could not be made, read or used."""

    lost: SignedCertificate | None = None
    """A certificate that was signed all the same for our key, and is good for nobody: whoever asked for it has it revoked."""


class CSRError(PKIError):
    """The signing request is refused; nothing was signed."""

    title = later("CSR refused")


class AuthorityMissing(PKIError, ConfigurationError):
    """There is no authority to sign with; trying again changes nothing before one is made or named."""

    title = later("No authority")


class AuthorityUnavailable(PKIError, UnreachableError):
    """The authority cannot be reached just now; nothing was signed or revoked, and a retry may succeed."""

    title = later("Authority not reachable")


class NoAnswer(PKIError, UnreachableError):
    """A server does not answer, or with nothing that could be its answer: to ask it for something else just now is of no use."""

    title = later("No answer")
    passing: bool = True
    """Whether trying again at once may help, where it does no harm."""


class WrongPassphrase(PKIError, ConfigurationError):
    """A private key does not open with the passphrase that is configured."""

    title = later("Passphrase")


class StorageError(PKIError):
    """A file could not be written or read: disk full, permission, a file that is no file."""

    title = later("Files")


class FileMissing(StorageError):
    """The file is not there."""


class CredentialError(PKIError):
    """A certificate or its key does not prove who one is."""

    title = later("Not proven")


class TokenError(PKIError):
    """A token could not be issued, or is not to be believed."""

    title = later("Token refused")


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """What an authority made of a CSR."""

    certificate: bytes
    """PEM of the leaf."""
    chain: bytes
    """PEM of the issuing CA."""
    serial: int
    not_before: dt.datetime
    not_after: dt.datetime
    fingerprint: str
    """SHA-256 of the leaf's DER, lower-case hexadecimal."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """A certificate that is no longer to be believed."""

    serial: int
    revoked_on: dt.datetime
    """Aware."""
    reason: str = "unspecified"
    """One of :data:`REASONS`."""
    not_after: dt.datetime | None = None
    """When the certificate runs out, aware; None when that is not known."""

    def check(self) -> None:
        """See that it can be published.

        :raises PKIError: the reason is none that a person's certificate can be revoked for.
        """
        if self.reason not in REASONS:
            shown = repr(plain(self.reason))
            raise PKIError(
                tr("Nothing was revoked: {reason} is no reason; take one of {reasons}.", reason=shown, reasons=", ".join(REASONS))
            )


class Authority(ABC):
    """Signs people's certificates and tells the world which are revoked.

    Every method blocks. All raise :class:`AuthorityMissing` when there is no authority, :class:`AuthorityUnavailable` when it
    cannot be reached just now, and :class:`StorageError` when a file cannot be read or written.
    """

    lists = True
    """Whether :meth:`publish_crl` finds out by itself what the world has not been told; if not, each is to be told with :meth:`revoke`."""

    @abstractmethod
    def describe(self) -> str:
        """Who signs, in a few words for the operator: ``embedded authority, CN=…``."""

    @abstractmethod
    def sign(self, csr_pem: bytes, callsign: str) -> SignedCertificate:
        """Sign a certificate for the CSR's key whose subject is exactly ``CN=<callsign>``; nothing else of the CSR is used.

        :raises CSRError: the CSR is not fit for ``callsign``; nothing was signed.
        :raises PKIError: it was not signed, or not as it was to be; ``lost`` is then a certificate to revoke.
        """

    @abstractmethod
    def announce(self) -> None:
        """Have those who answer for certificates (OCSP), where there are any, look for what was signed; it is good without that too."""

    @abstractmethod
    def revoke(self, revocation: Revocation, revocations: Callable[[], Iterable[Revocation]]) -> None:
        """Tell the authority that a certificate is revoked, and publish. Doing it twice is the same as once.

        :param revocations: as for :meth:`publish_crl`; ``revocation`` need not be among them yet.
        :raises PKIError: the reason is none of :data:`REASONS`.
        """

    @abstractmethod
    def publish_crl(self, revocations: Callable[[], Iterable[Revocation]]) -> None:
        """Publish fresh CRLs that hold ``revocations``.

        :param revocations: called under a lock that holds between processes, so that an older list never replaces a newer one.
        """

    @abstractmethod
    def ca_chain(self) -> bytes:
        """PEM of the issuing CA and the root, for whoever verifies people's certificates."""

    @abstractmethod
    def crl(self) -> bytes:
        """PEM of the CRLs as they are published now, of every CA in :meth:`ca_chain`."""
