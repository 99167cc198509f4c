"""The deployment's own CA: CFSSL signs and revokes, ocsprest publishes. Nothing that it answers is believed before it was looked at."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rmtui import clock
from rmtui.pki import files
from rmtui.pki.interface import (
    REASONS,
    Authority,
    FileMissing,
    PKIError,
    Revocation,
    SignedCertificate,
)
from rmtui.settings import Settings
from rmtui.settings_ca import RemoteCA
from rmtui.text import plain

if TYPE_CHECKING:
    from cryptography import x509

    from rmtui.pki.http import Line

__all__ = ["CfsslAuthority"]

CA_CERTS: Final = Path("/ca_public")
"""Where the deployment puts its CA certificates."""
logger = logging.getLogger("rmtui.pki.cfssl")


class CfsslAuthority(Authority):
    """CFSSL, and ocsprest where one is named. The CA keeps its own list of revocations; ours are carried over to it."""

    def __init__(self, remote: RemoteCA, trusted: Path) -> None:
        """Name the CA; nothing is read or asked.

        :param trusted: a file or directory of the CA certificates that it is believed by.
        """
        self._remote = remote
        self._place = trusted
        self._lines: dict[str, Line] = {}
        self._issuers: list[x509.Certificate] | None = None

    def __repr__(self) -> str:
        return f"CfsslAuthority({self._remote.cfssl!r}, ocsprest={self._remote.ocsprest!r})"

    @classmethod
    def from_settings(cls, settings: Settings) -> CfsslAuthority:
        """The CA that ``settings`` name."""
        return cls(settings.ca, settings.local_ca_certs or CA_CERTS)

    def describe(self) -> str:
        """``CFSSL at http://…, CN=…``, of the issuing CA; whether it answers and is believed is found out."""
        from rmtui.pki.trust import believed_issuer

        trusted = self._trusted()
        issuing = self._issuing()
        believed_issuer(issuing, trusted)
        return f"CFSSL at {self._remote.cfssl}, {plain(issuing.subject.rfc4514_string(), 120)}"

    def sign(self, csr_pem: bytes, callsign: str) -> SignedCertificate:
        """Sign a certificate for the key of a CSR; see :meth:`Authority.sign`.

        :raises AnswerLost: whether it was signed is not known. Nobody was given such a certificate.
        :raises PKIError: the CA refuses, or its answer is not to be believed.
        """
        from cryptography import x509

        from rmtui.pki import cfssl_talk, trust
        from rmtui.pki.csr import check_csr
        from rmtui.pki.http import AnswerLost

        details = check_csr(csr_pem, callsign)
        trusted = self._trusted()
        asked = {"certificate_request": details.pem.decode("ascii"), "profile": "client", "bundle": True}
        through_ocsprest = self._remote.ocsprest is not None
        line, path = (self._ocsprest(), "/api/v1/csr/sign") if through_ocsprest else (self._cfssl(), "/api/v1/cfssl/sign")
        try:
            found = cfssl_talk.ask(line, path, asked, "Nothing was signed.", repeatable=False)
            answered = trust.read_answer(cfssl_talk.certificate_in(found))
        except AnswerLost as error:
            error.args = (
                f"{error} Whether a certificate for {plain(callsign, 80)} was signed is not known; nobody was given one. "
                f"Try again; if there is one at the CA, it is for the key with SHA-256 {details.fingerprint}, and is to be revoked there.",
            )
            raise
        signed = self._believe(answered, x509.load_pem_x509_csr(details.pem), callsign, trusted)
        if through_ocsprest:
            try:
                self._publish("/api/v1/refresh")
            except PKIError as error:
                logger.warning("signed, but the OCSP answers were not refreshed: %s", error.sentence)
        return signed

    def _believe(
        self, answered: list[x509.Certificate], request: x509.CertificateSigningRequest, callsign: str, trusted: bytes
    ) -> SignedCertificate:
        """What the CA signed, looked at."""
        from cryptography.hazmat.primitives import hashes

        from rmtui.pki import trust

        leaf, *others = answered
        issuer = next((each for each in others if each.subject == leaf.issuer), None)
        try:
            issuer = issuer or self._issuing()
            problem = trust.judge(leaf, issuer, request, callsign, trust.believed_issuer(issuer, trusted), clock.utcnow())
        except PKIError as error:
            problem = f"who issued it is not known: {error.sentence}"
        if problem is not None:
            raise PKIError(
                f"The CA answered with a certificate that was not asked for: {problem.rstrip('.')}. It was not used; check the CA. "
                f"{self._disown(leaf, request)}"
            )
        assert issuer is not None
        return SignedCertificate(
            certificate=trust.pem_of(leaf),
            chain=trust.pem_of(issuer),
            serial=leaf.serial_number,
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
            fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        )

    def _disown(self, leaf: x509.Certificate, request: x509.CertificateSigningRequest) -> str:
        """Revoke what was signed for our key and cannot be used; what is for another key may be somebody else's, and is left alone."""
        serial = f"Its serial number is {leaf.serial_number:x}"
        if leaf.public_key() != request.public_key():
            return f"{serial}; it may be somebody's, and was not revoked."
        try:
            self._revoke(Revocation(leaf.serial_number, clock.utcnow(), "cessationOfOperation"))
        except PKIError as error:
            return f"{serial}, and it was not revoked: {error.sentence}"
        return f"{serial}; it was revoked."

    def revoke(self, revocation: Revocation, revocations: Callable[[], Iterable[Revocation]]) -> None:
        """Revoke at the CA, which has it on its list from then on; :meth:`publish_crl` publishes that, once for many.

        :raises UnknownThere: the CA does not know the certificate.
        """
        if revocation.reason not in REASONS:
            raise PKIError(f"Nothing was revoked: {plain(revocation.reason)!r} is no reason; take one of {', '.join(REASONS)}.")
        self._revoke(revocation)

    def publish_crl(self, revocations: Callable[[], Iterable[Revocation]]) -> None:
        """Revoke at the CA what is recorded here and not on its list, then publish; see :meth:`Authority.publish_crl`.

        What has run out is passed over, as the CA's list does; what the CA does not know is logged.
        """
        from rmtui.pki.cfssl_talk import UnknownThere
        from rmtui.pki.chain import serials_of

        now = clock.utcnow()
        due = {each.serial: each for each in revocations() if each.not_after is None or each.not_after > now}
        listed = serials_of(self.crl(), self.ca_chain()) if due and self._remote.ocsprest is not None else frozenset()
        for serial, each in due.items():
            if serial in listed:
                continue
            try:
                self._revoke(each)
            except UnknownThere:
                logger.warning("revoked here, and not known to the CA: serial %x", serial)
        self.refresh()

    def refresh(self) -> None:
        """Ask ocsprest for fresh OCSP answers and a fresh CRL; without an ocsprest nobody is asked."""
        if self._remote.ocsprest is not None:
            self._publish("/api/v1/refresh")
            self._publish("/api/v1/dump_crl")

    def ca_chain(self) -> bytes:
        """PEM of the issuing CA that CFSSL names, then the CAs of ``LOCAL_CA_CERTS_PATH``."""
        from rmtui.pki.trust import believed_issuer

        return believed_issuer(self._issuing(), self._trusted())

    def crl(self) -> bytes:
        """PEM of the CRL, as ocsprest gives it just now.

        :raises FileMissing: no ocsprest is named.
        """
        if self._remote.ocsprest is None:
            raise FileMissing("RM_OCSPREST_HOST names nobody who could give the CRL; nothing was asked. Name ocsprest.")
        from rmtui.pki.cfssl_talk import read, tried

        line = self._ocsprest()

        def once() -> bytes:
            answer = line.ask("GET", "/api/v1/crl/crl.pem", most=files.MOST_READ)
            if answer.status != 200 or b"-----BEGIN X509 CRL-----" not in answer.body:
                read(answer, line, "The CRL was not read.")
                raise PKIError(f"{line.name} answered with something that is no CRL; it was not used. Check RM_OCSPREST_HOST.")
            return answer.body

        return tried(once, repeatable=True)

    def _publish(self, path: str) -> None:
        from rmtui.pki.cfssl_talk import ask

        ask(self._ocsprest(), path, {}, "The CRL and the OCSP answers were not refreshed.")

    def _revoke(self, revocation: Revocation) -> None:
        """Revoke under the first issuer that knows the serial number."""
        from cryptography import x509

        from rmtui.pki.cfssl_talk import UnknownThere, ask
        from rmtui.pki.trust import key_id

        if self._issuers is None:
            self._issuers = x509.load_pem_x509_certificates(self.ca_chain())  # the one that issues now, then others that may have before
        ids = [each for each in map(key_id, self._issuers) if each is not None]
        if not ids:
            raise PKIError("The CA's certificate has no key identifier, without which CFSSL cannot revoke. Nothing was revoked there.")
        for at, authority_key_id in enumerate(ids, 1):
            asked = {"serial": str(revocation.serial), "authority_key_id": authority_key_id, "reason": revocation.reason}
            try:
                ask(self._cfssl(), "/api/v1/cfssl/revoke", asked, "Nothing was revoked there.")
            except UnknownThere:
                if at == len(ids):
                    raise
            else:
                return

    def _issuing(self) -> x509.Certificate:
        from rmtui.pki.cfssl_talk import ask, certificate_in
        from rmtui.pki.trust import read_answer

        found = ask(self._cfssl(), "/api/v1/cfssl/info", {}, "The CA's certificate was not read.")
        return read_answer(certificate_in(found))[0]

    def _trusted(self) -> bytes:
        from rmtui.pki.trust import read_trusted

        return read_trusted(self._place)

    def _cfssl(self) -> Line:
        return self._line(self._remote.cfssl, "CFSSL")

    def _ocsprest(self) -> Line:
        assert self._remote.ocsprest is not None
        return self._line(self._remote.ocsprest, "ocsprest")

    def _line(self, address: str, name: str) -> Line:
        from rmtui.pki.http import Line
        from rmtui.pki.mutual_tls import client_context

        if address not in self._lines:
            tls = client_context() if address.startswith("https:") else None
            self._lines[address] = Line(address, name, self._remote.timeout, tls)
        return self._lines[address]
