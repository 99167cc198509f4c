"""Health of those who are told of people: the manifest, whether each product answers and lets us in, and whether Keycloak does."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache, partial

from rmtui import settings
from rmtui.db import manifest
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import tr, trn
from rmtui.pki.mutual_tls import client_context, refuses_us
from rmtui.services.doctor.types import Finding, Severity
from rmtui.services.effects.products import address
from rmtui.text import plain

__all__ = ["checks"]

SECONDS = 3.0
"""For the connection, and again for the answer."""
LONGEST = 10.0
"""Seconds until a connection is cut off, however busy it is."""
REFUSAL_SECONDS = 0.3
"""In TLS 1.3 a server says that it refuses a certificate only after the client's handshake is over; it does so at once."""
AT_ONCE = 8
ASKED_AT = "/api/v1/users/created"
"""Where messages are posted to; what a product says to a question there is what it would say to one."""
MOST_READ = 4096

Said = tuple[Severity, str]
"""How a product is, as a sentence; empty where all is well."""


class _Endless(TimeoutError):
    """The question as a whole took too long."""


def products() -> Iterator[Finding]:
    """Whether the manifest can be read, and each product of it answers and takes our certificate; nothing is told to it."""
    found = manifest.read(tr("reserved names are not known, and nobody is enrolled or approved"))
    if found is None:
        yield Finding("manifest", "ok", "", tr("No manifest is named."))
        return
    yield Finding("manifest", "ok", "", trn("The manifest names {n} product.", "The manifest names {n} products.", len(found.products)))
    apis = sorted(found.apis.items())
    with ThreadPoolExecutor(AT_ONCE, "doctor-product") as threads:
        for (name, api), (severity, problem) in zip(apis, threads.map(lambda each: _problem(*each), apis), strict=True):
            if problem:
                yield Finding("product", severity, name, problem)
            elif api.startswith("https:"):
                yield Finding("product", "ok", name, tr("{name} answers, and takes our certificate.", name=plain(name, 60)))
            else:
                yield Finding("product", "ok", name, tr("{name} answers, without TLS.", name=plain(name, 60)))


def keycloak() -> Iterator[Finding]:
    """Whether Keycloak, where one is named, lets us in and has the role that follows ours; nothing is changed there."""
    if settings.current().keycloak is None:
        yield Finding("keycloak", "ok", "", tr("No Keycloak is named."))
        return
    from rmtui.services.effects.keycloak import Keycloak  # which takes a while

    try:
        Keycloak(cache(client_context)).look()
    except UnreachableError as error:
        yield Finding("keycloak", "warning", "", error.sentence)
    except RmtuiError as error:
        yield Finding("keycloak", "error", "", error.sentence)
    else:
        yield Finding("keycloak", "ok", "", tr("Keycloak answers, lets us in, and has the role that admins are given."))


def _problem(name: str, api: str) -> Said:
    """Why a product could not be told of anybody, as a sentence; empty where it could be."""
    called, where = plain(name, 60), plain(api, 80)
    try:
        parts = address(api)
        if parts is None or parts.hostname is None:
            return "warning", tr("The manifest gives no web address for {called}. Mend the manifest.", called=called)
        path = parts.path.rstrip("/") + ASKED_AT
        return _bounded(partial(_asked, called, where, parts.scheme == "https", parts.hostname, parts.port, path))
    except RmtuiError as error:
        return "warning", tr("{called} was not asked. {error}", called=called, error=error.sentence)
    except ssl.SSLCertVerificationError as error:
        why = plain(error.verify_message, 120)
        return "warning", tr(
            "The server certificate of {called} at {where} is not trusted: {why}. Check LOCAL_CA_CERTS_PATH and the host's name.",
            called=called,
            where=where,
            why=why,
        )
    except ssl.SSLError as error:
        reason = error.reason or ""
        if refuses_us(error):
            return "warning", _refused(called, where, plain(reason.lower().replace("_", " "), 60))
        return "warning", tr(
            "{called} at {where} does not speak TLS as it should: {reason}.",
            called=called,
            where=where,
            reason=plain(reason.lower().replace("_", " ") or error, 80),
        )
    except TimeoutError as error:
        return "warning", tr(
            "{called} did not answer at {where} within {seconds} seconds. See whether it runs.",
            called=called,
            where=where,
            seconds=f"{LONGEST + SECONDS:g}" if isinstance(error, _Endless) else f"{SECONDS:g}",
        )
    except (OSError, ValueError) as error:
        told = isinstance(error, OSError) and error.strerror
        why = tr("nobody knows that name") if isinstance(error, socket.gaierror) else tr(told) if told else plain(error, 80)
        return "warning", tr("{called} cannot be reached at {where}: {why}. See whether it runs.", called=called, where=where, why=why)
    except http.client.HTTPException:
        return "warning", tr("{called} at {where} broke the connection off, or answered with no HTTP.", called=called, where=where)


def _bounded(ask: Callable[[], Said]) -> Said:
    """What a question comes to. A name server that hangs cannot be cut off, and is left behind.

    :raises TimeoutError: it came to no end.
    """
    asked: Future[Said] = Future()

    def run() -> None:
        try:
            asked.set_result(ask())
        except Exception as error:  # noqa: BLE001  # whoever waits gets it
            asked.set_exception(error)

    threading.Thread(target=run, name="doctor-asks", daemon=True).start()
    if not wait([asked], LONGEST + SECONDS).done:
        raise _Endless
    return asked.result()


def _asked(called: str, where: str, secure: bool, host: str, port: int | None, path: str) -> Said:
    """What there is to say of a product's answer to a question that asks for nothing."""
    line: http.client.HTTPConnection
    if secure:
        line = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=client_context())
    else:
        line = http.client.HTTPConnection(host, port, timeout=SECONDS)
    end = threading.Timer(LONGEST, _cut, (line,))  # SECONDS begin anew with every byte
    end.daemon = True
    end.start()
    try:
        line.connect()
        if secure and _closed(line.sock):
            return "warning", _refused(called, where, tr("it broke off"))
        line.request("GET", path, headers={"Connection": "close"})
        answer = line.getresponse()
        body = answer.read(MOST_READ)
    finally:
        end.cancel()
        line.close()
    if answer.status == 400 and b"SSL certificate" in body:
        return "warning", _refused(called, where, tr("its server answers 400 for it"))
    return _judged(called, where, answer.status)


def _judged(called: str, where: str, status: int) -> Said:
    """What a status says of the messages to come. Those that merely do not take the question (404, 405, 501) do not matter."""
    said = {"called": called, "where": where, "status": status}
    if status in {401, 403}:
        return "error", tr("{called} at {where} does not let us in: it answers {status}. Check whom it takes messages from.", **said)
    if 300 <= status < 400:
        return "error", tr("{called} at {where} redirects ({status}), which is not followed. Mend its address in the manifest.", **said)
    if status in {502, 503, 504}:
        return "warning", tr("{called} at {where} does not run: its server answers {status}.", **said)
    if status >= 500 and status != 501:
        return "warning", tr("{called} at {where} fails: it answers {status}. See what it says in its log.", **said)
    return "ok", ""


def _cut(line: http.client.HTTPConnection) -> None:
    """End a connection that another thread reads from."""
    with suppress(OSError):
        if line.sock is not None:
            socket.socket.shutdown(line.sock, socket.SHUT_RDWR)


def _closed(line: socket.socket) -> bool:
    """Whether the server ended the connection as soon as it saw the certificate.

    :raises ssl.SSLError: it said why.
    """
    line.settimeout(REFUSAL_SECONDS)
    try:
        return line.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    finally:
        line.settimeout(SECONDS)


def _refused(called: str, where: str, why: str) -> str:
    """That a product does not take our certificate.

    :param why: harmless.
    """
    return tr(
        "{called} at {where} refuses our client certificate ({why}). Check RM_MTLS_CLIENT_CERT_PATH: it must be "
        "one that the deployment's CA issued, and not have run out.",
        called=called,
        where=where,
        why=why,
    )


checks = (("manifest", products), ("keycloak", keycloak))
"""None needs a connection."""
