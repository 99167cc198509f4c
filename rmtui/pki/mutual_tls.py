"""What this program shows to the deployment's servers, and whom it believes."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.i18n import tr
from rmtui.reasons import why
from rmtui.text import plain

__all__ = ["CA_CERTS", "client_context", "refuses_us", "trust"]

CA_CERTS: Final = Path("/ca_public")
"""Where the deployment puts its CA certificates, for whoever is told of no other place."""


def client_context() -> ssl.SSLContext:
    """TLS with the system's authorities and those of ``LOCAL_CA_CERTS_PATH``, and the certificate that ``RM_MTLS_CLIENT_CERT_PATH`` names.

    Where it is not set, those of :data:`CA_CERTS` are believed, if there is such a place.

    :raises ConfigurationError: one of them cannot be used.
    """
    config = settings.current()
    context = ssl.create_default_context()
    trust(context)
    if config.mtls_client_cert is not None:
        try:
            context.load_cert_chain(config.mtls_client_cert, config.mtls_client_key, password=_no_password)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise _unusable("RM_MTLS_CLIENT_CERT_PATH, RM_MTLS_CLIENT_KEY_PATH", config.mtls_client_cert, error) from None
    return context


def trust(context: ssl.SSLContext) -> None:
    """Let a context believe the authorities of ``LOCAL_CA_CERTS_PATH``, or else of :data:`CA_CERTS`, too.

    :raises ConfigurationError: they cannot be read.
    """
    place = settings.current().local_ca_certs or (CA_CERTS if CA_CERTS.is_dir() else None)
    try:
        for path in _files(place):
            context.load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        raise _unusable("LOCAL_CA_CERTS_PATH", place, error) from None


_REFUSALS: Final = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR", "HANDSHAKE_FAILURE")


def refuses_us(error: ssl.SSLError) -> bool:
    """Whether a server's alert (RFC 8446, RFC 5246) is about the client's certificate; for one that is missing, some only say no."""
    reason = error.reason or ""
    return "ALERT" in reason and any(word in reason for word in _REFUSALS)


def _files(place: Path | None) -> Iterator[Path]:
    """The files that hold certificates."""
    if place is None:
        return
    for path in sorted(place.iterdir()) if place.is_dir() else (place,):
        if path == place or (path.is_file() and b"-----BEGIN CERTIFICATE-----" in path.read_bytes()[: 1 << 20]):
            yield path


def _no_password() -> str:
    raise ValueError(tr("the key is encrypted"))  # or OpenSSL would ask for it on the terminal


def _unusable(name: str, path: Path | None, error: Exception) -> ConfigurationError:
    said = why(error) if type(error) is ValueError or getattr(error, "strerror", None) else type(error).__name__
    return ConfigurationError(tr("{path} cannot be used ({why}); nothing was sent. Check {name}.", path=plain(path), why=said, name=name))
