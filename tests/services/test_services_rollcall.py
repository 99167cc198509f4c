"""Roll-call: who is expected, and who is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import START, make_enrollment, make_person
from rmtui.services import rollcall
from rmtui.services.rollcall import Group, ListRefused
from rmtui.services.types import State


def test_a_list_is_read():
    text = '\ufeffcallsign,unit\n# who comes\r\nRAVEN\n\n  "Åke 1";3 \nKETTU\t# late\nraven, again\nA\u030aKE 1\n'
    assert rollcall.read(text) == ("RAVEN", "Åke 1", "KETTU")


def test_a_list_is_refused():
    for text, why in (
        ("", "no callsigns"),
        ("callsign\n#x\n", "no callsigns"),
        ("RAVEN\nA/B", "Line 2 holds no callsign: “A/B”, since it holds /"),
        ("\x1b[2J", "Line 1"),
        ("\n".join(f"N{number}" for number in range(10_001)), "more than 10,000"),
    ):
        with pytest.raises(ListRefused) as caught:
            rollcall.read(text)
        assert why in caught.value.sentence
        assert caught.value.sentence.isprintable()
    assert len(rollcall.read("\n".join(f"N{number}" for number in range(10_000)))) == 10_000


@given(st.text())
def test_junk_is_a_list_or_a_sentence(junk):
    said = ""
    try:
        found = rollcall.read(junk)
    except ListRefused as error:
        said, found = error.sentence, ("x",)
    assert said.isprintable()
    assert all(found)


def test_groups(env, statements):
    raven, _gone = make_person("Raven"), make_person("KARHU", deleted=START)
    boss = make_person("BOSS", "admin")
    make_enrollment("Raven", state=State.APPROVED)
    waits, again = make_enrollment("åke"), make_enrollment("karhu")
    no = make_enrollment("ILVES", state=State.REJECTED)
    make_person("SUSI", deleted=START)
    stranger = make_enrollment("RAVENI")
    expected = rollcall.read("RAVEN\nÅKE\nKARHU\nILVES\nSUSI\nRAVEN1\nNOBODY")
    call = rollcall.compare(expected)
    assert [(row.group, row.callsign, row.pk, row.note) for row in call.rows] == [
        (Group.JOINED, "Raven", raven.pk, ""),
        (Group.PENDING, "åke", waits.pk, ""),
        (Group.PENDING, "karhu", again.pk, ""),
        (Group.GONE, "ILVES", no.pk, "ILVES was rejected."),
        (Group.GONE, "SUSI", call.rows[4].pk, "SUSI was revoked."),
        (Group.MISSING, "RAVEN1", None, "RAVEN1 looks like RAVENI, who is pending."),
        (Group.MISSING, "NOBODY", None, ""),
        (Group.UNEXPECTED_JOINED, "BOSS", boss.pk, ""),
        (Group.UNEXPECTED_PENDING, "RAVENI", stranger.pk, ""),
    ]
    assert [row.kind for row in call.rows] == ["person", *["enrollment"] * 3, "person", "", "", "person", "enrollment"]
    assert [row.callsign for row in call.group(Group.MISSING)] == ["RAVEN1", "NOBODY"]
    assert not call.complete
    assert len(statements.of(lambda: rollcall.compare(expected))) == len(statements.of(lambda: rollcall.compare(("RAVEN",)))) == 2


def test_complete(env):
    make_person("BOSS", "admin")
    assert rollcall.compare(("boss",)).complete
    make_enrollment("RAVEN")
    assert not rollcall.compare(("boss",)).complete
