"""``kill -9`` of ``rmtui effects run`` while messages go out: none is lost, none is overtaken, one may come twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from itertools import groupby

import pytest
from product_stand_in import Product, manifest

from rmtui.db import effects as queue
from rmtui.db.middleware import connection
from rmtui.db.own import Effect
from rmtui.db.people import Person

KILLS = 6
EVENTS = ["promoted", "demoted"] * 6


@pytest.mark.parametrize("env", ["sqlite", "postgresql"], indirect=True)
def test_killed_at_random_instants(env, tmp_path):
    product = Product()
    place = tmp_path / "manifest.json"
    place.write_text(manifest(tak=product.api))
    variables = {**os.environ, **env, "RM_KRAFTWERK_MANIFEST_PATH": str(place)}
    command = [sys.executable, "-m", "rmtui", "effects", "run", "--yes", "--format", "json"]
    with connection():
        rows = []
        for callsign in ("RAVEN", "KARHU"):
            person = Person.create_with_cert(callsign)
            rows += [{"person": person.pk, "callsign": callsign, "event": event, "target": "product:tak"} for event in EVENTS]
        queue._insert(rows)

    for _ in range(KILLS):
        before = product.asked
        process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while product.asked == before and process.poll() is None:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.012))
        process.send_signal(signal.SIGKILL)
        assert process.wait() in {-signal.SIGKILL, 0}
    last = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)
    product.close()
    assert last.returncode == 0, last.stderr
    for callsign in ("RAVEN", "KARHU"):
        told = [message for message, whom in product.told if whom == callsign]
        assert [message for message, _same in groupby(told)] == EVENTS
    with connection():
        assert {state for (state,) in Effect.select(Effect.state).distinct().tuples()} == {"done"}
    assert product.at_once == 1
    assert len(product.told) <= len(EVENTS) * 2 + KILLS
