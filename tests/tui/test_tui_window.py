"""The window on a long list, without a screen: what it holds, what it wants, where the cursor stays."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmtui.services.types import Page
from rmtui.tui.widgets.columns import Cell, Column, cut, fit
from rmtui.tui.widgets.window import MOST, PAGE, Around, Window


def page(whole: list[int], start: int, size: int = PAGE) -> Page[int]:
    end = min(start + size, len(whole))
    return Page(tuple(whole[start:end]), start > 0, end < len(whole))


def before(whole: list[int], end: int) -> Page[int]:
    start = max(end - PAGE, 0)
    return Page(tuple(whole[start:end]), start > 0, end < len(whole))


def around(whole: list[int], at: int) -> Around[int]:
    """The rows around where ``at`` is, or would be."""
    index = sum(1 for number in whole if number < at)
    return Around(before(whole, index), page(whole, index))


def window(whole: list[int], height: int = 20) -> Window[int]:
    made: Window[int] = Window(lambda row: row)
    made.resize(height)
    made.open(page(whole, 0))
    return made


def feed(made: Window[int], whole: list[int]) -> int:
    """Fetch what is wanted; how many pages that took."""
    fetched = 0
    while (edge := made.wants()) is not None:
        fetched += 1
        assert fetched < 5
        if edge == "after":
            made.extend(page(whole, whole.index(made.rows[-1]) + 1), edge)
        else:
            made.extend(before(whole, whole.index(made.rows[0])), edge)
    return fetched


def test_a_walk_through_a_long_list_holds_few_rows_and_misses_none() -> None:
    whole = list(range(5_000))
    made = window(whole)
    seen, fetched = [made.current], 0
    while made.move(1) or feed(made, whole):
        fetched += feed(made, whole)
        seen.append(made.current)
        assert len(made.rows) <= MOST
        assert made.position == made.current + 1
    assert seen == whole
    assert fetched == 24
    while made.move(-1):
        feed(made, whole)
        assert len(made.rows) <= MOST + PAGE
        assert made.position == made.current + 1
    assert made.current == 0
    assert not made.more_before


def test_a_refresh_keeps_the_row_at_its_place_on_the_screen() -> None:
    whole = list(range(0, 2_000, 2))
    made = window(whole)
    for _ in range(150):
        made.move(1)
        feed(made, whole)
    row, place = made.current, made.cursor - made.top
    changed = sorted({*whole, 11, 13, 15, *range(281, 301, 2)} - {4, 6, 290})
    assert made.refresh(around(changed, row), row) == "changed"
    assert made.current == row
    assert made.cursor - made.top == place
    assert made.rows[made.top : made.top + 20] == changed[changed.index(made.rows[made.top]) :][:20]


def test_a_refresh_that_changes_nothing_on_the_screen_says_so() -> None:
    whole = list(range(1_000))
    made = window(whole)
    made.go(30)
    assert made.refresh(around(whole, 30), 30) == "same"


def test_a_row_that_has_gone_leaves_the_cursor_on_its_neighbour() -> None:
    whole = list(range(100))
    made = window(whole)
    made.go(50)
    assert made.refresh(around([n for n in whole if n != 50], 50), 50) == "gone"
    assert made.current == 51
    made.go(99)
    last = made.current
    assert made.refresh(around([n for n in whole if n not in {50, last}], last), last) == "gone"
    assert made.current == 98


def test_the_last_row_gone_leaves_an_empty_list() -> None:
    made = window([7])
    assert made.refresh(around([], 7), 7) == "gone"
    assert made.current is None
    assert made.position is None
    assert not made.move(1)


def test_an_answer_about_where_the_cursor_was_long_ago_is_not_taken() -> None:
    whole = list(range(5_000))
    made = window(whole)
    asked = made.current
    made.open(page(whole, 4_000))
    assert made.refresh(around(whole, asked), asked) == "lost"
    assert made.current == 4_000


def test_rows_that_came_in_meanwhile_are_not_held_twice() -> None:
    made = window(list(range(200)) + list(range(300, 400)))
    made.extend(Page(tuple(range(190, 260)), True, False), "after")
    assert made.rows == list(range(260))


def test_the_wheel_takes_the_cursor_along_only_where_it_must() -> None:
    made = window(list(range(100)))
    made.go(10)
    assert made.scroll(3)
    assert (made.top, made.cursor) == (3, 10)
    made.scroll(30)
    assert (made.top, made.cursor) == (33, 33)
    made.scroll(-3)
    made.scroll(-30)
    assert (made.top, made.cursor) == (0, 19)
    assert not made.scroll(-3)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 700), unique=True).map(sorted),
    st.lists(st.tuples(st.sampled_from(["move", "page", "first", "wheel", "refresh", "resize"]), st.integers(-40, 40)), max_size=30),
    st.data(),
)
def test_whatever_happens_the_cursor_is_on_the_screen_and_on_a_row_of_the_list(
    whole: list[int], steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    made = window(whole)
    for step, by in steps:
        if step == "move":
            made.move(by)
        elif step == "page":
            made.move(by * made.height)
        elif step == "first":
            made.go(0)
        elif step == "wheel":
            made.scroll(by)
        elif step == "resize":
            made.resize(abs(by))
        elif made.current is not None:
            row = made.current
            whole = sorted(
                {*whole, *data.draw(st.lists(st.integers(0, 700), max_size=5))} - {*data.draw(st.lists(st.integers(0, 700), max_size=5))}
            )
            outcome = made.refresh(around(whole, row), row)
            assert (outcome == "gone") == (row not in whole)
            assert outcome == "gone" or made.current == row
        feed(made, whole)
        assert made.current is None or made.current in whole
        assert 0 <= made.top <= made.cursor or not made.rows
        assert made.cursor < made.top + made.height
        assert made.rows == [n for n in whole if made.rows and made.rows[0] <= n <= made.rows[-1]]


def column(title: str, width: int, most: int = 0, weight: int = 5) -> Column[str]:
    return Column(title, Cell, width, most=most, weight=weight)


def test_columns_with_the_least_weight_go_first_and_the_rest_grow() -> None:
    columns = [
        column("State", 10, weight=9),
        column("Callsign", 12, most=40, weight=10),
        column("Age", 4, weight=8),
        column("Invite", 8, weight=4),
    ]
    assert [(made.title, width) for made, width in fit(columns, 77)] == [("State", 10), ("Callsign", 40), ("Age", 4), ("Invite", 8)]
    assert [made.title for made, _width in fit(columns, 35)] == ["State", "Callsign", "Age"]
    assert [(made.title, width) for made, width in fit(columns, 10)] == [("Callsign", 10)]


@pytest.mark.parametrize(
    ("text", "width", "cells"),
    [("ABC", 5, "ABC  "), ("ABCDEF", 4, "ABC…"), ("鷲の目", 6, "鷲の目"), ("鷲の目", 5, "鷲の…"), ("鷲の目", 4, "鷲 …")],
)
def test_a_cell_is_cut_to_its_width(text: str, width: int, cells: str) -> None:
    assert cut(text, width) == cells


def test_keys_of_rows_may_be_anything_hashable() -> None:
    made: Window[tuple[uuid.UUID, str]] = Window(lambda row: row[0])
    made.open(Page(((uuid.UUID(int=1), "a"), (uuid.UUID(int=2), "b")), False, False))
    assert made.index(uuid.UUID(int=2)) == 1


@dataclass(frozen=True)
class Changed:
    key: int
    text: str


def test_a_row_that_changed_in_place_is_drawn_again() -> None:
    made: Window[Changed] = Window(lambda row: row.key)
    made.resize(5)
    made.open(Page((Changed(1, "a"), Changed(2, "b")), False, False))
    again = Around(Page((), False, True), Page((Changed(1, "A"), Changed(2, "b")), False, False))
    assert made.refresh(again, 1) == "changed"
    assert made.current == Changed(1, "A")
