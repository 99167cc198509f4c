"""Enrols and decides as the web API does: statements of its own, no lock of ours, and no look at what was decided meanwhile."""

from __future__ import annotations

import json
import os
import random
import sys
import time
import uuid

import psycopg2

NOW = "timezone('UTC', now())"


def approve(cursor: psycopg2.extensions.cursor, boss: str, target: str) -> None:
    """Make the person, then write to the enrolment whatever it says by then."""
    cursor.execute("SELECT callsign, state FROM raesenmaeher.enrollments WHERE pk = %s", (target,))
    callsign, state = cursor.fetchone()
    if state == 1:
        raise psycopg2.IntegrityError("approved already")
    time.sleep(random.uniform(0, 0.02))  # the key and the certificate
    pk = str(uuid.uuid4())
    insert = f"INSERT INTO raesenmaeher.users (pk, created, updated, callsign, certspath, extra) VALUES (%s, {NOW}, {NOW}, %s, %s, 'null')"
    cursor.execute(insert, (pk, callsign, f"/nowhere/{pk}"))
    decide = (
        f"UPDATE raesenmaeher.enrollments SET state = 1, decided_by = %s, decided_on = {NOW}, updated = {NOW}, person = %s WHERE pk = %s"
    )
    cursor.execute(decide, (boss, pk, target))


def reject(cursor: psycopg2.extensions.cursor, boss: str, target: str) -> None:
    """Write to the enrolment whatever it says by then."""
    decide = f"UPDATE raesenmaeher.enrollments SET state = 2, decided_by = %s, decided_on = {NOW}, updated = {NOW} WHERE pk = %s"
    cursor.execute(decide, (boss, target))


def enrol(cursor: psycopg2.extensions.cursor, _boss: str, target: str) -> None:
    """Somebody asks to come in."""
    insert = f"""INSERT INTO raesenmaeher.enrollments (pk, created, updated, approvecode, callsign, state, extra)
        VALUES (%s, {NOW}, {NOW}, %s, %s, 0, 'null')"""
    cursor.execute(insert, (target, uuid.uuid4().hex[:8].upper(), f"NEW{target[:8]}"))


def main() -> None:
    """Take the work from standard input, and do it."""
    boss, _callsign, jobs = json.loads(sys.stdin.readline())
    session = psycopg2.connect(os.environ["RM_DB_DSN"])
    print(json.dumps(["", "", "ready"]), flush=True)
    sys.stdin.readline()
    for verb, target, _code in jobs:
        try:
            with session, session.cursor() as cursor:
                {"approve": approve, "reject": reject, "enrol": enrol}[verb](cursor, boss, target)
            answer = "done"
        except psycopg2.Error as error:
            answer = type(error).__name__
        print(json.dumps([target, verb, answer]), flush=True)
    session.close()


main()
