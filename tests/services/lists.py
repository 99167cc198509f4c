"""A deployment whose lists hold what sorting and filtering stumble over: ties, nothing, foreign text, states that others invented."""

from __future__ import annotations

import datetime as dt
import random
import uuid

from making import NAMES, NUMBERS, START
from rmtui import settings
from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment, EnrollmentPool
from rmtui.db.logincodes import LoginCode
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.people import Person, Role
from rmtui.services.types import State

TIMES = [START + dt.timedelta(minutes=number) for number in range(3)] + [START + dt.timedelta(microseconds=1)]
CODES = ["ABCD2345", "abcd2345", "A_C%2345", "Ж'\"", "\\x1b"]
REASONS = [None, "keyCompromise", "KEYcompromise", "", "'; --"]


def fill() -> None:
    """Put the rows in."""
    dice = random.Random(7)
    people, roles, issued = [], [], []
    for number in range(26):
        pk = uuid.uuid4()
        gone = dice.choice([None, None, *TIMES])
        people.append(
            Person(
                pk=pk,
                callsign=NAMES[number] if number < len(NAMES) else f"{dice.choice('xXåÅ')}{number}",
                certspath=str(settings.current().data_dir / "private" / "people" / str(pk)),
                created=dice.choice(TIMES),
                deleted=gone,
                revoke_reason=dice.choice(REASONS) if gone else None,
                extra={},
            )
        )
        given = dice.sample(["admin", "Admin", "Ж", "a b", "_", "medic"], dice.randrange(4)) * dice.randrange(1, 3)
        if number == 20:
            given = [f"r{each}" for each in range(130)]
        roles += [Role(user=pk, role=role) for role in given]
        issued += [
            Issued(
                serial=uuid.uuid4().hex,
                person=pk,
                callsign="X",
                fingerprint="",
                not_before=START,
                not_after=dice.choice(TIMES),
                committed=dice.random() < 0.7,
                revoked_on=dice.choice([None, None, START]),
            )
            for _ in range(dice.randrange(3))
        ]
    pools = [
        EnrollmentPool(
            invitecode=code,
            owner=dice.choice([uuid.uuid4(), people[0].pk, people[1].pk]),
            active=dice.random() < 0.5,
            created=dice.choice(TIMES),
            deleted=dice.choice([None, None, START]),
            extra={},
        )
        for code in [*CODES, *(f"INVITE{number:02}" for number in range(9))]
    ]
    enrollments = []
    for number in range(28):
        state = dice.choice(list(State))
        enrollments.append(
            Enrollment(
                callsign=NAMES[number] if number < len(NAMES) else f"{dice.choice('xXåÅ')}{number}",
                approvecode=f"CODE{number}",
                state=7 if number % 9 == 8 else NUMBERS[state],
                created=dice.choice(TIMES),
                decided_on=dice.choice([None, *TIMES]),
                decided_by=dice.choice([None, *(person.pk for person in people[:3])]),
                person=dice.choice([None, people[number % 26].pk]),
                pool=dice.choice([None, *(pool.pk for pool in pools[:7])]),
                csr=dice.choice([None, "x"]),
                extra={},
            )
        )
    claims = [{"sub": "RAVEN"}, {"sub": "raven"}, {"sub": "Ж%"}, {"sub": ""}, {"sub": 5}, {}, {"anon_admin_session": True}]
    claims += [{"sub": "KARHU", "anon_admin_session": True}, {"anon_admin_session": "true"}]
    made = [{}, {"created_by": "BOSS"}, {"created_by": "boss"}, {"created_by": 7}, {"created_by": ["x"]}, {"created_by": True}]
    codes = []
    for number in range(27):
        used = dice.choice([None, *TIMES])
        meta = {**dice.choice(made), **({"burnt": dice.choice([True, False, "true", 1])} if dice.random() < 0.6 else {})}
        codes.append(
            LoginCode(code=f"LOGIN{number:07}", claims=claims[number % 9], auditmeta=meta, created=dice.choice(TIMES), used_on=used)
        )
    with connection(), db.atomic():
        for model, rows in ((Person, people), (Role, roles), (Issued, issued), (EnrollmentPool, pools), (Enrollment, enrollments)):
            model.bulk_create(rows)
        LoginCode.bulk_create(codes)
        for table, where in (("enrollments", "callsign = 'Z'"), ("logincodes", "code IN ('LOGIN0000003', 'LOGIN0000004', 'LOGIN0000011')")):
            db.execute_sql(f"UPDATE {table} SET deleted = created WHERE {where}")
