"""Keys for coming approvals, so that an approval does not wait for one; see :mod:`rmtui.pki.keys_ahead`."""

from __future__ import annotations

from rmtui import settings
from rmtui.auth.operator import Operator
from rmtui.auth.permissions import Permission, may
from rmtui.db.enrollments import Enrollment, EnrollmentState
from rmtui.db.middleware import connected
from rmtui.pki.keys_ahead import MOST, stock

__all__ = ["MOST", "needed", "stop", "want"]


@connected
def needed(operator: Operator | None) -> int:
    """How many approvals by this operator will have to make a key, counted no further than :data:`MOST`; 0 if they may not approve."""
    if settings.current().read_only or not may(operator, Permission.DECIDE):
        return 0
    waiting = (Enrollment.state == EnrollmentState.PENDING.value) & Enrollment.csr.is_null() & Enrollment.deleted.is_null()
    return len(list(Enrollment.select(Enrollment.pk).where(waiting).limit(MOST).tuples()))


def want(number: int) -> None:
    """Have a key ready for each of so many approvals, at most :data:`MOST`, made in the background; what is more is dropped.

    None are made in read-only mode, nor of a kind that takes no time.
    """
    config = settings.current()
    stock.want(0 if config.read_only else number, config.key_type)


def stop() -> None:
    """Drop all keys, and make no more until some are wanted again."""
    want(0)
