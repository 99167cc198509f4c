"""Every decision is an entry of the audit trail, whichever surface it came from, and every refusal too."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Literal

from rmtui import clock
from rmtui.auth.operator import Operator
from rmtui.auth.origin import origin
from rmtui.auth.permissions import ACTIONS, require, require_writable
from rmtui.db import schema, trail
from rmtui.db.enrollments import Enrollment
from rmtui.db.errors import AnswerLost, DatabaseBusy, DatabaseUnreachable, DeploymentMissing, OutcomeUnknown
from rmtui.db.locks import joined
from rmtui.db.middleware import connection
from rmtui.db.own import Audit, Chain
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.services import witness
from rmtui.services.types import AuditEntry
from rmtui.text import plain

__all__ = ["Act", "acting", "entry_of", "history", "noting", "ready", "record", "refused"]

logger = logging.getLogger("rmtui.audit")

Outcome = Literal["done", "refused", "failed"]

_noted: ContextVar[list[str] | None] = ContextVar("_noted", default=None)


@contextmanager
def noting() -> Iterator[list[str]]:
    """Note what is done and recorded in the block, each as action and target, by this thread and those that run in its context."""
    noted: list[str] = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


class Act:
    """One action under way: who does what to whom."""

    who: Person
    """The operator's own record, as it was when the action was begun."""

    def __init__(self, operator: Operator | None, action: str) -> None:
        self.operator, self.action = operator, action
        self.target_pk: uuid.UUID | None = None
        self.target = ""
        self._entry: int | None = None

    def on(self, target_pk: uuid.UUID | None, callsign: str) -> None:
        """Say whom the action is about, once that is known."""
        self.target_pk, self.target = target_pk, callsign

    def done(self, reason: str = "", **details: Any) -> None:
        """Record the action in the transaction that does it, if the operator still may. The last thing in that transaction.

        :raises NotPermitted: they were revoked or demoted meanwhile; the transaction is to roll back.
        """
        with joined():
            head = trail.hold()  # whoever demotes the operator just now is waited for
            self.person()
            self._entry = record(self.operator, self.action, "done", self.target_pk, self.target, reason, details, head=head)

    def note(self) -> None:
        """Let whoever notes it know that the action is done, if it was to be: its transaction is over."""
        noted = _noted.get()
        if noted is not None and self._entry is not None:
            noted.append(f"{self.action} {self.target}".strip())

    def recorded(self) -> bool:
        """Whether :meth:`done` was committed, by a session that may be lost and not over: it is waited for.

        :raises DatabaseUnreachable: that cannot be asked.
        """
        if self._entry is None:
            return False
        with connection(), joined():
            trail.hold()
            found = Audit.get_or_none(Audit.id == self._entry)
        ours = (self.action, "done", self.target_pk, self.operator.pk if self.operator else None)
        return found is not None and (found.action, found.outcome, found.target_pk, found.operator_pk) == ours

    def person(self) -> Person:
        """The operator's own record.

        :raises NotPermitted: they may not act.
        """
        return require(self.operator, ACTIONS[self.action])


@contextmanager
def acting(operator: Operator | None, action: str, about: uuid.UUID | None = None) -> Iterator[Act]:
    """A connection to act on, permission to act, and an entry for what is refused or fails.

    :param about: primary key of the enrolment or person that the action is asked for.
    :raises RmtuiError: whatever the action was refused for, after it was recorded.
    :raises AnswerLost: the database was lost once the action was recorded; it is done.
    :raises DatabaseUnreachable: it was lost before.
    :raises OutcomeUnknown: it was lost, and does not tell which.
    """
    require_writable()
    act = Act(operator, action)
    act.target_pk = about
    begun = False
    try:
        with connection():
            schema.migrate()
            try:
                act.who = act.person()
                begun = True
                yield act
            except RmtuiError as error:
                refused(act, error)
                raise
            witness.follow()
        act.note()
    except DatabaseUnreachable as error:
        if not begun or isinstance(error, (DatabaseBusy, DeploymentMissing)):
            raise
        raise _after_loss(act, error) from error
    except KeyboardInterrupt:  # perhaps once it was recorded
        with suppress(RmtuiError):
            if act.recorded():
                act.note()
        raise


def _after_loss(act: Act, error: DatabaseUnreachable) -> RmtuiError:
    """What became of an action during which the database was lost: its entry was committed with it, or neither was."""
    said = {"action": act.action, "target": plain(act.target, 80)}
    try:
        recorded = act.recorded()
    except RmtuiError:
        return OutcomeUnknown(
            tr(
                "The database was lost during the {action} of {target}, and whether it was recorded is not known. Look before trying "
                "again. {error}",
                error=error.sentence,
                **said,
            )
        )
    if recorded:
        return AnswerLost(
            tr("The database was lost during the {action} of {target}, just after it was recorded: it is done. Do not do it again.", **said)
        )
    return DatabaseUnreachable(
        tr(
            "The database was lost during the {action} of {target}, and it was not recorded. Try again. {error}",
            error=error.sentence,
            **said,
        )
    )


def refused(act: Act, error: RmtuiError) -> None:
    """Record that an action was refused, or failed; the error stays the one to tell, whatever becomes of this."""
    outcome: Outcome = "refused" if error.exit_code == 1 or act.operator is None else "failed"
    try:
        with connection():
            record(act.operator, act.action, outcome, act.target_pk, act.target or _callsign(act.target_pk), error.sentence)
            witness.follow()
    except RmtuiError as second:  # the database is what failed
        logger.warning("not recorded: %s of %s: %s", act.action, plain(act.target), second)


def _callsign(pk: uuid.UUID | None) -> str:
    """What the enrolment or person is called that was asked about; empty for neither."""
    for model in (Enrollment, Person):
        found = model.get_or_none(model.pk == pk) if pk is not None else None
        if found is not None:
            return str(found.callsign)
    return ""


def record(
    operator: Operator | None,
    action: str,
    outcome: Outcome,
    target_pk: uuid.UUID | None,
    target: str,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    *,
    surface: str = "command",
    proof: str = "none",
    head: Chain | None = None,
) -> int:
    """Add an entry, and give its number. Needs an open connection; inside a transaction it stands or falls with it.

    :param operator: None when nobody was named; ``surface`` and ``proof`` are then what is known.
    :param head: what :func:`rmtui.db.trail.hold` gave in this transaction.
    """
    from rmtui import __version__

    here = origin()
    entry = trail.Entry(
        operator_pk=operator.pk if operator else None,
        operator=operator.callsign if operator else "",
        proof=operator.proof if operator else proof,
        surface=operator.surface if operator else surface,
        action=action,
        outcome=outcome,
        target_pk=target_pk,
        target=target,
        reason=reason,
        details=details or {},
        os_user=here.os_user,
        host=here.host,
        origin=here.ssh,
        program=__version__,
    )
    signs = operator is not None and (operator.until is None or operator.until > clock.utcnow())
    return trail.append(entry, operator.key if operator is not None and signs else None, head=head)


def ready() -> bool:
    """Whether our own tables are there. Needs an open connection; a console that only looks may be the first to come."""
    return schema.own_tables_ready()


def history(targets: Iterable[Any], most: int = 50) -> tuple[AuditEntry, ...]:
    """What was done to a record, latest first. Needs an open connection; nothing, where our own tables are not made yet."""
    if not ready():
        return ()
    wanted = [pk for pk in targets if pk is not None]
    query = Audit.select().where(Audit.target_pk.in_(wanted)).order_by(Audit.id.desc()).limit(most)
    return tuple(entry_of(row) for row in query)


def entry_of(row: Audit) -> AuditEntry:
    """A row as the surfaces have it."""
    return AuditEntry(
        id=row.id,
        at=row.at,
        operator=row.operator,
        proof=row.proof,
        surface=row.surface,
        action=row.action,
        outcome=row.outcome,
        target_pk=row.target_pk,
        target=row.target,
        reason=row.reason,
        details=trail.details_of(row.details),
        os_user=row.os_user,
        host=row.host,
        origin=row.origin,
        program=row.program,
        signed=row.signature is not None,
        hash=row.hash,
    )
