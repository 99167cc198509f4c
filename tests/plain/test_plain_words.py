"""What is heard: callsigns and codes by letters, moments in words."""

from __future__ import annotations

import datetime as dt

import pytest

from rmtui import clock, i18n
from rmtui.plain.words import ago, by_letters, name, told_code

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("callsign", "letters"),
    [
        ("KO1", "Kilo, Oscar, One"),
        ("kA-0", "small Kilo, Alfa, hyphen-minus, Zero"),
        ("Кı", "cyrillic capital letter ka, latin small letter dotless i"),
        ("Ä", "latin capital letter a with diaeresis"),
        ("\x1b", "reverse solidus, small X-ray, One, small Bravo"),
    ],
)
def test_every_sign_of_a_callsign_is_told_apart(callsign, letters):
    assert by_letters(callsign) == letters


def test_finnish_letters_have_words_in_finnish():
    i18n.use("fi")
    assert by_letters("ÄO1") == "Äiti, Otto, yksi"
    assert told_code("KO2") == "Kalle, Otto, kaksi"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 seconds ago"),
        (1, "1 second ago"),
        (61, "1 minute ago"),
        (7_300, "2 hours ago"),
        (172_799, "47 hours ago"),
        (172_800, "2 days ago"),
    ],
)
def test_a_moment_is_told_in_words(monkeypatch, seconds, said):
    monkeypatch.setattr(clock, "utcnow", lambda: NOW)
    assert ago(NOW - dt.timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(("callsign", "said"), [("RAVEN 1", "RAVEN 1"), ("A, approved", '"A, approved"'), ("A\n1. B", '"A\\x0a1. B"')])
def test_a_callsign_that_is_none_is_quoted(callsign, said):
    assert name(callsign) == said
