"""Who is at the keyboard."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rmtui import settings
from rmtui.db.config import DBConfig
from rmtui.db.effects import ADMIN
from rmtui.db.errors import AmbiguousCallsign, Deleted, NotFound
from rmtui.db.people import Person, Role
from rmtui.errors import ConfigurationError
from rmtui.i18n import later, tr
from rmtui.text import plain, storable

if TYPE_CHECKING:
    from rmtui.db.trail import Key

__all__ = ["ADMIN", "NotAnOperator", "Operator", "Session", "claimed", "deployment_key", "deployment_mark", "findable", "roles_of"]

"""The role that may act."""


class NotAnOperator(ConfigurationError):
    """Who was named cannot act here."""

    title = later("No operator")


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that lasts: the entry of the audit trail that it is recorded by, and the digest of the secret that its holder has."""

    entry: int
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is said, or proven, to be at the keyboard."""

    pk: uuid.UUID
    callsign: str
    source: str
    """Where the name comes from: ``--as or RMTUI_OPERATOR``, ``config.toml``, ``set-up``, ``certificate``, ``code``, ``token``."""
    surface: str = "library"
    """``console``, ``command`` or ``library``: recorded with what they do."""
    proof: str = "none"
    """How it was proven that it is them: ``certificate``, ``code``, ``token`` or ``none``."""
    roles: tuple[str, ...] = (ADMIN,)
    """Their roles when they came."""
    until: dt.datetime | None = None
    """When what they proved runs out; None for what was proven for this run, or not at all."""
    session: Session | None = None
    fingerprint: str = ""
    """SHA-256 of the certificate they proved themselves with; empty for other ways."""
    key: Key | None = field(default=None, repr=False, compare=False)
    """Signs what they do; None where the key is not at hand."""

    @property
    def proven(self) -> bool:
        """Whether they proved who they are."""
        return self.proof != "none"


def findable(callsign: str) -> str:
    """A callsign that can be looked up.

    :raises NotFound: no database can hold it, so nobody has it.
    """
    if not storable(callsign):
        raise NotFound(tr("There is no “{callsign}”.", callsign=plain(callsign, 80)))
    return callsign


def deployment_key() -> str:
    """What ``config.toml`` knows this database as: no operator of one is taken for an operator of another."""
    config = DBConfig.singleton()
    return f"{config.driver}:{config.place()}"


def deployment_mark() -> str:
    """What tells this database from those at other places in names of files; 16 hexadecimal digits."""
    return hashlib.sha256(deployment_key().encode("utf-8", "surrogatepass")).hexdigest()[:16]


def roles_of(person: Person) -> tuple[str, ...]:
    """Somebody's roles, sorted. Needs an open connection."""
    return tuple(sorted({row.role for row in Role.select(Role.role).where(Role.user == person.pk)}))


def claimed(surface: str = "library") -> Operator | None:
    """Who was named by ``--as``, ``RMTUI_OPERATOR`` or, for this database, ``config.toml``; None when nobody was. Needs a connection.

    :raises NotAnOperator: who was named is not an active admin.
    """
    config = settings.current()
    name, source = config.operator, tr("--as or RMTUI_OPERATOR")
    if name is None:
        name, source = config.operators.get(deployment_key()), "config.toml"
    if name is None:
        return None
    try:
        person = Person.by_callsign(findable(name))
    except Deleted:
        raise NotAnOperator(tr("{name}, named by {source}, was revoked; name an active admin.", name=plain(name), source=source)) from None
    except AmbiguousCallsign as error:
        raise NotAnOperator(tr("{error} Who you are comes from {source}.", error=error.sentence, source=source)) from None
    except NotFound:
        raise NotAnOperator(tr("There is no {name}, named by {source}; name an active admin.", name=plain(name), source=source)) from None
    roles = roles_of(person)
    if ADMIN not in roles:
        raise NotAnOperator(
            tr("{callsign}, named by {source}, is not an admin; name an active admin.", callsign=plain(person.callsign), source=source)
        )
    return Operator(person.pk, person.callsign, source, surface, roles=roles)
