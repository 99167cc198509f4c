"""Code-first approval: what was typed or pasted finds one enrolment or none, and never guesses; new codes."""

from __future__ import annotations

import pytest

from making import audit_rows, make_enrollment, make_operator, state_of
from rmtui.db.errors import AlreadyDecided, EnrollmentError, WrongCode
from rmtui.services import enrollments
from rmtui.services.types import State


@pytest.fixture
def boss(env):
    return make_operator()


class TestResetCode:
    def test_the_new_one_works_and_the_old_one_does_not(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        made = enrollments.reset_code(boss, waiting.pk)
        assert (made.callsign, made.approvecode in repr(made)) == ("RAVEN", False)
        assert audit_rows()[-1] == ("BOSS", "reset-code", "done", "RAVEN", "")
        with pytest.raises(WrongCode):
            enrollments.approve(boss, waiting.pk, "KROW2IAB")
        enrollments.approve(boss, waiting.pk, made.approvecode)
        with pytest.raises(AlreadyDecided, match="already approved by BOSS"):
            enrollments.reset_code(boss, waiting.pk)

    def test_an_approval_that_began_with_the_old_one_does_not_end(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")

        def meanwhile(step):
            if step == "Recording the approval":
                enrollments.reset_code(boss, waiting.pk)

        with pytest.raises(EnrollmentError, match="changed meanwhile; nothing was approved"):
            enrollments.approve(boss, waiting.pk, "KROW2IAB", progress=meanwhile)
        assert state_of(waiting) is State.PENDING
