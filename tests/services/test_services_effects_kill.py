"""``kill -9`` of whoever carries out effects or acts, while products fail: no message is lost or overtaken; one may come twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from effects_carrier import PEOPLE

from making import audit_rows, make_operator
from product_stand_in import Product, manifest
from rmtui import settings
from rmtui.db.config import DBConfig
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.services import certificates, effects

KILLS = 8
"""Fewer on PostgreSQL, where they take longer and go the same way."""
ROLES = ("timer", "timer", "console", "operator")
TROUBLE = (500, "reset", "hang", '{"success": false}', True, True, True)
EVENTS = {"assign-role": "promoted", "remove-role": "demoted"}
CARRIER = Path(__file__).with_name("effects_carrier.py")


@pytest.fixture
def start(env, tmp_path):
    """Start a process that goes on until it is killed."""
    place = str(tmp_path / "manifest.json")
    path = os.pathsep.join(sys.path)
    variables = {**os.environ, **env, "RMTUI_OPERATOR": "BOSS", "RM_KRAFTWERK_MANIFEST_PATH": place, "PYTHONPATH": path}
    started: list[subprocess.Popen[bytes]] = []

    def begin(role: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, str(CARRIER), role], env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def products():
    made = {"bl": Product(), "tak": Product()}
    yield made
    for product in made.values():
        product.close()


@pytest.mark.parametrize("env", ["sqlite", "postgresql"], indirect=True)
def test_killed_at_random_instants(env, start, products, tmp_path):
    chance = random.Random()
    (tmp_path / "manifest.json").write_text(manifest(**{name: product.api for name, product in products.items()}))
    settings.configure(replace(settings.current(), manifest=tmp_path / "manifest.json"))
    boss = make_operator()
    with connection():
        people = {callsign: Person.create_with_cert(callsign) for callsign in PEOPLE}
        certificate = {str(each.pk): each.get_cert_pem().decode().replace("\n", "\\n") for each in people.values()}
    running = [start(role) for role in ROLES]
    for victim in [0, 1, 2, 3] * (KILLS // (4 if DBConfig.singleton().is_sqlite else 8)):
        for product in products.values():
            product.answers = chance.choices(TROUBLE, k=4)
        asked, end = sum(product.asked for product in products.values()), time.monotonic() + 30
        while sum(product.asked for product in products.values()) < asked + 4:
            assert time.monotonic() < end, [process.poll() for process in running]
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05))  # the instant, which is to be any
        running[victim].send_signal(signal.SIGKILL)
        assert running[victim].wait() == -signal.SIGKILL
        running[victim] = start(ROLES[victim])
    end = time.monotonic() + 30
    while len({target for _by, action, outcome, target, _about in audit_rows() if action in EVENTS and outcome == "done"}) < 2:
        assert time.monotonic() < end, [process.poll() for process in running]
        time.sleep(0.05)
    for process in running:
        process.kill()
        process.wait()
    for product in products.values():
        product.answers = []
    certificates.revoke(boss, people["RAVEN"].pk, "superseded")
    while effects.undone().waits:
        assert not effects.run_due(now=True).failed

    acted = [(target, EVENTS[action]) for _by, action, outcome, target, _about in audit_rows() if action in EVENTS and outcome == "done"]
    assert len({whom for whom, _event in acted}) > 1
    for product in products.values():
        for callsign in PEOPLE:
            told = [message for message, whom in product.told if whom == callsign]
            wanted = ["created", *(event for whom, event in acted if whom == callsign), *["revoked"] * (callsign == "RAVEN")]
            assert [message for message, _same in groupby(told)] == wanted
        assert {(body["uuid"], body["x509cert"]) for body in product.bodies} <= set(certificate.items())
