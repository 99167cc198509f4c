"""A directory of CSRs becomes enrolments; each file that cannot says why, and the rest goes on."""

from __future__ import annotations

import os
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from making import audit_rows, make_enrollment, make_operator, make_pool
from rmtui.pki.csr import build_csr
from rmtui.pki.keys import generate
from rmtui.services import enrollments, importing
from rmtui.services.requests import RequestFileError
from rmtui.services.types import State


@pytest.fixture
def boss(env):
    return make_operator()


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "csrs"
    path.mkdir()
    return path


def test_whatever_is_in_the_directory(boss, place, statements):
    key = generate("ec256")
    good = build_csr(generate("ec256"), "RAVEN")
    (place / "01.csr").write_bytes(good)
    der = x509.load_pem_x509_csr(build_csr(generate("ec256"), "Åke 1")).public_bytes(Encoding.DER)
    (place / "02.DER").write_bytes(der)
    (place / "03.pem").write_bytes(build_csr(key, "KETTU"))
    (place / "04.req").write_bytes(build_csr(key, "SUSI"))
    (place / "05.csr").write_bytes(build_csr(generate("ec256"), "ILVES"))
    (place / "06.csr").write_bytes(build_csr(generate("ec256"), "ilves"))
    (place / "07.csr").write_bytes(build_csr(generate("ec256"), "boss"))
    (place / "08.csr").write_bytes(build_csr(generate("ec256"), "Karhu"))
    (place / "09.csr").write_bytes(build_csr(generate("ec256"), "anon_admin"))
    (place / "10.csr").write_bytes(b"\x00\xff")
    (place / "11.csr").write_bytes(good + good)
    (place / "12.csr").write_bytes(b"x" * 65_537)
    (place / "13.csr").symlink_to(place / "01.csr")
    os.mkfifo(place / "14.csr")
    (place / "15.csr").mkdir()
    (place / "notes.txt").write_text("not looked at")
    make_enrollment("KARHU")
    make_pool(extra={"unit": "3"})
    found = importing.read(str(place))
    assert [(each.file, each.callsign) for each in found[:3]] == [("01.csr", "RAVEN"), ("02.DER", "Åke 1"), ("03.pem", "KETTU")]
    assert (found[0].key, len(found[0].fingerprint)) == ("EC P-256", 64)
    problems = [each.problem for each in found]
    assert problems[:2] == ["", ""]
    for problem, why in zip(
        problems[2:],
        (
            *["in another file too"] * 2,
            *["in more than one file"] * 2,
            "taken by a person, written BOSS",
            "has an enrolment already (KARHU, pending)",
            "reserved for the system",
            "is no PEM file",
            "2 PEM blocks",
            "larger than 64 KiB",
            "a symbolic link",
            "no plain file",
            "Is a directory",
        ),
        strict=True,
    ):
        assert why in problem
        assert problem.endswith(".")
    assert enrollments.count_enrollments(enrollments.EnrollmentQuery(state=None)).number == 1

    told = []
    done = importing.create(boss, found, pool="INVITE22", told=told.append)
    assert (done.report.number("done"), done.report.number("refused"), done.report.exit_code) == (2, 13, 4)
    assert [progress.finished for progress in told] == [*range(1, 16)]
    for result in done.report.results[:2]:
        code = done.codes[result.target.pk]
        assert code.reveal() not in repr(done)
        row = enrollments.find(result.target.name).row
        assert (row.pk, row.state, row.has_csr, row.pool) == (result.target.pk, State.PENDING, True, "INVITE22")
    enrollments.approve(boss, done.report.results[1].target.pk, done.codes[done.report.results[1].target.pk].reveal())
    assert [entry[1:4] for entry in audit_rows()] == [
        ("create", "done", "RAVEN"),
        ("create", "done", "Åke 1"),
        ("approve", "done", "Åke 1"),
    ]

    again = importing.create(boss, found[:1])
    assert "has an enrolment already" in again.report.results[0].sentence
    stop = threading.Event()
    stop.set()
    assert importing.create(boss, found, stop=stop).report.number("left") == 15


def test_a_directory_that_cannot_be_used(boss, place):
    for path, why in (
        (place / "none", "cannot be read (No such file"),
        (place, "no CSR in"),
        ("a\x00b", "cannot be read"),
    ):
        with pytest.raises(RequestFileError, match="othing was made") as caught:
            importing.read(str(path))
        assert why in caught.value.sentence
    for number in range(1_001):
        (place / f"{number}.csr").touch()
    with pytest.raises(RequestFileError, match="holds 1,001 files"):
        importing.read(str(place))
