"""One enrolment or person, whole, and what approving would sign."""

from __future__ import annotations

import dataclasses

import pytest

from making import START, make_enrollment, make_operator, make_person, make_pool, run
from rmtui import settings
from rmtui.pki.csr import build_csr
from rmtui.pki.keys import generate
from rmtui.services import enrollments, operators, people
from rmtui.services.information import information
from rmtui.services.types import EnrollmentQuery, State


@pytest.fixture
def boss(env):
    return make_operator()


def with_settings(**changes):
    settings.configure(dataclasses.replace(settings.current(), **changes))


CODE = "KROW2IAB"


class TestEnrolment:
    def test_no_approve_code_anywhere(self, boss):
        waiting = make_enrollment("RAVEN", CODE, csr=build_csr(generate("ec256"), "RAVEN").decode(), pool=make_pool().pk)
        enrollments.reject(boss, waiting.pk, "No")
        second = enrollments.reopen(boss, waiting.pk)
        shown = [
            enrollments.enrollment(waiting.pk),
            enrollments.find("raven"),
            enrollments.preview(waiting.pk),
            enrollments.list_enrollments(EnrollmentQuery(state=None)),
            enrollments.summary(),
        ]
        for each in shown:
            text = f"{each!r} {each!s} {dataclasses.asdict(each)}"
            assert CODE not in text
            assert second.approvecode not in text

    def test_history_is_latest_first_and_no_more_than_fifty(self, boss):
        waiting = make_enrollment("RAVEN")
        for _ in range(26):
            enrollments.reject(boss, waiting.pk, "No")
            enrollments.reopen(boss, waiting.pk)
        history = enrollments.enrollment(waiting.pk).history
        assert len(history) == 50
        assert [entry.action for entry in history[:2]] == ["reopen", "reject"]
        assert [entry.at for entry in history] == sorted((entry.at for entry in history), reverse=True)

    def test_what_others_left_in_extra(self, boss):
        for number, extra in enumerate(["'null'", "'[1]'", "'\"text\"'", '\'{"a": {"b": [1]}}\'']):
            waiting = make_enrollment(f"R{number}")
            run(f"UPDATE enrollments SET extra = {extra} WHERE callsign = 'R{number}'")
            found = enrollments.enrollment(waiting.pk)
            assert dict(found.extra) == ({"a": {"b": [1]}} if number == 3 else {})

    def test_a_state_nobody_knows(self, boss):
        waiting = make_enrollment("RAVEN", CODE)
        run("UPDATE enrollments SET state = 7")
        assert enrollments.enrollment(waiting.pk).row.callsign == "RAVEN"
        assert enrollments.preview(waiting.pk).blocked

    def test_a_rejection_by_the_web_page_has_no_reason(self, boss):
        waiting = make_enrollment("RAVEN", state=State.REJECTED, decided_by=boss.pk, decided_on=START)
        found = enrollments.enrollment(waiting.pk)
        assert (found.reason, found.row.decided_by, found.history) == ("", "BOSS", ())


class TestPreview:
    def test_one_that_can_be_approved(self, boss):
        waiting = make_enrollment("RAVEN", CODE)
        ahead = enrollments.preview(waiting.pk)
        assert (ahead.subject, ahead.key, ahead.hours, ahead.blocked) == ("CN=RAVEN", "a new EC P-256 key, made here", 1008, None)
        assert "embedded" in ahead.authority
        with_settings(key_type="rsa4096", cert_hours=24)
        ahead = enrollments.preview(waiting.pk)
        assert (ahead.key, ahead.hours) == ("a new RSA 4096 key, made here", 24)

    def test_their_own_key(self, boss):
        made = enrollments.create(boss, "RAVEN", csr=build_csr(generate("rsa2048"), "RAVEN").decode())
        assert enrollments.preview(made.pk).key == "their own key, RSA 2048"

    def test_a_decided_one(self, boss):
        waiting = make_enrollment("RAVEN", CODE)
        enrollments.reject(boss, waiting.pk, "No")
        assert "already rejected by BOSS" in (enrollments.preview(waiting.pk).blocked or "")

    def test_a_callsign_that_breaks_the_rules(self, boss):
        waiting = make_enrollment("A\x1b[2J", CODE)
        ahead = enrollments.preview(waiting.pk)
        assert "cannot be approved: it holds a control character" in (ahead.blocked or "")
        assert "\x1b" not in (ahead.blocked or "")

    def test_a_reserved_or_taken_callsign(self, boss):
        assert "reserved" in (enrollments.preview(make_enrollment("Anon_Admin").pk).blocked or "")
        assert "taken" in (enrollments.preview(make_enrollment("boss").pk).blocked or "")

    def test_a_csr_that_will_be_refused(self, boss):
        waiting = make_enrollment("RAVEN", CODE, csr=build_csr(generate("ec256"), "OTHER").decode())
        ahead = enrollments.preview(waiting.pk)
        assert ahead.blocked
        assert ahead.detail.csr == f"will be refused: {ahead.blocked}"
        assert enrollments.preview(make_enrollment("KARHU", csr="garbage").pk).blocked

    def test_no_authority(self, boss):
        waiting = make_enrollment("RAVEN", CODE)
        with_settings(cert_backend="cfssl")
        assert "LOCAL_CA_CERTS_PATH" in (enrollments.preview(waiting.pk).blocked or "")

    def test_no_manifest(self, boss, tmp_path):
        waiting = make_enrollment("RAVEN", CODE)
        with_settings(manifest=tmp_path / "none.json")
        assert "RM_KRAFTWERK_MANIFEST_PATH" in (enrollments.preview(waiting.pk).blocked or "")

    def test_looking_writes_nothing(self, boss):
        waiting = make_enrollment("RAVEN", CODE)
        before = enrollments.enrollment(waiting.pk)
        enrollments.preview(waiting.pk)
        assert enrollments.enrollment(waiting.pk) == before


class TestPerson:
    def test_one_without_files(self, boss):
        person = make_person("RAVEN", "medic", "medic", "admin")
        found = people.person(person.pk)
        assert found.row.roles == ("admin", "medic")
        assert found.certificate is None
        assert found.certificate_problem
        assert (found.approved_by, found.approved_on, found.pool, found.files) == (None, None, None, ())

    def test_one_whose_row_points_elsewhere(self, boss):
        make_person("RAVEN")
        run("UPDATE users SET certspath = '/etc' WHERE callsign = 'RAVEN'")
        found = people.find("raven")
        assert found.files == ()
        assert "outside the data directory" in found.certificate_problem

    def test_one_whose_directory_is_a_link(self, boss, tmp_path):
        person = make_person("RAVEN")
        path = settings.current().people_dir / "planted"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to("/etc")
        run(f"UPDATE users SET certspath = '{settings.current().data_dir}/private/people/planted' WHERE callsign = 'RAVEN'")
        found = people.person(person.pk)
        assert (found.certificate, found.files) == (None, ())
        assert "symbolic link" in found.certificate_problem

    def test_a_revoked_one_is_found(self, boss):
        make_person("RAVEN", deleted=START, revoke_reason="keyCompromise")
        found = people.find("RAVEN")
        assert (found.row.revoked_on, found.row.revoke_reason) == (START, "keyCompromise")
        assert people.by_callsign("raven") == found.row

    def test_a_certificate_that_is_none(self, boss, tmp_path):
        made = enrollments.create(boss, "RAVEN")
        done = enrollments.approve(boss, made.pk, made.approvecode)
        (settings.current().people_dir / str(done.person) / "mtls.pem").write_text("garbage")
        found = people.person(done.person)
        assert found.certificate is None
        assert found.certificate_problem.endswith(".")
        assert found.history[0].action == "approve"
        assert found.pool is None


class TestInformation:
    def test_what_it_tells(self, boss, env, monkeypatch):
        with_settings(operator="boss")
        make_enrollment("RAVEN")
        told = information()
        assert (told["ready"], told["operator"], told["operator_problem"], told["pending"], told["people"]) == (
            True,
            "BOSS",
            None,
            1,
            1,
        )
        assert told["database"] == ("sqlite" if env["RM_DB_DSN"].startswith("sqlite") else "postgresql")
        assert told["data_dir"] == env["RM_PERSISTENT_DATA_DIR"]
        assert told["authority"].startswith("embedded")

    def test_an_operator_who_cannot_act_is_told_about(self, boss):
        with_settings(operator="NOBODY")
        told = information()
        assert told["operator"] is None
        assert "NOBODY" in told["operator_problem"]

    def test_no_operator(self, boss):
        assert information()["operator"] is information()["operator_problem"] is None
        assert operators.identify() is None
