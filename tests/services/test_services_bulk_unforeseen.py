"""An error that nobody foresaw ends a bulk, but what was done before it is told: an import's codes are shown only once."""

from __future__ import annotations

import logging
import uuid

import pytest

from rmtui.db.errors import DatabaseBusy, DatabaseUnreachable
from rmtui.errors import EXIT_PARTLY, EXIT_REFUSED, EXIT_UNREACHABLE, RmtuiError
from rmtui.pki.interface import NoAnswer
from rmtui.services import bulk, decisions, importing
from rmtui.services.bulk import Target
from rmtui.services.importing import Candidate
from rmtui.services.types import CreatedEnrollment

CODE = "KROW2IAB"


@pytest.mark.parametrize("threads", [1, 2])
def test_it_is_that_ones_result_and_the_rest_is_left(threads, caplog):
    targets = [Target(uuid.uuid4(), name) for name in ("AHMA", "BI\x1bISON", "CARIBOU", "DINGO", "EMU")]

    def act(target):
        if target.name != "AHMA":
            raise ValueError(CODE)
        return "Done."

    with caplog.at_level(logging.ERROR):
        report = bulk.run(targets, act, threads=threads)
    outcomes = [result.outcome for result in report.results]
    assert outcomes[:2] == ["done", "failed"]
    assert outcomes[-1] == "left"
    assert set(outcomes[2:]) <= {"failed", "left"}
    assert "ValueError" in report.results[1].sentence
    assert report.exit_code == EXIT_PARTLY
    assert str(targets[1].pk) in caplog.text
    assert "ISON" not in caplog.text  # of an invite the name is its code
    assert "in act" in caplog.text
    assert CODE not in caplog.text + str(report)


@pytest.mark.parametrize(
    ("errors", "exit_code"),
    [
        ([NoAnswer("The CA is away.")], EXIT_UNREACHABLE),
        ([DatabaseBusy("It is busy."), DatabaseUnreachable("It is gone.")], EXIT_UNREACHABLE),
        ([RmtuiError("No."), DatabaseUnreachable("It is gone.")], EXIT_REFUSED),
        ([None, DatabaseUnreachable("It is gone.")], EXIT_PARTLY),
    ],
)
def test_what_failed_since_nobody_answered_is_worth_a_retry(errors, exit_code):
    def act(target):
        error = errors.pop(0)
        if error is not None:
            raise error
        return "Done."

    assert bulk.run([Target(uuid.uuid4(), name) for name in ("AHMA", "BIISON", "CARIBOU")], act).exit_code == exit_code


def test_an_import_keeps_the_codes_that_it_made(monkeypatch):
    def create(_operator, callsign, **_how):
        if callsign == "BIISON":
            raise ValueError
        return CreatedEnrollment(uuid.uuid4(), callsign, CODE)

    monkeypatch.setattr(decisions, "create", create)
    done = importing.create(None, [Candidate(f"{name}.csr", name, "PEM") for name in ("AHMA", "BIISON", "CARIBOU")])
    assert [result.outcome for result in done.report.results] == ["done", "failed", "left"]
    assert [code.reveal() for code in done.codes.values()] == [CODE]
