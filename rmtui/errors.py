"""The root of every error an operator can meet.

An error is a title and a sentence that says what happened, what did not, and what to do next. The surfaces print
both and exit with ``exit_code``; nothing else about an error is for show.

The sentence is made where the error is raised, ``raise NotFound(tr("There is no invite {code}.", code=code))``. An error that becomes
part of another sentence, or is told, gives its ``sentence``; ``str(error)`` is its English, for logs and tracebacks. What is stored is put
into English by the data layer (:func:`rmtui.i18n.english`).
"""

from __future__ import annotations

from typing import ClassVar

from rmtui.i18n import english, later, tr

__all__ = [
    "ConfigurationError",
    "EXIT_CONFIGURATION",
    "EXIT_DONE",
    "EXIT_INTERRUPTED",
    "EXIT_PARTLY",
    "EXIT_REFUSED",
    "EXIT_UNREACHABLE",
    "InvalidCallsign",
    "RmtuiError",
    "UnreachableError",
]

EXIT_DONE = 0
"""The command did what it says."""
EXIT_REFUSED = 1
"""Refused or failed: wrong code, already decided, not permitted, not found."""
EXIT_CONFIGURATION = 2
"""Usage or configuration: a bad option, no operator, a schema not of today."""
EXIT_UNREACHABLE = 3
"""The database or the authority cannot be reached: worth a retry."""
EXIT_PARTLY = 4
"""A bulk action was partly done."""
EXIT_INTERRUPTED = 130
"""Interrupted by the operator."""


class RmtuiError(Exception):
    """Anything that is told to the operator instead of done."""

    title: ClassVar[str] = later("Not done")
    """Two or three words for the head of a dialog, in English: shown as ``tr(error.title)``."""
    exit_code: ClassVar[int] = EXIT_REFUSED
    """What the command line exits with."""
    wants_sign_in: ClassVar[bool] = False
    """Whether signing in is what to do about it."""

    @property
    def sentence(self) -> str:
        """The whole message, as one paragraph in the operator's language."""
        said = self.args[0] if self.args else ""
        return (said if isinstance(said, str) else str(said)) or tr(self.title)

    def __str__(self) -> str:
        """The message in English."""
        return english(self.sentence)


class ConfigurationError(RmtuiError):
    """The configuration or the call is wrong; trying again changes nothing."""

    title = later("Configuration")
    exit_code = EXIT_CONFIGURATION


class UnreachableError(RmtuiError):
    """A database, authority or disk cannot be reached just now; nothing was changed, and a retry may succeed."""

    title = later("Not reachable")
    exit_code = EXIT_UNREACHABLE


class InvalidCallsign(RmtuiError):
    """The text cannot be a callsign."""

    title = later("Not a callsign")
