"""Actions on many: each row has a result and an entry of its own, and what ends the whole leaves nothing half done."""

from __future__ import annotations

import stat
import threading

import pytest
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509 import load_pem_x509_crl

from making import audit_rows, make_enrollment, make_operator, make_person, state_of
from rmtui import clock, settings
from rmtui.db import issuing
from rmtui.db.config import DBConfig
from rmtui.db.enrollments import Enrollment
from rmtui.db.errors import DatabaseBusy, DatabaseUnreachable
from rmtui.db.middleware import connection
from rmtui.db.own import Claim, Issued
from rmtui.db.people import Person
from rmtui.pki.csr import build_csr, check_csr
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import StorageError
from rmtui.pki.keys import generate
from rmtui.services import bulk, bulk_actions, decisions
from rmtui.services.bulk import Target
from rmtui.services.bulk_actions import Approval
from rmtui.services.exports import ExportRefused
from rmtui.services.types import State
from rmtui.settings import Secret

pytestmark = pytest.mark.two_databases

NAMES = ["AHMA", "BIISON", "CARIBOU", "DINGO"]


@pytest.fixture
def boss(env):
    return make_operator()


@pytest.fixture
def rows(boss):
    return [make_enrollment(name, f"CODE{name}") for name in NAMES]


@pytest.fixture
def people(boss):
    with connection():
        return [Person.create_with_cert(name) for name in NAMES]


def target(row):
    return Target(row.pk, row.callsign)


def asked(row, **changes):
    key = check_csr(row.csr, row.callsign).fingerprint if row.csr else ""
    given = {"target": target(row), "code": Secret(row.approvecode), "key": key, **changes}
    return Approval(**given)


def outcomes(report):
    return [result.outcome for result in report.results]


def people_dirs():
    return {path.name for path in settings.current().people_dir.iterdir()}


def crl_of_people():
    return load_pem_x509_crl((settings.current().public_dir / "crl.pem").read_bytes())


def test_each_is_approved_with_its_own_code_or_says_why_not(boss, rows):
    key, other = generate("ec256"), generate("ec256")
    with_csr = make_enrollment("EMU", "CODEEMU", csr=build_csr(key, "EMU").decode())
    changed = make_enrollment("FOSSA", "CODEFOSSA", csr=build_csr(key, "FOSSA").decode())
    alike = [make_enrollment("GNU", "CODEGNU"), make_enrollment("GИU", "CODEGNU2"), make_enrollment("A-HMA", "CODEAHMA2")]
    decisions.reject(boss, rows[1].pk, "twice")
    wanted = [asked(row) for row in [*rows, with_csr, changed, *alike]]
    wanted[2] = asked(rows[2], code=Secret("CODEDINGO"))
    wanted[3] = asked(rows[3], target=Target(rows[3].pk, "DINO"))
    with connection():
        Enrollment.update(csr=build_csr(other, "FOSSA").decode()).where(Enrollment.pk == changed.pk).execute()
    seen = []
    report = bulk_actions.approve(boss, wanted, told=seen.append)

    assert [result.target for result in report.results] == [each.target for each in wanted]
    assert outcomes(report)[:6] == ["done", "refused", "refused", "refused", "done", "refused"]
    sentences = [result.sentence for result in report.results]
    assert "already rejected by BOSS" in sentences[1]
    assert "not the code" in sentences[2]
    assert "asks for DINGO now" in sentences[3]
    assert "certificate request is another now" in sentences[5]
    assert sorted(outcomes(report)[i] for i in (0, 8)) == ["done", "refused"]
    assert [progress.finished for progress in seen] == list(range(1, len(wanted) + 1))
    assert {progress.latest for progress in seen} == set(report.results)
    assert report.exit_code == 4
    recorded = [row[:4] for row in audit_rows() if row[1] == "approve"]
    assert sorted(recorded) == sorted(
        ("BOSS", "approve", result.outcome, {"DINO": "DINGO"}.get(result.target.name, result.target.name)) for result in report.results
    )
    with connection():
        assert people_dirs() == {str(person.pk) for person in Person.list() if person.callsign != "BOSS"}


def test_of_two_that_look_alike_one_is_approved_by_itself(boss):
    with connection():
        Person.create_with_cert("KETTU")
    rows = [make_enrollment("KETTU1"), make_enrollment("KETTUI"), make_enrollment("KETT-U")]
    report = bulk_actions.approve(boss, [asked(row) for row in rows])
    assert sorted(outcomes(report)[:2]) == ["done", "refused"]
    assert outcomes(report)[2] == "refused"
    for result in report.results:
        assert result.outcome == "done" or "approved by itself" in result.sentence
    last = next(row for row, result in zip(rows, report.results, strict=True) if result.outcome == "refused")
    assert decisions.approve(boss, last.pk, last.approvecode, accept_lookalikes=True).callsign == last.callsign


def test_the_authoritys_key_is_shared_by_many_and_then_forgotten(boss, rows, monkeypatch):
    signers = []
    sign = EmbeddedAuthority.sign
    monkeypatch.setattr(EmbeddedAuthority, "sign", lambda self, *args: (signers.append(self), sign(self, *args))[1])
    monkeypatch.setattr(bulk_actions, "_threads", lambda: 1)
    assert outcomes(bulk_actions.approve(boss, [asked(row) for row in rows])) == ["done"] * 4
    with connection():
        people = [Person.by_callsign(name) for name in NAMES]
    assert outcomes(bulk_actions.reissue(boss, [target(person) for person in people])) == ["done"] * 4
    assert [len(set(signers[:4])), len(set(signers[4:])), len(set(signers))] == [1, 1, 2]
    assert all(signer._kept for signer in signers)
    again = issuing.authority()
    assert again not in signers
    assert not again._keeps


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DatabaseUnreachable("Gone."), ["done", "failed", "left", "left"]),
        (DatabaseBusy("Busy."), ["done", "failed", "done", "done"]),
        (StorageError("Full."), ["done", "refused", "done", "done"]),
    ],
)
def test_only_a_lost_database_leaves_the_rest(boss, rows, monkeypatch, error, expected):
    sign = EmbeddedAuthority.sign

    def fail(self, csr, callsign):
        if callsign == NAMES[1]:
            raise error
        return sign(self, csr, callsign)

    monkeypatch.setattr(EmbeddedAuthority, "sign", fail)
    monkeypatch.setattr(bulk_actions, "_threads", lambda: 1)
    report = bulk_actions.approve(boss, [asked(row) for row in rows])
    assert outcomes(report) == expected
    assert [state_of(row) is State.APPROVED for row in rows] == [each == "done" for each in expected]


def test_an_interruption_takes_back_what_is_under_way(boss, rows, monkeypatch):
    sign, leave = EmbeddedAuthority.sign, bulk._Line.leave
    under_way, over = threading.Event(), threading.Event()

    def wait(self, csr, callsign):
        if callsign == NAMES[0]:
            assert under_way.wait(30)
        else:
            under_way.set()
            assert over.wait(30)
        return sign(self, csr, callsign)

    def left(line, why):
        leave(line, why)
        over.set()

    def told(_progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(EmbeddedAuthority, "sign", wait)
    monkeypatch.setattr(bulk._Line, "leave", left)
    monkeypatch.setattr(bulk_actions, "_threads", lambda: 2)
    with pytest.raises(KeyboardInterrupt):
        bulk_actions.approve(boss, [asked(row) for row in rows], told=told)
    assert [state_of(row) for row in rows] == [State.APPROVED, *[State.PENDING] * 3]
    with connection():
        assert Claim.select().count() == 0
        good = Issued.get(Issued.revoked_on.is_null())
        assert people_dirs() == {str(good.person)}
        lost = {int(row.serial, 16) for row in Issued.select().where(~Issued.committed)}
    assert lost
    assert {entry.serial_number for entry in crl_of_people()} == lost
    monkeypatch.undo()
    assert outcomes(bulk_actions.approve(boss, [asked(row) for row in rows])) == ["refused", "done", "done", "done"]


def test_rejecting_stops_between_two(boss, rows):
    stop = threading.Event()
    report = bulk_actions.reject(boss, [target(row) for row in rows], "unknown here", told=lambda _: stop.set(), stop=stop)
    assert outcomes(report) == ["done", "left", "left", "left"]
    assert [state_of(row) for row in rows] == [State.REJECTED, *[State.PENDING] * 3]
    assert [row[1:] for row in audit_rows()] == [("reject", "done", "AHMA", "unknown here")]
    again = bulk_actions.reject(boss, [target(row) for row in rows], "unknown here")
    assert outcomes(again) == ["refused", "done", "done", "done"]


def test_roles_are_given_and_taken(boss):
    people = [make_person("AHMA"), make_person("BIISON", "pilot"), make_person("GONE", deleted=clock.utcnow())]
    targets = [target(person) for person in [*people, make_person("CARIBOU")]]
    report = bulk_actions.assign_role(boss, targets, "pilot")
    assert outcomes(report) == ["done", "done", "refused", "done"]
    assert "already" in report.results[1].sentence
    me = Target(boss.pk, boss.callsign)
    report = bulk_actions.remove_role(boss, [me, *targets[:2]], "admin")
    assert outcomes(report) == ["refused", "done", "done"]
    assert outcomes(bulk_actions.remove_role(boss, targets[:2], "pilot")) == ["done", "done"]
    with connection():
        assert [person.roles() for person in people[:2]] == [[], []]


@pytest.mark.parametrize("act", ["revoke", "reissue"])
def test_the_crl_is_published_once(boss, people, monkeypatch, act):
    published = []
    publish = EmbeddedAuthority._publish

    def count(self, revocations):
        published.append(1)
        publish(self, revocations)

    monkeypatch.setattr(EmbeddedAuthority, "_publish", count)
    with connection():
        old = {int(row.serial, 16) for row in Issued.select()}
    targets = [target(person) for person in people]
    more = ["keyCompromise"] if act == "revoke" else []
    report = getattr(bulk_actions, act)(boss, targets, *more)
    assert (outcomes(report), report.note, published) == (["done"] * 4, "", [1])
    assert {entry.serial_number for entry in crl_of_people()} == old


def test_a_crl_that_cannot_be_published_is_told_and_caught_up_on(boss, people, monkeypatch):
    def full(*_args):
        raise StorageError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(EmbeddedAuthority, "publish_crl", full)
        report = bulk_actions.revoke(boss, [target(person) for person in people[:2]], "superseded")
    assert (outcomes(report), report.exit_code) == (["done", "done"], 3)
    assert "CRL was not published: The disk is full. An open console tries again by itself; rmtui crl does so at once." in report.note

    stopped = []

    def interrupt(progress):
        stopped.append(progress)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk_actions.revoke(boss, [target(person) for person in people[2:]], "superseded", told=interrupt)
    assert len(stopped) == 1
    with connection():
        revoked = {int(row.serial, 16) for row in Issued.select().where(Issued.revoked_on.is_null(False))}
    assert len(revoked) == 3
    assert {entry.serial_number for entry in crl_of_people()} == revoked


def test_files_are_written_where_no_callsign_leads_away_or_over_anothers(boss, people, tmp_path):
    place = tmp_path / "out"
    place.mkdir()
    (place / "BIISON.pfx").write_text("mine")
    report = bulk_actions.export(boss, [target(person) for person in people], str(place))
    assert outcomes(report) == ["done", "refused", "done", "done"]
    assert (place / "BIISON.pfx").read_text() == "mine"
    for name in (NAMES[0], *NAMES[2:]):
        assert stat.S_IMODE((place / f"{name}.pfx").stat().st_mode) == 0o600
        assert load_pkcs12((place / f"{name}.pfx").read_bytes(), name.encode()).cert is not None
    pem = bulk_actions.export(boss, [target(people[0])], str(place), pem=True)
    assert outcomes(pem) == ["done"]
    assert b"PRIVATE KEY" in (place / "AHMA.pem").read_bytes()
    with pytest.raises(ExportRefused, match="no directory"):
        bulk_actions.export(boss, [target(people[0])], str(place / "none"))


def test_file_names_are_one_for_each_callsign():
    hostile = [
        "..",
        ".",
        "",
        "../AHMA",
        "/etc/passwd",
        "~root",
        "A B",
        "A%20B",
        "A\x00B",
        "\ud800",
        ".AHMA",
        "%2EAHMA",
        "ÅKE",
        "Ahma",
        "AHMA",
    ]
    names = [bulk_actions.file_name(callsign, "pfx") for callsign in hostile]
    assert len(set(names)) == len(names)
    for name in names:
        assert "/" not in name
        assert "\0" not in name
        assert not name.startswith(("~", "..", "-"))
        name.encode()
    assert names[-3:] == ["ÅKE.pfx", "Ahma.pfx", "AHMA.pfx"]


def test_a_small_pool_is_not_emptied(boss, rows, monkeypatch):
    config = DBConfig.singleton()
    monkeypatch.setattr(config, "pool_max_size", 2)
    with_threads = []
    run = bulk.run
    monkeypatch.setattr(bulk, "run", lambda *args, **how: (with_threads.append(how["threads"]), run(*args, **how))[1])
    assert outcomes(bulk_actions.approve(boss, [asked(row) for row in rows])) == ["done"] * 4
    assert (with_threads[0] > 1) is config.is_sqlite
