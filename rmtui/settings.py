"""What the environment and the configuration file say, read once and passed around as one frozen value.

Order: command-line flag, then environment, then ``config.toml``, then the default. The database's own settings are
:class:`rmtui.db.config.DBConfig`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload
from urllib.parse import unquote, urlsplit

from rmtui.errors import ConfigurationError

__all__ = ["KEY_TYPES", "Secret", "Settings", "configure", "current", "flag"]

KEY_TYPES = ("rsa4096", "rsa3072", "rsa2048", "ec256")
"""What ``RMTUI_KEY_TYPE`` may name."""


class Secret:
    """A value that no ``str``, ``repr``, log, format or traceback shows; :meth:`reveal` is the one way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        return "**********" if self._value else ""

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> Any:
        raise TypeError("a Secret is not to be pickled")


@overload
def flag(value: str | None, name: str, default: bool = False) -> bool: ...
@overload
def flag(value: str | None, name: str, default: bool | None) -> bool | None: ...
def flag(value: str | None, name: str, default: bool | None = False) -> bool | None:
    """A yes or no of the environment.

    :raises ConfigurationError: it is neither.
    """
    if value is None or not value.strip():
        return default
    word = value.strip().casefold()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ConfigurationError(f"{name} is {value!r}; say 1 or 0.")


def _number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise ConfigurationError(f"{name} is {text[:40]!r}; it takes a whole number from {least} to {most}.")
    return int(text)


def _xdg(env: Mapping[str, str], name: str, fallback: str) -> Path:
    value = env.get(name, "")
    base = Path(value) if value.startswith("/") else Path(env.get("HOME") or Path.home()) / fallback
    return base / "rmtui"


def _path(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name, "").strip()
    return Path(value).absolute() if value else None


def _web_address(text: str, name: str) -> str | None:
    """A web address, perhaps with ``{code}`` in it; None when there is none."""
    if not text:
        return None
    try:
        split = urlsplit(text)
        usable = split.scheme in {"http", "https"} and bool(split.hostname) and "@" not in split.netloc and split.port != 0
    except ValueError:
        usable = False
    if not usable or len(text) > 500 or not text.isprintable() or " " in text:
        raise ConfigurationError(f"{name} is {text[:40]!r}; it takes an address that begins with https:// or http://, without a password.")
    if "{code}" not in text and (split.query or split.fragment):
        raise ConfigurationError(f"{name} is {text[:40]!r}; say with {{code}} where the invite code goes.")
    return text


def _beside(url: str) -> Path | None:
    """The directory of a named SQLite file: two deployments never share an authority by accident."""
    scheme, _, rest = url.strip().partition("://")
    path = unquote(rest[1:]) if scheme.partition("+")[0] == "sqlite" and rest.startswith("/") else ""
    return Path(path).absolute().parent if path else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything but the database's own settings."""

    data_dir: Path
    """``RM_PERSISTENT_DATA_DIR``: the path that goes into rows."""
    local_data_dir: Path
    """``RMTUI_DATA_DIR``: where this host sees the same directory."""
    data_dir_named: bool = False
    """Whether somebody named the data directory; a live deployment's is never guessed."""
    config_file: Path = Path("/dev/null")
    """``$XDG_CONFIG_HOME/rmtui/config.toml``."""
    operator: str | None = None
    """``--as`` or ``RMTUI_OPERATOR``: a claim of who is at the keyboard. Without it, ``config.toml`` may name one for the database."""
    operators: Mapping[str, str] = field(default_factory=dict)
    """``[operators]`` of ``config.toml``: database place → callsign."""
    state_dir: Path = Path("/nonexistent")
    """``$XDG_STATE_HOME/rmtui``: sign-ins, and the log of the audit trail."""
    identity: Path | None = None
    """``--identity`` or ``RMTUI_IDENTITY``: certificate and key that what is done in this run is proven and signed with."""
    identities: Mapping[str, str] = field(default_factory=dict)
    """``[identities]`` of ``config.toml``: database place → the file that signing in offers."""
    passphrase_file: Path | None = None
    """``--passphrase-file`` or ``RMTUI_PASSPHRASE_FILE``: its first line opens the identity; as an option ``-`` is standard input."""
    token: Secret = field(default_factory=Secret)
    """``RMTUI_TOKEN``: a JWT that proves who acts in this run."""
    require_signin: bool | None = None
    """``RMTUI_REQUIRE_SIGNIN``: whether a name that nobody proved is not enough; None is the default of the database's kind."""
    readers: bool = False
    """``RMTUI_READERS``: whether people without a role that may act may sign in to look."""
    lock_minutes: int = 15
    """``RMTUI_LOCK_MINUTES``: idle time after which the console locks; 0 is never."""
    expiring_days: int = 14
    """``RMTUI_EXPIRING_DAYS``: how many days before its end a certificate is told to expire; 0 tells none."""
    audit_log: Path | None = None
    """``RMTUI_AUDIT_LOG``: where the audit trail is logged; the default is a file for each trail in the state directory."""
    read_only: bool = False
    """``--read-only`` or ``RMTUI_READ_ONLY``: nothing is written."""
    cert_backend: str | None = None
    """``RM_CERT_BACKEND``: ``embedded``, ``cfssl``, or None when nobody named it."""
    key_type: str = "rsa4096"
    """``RMTUI_KEY_TYPE``: one of :data:`KEY_TYPES`."""
    cert_hours: int = 1008
    """``RMTUI_CERT_HOURS``: how long a certificate lives, in hours."""
    code_size: int = 8
    """``RM_CODE_SIZE``: characters of an approve or invite code."""
    client_cert_cn: str = "rasenmaeher"
    """``RM_MTLS_CLIENT_CERT_CN``: a reserved callsign."""
    manifest: Path | None = None
    """``RM_KRAFTWERK_MANIFEST_PATH``: names the products, whose names are reserved."""
    join_url: str | None = None
    """``RMTUI_JOIN_URL``: the web page that an invite code leads to, or the whole link with ``{code}`` in it."""
    jwt_privkey: Path | None = None
    """``JWT_PRIVKEY_PATH``; the default lies under the data directory."""
    jwt_pubkey: Path | None = None
    """``JWT_PUBKEY_PATH``: a file, or a directory of ``*.pub``."""
    jwt_privkey_pass: Secret = field(default_factory=Secret)
    """``JWT_PRIVKEY_PASS``."""
    ca_passphrase: Secret = field(default_factory=Secret)
    """``RMTUI_CA_PASSPHRASE``: encrypts the embedded authority's keys."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, **flags: Any) -> Settings:
        """Read the environment and ``config.toml``; ``flags`` that are not None win.

        :param flags: fields, and ``db`` for the database URL of the command line.
        :raises ConfigurationError: a value cannot be used, or ``config.toml`` cannot be read.
        """
        env = os.environ if env is None else env
        data = _path(env, "RM_PERSISTENT_DATA_DIR")
        here = _path(env, "RMTUI_DATA_DIR")
        fallback = _beside(flags.pop("db", None) or env.get("RM_DB_DSN", "")) or _xdg(env, "XDG_DATA_HOME", ".local/share")
        backend = env.get("RM_CERT_BACKEND", "").strip().casefold() or None
        if backend not in {None, "embedded", "cfssl"}:
            raise ConfigurationError(f"RM_CERT_BACKEND is {backend!r}; it takes embedded or cfssl.")
        key_type = env.get("RMTUI_KEY_TYPE", "").strip().casefold() or "rsa4096"
        if key_type not in KEY_TYPES:
            raise ConfigurationError(f"RMTUI_KEY_TYPE is {key_type!r}; it takes one of {', '.join(KEY_TYPES)}.")
        config_file = _xdg(env, "XDG_CONFIG_HOME", ".config") / "config.toml"
        written = _ConfigFile.read(config_file)
        values: dict[str, Any] = {
            "data_dir": data or here or fallback,
            "local_data_dir": here or data or fallback,
            "data_dir_named": data is not None,
            "config_file": config_file,
            "operator": env.get("RMTUI_OPERATOR", "").strip() or None,
            "operators": written.texts("operators"),
            "state_dir": _xdg(env, "XDG_STATE_HOME", ".local/state"),
            "identity": _path(env, "RMTUI_IDENTITY"),
            "identities": written.texts("identities"),
            "passphrase_file": _path(env, "RMTUI_PASSPHRASE_FILE"),
            "token": Secret(env.get("RMTUI_TOKEN", "").strip()),
            "require_signin": flag(env.get("RMTUI_REQUIRE_SIGNIN"), "RMTUI_REQUIRE_SIGNIN", written.flag("require_signin")),
            "readers": flag(env.get("RMTUI_READERS"), "RMTUI_READERS", written.flag("readers") or False),
            "lock_minutes": _number(env, "RMTUI_LOCK_MINUTES", written.number("lock_minutes", 15, 1440), 0, 1440),
            "expiring_days": _number(env, "RMTUI_EXPIRING_DAYS", written.number("expiring_days", 14, 3650), 0, 3650),
            "audit_log": _path(env, "RMTUI_AUDIT_LOG") or written.path("audit_log"),
            "read_only": flag(env.get("RMTUI_READ_ONLY"), "RMTUI_READ_ONLY"),
            "cert_backend": backend,
            "key_type": key_type,
            "cert_hours": _number(env, "RMTUI_CERT_HOURS", 1008, 1, 87_600),
            "code_size": _number(env, "RM_CODE_SIZE", 8, 6, 64),
            "client_cert_cn": env.get("RM_MTLS_CLIENT_CERT_CN", "").strip() or "rasenmaeher",
            "manifest": _path(env, "RM_KRAFTWERK_MANIFEST_PATH"),
            "join_url": _web_address(env.get("RMTUI_JOIN_URL", "").strip(), "RMTUI_JOIN_URL") or written.web_address("join_url"),
            "jwt_privkey": _path(env, "JWT_PRIVKEY_PATH"),
            "jwt_pubkey": _path(env, "JWT_PUBKEY_PATH"),
            "jwt_privkey_pass": Secret(env.get("JWT_PRIVKEY_PASS", "")),
            "ca_passphrase": Secret(env.get("RMTUI_CA_PASSPHRASE", "")),
        }
        values.update({key: value for key, value in flags.items() if value is not None})
        return cls(**values)

    @property
    def people_dir(self) -> Path:
        """Where people's keys and certificates lie, as this host sees it."""
        return self.local_data_dir / "private" / "people"

    @property
    def ca_dir(self) -> Path:
        """Where the embedded authority keeps its keys, as this host sees it."""
        return self.local_data_dir / "private" / "ca"

    @property
    def public_dir(self) -> Path:
        """Where the CA chain, the CRLs and the JWT public keys lie."""
        return self.local_data_dir / "public"

    @property
    def jwt_privkey_path(self) -> Path:
        """The deployment's JWT signing key."""
        return self.jwt_privkey or self.local_data_dir / "private" / "rasenmaeher_jwt.key"

    @property
    def jwt_pubkey_path(self) -> Path:
        """The file, or the directory of ``*.pub``, that tokens are verified with."""
        return self.jwt_pubkey or self.public_dir

    def local(self, certspath: str) -> Path:
        """Where this host sees a ``certspath`` of a row.

        :raises ConfigurationError: the row points outside the data directory.
        """
        path = Path(certspath)
        if ".." in path.parts or not path.is_relative_to(self.data_dir):
            raise ConfigurationError("The row's certspath points outside the data directory; check RM_PERSISTENT_DATA_DIR.")
        return self.local_data_dir / path.relative_to(self.data_dir)


@dataclass(frozen=True, slots=True)
class _ConfigFile:
    """What ``config.toml`` says."""

    file: Path
    table: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> _ConfigFile:
        """The file; empty where there is none.

        :raises ConfigurationError: it cannot be read.
        """
        try:
            return cls(path, tomllib.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return cls(path, {})
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigurationError(f"{path} cannot be read: {error}") from error

    def texts(self, name: str) -> dict[str, str]:
        """A table of texts by database."""
        table = self.table.get(name, {})
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise self._wrong(f"[{name}] maps a database to a {'callsign' if name == 'operators' else 'file'}")
        return table

    def flag(self, name: str) -> bool | None:
        """A yes or no; None when it says nothing."""
        value = self.table.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(f"{name} is true or false")
        return value

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 0."""
        value = self.table.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise self._wrong(f"{name} is a whole number from 0 to {most}")
        return value

    def path(self, name: str) -> Path | None:
        """A path; None when it says nothing."""
        value = self.table.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(f"{name} is the path of a file")
        return Path(value).expanduser().absolute() if value else None

    def web_address(self, name: str) -> str | None:
        """A web address; None when it says nothing."""
        value = self.table.get(name, "")
        if not isinstance(value, str):
            raise self._wrong(f"{name} is a web address")
        return _web_address(value.strip(), f"{self.file}: {name}")

    def _wrong(self, rule: str) -> ConfigurationError:
        return ConfigurationError(f"{self.file}: {rule}.")


_current: Settings | None = None


def configure(settings: Settings | None) -> None:
    """Make ``settings`` the ones in force; None forgets them, so that the environment is read again."""
    global _current
    _current = settings


def current() -> Settings:
    """The settings in force, read from the environment on first use."""
    global _current
    if _current is None:
        _current = Settings.from_env()
    return _current
