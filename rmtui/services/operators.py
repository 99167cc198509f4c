"""Who acts, for the surfaces."""

from __future__ import annotations

from dataclasses import replace

from rmtui import settings
from rmtui.auth.operator import Operator, deployment_key
from rmtui.auth.operator import identify as _identify
from rmtui.db.middleware import connection
from rmtui.errors import ConfigurationError
from rmtui.text import plain

__all__ = ["Operator", "identify", "remember"]


def identify(surface: str = "console") -> Operator | None:
    """Who was named as the operator; None when nobody was.

    :raises NotAnOperator: who was named is not an active admin.
    """
    with connection():
        return _identify(surface)


def remember(callsign: str) -> None:
    """Write to ``config.toml`` who acts on this database, from now on; the rest of the file stays as it is.

    :raises ConfigurationError: the file is there and cannot be understood.
    :raises StorageError: it cannot be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from rmtui.pki.files import make_dir, write_file

    config = settings.current()
    settings.configure(replace(config, operators={**config.operators, deployment_key(): callsign}))
    path = config.config_file
    try:
        document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigurationError(f"{plain(path)} cannot be read, so {plain(callsign)} was not written to it: {plain(error)}") from error
    document.setdefault("operators", tomlkit.table())[deployment_key()] = callsign
    make_dir(path.parent, 0o700)
    write_file(path, tomlkit.dumps(document).encode(), 0o600)
