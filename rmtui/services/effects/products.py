"""Telling the products of the manifest of people."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from rmtui.db import effects, manifest
from rmtui.db.own import Effect
from rmtui.db.people import Person
from rmtui.pki.interface import FileMissing
from rmtui.pki.mutual_tls import client_context
from rmtui.services.effects.types import EffectFailed, TargetUnreachable
from rmtui.text import plain

__all__ = ["tell"]

TOTAL = 10.0
"""Seconds until all of the answer must be there."""
MESSAGES = {"reissued": "created"}
"""Products have no word of their own for a new certificate."""


def tell(effect: Effect, person: Person) -> None:
    """Post one message to the product, or to every product.

    :raises EffectFailed: a product says no, or answers something else than is agreed.
    :raises UnreachableError: it does not answer.
    :raises ConfigurationError: manifest or certificates cannot be used.
    """
    found = manifest.read("no product was told")
    apis = found.apis if found is not None else {}
    names = sorted(apis) if effect.target == effects.PRODUCTS else [effect.target.removeprefix(effects.PRODUCT)]
    body = {"uuid": str(person.pk), "callsign": person.callsign, "x509cert": certificate(person, effect.event)}
    for name in names:
        if name not in apis:
            raise EffectFailed(f"The manifest names no product {plain(name, 40)} that can be told; skip this if it is gone.")
        _post(name, apis[name], MESSAGES.get(effect.event, effect.event), body)


def certificate(person: Person, event: str) -> str:
    """A person's certificate and chain, its line ends as products take them; empty of somebody revoked who never had one.

    :raises PKIError: it cannot be read.
    """
    try:
        return person.get_cert_pem().decode("ascii", "replace").replace("\r", "").replace("\n", "\\n")
    except FileMissing:
        if event == "revoked":
            return ""
        raise


def _post(name: str, api: str, message: str, body: dict[str, str]) -> None:
    from rmtui.pki.http import Line

    called = f"The product {plain(name, 40)}"
    parts = urlsplit(api) if api.isascii() and api.isprintable() and " " not in api else None
    if parts is None or parts.scheme not in {"https", "http"} or not parts.hostname:
        raise EffectFailed(f"{called} was not told: the manifest gives no web address for it.")
    line = Line(api.rstrip("/"), called, TOTAL, client_context() if parts.scheme == "https" else None)
    answer = line.ask("POST", f"/api/v1/users/{message}", json.dumps(body).encode())
    if answer.status in {502, 503, 504}:
        raise TargetUnreachable(f"{called} cannot be reached: its server answers {answer.status}.")
    if not 200 <= answer.status < 300:
        raise EffectFailed(f"{called} answered {answer.status}{_said(answer.body)}.")
    if _read(answer.body).get("success") is not True:
        raise EffectFailed(f"{called} says that it failed{_said(answer.body)}.")


def _read(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _said(answer: bytes) -> str:
    """What an answer says for itself, as the end of a sentence."""
    error = _read(answer).get("error")
    return f": {plain(error, 200)}" if isinstance(error, str) and error.strip() else ""
