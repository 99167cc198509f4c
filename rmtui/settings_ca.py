"""Where the deployment's CA answers, as the environment says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rmtui import values
from rmtui.errors import ConfigurationError
from rmtui.i18n import tr

__all__ = ["RemoteCA"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCA:
    """The deployment's CFSSL and ocsprest."""

    cfssl: str = "http://127.0.0.1:8888"
    """``RM_CFSSL_HOST`` and ``RM_CFSSL_PORT``: an address without a path."""
    ocsprest: str | None = None
    """``RM_OCSPREST_HOST`` and ``RM_OCSPREST_PORT``; None where no ocsprest is named, and CFSSL signs itself."""
    timeout: float = 2.5
    """``RM_CFSSL_TIMEOUT``: seconds that one request may take, from the first byte to the last."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> RemoteCA:
        """Read the environment.

        :raises ConfigurationError: a value cannot be used.
        """
        named = env.get("RM_OCSPREST_HOST", "").strip()
        cfssl = env.get("RM_CFSSL_HOST", "").strip() or "http://127.0.0.1"
        return cls(
            cfssl=_address(cfssl, "RM_CFSSL_HOST", values.number(env, "RM_CFSSL_PORT", 8888, 1, 65535)),
            ocsprest=_address(named, "RM_OCSPREST_HOST", values.number(env, "RM_OCSPREST_PORT", 8887, 1, 65535)) if named else None,
            timeout=_seconds(env.get("RM_CFSSL_TIMEOUT", "").strip() or "2.5", "RM_CFSSL_TIMEOUT"),
        )


def _address(host: str, name: str, port: int) -> str:
    try:
        split = urlsplit(host)
        usable = split.scheme in {"http", "https"} and bool(split.hostname) and split.port is None and "@" not in split.netloc
    except ValueError:
        usable = False
    if not usable or split.path.strip("/") or split.query or split.fragment or not host.isascii() or not host.isprintable() or " " in host:
        told = tr("{name} takes http://NAME or https://NAME, without a password, and the port is named beside it.", name=name)
        raise ConfigurationError(told)  # it may hold a password, and is not shown
    return f"{split.scheme}://{split.netloc.rstrip(':')}:{port}"


def _seconds(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.1 <= value <= 120:
        raise ConfigurationError(tr("{name} is {text}; it takes seconds, from 0.1 to 120.", name=name, text=repr(text[:40])))
    return value
