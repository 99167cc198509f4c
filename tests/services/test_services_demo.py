"""The sample deployment: believable, and gone afterwards whatever ends the program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TELL = """
import json, sys
from rmtui.services.demo import demo
from rmtui.services import deployment, enrollments, operators, people, roles
from rmtui.services.types import EnrollmentQuery, PeopleQuery, State
with demo() as made:
    me = operators.identify("console")
    rows = enrollments.list_enrollments(EnrollmentQuery(state=None), limit=1000).rows
    shown = people.list_people(PeopleQuery(status="all"), limit=1000).rows
    first = enrollments.list_enrollments(EnrollmentQuery(), limit=1).rows[0]
    told = dict(
        directory=str(made.directory),
        place=deployment.open_deployment().place,
        operator=me.callsign,
        states={state.value: sum(row.state is state for row in rows) for state in State},
        pools=len({row.pool for row in rows if row.pool}),
        active=sum(row.revoked_on is None for row in shown),
        revoked=[row.revoke_reason for row in shown if row.revoked_on],
        roles={row.role: row.members for row in roles.list_roles()},
        certificates=all(people.person(row.pk).certificate is not None for row in shown[:3]),
        reasons=[enrollments.enrollment(row.pk).reason for row in rows if row.state is State.REJECTED],
        codes=sorted(made.codes) == sorted(row.callsign for row in rows if row.state is State.PENDING),
        approved=enrollments.approve(me, first.pk, made.codes[first.callsign]).callsign == first.callsign,
    )
    print(json.dumps(told), flush=True)
    @@
"""


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """Everywhere a program might leave something."""
    names = {"HOME": "h", "TMPDIR": "t", "XDG_DATA_HOME": "d", "XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "s", "XDG_CACHE_HOME": "k"}
    made = {name: tmp_path / "places" / short for name, short in names.items()}
    for path in made.values():
        path.mkdir(parents=True)
    return made


def start(places: dict[str, Path], end: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TELL.replace("@@", end)],
        env={"PATH": os.environ["PATH"], "TZ": "UTC", **{name: str(path) for name, path in places.items()}, **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def left(places: dict[str, Path]) -> list[str]:
    return [str(path) for place in places.values() for path in place.rglob("*")]


def gone(directory: str) -> bool:
    until = time.monotonic() + 10
    while Path(directory).exists() and time.monotonic() < until:
        time.sleep(0.02)
    return not Path(directory).exists()


def test_what_is_in_it(places):
    process = start(places, "pass")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    told = json.loads(out)
    assert told["operator"] == "AURORA"
    assert told["place"] == f"{told['directory']}/rmtui.db"
    assert told["states"]["pending"] == 25
    assert told["states"]["rejected"] >= 3
    assert told["pools"] >= 2
    assert 35 <= told["active"] <= 45
    assert len(told["revoked"]) >= 2
    assert all(told["revoked"])
    assert told["roles"]["admin"] >= 2
    assert len(told["roles"]) >= 4
    assert all(told["reasons"])
    assert told["certificates"]
    assert told["codes"]
    assert told["approved"]
    assert gone(told["directory"])
    assert left(places) == []


def test_the_operators_own_settings_have_no_say(places):
    """Not the named database, data directory, operator or key paths: a demo touches nothing of theirs."""
    database = places["HOME"] / "real.db"
    process = start(
        places,
        "pass",
        RM_DB_DSN=f"sqlite:///{database}",
        RM_PERSISTENT_DATA_DIR=str(places["HOME"] / "data"),
        RMTUI_DATA_DIR=str(places["HOME"] / "here"),
        RMTUI_OPERATOR="SOMEBODY",
        RM_CERT_BACKEND="cfssl",
        RM_KRAFTWERK_MANIFEST_PATH="/nowhere/manifest.json",
        JWT_PRIVKEY_PATH=str(places["HOME"] / "jwt.key"),
        RMTUI_CA_PASSPHRASE="secret",
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["operator"] == "AURORA"
    assert left(places) == []


ENDINGS = ["raise SystemExit(3)", "1 / 0", "import os; os._exit(1)", "SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"]


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending[:8])
def test_nothing_is_left_whatever_ends_it(places, ending):
    process = start(places, "sys.stdin.readline()" if ending.startswith("SIG") else ending)
    directory = json.loads(process.stdout.readline())["directory"]
    if ending.startswith("SIG"):
        assert Path(directory, "rmtui.db").exists()
        process.send_signal(getattr(signal, ending))
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert gone(directory)
    assert left(places) == []
