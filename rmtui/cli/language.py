"""Which language the operator is spoken to in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rmtui.errors import ConfigurationError
from rmtui.i18n import LANGUAGES, language_of, tr, use

__all__ = ["chosen"]


def chosen(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """``--lang``, ``RMTUI_LANG``, or what the locale says; a locale of another language is spoken to in English.

    It is asked before the options are parsed, since their help is in that language too.

    :raises ConfigurationError: ``--lang`` or ``RMTUI_LANG`` names a language that there is not.
    """
    option, variable = _option(argv), env.get("RMTUI_LANG", "")
    locale = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    spoken = next((code for code in map(language_of, (option, variable, locale)) if code in LANGUAGES), "en")
    source, named = ("--lang", option) if option else ("RMTUI_LANG", variable)
    if named and language_of(named) not in LANGUAGES:
        use(spoken)
        raise ConfigurationError(tr("{source} is one of {languages}.", source=source, languages=", ".join(LANGUAGES)))
    return spoken


def _option(argv: Sequence[str]) -> str:
    value = ""
    for index, word in enumerate(argv):
        if word == "--":
            break
        if word == "--lang" and index + 1 < len(argv):
            value = argv[index + 1]
        elif word.startswith("--lang="):
            value = word.partition("=")[2]
    return value
