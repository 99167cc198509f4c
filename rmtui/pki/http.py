"""One request to a server of the CA: bounded in time and size, no redirect followed, and told apart by what it may have done.

A proxy of the environment is not used, and what an answer holds is not unpacked. Each request has a thread of its own, which may be
left behind: neither a name server nor a server that hangs keeps whoever asks, or the program, for longer than is said here.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, Final

import httpcore

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.pki.calls import calls
from rmtui.pki.interface import AuthorityMissing, AuthorityUnavailable, NoAnswer, PKIError
from rmtui.pki.mutual_tls import refuses_us
from rmtui.reasons import why
from rmtui.text import plain

__all__ = ["LATE", "Answer", "AnswerLost", "Line", "Unreached", "harmless"]

MOST_ANSWERED: Final = 64 * 1024
"""No answer but a CRL is longer, in bytes."""
LATE: Final = 60.0
"""Seconds that are listened for an answer after nobody waits for it any more, where somebody wants to know it even then."""
JSON: Final[Mapping[str, str]] = {"Content-Type": "application/json"}
"""Headers of a request."""
_MOST_SHOWN: Final = 200


class Unreached(NoAnswer, AuthorityUnavailable):
    """The server was not reached; it surely received nothing."""


class AnswerLost(NoAnswer):
    """The request went out and no whole answer came back: whether it was done is not known."""

    title = later("Outcome not known")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; foreign text."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""


class Line:
    """The way to one server. Every request has a connection of its own."""

    def __init__(self, address: str, name: str, timeout: float, tls: ssl.SSLContext | None) -> None:
        """Name the server; nothing is connected.

        :param address: ``http://NAME:PORT`` or ``https://NAME:PORT``.
        :param name: of the server, for sentences.
        :param timeout: seconds that a whole request may take.
        :param tls: needed for https.
        """
        self.address = address
        self.name = name
        self._timeout = timeout
        self._tls = tls

    def __repr__(self) -> str:
        return f"Line({self.address!r})"

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] = JSON,
        most: int = MOST_ANSWERED,
        late: Callable[[Answer], None] | None = None,
    ) -> Answer:
        """Send a request and read the whole answer, whatever its status.

        :param most: bytes that the answer may have.
        :param late: given an answer that comes when it is not waited for any more, in another thread.
        :raises Unreached: nothing was received.
        :raises AuthorityMissing: one side does not believe the other's certificate; nothing was received.
        :raises AnswerLost: it went out, and no whole answer came back.
        """
        backend = _Backend(self._timeout + (LATE if late is not None else 0))
        waited: Future[Answer] = Future()

        def talk() -> None:
            try:
                answer = self._exchange(backend, method, path, body, {**headers, "Accept": "*/*", "Connection": "close"}, most)
            except BaseException as error:  # noqa: BLE001  # whoever waits gets it
                if waited.set_running_or_notify_cancel():
                    waited.set_exception(error)
                return
            if waited.set_running_or_notify_cancel():
                waited.set_result(answer)
            elif late is not None:
                late(answer)

        def leave() -> bool:
            """Wait for it no more, and listen for an answer that is late; whether anything was sent."""
            sent = backend.give_up()
            if sent and late is not None:
                calls.listen(thread)
            return sent

        thread = threading.Thread(target=talk, name="rmtui-ca", daemon=True)
        with calls.one(waited):
            try:
                if not waited.cancelled():
                    thread.start()
                return waited.result(self._timeout)
            except CancelledError:
                raise self._hung_up(sent=leave()) from None
            except TimeoutError:
                if not waited.cancel():
                    return waited.result()  # it came just now
                raise self._late(sent=leave()) from None
            except RmtuiError:
                raise
            except BaseException:  # the thread that waits is interrupted
                if waited.cancel():
                    leave()
                elif late is not None and waited.exception() is None:
                    late(waited.result())  # it came just now
                raise

    def _exchange(self, backend: _Backend, method: str, path: str, body: bytes | None, headers: dict[str, str], most: int) -> Answer:
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._tls, max_keepalive_connections=0, network_backend=backend) as pool,
                pool.stream(method, self.address + path, headers=list(headers.items()), content=body) as response,
            ):
                found = bytearray()
                for chunk in response.iter_stream():
                    found += chunk
                    if len(found) > most:
                        raise AnswerLost(
                            tr("{who} answered with more than {most} bytes, which were not read.", who=self._who(), most=f"{most:,}")
                        )
                said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Answer(response.status, bytes(found), said)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise self._told(error, sent=backend.sent) from error

    def _who(self) -> str:
        return tr("{name} ({address})", name=self.name, address=self.address)

    def _told(self, error: Exception, *, sent: bool) -> PKIError:
        secure = _tls_error(error)
        if secure is not None:
            why = self._distrust(secure)
            if why is not None:
                return AuthorityMissing(tr("{why} Nothing was received there.", why=why))
        if isinstance(error, httpcore.TimeoutException):
            return self._late(sent=sent)
        if not sent:
            return _unreached(tr("{who} cannot be reached: {reason}.", who=self._who(), reason=_reason(error)), passing=True)
        return AnswerLost(tr("{who} broke the connection off, or answered with no HTTP.", who=self._who()))

    def _late(self, *, sent: bool) -> NoAnswer:
        who, seconds = self._who(), f"{self._timeout:g}"
        if not sent:
            return _unreached(tr("{who} did not take the connection within {seconds} seconds.", who=who, seconds=seconds))
        lost = AnswerLost(tr("{who} did not answer within {seconds} seconds.", who=who, seconds=seconds))
        lost.passing = False
        return lost

    def _hung_up(self, *, sent: bool) -> NoAnswer:
        what = tr("{who} was not waited for, since rmtui is ending.", who=self._who())
        if not sent:
            return _unreached(what)
        lost = AnswerLost(what)
        lost.passing = False
        return lost

    def _distrust(self, error: ssl.SSLError) -> str | None:
        """Which side did not believe the other, and why; None when that is not what went wrong."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return tr(
                "The server certificate of {who} is not trusted: {reason}. Check LOCAL_CA_CERTS_PATH and the host's name.",
                who=self._who(),
                reason=plain(error.verify_message, 120),
            )
        reason = error.reason or ""
        if refuses_us(error):
            return tr(
                "{who} refused our client certificate ({reason}). Check RM_MTLS_CLIENT_CERT_PATH: it must be one that the "
                "deployment's CA issued, and not have run out.",
                who=self._who(),
                reason=plain(reason.lower().replace("_", " "), 60),
            )
        if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
            return tr("{who} does not speak TLS. Write http:// before its name if it is meant to be so.", who=self._who())
        return None


class _Backend(httpcore.NetworkBackend):
    """The network, with one end of time for everything that a request does; knows whether anything was sent."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._network = httpcore.SyncBackend()
        self._lock = threading.Lock()
        self._given_up = False
        self.sent = False

    def sending(self) -> None:
        """Said before anything is sent.

        :raises httpcore.WriteTimeout: nobody waits for an answer, and nothing is to be.
        """
        with self._lock:
            if self._given_up:
                raise httpcore.WriteTimeout
            self.sent = True

    def give_up(self) -> bool:
        """Send nothing from now on; whether anything was."""
        with self._lock:
            self._given_up = True
            return self.sent

    def left(self, late: type[httpcore.TimeoutException]) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise late
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self.left(httpcore.ConnectTimeout)
        return _Stream(self, self._network.connect_tcp(host, port, left, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, backend: _Backend, stream: httpcore.NetworkStream) -> None:
        self._backend = backend
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._backend.left(httpcore.WriteTimeout)
        self._backend.sending()
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._backend.left(httpcore.ConnectTimeout)
        return _Stream(self._backend, self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _unreached(what: str, *, passing: bool = False) -> Unreached:
    error = Unreached(tr("{what} Nothing was asked of it; see whether it runs, then try again.", what=what))
    error.passing = passing
    return error


def harmless(body: bytes | str) -> str:
    """The beginning of what a server said, as it may stand in a sentence."""
    text = body[: 4 * _MOST_SHOWN].decode("utf-8", "replace") if isinstance(body, bytes) else body
    return plain(" ".join(text[: 4 * _MOST_SHOWN].split()), _MOST_SHOWN)


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _tls_error(error: BaseException) -> ssl.SSLError | None:
    return next((each for each in _causes(error) if isinstance(each, ssl.SSLError)), None)


def _reason(error: BaseException) -> str:
    for each in _causes(error):
        if isinstance(each, socket.gaierror):
            return tr("nobody knows that name")
        if isinstance(each, ConnectionRefusedError):
            return tr("the connection is refused")
        if isinstance(each, OSError) and each.strerror:
            return why(each)
    return tr("the connection failed")
