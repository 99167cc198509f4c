"""Telling the products of the manifest of people."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from rmtui.db import effects, manifest
from rmtui.db.errors import DBError
from rmtui.db.own import Effect
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.i18n import tr
from rmtui.pki.http import Line
from rmtui.services.effects.theirs import pem_of
from rmtui.services.effects.types import EffectFailed, NoCertificate, TakenOver, TargetUnreachable
from rmtui.text import plain

__all__ = ["address", "tell"]

TOTAL = 3.0
"""Seconds until all of the answer must be there, as the deployment itself gives a product."""
MESSAGES = {"reissued": "created"}
"""Products have no word of their own for a new certificate."""


def tell(effect: Effect, person: Person, tls: Callable[[], ssl.SSLContext], hold: Callable[[], None]) -> None:
    """Post one message to the product, or to every product.

    :param tls: gives what is shown and believed there.
    :param hold: called just before each message; what it raises ends it.
    :raises EffectFailed: a product says no, or answers something else than is agreed.
    :raises UnreachableError: it does not answer.
    :raises ConfigurationError: manifest or certificates cannot be used, or no manifest is named.
    """
    found = manifest.read(tr("no product was told"))
    if found is None:
        raise ConfigurationError(tr("No manifest is named, so no product was told. Name it in RM_KRAFTWERK_MANIFEST_PATH, or skip this."))
    apis = found.apis
    names = sorted(apis) if effect.target == effects.PRODUCTS else [effect.target.removeprefix(effects.PRODUCT)]
    body = {"uuid": str(person.pk), "callsign": person.callsign, "x509cert": certificate(person, effect.event)}
    refused: RmtuiError | None = None
    for name in names:
        try:
            if name not in apis:
                raise EffectFailed(
                    tr("The manifest names no product {name} that can be told; skip this if it is gone.", name=plain(name, 40))
                )
            line = _line(name, apis[name], tls)
            hold()
            _post(line, MESSAGES.get(effect.event, effect.event), body)
        except (DBError, TakenOver):
            raise
        except RmtuiError as error:  # it keeps no other product from being told
            refused = refused or error
    if refused is not None:
        raise refused


def certificate(person: Person, event: str) -> str:
    """A person's certificate and chain, its line ends as products take them; empty of whoever is revoked or demoted and has none.

    :raises NoCertificate: it cannot be told of. Of a demotion that is said only where a revocation waits after it.
    """
    try:
        return pem_of(person).replace("\r", "").replace("\n", "\\n")
    except NoCertificate:
        if event == "revoked" or (event == "demoted" and person.deleted is None):  # which are not to wait for a file
            return ""
        raise


def _line(name: str, api: str, tls: Callable[[], ssl.SSLContext]) -> Line:
    called = tr("The product {name}", name=plain(name, 40))
    parts = address(api)
    if parts is None:
        raise EffectFailed(tr("{called} was not told: the manifest gives no web address for it.", called=called))
    return Line(api.rstrip("/"), called, TOTAL, tls() if parts.scheme == "https" else None)


def _post(line: Line, message: str, body: dict[str, str]) -> None:
    called = line.name
    answer = line.ask("POST", f"/api/v1/users/{message}", json.dumps(body).encode())
    if answer.status in {502, 503, 504}:
        raise TargetUnreachable(tr("{called} cannot be reached: its server answers {status}.", called=called, status=answer.status))
    said = _said(answer.body)
    if not 200 <= answer.status < 300:
        refused = tr("{called} answered {status}: {said}.", called=called, status=answer.status, said=said) if said else ""
        raise EffectFailed(refused or tr("{called} answered {status}.", called=called, status=answer.status))
    if _read(answer.body).get("success") is not True:
        failed = tr("{called} says that it failed: {said}.", called=called, said=said) if said else ""
        raise EffectFailed(failed or tr("{called} says that it failed.", called=called))


def address(api: str) -> SplitResult | None:
    """A product's address, taken apart; None where what the manifest gives is none, or has a password in it, which would be shown."""
    try:
        parts = urlsplit(api)
        usable = parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not parts.query and not parts.fragment and api.isascii() and api.isprintable() and " " not in api else None


def _read(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _said(answer: bytes) -> str:
    """What an answer says for itself; may be empty."""
    error = _read(answer).get("error")
    return plain(error, 200) if isinstance(error, str) and error.strip() else ""
