"""Foreign text: judged, folded, compared and made harmless."""

from __future__ import annotations

import sys
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmtui.db.callsigns import UNSTEADY
from rmtui.errors import InvalidCallsign
from rmtui.text import (
    CODE_ALPHABET,
    callsign_problem,
    fold,
    new_code,
    normalise_callsign,
    normalise_code,
    plain,
    role_problem,
    same_code,
    skeleton,
)

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
"""Any code points, half characters and unassigned ones too."""
HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class TestPlain:
    @given(ANYTHING)
    def test_nothing_a_terminal_obeys_or_hides_comes_through(self, text):
        drawn = plain(text)
        assert not {unicodedata.category(char) for char in drawn} & HARMFUL
        assert all(char == " " for char in drawn if unicodedata.category(char) == "Zs")
        drawn.encode()  # no half characters

    def test_every_single_character(self):
        drawn = plain("".join(map(chr, range(sys.maxunicode + 1))))
        assert not {unicodedata.category(char) for char in set(drawn)} & HARMFUL

    @given(ANYTHING)
    def test_it_is_one_line_and_stays_as_it_is_the_second_time(self, text):
        drawn = plain(text)
        assert len(drawn.splitlines()) <= 1
        assert plain(drawn) == drawn

    @given(ANYTHING, st.integers(1, 20))
    def test_the_limit_holds_and_is_seen(self, text, limit):
        drawn, whole = plain(text, limit), plain(text)
        assert len(drawn) <= limit
        assert drawn == whole or (drawn.endswith("…") and len(whole) > limit)

    @pytest.mark.parametrize(
        ("text", "drawn"),
        [
            ("RAVEN 01", "RAVEN 01"),
            ("Åke", "Åke"),
            ("鷹", "鷹"),
            ("a\x1b[2Jb", r"a\x1b[2Jb"),
            ("a\nb\tc", r"a\x0ab\x09c"),
            ("\x9b31m", r"\x9b31m"),
            ("ab\u202ecd", r"ab\u202ecd"),
            ("zero\u200bwidth", r"zero\u200bwidth"),
            ("no\u00a0break", r"no\xa0break"),
            ("\U000e0041", r"\U000e0041"),
            ("\udc80", r"\udc80"),
            ("o" + "\u0308" * 5, "o" + "\u0308" * 3 + r"\u0308\u0308"),
            (7, "7"),
            (None, "None"),
        ],
    )
    def test_what_it_makes_of(self, text, drawn):
        assert plain(text) == drawn

    def test_a_cut_never_leaves_less_than_nothing(self):
        assert plain("abc", 1) == "…"
        assert plain("abc", 0) == "…"
        assert plain("abc", 3) == "abc"


GOOD = ["RAVEN", "Åke 1", "KARHU01", "a.b-c_d", "鷹", "..a", "x" * 64, "Å" * 32, "O'NEIL", "(x)", "100%"]
BAD = [
    ("", "it is empty"),
    (".", "it is a directory"),
    ("..", "it is a directory"),
    (" A", "begins or ends with a space"),
    ("A ", "begins or ends with a space"),
    ("\u00a0A", "begins or ends with a space"),
    ("A\x1bB", r"a control character (\x1b)"),
    ("A\nB", r"a control character (\x0a)"),
    ("A\x00B", r"a control character (\x00)"),
    ("A\u200bB", r"an invisible character (\u200b)"),
    ("A\u202eB", "an invisible character"),
    ("A\udc80", "half a character"),
    ("A\ue000", "a private-use character"),
    ("A\u0378", "an unassigned character"),
    ("A\u2028B", "a line separator"),
    ("A\u2029B", "a paragraph separator"),
    *((f"A{char}B", f"it holds {char}") for char in '/\\,+="<>;#'),
    ("A\u030ake", "not composed"),
    ("x" * 65, "65 bytes"),
    ("Å" * 32 + "x", "65 bytes"),
]


class TestCallsigns:
    @pytest.mark.parametrize("text", GOOD)
    def test_good_ones(self, text):
        assert callsign_problem(text) is None
        assert normalise_callsign(text) == text

    @pytest.mark.parametrize(("text", "words"), BAD)
    def test_bad_ones_say_why(self, text, words):
        assert words in (callsign_problem(text) or "")

    @pytest.mark.parametrize("text", [bad for bad, _ in BAD if bad != "A\u030ake"])
    def test_bad_ones_are_refused_in_a_harmless_sentence(self, text):
        with pytest.raises(InvalidCallsign) as caught:
            normalise_callsign(text)
        assert plain(caught.value.sentence) == caught.value.sentence

    def test_what_is_typed_is_composed(self):
        assert normalise_callsign("A\u030ake") == "Åke"

    @given(ANYTHING)
    def test_a_good_one_is_safe_as_a_name_of_anything(self, text):
        if callsign_problem(text) is None:
            assert 1 <= len(text.encode()) <= 64
            assert "/" not in text
            assert plain(text) == text or any(unicodedata.category(char) in {"Zs", "Mn", "Me"} for char in text)
            assert unicodedata.is_normalized("NFC", text)

    @given(st.text(max_size=20))
    def test_normalising_gives_a_good_one_or_refuses(self, text):
        with suppress(InvalidCallsign):
            assert callsign_problem(normalise_callsign(text)) is None


class TestRoles:
    @pytest.mark.parametrize("text", ["admin", "medic", "lääkintä", "tak_admin", "a.b"])
    def test_good_ones(self, text):
        assert role_problem(text) is None

    @pytest.mark.parametrize("text", ["", " admin", "two words", "a\u00a0b", "a/b", "a\x1b", "x" * 65])
    def test_bad_ones(self, text):
        assert role_problem(text)


class TestFold:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("raven", "RAVEN"),
            ("åke", "ÅKE"),
            ("Åke", "A\u030ake"),
            ("\u212bke", "åke"),
            ("\u212a", "k"),
            ("ß", "SS"),
            ("Ж", "ж"),
            ("ς", "Σ"),
        ],
    )
    def test_the_same_but_for_case(self, one, other):
        assert fold(one) == fold(other)

    @pytest.mark.parametrize(("one", "other"), [("RAVEN", "RAVEN1"), ("A", "Å"), ("A", "А"), ("O", "0")])
    def test_not_the_same(self, one, other):
        assert fold(one) != fold(other)

    @given(st.text(max_size=20))
    def test_folding_ends(self, text):
        assert fold(fold(text)) == fold(text)

    @given(st.text(max_size=20))
    def test_composition_does_not_matter(self, text):
        assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))

    def _folding_to_ascii(self):
        found: dict[str, str] = {}
        for point in range(0x80, sys.maxunicode + 1):
            if not 0xD800 <= point < 0xE000:
                for char in fold(chr(point)):
                    if char.isascii():
                        found[char] = chr(point)
        return found

    def test_unsteady_characters_are_all_there_are(self):
        found = set(self._folding_to_ascii())
        assert found <= UNSTEADY
        assert {"k", "s", "i", "f", "`"} <= found

    def test_unsteady_characters_are_few_enough_to_be_useful(self):
        assert set("eorxu") & UNSTEADY == set()


class TestSkeleton:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("RAVEN", "raven"),
            ("RAVEN", "RАVEN"),  # Cyrillic А
            ("RAVEN", "ΡAVEN".replace("Ρ", "R")),
            ("KARHU01", "KARHUO1"),
            ("KARHU01", "KARHUOI"),
            ("KARHU01", "KARHU0l"),
            ("KARHU 01", "KARHU-01"),
            ("KARHU_01", "KARHU.01"),
            ("KARHU\u00a001", "KARHU01"),
            ("BOSS", "B055"),
            ("BOSS", "8OSS"),
            ("ΒΟSS", "BOSS"),  # Greek Β, Ο
            ("ＲＡＶＥＮ", "RAVEN"),  # full width
            ("RAVEN\u3164", "RAVEN"),  # Hangul filler: drawn as nothing
            ("RAVEN\ufe0f", "RAVEN"),  # variation selector
            ("RAVEN\u2800", "RAVEN"),  # Braille without dots
            ("RAVEN\u034f", "RAVEN"),  # grapheme joiner
        ],
    )
    def test_what_looks_alike(self, one, other):
        assert skeleton(one) == skeleton(other)

    @pytest.mark.parametrize(("one", "other"), [("RAVEN", "RIVEN"), ("KARHU01", "KARHU02"), ("AKE", "ÅKE"), ("PÖLLÖ", "POLLO")])
    def test_what_does_not(self, one, other):
        assert skeleton(one) != skeleton(other)


class TestCodes:
    def test_the_alphabet_has_nothing_heard_twice(self):
        assert len(CODE_ALPHABET) == len(set(CODE_ALPHABET)) == 34
        assert not set("01") & set(CODE_ALPHABET)

    @given(st.integers(1, 64))
    def test_new_ones(self, size):
        code = new_code(size)
        assert len(code) == size
        assert set(code) <= set(CODE_ALPHABET)
        assert normalise_code(code) == code

    def test_new_ones_differ(self):
        assert len({new_code(8) for _ in range(1000)}) == 1000

    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            ("abcd efgh", "ABCDEFGH"),
            ("ABCD-EFGH", "ABCDEFGH"),
            ("ABCD–EFGH", "ABCDEFGH"),
            ("A0C1", "AOCI"),
            (" \tAB\n", "AB"),
            ("a b c", "ABC"),
        ],
    )
    def test_as_read_aloud(self, given, wanted):
        assert same_code(given, wanted)

    @pytest.mark.parametrize(
        ("given", "wanted"), [("", ""), ("", "ABC"), (" - ", "-"), ("ABC", "ABD"), ("ABC", "ABCD"), ("ABCD", "ABC"), ("АBC", "ABC")]
    )
    def test_never(self, given, wanted):
        assert not same_code(given, wanted)

    @settings(max_examples=50)
    @given(st.text(st.characters(exclude_categories=()), max_size=10))
    def test_any_text_can_be_tried(self, text):
        assert not same_code(text, "ABCD2345EFGH6789")
