"""What an operator decides about an enrolment, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import re
import uuid

import pytest
from cryptography import x509

from making import audit_rows, everybody, make_enrollment, make_operator, make_person, make_pool, run, state_of
from rmtui import i18n, settings
from rmtui.db.enrollments import Enrollment
from rmtui.db.errors import (
    AlreadyDecided,
    BeingApproved,
    CallsignReserved,
    Deleted,
    EnrollmentError,
    ForbiddenOperation,
    NotFound,
    PoolInactive,
    WrongCode,
)
from rmtui.db.middleware import connection
from rmtui.db.own import Audit
from rmtui.errors import ConfigurationError, InvalidCallsign
from rmtui.pki.csr import build_csr
from rmtui.pki.interface import CSRError
from rmtui.pki.keys import generate
from rmtui.services import enrollments, people
from rmtui.services.decisions import ReasonMissing
from rmtui.services.enrollments import LookalikeWarning
from rmtui.services.types import PeopleQuery, State
from rmtui.text import CODE_ALPHABET


@pytest.fixture
def boss(env):
    return make_operator()


def csr_for(callsign: str) -> str:
    return build_csr(generate("ec256"), callsign).decode()


class TestCreate:
    def test_without_a_csr(self, boss):
        made = enrollments.create(boss, "Åke 1")
        assert len(made.approvecode) == 8
        assert set(made.approvecode) <= set(CODE_ALPHABET)
        assert made.approvecode not in repr(made)
        found = enrollments.enrollment(made.pk)
        assert (found.row.callsign, found.row.state, found.row.has_csr) == ("Åke 1", State.PENDING, False)
        assert (found.csr, found.csr_fingerprint, found.problem) == ("", "", None)

    def test_with_a_csr(self, boss):
        made = enrollments.create(boss, "RAVEN", csr=csr_for("RAVEN"))
        found = enrollments.enrollment(made.pk)
        assert found.row.has_csr
        assert found.csr == "CN=RAVEN, EC P-256"
        assert len(found.csr_fingerprint) == 64

    def test_a_bad_csr_is_refused_with_a_sentence_and_makes_nothing(self, boss):
        for csr in ("", "garbage", "\udc80", "x" * 70_000, csr_for("OTHER")):
            with pytest.raises(CSRError) as caught:
                enrollments.create(boss, "RAVEN", csr=csr)
            assert caught.value.sentence.endswith(".")
        with pytest.raises(NotFound):
            enrollments.find("RAVEN")
        assert audit_rows()[-1][:4] == ("BOSS", "create", "refused", "RAVEN")

    def test_a_callsign_that_breaks_the_rules(self, boss):
        for callsign in ["", " ", "a/b", "A\x1b[2J", "A\x00B", "\udc80", "x" * 65, "x" * 10_000]:
            with pytest.raises(InvalidCallsign):
                enrollments.create(boss, callsign)
            *_, target, detail = audit_rows()[-1]
            assert len(target) <= 80
            assert "\x1b" not in target + detail

    def test_a_taken_or_reserved_callsign(self, boss):
        enrollments.create(boss, "Raven")
        enrollments.create(boss, "åke")
        for taken in ["RAVEN", "raven", "Åke", "ÅKE", "A\u030aKE", "anon_admin", "RASENMAEHER", "boss"]:
            with pytest.raises(CallsignReserved):
                enrollments.create(boss, taken)
        assert len(enrollments.list_enrollments(enrollments.EnrollmentQuery(state=None)).rows) == 2

    def test_a_products_name_and_certificate(self, boss, tmp_path):
        manifest = tmp_path / "manifest.json"
        manifest.write_text(
            json.dumps({"dns": "x", "deployment": "x", "products": {"tak": {"api": "", "uri": "", "certcn": "tak.example"}}})
        )
        settings.configure(dataclasses.replace(settings.current(), manifest=manifest))
        for name in ("TAK", "Tak.Example"):
            with pytest.raises(CallsignReserved, match="reserved for a product"):
                enrollments.create(boss, name)
        manifest.unlink()
        with pytest.raises(ConfigurationError, match="manifest"):
            enrollments.create(boss, "RAVEN")

    def test_through_a_pool(self, boss):
        make_pool(extra={"unit": "3"})
        made = enrollments.create(boss, "RAVEN", invitecode="invite 22")
        found = enrollments.enrollment(made.pk)
        assert found.row.pool == "INVITE22"
        assert dict(found.extra) == {"unit": "3"}

    def test_through_a_pool_that_is_closed_gone_or_never_was(self, boss):
        pool = make_pool(active=False)
        with pytest.raises(PoolInactive):
            enrollments.create(boss, "RAVEN", invitecode="INVITE22")
        run(f"UPDATE enrollmentpools SET deleted = created WHERE invitecode = '{pool.invitecode}'")
        with pytest.raises(Deleted):
            enrollments.create(boss, "RAVEN", invitecode="INVITE22")
        for code in ("NEVERWAS", "A\x00B", "\udc80"):
            with pytest.raises(NotFound):
                enrollments.create(boss, "RAVEN", invitecode=code)


class TestApprove:
    @pytest.mark.parametrize("read_out", ["KR0W2IAB", "krow2iab", " KROW 2IAB ", "kr0w-21ab", "KROW–2IAB"])
    def test_with_the_code_however_it_is_read_out(self, boss, read_out):
        waiting = make_enrollment("RAVEN", "KROW2IAB", extra={"unit": "3"})
        done = enrollments.approve(boss, waiting.pk, read_out)
        person = people.person(done.person)
        assert (person.row.callsign, person.row.roles, person.approved_by) == ("RAVEN", (), "BOSS")
        assert dict(person.extra) == {"unit": "3"}
        assert person.certificate is not None
        assert (person.certificate.subject, person.certificate.serial) == ("CN=RAVEN", done.serial)
        assert person.files == ("mtls.csr", "mtls.key", "mtls.pem", "mtls.pfx", "mtls.pub")
        found = enrollments.enrollment(waiting.pk)
        assert (found.row.state, found.row.decided_by) == (State.APPROVED, "BOSS")
        assert found.row.decided_on == person.approved_on
        assert audit_rows()[-1] == ("BOSS", "approve", "done", "RAVEN", "")

    def test_with_their_own_csr(self, boss):
        key = generate("ec256")
        made = enrollments.create(boss, "RAVEN", csr=build_csr(key, "RAVEN").decode())
        done = enrollments.approve(boss, made.pk, made.approvecode)
        person = people.person(done.person)
        assert person.files == ("mtls.csr", "mtls.pem", "mtls.pfx")
        directory = settings.current().people_dir / str(done.person)
        leaf = x509.load_pem_x509_certificates((directory / "mtls.pem").read_bytes())[0]
        assert leaf.public_key() == key.public_key()

    def test_never_with_another(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        tried = ["", " ", "WRONG234", "KROW2IA", "KROW2IABB", "КROW2IAB", "\x00", "\udc80", "%", "KROW2IA_"]
        for code in tried:
            with pytest.raises(WrongCode, match="not the code of RAVEN; nothing was approved"):
                enrollments.approve(boss, waiting.pk, code)
        assert state_of(waiting) is State.PENDING
        assert everybody() == ["BOSS"]
        assert [row[:4] for row in audit_rows()] == [("BOSS", "approve", "refused", "RAVEN")] * len(tried)
        assert "KROW2IAB" not in str(audit_rows())
        assert not list(settings.current().people_dir.glob("*"))

    def test_what_is_told_in_finnish_is_recorded_in_english(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        i18n.use("fi")
        with pytest.raises(WrongCode) as caught:
            enrollments.approve(boss, waiting.pk, "WRONG234")
        assert caught.value.sentence.startswith("Tämä ei ole kutsutunnuksen RAVEN koodi")
        with connection():
            assert Audit.select().order_by(Audit.id.desc()).get().reason.startswith("That is not the code of RAVEN; nothing was approved.")

    @pytest.mark.parametrize("other", ["RAVЕN", "R4VEN", "ra-ven", "RAV3N"])
    def test_a_lookalike_takes_a_second_yes(self, boss, other):
        make_person("RAVEN")
        waiting = make_enrollment(other, "KROW2IAB")
        assert enrollments.enrollment(waiting.pk).lookalikes == ("RAVEN",)
        with pytest.raises(LookalikeWarning, match="looks like RAVEN; nothing was approved") as caught:
            enrollments.approve(boss, waiting.pk, "KROW2IAB")
        assert caught.value.others == ("RAVEN",)
        assert state_of(waiting) is State.PENDING
        enrollments.approve(boss, waiting.pk, "KROW2IAB", accept_lookalikes=True)
        assert state_of(waiting) is State.APPROVED
        assert audit_rows()[-1] == ("BOSS", "approve", "done", other, "looks like RAVEN")

    @pytest.mark.parametrize(
        ("before", "change", "says"),
        [
            (None, {"callsign": "RAVEN2"}, "it asks for RAVEN2 now"),
            (None, {"csr": "RAVEN"}, "its certificate request is another now"),
            ("RAVEN", {"csr": "RAVEN"}, "its certificate request is another now"),
            ("RAVEN", {"csr": None}, "its certificate request is another now"),
        ],
    )
    def test_what_was_shown_is_what_is_signed(self, boss, before, change, says):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        with connection():
            Enrollment.update(csr=csr_for(before) if before else None).where(Enrollment.pk == waiting.pk).execute()
            shown = enrollments.preview(waiting.pk)
            new = {name: csr_for(value) if name == "csr" and value else value for name, value in change.items()}
            Enrollment.update(**new).where(Enrollment.pk == waiting.pk).execute()
        with pytest.raises(EnrollmentError, match=f"The enrolment of RAVEN was changed after it was shown: {says}"):
            enrollments.approve(boss, waiting.pk, "KROW2IAB", shown=shown)
        assert state_of(waiting) is State.PENDING
        assert audit_rows()[-1][1:3] == ("approve", "refused")
        assert enrollments.approve(boss, waiting.pk, "KROW2IAB", shown=enrollments.preview(waiting.pk)).callsign.startswith("RAVEN")

    def test_the_code_comes_before_the_warning(self, boss):
        make_person("RAVEN")
        waiting = make_enrollment("R4VEN", "KROW2IAB")
        with pytest.raises(WrongCode):
            enrollments.approve(boss, waiting.pk, "WRONG234", accept_lookalikes=True)

    def test_twice(self, boss):
        other = make_operator("ILVES")
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        enrollments.approve(boss, waiting.pk, "KROW2IAB")
        with pytest.raises(AlreadyDecided, match=r"RAVEN is already approved by BOSS on 20") as caught:
            enrollments.approve(other, waiting.pk, "KROW2IAB")
        assert (caught.value.state, caught.value.decided_by) == ("approved", "BOSS")
        with pytest.raises(AlreadyDecided):
            enrollments.reject(other, waiting.pk, "No")
        assert everybody() == ["BOSS", "ILVES", "RAVEN"]

    def test_a_rejected_one(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        enrollments.reject(boss, waiting.pk, "No")
        with pytest.raises(AlreadyDecided, match="already rejected by BOSS"):
            enrollments.approve(boss, waiting.pk, "KROW2IAB")

    @pytest.mark.parametrize("callsign", ["../../etc", "A\x1b[2JB", " ", "a\u202eb", "x" * 65])
    def test_a_row_that_breaks_the_rules_is_refused_and_can_be_rejected(self, boss, callsign):
        waiting = make_enrollment(callsign, "KROW2IAB")
        with pytest.raises(InvalidCallsign, match="cannot be approved"):
            enrollments.approve(boss, waiting.pk, "KROW2IAB", accept_lookalikes=True)
        assert enrollments.enrollment(waiting.pk).problem
        enrollments.reject(boss, waiting.pk, "Not a callsign")
        assert state_of(waiting) is State.REJECTED

    def test_somebody_elses_callsign_by_then(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        make_person("raven")
        with pytest.raises(CallsignReserved, match="taken by a person, written raven"):
            enrollments.approve(boss, waiting.pk, "KROW2IAB")
        assert state_of(waiting) is State.PENDING

    def test_the_steps_are_told(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        steps: list[str] = []
        enrollments.approve(boss, waiting.pk, "KROW2IAB", progress=steps.append)
        assert steps == ["Making the key and the certificate", "Writing the files", "Recording the approval"]

    def test_one_that_never_was(self, boss):
        for act in (
            lambda: enrollments.approve(boss, uuid.uuid4(), "X"),
            lambda: enrollments.reject(boss, uuid.uuid4(), "X"),
            lambda: enrollments.reopen(boss, uuid.uuid4()),
            lambda: enrollments.preview(uuid.uuid4()),
            lambda: enrollments.find("A\x00"),
            lambda: people.find("\udc80"),
        ):
            with pytest.raises(NotFound):
                act()

    def test_a_full_disk_makes_nothing(self, boss, monkeypatch):
        from rmtui.pki import files
        from rmtui.pki.interface import StorageError

        waiting = make_enrollment("RAVEN", "KROW2IAB")
        real = files.os.write

        def full(fd, data):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(files.os, "write", full)
        with pytest.raises(StorageError, match="The disk is full"):
            enrollments.approve(boss, waiting.pk, "KROW2IAB")
        monkeypatch.setattr(files.os, "write", real)
        assert state_of(waiting) is State.PENDING
        assert not list(settings.current().people_dir.glob("*"))
        enrollments.approve(boss, waiting.pk, "KROW2IAB")
        assert state_of(waiting) is State.APPROVED


class TestReject:
    def test_with_a_reason(self, boss):
        waiting = make_enrollment("RAVEN")
        enrollments.reject(boss, waiting.pk, "  Not   on\nthe list ")
        found = enrollments.enrollment(waiting.pk)
        assert (found.row.state, found.row.decided_by, found.reason) == (State.REJECTED, "BOSS", "Not on the list")
        assert found.history[0].reason == "Not on the list"
        assert people.count_people(PeopleQuery()).number == 1

    @pytest.mark.parametrize("reason", ["", "  ", "\n\t", "x" * 501])
    def test_without_one_or_with_a_novel(self, boss, reason):
        waiting = make_enrollment("RAVEN")
        with pytest.raises(ReasonMissing, match="was not rejected"):
            enrollments.reject(boss, waiting.pk, reason)
        assert state_of(waiting) is State.PENDING

    def test_any_text_is_a_reason_and_kept_harmless(self, boss):
        for reason in ["x" * 500, "Ei ole listalla: ääkkönen 鷹", "bell \x07 and \x1b[2J", "nul \x00", "half \udc80"]:
            waiting = make_enrollment(f"RAVEN{len(reason)}")
            enrollments.reject(boss, waiting.pk, reason)
            kept = enrollments.enrollment(waiting.pk).reason
            assert not set(kept) & {"\x00", "\x07", "\x1b", "\udc80"}
            assert kept[:3] == reason[:3]

    def test_twice(self, boss):
        waiting = make_enrollment("RAVEN")
        enrollments.reject(boss, waiting.pk, "No")
        with pytest.raises(AlreadyDecided, match="already rejected by BOSS"):
            enrollments.reject(boss, waiting.pk, "No")
        assert enrollments.enrollment(waiting.pk).reason == "No"


class TestReopen:
    def test_the_new_code_works_and_the_old_one_does_not(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        enrollments.reject(boss, waiting.pk, "Wrong day")
        made = enrollments.reopen(boss, waiting.pk)
        assert made.approvecode not in {"KROW2IAB", repr(made)}
        found = enrollments.enrollment(waiting.pk)
        assert (found.row.state, found.row.decided_by, found.row.decided_on, found.reason) == (State.PENDING, None, None, "")
        assert [entry.action for entry in found.history] == ["reopen", "reject"]
        with pytest.raises(WrongCode):
            enrollments.approve(boss, waiting.pk, "KROW2IAB")
        enrollments.approve(boss, waiting.pk, made.approvecode)
        assert state_of(waiting) is State.APPROVED

    @pytest.mark.parametrize("state", [State.PENDING, State.APPROVED])
    def test_only_a_rejected_one(self, boss, state):
        waiting = make_enrollment("RAVEN", state=state)
        with pytest.raises(ForbiddenOperation, match=f"is {state.value}; only a rejected"):
            enrollments.reopen(boss, waiting.pk)
        assert state_of(waiting) is state


class TestClaims:
    def test_a_live_claim_keeps_others_out(self, boss, monkeypatch):
        from rmtui.db import approval

        waiting = make_enrollment("RAVEN", "KROW2IAB")
        other = make_operator("ILVES")
        seen = []

        def meanwhile(step):
            if step == "Recording the approval":
                seen.append(enrollments.preview(waiting.pk).blocked)
                with pytest.raises(BeingApproved, match="BOSS is approving RAVEN"):
                    enrollments.approve(other, waiting.pk, "KROW2IAB")

        enrollments.approve(boss, waiting.pk, "KROW2IAB", progress=meanwhile)
        assert seen == ["BOSS is approving it just now."]
        assert everybody() == ["BOSS", "ILVES", "RAVEN"]
        with connection():
            assert approval.live_claim(waiting.pk) is None
            assert Enrollment.by_pk(waiting.pk).state == 1


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.usefixtures("in_helsinki")
def test_a_refusal_is_recorded_in_utc_wherever_the_operator_sits(boss, language):
    i18n.use(language)
    waiting = make_enrollment("RAVEN")
    enrollments.reject(boss, waiting.pk, "No")
    with pytest.raises(AlreadyDecided) as caught:
        enrollments.reject(boss, waiting.pk, "No")
    assert re.search(r"\d\d[:.]\d\d[:.]\d\d EES?T", caught.value.sentence)
    with connection():
        kept = Audit.select().order_by(Audit.id.desc()).get().reason
    assert kept == str(caught.value)
    assert re.search(r"rejected by BOSS on \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", kept)
    when = enrollments.enrollment(waiting.pk).row.decided_on
    assert f"{when:%Y-%m-%d %H:%M:%S}Z" in kept
