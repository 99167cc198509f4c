"""The language of the filter line."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rmtui import clock
from rmtui.services.filters import (
    AUDIT,
    CODES,
    ENROLLMENTS,
    PEOPLE,
    POOLS,
    ROLES,
    FilterError,
    Word,
    asks,
    hint,
    one_of,
    parse,
    problem,
    typed,
)

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.datetime(2026, 2, 20, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(clock, "utcnow", lambda: NOW)


@pytest.mark.parametrize(
    ("typed", "text", "values"),
    [
        ("", "", {}),
        ("  gate  knows ", "gate knows", {}),
        ('"at the  gate"', "at the  gate", {}),
        ("by:AURORA", "", {"operator": "AURORA"}),
        ("BY:AURORA raven", "raven", {"operator": "AURORA"}),
        ('on:"RED TEAM" action:approve', "", {"target": "RED TEAM", "action": "approve"}),
        ('on:"RED TE', "", {"target": "RED TE"}),
        ('on:"RED"x', "x", {"target": "RED"}),
        ("by:A:B", "", {"operator": "A:B"}),
        ("12:30", "12:30", {}),
        ('"foo:bar"', "foo:bar", {}),
        ("on:ÅKE", "", {"target": "ÅKE"}),
        ("outcome:Refused", "", {"outcome": "refused"}),
        ("since:2h", "", {"since": NOW - dt.timedelta(hours=2)}),
        ("since:2026-02-20 until:2026-02-21T10:00", "", {"since": DAY, "until": DAY + dt.timedelta(hours=34)}),
    ],
)
def test_what_is_typed_is_read(typed, text, values):
    found = parse(typed, AUDIT)
    assert (found.text, dict(found.values)) == (text, values)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("foo:1", "There is no filter “foo:”; there are by:, on:, action:, outcome:, since:, until:."),
        ("raven by:", "The filter “by:” says nothing; write it as in by:AURORA."),
        ('by:""', "The filter “by:” says nothing"),
        ("by:A by:B", "The filter says “by:” twice"),
        ("outcome:maybe", "The filter “outcome:maybe” is not understood; it takes done, refused or failed."),
        ("since:yesterday", "it takes 2h, 3d and the like, or a date"),
        ("since:999999w", "it takes 2h, 3d and the like, or a date"),
        ("until:0001-01-01T00:00+14:00", "it takes 2h, 3d and the like, or a date"),
    ],
)
def test_what_cannot_be_understood_is_a_sentence(typed, sentence):
    with pytest.raises(FilterError) as caught:
        parse(typed, AUDIT)
    assert sentence in caught.value.sentence


def test_each_list_has_names_of_its_own():
    words = (Word("state", "state", "pending", one_of("pending", "approved")), Word("role", "role", "medic"))
    assert dict(parse("state:pending role:medic", words).values) == {"state": "pending", "role": "medic"}
    with pytest.raises(FilterError, match="there are state:, role:"):
        parse("by:AURORA", words)


PIECES = st.sampled_from(
    ['"', ":", " ", "\x00", "\n", "by:", "on:", "action:", "outcome:", "since:", "until:", "2h", "done", "2026-11-20", "é"]
)


@given(st.lists(PIECES | st.text(max_size=6), max_size=12).map("".join))
@example("since:9999999d")
@example("until:２h")
def test_nothing_that_is_typed_raises_anything_else(typed):
    with suppress(FilterError):
        assert set(parse(typed, AUDIT).values) <= {word.field for word in AUDIT}


@given(st.text(min_size=1).filter(lambda text: '"' not in text and text.strip()))
def test_what_is_quoted_is_itself(text):
    assert parse(f'on:"{text}" "{text}"', AUDIT) == parse(f'"{text}" on:"{text}"', AUDIT)
    assert parse(f'on:"{text}"', AUDIT).values == {"target": text}


def test_what_a_surface_asks_about_a_filter():
    assert problem("raven state:revoked", PEOPLE) == ""
    assert "it takes active, revoked or all." in problem("state:pending", PEOPLE)
    assert "there is role:." in problem("state:active", ROLES)
    assert "2,001 characters" in problem("x" * 2_001, ROLES)
    assert asks("raven STATUS:Revoked", PEOPLE, "state") == "state:revoked"
    assert asks("raven", PEOPLE, "state") == asks("state:", PEOPLE, "state") == asks("state:x", PEOPLE, "state") == ""
    assert typed("older:2h csr:no", ENROLLMENTS) == {"older": NOW - dt.timedelta(hours=2), "csr": "no"}
    assert typed("csr:", ENROLLMENTS) == {}
    with pytest.raises(FilterError, match="“status:” twice"):
        parse("state:active status:all", PEOPLE)


def test_the_hint_fits_in_the_filter_line():
    assert hint(ENROLLMENTS) == "text, state: role: pool: older:2h newer: by: csr:"
    assert hint(PEOPLE) == "text, state: role: pool: older:2h newer: expiring:30 reason:"
    for words in (AUDIT, ENROLLMENTS, PEOPLE, POOLS, CODES, ROLES):
        assert len(hint(words)) <= 60
