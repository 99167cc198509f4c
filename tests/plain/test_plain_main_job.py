"""The main job in plain lines, by the program itself: list, choose, show, approve, reject, roles."""

from __future__ import annotations

import re
import sqlite3
import subprocess

import pytest
from plain_lines import RMTUI

from making import audit_rows, make_enrollment
from rmtui.services import people


def code_in(told: str) -> str:
    """The approve code that was told."""
    found = re.search(r"^Approve code of [^:]+: ((?:[A-Z2-9]{4} ?){2})$", told, re.M)
    assert found, told
    return found[1]


def test_through_a_pipe_on_every_database(boss, env, start):
    for name in ("RAVEN", "OTTER", "LYNX"):
        make_enrollment(name, f"KROW2IA{name[0]}")
    rmtui = start("--plain", env={**env, "RMTUI_OPERATOR": "BOSS"})
    assert "3 enrolments wait; the oldest" in rmtui.answer("1")
    listed = rmtui.answer("f otter")
    assert re.findall(r"^(\d\. \w+), \d+ seconds? ago$", listed, re.M) == ["1. RAVEN", "2. OTTER", "3. LYNX"]
    assert "1 enrolment fits the filter.\n1. OTTER, " in rmtui.answer("1")
    assert "Callsign: OTTER\nState: pending\nAsked: " in rmtui.answer("a")
    signed = rmtui.answer("WRNG CODE", "empty cancels:")
    assert "Subject: CN=OTTER\nKey: a new EC P-256 key, made here\nValid: 42 days from now\nAuthority: embedded authority, CN=" in signed
    assert "That is not the code of OTTER" in rmtui.answer("krow-2iao", "empty cancels:")
    assert "OTTER is approved.\nSerial: " in rmtui.answer("f")
    assert "state:" in rmtui.answer("", "empty for none:")

    assert "2 enrolments wait, the oldest first.\n1. RAVEN" in rmtui.answer("1")
    rmtui.answer("x")
    rmtui.answer("not on the list", "empty cancels:")
    rmtui.answer("yes", "Type yes to reject RAVEN:")
    assert "RAVEN is rejected." in rmtui.answer("f state:rejected")
    assert "1. RAVEN, rejected, " in rmtui.answer("1")
    assert "Decided by: BOSS\nReason: not on the list" in rmtui.answer("o")
    rmtui.answer("yes", "Type yes to re-open RAVEN:")
    code = code_in(rmtui.answer("c"))
    rmtui.answer(f"hei, RAVEN here, my code is {code.lower()}", "empty cancels:")
    assert "It is the code of RAVEN.\nWhat will be signed:\nSubject: CN=RAVEN\n" in rmtui.answer("yes", "Type yes to approve RAVEN:")
    assert "RAVEN is approved." in rmtui.answer("n KETTU")
    rmtui.answer("", "empty for none:")
    rmtui.answer("yes", "Type yes to make an enrolment for KETTU:")
    code_in(rmtui.answer("b"))

    rmtui.answer("2 raven")
    assert "1. RAVEN\n" in rmtui.answer("1")
    rmtui.answer("g medic")
    rmtui.answer("yes", "Type yes to give RAVEN the role medic:")
    assert "RAVEN has the role medic now." in rmtui.answer("d")
    details = rmtui.answer("t")
    assert re.search(r"^\S+ \S+: assign-role, by BOSS \(unproven\)\.\nAbout it: medic$", details, re.M), details
    assert "Spelt: Romeo, Alfa, Victor, Echo, November" in details
    assert "Roles: medic\n" in rmtui.answer("medic", "empty cancels:")
    rmtui.answer("yes", "Type yes to take the role medic from RAVEN:")
    assert "RAVEN does not have the role medic any more." in rmtui.answer("x")
    assert "6. privilegeWithdrawn: " in rmtui.answer("2", "empty cancels:")
    rmtui.answer("RAVEN", "exactly to revoke them:")
    assert "RAVEN is revoked, and the CRL is published.\n1 certificate was revoked." in rmtui.answer("b")
    rmtui.answer("3")
    assert "1 role.\n1. admin, 1 person\n" in rmtui.answer("q")
    assert rmtui.end() == 0
    assert [row[1:4] for row in audit_rows()] == [
        ("approve", "refused", "OTTER"),
        ("approve", "done", "OTTER"),
        ("reject", "done", "RAVEN"),
        ("reopen", "done", "RAVEN"),
        ("approve", "done", "RAVEN"),
        ("create", "done", "KETTU"),
        ("assign-role", "done", "RAVEN"),
        ("remove-role", "done", "RAVEN"),
        ("revoke", "done", "RAVEN"),
    ]
    assert people.find("RAVEN").row.revoke_reason == "keyCompromise"


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
def test_on_a_dumb_terminal(boss, env, start):
    """What is typed is echoed by the terminal, but for the code; Ctrl+C cancels, Ctrl+D goes back and at last quits."""
    make_enrollment("RAVEN", "KROW2IAB")
    rmtui = start("--plain", env={**env, "RMTUI_OPERATOR": "BOSS"}, terminal=True)
    rmtui.answer("1")
    rmtui.answer("1")
    rmtui.answer("x")
    rmtui.press("\x03", "empty cancels:")
    assert "Cancelled; nothing was changed." in rmtui.answer("a")
    rmtui.press("KROW\x03", "empty cancels:")
    assert "Cancelled; nothing was changed." in rmtui.answer("a")
    rmtui.press("\x04", "empty cancels:")
    rmtui.answer("a")
    rmtui.answer("KROW2IAB", "empty cancels:")
    assert "RAVEN is approved." in rmtui.answer("n")
    rmtui.press("\x03", "empty cancels:")
    rmtui.press("\x03", "h help:")
    assert "b goes back, q quits." in rmtui.until("q quits.")
    rmtui.press("\x04", "h help:")
    rmtui.press("\x03", "q quit, h help:")
    rmtui.until("q quits.")
    rmtui.press("\x04", "q quit, h help:")
    assert rmtui.end() == 0
    assert "KROW" not in rmtui.told
    assert [row[1:4] for row in audit_rows()] == [("approve", "done", "RAVEN")]


def test_from_nothing_and_in_finnish(start, tmp_path):
    """Set-up, then an enrolment, its approval with the code and a role, without a word of English of the mode's own."""
    env = {"HOME": str(tmp_path), "RMTUI_KEY_TYPE": "ec256", "RMTUI_PLAIN": "1", "RMTUI_LANG": "fi"}
    rmtui = start(env=env)
    rmtui.answer("KARHU", "tyhjä lopettaa:")
    rmtui.answer("kylla", "jonka ylläpitäjä on KARHU:")
    assert "Ympäristö on valmis." in rmtui.answer("n Ville", "h ohje:")
    rmtui.answer("", "tyhjä jos ei ole:")
    rmtui.answer("yes", "ilmoittautuminen tunnukselle Ville:")
    told = rmtui.answer("1", "h ohje:")
    code = re.search(r"Hyväksyntäkoodi kutsutunnukselle Ville: (\S+ \S+)\nTavattuna: \w+, ", told)
    assert code, told
    assert "1 ilmoittautuminen odottaa.\n1. Ville, " in rmtui.answer("1", "h ohje:")
    rmtui.answer("a", "h ohje:")
    rmtui.answer(code[1], "tyhjä peruuttaa:")
    assert "Ville on hyväksytty." in rmtui.answer("b", "h ohje:")
    rmtui.answer("2 ville", "h ohje:")
    rmtui.answer("1", "h ohje:")
    rmtui.answer("g medic", "h ohje:")
    rmtui.answer("kyllä", "saa roolin medic:")
    assert "rooli medic on nyt annettu" in rmtui.answer("q", "h ohje:")
    assert rmtui.end() == 0
    with sqlite3.connect(tmp_path / ".local/share/rmtui/rmtui.db") as rows:
        assert rows.execute("SELECT role FROM roles ORDER BY role").fetchall() == [("admin",), ("medic",)]
    rows.close()


def test_a_demo_tells_the_codes(start, tmp_path):
    rmtui = start("demo", "--plain", env={"HOME": str(tmp_path), "RMTUI_KEY_TYPE": "ec256", "RMTUI_ASCII": "1", "LANG": "C"})
    rmtui.answer("1 varpu")
    rmtui.answer("1")
    rmtui.answer("a")
    code = re.search(r"the code is (\S+ \S+)\.", rmtui.until("empty cancels:"))
    assert code
    rmtui.answer(code[1], "")
    rmtui.until("VARPU is approved.")
    assert rmtui.end() == 0
    assert rmtui.told.isascii()


def test_the_console_names_the_way_where_it_cannot_be_drawn(tmp_path):
    done = subprocess.run(
        RMTUI, env={"HOME": str(tmp_path), "TERM": "dumb"}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Use rmtui --plain," in done.stderr
