"""Times for the eye."""

from __future__ import annotations

import datetime as dt

import pytest

from rmtui import clock, i18n
from rmtui.errors import RmtuiError

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


@pytest.mark.usefixtures("in_helsinki")
class TestInAnotherZone:
    WINTER = dt.datetime(2026, 12, 1, 5, 49, 45, tzinfo=dt.UTC)
    SUMMER = dt.datetime(2026, 7, 1, 22, 5, 9, tzinfo=dt.UTC)

    def test_times_are_local_and_remember_utc(self):
        told = [clock.stamp(self.WINTER), clock.stamp(self.SUMMER), clock.minute(self.SUMMER), clock.day(self.SUMMER)]
        assert told == ["2026-12-01 07:49:45 EET", "2026-07-02 01:05:09 EEST", "2026-07-02 01:05 EEST", "2026-07-02"]
        utc = ["2026-12-01 05:49:45Z", "2026-07-01 22:05:09Z", "2026-07-01 22:05Z", "2026-07-01"]
        assert list(map(i18n.english, told)) == utc
        assert (clock.hour(self.WINTER), i18n.english(clock.hour(self.WINTER)), clock.zone()) == ("07:49", "05:49Z", "EET/EEST")
        i18n.use("fi")
        fi = [clock.stamp(self.WINTER), clock.minute(self.SUMMER), clock.day(self.SUMMER), clock.hour(self.WINTER)]
        assert fi == ["01.12.2026 07.49.45 EET", "02.07.2026 01.05 EEST", "02.07.2026", "07.49"]
        assert i18n.english(fi[0]) == "2026-12-01 05:49:45Z"

    def test_a_sentence_with_a_time_remembers_utc_in_english_too(self):
        inner = i18n.tr("It ran out on {when}.", when=clock.stamp(self.WINTER))
        outer = i18n.tr("{reason} Nothing was done.", reason=inner)
        assert outer == "It ran out on 2026-12-01 07:49:45 EET. Nothing was done."
        assert i18n.english(outer) == str(RmtuiError(outer)) == "It ran out on 2026-12-01 05:49:45Z. Nothing was done."

    def test_utc_on_request(self):
        clock.use_utc(True)
        assert (clock.stamp(self.WINTER), clock.hour(self.WINTER), clock.zone()) == ("2026-12-01 05:49:45Z", "05:49Z", "UTC")
        i18n.use("fi")
        assert (clock.stamp(self.WINTER), clock.hour(self.WINTER)) == ("01.12.2026 05.49.45 UTC", "05.49 UTC")

    def test_the_ends_of_time_have_no_other_zone(self):
        assert clock.stamp(dt.datetime.max.replace(tzinfo=dt.UTC)) == "9999-12-31 23:59:59Z"
        assert clock.stamp(dt.datetime.min.replace(tzinfo=dt.UTC))


def test_a_zone_without_a_name_is_an_offset(in_zone):
    in_zone("<+03>-3")
    assert (clock.stamp(NOW), clock.zone()) == ("2026-03-01 15:00:00 +03", "+03")


def test_where_the_zone_is_utc_whatever_its_name_nothing_else_is_said(in_zone):
    for name in ("GMT0", "Nowhere/At-all", ""):
        in_zone(name)
        assert (clock.stamp(NOW), clock.zone(), clock.elsewhere()) == ("2026-03-01 12:00:00Z", "UTC", False)
