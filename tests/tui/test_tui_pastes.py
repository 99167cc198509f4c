"""Control sequences in pasted text are not keys."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input
from tui_harness import Console, dialog_text, press, settle

from rmtui.tui.pastes import PasteParser
from rmtui.tui.screens.main import MainScreen

TEXT = "\x1b[200~KAR\x1b[31mHU\x1b[0m\r\x1b\x1b]0;x\x07xa\x1b[A\x1b[201~"


def parsed(*parts: str) -> list[Message]:
    parser = PasteParser()
    return [message for part in parts for message in parser.feed(part)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_one_paste_and_no_key_however_it_is_cut(size: int) -> None:
    data = TEXT + "y"
    paste, key = parsed(*(data[start : start + size] for start in range(0, len(data), size)))
    assert isinstance(paste, events.Paste)
    assert isinstance(key, events.Key)
    assert key.key == "y"
    assert paste.text.startswith("KAR")
    assert "\x1b" not in paste.text
    if size == 100:
        assert paste.text == "KARHU\r]0;x\x07xa"


def test_two_pastes_and_keys_between() -> None:
    found = parsed("a\x1b[A\x1b[200~one\x1b[201~b\x1b[200~two\x1b[201~\x1b[B")
    assert [m.text if isinstance(m, events.Paste) else m.key for m in found if isinstance(m, events.Paste | events.Key)] == [
        "a",
        "up",
        "one",
        "b",
        "two",
        "down",
    ]


@pytest.mark.parametrize("parts", [("\x1bja",), ("\x1b", "ja"), ("\x1bj", "a")])
def test_esc_and_a_letter_that_come_together_are_two_keys(parts: tuple[str, ...]) -> None:
    assert [m.key for m in parsed(*parts) if isinstance(m, events.Key)] == ["escape", "j", "a"]


@pytest.mark.parametrize(("sequence", "key"), [("\x1b[A", "up"), ("\x1bOP", "f1"), ("\x1bb", "ctrl+left"), ("\x1b[1;5C", "ctrl+right")])
def test_what_begins_with_esc_is_one_key(sequence: str, key: str) -> None:
    for parts in ((sequence,), tuple(sequence)):
        assert [m.key for m in parsed(*parts) if isinstance(m, events.Key)] == [key]


@pytest.mark.parametrize(
    ("keys", "text", "said", "letter"),
    [
        (["question_mark"], "", "Pending", "b"),
        (["a"], "", "Pending", "b"),
        (["a"], "", "Approved", "f"),
        (["slash"], "", "Approved", "f"),
        (["a"], "AB", "Approve KARHU01", "f"),
        (["n"], "AB", "New enrolment", "b"),
    ],
)
def test_esc_and_a_letter_are_alt_and_an_arrow_only_where_there_is_text(
    console: Console, keys: list[str], text: str, said: str, letter: str
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, *keys, *text)
        for message in parsed(f"\x1b{letter}"):
            pilot.app.post_message(message)
        await settle(pilot)
        assert said in dialog_text(pilot.app)
        if text:
            assert pilot.app.screen.query_one(Input).cursor_position == (0 if letter == "b" else 2)
        else:
            assert isinstance(pilot.app.screen, MainScreen)

    console.run(script)


@pytest.mark.parametrize(
    "report",
    [
        "\x1b[?1;2c",
        "\x1b[>41;354;0c",
        "\x1b[0n",
        "\x1b[?1u",
        "\x1b[8;24;80t",
        "\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
        "\x1b]10;x\x07",
        "\x1bP>|tmux 3.4\x1b\\",
    ],
)
def test_what_a_terminal_answers_to_others_is_not_typed(report: str) -> None:
    found = parsed(f"j{report}{report}a")
    assert [m.key for m in found if isinstance(m, events.Key)] == ["j", "a"]


def test_what_the_console_asked_is_answered() -> None:
    assert len(parsed("\x1b[?2026;2$y", "\x1b[24;80R")) == 2
    assert isinstance(parsed("\x1b[48;24;80;480;800t")[0], events.Resize)
