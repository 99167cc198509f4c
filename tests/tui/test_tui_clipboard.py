"""What goes to the terminal's clipboard and title."""

from __future__ import annotations

import base64
import re

import pytest

from rmtui.errors import ConfigurationError
from rmtui.tui.clipboard import LONGEST, PIECE, sequence, way, why_not
from rmtui.tui.link.cells import Reader


@pytest.mark.parametrize(
    ("env", "how"),
    [
        ({"TERM": "xterm-256color"}, "osc52"),
        ({"TERM": "tmux-256color", "TMUX": "/run/tmux,1,0"}, "tmux"),
        ({"TERM": "screen-256color", "TMUX": "/run/tmux,1,0"}, "tmux"),
        ({"TERM": "screen.xterm-256color"}, "screen"),
        ({"TERM": "xterm", "STY": "1.pts-0"}, "screen"),
        ({"TERM": "linux"}, "off"),
        ({"TERM": "vt220"}, "off"),
        ({"TERM": "linux", "RMTUI_CLIPBOARD": "osc52"}, "osc52"),
        ({"TERM": "xterm", "RMTUI_CLIPBOARD": "OFF"}, "off"),
    ],
)
def test_the_way_is_the_terminals_or_the_one_that_was_said(env: dict[str, str], how: str) -> None:
    assert way(env) == how


def test_an_unknown_way_is_told() -> None:
    with pytest.raises(ConfigurationError, match="RMTUI_CLIPBOARD is fax"):
        way({"RMTUI_CLIPBOARD": "fax"})


@pytest.mark.parametrize("how", ["osc52", "tmux", "screen"])
@pytest.mark.parametrize("text", ["KARHU01", "ÅKE " * 3000])
def test_the_text_arrives_and_nothing_of_it_is_drawn(how: str, text: str) -> None:
    sent = sequence(text, how)
    reader = Reader(80, 24)
    assert "".join(reader.feed(sent)) == sent
    assert all(set(line) == {" "} for line in reader.cells.chars)
    if how == "tmux":
        taken, handed_on = re.fullmatch(r"(.*)\x1bPtmux;(.*)\x1b\\", sent, re.DOTALL).groups()  # type: ignore[union-attr]
        sent = handed_on.replace("\x1b\x1b", "\x1b")
        assert taken == sent
    if how == "screen":
        pieces = re.findall(r"\x1bP(.*?)\x1b\\", sent, re.DOTALL)
        assert max(map(len, pieces)) <= PIECE
        sent = "".join(pieces)
    data = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", sent)
    assert data
    assert base64.b64decode(data[1]).decode() == text


def test_what_is_too_long_or_has_nowhere_to_go_is_not_sent_and_told() -> None:
    assert sequence("x" * LONGEST, "osc52")
    assert sequence("x" * (LONGEST + 1), "osc52") == sequence("x", "off") == ""
    assert "74,000 bytes" in why_not("x" * (LONGEST + 1), "osc52")
    assert "copied from the screen" in why_not("x", "off")
    assert why_not("x", "tmux") == ""
