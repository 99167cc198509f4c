"""Roll-call on the command line."""

from __future__ import annotations

import csv
import io

import pytest
from cli_running import told

from making import make_enrollment, make_operator, make_person


@pytest.fixture
def boss(deployed, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


def test_rollcall(boss, cli, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("\ufeffcallsign,unit\nboss,1\nraven,2\nRAVEN1,3\n", "utf-8")
    make_enrollment("RAVEN")
    make_person("STRANGER")
    done = cli("people", "rollcall", str(path), "--format", "csv", code=1)
    assert [*csv.reader(io.StringIO(done.out))] == [
        ["callsign", "group", "note"],
        ["BOSS", "joined", ""],
        ["RAVEN", "pending", ""],
        ["RAVEN1", "missing", ""],
        ["STRANGER", "unexpected-joined", ""],
    ]
    assert "1 in, 1 pending, 1 not heard of, 1 in and not on the list." in done.err
    shown = cli("people", "rollcall", str(path), "--format", "json", code=1).json
    assert [(row["kind"], row["pk"] is None) for row in shown] == [
        ("person", False),
        ("enrollment", False),
        (None, True),
        ("person", False),
    ]
    assert cli("people", "rollcall", "-", stdin="BOSS\nSTRANGER\n").code == 1
    told(cli("people", "rollcall", "-", stdin="A/B"), 1, "Line 1 holds no callsign")
    told(cli("people", "rollcall", str(tmp_path)), 1, "cannot be read")


def test_all_in(boss, cli):
    assert cli("people", "rollcall", "-", stdin="boss # that is me\n", code=0).lines[1].split() == ["BOSS", "joined"]
