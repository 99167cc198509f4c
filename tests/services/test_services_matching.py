"""Code-first approval: what was typed or pasted finds one enrolment or none, and never guesses; new codes."""

from __future__ import annotations

import datetime as dt
import unicodedata
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import audit_rows, make_enrollment, make_operator, state_of
from rmtui import clock
from rmtui.db.errors import AlreadyDecided, EnrollmentError, WrongCode
from rmtui.db.middleware import connection
from rmtui.db.own import Claim
from rmtui.pki.csr import build_csr
from rmtui.pki.keys import generate
from rmtui.services import enrollments, matching
from rmtui.services.pasted import read_line
from rmtui.services.types import State
from rmtui.text import CODE_ALPHABET, normalise_code, plain


@pytest.fixture
def boss(env):
    return make_operator()


def csr_for(callsign: str) -> str:
    return build_csr(generate("ec256"), callsign).decode()


class TestResetCode:
    def test_the_new_one_works_and_the_old_one_does_not(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")
        made = enrollments.reset_code(boss, waiting.pk)
        assert (made.callsign, made.approvecode in repr(made)) == ("RAVEN", False)
        assert audit_rows()[-1] == ("BOSS", "reset-code", "done", "RAVEN", "")
        with pytest.raises(WrongCode):
            enrollments.approve(boss, waiting.pk, "KROW2IAB")
        enrollments.approve(boss, waiting.pk, made.approvecode)
        with pytest.raises(AlreadyDecided, match="already approved by BOSS"):
            enrollments.reset_code(boss, waiting.pk)

    def test_an_approval_that_began_with_the_old_one_does_not_end(self, boss):
        waiting = make_enrollment("RAVEN", "KROW2IAB")

        def meanwhile(step):
            if step == "Recording the approval":
                enrollments.reset_code(boss, waiting.pk)

        with pytest.raises(EnrollmentError, match="changed meanwhile; nothing was approved"):
            enrollments.approve(boss, waiting.pk, "KROW2IAB", progress=meanwhile)
        assert state_of(waiting) is State.PENDING


CODE, OTHER = "KROW2IAB", "ABCDEFG2"


def one(text, **how):
    (found,) = matching.match(text, **how)
    assert CODE not in found.line.upper() + repr(found)
    return found


LINK = "https://mtls.example.com/approve-user?callsign=RAVEN%201&approvalcode=KROW2IAB"


class TestMatch:
    def test_however_it_is_typed_or_pasted(self, boss):
        waiting = make_enrollment("RAVEN 1", CODE)
        make_enrollment("KORPI 12", OTHER)
        for typed in (
            CODE,
            " kr0w 21ab ",
            "krow-2iab",
            "K R O W 2 I A B",
            "\u200eKR\u200bOW–2IAB",
            "ＫＲＯＷ２ＩＡＢ",
            "Kilo Romeo Oscar Whiskey Two India Alfa Bravo",
            "koodi: kalle risto OTTO viski kaksi iivari aarne bertta kiitos",
            LINK,
            f"moi ({LINK}), kiitos",
            "http://10.0.0.1:4439/approve-user?approvalcode=krow-2iab&amp;x=1&callsign=RAVEN+1#top",
            "moi, olen RAVEN 1 ja koodi on KROW-2IAB, kiitos",
            "[12.11. 14:03] SUSI: KROW2IAB",
            "[12.11. 14:03] KORPI 12: raven 1 on KROW2IAB",
            "24.11.2026, 14:03 - Raven: *krow 2iab* terveisi",
            f"{LINK} eli KROW 2IAB",
        ):
            found = one(typed)
            assert (found.ready, found.problem, found.code.reveal()) == (True, "", CODE)
            assert found.row == enrollments.enrollment(waiting.pk).row
            (approval,) = matching.approvals((found,))
            assert (approval.target.pk, approval.target.name, approval.key) == (waiting.pk, "RAVEN 1", "")
            assert len(found.line) <= 60
            assert not set("\u200e\u200b") & set(found.line)

    def test_a_mismatch_never_guesses_nor_tells_whose_it_is(self, boss):
        make_enrollment("RAVEN 1", CODE)
        make_enrollment("KORPI", OTHER)
        for typed, problem in (
            ("RAVEN", "There is no code in this line."),
            ("KROW2IAC", "No enrolment has this code"),
            ("KROW2IA", "There is no code"),
            (CODE + "X", "There is no code"),
            ("KROW2IAB ABCDEFG2", "several enrolments"),
            (LINK + " ABCDEFG2", "several enrolments"),
            (LINK.replace("RAVEN%201", "ILVES"), "The link is for ILVES, and its code is not theirs"),
            (LINK.replace("KROW2IAB", "KROW2IAC") + " KROW2IAB", "No enrolment has this code"),
            ("https://x/approve-user?approvalcode=KROW2IAB", "The link is not whole"),
            (LINK + "&callsign=ILVES", "The link is not whole"),
            (LINK.replace("RAVEN%201", "ILVES").replace("approvalcode", "approval%63ode"), "The link is for ILVES"),
            ("https://x/approve-user?callsign=KORPI KROW2IAB", "The link is not whole"),
            ("https://x/approve-user?c%61llsign=KORPI KROW2IAB", "The link is not whole"),
            ("https://x/?callsign=KORPI&code=KROW2IAB", "The link is not whole"),
            ("https://x/?KROW2IAB&callsign=KORPI#KROW2IAB", "The link is not whole"),
            ("@KORPI: KROW2IAB", "The line names KORPI"),
            ("callsign=KORPI code=KROW2IAB", "The link is not whole"),
            ("KORPI/KROW2IAB", "The line names KORPI"),
            ("Korpi's code: KROW2IAB", "The line names KORPI"),
            ("Korpi’s code: KROW2IAB", "The line names KORPI"),
            ("ja " * 70 + "KORPI KROW2IAB", "The line names KORPI"),
            (LINK + "&approvalcode=ABCDEFG2", "The link is not whole"),
            (LINK + "&x=1" * 60, "The link is not whole"),
            ("moi, olen Korpi ja koodi on KROW-2IAB", "The line names KORPI, and the code in it is not theirs"),
            ("KROW2IAB " * 300, "longer than 2,000"),
        ):
            found = one(typed)
            assert problem in found.problem
            assert (found.ready, found.row, bool(found.code)) == (False, None, False)
            assert matching.approvals((found,)) == ()
            assert "RAVEN 1" not in found.problem

    def test_many_lines_in_a_few_queries(self, boss, statements):
        """Decided, taken, reserved, invalid, refused CSR, under way, looking like another, twice, not marked: each says so."""
        codes = [f"AAAA{first}{second}ZZ" for first in "BCDEFGHJ" for second in "BCDEFGHJ"]
        made = dict(zip("ABCDEFGHJ", (csr_for("ILVES"), csr_for("OTHER"), *[None] * 7), strict=True))
        names = ["ILVES", "HAUKI", "boss", "ANON_ADMIN", "A/B", "B0SS", "KETTU", "SUSI", "NÄÄTÄ"]
        waiting = [make_enrollment(name, code, csr=csr) for name, code, csr in zip(names, codes, made.values(), strict=False)]
        enrollments.reject(boss, waiting[6].pk, "No")
        with connection():
            at = clock.utcnow() + dt.timedelta(minutes=1)
            Claim.insert(
                enrollment=waiting[7].pk, person=uuid.uuid4(), operator="AURORA", host="elsewhere", process="1/1", expires=at
            ).execute()
        text = "\n\n".join([*codes[:9], codes[0], codes[8]])
        marked = frozenset(each.pk for each in waiting[:8])
        found = matching.match(text, marked)
        assert [each.row.callsign for each in found] == [*names, "ILVES", "NÄÄTÄ"]
        assert [each.ready for each in found] == [name in {"ILVES", "B0SS"} for name in names] + [False, False]
        said = [each.problem for each in found]
        assert "is for “OTHER”" in said[1]
        assert "taken by a person" in said[2]
        assert "reserved for the system" in said[3]
        assert "it holds /" in said[4]
        assert found[5].lookalikes == ("BOSS",)
        assert said[6].startswith("KETTU was rejected by BOSS, 20")
        assert said[7] == "AURORA is approving it just now."
        assert said[8:] == ["NÄÄTÄ is not one of those that are marked.", "ILVES is in line 1 already.", said[8]]
        assert found[0].key == enrollments.enrollment(waiting[0].pk).csr_fingerprint != ""
        few = len(statements.of(lambda: matching.match("\n".join(codes[:1]))))
        make_enrollment("KARHU", codes[20]), make_enrollment("HIRVI", codes[21])
        assert len(statements.of(lambda: matching.match("\n".join((codes[0], *codes[20:]))))) == few

    def test_no_more_lines_than_go_at_once(self, boss):
        assert len(matching.match("x\n" * 500 + "\n \n")) == 500
        with pytest.raises(matching.TooManyLines, match="501 lines, and at most 500"):
            matching.match("x\n" * 501)
        assert matching.match("") == ()


@given(
    st.lists(st.text() | st.sampled_from([CODE[:4], "approvalcode=", "?", "&", "callsign=", " ", "-", "%", "\n"]), max_size=12).map("".join)
)
def test_junk_never_raises_and_holds_no_code_in_what_is_shown(junk):
    for typed in junk.splitlines():
        line = read_line(typed, 8)
        assert CODE not in line.candidates or "KROW2IAB" in normalise_code(unicodedata.normalize("NFKC", typed))
        shown = line.shown(())
        assert len(shown) <= 60
        assert plain(shown) == shown


@given(junk=st.text(st.characters(exclude_characters="\n")), code=st.text(CODE_ALPHABET, min_size=8, max_size=8))
def test_a_code_is_found_amid_junk_and_never_shown(junk, code):
    line = read_line(f"{junk.replace('approvalcode', '')[:40]} | {code[:4]} - {code[4:].lower()} ", 8)
    assert code in line.candidates
    assert code not in normalise_code(line.shown({code})) or code in normalise_code(junk)
