"""What the data layer raises. None of it carries HTTP; every message is a sentence for the operator."""

from __future__ import annotations

import datetime as dt

from rmtui import clock
from rmtui.errors import EXIT_CONFIGURATION, ConfigurationError, InvalidCallsign, RmtuiError, UnreachableError
from rmtui.i18n import later, tr
from rmtui.text import plain

__all__ = [
    "AlreadyDecided",
    "AmbiguousCallsign",
    "AnswerLost",
    "BackendError",
    "BeingApproved",
    "CallsignReserved",
    "DBError",
    "DBFetchError",
    "DatabaseBusy",
    "DatabaseUnreachable",
    "Deleted",
    "DeploymentMissing",
    "EnrollmentError",
    "ForbiddenOperation",
    "InvalidCallsign",
    "NotFound",
    "OutcomeUnknown",
    "PoolInactive",
    "ReadOnlyError",
    "SchemaMismatch",
    "TokenReuse",
    "WrongCode",
]


class DBError(RmtuiError):
    """Something about the database."""

    title = later("Database")


class DBFetchError(DBError):
    """A record could not be had."""

    title = later("Not found")


class NotFound(DBFetchError):
    """There is no such record."""


class Deleted(NotFound):
    """The record is marked as deleted; a deleted person is a revoked one."""

    title = later("Revoked or deleted")


class AmbiguousCallsign(DBFetchError):
    """Several records have this callsign in different case, and none has it exactly as given."""

    title = later("More than one")


class BackendError(DBError):
    """The database or the files behind a record failed while they were used."""

    title = later("Failed")


class DatabaseUnreachable(BackendError, UnreachableError):
    """The database cannot be reached; nothing was changed, and a retry may succeed."""

    title = later("Database unreachable")


class DatabaseBusy(DatabaseUnreachable):
    """Others kept the database longer than we wait; nothing was changed."""

    title = later("Database busy")


class DeploymentMissing(DatabaseUnreachable):
    """There is no database file where one should be; set-up makes one."""

    title = later("No deployment")
    exit_code = EXIT_CONFIGURATION


class OutcomeUnknown(BackendError, UnreachableError):
    """The connection was lost while a change was committed: look before trying again."""

    title = later("Outcome unknown")


class AnswerLost(OutcomeUnknown):
    """The connection was lost, but the change is there: only its answer is missing."""

    title = later("Done, but the answer was lost")


class ReadOnlyError(BackendError):
    """The database takes no writes."""

    title = later("Read-only")


class SchemaMismatch(DBError, ConfigurationError):
    """The database is not one of today's deployments; it was left as it is."""

    title = later("Wrong schema")


class ForbiddenOperation(DBError):
    """The record may not be changed in this way."""

    title = later("Not allowed")


class TokenReuse(DBError):
    """A token or code that works once was used already."""

    title = later("Used already")


class EnrollmentError(DBError):
    """An enrolment cannot go on."""

    title = later("Enrolment")


class CallsignReserved(EnrollmentError):
    """The callsign is taken or reserved."""

    title = later("Callsign taken")


class PoolInactive(EnrollmentError):
    """The invite code is disabled or deleted."""

    title = later("Invite disabled")


class WrongCode(EnrollmentError):
    """The approve code is not the enrolment's."""

    title = later("Wrong code")


class BeingApproved(EnrollmentError):
    """Another operator's approval of the same enrolment is under way."""

    title = later("Being approved")


class AlreadyDecided(EnrollmentError):
    """Somebody decided first.

    :param state: what it was decided to be, as a word.
    :param decided_by: callsign of who decided, if known.
    :param decided_on: when.
    """

    title = later("Already decided")

    def __init__(self, callsign: str, state: str, decided_by: str | None, decided_on: dt.datetime | None) -> None:
        self.callsign, self.state, self.decided_by, self.decided_on = callsign, state, decided_by, decided_on
        said = {"callsign": plain(callsign), "state": tr(state)}
        if decided_by and decided_on:
            said |= {"operator": plain(decided_by), "when": clock.stamp(decided_on)}
            text = tr("{callsign} is already {state} by {operator} on {when}; nothing was changed.", **said)
        elif decided_by:
            text = tr("{callsign} is already {state} by {operator}; nothing was changed.", operator=plain(decided_by), **said)
        elif decided_on:
            text = tr("{callsign} is already {state} on {when}; nothing was changed.", when=clock.stamp(decided_on), **said)
        else:
            text = tr("{callsign} is already {state}; nothing was changed.", **said)
        super().__init__(text)
