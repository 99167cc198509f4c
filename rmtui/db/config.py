"""Where the database is, as the deployment's own environment says."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.i18n import tr
from rmtui.settings import Secret, flag

__all__ = ["SCHEMA", "DBConfig"]

SCHEMA = "raesenmaeher"
"""The PostgreSQL schema of the deployment's tables."""

_NETWORK = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
"""How long libpq waits for a network that says nothing more, unless the DSN says otherwise: seconds, but for the last, milliseconds."""
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def _env(name: str, default: str | None = None) -> Any:
    """A field that reads ``name`` when a config is made, not when this module is imported."""
    return field(default_factory=lambda: os.environ.get(name) or default)


def _int(name: str, default: int) -> Any:
    def read() -> int:
        text = os.environ.get(name, "").strip() or str(default)
        if not text.isascii() or not text.isdigit():
            raise ConfigurationError(tr("{name} is {text}; it takes a whole number.", name=name, text=repr(text)))
        return int(text)

    return field(default_factory=read)


def _bool(name: str, default: bool) -> Any:
    return field(default_factory=lambda: flag(os.environ.get(name), name, default))


def _dsn() -> Secret | None:
    text = os.environ.get("RM_DB_DSN", "").strip()
    return Secret(text) if text else None


def _password_in_place(url: str, ports: str) -> bool:
    """Whether part of the password may have been taken for host, port or database, which are shown: it holds an ``@`` or ``/`` as it is."""
    rest = url.partition("://")[2]
    user, _, place = rest.partition("@")
    shown = rest if "/" in user else place
    return "@" in shown.partition("?")[0] or not all(port.strip().isdecimal() for port in ports.split(",") if port)


@dataclass
class DBConfig:
    """How to reach the database. Without host and DSN it is SQLite, under the data directory.

    The fields are the seed's, read from the deployment's environment when an instance is made.
    """

    driver: str = _env("RM_DATABASE_DRIVER", "")
    """``postgresql`` or ``sqlite``; empty until :meth:`__post_init__` settles it."""
    host: str | None = _env("RM_DATABASE_HOST")
    """Host name or socket directory."""
    port: int = _int("RM_DATABASE_PORT", 5432)
    """TCP port."""
    user: str | None = _env("RM_DATABASE_USER", "raesenmaeher")
    """Database role."""
    password: Secret = field(default_factory=lambda: Secret(os.environ.get("RM_DATABASE_PASSWORD", "")))
    """Its password; empty leaves it to libpq (``PGPASSFILE``)."""
    database: str = _env("RM_DATABASE_NAME", "raesenmaeher")
    """Database name; on SQLite the path of the file."""
    dsn: Secret | None = field(default_factory=_dsn)
    """A whole libpq URL, or ``sqlite:///PATH``. It wins over everything else, and may hold a password."""
    pool_min_size: int = _int("DB_POOL_MIN_SIZE", 1)
    """Read as the deployment's own setting, and of no effect: the pool opens connections as they are needed."""
    pool_max_size: int = _int("DB_POOL_MAX_SIZE", 16)
    """Connections that may be open at once."""
    echo: bool = _bool("DB_ECHO", False)
    """Log every statement (without its parameters) to standard error."""
    ssl: str = _env("DB_SSL", "prefer")
    """libpq's ``sslmode``, unless the DSN names one."""
    use_connection_for_request: bool = _bool("DB_USE_CONNECTION_FOR_REQUEST", True)
    """Whether :func:`rmtui.db.middleware.connection` opens a connection; without, the caller has one open."""
    retry_limit: int = _int("DB_RETRY_LIMIT", 1)
    """How often a failed connection is tried again."""
    retry_interval: int = _int("DB_RETRY_INTERVAL", 1)
    """Seconds between two tries."""

    _singleton: ClassVar[DBConfig | None] = None

    @classmethod
    def singleton(cls, **kwargs: Any) -> DBConfig:
        """The process's configuration, made on first use.

        :param kwargs: fields that win over the environment; naming any replaces the singleton.
        """
        if cls._singleton is None or kwargs:
            cls._singleton = cls(**kwargs)
        return cls._singleton

    def __post_init__(self) -> None:
        """Settle the driver and the place from what was given.

        :raises ConfigurationError: the fields contradict each other or name what is not supported.
        """
        if isinstance(self.dsn, str):
            self.dsn = Secret(self.dsn)
        if isinstance(self.password, str):
            self.password = Secret(self.password)
        if self.ssl not in _SSL_MODES:
            raise ConfigurationError(tr("DB_SSL is {ssl}; it takes one of {names}.", ssl=repr(self.ssl), names=", ".join(_SSL_MODES)))
        if self.dsn:
            scheme, separator, rest = self.dsn.reveal().partition("://")
            if not separator:
                raise ConfigurationError(tr("RM_DB_DSN is no URL; write postgresql://… or sqlite:///PATH."))
            scheme = scheme.partition("+")[0]
            self.driver = "postgresql" if scheme == "postgres" else scheme
            self.dsn = Secret(f"{self.driver}://{rest}")
            if self.driver == "sqlite":
                self.database = str(Path(unquote(rest[1:])).absolute()) if rest.startswith("/") and len(rest) > 1 else ""
        elif not self.driver:
            self.driver = "postgresql" if self.host else "sqlite"
        self.driver = self.driver.partition("+")[0]
        if self.driver in {"postgres", "psycopg2"}:
            self.driver = "postgresql"
        if self.driver not in {"postgresql", "sqlite"}:
            raise ConfigurationError(
                tr("The database driver {driver} is not supported; it is postgresql or sqlite.", driver=repr(self.driver))
            )
        if self.driver == "sqlite":
            if not self.dsn:
                self.database = str(settings.current().local_data_dir / "rmtui.db")
            if not self.database:
                raise ConfigurationError(tr("The SQLite URL names no file; write sqlite:///PATH."))
        elif not self.host and not self.dsn:
            raise ConfigurationError(tr("RM_DATABASE_HOST or RM_DB_DSN must name the PostgreSQL server."))

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is an SQLite file."""
        return self.driver == "sqlite"

    def connect_params(self) -> dict[str, Any]:
        """What libpq is told, password included: not for show.

        :raises ConfigurationError: the DSN cannot be parsed.
        """
        from psycopg2 import ProgrammingError
        from psycopg2.extensions import parse_dsn

        params: dict[str, Any]
        if self.dsn:
            try:
                params = dict(parse_dsn(self.dsn.reveal()))
            except ProgrammingError:
                raise ConfigurationError(tr("RM_DB_DSN is not a URL that libpq understands.")) from None
            params.setdefault("dbname", "raesenmaeher")
            if _password_in_place(self.dsn.reveal(), str(params.get("port") or "")):
                raise ConfigurationError(
                    tr("RM_DB_DSN has an @ too many, or a port that is no number. Write @ in a password as %40, and / as %2F.")
                )
        else:
            params = {"host": self.host, "port": self.port, "user": self.user, "dbname": self.database}
            if self.password:
                params["password"] = self.password.reveal()
        if "=" in params["dbname"] or "://" in params["dbname"]:  # libpq would take it for another DSN, password and all
            raise ConfigurationError(tr("The name of the database is a connection string; put what it says in RM_DB_DSN itself."))
        params.setdefault("sslmode", self.ssl)
        for name, value in _NETWORK.items():
            params.setdefault(name, value)
        params.setdefault("application_name", "rmtui")
        own = {
            "search_path": SCHEMA,
            "timezone": "UTC",
            "default_transaction_isolation": r"read\ committed",
            "lock_timeout": "10s",
            "statement_timeout": "30s",
        }
        if settings.current().read_only:
            own["default_transaction_read_only"] = "on"
            if params.get("target_session_attrs") == "read-write":  # which no session of ours is
                params["target_session_attrs"] = "primary"
        options = " ".join(f"-c {name}={value}" for name, value in own.items())
        params["options"] = f"{params.get('options', '')} {options}".strip()
        return params

    def place(self) -> str:
        """Where the database is, in a few words and without a secret: ``raesenmaeher@db.example:5432``."""
        if self.is_sqlite:
            return self.database
        params = self.connect_params()
        hosts = str(params.get("host") or params.get("hostaddr") or "local socket")
        port = "" if hosts.startswith("/") else f":{params.get('port') or 5432}"
        return f"{params['dbname']}@{hosts}{port if ',' not in hosts else ''}"
