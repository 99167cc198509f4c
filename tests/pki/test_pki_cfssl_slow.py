"""A CA, or a name server, that does not answer in time."""

from __future__ import annotations

import socket
import threading

import pytest

from cfssl_stand_in import INFO, SIGN, StandIn, drips, hangs
from rmtui.pki.cfssl import CfsslAuthority
from rmtui.pki.csr import build_csr
from rmtui.pki.http import AnswerLost, Unreached
from rmtui.pki.keys import generate

REQUEST = build_csr(generate("ec256"), "Kettu")


@pytest.fixture
def ca(tmp_path):
    made = StandIn(tmp_path)
    yield made
    made.stop()


def through(ca) -> CfsslAuthority:
    return CfsslAuthority.from_settings(ca.settings(timeout=0.8))


@pytest.mark.parametrize("slow", [hangs, drips])
def test_whoever_is_slow_is_not_waited_for(ca, slow):
    ca.plan(SIGN, slow)
    with pytest.raises(AnswerLost, match=r"within 0\.8 seconds"):
        through(ca).sign(REQUEST, "Kettu")
    ca.plan(INFO, slow)
    with pytest.raises(AnswerLost, match=r"within 0\.8 seconds"):
        through(ca).describe()
    assert ca.paths() == [SIGN, INFO]


def test_a_name_server_that_hangs_is_not_waited_for(ca, monkeypatch):
    """Nothing is sent either, should it answer after all."""
    answers, find = threading.Event(), socket.getaddrinfo

    def slow(*asked, **options):
        answers.wait(30)
        return find(*asked, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    before = set(threading.enumerate())
    with pytest.raises(Unreached, match=r"did not take the connection within 0\.8 seconds\. Nothing was asked of it"):
        through(ca).sign(REQUEST, "Kettu")
    (left,) = set(threading.enumerate()) - before
    answers.set()
    left.join(30)
    assert ca.asked == []
