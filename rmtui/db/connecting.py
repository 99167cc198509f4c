"""Why PostgreSQL gave no connection, host by host, as a sentence."""

from __future__ import annotations

import os
import re
import socket
import ssl
import struct
from pathlib import Path

from rmtui.db.config import DBConfig
from rmtui.db.errors import DatabaseUnreachable
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.i18n import english, joined, tr
from rmtui.text import plain

__all__ = ["no_connection"]

REFUSED = ("password authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry", "authentication failed")
"""What PostgreSQL says to who is not to come in as they are."""
_ATTEMPT = re.compile(
    r'^(?:connection to server (?:at "(?P<host>.*?)"(?: \(.*?\))?, port (?P<port>\d+)|on socket "(?P<socket>.*?)") failed: '
    r'|(?=could not translate host name "(?P<name>.*?)"))',
    re.MULTILINE,
)
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""Asks a PostgreSQL server for TLS."""
_TOO_EARLY, _EXPIRED = 9, 10
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
_SECONDS = 5.0


def no_connection(text: str) -> RmtuiError:
    """A failure that is no matter of settings on any host is worth a retry: :class:`DatabaseUnreachable`, else a ConfigurationError.

    :param text: all that libpq says of it, a paragraph for each host that was tried.
    """
    place = plain(DBConfig.singleton().place())
    attempts = [*_ATTEMPT.finditer(text)]
    ends = [*(found.start() for found in attempts[1:]), len(text)]
    told: dict[str, tuple[str, bool]] = {}
    for found, end in zip(attempts, ends, strict=False):
        where = f"{found['host']}:{found['port']}" if found["host"] else found["socket"] or found["name"]
        told.setdefault(where, _reason(text[found.end() : end].strip(), found["host"], int(found["port"] or 0)))
    if not told:
        told[""] = _reason(text.strip(), None, 0)
    said = joined((tr("{where}: {why}", where=plain(where), why=why) if len(told) > 1 else why for where, (why, _) in told.items()), "; ")
    if not all(settled for _, settled in told.values()):
        return DatabaseUnreachable(tr("The database {place} cannot be reached: {line}", place=place, line=said))
    if any(words in english(said) for words in REFUSED):
        return ConfigurationError(tr("The database {place} turned us away: {line}", place=place, line=said))
    return ConfigurationError(tr("The database {place} was not connected to: {line}", place=place, line=said))


def _reason(said: str, host: str | None, port: int) -> tuple[str, bool]:
    """Why one host gave no connection, and whether it is a matter of settings."""
    line = plain(said.splitlines()[0], 200) if said else tr("no reason was given")
    if "certificate verify failed" in said and host is not None:
        return _why_not_verified(host, port) or (tr("{line}. Check the server's certificate and sslrootcert", line=line), True)
    if "does not match host name" in said:
        return tr("{line}. Use a name that the certificate is for", line=line), True
    if "root certificate file" in said:
        line = line.replace("does not exist", "is not there")
        return tr("{line}. Name it in the URL (sslrootcert=…) or in PGSSLROOTCERT", line=line), True
    if "server does not support SSL" in said:
        return tr("{line}. Switch TLS on there, or ask for less (sslmode in the URL, or DB_SSL)", line=line), True
    return line, any(words in said for words in REFUSED)


def _why_not_verified(host: str, port: int) -> tuple[str, bool] | None:
    """Ask the server for its certificate once more, since libpq does not say what is wrong with it; None where it seems right now."""
    authorities = DBConfig.singleton().connect_params().get("sslrootcert") or os.environ.get("PGSSLROOTCERT")
    authorities = str(authorities or Path.home() / ".postgresql" / "root.crt")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    try:
        if authorities == "system":
            context.load_default_certs()
        else:
            context.load_verify_locations(authorities)
        with socket.create_connection((host, port), _SECONDS) as plainly:
            plainly.sendall(_SSL_REQUEST)
            if plainly.recv(1) == b"S":
                context.wrap_socket(plainly, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _EXPIRED:
            return tr("the server's certificate has expired. Have it renewed"), False
        if error.verify_code == _TOO_EARLY:
            return tr("the server's certificate is not valid yet. Check the clocks of both hosts"), False
        words = plain(error.verify_message)
        said = tr(
            "the server's certificate is not from a CA in {path} ({why}). Name the right one in sslrootcert",
            path=plain(authorities),
            why=words,
        )
        return said, True
    except OSError:  # it is libpq's failure that is told
        return None
    return None
