"""Why somebody may not do what they asked for."""

from __future__ import annotations

from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.i18n import later

__all__ = ["NotPermitted", "OperatorMissing", "ReadOnly", "SignInNeeded", "SignInRefused", "TooManyAttempts"]


class NotPermitted(RmtuiError):
    """The operator may not do this."""

    title = later("Not permitted")


class SignInNeeded(NotPermitted):
    """Whoever acts here proves who they are first."""

    title = later("Sign in")
    wants_sign_in = True


class SignInRefused(NotPermitted):
    """What was shown does not prove who is at the keyboard."""

    title = later("Not signed in")


class TooManyAttempts(SignInRefused):
    """Whoever guesses is made to wait."""

    title = later("Too many attempts")


class ReadOnly(RmtuiError):
    """The program was told to change nothing."""

    title = later("Read-only")


class OperatorMissing(ConfigurationError):
    """Nobody said who is at the keyboard."""

    title = later("No operator")
