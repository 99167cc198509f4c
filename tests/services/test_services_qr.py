"""QR codes, read by a decoder that others made."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from decoding import decoded
from rmtui.services import qr

LINK = "https://kaira.example/login?code=ABCD2345"


@pytest.mark.parametrize("text", [LINK, "A", LINK + "x" * 300, "https://kaira.example/login?code=%C3%84%F0%9F"])
def test_a_decoder_reads_it(text):
    symbol = qr.matrix(text)
    assert decoded([list(row) for row in symbol.rows]) == text
    assert symbol.side == 17 + 4 * symbol.version + 2 * qr.QUIET
    edge = [*symbol.rows[: qr.QUIET], *symbol.rows[-qr.QUIET :], *([*row[: qr.QUIET], *row[-qr.QUIET :]] for row in symbol.rows)]
    assert not any(any(row) for row in edge)


def test_a_decoder_reads_its_lines():
    halves = {" ": (False, False), "▀": (True, False), "▄": (False, True), "█": (True, True)}
    blocks = qr.lines(qr.matrix(LINK))
    assert decoded([[halves[char][half] for char in line] for line in blocks for half in (0, 1)]) == LINK
    signs = qr.lines(qr.matrix(LINK), ascii=True)
    assert {line[place : place + 2] for line in signs for place in range(0, len(line), 2)} == {"##", "  "}
    assert decoded([[char == "#" for char in line[::2]] for line in signs]) == LINK


def test_the_smallest_symbol_with_the_best_correction_it_has_room_for():
    assert [(qr.matrix("x" * length).version, qr.matrix("x" * length).level) for length in (7, 14, 17, 26, 42, 43)] == [
        (1, "H"),
        (1, "M"),
        (1, "L"),
        (2, "M"),
        (3, "M"),
        (3, "L"),
    ]


def test_as_svg():
    made = qr.svg(LINK)
    assert made == qr.svg(LINK)
    root = ET.fromstring(made)
    light, dark = list(root)
    side = qr.matrix(LINK).side
    assert (root.get("viewBox"), light.get("fill"), dark.get("stroke")) == (f"0 0 {side} {side}", "#fff", "#000")
    assert light.get("d") == f"M0 0h{side}v{side}h-{side}z"


def test_too_long():
    with pytest.raises(qr.TooLong, match="hand on the link"):
        qr.matrix("x" * 3000)
