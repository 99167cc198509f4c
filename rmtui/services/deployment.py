"""Which deployment this is, and whether anything was written since."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rmtui import settings
from rmtui.auth.operator import ADMIN, Operator, deployment_key
from rmtui.auth.permissions import require_writable
from rmtui.db import issuing, schema
from rmtui.db.base import bind_config, db
from rmtui.db.config import DBConfig
from rmtui.db.engine import is_sqlite, sqlite_file_exists
from rmtui.db.errors import SchemaMismatch
from rmtui.db.middleware import connection
from rmtui.db.people import Person, Role
from rmtui.i18n import tr
from rmtui.pki.calls import calls
from rmtui.services import audit, witness
from rmtui.text import plain

__all__ = ["Deployment", "answers_due", "changes", "hang_up", "has_admin", "open_deployment", "renew_crl", "start_up"]

logger = logging.getLogger("rmtui.deployment")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment that can be worked on, or that is still to be set up."""

    ready: bool
    """False when there is nothing to work on yet: set-up comes first. Only ever on the embedded kind."""
    kind: Literal["sqlite", "postgresql"]
    place: str
    """Where the database is, without a secret."""
    key: str
    """What ``config.toml`` knows it as."""
    name: str
    """A word for the header: ``embedded`` in the operator's language, or the database's name."""

    @property
    def has_web_page(self) -> bool:
        """Whether people are told what was decided by a page of the deployment's own, and fetch their files there."""
        return self.kind == "postgresql"


def open_deployment() -> Deployment:
    """Look at what is there; nothing is made or changed.

    :raises SchemaMismatch: the database is not one of today's deployments.
    :raises DatabaseUnreachable: it does not answer.
    :raises StorageError: the directory of its file cannot be looked into.
    """
    bind_config()
    config = DBConfig.singleton()
    kind: Literal["sqlite", "postgresql"] = "sqlite" if config.is_sqlite else "postgresql"
    name = tr("embedded") if config.is_sqlite else config.place().partition("@")[0]
    found = Deployment(True, kind, config.place(), deployment_key(), name)
    unset = Deployment(False, kind, found.place, found.key, name)
    if config.is_sqlite and not sqlite_file_exists(Path(config.database)):
        return unset
    with connection():
        if not schema.present():
            if config.is_sqlite:
                return unset
            raise SchemaMismatch(tr("The database {place} is empty; rmtui init makes a deployment in it.", place=plain(config.place())))
        schema.own_tables_ready()
        return found if not config.is_sqlite or has_admin() else unset


def has_admin() -> bool:
    """Whether anybody could act here. Needs an open connection."""
    admins = Role.select(Role.user).where(Role.role == ADMIN)
    return bool(Person.select(Person.pk).where(Person.deleted.is_null() & Person.pk.in_(admins)).limit(1).exists())


def changes() -> str:
    """The cheap question before a refresh: another answer when something was written since.

    SQLite answers with the state of its files, PostgreSQL with which transactions are done: those of the whole server, since
    its statistics of our tables come up to ten seconds late.
    """
    config = DBConfig.singleton()
    if config.is_sqlite:
        states = []
        for path in (Path(config.database), Path(config.database + "-wal")):
            try:
                status = path.stat()
                states.append(f"{status.st_ino}.{status.st_mtime_ns}.{status.st_size}")
            except OSError:
                states.append("-")
        if states[0] == "-":
            with connection():  # says what is wrong, in a sentence
                pass
        return "/".join(states)
    with connection():
        return str(db.execute_sql("SELECT pg_current_snapshot()::text").fetchone()[0])


def renew_crl(operator: Operator | None = None) -> tuple[str, str]:
    """Renew the CRLs from what is recorded as revoked; a timer may, so that nobody need be named.

    :return: where CA chain and CRL are: paths as this host sees them; of a CFSSL the CRL's address, empty where nobody gives it.
    :raises AuthorityMissing: there is no authority here.
    """
    require_writable()
    with connection():
        schema.migrate()
        issuing.publish_crl(at_once=True)
        audit.record(operator, "renew-crl", "done", None, "")
        witness.follow()
    config = settings.current()
    if config.cert_backend == "cfssl":
        from rmtui.pki.mutual_tls import CA_CERTS

        crl = f"{config.ca.ocsprest}/api/v1/crl/crl.pem" if config.ca.ocsprest is not None else ""
        return str(config.local_ca_certs or CA_CERTS), crl
    public = config.public_dir
    return str(public / "ca_chain.pem"), str(public / "crl.pem")


def hang_up() -> None:
    """Wait for no answer of a CA or a product any more, since the program ends: what is under way with them ends as if it were lost."""
    calls.hang_up()


def answers_due(seconds: float = 0) -> bool:
    """Whether a CA may still sign what nobody waits for any more, which is revoked when it comes.

    :param seconds: that are waited for it first.
    """
    return calls.late(seconds)


def start_up() -> tuple[str, ...]:
    """What an embedded deployment needs once at start: sweep what crashed approvals left, renew the CRL.

    :return: a sentence for each thing done; nothing on other deployments or in read-only mode.
    """
    bind_config()
    if settings.current().read_only or not is_sqlite(db):
        return ()
    with connection():
        schema.migrate()
        swept = tuple(issuing.sweep())
        issuing.publish_crl()
        if swept:
            audit.record(None, "sweep", "done", None, "", " ".join(swept), surface="start-up")
        witness.follow()
    for line in swept:
        logger.info("%s", line)
    return swept
