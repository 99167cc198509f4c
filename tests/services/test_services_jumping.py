"""Going straight to somebody: by callsign, approve code or invite."""

from __future__ import annotations

import pytest

from making import make_enrollment, make_person, make_pool
from rmtui.services import jumping
from rmtui.services.types import State


def found(text: str) -> list[tuple[str, str, bool]]:
    return [(each.kind, getattr(each.row, "callsign", None) or each.row.code, each.by_code) for each in jumping.find(text)]


@pytest.fixture
def people(env):
    make_person("RAVEN 1", "medic")
    make_person("ravenna", deleted=None)
    make_enrollment("RAVEN 2", "KROW2IAB")
    make_enrollment("RAVEN 3", "GONE2222", State.REJECTED)
    make_enrollment("KROW2IAB", "ABCDEFG2")
    make_pool(code="INVITE22")
    for number in range(20):
        make_enrollment(f"UNIT {number:02}")


def test_a_part_of_the_callsign_whatever_the_case(people):
    assert found("raven") == [
        ("enrolment", "RAVEN 2", False),
        ("enrolment", "RAVEN 3", False),
        ("person", "RAVEN 1", False),
        ("person", "ravenna", False),
    ]
    assert found(" raven   1 ") == [("person", "RAVEN 1", False)]
    assert len(found("unit")) == jumping.FEW


def test_a_whole_code_comes_first_as_it_is_read_aloud(people):
    assert found("kr0w-2iab") == [("enrolment", "RAVEN 2", True)]
    assert found("KROW2IAB") == [("enrolment", "RAVEN 2", True), ("enrolment", "KROW2IAB", False)]
    assert found("invite 22") == [("invite", "INVITE22", True)]
    assert found("KROW2IA") == [("enrolment", "KROW2IAB", False)]  # a part of a code finds no code


@pytest.mark.parametrize("text", ["", "  ", '"', '""" ""', "\x00", "\ud800", "%", "_", "state:nonsense", "x" * 20_000, "' OR 1=1 --"])
def test_nothing_makes_it_stumble(people, text):
    assert found(text) == []
