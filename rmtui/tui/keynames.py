"""Which keys do an action, and what a key is called on the screen."""

from __future__ import annotations

from textual.keys import REPLACED_KEYS, Keys, _character_to_key, key_to_character

from rmtui import settings
from rmtui.i18n import later, tr

__all__ = ["character", "exists", "key_of", "keys_of", "named", "split"]

NAMES = {
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "up": later("Up"),
    "down": later("Down"),
    "left": later("Left"),
    "right": later("Right"),
    "space": later("Space"),
    "escape": "Esc",
    "tab": "Tab",
    "enter": "Enter",
}
"""What stands on the keys that write nothing one could see."""
KNOWN = {each.value for each in Keys} - {"return", "<any>", "<ignore>", "<scroll-up>", "<scroll-down>", "ctrl-at"}
"""The keys that Textual has a name for, besides those that write something."""
HELD = {"alt", "ctrl", "shift"}


def split(keys: str) -> list[str]:
    """Keys as Textual calls them: ``?, f1`` is ``question_mark`` and ``f1``."""
    return [_character_to_key(key) if len(key) == 1 else key for key in (each.strip() for each in keys.split(","))]


def exists(key: str) -> bool:
    """Whether there is such a key: one that writes something, or one that has a name, perhaps with Alt, Ctrl or Shift held."""
    held, _, last = key.rpartition("+")
    if not held:
        return key in KNOWN or (bool(key) and character(key).isprintable() and character(key) != "")
    return key in KNOWN or (held in HELD and (last in KNOWN or (held == "alt" and last.isascii() and len(character(last)) == 1)))


def keys_of(action: str, default: str) -> list[str]:
    """The keys that do an action, as Textual calls them: those of ``config.toml``, else its own."""
    return split(settings.current().keys.get(action, default))


def key_of(action: str, default: str) -> str:
    """What the first key that does an action is called, for a sentence."""
    return named(keys_of(action, default)[0])


def character(key: str) -> str:
    """What a key writes; empty when it writes nothing."""
    return key_to_character(REPLACED_KEYS.get(key, key)) or ""


def named(key: str) -> str:
    """What a key is called: ``?``, ``F5``, ``Ctrl+Q``, ``Esc``."""
    *held, last = key.split("+")
    name = tr(NAMES[last]) if last in NAMES else character(last) or last.title()
    return "+".join((*(each.title() for each in held), name.upper() if held and len(name) == 1 else name))
