"""Times for the eye."""

from __future__ import annotations

import datetime as dt

import pytest

from rmtui import clock, i18n
from rmtui.errors import RmtuiError

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
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

    def test_what_is_shown_can_be_typed(self):
        for language in i18n.LANGUAGES:
            i18n.use(language)
            for utc in (False, True):
                clock.use_utc(utc)
                for when in (self.WINTER, self.SUMMER, dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)):
                    shown = clock.stamp(when)
                    assert clock.read(shown, NOW) == when, shown
                    assert clock.read(clock.minute(when), NOW) == when.replace(second=0)
                for age in (5 * WEEK, 34 * DAY, 2 * DAY, 3 * HOUR, 59 * 60, 7, 800 * DAY):
                    since = NOW - dt.timedelta(seconds=age)
                    assert clock.age(clock.read(clock.age(since, NOW), NOW), NOW) == clock.age(since, NOW)

    @pytest.mark.parametrize(
        ("typed", "hour"),
        [
            ("20.11.2026", -2),
            ("20.11.2026 7.05", 5.0833333),
            ("20.11.2026 07.05.00", 5.0833333),
            ("20.11.2026 10:00", 8),
            ("20.11.2026 10", 8),
            ("20.11.2026 10.00 EET", 8),
            ("20.11.2026 10.00 UTC", 10),
            ("20.11.2026 10.00 +03", 7),
            ("20.11.2026Z", 0),
            ("2026-11-20", -2),
            ("2026-11-20T10:00", 8),
            ("2026-11-20 10:00:00", 8),
            ("2026-11-20T10:00Z", 10),
            ("2026-11-20 10:00 UTC", 10),
            ("2026-11-20T10:00+05:30", 4.5),
            ("2026-11-20 10:00 +0530", 4.5),
        ],
    )
    def test_a_time_without_a_zone_is_of_the_one_that_is_shown(self, typed, hour):
        midnight = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
        assert abs((clock.read(typed, NOW) - midnight).total_seconds() - hour * HOUR) < 1
        clock.use_utc(True)
        ahead = 0 if any(mark in typed for mark in ("Z", "UTC", "EET", "+")) else 2
        assert abs((clock.read(typed, NOW) - midnight).total_seconds() - (hour + ahead) * HOUR) < 1


def test_a_zone_without_a_name_is_an_offset(in_zone):
    in_zone("<+03>-3")
    assert (clock.stamp(NOW), clock.zone()) == ("2026-03-01 15:00:00 +03", "+03")
    assert clock.read("2026-03-01 15:00:00 +03", NOW) == NOW


def test_where_the_zone_is_utc_whatever_its_name_nothing_else_is_said(in_zone):
    for name in ("GMT0", "Nowhere/At-all", ""):
        in_zone(name)
        assert (clock.stamp(NOW), clock.zone(), clock.elsewhere()) == ("2026-03-01 12:00:00Z", "UTC", False)


@pytest.mark.parametrize(
    "unit", [("s", 1), ("m", 60), ("min", 60), ("h", HOUR), ("t", HOUR), ("d", DAY), ("pv", DAY), ("w", WEEK), ("vk", WEEK)]
)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_units_of_every_language_are_read_in_each(unit, language):
    i18n.use(language)
    assert clock.read(f"2{unit[0]}", NOW) == clock.read(f"2 {unit[0]}", NOW) == NOW - dt.timedelta(seconds=2 * unit[1])
    assert clock.read("1v", NOW) == clock.read("1y", NOW) == NOW - dt.timedelta(days=365.25)


@pytest.mark.parametrize(
    "typed",
    [
        *["", "soon", "2", "h", "2q", "-2h", "２h", "9999999d", "999999w", "31.2.2026", "20.11.26", "20.11.20261", "20.11."],
        "20.11.2026 25.00",
        "20.11.2026 10.5",
        "2026-11-20 10:00 CET",
        "2026-11-20T10:00Z EET",
        "2026-11-20T10:00+99",
        "01.01.0001 00.00 +14",
        "1.1.9999 5.00 nyt",
    ],
)
def test_what_is_no_time_is_refused(typed, in_helsinki):
    with pytest.raises((ValueError, OverflowError)):
        clock.read(typed, NOW)
