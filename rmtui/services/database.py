"""Naming the database on the command line."""

from __future__ import annotations

from rmtui.db.config import DBConfig
from rmtui.errors import ConfigurationError
from rmtui.i18n import later, tr
from rmtui.settings import Secret

__all__ = ["PasswordInURL", "use_database"]


class PasswordInURL(ConfigurationError):
    """A password on the command line is seen by everybody on the host."""

    title = later("Password in the URL")


def use_database(url: str | None) -> None:
    """Take the database from ``--db``, or from the environment without it.

    :raises PasswordInURL: the URL holds a password.
    :raises ConfigurationError: it is no URL of a database.
    """
    if url is None:
        DBConfig.singleton()
        return
    config = DBConfig.singleton(dsn=Secret(url))
    if not config.is_sqlite and any(config.connect_params().get(name) for name in ("password", "sslpassword")):
        DBConfig._singleton = None
        raise PasswordInURL(tr("--db holds a password, which everybody on this host could read; use RM_DB_DSN or PGPASSFILE."))
