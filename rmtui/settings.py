"""What the environment and the configuration file say, read once and passed around as one frozen value.

Order: command-line flag, then environment, then ``config.toml``, then the default. The database's own settings are
:class:`rmtui.db.config.DBConfig`.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import unquote

from rmtui import values
from rmtui.errors import ConfigurationError
from rmtui.i18n import later, tr
from rmtui.reasons import why_no_toml
from rmtui.settings_ca import RemoteCA
from rmtui.values import Secret, flag

__all__ = ["KEY_TYPES", "LOG_LEVELS", "LOOKS", "Keycloak", "Secret", "Settings", "configure", "current", "flag", "standard_input"]

KEY_TYPES = ("rsa4096", "rsa3072", "rsa2048", "ec256")
"""What ``RMTUI_KEY_TYPE`` may name."""
LOOKS = ("dark", "light", "high-contrast", "mono")
"""What ``RMTUI_THEME`` may name."""
LOG_LEVELS = ("debug", "info", "warning", "error")
"""What ``RMTUI_LOG_LEVEL`` may name."""


def _beside(url: str) -> Path | None:
    """The directory of a named SQLite file: two deployments never share an authority by accident."""
    scheme, _, rest = url.strip().partition("://")
    path = unquote(rest[1:]) if scheme.partition("+")[0] == "sqlite" and rest.startswith("/") else ""
    return Path(path).absolute().parent if path else None


@dataclass(frozen=True, slots=True)
class Keycloak:
    """Where the deployment's Keycloak is, and who may manage its users."""

    url: str
    """``RM_KC_URL``."""
    username: str
    """``RM_KC_USERNAME``."""
    password: Secret
    """``RM_KC_PASSWORD``."""
    user_realm: str
    """``RM_KC_USER_REALM``: the realm that ``username`` signs in to."""
    realm: str
    """``RM_KC_REALM``: the realm of the people."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Keycloak | None:
        """What the environment says; None where ``RM_KC_ENABLED`` says no, or ``RM_KC_URL`` says nothing.

        :raises ConfigurationError: the address cannot be used, or the user is missing.
        """
        url = values.web_address(env.get("RM_KC_URL", "").strip(), "RM_KC_URL")
        if url is None or not flag(env.get("RM_KC_ENABLED"), "RM_KC_ENABLED", True):
            return None
        username, password = env.get("RM_KC_USERNAME", "").strip(), Secret(env.get("RM_KC_PASSWORD", ""))
        if not username or not password:
            raise ConfigurationError(tr("RM_KC_URL names a Keycloak; say in RM_KC_USERNAME and RM_KC_PASSWORD who manages its users."))
        realms = [env.get(name, "").strip() for name in ("RM_KC_USER_REALM", "RM_KC_REALM")]
        return cls(url, username, password, realms[0] or "master", realms[1] or "RASENMAEHER")


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
    """``$XDG_STATE_HOME/rmtui``: sign-ins, the program's log, and that of the audit trail."""
    identity: Path | None = None
    """``--identity`` or ``RMTUI_IDENTITY``: certificate and key that what is done in this run is proven and signed with."""
    identities: Mapping[str, str] = field(default_factory=dict)
    """``[identities]`` of ``config.toml``: database place → the file that signing in offers."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """``[keys]`` of ``config.toml``: action of the console, such as ``enrolment.approve``, → the key that does it."""
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
    theme: str | None = None
    """``--theme`` or ``RMTUI_THEME``: one of :data:`LOOKS`; None when nobody named one."""
    ascii: bool | None = None
    """``--ascii`` or ``RMTUI_ASCII``: whether nothing but ASCII is drawn; None is as the terminal can."""
    utc: bool | None = None
    """``--utc`` or ``RMTUI_UTC``: whether times are told in UTC, not in the local zone; None when nobody said."""
    read_only: bool = False
    """``--read-only`` or ``RMTUI_READ_ONLY``: nothing is written."""
    no_input: bool = False
    """``--no-input`` or ``RMTUI_NO_INPUT``: nothing is asked, even where there is a terminal."""
    log_level: str = "warning"
    """``--log-level`` or ``RMTUI_LOG_LEVEL``: one of :data:`LOG_LEVELS`."""
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
    keycloak: Keycloak | None = None
    """``RM_KC_…``; None where there is none to be told of people."""
    mtls_client_cert: Path | None = None
    """``RM_MTLS_CLIENT_CERT_PATH``: what this program shows to the authority and to products."""
    mtls_client_key: Path | None = None
    """``RM_MTLS_CLIENT_KEY_PATH``: the key of it."""
    local_ca_certs: Path | None = None
    """``LOCAL_CA_CERTS_PATH``: a file, or a directory of files, of more authorities that servers are believed by."""
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
    ca: RemoteCA = field(default_factory=RemoteCA)
    """The deployment's CA, where ``RM_CERT_BACKEND`` is ``cfssl``."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, **flags: Any) -> Settings:
        """Read the environment and ``config.toml``; ``flags`` that are not None win.

        :param flags: fields, and ``db`` for the database URL of the command line.
        :raises ConfigurationError: a value cannot be used, or ``config.toml`` cannot be read.
        """
        env = os.environ if env is None else env
        data = values.path(env, "RM_PERSISTENT_DATA_DIR")
        here = values.path(env, "RMTUI_DATA_DIR")
        fallback = _beside(flags.pop("db", None) or env.get("RM_DB_DSN", "")) or values.xdg(env, "XDG_DATA_HOME", ".local/share")
        config_file = values.xdg(env, "XDG_CONFIG_HOME", ".config") / "config.toml"
        written = _ConfigFile.read(config_file)
        found: dict[str, Any] = {
            "data_dir": data or here or fallback,
            "local_data_dir": here or data or fallback,
            "data_dir_named": data is not None,
            "config_file": config_file,
            "operator": env.get("RMTUI_OPERATOR", "").strip() or None,
            "operators": written.texts("operators"),
            "state_dir": values.xdg(env, "XDG_STATE_HOME", ".local/state"),
            "identity": values.path(env, "RMTUI_IDENTITY"),
            "identities": written.texts("identities"),
            "keys": written.keys(),
            "passphrase_file": values.path(env, "RMTUI_PASSPHRASE_FILE"),
            "token": Secret(env.get("RMTUI_TOKEN", "").strip()),
            "require_signin": flag(env.get("RMTUI_REQUIRE_SIGNIN"), "RMTUI_REQUIRE_SIGNIN", written.flag("require_signin")),
            "readers": flag(env.get("RMTUI_READERS"), "RMTUI_READERS", written.flag("readers") or False),
            "lock_minutes": values.number(env, "RMTUI_LOCK_MINUTES", written.number("lock_minutes", 15, 1440), 0, 1440),
            "expiring_days": values.number(env, "RMTUI_EXPIRING_DAYS", written.number("expiring_days", 14, 3650), 0, 3650),
            "audit_log": values.path(env, "RMTUI_AUDIT_LOG") or written.path("audit_log"),
            "theme": values.choice(env, "RMTUI_THEME", LOOKS) or written.choice("theme", LOOKS),
            "ascii": flag(env["RMTUI_ASCII"], "RMTUI_ASCII") if env.get("RMTUI_ASCII") else None,
            "utc": flag(env["RMTUI_UTC"], "RMTUI_UTC") if env.get("RMTUI_UTC") else written.flag("utc"),
            "read_only": flag(env.get("RMTUI_READ_ONLY"), "RMTUI_READ_ONLY"),
            "no_input": flag(env.get("RMTUI_NO_INPUT"), "RMTUI_NO_INPUT"),
            "log_level": values.choice(env, "RMTUI_LOG_LEVEL", LOG_LEVELS) or written.choice("log_level", LOG_LEVELS) or "warning",
            "cert_backend": values.choice(env, "RM_CERT_BACKEND", ("embedded", "cfssl")),
            "key_type": values.choice(env, "RMTUI_KEY_TYPE", KEY_TYPES) or "rsa4096",
            "cert_hours": values.number(env, "RMTUI_CERT_HOURS", 1008, 1, 87_600),
            "code_size": values.number(env, "RM_CODE_SIZE", 8, 6, 64),
            "client_cert_cn": env.get("RM_MTLS_CLIENT_CERT_CN", "").strip() or "rasenmaeher",
            "manifest": values.path(env, "RM_KRAFTWERK_MANIFEST_PATH"),
            "keycloak": Keycloak.from_env(env),
            "mtls_client_cert": values.path(env, "RM_MTLS_CLIENT_CERT_PATH"),
            "mtls_client_key": values.path(env, "RM_MTLS_CLIENT_KEY_PATH"),
            "local_ca_certs": values.path(env, "LOCAL_CA_CERTS_PATH"),
            "join_url": values.web_address(env.get("RMTUI_JOIN_URL", "").strip(), "RMTUI_JOIN_URL") or written.web_address("join_url"),
            "jwt_privkey": values.path(env, "JWT_PRIVKEY_PATH"),
            "jwt_pubkey": values.path(env, "JWT_PUBKEY_PATH"),
            "jwt_privkey_pass": Secret(env.get("JWT_PRIVKEY_PASS", "")),
            "ca_passphrase": Secret(env.get("RMTUI_CA_PASSPHRASE", "")),
            "ca": RemoteCA.from_env(env),
        }
        return cls(**{**found, **{key: value for key, value in flags.items() if value is not None}})

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
            raise ConfigurationError(tr("The row's certspath points outside the data directory; check RM_PERSISTENT_DATA_DIR."))
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
            raise ConfigurationError(tr("{path} cannot be read: {why}", path=path, why=why_no_toml(error))) from error

    def texts(self, name: str) -> dict[str, str]:
        """A table of texts by database."""
        table = self.table.get(name, {})
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            rule = later("[{name}] maps a database to a callsign.") if name == "operators" else later("[{name}] maps a database to a file.")
            raise self._wrong(tr(rule, name=name))
        return table

    def keys(self) -> dict[str, str]:
        """The keys that were chosen, by action; ``enrolment.approve`` may be written with or without quotation marks."""
        found: dict[str, str] = {}
        table = self.table.get("keys", {})
        for area, value in table.items() if isinstance(table, dict) else [("", None)]:
            for name, key in value.items() if isinstance(value, dict) else [("", value)]:
                if not isinstance(key, str) or not key.isprintable() or not key:
                    raise self._wrong(tr('[keys] maps an action to a key, as in enrolment.approve = "f5".'))
                found[f"{area}.{name}" if name else area] = key
        return found

    def flag(self, name: str) -> bool | None:
        """A yes or no; None when it says nothing."""
        value = self.table.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(tr("{name} is true or false.", name=name))
        return value

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 0."""
        value = self.table.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise self._wrong(tr("{name} is a whole number from 0 to {most}.", name=name, most=most))
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """One of a few words; None when it says nothing."""
        value = self.table.get(name)
        if value is not None and value not in choices:
            raise self._wrong(tr("{name} is one of {names}.", name=name, names=", ".join(choices)))
        return value

    def path(self, name: str) -> Path | None:
        """A path; None when it says nothing."""
        value = self.table.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(tr("{name} is the path of a file.", name=name))
        return Path(value).expanduser().absolute() if value else None

    def web_address(self, name: str) -> str | None:
        """A web address; None when it says nothing."""
        value = self.table.get(name, "")
        if not isinstance(value, str):
            raise self._wrong(tr("{name} is a web address.", name=name))
        return values.web_address(value.strip(), f"{self.file}: {name}")

    def _wrong(self, rule: str) -> ConfigurationError:
        return ConfigurationError(tr("{file}: {rule}", file=self.file, rule=rule))


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


def standard_input() -> TextIO:
    """Standard input, for what ``-`` stands for.

    :raises ConfigurationError: it is a terminal, and nothing may be asked.
    """
    if current().no_input and sys.stdin.isatty():
        raise ConfigurationError(tr("Nothing may be asked, and standard input is a terminal; give it there by a pipe or a file."))
    return sys.stdin
