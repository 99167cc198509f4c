"""Times for the eye."""

from __future__ import annotations

import datetime as dt

import pytest

from rmtui import clock

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def test_now_is_aware_and_in_utc():
    now = clock.utcnow()
    assert now.utcoffset() == dt.timedelta()
    assert abs(now - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3600, "now"),
        (0, "now"),
        (0.9, "now"),
        (1, "1s"),
        (59, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (86_399, "23h"),
        (86_400, "1d"),
        (34 * 86_400, "34d"),
        (35 * 86_400, "5w"),
        (365 * 86_400, "52w"),
        (366 * 86_400, "1y"),
        (900 * 366 * 86_400, "901y"),
    ],
)
def test_age(seconds, words):
    assert clock.age(NOW - dt.timedelta(seconds=seconds), NOW) == words


def test_an_age_never_takes_more_than_four_characters():
    for days in range(0, 36_000, 7):
        assert len(clock.age(NOW - dt.timedelta(days=days), NOW)) <= 4


def test_age_without_a_now_is_up_to_now(monkeypatch):
    monkeypatch.setattr(clock, "utcnow", lambda: NOW)
    assert clock.age(NOW - dt.timedelta(minutes=3)) == "3m"


def test_stamp_is_in_utc_whatever_the_zone():
    helsinki = dt.timezone(dt.timedelta(hours=2))
    assert clock.stamp(dt.datetime(2026, 3, 1, 14, 5, 9, 700_000, tzinfo=helsinki)) == "2026-03-01 12:05:09Z"
    assert clock.stamp(None) == ""
