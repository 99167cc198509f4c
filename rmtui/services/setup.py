"""Making what is missing of a deployment: database, authority, token keys, first admin. Run again, it makes what is missing then."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rmtui import settings
from rmtui.auth.operator import ADMIN, deployment_key
from rmtui.auth.permissions import require_writable
from rmtui.db import callsigns, issuing
from rmtui.db.base import bind_config, init_db
from rmtui.db.config import DBConfig
from rmtui.db.engine import sqlite_file_exists
from rmtui.db.errors import NotFound
from rmtui.db.locks import exclusive
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.i18n import english, joined, later, tr
from rmtui.services import operators, witness
from rmtui.services.audit import record
from rmtui.services.deployment import has_admin
from rmtui.text import normalise_callsign, plain

__all__ = ["AdminExists", "SetUp", "set_up"]


class AdminExists(RmtuiError):
    """Somebody can act here already; they give the role."""

    title = later("Set up already")


@dataclass(frozen=True, slots=True)
class SetUp:
    """What set-up made, and what the first admin needs to know."""

    admin: str
    """Callsign of the first admin; empty when none was asked for."""
    pfx: str
    """Path of the first admin's key and certificate, as this host sees it; empty without."""
    password: str
    """What opens the PFX: the callsign."""
    database: str
    data_dir: str
    made: tuple[str, ...]
    """A few words for each thing that was made; empty when nothing was missing."""
    problem: str = ""
    """Why ``config.toml`` does not name the admin, as a sentence; empty when it does."""


def set_up(callsign: str | None, *, surface: str = "command", progress: Callable[[str], None] | None = None) -> SetUp:
    """Make what is missing: the database, the authority, the token keys and, if a callsign is given, the first admin.

    Whoever may read what it makes may do it, signed in or not; it is recorded as done by them, and not by any operator.

    :param progress: told each step as a few words.
    :raises AdminExists: somebody else is an active admin already.
    :raises StorageError: the data directory cannot be written.
    :raises SchemaMismatch: the database is not one of today's deployments; nothing was touched.
    """
    require_writable()
    config = settings.current()
    tell = progress or (lambda _step: None)
    if callsign is not None:
        callsign = normalise_callsign(callsign)
        callsigns.check_reserved(callsign)
    _check_backend()
    from rmtui.pki.files import lock, make_dir, storage

    bind_config()
    made: list[str] = []
    with storage(config.local_data_dir, "read"):
        fresh = not config.local_data_dir.exists()
    make_dir(config.local_data_dir, 0o755)
    try:
        with lock(config.local_data_dir / ".setup.lock"):
            _make_database(tell, made)
            if callsign is not None:
                _check_first(callsign, surface, made)
            _make_keys(tell, made)
            admin, pfx, problem = ("", "", "") if callsign is None else _make_admin(callsign, surface, tell, made)
            with connection():
                issuing.publish_crl()
                if made and not any(english(what).startswith("the admin") for what in made):
                    record(None, "init", "done", None, "", "", {"break_glass": True, "made": made}, surface=surface)
                witness.follow()
    except BaseException:
        _remove_if_untouched(config.local_data_dir, fresh)
        raise
    return SetUp(admin, pfx, admin, DBConfig.singleton().place(), str(config.local_data_dir), tuple(made), problem)


def _check_backend() -> None:
    """Whether an embedded authority is what is asked for, before anything is made."""
    config = settings.current()
    sqlite = DBConfig.singleton().is_sqlite
    if not sqlite and not config.data_dir_named:
        raise ConfigurationError(tr("RM_PERSISTENT_DATA_DIR does not name the deployment's data directory; nothing was made."))
    if (config.cert_backend or ("embedded" if sqlite else None)) != "embedded":
        raise ConfigurationError(tr("An authority is made only where RM_CERT_BACKEND is embedded; nothing was made."))


def _make_database(tell: Callable[[str], None], made: list[str]) -> None:
    from rmtui.db import schema

    tell(tr("Making the database"))
    path = Path(DBConfig.singleton().database)
    if DBConfig.singleton().is_sqlite and not sqlite_file_exists(path):
        missing = True
    else:
        with connection():
            missing = not schema.present()
    init_db()
    if missing:
        made.append(tr("the database {place}", place=plain(DBConfig.singleton().place())))


def _make_keys(tell: Callable[[str], None], made: list[str]) -> None:
    from rmtui.pki.embedded import EmbeddedAuthority
    from rmtui.pki.tokens import JWTKeys

    config = settings.current()
    if not EmbeddedAuthority.from_settings(config).exists():
        tell(tr("Making the certificate authority (two keys, a few seconds)"))
        EmbeddedAuthority.create(
            config.ca_dir,
            config.public_dir,
            passphrase=config.ca_passphrase,
            hours=config.cert_hours,
            key_type=config.key_type,
            name="RASENMAEHER",
        )
        made.append(tr("the certificate authority in {directory}", directory=plain(config.ca_dir)))
    tokens = JWTKeys.from_settings(config)
    if not tokens.exists():
        tell(tr("Making the token keys"))
        tokens.create()
        made.append(tr("the token keys in {directory}", directory=plain(config.jwt_privkey_path.parent)))


def _check_first(callsign: str, surface: str, made: list[str]) -> None:
    """:raises AdminExists: as :func:`_first`; the attempt is recorded."""
    with connection():
        try:
            _first(callsign, made)
        except AdminExists as error:
            record(None, "init", "refused", None, callsign, error.sentence, {"break_glass": True}, surface=surface)
            witness.follow()
            raise


def _make_admin(callsign: str, surface: str, tell: Callable[[str], None], made: list[str]) -> tuple[str, str, str]:
    """The first admin, with their role: their callsign as it is written, the path of their PFX, and why config.toml does not name them."""
    problem = ""
    with connection():
        person = _first(callsign, made)
        if person is None:
            tell(tr("Making the key and certificate of {callsign}", callsign=plain(callsign)))
            person = Person.create_with_cert(callsign)
            made.append(tr("the admin {callsign}, with key and certificate", callsign=plain(callsign)))
        with exclusive("admins"):
            fresh = not person.has_role(ADMIN)
            if fresh:
                _first(callsign, made)
                person.assign_role(ADMIN)
                details = {"break_glass": True, "role": ADMIN, "made": made}
                record(None, "init", "done", person.pk, person.callsign, "", details, surface=surface)
    if fresh or deployment_key() not in settings.current().operators:  # a set-up that ended half-way may not have come so far
        try:
            operators.remember(person.callsign, str(person.directory / "mtls.pfx"))
        except RmtuiError as error:
            problem = tr(
                "{error} Name yourself with --as {callsign} or RMTUI_OPERATOR.", error=error.sentence, callsign=plain(person.callsign)
            )
    return person.callsign, str(person.directory / "mtls.pfx"), problem


def _first(callsign: str, made: list[str]) -> Person | None:
    """Who has the callsign, if anybody does, and can be the first admin or is.

    :raises AdminExists: somebody else is an active admin already.
    """
    try:
        person = Person.by_callsign(callsign)
    except NotFound:
        person = None
    if has_admin() and not (person is not None and person.has_role(ADMIN)):
        if not made:
            raise AdminExists(
                tr("There is an active admin already, who can make {callsign} one; nothing was made.", callsign=plain(callsign))
            )
        raise AdminExists(
            tr(
                "There is an active admin already, who can make {callsign} one; what was made is {made}.",
                callsign=plain(callsign),
                made=joined(made),
            )
        )
    return person


def _remove_if_untouched(path: Path, fresh: bool) -> None:
    """Take back a data directory made a moment ago when nothing came of it: the next try starts clean."""
    if fresh and path.is_dir() and {entry.name for entry in path.iterdir()} <= {".setup.lock"}:
        shutil.rmtree(path, ignore_errors=True)
