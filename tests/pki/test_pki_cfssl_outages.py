"""Approve, revoke and reissue with the CA failing at every step: nothing is half-done, it is told, and it can be finished at once after."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import pytest
from ca_outages import SHORT, SILENT, WRONG, Fault, alone, failing, nothing_of, run_effects, standing, stands, stranger, use, waiting

from cfssl_stand_in import CFSSL_SIGN, CRL, DUMP, INFO, REFRESH, REVOKE, SIGN, StandIn, hangs, usual
from clusters import until
from making import audit_rows, make_enrollment, make_operator
from rmtui import settings
from rmtui.db.config import DBConfig
from rmtui.db.middleware import connection
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person
from rmtui.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNREACHABLE, RmtuiError
from rmtui.pki import cfssl_talk, http
from rmtui.pki.calls import Calls
from rmtui.pki.csr import build_csr
from rmtui.pki.keys import generate
from rmtui.services import bulk, bulk_actions, certificates, deployment, effects, enrollments
from rmtui.settings import Secret

pytestmark = pytest.mark.parametrize("env", ["sqlite", "postgresql"], indirect=True)


def code(callsign: str) -> str:
    """Of an enrolment; no two have the same."""
    return f"CODE{callsign}".upper()


@pytest.fixture
def ca(request, env, tmp_path, monkeypatch):
    monkeypatch.setattr(cfssl_talk, "PAUSES", (0, 0))
    (tmp_path / "stand-in").mkdir()
    made = StandIn(tmp_path / "stand-in", tls=request.node.callspec.params.get("csr", False))
    made.ca.write_pair(tmp_path / "stand-in" / "client.pem", "rasenmaeher")
    use(made, ocsprest=True)
    for name in ("ca_chain.pem", "crl.pem"):
        (settings.current().public_dir / name).unlink()
    yield made
    made.stop()


def some(cases: list[Any]) -> list[Any]:
    """All on SQLite; every third elsewhere, since what the CA does is the same there."""
    return cases if DBConfig.singleton().is_sqlite else cases[::3]


def person(callsign: str) -> Person:
    with connection():
        return Person.by_callsign(callsign)


def told(act, fault: Fault) -> str:
    with pytest.raises(RmtuiError, match=fault.words) as caught:
        act()
    assert caught.value.exit_code == fault.code
    sentence = caught.value.sentence
    assert sentence.isprintable()
    assert re.search("[Tt]ry again|[Cc]heck|rmtui effects run tells", sentence), sentence
    outcome, _target, reason = audit_rows()[-1][2:]
    assert outcome == "done" or reason.startswith(sentence[:60])
    return sentence


SIGNING = [(True, SIGN, fault) for fault in (SILENT | WRONG).values()]
SIGNING += [(False, CFSSL_SIGN, fault) for fault in (SILENT | WRONG).values()]
SIGNING += [(False, INFO, fault) for fault in SILENT.values()]
ISSUER = {**SILENT, "of another CA": Fault(stranger, "none that LOCAL_CA_CERTS_PATH holds", EXIT_REFUSED)}


@pytest.mark.parametrize("csr", [False, True], ids=["", "csr"])
def test_an_approval_that_fails_leaves_nothing_and_succeeds_at_once_after(ca, csr):
    boss = make_operator()
    for number, (ocsprest, step, fault) in enumerate(some(SIGNING[: len(SILENT | WRONG)] if csr else SIGNING)):
        callsign = f"Kettu{number}"
        request = build_csr(generate("ec256"), callsign).decode() if csr else None
        asked = make_enrollment(callsign, code(callsign), csr=request)
        with failing(ca, step, fault, ocsprest=ocsprest):
            sentence = told(lambda asked=asked: enrollments.approve(boss, asked.pk, asked.approvecode), fault)
            assert re.search("Nothing was (signed|asked)|nobody was given one|not used|not asked for|was not read", sentence), sentence
            nothing_of(callsign)
        enrollments.approve(boss, asked.pk, asked.approvecode)
        stands(ca, person(callsign))
        lost = [serial for serial in ca.revoked if f"{serial:x}" in sentence]
        assert bool(lost) is fault.lost
    assert waiting() == []


def test_a_certificate_without_its_issuer_is_used_once_that_is_known(ca):
    boss = make_operator()
    for number, fault in enumerate(some([*ISSUER.values()])):
        asked = make_enrollment(f"Kettu{number}", code(f"Kettu{number}"))
        ca.plan(SIGN, alone(ca))
        with failing(ca, INFO, fault, ocsprest=True):
            told(lambda asked=asked: enrollments.approve(boss, asked.pk, asked.approvecode), fault)
            nothing_of(f"Kettu{number}")
            assert waiting() == [("revoked", "ca", 1)]
        run_effects()
        assert len(ca.revoked) == number + 1
        assert waiting() == []
        enrollments.approve(boss, asked.pk, asked.approvecode)
        assert len(ca.issued) == 2 * (number + 1)
        stands(ca, person(f"Kettu{number}"))


def test_an_approval_stands_though_ocsp_was_not_refreshed(ca):
    boss = make_operator()
    for number, fault in enumerate(some([*SILENT.values()])):
        asked = make_enrollment(f"Kettu{number}", code(f"Kettu{number}"))
        with failing(ca, REFRESH, fault, ocsprest=True):
            enrollments.approve(boss, asked.pk, asked.approvecode)
            assert waiting() == [("created", "crl", 0)]
        ca.asked.clear()
        assert run_effects() == effects.Ran(done=1)
        assert ca.paths() == [REFRESH, DUMP]
        stands(ca, person(f"Kettu{number}"))


REVOKING = [(True, step, fault) for step in (INFO, REVOKE) for fault in SILENT.values()]
REVOKING += [(True, step, SILENT[name]) for step in (CRL, REFRESH, DUMP) for name in ("stopped", "500")]
REVOKING += [(False, INFO, SILENT["stopped"]), *((False, REVOKE, fault) for fault in SILENT.values())]


def approved(boss, callsign: str) -> Person:
    enrollments.approve(boss, make_enrollment(callsign, code(callsign)).pk, code(callsign))
    return person(callsign)


def test_a_revocation_is_recorded_whole_and_told_of_when_the_ca_is_back(ca):
    boss = make_operator()
    for number, (ocsprest, step, fault) in enumerate(some(REVOKING)):
        kettu = approved(boss, f"Kettu{number}")
        with failing(ca, step, fault, ocsprest=ocsprest):
            sentence = told(lambda kettu=kettu: certificates.revoke(boss, kettu.pk, "keyCompromise"), fault)
            assert sentence.startswith(f"Kettu{number} is revoked, but the CA is still to be told: ")
            with connection():
                assert kettu.reread().deleted is not None
                (row,) = Issued.select().where(Issued.person == kettu.pk)
                assert (row.revoked_on is not None, row.reason) == (True, "keyCompromise")
            assert audit_rows()[-1][1:4] == ("revoke", "done", f"Kettu{number}")
            assert waiting() == [("revoked", "ca", 1)]
            assert run_effects() == effects.Ran(failed=1, unreachable=1)
        ca.asked.clear()
        assert run_effects() == effects.Ran(done=1)
        assert int(row.serial, 16) in ca.revoked
        assert set(ca.paths()) <= {INFO, REVOKE} or ca.paths()[-2:] == [REFRESH, DUMP]
        assert waiting() == []


@pytest.mark.parametrize("useless", ["none", "of another CA"])
def test_without_a_list_to_go_by_the_ca_is_told_of_what_waits_alone(ca, useless):
    boss = make_operator()
    people = [approved(boss, f"Kettu{number}") for number in range(3)]
    certificates.revoke(boss, people[0].pk, "keyCompromise")
    ca.plan(CRL, ca.useless_lists()[useless])
    for kettu in people[1:]:
        ca.asked.clear()
        with pytest.raises(RmtuiError, match="is revoked, but the CA is still to be told"):
            certificates.revoke(boss, kettu.pk, "keyCompromise")
        assert ca.paths().count(REVOKE) == 1
        assert standing(ca, kettu.callsign) == set()
    assert waiting() == [("revoked", "ca", 1)] * 2
    ca.plans.clear()
    assert run_effects().failed == 0
    assert waiting() == []


def test_a_reissue_leaves_the_old_certificate_or_has_told_of_it(ca):
    boss = make_operator()
    for number, (step, fault) in enumerate(some([(SIGN, fault) for fault in (SILENT | WRONG).values()])):
        kettu = approved(boss, f"Kettu{number}")
        files = {path.name: path.read_bytes() for path in kettu.directory.iterdir()}
        with failing(ca, step, fault, ocsprest=True):
            told(lambda kettu=kettu: certificates.reissue(boss, kettu.pk), fault)
            assert {path.name: path.read_bytes() for path in kettu.directory.iterdir()} == files
        stands(ca, kettu)
        certificates.reissue(boss, kettu.pk)
        stands(ca, kettu)
    for number, fault in enumerate(some([*SILENT.values()])):
        kettu = approved(boss, f"Susi{number}")
        (old,) = standing(ca, kettu.callsign)
        with failing(ca, REVOKE, fault, ocsprest=True):
            sentence = told(lambda kettu=kettu: certificates.reissue(boss, kettu.pk), fault)
            assert sentence.startswith(f"Susi{number} has a new certificate, but the CA is still to be told")
            assert waiting() == [("revoked", "ca", 1)]
        assert run_effects() == effects.Ran(done=1)
        assert old in ca.revoked
        stands(ca, kettu)


def test_in_bulk_nothing_more_is_asked_of_a_ca_that_does_not_answer(ca):
    boss = make_operator()
    waiting_ones = [make_enrollment(f"Kettu{number}", code(f"Kettu{number}")) for number in range(8)]
    asked = [bulk_actions.Approval(bulk.Target(each.pk, each.callsign), Secret(each.approvecode), "") for each in waiting_ones]
    for name in ("stopped", "hung"):
        with failing(ca, SIGN, SILENT[name], ocsprest=True):
            report = bulk_actions.approve(boss, asked)
        assert report.number("done") == 0
        assert report.number("left") >= 1
        assert {result.sentence for result in report.results if result.outcome == "left"} == {
            "Not begun, since the CA did not answer; nothing was changed."
        }
        for each in waiting_ones:
            nothing_of(each.callsign)
    with failing(ca, SIGN, SILENT["500"], ocsprest=True):
        assert bulk_actions.approve(boss, asked).number("failed") == len(asked)  # what it refuses of one may be that one's fault
    assert bulk_actions.approve(boss, asked).exit_code == EXIT_DONE
    people = [person(each.callsign) for each in waiting_ones]
    for each in people:
        stands(ca, each)
    targets = [bulk.Target(each.pk, each.callsign) for each in people]
    with failing(ca, REVOKE, SILENT["stopped"], ocsprest=True):
        report = bulk_actions.reissue(boss, targets)
        assert (report.exit_code, "CA is still to be told" in report.note) == (EXIT_UNREACHABLE, True)
    assert run_effects().failed == 0
    for each in people:
        stands(ca, each)
    with failing(ca, INFO, SILENT["hung"], ocsprest=True):
        report = bulk_actions.revoke(boss, targets, "keyCompromise")
        assert (report.exit_code, "CA is still to be told" in report.note) == (EXIT_UNREACHABLE, True)
    assert len(waiting()) == len(people)
    deployment.renew_crl(boss)  # at once, though what failed was to wait
    assert waiting() == []
    assert set(ca.revoked) == set(ca.issued)


def test_what_comes_when_it_was_given_up_is_revoked(ca):
    """The answer is late: nobody was approved, and the certificate is revoked as soon as it comes."""
    boss, asked = make_operator(), make_enrollment("Kettu", code("Kettu"))
    go_on = threading.Event()

    def late(handler):
        go_on.wait(30)
        return usual(handler)

    use(ca, ocsprest=True, timeout=SHORT)
    ca.plan(SIGN, late, usual)
    with pytest.raises(RmtuiError, match=f"within {SHORT} seconds.*not known; nobody was given one"):
        enrollments.approve(boss, asked.pk, asked.approvecode)
    nothing_of("Kettu")
    use(ca, ocsprest=True)
    enrollments.approve(boss, asked.pk, asked.approvecode)
    (good,) = ca.issued
    go_on.set()
    until(lambda: len(ca.revoked) == 1)
    stands(ca, person("Kettu"))
    assert good not in ca.revoked
    until(lambda: waiting() == [])
    with connection():
        (lost,) = Issued.select().where(~Issued.committed)
        assert (int(lost.serial, 16) in ca.revoked, lost.callsign, lost.reason) == (True, "Kettu", "cessationOfOperation")


def test_what_is_signed_after_its_claim_ran_out_is_revoked(ca):
    """Another operator took over while the CA was slow."""
    boss, asked = make_operator(), make_enrollment("Kettu", code("Kettu"))

    def meanwhile(handler):
        with connection():
            Claim.update(expires=Claim.created).execute()
        enrollments.approve(boss, asked.pk, asked.approvecode)
        return usual(handler)

    ca.plan(SIGN, meanwhile, usual)
    with pytest.raises(RmtuiError, match=r"already|another took over|approved by"):
        enrollments.approve(boss, asked.pk, asked.approvecode)
    assert len(ca.issued) == 2
    stands(ca, person("Kettu"))
    assert waiting() == []


def test_without_a_list_the_ca_is_told_of_each_once(ca):
    """Also of what was revoked before it was told of anything; and it is remembered that it was."""
    boss = make_operator()
    old, new = approved(boss, "Kettu"), approved(boss, "Karhu")
    with connection():
        Issued.update(revoked_on=Issued.created, reason="superseded").where(Issued.person == old.pk).execute()
    use(ca, ocsprest=False)
    ca.asked.clear()
    certificates.revoke(boss, new.pk, "keyCompromise")
    assert ca.paths() == [INFO, REVOKE, REVOKE]
    ca.asked.clear()
    deployment.renew_crl(boss)
    assert ca.paths() == []
    assert set(ca.revoked) == set(ca.issued)


def test_when_the_program_ends_nobody_waits_for_an_answer(ca, monkeypatch):
    """What was begun is taken back and recorded; a revocation stands, and is told of by whoever comes next."""
    ours = Calls()
    monkeypatch.setattr(http, "calls", ours)
    boss, asked = make_operator(), make_enrollment("Kettu", code("Kettu"))
    karhu = approved(boss, "Karhu")

    def quits(handler):
        ours.hang_up()
        return hangs(handler)

    ca.plan(SIGN, quits)
    began = time.monotonic()
    with pytest.raises(RmtuiError, match=r"since rmtui is ending.*nobody was given one"):
        enrollments.approve(boss, asked.pk, asked.approvecode)
    with pytest.raises(RmtuiError, match=r"Karhu is revoked, but .* since rmtui is ending. Nothing was asked of it"):
        certificates.revoke(boss, karhu.pk, "superseded")
    assert time.monotonic() - began < 8
    nothing_of("Kettu")
    assert waiting() == [("revoked", "ca", 1)]
    assert [row[1:3] for row in audit_rows()][-2:] == [("approve", "failed"), ("revoke", "done")]
    assert REVOKE not in ca.paths()
