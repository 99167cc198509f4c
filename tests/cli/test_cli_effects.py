"""``rmtui effects``: listed in every form, run by a timer, tried again and skipped, each with its exit code."""

from __future__ import annotations

import csv
import io
import json

import pytest
from cli_running import told

from making import make_operator
from ports import HeldPort
from rmtui.db import effects
from rmtui.db.middleware import connection
from rmtui.db.own import Effect
from rmtui.db.people import Person

COLUMNS = ["id", "created", "callsign", "event", "target", "state", "attempts", "next_try", "done_on", "last_error"]


@pytest.fixture
def away(embedded, monkeypatch, tmp_path):
    """Somebody of whom a product is to be told that nobody answers for."""
    port = HeldPort()
    products = {"tak": {"api": f"http://127.0.0.1:{port.number}/", "certcn": "tak"}, "bl": {"api": "nowhere", "certcn": "bl"}}
    place = tmp_path / "manifest.json"
    place.write_text(json.dumps({"dns": "d.example", "deployment": "d", "products": products}))
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    make_operator()
    with connection():
        raven = Person.create_with_cert("RAVEN")
        row = {"person": raven.pk, "callsign": "RAVEN\x1b", "event": "created"}
        effects._insert([{**row, "target": "product:tak"}, {**row, "target": "product:bl"}])
    monkeypatch.setenv("RM_KRAFTWERK_MANIFEST_PATH", str(place))
    yield
    port.close()


def due_now() -> None:
    with connection():
        Effect.update(next_try=Effect.created).execute()


def test_run_list_retry_skip(away, cli):
    assert cli("effects", "run", "--format", "json", code=2).err  # there is nobody to ask
    ran = cli("effects", "run", "--yes", code=1)
    assert "product:tak, created RAVEN" in ran.err
    assert "\x1b" not in ran.err + ran.out
    found = cli("effects", "list", "--format", "json", code=0).json
    assert [list(row) for row in found] == [[*COLUMNS, "person", "failing"]] * 2
    assert [(row["target"], row["state"], row["attempts"], row["failing"]) for row in found] == [
        ("product:tak", "waiting", 1, True),
        ("product:bl", "waiting", 1, True),
    ]
    assert found[1]["last_error"] == "The product bl was not told: the manifest gives no web address for it."
    head, *rows = csv.reader(io.StringIO(cli("effects", "list", "--filter", "tak", "--format", "csv", code=0).out))
    assert head == COLUMNS
    assert [row[4] for row in rows] == ["product:tak"]
    assert cli("effects", "retry", "1", "--yes", code=3).out
    assert cli("effects", "retry", "2", "--yes", code=1).out
    told(cli("effects", "skip", "2", "--reason", " ", "--yes"), 1, "say why")
    assert cli("effects", "skip", "2", "--reason", "gone", "--yes", "--format", "json", code=0).json["state"] == "skipped"
    told(cli("effects", "skip", "2", "--reason", "gone", "--yes"), 1, "was skipped on", "nothing was changed")
    told(cli("effects", "retry", "9", "--yes"), 1, "There is no effect 9")
    told(cli("effects", "retry", "x", "--yes"), 2, "ID is a number")
    assert [row["id"] for row in cli("effects", "list", "--format", "json", code=0).json] == [1]
    assert len(cli("effects", "list", "--all", code=0).lines) == 3
    due_now()
    assert cli("effects", "run", "--yes", "--format", "json", code=3).json == {"done": 0, "failed": 1, "unreachable": 1, "skipped": 0}
    assert cli("effects", "run", "--yes", "--format", "json", code=0).json == {"done": 0, "failed": 0, "unreachable": 0, "skipped": 0}
    told(cli("effects", "run", "--yes", "--read-only"), 1, "read-only mode")


def test_all_that_waits_for_a_product_that_is_gone(away, cli):
    with connection():
        row = {"person": Person.get().pk, "callsign": "TAKALA", "event": "revoked"}
        effects._insert([{**row, "target": "product:bl"}, *({**row, "target": "product:tak"} for _ in range(3))])
    told(cli("effects", "skip", "--reason", "gone", "--yes"), 2, "name one ID or more, or choose them with --target")
    told(cli("effects", "skip", "1", "--target", "product:tak", "--reason", "gone", "--yes"), 2, "or choose them with --target")
    told(cli("effects", "skip", "--target", "tak", "--reason", "gone", "--yes"), 1, "Nothing waits for tak; nothing was changed.")
    assert [row["id"] for row in cli("effects", "list", "--target", "product:tak", "--format", "json", code=0).json] == [1, 4, 5, 6]
    told(cli("effects", "skip", "--target", "product:tak", "--reason", " ", "--yes"), 1, "say why")
    skipped = cli("effects", "skip", "--target", "product:tak", "--reason", "gone", "--yes", "--format", "json", code=0).json
    assert [(row["id"], row["state"]) for row in skipped] == [(1, "skipped"), (4, "skipped"), (5, "skipped"), (6, "skipped")]
    assert [row["id"] for row in cli("effects", "list", "--format", "json", code=0).json] == [2, 3]
    ran = cli("effects", "retry", "2", "3", "4", "9", "--yes", "--format", "json", code=1)
    assert [(row["id"], row["attempts"]) for row in ran.json] == [(2, 1), (3, 1)]
    assert "Effect 4 was skipped on" in ran.err
    assert "There is no effect 9" in ran.err


def test_partly(away, cli):
    with connection():
        Effect.update(target="crl").where(Effect.id == 1).execute()
    assert cli("effects", "run", "--yes", "--format", "json", code=4).json == {"done": 1, "failed": 1, "unreachable": 0, "skipped": 0}
    assert cli("effects", "list", "--state", "done", "--format", "json", code=0).json[0]["target"] == "crl"


def test_where_nothing_was_ever_planned(embedded, cli):
    assert cli("effects", "list", code=0).out == ""
    assert cli("effects", "list", "--format", "json", code=0).json == []
