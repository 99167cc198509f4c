"""The language of what an operator reads, chosen once at the start.

English stands in the code; other languages are gettext catalogues, one for each package, in ``rmtui/locale/<language>/``. Values are
put in after translating, so that a catalogue is never asked for foreign text::

    tr("{callsign} is approved.", callsign=row.callsign)
    trn("{n} person waits.", "{n} people wait.", waiting)

A constant is made before a language is chosen: mark it with :func:`later` and translate it where it is shown, ``tr(LABEL)``.

What is kept for others, as the audit trail and the logs are, stays English whoever wrote it: a translated text remembers what it is in
English, and so do the texts that it became a value of. :func:`english` tells. Only a text that was cut, joined or formatted otherwise
has forgotten it, so a sentence is always put together by :func:`tr`.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["LANGUAGES", "LOCALE_DIR", "english", "joined", "language", "language_of", "later", "said_as", "tr", "trn", "use"]

LANGUAGES: Mapping[str, str] = {"en": "English", "fi": "suomi"}
"""What ``--lang`` may name, and what each language calls itself."""

LOCALE_DIR = Path(__file__).parent / "locale"
"""Where the catalogues are; ``tests/catalogues.py`` keeps them current."""

_language = "en"
_translations: gettext.NullTranslations = gettext.NullTranslations()


class _Said(str):
    """A text in the operator's language that remembers its English."""

    __slots__ = ("english",)
    english: str


def language_of(locale: str) -> str:
    """The language that a locale such as ``fi_FI.UTF-8`` names: ``fi``."""
    return locale.replace("-", "_").partition(".")[0].partition("_")[0].casefold()


def use(code: str) -> None:
    """Speak this language from now on. What has been said stays as it was said."""
    global _language, _translations
    translations = gettext.NullTranslations()
    for path in sorted((LOCALE_DIR / code).glob("*.mo")):
        with path.open("rb") as file:
            translations.add_fallback(gettext.GNUTranslations(file))
    _language, _translations = code, translations


def language() -> str:
    """The language in use, as a code of :data:`LANGUAGES`."""
    return _language


def tr(message: str, /, **values: object) -> str:
    """A message in the operator's language, with ``values`` in its ``{…}``."""
    if isinstance(message, _Said):
        return message
    if not message:
        return message
    return _put(message if _language == "en" else _translations.gettext(message), message, values)


def trn(one: str, many: str, n: int, /, **values: object) -> str:
    """As :func:`tr`, in the form that ``n`` of something asks for; ``{n}`` is the number."""
    return _put(_translations.ngettext(one, many, n), one if n == 1 else many, {"n": n, **values})


def english(text: str) -> str:
    """A text in English, for what others read: the trail, a log, a record of the database."""
    return text.english if isinstance(text, _Said) else text


def joined(texts: Iterable[str], between: str = ", ") -> str:
    """Several texts as one that remembers their English."""
    parts = list(texts)
    whole, known = between.join(parts), between.join(map(english, parts))
    return whole if whole == known else said_as(whole, known)


def said_as(text: str, in_english: str) -> str:
    """A text that no catalogue has, such as a date, with its English."""
    result = _Said(text)
    result.english = in_english
    return result


def _put(translated: str, message: str, values: Mapping[str, object]) -> str:
    """A translation with its values, and the English beside it."""
    if _language == "en" and not any(isinstance(value, _Said) for value in values.values()):  # such as a time in the local zone
        return message.format(**values) if values else message
    known = {name: english(value) if isinstance(value, str) else value for name, value in values.items()}
    return said_as(translated.format(**values) if values else translated, message.format(**known) if values else message)


def later(message: str) -> str:
    """Mark a constant for the catalogues; :func:`tr` translates it where it is shown."""
    return message
