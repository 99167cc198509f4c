"""Several rmtui and the web API decide about the same people at once: nothing is lost, and nothing doubled but by the API."""

from __future__ import annotations

import random
import uuid
from collections import Counter

import pytest

from making import make_enrollment, make_operator
from rmtui import settings
from rmtui.db import Enrollment, EnrollmentState, Person
from rmtui.db.middleware import connection
from rmtui.db.own import Audit, Claim, Issued
from rmtui.services import trail

MANY = 40


@pytest.mark.parametrize("env", ["upstream"], indirect=True)
def test_at_once(env, work):
    boss = make_operator()
    asked = [make_enrollment(f"UNIT{number:02}", f"CODE{number:04}") for number in range(MANY)]

    def jobs(*verbs):
        return [(random.choice(verbs), str(row.pk), row.approvecode) for row in random.sample(asked, MANY)]

    new = [("enrol", str(uuid.uuid4()), "") for _ in range(MANY // 2)]
    theirs = jobs("approve", "reject")
    for job in new:
        theirs.insert(random.randrange(len(theirs)), job)
    ours = [work(env, [str(boss.pk), boss.callsign, jobs("approve", "approve", "reject")]) for _ in range(2)]
    api = work(env, [str(boss.pk), boss.callsign, theirs], "api_worker.py")
    for worker in (*ours, api):
        assert worker.ready.wait(30)
    for worker in (*ours, api):
        worker.go()
    for worker in (*ours, api):
        assert worker.process.wait(60) == 0

    told = Counter((target, verb) for worker in ours for target, verb, answer in worker.said if answer == "done")
    refusals = {answer.split(":")[0] for worker in ours for _, _, answer in worker.said} - {"done"}
    assert refusals <= {"AlreadyDecided", "BeingApproved", "CallsignReserved"}
    by_api = {target: verb for target, verb, answer in api.said if answer == "done"}
    assert {target for _, target, _ in new} <= set(by_api), "the API was kept from enrolling"
    with connection():
        done = Counter((str(entry.target_pk), entry.action) for entry in Audit.select().where(Audit.outcome == "done"))
        assert done == told
        assert max(Counter(target for target, _ in done.elements()).values(), default=1) == 1, "rmtui decided twice"
        rows = {str(row.pk): row for row in Enrollment.select()}
        assert len(rows) == MANY + len(new)
        assert all(rows[target].state == EnrollmentState.PENDING for _, target, _ in new)
        people = {person.pk: person for person in Person.list() if person.pk != boss.pk}
        assert sorted(people) == sorted(row.person for row in rows.values() if row.person is not None), "a person without an enrolment"
        for (target, verb), row in ((each, rows[each[0]]) for each in done):
            if verb == "approve":
                issued = Issued.get(Issued.person == row.person)
                assert (issued.committed, issued.revoked_on, issued.callsign) == (True, None, row.callsign)
                assert people[row.person].get_cert_pem()
            elif target not in by_api:
                assert (row.state, row.person) == (EnrollmentState.REJECTED, None)
        for target, row in rows.items():
            assert target in by_api or any(target == each for each, _ in done), "lost"
            assert row.state != EnrollmentState.APPROVED or row.person in people
        assert Claim.select().count() == 0
        assert Issued.select().where(~Issued.committed, Issued.revoked_on.is_null()).count() == 0
        made = {str(issued.person) for issued in Issued.select().where(Issued.committed)}
    assert {path.name for path in settings.current().people_dir.glob("*")} == made
    assert trail.verify().ok
