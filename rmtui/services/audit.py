"""Every decision is a row, whichever surface it came from, and every refusal too."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from rmtui.auth.operator import Operator
from rmtui.auth.permissions import require, require_writable
from rmtui.db import schema
from rmtui.db.errors import DatabaseBusy, DatabaseUnreachable, DeploymentMissing, OutcomeUnknown
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.services.types import AuditEntry
from rmtui.text import plain, storable

__all__ = ["Act", "acting", "history", "ready", "record"]

logger = logging.getLogger("rmtui.audit")


class Act:
    """One action under way: who does what to whom."""

    def __init__(self, operator: Operator | None, action: str) -> None:
        self.operator, self.action = operator, action
        self.target_pk: uuid.UUID | None = None
        self.target = ""

    def on(self, target_pk: uuid.UUID | None, callsign: str) -> None:
        """Say whom the action is about, once that is known."""
        self.target_pk, self.target = target_pk, callsign

    def done(self, detail: str = "") -> None:
        """Record the action in the transaction that does it, if the operator still may.

        :raises NotPermitted: they were revoked or demoted meanwhile; the transaction is to roll back.
        """
        require(self.operator)
        assert self.operator is not None
        record(self.operator, self.action, "done", self.target_pk, self.target, detail)

    def person(self) -> Person:
        """The operator's own record.

        :raises NotPermitted: they may not act.
        """
        return require(self.operator)


@contextmanager
def acting(operator: Operator | None, action: str) -> Iterator[Act]:
    """A connection to act on, permission to act, and a row for what is refused or fails.

    :raises RmtuiError: whatever the action was refused for, after it was recorded.
    :raises OutcomeUnknown: the database was lost on the way, perhaps while it committed.
    """
    require_writable()
    act = Act(operator, action)
    begun = False
    try:
        with connection():
            schema.migrate()
            try:
                act.person()
                begun = True
                yield act
            except RmtuiError as error:
                if operator is not None:
                    _record_refusal(operator, act, error)
                raise
    except DatabaseUnreachable as error:
        if not begun or isinstance(error, (DatabaseBusy, DeploymentMissing)):
            raise
        raise OutcomeUnknown(
            f"The database was lost during the {action} of {plain(act.target, 80)}, and whether it was recorded is not known. "
            f"Look before trying again. {error.sentence}"
        ) from error


def _record_refusal(operator: Operator, act: Act, error: RmtuiError) -> None:
    outcome: Literal["refused", "failed"] = "refused" if error.exit_code == 1 else "failed"
    try:
        with connection():
            record(operator, act.action, outcome, act.target_pk, act.target, error.sentence)
    except RmtuiError as second:  # the database is what failed: the first error is the one to tell
        logger.warning("not recorded: %s of %s: %s", act.action, plain(act.target), second.sentence)


def record(
    operator: Operator,
    action: str,
    outcome: Literal["done", "refused", "failed"],
    target_pk: uuid.UUID | None,
    target: str,
    detail: str = "",
) -> None:
    """Add a row. Needs an open connection; inside a transaction it stands or falls with it."""
    Audit.create(
        operator_pk=operator.pk,
        operator=operator.callsign,
        proof=operator.proof,
        surface=operator.surface,
        action=action,
        outcome=outcome,
        target_pk=target_pk,
        target=target if storable(target) else plain(target),
        detail=detail if storable(detail) else plain(detail),
    )


def ready() -> bool:
    """Whether our own tables are there. Needs an open connection; a console that only looks may be the first to come."""
    return schema.own_tables_ready()


def history(targets: Iterable[Any], most: int = 50) -> tuple[AuditEntry, ...]:
    """What was done to a record, latest first. Needs an open connection; nothing, where our tables are not made yet."""
    if not ready():
        return ()
    wanted = [pk for pk in targets if pk is not None]
    query = Audit.select().where(Audit.target_pk.in_(wanted)).order_by(Audit.id.desc()).limit(most)
    return tuple(AuditEntry(row.at, row.operator, row.action, row.outcome, row.target, row.detail) for row in query)
