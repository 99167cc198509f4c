"""How a value of the environment is read, and how a secret one is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, overload
from urllib.parse import urlsplit

from rmtui.errors import ConfigurationError
from rmtui.i18n import tr

__all__ = ["Secret", "choice", "flag", "number", "path", "web_address", "xdg"]


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
    raise ConfigurationError(tr("{name} is {value}; say 1 or 0.", name=name, value=repr(value)))


def choice(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    """One of a few words of the environment, whatever the case; None when it says nothing.

    :raises ConfigurationError: it is another.
    """
    word = env.get(name, "").strip().casefold()
    if word and word not in choices:
        raise ConfigurationError(tr("{name} is {value}; it takes one of {names}.", name=name, value=repr(word), names=", ".join(choices)))
    return word or None


def number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number of the environment.

    :raises ConfigurationError: it is none, or too small or large.
    """
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise ConfigurationError(
            tr("{name} is {text}; it takes a whole number from {least} to {most}.", name=name, text=repr(text[:40]), least=least, most=most)
        )
    return int(text)


def xdg(env: Mapping[str, str], name: str, fallback: str) -> Path:
    """Our directory under one of the XDG base directories."""
    value = env.get(name, "")
    base = Path(value) if value.startswith("/") else Path(env.get("HOME") or Path.home()) / fallback
    return base / "rmtui"


def path(env: Mapping[str, str], name: str) -> Path | None:
    """A path of the environment, made absolute; None when it says nothing."""
    value = env.get(name, "").strip()
    return Path(value).absolute() if value else None


def web_address(text: str, name: str) -> str | None:
    """A web address, perhaps with ``{code}`` in it; None when there is none.

    :raises ConfigurationError: it is something else, and may hold a password: it is not shown.
    """
    if not text:
        return None
    try:
        split = urlsplit(text)
        usable = split.scheme in {"http", "https"} and bool(split.hostname) and "@" not in split.netloc and split.port != 0
    except ValueError:
        usable = False
    if not usable or len(text) > 500 or not text.isprintable() or " " in text:
        raise ConfigurationError(tr("{name} takes an address that begins with https:// or http://, without a password.", name=name))
    if "{code}" not in text and (split.query or split.fragment):
        raise ConfigurationError(tr("{name} has a ? or #; say with {{code}} where the invite code goes.", name=name))
    return text
