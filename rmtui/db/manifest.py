"""The deployment's manifest: what it is called, where its web page is, and which products it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.i18n import tr
from rmtui.text import plain

__all__ = ["Manifest", "read"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is needed of it; foreign text as it is."""

    dns: str
    """Host name of the web page, perhaps with a port; may be empty."""
    deployment: str
    """Name of the deployment; may be empty."""
    products: Mapping[str, str]
    """CN of each product's certificate, by the product's name."""
    apis: Mapping[str, str] = field(default_factory=dict)
    """Where a product takes messages, by the product's name; of those that say it."""


def read(consequence: str) -> Manifest | None:
    """The manifest that ``RM_KRAFTWERK_MANIFEST_PATH`` names; None when it names none.

    :param consequence: what is not known or done when it cannot be read, for the error.
    :raises ConfigurationError: it is named and cannot be read.
    """
    path = settings.current().manifest
    if path is None:
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
        products = {name: str(product["certcn"]) for name, product in found["products"].items()}
        apis = {name: api for name, product in found["products"].items() if isinstance(api := product.get("api"), str) and api}
        dns, deployment = (value if isinstance(value := found.get(key), str) else "" for key in ("dns", "deployment"))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigurationError(
            tr(
                "The manifest {path} cannot be read ({kind}), so {consequence}. Check RM_KRAFTWERK_MANIFEST_PATH.",
                path=plain(path),
                kind=type(error).__name__,
                consequence=consequence,
            )
        ) from error
    return Manifest(dns, deployment, products, apis)
