"""The program's own log: what is in it, what is not, and that it is in nobody's way."""

from __future__ import annotations

import logging
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmtui import logs

LINE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ %s rmtui\.test\[\d+\] %s"


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    yield logging.getLogger("rmtui.test")
    logs.end()


def test_a_file_of_ones_own_that_is_there_once_there_is_something_to_say(tmp_path: Path, log: logging.Logger) -> None:
    place = tmp_path / "state" / "rmtui"
    logs.begin(place, "warning", told=False)
    log.info("nobody asked")
    assert not place.exists()
    log.warning("left behind: %s", 7)
    path = logs.log_path(place)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert re.fullmatch(LINE % ("WARNING", "left behind: 7") + "\n", path.read_text())


@pytest.mark.parametrize(("level", "expected"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_and_what_is_worse(tmp_path: Path, log: logging.Logger, level: str, expected: int) -> None:
    logs.begin(tmp_path, level, told=False)
    for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        log.log(number, "said")
    assert len(logs.log_path(tmp_path).read_text().splitlines()) == expected


def test_where_something_went_wrong_and_not_what_was_said(tmp_path: Path, log: logging.Logger) -> None:
    logs.begin(tmp_path, "warning", told=False)
    try:
        raise ValueError("the code is ABCD2345")
    except ValueError:
        log.exception("act failed")
    first, *rest = logs.log_path(tmp_path).read_text().splitlines()
    assert re.fullmatch(LINE % ("ERROR", "act failed"), first)
    assert all(line.startswith("    ") for line in rest)
    assert "test_logs.py" in rest[0]
    assert rest[-1].strip() == "ValueError"
    assert "ABCD2345" not in "".join(rest[-1:])


def test_what_nobody_foresaw_is_a_line_at_the_terminal_and_its_place_in_the_log(
    tmp_path: Path, log: logging.Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.begin(tmp_path, "warning", told=True)
    try:
        raise ValueError("the code is ABCD2345")
    except ValueError as error:
        logs.unforeseen(log, error, 7)
    assert capfd.readouterr().err == "ValueError about 7\n"
    first, *rest = logs.log_path(tmp_path).read_text().splitlines()
    assert re.fullmatch(LINE % ("ERROR", "ValueError about 7"), first)
    assert "test_logs.py" in rest[0]
    assert "ABCD2345 " not in "".join(rest)


def test_what_another_handler_made_of_an_exception_is_not_taken_over(tmp_path: Path, log: logging.Logger) -> None:
    logs.begin(tmp_path, "warning", told=False)
    try:
        raise ValueError("".join(("ABCD", "2345")))
    except ValueError:
        record = log.makeRecord(log.name, logging.ERROR, __file__, 1, "act failed", (), sys.exc_info())
    assert "ABCD2345" in logging.Formatter().format(record)
    log.handle(record)
    assert "ABCD2345" not in logs.log_path(tmp_path).read_text()
    assert "ABCD2345" in str(record.exc_text)


def test_foreign_text_neither_commands_a_terminal_nor_looks_like_an_event(tmp_path: Path, log: logging.Logger) -> None:
    logs.begin(tmp_path, "warning", told=False)
    log.warning("%s", "KARHU\x1b[2J\u202eX\n2026-11-24 12:00:00Z ERROR rmtui.db[1] gone")
    first, second = logs.log_path(tmp_path).read_text().splitlines()
    assert first.endswith(r"KARHU\x1b[2J\u202eX")
    assert second.startswith("    2026")


def test_it_is_begun_anew_when_it_is_long_and_one_is_kept(tmp_path: Path, log: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST", 100)
    for said in ("first", "second", "third"):
        logs.begin(tmp_path, "warning", told=False)
        log.warning(said * 30)
    path = logs.log_path(tmp_path)
    assert "third" in path.read_text()
    assert "second" in path.with_name("rmtui.log.1").read_text()
    assert sorted(each.name for each in tmp_path.glob("rmtui*")) == ["rmtui.log", "rmtui.log.1"]


@pytest.mark.parametrize("way", ["file", "link"])
def test_where_it_cannot_be_written_nothing_happens(
    tmp_path: Path, log: logging.Logger, capfd: pytest.CaptureFixture[str], way: str
) -> None:
    place, other = tmp_path / "place", tmp_path / "other"
    other.write_text("somebody's")
    if way == "file":
        place.write_text("in the way")
    else:
        place.mkdir()
        logs.log_path(place).symlink_to(other)
    logs.begin(place, "warning", told=False)
    log.warning("nobody reads this")
    assert capfd.readouterr().err == ""
    assert other.read_text() == "somebody's"


def test_it_is_begun_anew_while_the_program_runs_and_when_another_did(
    tmp_path: Path, log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST", 300)
    logs.begin(tmp_path, "warning", told=False)
    path = logs.log_path(tmp_path)
    for number in range(50):
        log.warning("event %02d", number)
        assert path.stat().st_size < 400
    assert "event 49" in path.read_text()
    path.rename(tmp_path / "elsewhere")
    log.warning("after the other")
    assert "after the other" in path.read_text()


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("level", ["info", "error"])
def test_a_command_tells_its_warnings_too_and_a_console_does_not(
    tmp_path: Path, log: logging.Logger, capsys: pytest.CaptureFixture[str], level: str, told: bool
) -> None:
    logs.begin(tmp_path, level, told=told)
    log.info("for the log")
    log.warning("for everybody")
    assert capsys.readouterr().err == ("for everybody\n" if told else "")


def test_of_the_program(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "RMTUI_LOG_LEVEL": "chatty"}
    command = [sys.executable, "-m", "rmtui", "whoami"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "RMTUI_LOG_LEVEL is 'chatty'; it takes one of debug, info, warning, error." in done.stderr
