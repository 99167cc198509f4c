"""Control sequences in pasted text are not keys."""

from __future__ import annotations

import pytest
from textual import events
from textual.message import Message

from rmtui.tui.pastes import PasteParser

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
