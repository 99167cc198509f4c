"""Who is at the keyboard."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from rmtui import settings
from rmtui.db.config import DBConfig
from rmtui.db.errors import AmbiguousCallsign, Deleted, NotFound
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError
from rmtui.text import plain, storable

__all__ = ["ADMIN", "NotAnOperator", "Operator", "deployment_key", "findable", "identify"]

ADMIN = "admin"
"""The role that may act."""


class NotAnOperator(ConfigurationError):
    """Who was named cannot act here."""

    title = "No operator"


@dataclass(frozen=True, slots=True)
class Operator:
    """An active admin who is said to be at the keyboard."""

    pk: uuid.UUID
    callsign: str
    source: str
    """Where the name comes from: ``--as or RMTUI_OPERATOR``, ``config.toml``, ``set-up``."""
    surface: str = "library"
    """``console``, ``command`` or ``library``: recorded with what they do."""
    proof: str = "unproven"
    """How it was proven that it is them."""


def findable(callsign: str) -> str:
    """A callsign that can be looked up.

    :raises NotFound: no database can hold it, so nobody has it.
    """
    if not storable(callsign):
        raise NotFound(f"There is no “{plain(callsign, 80)}”.")
    return callsign


def deployment_key() -> str:
    """What ``config.toml`` knows this database as: no operator of one is taken for an operator of another."""
    config = DBConfig.singleton()
    return f"{config.driver}:{config.place()}"


def identify(surface: str = "library") -> Operator | None:
    """Who was named by ``--as``, ``RMTUI_OPERATOR`` or, for this database, ``config.toml``; None when nobody was. Needs a connection.

    :raises NotAnOperator: who was named is not an active admin.
    """
    config = settings.current()
    name, source = config.operator, "--as or RMTUI_OPERATOR"
    if name is None:
        name, source = config.operators.get(deployment_key()), "config.toml"
    if name is None:
        return None
    try:
        person = Person.by_callsign(findable(name))
    except Deleted:
        raise NotAnOperator(f"{plain(name)}, named by {source}, was revoked; name an active admin.") from None
    except AmbiguousCallsign as error:
        raise NotAnOperator(f"{error} Who you are comes from {source}.") from None
    except NotFound:
        raise NotAnOperator(f"There is no {plain(name)}, named by {source}; name an active admin.") from None
    if not person.has_role(ADMIN):
        raise NotAnOperator(f"{plain(person.callsign)}, named by {source}, is not an admin; name an active admin.")
    return Operator(person.pk, person.callsign, source, surface)
