"""Callsigns are compared without case in any alphabet, on schemas with no index for it."""

from __future__ import annotations

import json
import sys
import unicodedata
from dataclasses import replace

import pytest
from db_rows import STAMP, foreign_enrollment, person, sql

from rmtui import settings
from rmtui.db import Enrollment, Person
from rmtui.db.callsigns import UNSTEADY, check_reserved, lookalikes, matching
from rmtui.db.errors import AmbiguousCallsign, CallsignReserved
from rmtui.errors import ConfigurationError
from rmtui.text import fold

SAME = [
    ("Kettu", "kETTU"),
    ("Åke", "åKE"),
    ("Åke", "A\u030ake"),
    ("\u212bke", "åke"),  # the Ångström sign
    ("\u212aettu", "kettu"),  # the Kelvin sign
    ("Straße", "STRASSE"),
    ("STRASSE", "straße"),
    ("Stra\u1e9ee", "strasse"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("ЁЖ", "ёж"),
    ("\ufb01sh", "FISH"),
    ("x\u1fef", "X`"),
    ("\u0149a", "\u02bcNA"),
    ("a_b%c\\d", "A_B%C\\D"),
    ("ǅ1", "Ǆ1"),
]
OTHER = [("Kettu", "Kettu1"), ("Åke", "Ake"), ("a_b", "axb"), ("a%", "ab"), ("Ｋ1", "K1"), ("ı", "i")]


@pytest.mark.parametrize(("stored", "asked"), SAME)
def test_same_but_for_case(database, stored, asked):
    made = person(stored)
    assert [each.callsign for each in matching(Person, asked)] == [stored]
    assert Person.by_callsign(asked) == made
    with pytest.raises(CallsignReserved):
        Person.check_free(asked)
    foreign_enrollment(stored)
    assert [each.callsign for each in matching(Enrollment, asked)] == [stored]


@pytest.mark.parametrize(("stored", "asked"), OTHER)
def test_not_the_same(database, stored, asked):
    person(stored)
    assert matching(Person, asked) == []
    Person.check_free(asked)


def test_three_spellings_of_one_letter_take_it_once(database):
    Enrollment.create_for_callsign("Å1")
    for spelling in ("A\u030a1", "\u212b1", "å1", "a\u030a1"):
        with pytest.raises(CallsignReserved):
            Enrollment.create_for_callsign(spelling)
    assert [each.callsign for each in Enrollment.list()] == ["Å1"]
    made = Enrollment.create_for_callsign("\u212b2")
    assert made.callsign == "Å2"


def test_a_callsign_of_somebody_revoked_stays_taken(database):
    person("Kettu")
    sql("UPDATE users SET deleted = %s", STAMP)
    with pytest.raises(CallsignReserved, match=r"taken by a revoked person, written Kettu"):
        Enrollment.create_for_callsign("KETTU")
    foreign_enrollment("Susi", state=2)
    with pytest.raises(CallsignReserved, match=r"has an enrolment already .Susi, rejected"):
        Enrollment.create_for_callsign("susi")


def test_doublets_that_differ_in_case_are_told_apart(database):
    one, two = person("Kettu"), person("KETTU")
    assert Person.by_callsign("Kettu") == one
    assert Person.by_callsign("KETTU") == two
    with pytest.raises(AmbiguousCallsign, match="in case only"):
        Person.by_callsign("kettu")
    sql("UPDATE users SET deleted = %s WHERE callsign = 'KETTU'", STAMP)
    assert Person.by_callsign("kettu") == one


def test_every_letter_that_folds_to_ascii_is_looked_for():
    """The database sifts by the letters that stay as they are; no other character may fold to one of those."""
    ends = {
        char
        for code in range(0x80, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) != "Cs"
        for char in fold(chr(code))
        if char.isascii()
    }
    assert ends <= UNSTEADY


def test_lookalikes(database):
    for callsign in ("Kettu1", "KETTUl", "\u041aettu1", "Susi", "K\u0435ttu-1"):
        person(callsign)
    assert lookalikes(Person, "Kettu1") == sorted(["KETTUl", "\u041aettu1", "K\u0435ttu-1"])
    assert lookalikes(Person, "KETTU1") == sorted(["KETTUl", "\u041aettu1", "K\u0435ttu-1"])
    assert lookalikes(Person, "Ahma") == []
    assert lookalikes(Person, "S-U-S-I----") == ["Susi"]
    person("M.e.t.s.o_-_-")
    assert lookalikes(Person, "Metso") == ["M.e.t.s.o_-_-"]


def test_reserved_by_the_system(database):
    settings.configure(replace(settings.current(), client_cert_cn="RmHost"))
    for callsign in ("anon_admin", "ANON_ADMIN", "rmhost", "RMHOST"):
        for take in (Enrollment.create_for_callsign, Person.create_with_cert, check_reserved):
            with pytest.raises(CallsignReserved, match="is reserved for"):
                take(callsign)
    check_reserved("rasenmaeher")
    assert Person.select().count() == Enrollment.select().count() == 0


def manifest(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    settings.configure(replace(settings.current(), manifest=path))


def test_reserved_by_the_manifest(database, admin, tmp_path):
    old = foreign_enrollment("TAK")
    manifest(
        tmp_path / "manifest.json",
        {"dns": "x", "deployment": "x", "products": {"tak": {"api": "https://x/", "uri": "x", "certcn": "Åland.x"}}},
    )
    for callsign in ("tak", "Tak", "åland.X"):
        with pytest.raises(CallsignReserved, match="reserved for a product"):
            Enrollment.create_for_callsign(callsign)
    with pytest.raises(CallsignReserved):
        old.approve(admin)
    assert Person.list() == [admin]
    Enrollment.create_for_callsign("Kettu")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"products": 7}', '{"products": {"tak": null}}', '{"products": {"tak": {}}}', "{}"]
)
def test_an_unreadable_manifest_stops_enrolling_and_approving(database, admin, tmp_path, content):
    old = Enrollment.create_for_callsign("Kettu")
    manifest(tmp_path / "manifest.json", content)
    for attempt in (lambda: Enrollment.create_for_callsign("Susi"), lambda: Person.create_with_cert("Susi"), lambda: old.approve(admin)):
        with pytest.raises(ConfigurationError, match="RM_KRAFTWERK_MANIFEST_PATH"):
            attempt()
    settings.configure(replace(settings.current(), manifest=tmp_path / "gone.json"))
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        Enrollment.create_for_callsign("Susi")
    old.reject(admin)
    assert Person.list() == [admin]
