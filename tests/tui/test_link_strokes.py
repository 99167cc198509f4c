"""What is drawn on a terminal that shows something else already: exactly what was to be shown."""

from __future__ import annotations

from typing import Any

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st

from rmtui.tui.link.cells import Reader
from rmtui.tui.link.looks import PLAIN, Look, change, sixteen, styled
from rmtui.tui.link.strokes import Pen

WIDTH, HEIGHT = 24, 6
STYLES = ["", "1", "7", "4;31", "1;38;2;255;175;0;48;2;16;20;24", "48;2;95;175;255", "9;38;5;120", "2;3", "92;44", "37;40"]
TEXTS = ["", " ", "    ", "         ", "PERSON", "日本語", "a日b", "é", "│──╮", "▸● x", "12m", "x" * 30, "日" * 14]


NARROW = [text for text in TEXTS if len(text) < 10 and "日" not in text]


@st.composite
def updates(draw: Any, right: int = WIDTH - 1, texts: list[str] = TEXTS) -> str:
    """An update as Textual writes it: places, styled text, a reset after each."""
    parts = []
    for _ in range(draw(st.integers(1, 8))):
        x, y = draw(st.integers(0, right)), draw(st.integers(0, HEIGHT - 1))
        parts.append(f"\x1b[{y + 1};{x + 1}H")
        for _ in range(draw(st.integers(1, 2))):
            style = draw(st.sampled_from(STYLES))
            text = draw(st.sampled_from(texts))
            parts.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)
    return "".join(parts)


def screens(screen: pyte.Screen) -> list[list[tuple[Any, ...]]]:
    """What can be seen: on a blank cell only its ground and its lines."""
    seen = []
    for y in range(screen.lines):
        line = []
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            blank = cell.data == " " and not cell.reverse
            kept = (cell.data, cell.bg, cell.reverse, cell.underscore, cell.strikethrough)
            line.append(kept if blank else (*kept, cell.fg, cell.bold, cell.italics))
        seen.append(line)
    return seen


def terminal() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    screen.reset_mode(pyte.modes.DECAWM)
    return screen, pyte.Stream(screen)


@settings(max_examples=150, deadline=None)
@given(st.lists(updates(), min_size=1, max_size=6))
def test_a_screen_drawn_by_differences_is_the_screen_drawn_in_full(frames: list[str]) -> None:
    screen, stream = terminal()
    pen, reader = Pen(WIDTH, HEIGHT), Reader(WIDTH, HEIGHT)
    stream.feed(pen.clear())
    for frame in frames:
        assert reader.feed(frame) == []
        stream.feed(pen.draw(reader.cells))
        full, whole = terminal()
        whole.feed(Pen(WIDTH, HEIGHT).draw(reader.cells))
        assert screens(screen) == screens(full)
        assert [line.rstrip() for line in screen.display] == ["".join(line).rstrip() for line in reader.cells.chars]
        assert pen.draw(reader.cells) == ""


@settings(max_examples=150, deadline=None)
@given(st.lists(updates(5, NARROW), min_size=1, max_size=3))
def test_what_is_read_from_textual_is_what_a_terminal_makes_of_it(frames: list[str]) -> None:
    direct, there = terminal()
    screen, stream = terminal()
    pen, reader = Pen(WIDTH, HEIGHT), Reader(WIDTH, HEIGHT)
    for frame in frames:
        there.feed(frame)
        reader.feed(frame)
        stream.feed(pen.draw(reader.cells))
    assert screens(screen) == screens(direct)


@given(st.lists(st.sampled_from(STYLES), min_size=2, max_size=6))
def test_a_change_of_look_is_what_it_says(styles: list[str]) -> None:
    look = PLAIN
    for style in styles:
        wanted = styled(PLAIN, style)
        sequence = change(look, wanted)
        assert (styled(look, sequence[2:-1]) if sequence else look) == wanted
        look = wanted


def test_sequences_that_are_not_about_cells_are_passed_on() -> None:
    reader = Reader(WIDTH, HEIGHT)
    assert reader.feed("\x1b[?1049h\x1b[2;3Hab\x07c\x1b]52;c;eA==\x07\x1b[>25u") == [
        "\x1b[?1049h",
        "\x07",
        "\x1b]52;c;eA==\x07",
        "\x1b[>25u",
    ]
    assert "".join(reader.cells.chars[1]).strip() == "abc"


def test_sixteen_colours_on_the_terminals_own_ground() -> None:
    assert sixteen(styled(PLAIN, "38;2;228;228;228;48;2;16;20;24")) == PLAIN
    assert sixteen(styled(PLAIN, "1;38;2;16;20;24;48;2;95;175;255")).back in {"44", "46", "104", "106", "47", "107"}
    assert sixteen(Look("31", "", 1)) == Look("31", "", 1)


def test_a_cursor_move_costs_little() -> None:
    reader, pen = Reader(80, 24), Pen(80, 24)
    for y in range(20):
        reader.feed(f"\x1b[{y + 1};1H  12m  PERSON{y:07d}  pending")
    first = pen.draw(reader.cells)
    assert len(first) < 20 * 35
    reader.feed("\x1b[5;1H▸ 12m")
    assert pen.draw(reader.cells) == "\x1b[5H▸"
