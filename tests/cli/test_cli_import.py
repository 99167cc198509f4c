"""A directory of CSRs, by command."""

from __future__ import annotations

import pytest
from cli_running import told

from making import make_operator, make_pool
from rmtui.pki.csr import build_csr
from rmtui.pki.keys import generate


@pytest.fixture
def boss(deployed, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


def test_import(boss, cli, tmp_path):
    make_pool()
    for callsign in ("RAVEN", "KETTU", "BOSS"):
        (tmp_path / f"{callsign}.csr").write_bytes(build_csr(generate("ec256"), callsign))
    how = ("enrollments", "import", str(tmp_path))
    planned = cli(*how, "--dry-run", "--format", "json", code=0)
    assert [(row["file"], row["would"][:7]) for row in planned.json] == [
        ("BOSS.csr", "nothing"),
        ("KETTU.csr", "create"),
        ("RAVEN.csr", "create"),
    ]
    assert "2 would be made; nothing was changed." in planned.err
    assert cli("enrollments", "list", "--format", "json").json == []
    told(cli(*how), 2, "no terminal to ask on")

    done = cli(*how, "--pool", "INVITE22", "--yes", "--format", "json", code=4)
    assert [row["outcome"] for row in done.json] == ["refused", "done", "done"]
    assert (done.json[0]["approvecode"], done.json[0]["pk"]) == (None, None)
    assert "not shown again" in done.err
    listed = cli("enrollments", "list", "--format", "json").json
    assert {(row["callsign"], row["pool"], row["csr"]) for row in listed} == {("RAVEN", "INVITE22", True), ("KETTU", "INVITE22", True)}
    codes = "\n".join(row["approvecode"] for row in done.json[1:])
    assert cli("enrollments", "approve", "--codes", "-", "--yes", stdin=codes, code=0).out.count("Approved until ") == 2
    again = cli(*how, "--yes", code=1)
    assert again.out.count("is taken by a person") == 3
    assert codes.split("\n")[0] not in again.out
    told(cli("enrollments", "import", str(tmp_path / "none"), "--yes"), 1, "cannot be read")
