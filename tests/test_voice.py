"""Codes as they are said on a radio."""

import pytest

from rmtui.text import CODE_ALPHABET
from rmtui.voice import ALPHABETS, grouped, spell, unspell


def test_icao():
    assert spell("RjX9-2z", "nato") == ("Romeo", "Juliett", "X-ray", "Nine", "-", "Two", "Zulu")


def test_finnish():
    assert spell("Kqwä70", "finnish") == ("Kalle", "Kuu", "Viski", "Äiti", "seitsemän", "nolla")


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_each_sign_of_a_code_has_a_word_of_its_own_that_means_it(alphabet):
    words = spell(CODE_ALPHABET + "01", alphabet)
    assert len(set(words)) == len(CODE_ALPHABET) + 2
    assert "".join(unspell(word.upper()) or "?" for word in words) == CODE_ALPHABET + "01"


def test_what_is_no_word_means_nothing():
    assert unspell("RAVEN") is None
    assert unspell("") is None


def test_codes_are_grouped_by_four():
    assert [grouped(code) for code in ("", "ABCD", "ABCD23456")] == ["", "ABCD", "ABCD 2345 6"]
