"""What the console needs for its first screen, asked for before Textual is imported."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rmtui.errors import RmtuiError, UnreachableError
from rmtui.services.preferences import Preferences, load
from rmtui.services.types import EnrollmentQuery, EnrollmentRow, Page

if TYPE_CHECKING:
    from rmtui.services.deployment import Deployment
    from rmtui.services.operators import Operator

__all__ = ["Opening", "begin", "open_console", "open_for", "opened"]


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when the first screen is drawn."""

    deployment: Deployment
    operator: Operator | None = None
    problem: RmtuiError | None = None
    """Why the one who was named as operator cannot act."""
    page: Page[EnrollmentRow] | None = None
    """The first page of pending enrolments; None where set-up or signing in comes first."""
    gate: RmtuiError | None = None
    """Why signing in comes first."""
    preferences: Preferences = field(default_factory=Preferences)
    """How the lists were sorted last time."""


def open_console() -> Opening:
    """Look at the deployment, who acts on it, and who waits.

    :raises RmtuiError: there is no deployment to show, and why.
    """
    from rmtui.services import deployment, enrollments, operators

    found = deployment.open_deployment()
    if not found.ready:
        return Opening(found)
    operator, problem = None, None
    try:
        operator = operators.admit("console", operators.passphrase_in_file)
    except UnreachableError:
        raise
    except RmtuiError as error:
        if operators.signin_required() or operators.proof_given():
            return Opening(found, gate=error)
        problem = error
    preferences = load()
    page = enrollments.list_enrollments(preferences.applied("enrolments", EnrollmentQuery()))
    return Opening(found, operator, problem, page, preferences=preferences)


def open_for(opening: Opening, operator: Operator) -> Opening:
    """What was behind the gate, for who signed in."""
    from rmtui.services import enrollments

    preferences = load()
    page = enrollments.list_enrollments(preferences.applied("enrolments", EnrollmentQuery()))
    return Opening(opening.deployment, operator, page=page, preferences=preferences)


def begin() -> Future[Opening]:
    """Run :func:`open_console` in a thread of its own, which does not keep the program from ending.

    Until :func:`opened`, nothing is searched for garbage: nearly all that loading makes is there to stay.
    """
    gc.disable()
    future: Future[Opening] = Future()

    def run() -> None:
        try:
            future.set_result(open_console())
        except BaseException as error:  # noqa: BLE001  # whoever asks for the result gets it
            future.set_exception(error)

    threading.Thread(target=run, name="opening", daemon=True).start()
    return future


def opened() -> None:
    """The first screen is there: garbage is collected again, without going through what was loaded so far."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
