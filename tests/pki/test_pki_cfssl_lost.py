"""Certificates that were signed and that nobody can be given: whoever knows of one revokes it, or says which it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
from ca_outages import nothing_of, stands, use, waiting
from peewee import OperationalError

from cfssl_stand_in import REFRESH, SIGN, StandIn, usual
from clusters import until
from making import make_enrollment, make_operator
from rmtui import settings
from rmtui.db import issuing
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.errors import EXIT_UNREACHABLE, RmtuiError
from rmtui.pki import cfssl_talk
from rmtui.pki.cfssl import CfsslAuthority
from rmtui.pki.csr import build_csr, check_csr
from rmtui.pki.http import Line
from rmtui.pki.keys import generate
from rmtui.services import certificates, enrollments

pytestmark = pytest.mark.parametrize("env", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def ca(env, tmp_path, monkeypatch):
    monkeypatch.setattr(cfssl_talk, "PAUSES", (0, 0))
    (tmp_path / "stand-in").mkdir()
    made = StandIn(tmp_path / "stand-in")
    use(made, ocsprest=True)
    for name in ("ca_chain.pem", "crl.pem"):
        (settings.current().public_dir / name).unlink()
    yield made
    made.stop()


@pytest.fixture
def breaks(monkeypatch):
    """Have the database lost when a certificate is recorded, so many times."""

    def times(number: int) -> None:
        real, left = issuing.insert, [None] * number

        def insert(row):
            if left:
                left.pop()
                raise OperationalError("server closed the connection unexpectedly")
            return real(row)

        monkeypatch.setattr(issuing, "insert", insert)

    return times


def test_what_could_not_be_recorded_is_recorded_and_revoked(ca, breaks):
    boss = make_operator()
    asked = make_enrollment("Kettu", "CODE0001")
    breaks(1)
    with pytest.raises(RmtuiError):
        enrollments.approve(boss, asked.pk, "CODE0001")
    (serial,) = ca.issued
    assert [*ca.revoked] == [serial]
    nothing_of("Kettu")
    with connection():
        (row,) = Issued.select()
        assert (int(row.serial, 16), row.committed, row.reason) == (serial, False, "cessationOfOperation")
    assert waiting() == []
    enrollments.approve(boss, asked.pk, "CODE0001")
    with connection():
        kettu = Person.by_callsign("Kettu")
    stands(ca, kettu)

    breaks(1)
    with pytest.raises(RmtuiError):
        certificates.reissue(boss, kettu.pk)
    assert len(ca.issued) == 3
    stands(ca, kettu)


def test_what_cannot_be_recorded_at_all_is_logged(ca, breaks, caplog):
    boss = make_operator()
    asked = make_enrollment("Kettu", "CODE0001")
    breaks(9)
    with pytest.raises(RmtuiError):
        enrollments.approve(boss, asked.pk, "CODE0001")
    (serial,) = ca.issued
    assert f"signed for Kettu and not recorded: serial {serial:x}" in caplog.text
    nothing_of("Kettu")


@pytest.mark.parametrize("action", ["approve", "reissue"])
def test_what_is_signed_is_recorded_before_anything_else_is_asked_of_the_ca(ca, monkeypatch, action):
    """So that whatever stops the program there loses nothing; what stops it gently takes it back at once."""
    boss = make_operator()
    asked = make_enrollment("Kettu", "CODE0001")

    def act() -> None:
        if action == "approve":
            enrollments.approve(boss, asked.pk, "CODE0001")
        else:
            certificates.reissue(boss, person.pk)

    if action == "reissue":
        enrollments.approve(boss, asked.pk, "CODE0001")
        with connection():
            person = Person.by_callsign("Kettu")
    before = {*ca.issued}
    recorded: list[set[int]] = []

    def refreshes(handler):
        with connection():
            recorded.append({int(row.serial, 16) for row in Issued.select()})
        return usual(handler)

    def interrupted(_authority):
        raise KeyboardInterrupt

    ca.plan(REFRESH, refreshes)
    with monkeypatch.context() as patch:
        patch.setattr(CfsslAuthority, "announce", interrupted)
        with pytest.raises(KeyboardInterrupt):
            act()
    (lost,) = {*ca.issued} - before
    assert (lost, ca.revoked[lost].reason) == (*ca.revoked, "cessationOfOperation")
    recorded.clear()
    act()
    assert recorded[0] == {*ca.issued}


def test_whoever_interrupts_the_signing_is_told_of_which_key_it_is(ca, monkeypatch):
    boss = make_operator()
    request = build_csr(generate("ec256"), "Kettu")
    asked = make_enrollment("Kettu", "CODE0001", csr=request.decode())

    def interrupted(*_asked, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Line, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        enrollments.approve(boss, asked.pk, "CODE0001")
    (note,) = caught.value.__notes__
    assert note.startswith("Whether a certificate for Kettu was signed is not known")
    assert check_csr(request, "Kettu").fingerprint in note
    nothing_of("Kettu")


def test_a_command_listens_for_what_is_signed_too_late(ca, env, tmp_path):
    make_operator()
    make_enrollment("Kettu", "CODE0001")
    given_up = threading.Event()

    def late(handler):
        given_up.wait(30)
        return usual(handler)

    ca.plan(SIGN, late, usual)
    command = [sys.executable, "-m", "rmtui", "--as", "BOSS", "--format", "json"]
    approve = [*command, "enrollments", "approve", "Kettu", "--code", "CODE0001", "--yes"]
    kept = {name: os.environ[name] for name in ("PATH", "LC_ALL") if name in os.environ}
    own = {**kept, **env, **ca.env(timeout=1), "HOME": str(tmp_path), "RMTUI_REQUIRE_SIGNIN": "0"}
    with subprocess.Popen(approve, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        said = ""
        while "Ctrl+C leaves it" not in said:
            line = program.stderr.readline()
            assert line, said
            said += line
        assert "within 1 seconds" in said
        given_up.set()
        assert program.wait(30) == EXIT_UNREACHABLE
    (serial,) = ca.issued
    until(lambda: [*ca.revoked] == [serial])
    listed = subprocess.run([*command, "enrollments", "list"], env=own, capture_output=True, text=True, check=True)
    assert [row["callsign"] for row in json.loads(listed.stdout)] == ["Kettu"]
