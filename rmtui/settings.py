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
from typing import Any
from urllib.parse import unquote

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


def flag(value: str | None, name: str, default: bool = False) -> bool:
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
        values: dict[str, Any] = {
            "data_dir": data or here or fallback,
            "local_data_dir": here or data or fallback,
            "data_dir_named": data is not None,
            "config_file": config_file,
            "operator": env.get("RMTUI_OPERATOR", "").strip() or None,
            "operators": _operators(config_file),
            "read_only": flag(env.get("RMTUI_READ_ONLY"), "RMTUI_READ_ONLY"),
            "cert_backend": backend,
            "key_type": key_type,
            "cert_hours": _number(env, "RMTUI_CERT_HOURS", 1008, 1, 87_600),
            "code_size": _number(env, "RM_CODE_SIZE", 8, 6, 64),
            "client_cert_cn": env.get("RM_MTLS_CLIENT_CERT_CN", "").strip() or "rasenmaeher",
            "manifest": _path(env, "RM_KRAFTWERK_MANIFEST_PATH"),
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


def _operators(config_file: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(config_file.read_text("utf-8")).get("operators", {})
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{config_file} cannot be read: {error}") from error
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise ConfigurationError(f"{config_file}: [operators] maps a database to a callsign.")
    return table


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
