"""The deployment's own CA: CFSSL signs and revokes, ocsprest publishes. Nothing that it answers is believed before it was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmtui import clock
from rmtui.i18n import english, joined, said_as, tr
from rmtui.pki import files
from rmtui.pki.interface import (
    Authority,
    FileMissing,
    NoAnswer,
    PKIError,
    Revocation,
    SignedCertificate,
)
from rmtui.settings import Settings
from rmtui.settings_ca import RemoteCA
from rmtui.text import plain

if TYPE_CHECKING:
    import ssl

    from cryptography import x509

    from rmtui.pki.http import Line

__all__ = ["CfsslAuthority"]


class CfsslAuthority(Authority):
    """CFSSL, and ocsprest where one is named. The CA keeps its own list of revocations; ours are carried over to it."""

    def __init__(self, remote: RemoteCA, trusted: Path) -> None:
        """Name the CA; nothing is read or asked.

        :param trusted: a file or directory of the CA certificates that it is believed by.
        """
        self._remote = remote
        self._place = trusted
        self.late: Callable[[SignedCertificate, str], None] | None = None
        """Given a certificate for our key that comes when :meth:`sign` has given it up, and the callsign; in another thread."""
        self.lists = remote.ocsprest is not None
        self._lines: dict[str, Line] = {}
        self._tls: ssl.SSLContext | None = None
        self._issuers: list[x509.Certificate] | None = None

    def __repr__(self) -> str:
        return f"CfsslAuthority({self._remote.cfssl!r}, ocsprest={self._remote.ocsprest!r})"

    @classmethod
    def from_settings(cls, settings: Settings) -> CfsslAuthority:
        """The CA that ``settings`` name."""
        from rmtui.pki.mutual_tls import CA_CERTS

        return cls(settings.ca, settings.local_ca_certs or CA_CERTS)

    def describe(self) -> str:
        """``CFSSL at http://…, CN=…``, of the issuing CA; whether it answers and is believed is found out."""
        from rmtui.pki.trust import believed_issuer

        trusted = self._trusted()
        issuing = self._issuing()
        believed_issuer(issuing, trusted)
        return tr("CFSSL at {address}, {subject}", address=self._remote.cfssl, subject=plain(issuing.subject.rfc4514_string(), 120))

    def sign(self, csr_pem: bytes, callsign: str) -> SignedCertificate:
        """Sign a certificate for the key of a CSR; see :meth:`Authority.sign`.

        :raises AnswerLost: whether it was signed is not known. Nobody was given such a certificate.
        :raises PKIError: the CA refuses, or its answer is not to be believed.
        """
        from cryptography import x509

        from rmtui.pki import cfssl_talk, trust
        from rmtui.pki.csr import check_csr
        from rmtui.pki.http import Answer, AnswerLost

        details = check_csr(csr_pem, callsign)
        request = x509.load_pem_x509_csr(details.pem)
        trusted = self._trusted()
        asked = {"certificate_request": details.pem.decode("ascii"), "profile": "client", "bundle": True}
        through_ocsprest = self._remote.ocsprest is not None
        line, path = (self._ocsprest(), "/api/v1/csr/sign") if through_ocsprest else (self._cfssl(), "/api/v1/cfssl/sign")
        issuing = None if through_ocsprest else self._issuing_before()

        def certificates(answer: Any) -> list[x509.Certificate]:
            return trust.read_answer(cfssl_talk.certificate_in(answer))

        def too_late(answer: Answer) -> None:
            with suppress(PKIError):  # nothing was signed
                leaf = certificates(cfssl_talk.read(answer, line, tr("Nothing was signed.")))[0]
                if self.late is not None and leaf.public_key() == request.public_key():
                    self.late(_signed(leaf, None), callsign)

        try:
            answered = certificates(cfssl_talk.ask(line, path, asked, tr("Nothing was signed."), repeatable=False, late=too_late))
        except (AnswerLost, KeyboardInterrupt) as error:
            unknown = tr(
                "Whether a certificate for {callsign} was signed is not known; nobody was given one. Try again; "
                "if there is one at the CA, it is for the key with SHA-256 {fingerprint}, and is to be revoked there.",
                callsign=plain(callsign, 80),
                fingerprint=details.fingerprint,
            )
            if isinstance(error, AnswerLost):
                error.args = (joined((error.sentence, unknown), " "),)
            else:
                error.add_note(unknown)
            raise
        return self._believe(answered, issuing, request, callsign, trusted)

    def announce(self) -> None:
        """Have ocsprest look for new certificates; without an ocsprest nobody is asked."""
        if self._remote.ocsprest is not None:
            self._publish("/api/v1/refresh")

    def _believe(
        self,
        answered: list[x509.Certificate],
        issuer: x509.Certificate | None,
        request: x509.CertificateSigningRequest,
        callsign: str,
        trusted: bytes,
    ) -> SignedCertificate:
        """What the CA signed, looked at.

        :raises UnreachableError: who issued it cannot be asked for just now.
        :raises PKIError: it is not what was asked for. ``lost`` is what was signed for our key; what is for another may be somebody's.
        """
        from rmtui.pki import trust

        leaf, *others = answered
        issuer = next((each for each in others if each.subject == leaf.issuer), issuer)
        try:
            issuer = issuer or self._issuing()
            problem = trust.judge(leaf, issuer, request, callsign, trust.believed_issuer(issuer, trusted), clock.utcnow())
            if problem is None:
                return _signed(leaf, issuer)
            error = PKIError(
                tr(
                    "The CA answered with a certificate that was not asked for: {problem}. Check the CA.",
                    problem=said_as(problem.rstrip("."), english(problem).rstrip(".")),
                )
            )
        except PKIError as unknown:
            unknown.args = (
                tr(
                    "The CA answered with a certificate that was not used, since who issued it is not known: {error}",
                    error=unknown.sentence,
                ),
            )
            error = unknown
        serial = f"{leaf.serial_number:x}"
        if leaf.public_key() == request.public_key():
            error.lost = _signed(leaf, None)
            error.args = (
                tr(
                    "{error} Its serial number is {serial}; it is revoked, at the CA as soon as that answers.",
                    error=error.sentence,
                    serial=serial,
                ),
            )
        else:
            error.args = (
                tr(
                    "{error} Its serial number is {serial}; it may be somebody's, and was not revoked.", error=error.sentence, serial=serial
                ),
            )
        raise error

    def revoke(self, revocation: Revocation, revocations: Callable[[], Iterable[Revocation]]) -> None:
        """Revoke at the CA, which has it on its list from then on; :meth:`publish_crl` publishes that, once for many.

        :raises UnknownThere: the CA does not know the certificate.
        """
        revocation.check()
        self._revoke(revocation)

    def publish_crl(self, revocations: Callable[[], Iterable[Revocation]]) -> None:
        """Revoke at the CA what is recorded here and not on its list, then publish; see :meth:`Authority.publish_crl`.

        Without an ocsprest there is neither a list nor a publisher, and nobody is asked.
        """
        from rmtui.pki.cfssl_list import carry_over

        if not self.lists:
            return
        now = clock.utcnow()
        due = [each for each in revocations() if each.not_after is None or each.not_after > now]  # the CA's list passes others over too
        failed = carry_over(self, due) if due else None
        self.refresh()
        if failed is not None:
            raise failed

    def refresh(self) -> None:
        """Ask ocsprest for fresh OCSP answers and a fresh CRL; without an ocsprest nobody is asked."""
        if self._remote.ocsprest is not None:
            self.announce()
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
            raise FileMissing(tr("RM_OCSPREST_HOST names nobody who could give the CRL; nothing was asked. Name ocsprest."))
        from rmtui.pki.cfssl_talk import read, tried

        line = self._ocsprest()

        def once() -> bytes:
            answer = line.ask("GET", "/api/v1/crl/crl.pem", most=files.MOST_READ)
            if answer.status != 200 or b"-----BEGIN X509 CRL-----" not in answer.body:
                read(answer, line, tr("The CRL was not read."))
                raise PKIError(
                    tr("{name} answered with something that is no CRL; it was not used. Check RM_OCSPREST_HOST.", name=line.name)
                )
            return answer.body

        return tried(once, repeatable=True)

    def _publish(self, path: str) -> None:
        from rmtui.pki.cfssl_talk import ask

        ask(self._ocsprest(), path, {}, tr("The CRL and the OCSP answers were not refreshed."))

    def _revoke(self, revocation: Revocation) -> None:
        """Revoke under the first issuer that knows the serial number."""
        from cryptography import x509

        from rmtui.pki.cfssl_talk import UnknownThere, ask
        from rmtui.pki.trust import key_id

        if self._issuers is None:
            self._issuers = x509.load_pem_x509_certificates(self.ca_chain())  # the one that issues now, then others that may have before
        ids = [each for each in map(key_id, self._issuers) if each is not None]
        if not ids:
            raise PKIError(tr("The CA's certificate has no key identifier, without which CFSSL cannot revoke. Nothing was revoked there."))
        for at, authority_key_id in enumerate(ids, 1):
            asked = {"serial": str(revocation.serial), "authority_key_id": authority_key_id, "reason": revocation.reason}
            try:
                ask(self._cfssl(), "/api/v1/cfssl/revoke", asked, tr("Nothing was revoked there."))
            except UnknownThere:
                if at == len(ids):
                    raise
            else:
                return

    def _issuing_before(self) -> x509.Certificate:
        """Who will issue, where that does not come with what is issued: to be known before anything is signed."""
        try:
            return self._issuing()
        except NoAnswer as error:
            error.args = (tr("{error} Nothing was signed.", error=error.sentence),)
            raise

    def _issuing(self) -> x509.Certificate:
        from rmtui.pki.cfssl_talk import ask, certificate_in
        from rmtui.pki.trust import read_answer

        found = ask(self._cfssl(), "/api/v1/cfssl/info", {}, tr("The CA's certificate was not read."))
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
            tls = address.startswith("https:")
            if tls and self._tls is None:
                self._tls = client_context()  # which takes a while: it reads all the system's authorities
            self._lines[address] = Line(address, name, self._remote.timeout, self._tls if tls else None)
        return self._lines[address]


def _signed(leaf: x509.Certificate, issuer: x509.Certificate | None) -> SignedCertificate:
    from cryptography.hazmat.primitives import hashes

    from rmtui.pki import trust

    return SignedCertificate(
        certificate=trust.pem_of(leaf),
        chain=trust.pem_of(issuer) if issuer is not None else b"",
        serial=leaf.serial_number,
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
    )
