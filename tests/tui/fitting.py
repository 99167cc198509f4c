"""Every message made longer and put in marks, so that what has no room, and what asks no catalogue, can be seen on the screen."""

from __future__ import annotations

import gettext
import math
import re
from typing import Any

import pytest
from tui_harness import screen_text

from rmtui import i18n

BEGIN, END = "«", "»"
LONGER = 0.4
"""How much a message grows, the marks counted in: Finnish and German are about as much longer than English."""
FIELD = re.compile(r"\{[^}]*\}|%[A-Za-z]")
DOTS = "…"


def longer(message: str) -> str:
    """A message in marks, and longer; what is only a shape for values stays as it is."""
    letters = sum(map(str.isalpha, FIELD.sub("", message)))
    if letters < 2:
        return message
    more = max(math.ceil(letters * LONGER) - len(BEGIN + END), 0)
    filler = "".join(" " if index % 8 == 0 else "ö" for index in range(more)) if more > 3 else "ö" * more
    return f"{BEGIN}{message}{filler}{END}"


class Longer(gettext.NullTranslations):
    """A language in which everything is longer."""

    def gettext(self, message: str) -> str:
        return longer(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return longer(msgid1 if n == 1 else msgid2)


def speak_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything said at length from now on."""
    monkeypatch.setattr(i18n, "_language", "longer")
    monkeypatch.setattr(i18n, "_translations", Longer())


def clipped(app: Any) -> list[str]:
    """The lines of the screen, or of the box on it, on which a message begins or ends that has no room; none when all are whole."""
    lines = [line.rstrip() for line in screen_text(app)]
    for box in app.screen.query("#box, #setup, #signin"):
        lines = [line[box.region.x : box.region.right] for line in lines[box.region.y : box.region.bottom]]
    whole = "\n".join(lines)
    if whole.count(BEGIN) == whole.count(END):
        return []
    return [line for line in lines if line.count(BEGIN) != line.count(END) or DOTS in line] or lines


def unmarked(app: Any) -> str:
    """What is on the screen outside of every message: values, and what asks no catalogue."""
    text, depth, out = "\n".join(screen_text(app)), 0, []
    for char in text:
        depth += (char == BEGIN) - (char == END)
        out.append(" " if depth > 0 or char in BEGIN + END else char)
    return "".join(out)
