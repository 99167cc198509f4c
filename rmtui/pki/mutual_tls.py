"""What this program shows to the deployment's servers, and whom it believes."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.text import plain

__all__ = ["client_context"]


def client_context() -> ssl.SSLContext:
    """TLS with the system's authorities and those of ``LOCAL_CA_CERTS_PATH``, and the certificate that ``RM_MTLS_CLIENT_CERT_PATH`` names.

    :raises ConfigurationError: one of them cannot be used.
    """
    config = settings.current()
    context = ssl.create_default_context()
    try:
        for path in _files(config.local_ca_certs):
            context.load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        raise _unusable("LOCAL_CA_CERTS_PATH", config.local_ca_certs, error) from None
    if config.mtls_client_cert is not None:
        try:
            context.load_cert_chain(config.mtls_client_cert, config.mtls_client_key, password=_no_password)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise _unusable("RM_MTLS_CLIENT_CERT_PATH, RM_MTLS_CLIENT_KEY_PATH", config.mtls_client_cert, error) from None
    return context


def _files(place: Path | None) -> Iterator[Path]:
    """The files that hold certificates."""
    if place is None:
        return
    for path in sorted(place.iterdir()) if place.is_dir() else (place,):
        if path == place or (path.is_file() and b"-----BEGIN CERTIFICATE-----" in path.read_bytes()[: 1 << 20]):
            yield path


def _no_password() -> str:
    raise ValueError("the key is encrypted")  # or OpenSSL would ask for it on the terminal


def _unusable(name: str, path: Path | None, error: Exception) -> ConfigurationError:
    why = str(error) if type(error) is ValueError else getattr(error, "strerror", None) or type(error).__name__
    return ConfigurationError(f"{plain(path)} cannot be used ({plain(why, 120)}); nothing was sent. Check {name}.")
