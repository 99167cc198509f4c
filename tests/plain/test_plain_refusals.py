"""What is refused, cancelled or lost in plain lines: it is told, nothing is half-done, and the dialogue goes on."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from plain_lines import RMTUI

from making import audit_rows, make_enrollment, make_operator, make_person, state_of
from rmtui import clock, settings
from rmtui.plain import dialogue
from rmtui.plain.talk import WIDTH, Idle, Talk, wrapped
from rmtui.services import certificates, codes, enrollments, people
from rmtui.services.types import State

pytestmark = pytest.mark.two_databases

HOSTILE = "RAVEN\x1b[2J\n1. KARHU\r\x07\u202e\x9b31m\x00"[:-1]
SCRIPT = ["1", "1", "x", "unknown", "yes", "q"]
APPROVAL = ["1", "1", "a", "KROW2IAB", "q"]
REVOCATION = ["2 otter", "1", "x", "2", "OTTER", "q"]
GRANT = ["2 otter", "1", "g", "medic", "yes", "q"]

sqlite_only = pytest.mark.parametrize("env", ["sqlite"], indirect=True)


def interrupt() -> KeyboardInterrupt:
    """Ctrl+C, in place of an answer."""
    return KeyboardInterrupt()


class TestEnding:
    @sqlite_only
    @pytest.mark.parametrize("script", [SCRIPT, APPROVAL, REVOCATION, GRANT], ids=["reject", "approve", "revoke", "grant"])
    def test_the_input_may_end_and_ctrl_c_may_come_at_every_question(self, boss, hold, script):
        """Nothing is done before the last answer, and everything by it."""
        otter = make_enrollment("OTTER", "KROW2IAC")
        enrollments.approve(boss, otter.pk, "KROW2IAC")
        before = audit_rows()
        make_enrollment("RAVEN", "KROW2IAB")
        for given in range(len(script) - 1):
            hold(*script[:given])
            told = hold(*script[:given], interrupt, "q")
            assert "goes back, q quits." in told or "q quits." in told or "Cancelled; nothing was changed." in told
        assert audit_rows() == before
        assert "Cancelled" not in hold(*script[:-1], interrupt, "q")
        assert [row[2] for row in audit_rows()[len(before) :]] == ["done"]

    @sqlite_only
    def test_only_the_whole_word_confirms(self, boss, hold):
        make_enrollment("RAVEN", "KROW2IAB")
        for answer in ("", "y", "no", "ye s", "yes!", "true", "1"):
            assert "Nobody was rejected." in hold(*SCRIPT[:-2], answer, "q")
        assert audit_rows() == []

    @sqlite_only
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_what_has_begun_is_finished_and_told(self, boss, hold, monkeypatch, number):
        raven = make_enrollment("RAVEN", "KROW2IAB")
        approve = enrollments.approve

        def slow(*given, **named):
            os.kill(os.getpid(), number)
            return approve(*given, **named)

        monkeypatch.setattr(enrollments, "approve", slow)
        told = hold(*APPROVAL, code=0 if number is signal.SIGINT else 130)
        if number is signal.SIGINT:
            assert told.index("It cannot be stopped half-way; it is being finished.") < told.index("RAVEN is approved.")
        assert state_of(raven) is State.APPROVED
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == [signal.default_int_handler, signal.SIG_DFL]

    def test_output_that_nobody_takes_ends_it(self, tmp_path):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*RMTUI, "--plain"], env={"HOME": str(tmp_path)}, stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert (done.returncode, done.stderr) == (1, "")


class TestOthers:
    def test_a_choice_is_of_the_row_that_was_shown(self, boss, hold):
        """Somebody else decides about the first of the list, and a newcomer moves up: the number still means the first."""
        first = make_enrollment("RAVEN", "KROW2IAB")
        second = make_enrollment("OTTER")
        other = make_operator("ILVES")

        def meanwhile() -> str:
            enrollments.reject(other, first.pk, "wrong unit")
            return "1"

        told = hold("1", meanwhile, "d", "b", "2", "q")
        assert "State: rejected" in told
        assert "Decided by: ILVES\nReason: wrong unit" in told
        assert "Callsign: OTTER\nState: pending" in told
        assert state_of(second) is State.PENDING

    @pytest.mark.parametrize("when", ["preview", "code", "confirmation"])
    def test_who_decided_first_is_told(self, boss, hold, when):
        raven = make_enrollment("RAVEN", "KROW2IAB")
        other = make_operator("ILVES")

        def then(answer: str):
            def meanwhile() -> str:
                enrollments.reject(other, raven.pk, "wrong unit")
                return answer

            return meanwhile

        answers = {
            "preview": ("1", "1", then("a"), "d", "q"),
            "code": ("1", "1", "a", then("KROW2IAB"), "d", "q"),
            "confirmation": ("1", "1", "x", "mine", then("yes"), "d", "q"),
        }[when]
        told = hold(*answers)
        assert "RAVEN is already rejected by ILVES" in told
        assert "RAVEN: o re-open, d details, b back, h help:" in told
        assert [row[:3] for row in audit_rows() if row[2] == "done"] == [("ILVES", "reject", "done")]

    @sqlite_only
    def test_a_look_alike_takes_a_second_yes_and_is_spelt(self, boss, hold):
        make_person("KARHU")
        asked = make_enrollment("КARHU", "KROW2IAB")  # the first letter is Cyrillic
        told = hold("1", "1", "a", "", "c", "KROW2IAB", "no", "q")
        assert "Asks: КARHU: cyrillic capital letter ka, Alfa, Romeo, Hotel, Uniform" in told
        assert "Is in: KARHU: Kilo, Alfa, Romeo, Hotel, Uniform" in told
        assert audit_rows() == []
        assert "КARHU is approved." in hold("1", "1", "a", "yes", "KROW2IAB", "q")
        assert state_of(asked) is State.APPROVED

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("ABCDEFGH", "No enrolment has this code"),
            ("https://x.example/?callsign=OTTER&approvalcode=KROW2IAB", "The link is for OTTER, and its code is not theirs"),
            ("OTTER says KROW2IAB", "The line names OTTER"),
            ("KROW2IAB\x0bKROW2IAC", "Give one line at a time."),
            ("hello", "There is no code in this line."),
        ],
    )
    @sqlite_only
    def test_a_code_that_is_not_plainly_somebodys_approves_nobody(self, boss, hold, line, said):
        make_enrollment("RAVEN", "KROW2IAB")
        make_enrollment("OTTER", "KROW2IAC")
        told = hold("c", line, "q")
        assert said in told.replace("\n  ", " ")
        assert "Nobody was approved." in told.replace("\n  ", " ")
        assert "Type yes" not in told

    @sqlite_only
    def test_guards_of_the_services_are_told(self, boss, hold):
        told = hold("2", "1", "t", "admin", "yes", "x", "1", "BOSS", "q").replace("\n  ", " ")
        assert "BOSS is the last admin; make another one first. Nothing was changed." in told
        assert "BOSS is the last admin; make another one first. Nobody was revoked." in told
        assert people.find("BOSS").row.revoked_on is None

    @sqlite_only
    def test_a_certificate_that_is_not_known_is_told(self, boss, hold):
        raven = make_person("RAVEN")
        raven.directory.mkdir(parents=True)
        (raven.directory / "mtls.pem").write_bytes(b"")
        told = hold("2", "2", "x", "1", "RAVEN", "q").replace("\n  ", " ")
        assert "Which certificate RAVEN has is not known here, so none was revoked: " in told
        assert people.find("RAVEN").row.revoked_on is not None


class TestHarm:
    @sqlite_only
    def test_a_hostile_callsign_is_only_letters(self, boss, hold):
        asked = make_enrollment(HOSTILE, "KROW2IAB", extra={"\x1b]0;x\x07": "\x1b[1mbold\r\n1. KARHU"})
        told = hold("1", "1", "d", "a", "x", "no, \x1b[2J", "yes", "f \x1b[2J", "l", "g\x1b", "f \udcff", "n \x1b[2J", "", "yes", "q")
        assert r'1. "RAVEN\x1b[2J\x0a1. KARHU\x0d\x07\u202e\x9b31m", ' in told.replace("\n  ", " ")
        assert "cannot be approved" in told
        assert state_of(asked) is State.REJECTED
        assert not [line for line in told.splitlines() if line.startswith(("1. KARHU", "bold"))]

    @sqlite_only
    def test_a_callsign_that_reads_like_ours_is_quoted(self, boss, hold):
        make_enrollment("RAVEN, approved, 1 day ago", "KROW2IAB")
        assert '1. "RAVEN, approved, 1 day ago", ' in hold("1", "q")

    @pytest.mark.parametrize("text", ["x" * 300, "a " * 200, "/data/" + "part/" * 60, "鷹" * 200, "  two  spaces  ", "", "é" * 90])
    def test_a_long_text_goes_on_indented(self, text):
        lines = [*wrapped(text)]
        assert max(map(len, lines)) <= WIDTH
        assert all(line.startswith("  ") for line in lines[1:])
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")

    @pytest.mark.parametrize("before", range(60, 80))
    def test_a_key_stands_with_what_it_does(self, before):
        lines = [*wrapped(f"{'x' * before}, h help:")]
        assert [line for line in lines if line.endswith("h help:")] == lines[-1:]

    @sqlite_only
    def test_an_answer_is_never_taken_for_another(self, boss, hold):
        make_enrollment("RAVEN", "KROW2IAB")
        told = hold("yes", "1", "0", "2", "99999999", "-1", "١", "yes", "1", "1", "ax", "q")
        assert told.count("There is no number") == 2
        assert told.count("That is no answer here; h tells what is.") == 7
        assert audit_rows() == []


class TestAllowed:
    @sqlite_only
    def test_read_only_is_told_before_anything_is_asked(self, boss, hold):
        make_enrollment("RAVEN", "KROW2IAB")
        told = hold("s", "1", "1", "a", "x", "z", "b", "n", "c", "b", "2", "1", "g", "t", "x", "q", read_only=True)
        assert "Read-only: nothing can be changed." in told
        assert told.count("Not in read-only mode.") == 8
        assert "empty cancels" not in told

    @sqlite_only
    @pytest.mark.parametrize("who", [{"operator": None}, {"read_only": True}])
    def test_what_is_refused_is_not_offered(self, boss, hold, who):
        make_enrollment("RAVEN", "KROW2IAB")
        given = ("h", "1", "h", "1", "h", "b", "b", "2", "1", "h", "q")
        may, may_not = hold(*given), hold(*given, **who)
        for prompt in (
            "c code, s status, n new, q quit, h help:",
            "n new, c code, b back",
            "RAVEN: a approve, x reject, z new code, d details",
        ):
            assert prompt in may
        assert "BOSS: g give role, t take role, x revoke them, d details" in may
        sign_in = "q quit" if who.get("read_only") else "i sign in, q quit"
        assert f"1 enrolments, 2 people, 3 roles, s status, {sign_in}, h help:" in may_not
        for prompt in ("Number, f filter, b back, h help:", "RAVEN: d details, b back, h help:", "BOSS: d details, b back, h help:"):
            assert prompt in may_not
        for key in "acgntxz":
            assert f"\n{key}: " in may
            assert f"\n{key}: " not in may_not

    @sqlite_only
    def test_nobody_named_may_look(self, boss, hold):
        make_enrollment("RAVEN", "KROW2IAB")
        told = hold("1", "1", "x", "q", operator=None)
        assert "Operator: nobody, so nothing can be changed." in told
        assert "Nobody is named as the operator." in told

    @sqlite_only
    def test_a_database_that_is_gone_is_a_sentence(self, boss, hold):
        make_enrollment("RAVEN", "KROW2IAB")
        place = settings.current().data_dir / "rmtui.db"
        away = place.with_suffix(".away")

        def lost() -> str:
            for path in (place, Path(f"{place}-wal"), Path(f"{place}-shm")):
                if path.exists():
                    path.rename(f"{away}{path.name}")
            return "1"

        def found() -> str:
            for path in away.parent.glob(f"{away.name}*"):
                path.rename(path.with_name(path.name.removeprefix(away.name)))
            return "1"

        told = hold(lost, "s", "c", "KROW2IAB", found, "q")
        assert "Traceback" not in told
        assert " ".join(told.split()).count("cannot be opened: it is not there.") == 3
        assert "1. RAVEN, " in told


class TestSigningIn:
    @pytest.fixture
    def pfx(self, boss, hold):
        """Somebody with a certificate, who is an admin."""
        raven = make_enrollment("RAVEN", "KROW2IAB")
        done = enrollments.approve(boss, raven.pk, "KROW2IAB")
        from rmtui.services import roles

        roles.assign(boss, done.person, "admin")
        return f"{done.files}/mtls.pfx"

    def test_it_is_asked_for_where_it_is_required(self, pfx, hold):
        make_enrollment("OTTER", "KROW2IAC")
        told = hold("9", "1", pfx, "WRONG", "1", pfx, "RAVEN", "1", "1", "x", "no", "yes", "o", "b", operator=None, require_signin=True)
        assert told.index("Sign in: 1 certificate") < told.index("mtls.pfx does not open") < told.index("RAVEN is signed in.")
        assert "OTTER" not in told[: told.index("RAVEN is signed in.")]
        assert "OTTER is rejected." in told
        assert "Operator: RAVEN, signed in." in told
        assert audit_rows()[-1][:3] == ("RAVEN", "reject", "done")

    @sqlite_only
    def test_signing_out_or_being_away_hides_everything(self, pfx, hold, monkeypatch):
        told = hold("1", pfx, "RAVEN", "o", "b", operator=None, require_signin=True)
        assert "RAVEN is signed out." in told
        assert "n new, o sign out, q quit, h help:" in told.replace("\n  ", " ")
        assert told.rstrip().endswith("b back, h help:")
        later = clock.utcnow() + dt.timedelta(hours=3)

        def wait() -> str:
            monkeypatch.setattr(clock, "utcnow", lambda: later)
            return "1"

        told = hold("1", pfx, "RAVEN", wait, "b", operator=None, require_signin=True)
        assert "The sign-in of RAVEN has run out" in told
        assert told.rstrip().endswith("b back, h help:")

    @sqlite_only
    def test_what_opens_the_identity_of_this_run_is_asked_for(self, pfx, hold):
        told = hold("RAVEN", "s", "o", "s", "q", operator=None, identity=Path(pfx))
        assert told.index("Passphrase of\n") < told.index("Operator: RAVEN, signed in.") < told.index("RAVEN is signed out.")
        assert "Operator: nobody" in told[told.index("RAVEN is signed out.") :]
        told = hold("WRONG", "b", operator=None, identity=Path(pfx))
        assert "does not open with that passphrase" in told.replace("\n  ", " ")
        assert "Operator:" not in told

    @sqlite_only
    def test_a_login_code_makes_an_admin(self, boss, hold):
        code = codes.create_for_admin(None)
        told = hold("2", "AAAAAAAAAAAA", "2", code, "BOSS", "ILVES", "s", "q", operator=None, require_signin=True)
        assert told.index("BOSS is taken") < told.index("ILVES is signed in.")
        assert "Operator: ILVES, signed in." in told
        assert people.find("ILVES").row.roles == ("admin",)

    @sqlite_only
    def test_who_is_away_is_signed_out(self, pfx, hold):
        make_enrollment("OTTER", "KROW2IAC")

        def away() -> str:
            raise Idle

        told = hold("1", pfx, "RAVEN", "1", "1", away, "1", "b", operator=None, require_signin=True)
        after = told[told.index("you are signed out.") :]
        assert after.splitlines()[1] == "Sign in: 1 certificate, 2 login code, 3 token, b back, h help:"
        assert "OTTER" not in after
        assert audit_rows()[-1][:3] == ("RAVEN", "sign-out", "done")

    @sqlite_only
    def test_who_is_revoked_meanwhile_sees_nothing_more(self, pfx, boss, hold):
        make_enrollment("OTTER", "KROW2IAC")
        person = people.find("RAVEN").row.pk

        def revoked() -> str:
            certificates.revoke(replace(boss, proof="certificate"), person, "keyCompromise")
            return "1"

        told = hold("1", pfx, "RAVEN", revoked, "q", operator=None, require_signin=True)
        assert "RAVEN was revoked meanwhile" in told
        assert "OTTER" not in told


@sqlite_only
def test_a_name_that_is_nobodys_is_told_and_looking_goes_on(boss, hold):
    told = hold("1", "q", operator="NOBODY")
    assert "NOBODY" in told
    assert "Nobody waits." in told


@sqlite_only
def test_what_nobody_foresaw_and_what_is_logged_are_told_in_lines(boss, hold, monkeypatch, caplog):
    def fail(*_given) -> None:
        logging.getLogger("rmtui.somewhere").warning("the CA says %s", "\x1b[2J")
        raise ZeroDivisionError("by \x1b")

    monkeypatch.setattr(enrollments, "count_enrollments", fail)
    told = hold("1", "s", "q").replace("\n  ", " ")
    assert r"Warning: the CA says \x1b[2J" in told
    assert "Something went wrong that nobody foresaw (ZeroDivisionError, test_plain_refusals.py:" in told
    assert "ZeroDivisionError about <function" in caplog.text
    assert "in fail" in caplog.text
    assert "Nobody waits." in told


@sqlite_only
def test_what_is_due_is_carried_out_meanwhile(boss, hold, monkeypatch):
    ran, stopped = threading.Event(), []

    def run_due(stop: threading.Event) -> None:
        stopped.append(stop)
        ran.set()

    monkeypatch.setattr(dialogue, "EVERY", 0.01)
    monkeypatch.setattr(dialogue.effects, "anything_due", lambda: not ran.is_set())
    monkeypatch.setattr(dialogue.effects, "run_due", run_due)
    hold(lambda: "s" if ran.wait(30) else "it did not run", "q")
    assert ran.is_set()
    assert stopped[0].is_set()


def test_nobody_at_the_terminal_is_noticed(monkeypatch):
    master, slave = os.openpty()
    with open(slave) as terminal:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", terminal)
        talk = Talk()
        talk.patience = lambda: 0.01
        for ask in (talk.ask, talk.secret, talk.agrees):
            with pytest.raises(Idle):
                ask("Anybody there?")
    os.close(master)
