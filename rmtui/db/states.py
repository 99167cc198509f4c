"""What may become of an enrolment."""

from __future__ import annotations

import enum

from rmtui.i18n import later

__all__ = ["EnrollmentState", "state_word"]


class EnrollmentState(enum.IntEnum):
    """Enrolment states."""

    PENDING = 0
    APPROVED = 1
    REJECTED = 2


_STATES = (later("pending"), later("approved"), later("rejected"))


def state_word(state: int) -> str:
    """An enrolment's state as a word of data, one that others invented too; ``tr(word)`` for the eye."""
    return EnrollmentState(state).name.lower() if state in set(EnrollmentState) else f"in state {state}"
