"""Commands that act on several: dry runs, one question, a result for each, exit codes; codes first."""

from __future__ import annotations

import pytest
from cli_running import told

from making import START, make_enrollment, make_operator, make_person, state_of
from rmtui.cli import bulk
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.services.types import State

pytestmark = pytest.mark.two_databases

LINK = "https://mtls.example.com/approve-user?callsign=KETTU&approvalcode=KROW2IAC"


@pytest.fixture
def boss(deployed, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    monkeypatch.setenv("RMTUI_KEY_TYPE", "ec256")
    return make_operator()


def members(cli, role: str) -> list[str]:
    return [row["callsign"] for row in cli("people", "list", "--role", role, "--format", "json").json]


class TestReject:
    def test_several_of_whom_one_is_not_there(self, boss, cli):
        first, second = make_enrollment("RAVEN"), make_enrollment("KETTU")
        done = cli("enrollments", "reject", "raven", "NOBODY", "--yes", "KETTU", "raven", "--reason", "No", "--format", "json", code=4)
        assert [(row["callsign"], row["outcome"]) for row in done.json] == [("RAVEN", "done"), ("NOBODY", "refused"), ("KETTU", "done")]
        assert "There is no enrolment “NOBODY”" in done.json[1]["detail"]
        assert "2 done, 1 refused." in done.err
        assert (state_of(first), state_of(second)) == (State.REJECTED, State.REJECTED)
        assert cli("enrollments", "reject", "RAVEN", "KETTU", "--reason", "No", "--yes", code=1).out.count("already rejected") == 2

    def test_by_a_filter_after_a_dry_run(self, boss, cli):
        waiting = [make_enrollment(f"KARHU{number}") for number in range(7)]
        other = make_enrollment("RAVEN")
        how = ("enrollments", "reject", "--filter", "karhu", "--reason", "No")
        planned = cli(*how, "--dry-run", code=0)
        assert planned.out.count("reject") == 7
        assert "7 would be concerned; nothing was changed." in planned.err
        some = cli("enrollments", "reject", "KARHU1", "NOBODY", "--reason", "No", "--dry-run", code=0)
        assert "1 would be concerned, 1 not; nothing was changed." in some.err
        told(cli(*how), 2, "there is no terminal to ask on")
        assert state_of(waiting[0]) is State.PENDING
        assert cli(*how, "--yes", code=0).out.count("Rejected.") == 7
        told(cli(*how, "--yes"), 1, "Nobody fits the filter")
        assert state_of(other) is State.PENDING

    def test_nobody_or_everybody_is_no_choice(self, boss, cli):
        for words, why in (([], "name one callsign"), (["A", "--filter", "B"], "name one callsign"), (["--filter", " "], "everybody")):
            told(cli("enrollments", "reject", *words, "--reason", "No", "--yes"), 2, why)

    def test_a_question_names_how_many_and_the_first(self):
        targets = [bulk.Target(bulk.NOBODY, f"N{number}\x1b") for number in range(1_200)]
        assert bulk.named(targets[:2]) == "2: N0\\x1b, N1\\x1b"
        assert bulk.named(targets).endswith("N4\\x1b and 1,195 more")


def test_people(boss, cli, tmp_path):
    with connection():
        for callsign in ("RAVEN", "KETTU"):
            Person.create_with_cert(callsign)
    make_person("GONE", deleted=START)
    assert cli("roles", "assign", "RAVEN", "KETTU", "--yes", "GONE", "medic", code=4).out.count("Has the role medic now.") == 2
    assert members(cli, "medic") == ["KETTU", "RAVEN"]
    assert (
        cli("roles", "remove", "--filter", "role:medic kettu", "medic", "--dry-run", "--format", "json", code=0).json[0]["would"]
        == "remove medic"
    )
    cli("roles", "remove", "medic", "--filter", "role:medic kettu", "--yes", code=0)
    assert members(cli, "medic") == ["RAVEN"]

    out = tmp_path / "out"
    out.mkdir()
    told(cli("people", "export", "RAVEN", "KETTU", "--to", str(out), "--force", "--yes"), 2, "--force is for one callsign")
    assert cli("people", "export", "RAVEN", "KETTU", "--to", str(out), "--yes", code=0).out.count("Written to") == 2
    assert len([*out.iterdir()]) == 2
    assert cli("people", "export", "RAVEN", "KETTU", "--to", str(out), "--yes", code=1).out.count("is there already") == 2

    serials = [cli("people", "show", name, "--format", "json").json["serial"] for name in ("RAVEN", "KETTU")]
    cli("people", "reissue", "RAVEN", "KETTU", "--dry-run", code=0)
    assert [cli("people", "show", name, "--format", "json").json["serial"] for name in ("RAVEN", "KETTU")] == serials
    told(cli("people", "reissue", "RAVEN", "KETTU", "--csr", "-", "--yes"), 2, "--csr is for one callsign")
    cli("people", "reissue", "RAVEN", "KETTU", "--yes", code=0)
    assert cli("people", "show", "RAVEN", "--format", "json").json["serial"] != serials[0]

    done = cli("people", "revoke", "RAVEN", "KETTU", "BOSS", "--reason", "superseded", "--yes", "--format", "csv", code=4)
    assert [line.split(",")[:2] for line in done.lines[1:]] == [["RAVEN", "done"], ["KETTU", "done"], ["BOSS", "refused"]]


class TestCodes:
    TEXT = "KROW2IAB\n\nmoi, KETTU tässä " + LINK + "\nAAAABBBB\nkrow 2iab\nABCDEFG2\n"

    @pytest.fixture
    def waiting(self, boss):
        return [make_enrollment("RAVEN", "KROW2IAB"), make_enrollment("KETTU", "KROW2IAC"), make_enrollment("B0SS", "ABCDEFG2")]

    def test_a_dry_run_tells_whose_they_are(self, waiting, cli):
        done = cli("enrollments", "approve", "--codes", "-", "--dry-run", "--format", "json", stdin=self.TEXT, code=0)
        assert [row["callsign"] for row in done.json] == ["RAVEN", "KETTU", "", "RAVEN", "B0SS"]
        would = [row["would"] for row in done.json]
        assert would[:2] == ["approve", "approve"]
        assert would[2].startswith("nothing: No enrolment has this code")
        assert would[3:] == ["nothing: RAVEN is in line 1 already.", "nothing: B0SS looks like BOSS; to approve it, give its code alone."]
        assert {state_of(each) for each in waiting} == {State.PENDING}
        assert "KROW2IA" not in done.out + done.err

    def test_a_result_for_each_line(self, waiting, cli, tmp_path):
        path = tmp_path / "codes.txt"
        path.write_text("\ufeff" + self.TEXT, "utf-8")
        done = cli("enrollments", "approve", "--codes", str(path), "--yes", "--format", "json", code=4)
        assert [row["outcome"] for row in done.json] == ["done", "done", "refused", "refused", "refused"]
        assert [state_of(each) for each in waiting] == [State.APPROVED, State.APPROVED, State.PENDING]
        again = cli("enrollments", "approve", "--codes", str(path), "--format", "json", code=1)
        assert again.json[0]["detail"].startswith("RAVEN was approved by BOSS, 20")
        assert "KROW2IA" not in done.out + done.err + again.out + again.err

    def test_what_makes_no_sense(self, boss, cli, tmp_path):
        for words in (
            [],
            ["RAVEN"],
            ["--code", "X"],
            ["RAVEN", "--codes", "-"],
            ["RAVEN", "--code", "X", "--dry-run"],
            ["--codes", "-", "--code", "X"],
        ):
            assert cli("enrollments", "approve", *words, "--yes").code == 2
        (tmp_path / "junk").write_bytes(b"\xff")
        told(cli("enrollments", "approve", "--codes", str(tmp_path / "junk"), "--yes"), 1, "no text in UTF-8")
        told(cli("enrollments", "approve", "--codes", str(tmp_path / "none"), "--yes"), 1, "cannot be read")
        told(cli("enrollments", "approve", "--codes", "-", "--yes", stdin="x\n" * 501), 1, "at most 500")


def test_reset(boss, cli):
    make_enrollment("RAVEN", "KROW2IAB")
    done = cli("enrollments", "reset", "raven", "--yes", "--format", "json", code=0).json
    assert (done["callsign"], len(done["approvecode"])) == ("RAVEN", 8)
    told(cli("enrollments", "approve", "RAVEN", "--code", "KROW2IAB", "--yes"), 1, "not the code of RAVEN")
    cli("enrollments", "approve", "RAVEN", "--code", done["approvecode"], "--yes", code=0)
