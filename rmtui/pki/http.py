"""One request to a server of the CA: bounded in time and size, no redirect followed, and told apart by what it may have done.

A proxy of the environment is not used, and what an answer holds is not unpacked.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import httpcore

from rmtui.errors import UnreachableError
from rmtui.pki.interface import AuthorityMissing, AuthorityUnavailable, PKIError
from rmtui.text import plain

__all__ = ["Answer", "AnswerLost", "Line", "Unreached", "harmless"]

MOST_ANSWERED: Final = 64 * 1024
"""No answer but a CRL is longer, in bytes."""
_MOST_SHOWN: Final = 200


class Unreached(AuthorityUnavailable):
    """The server was not reached; it surely received nothing."""

    passing: bool = True
    """Whether trying again at once may help."""


class AnswerLost(PKIError, UnreachableError):
    """The request went out and no whole answer came back: whether it was done is not known."""

    title = "Outcome not known"
    passing: bool = True
    """Whether trying again at once may help, where it does no harm."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; foreign text."""

    status: int
    body: bytes


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

    def ask(self, method: str, path: str, body: bytes | None = None, *, most: int = MOST_ANSWERED) -> Answer:
        """Send a request and read the whole answer, whatever its status.

        :param most: bytes that the answer may have.
        :raises Unreached: nothing was received.
        :raises AuthorityMissing: one side does not believe the other's certificate; nothing was received.
        :raises AnswerLost: it went out, and no whole answer came back.
        """
        backend = _Backend(self._timeout)
        headers = [(b"Content-Type", b"application/json"), (b"Accept", b"*/*"), (b"Connection", b"close")]
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._tls, max_keepalive_connections=0, network_backend=backend) as pool,
                pool.stream(method, self.address + path, headers=headers, content=body) as response,
            ):
                found = bytearray()
                for chunk in response.iter_stream():
                    found += chunk
                    if len(found) > most:
                        raise AnswerLost(f"{self._who()} answered with more than {most:,} bytes, which were not read.")
                return Answer(response.status, bytes(found))
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise self._told(error, sent=backend.sent) from error

    def _who(self) -> str:
        return f"{self.name} ({self.address})"

    def _told(self, error: Exception, *, sent: bool) -> PKIError:
        secure = _tls_error(error)
        if secure is not None:
            why = self._distrust(secure)
            if why is not None:
                return AuthorityMissing(f"{why} Nothing was received there.")
        if isinstance(error, httpcore.TimeoutException):
            what = f"{self._who()} did not {'answer' if sent else 'take the connection'} within {self._timeout:g} seconds."
        elif not sent:
            what = f"{self._who()} cannot be reached: {_reason(error)}."
        else:
            what = f"{self._who()} broke the connection off, or answered with no HTTP."
        lost = AnswerLost(what) if sent else Unreached(f"{what} See whether it runs, then try again.")
        lost.passing = not isinstance(error, httpcore.TimeoutException)
        return lost

    def _distrust(self, error: ssl.SSLError) -> str | None:
        """Which side did not believe the other, and why; None when that is not what went wrong."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"The server certificate of {self._who()} is not trusted: {plain(error.verify_message, 120)}. "
                "Check LOCAL_CA_CERTS_PATH and the host's name."
            )
        reason = error.reason or ""
        if "ALERT" in reason and "INTERNAL" not in reason:
            return (
                f"{self._who()} refused our client certificate ({plain(reason.lower().replace('_', ' '), 60)}). "
                "Check RM_MTLS_CLIENT_CERT_PATH: it must be one that the deployment's CA issued, and not have run out."
            )
        if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
            return f"{self._who()} does not speak TLS. Write http:// before its name if it is meant to be so."
        return None


class _Backend(httpcore.NetworkBackend):
    """The network, with one end of time for everything that a request does; knows whether anything was sent."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._network = httpcore.SyncBackend()
        self.sent = False

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
        self._backend.sent = True
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
            return "nobody knows that name"
        if isinstance(each, ConnectionRefusedError):
            return "the connection is refused"
        if isinstance(each, OSError) and each.strerror:
            return plain(each.strerror.lower(), 80)
    return "the connection failed"
