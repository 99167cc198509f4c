"""The QR code of an invite as it is on the screen, read by a decoder that others made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyte
import pytest
from rich.console import Console as RichConsole
from textual.pilot import Pilot
from tui_harness import Console, dialog_text, press
from tui_invites import PAGE, Invites, lay
from tui_world import in_ascii

from painting import decoded, paint
from rmtui import settings
from rmtui.services import qr
from rmtui.tui.link.cells import Reader
from rmtui.tui.link.looks import sixteen
from rmtui.tui.link.strokes import Pen
from rmtui.tui.widgets import qrcode

LINK = f"{PAGE}/login?code=MOD8ZRXG"


@pytest.fixture
def invites(console: Console, monkeypatch: pytest.MonkeyPatch) -> Invites:
    return lay(console.world, monkeypatch)


@pytest.fixture
def seen(console: Console, invites: Invites, tmp_path: Path) -> Callable[..., tuple[str | None, str]]:
    """What a decoder reads on the screen of the link, and what the dialog says."""

    def look(
        size: tuple[int, int], *, theme: str = "", colours: str = "truecolor", thin: bool = False, dark: bool = True
    ) -> tuple[str | None, str]:
        found: list[Any] = []

        async def script(pilot: Pilot[Any]) -> None:
            if theme:
                pilot.app.theme = theme
            await press(pilot, "4", "l")
            screen = pyte.Screen(*size)
            stream, terminal = pyte.Stream(screen), RichConsole(color_system=colours, force_terminal=True, no_color=False)  # type: ignore[arg-type]
            lines = enumerate(pilot.app.screen._compositor.render_strips(), 1)
            drawn = "".join(f"\x1b[{y};1H{strip.render(terminal)}\x1b[0m" for y, strip in lines)
            if thin:
                reader = Reader(*size, sixteen)
                reader.feed(drawn)
                drawn = Pen(*size).draw(reader.cells)
            stream.feed(drawn)
            found.append((decoded(paint(screen, tmp_path / "screen.png", dark=dark)), dialog_text(pilot.app)))

        console.run(script, size=size)
        return found[0]

    return look


SMALL, LARGE = (80, 24), (120, 40)
LOOKS = {
    "default": (SMALL, "", "truecolor"),
    "light": (SMALL, "light", "256"),
    "sixteen": (SMALL, "", "standard"),
    "light-sixteen": (SMALL, "light", "standard"),
    "high-contrast": (SMALL, "high-contrast", "256"),
    "large": (LARGE, "", "truecolor"),
    "large-light": (LARGE, "light", "truecolor"),
    "large-sixteen": (LARGE, "", "standard"),
}


@pytest.mark.parametrize("look", LOOKS)
def test_is_read_whatever_the_theme(seen: Callable[..., Any], look: str) -> None:
    size, theme, colours = LOOKS[look]
    read, said = seen(size, theme=theme, colours=colours)
    assert read == LINK
    assert LINK in said.replace(" ", "")


@pytest.mark.parametrize("dark", [True, False], ids=["on-dark", "on-light"])
@pytest.mark.parametrize("wide", [False, True], ids=["halves", "blanks"])
def test_is_read_over_a_thin_line(seen: Callable[..., Any], wide: bool, dark: bool) -> None:
    if wide:
        in_ascii()
    assert seen(LARGE if wide else SMALL, thin=True, dark=dark)[0] == LINK


def test_blanks_do_where_there_are_no_half_blocks(seen: Callable[..., Any]) -> None:
    in_ascii()
    assert seen(LARGE, colours="standard")[0] == LINK
    read, said = seen(SMALL, colours="standard")
    assert read is None
    assert LINK in said
    assert "a terminal of 108x37; this one is 80x24" in said


def test_the_longest_link_that_fits(seen: Callable[..., Any], invites: Invites) -> None:
    page = PAGE + "/" + "x" * (106 - len(LINK) - 1)
    settings.configure(replace(settings.current(), join_url=page))
    assert seen(SMALL)[0] == f"{page}/login?code=MOD8ZRXG"
    settings.configure(replace(settings.current(), join_url=page + "x"))
    read, said = seen(SMALL)
    assert read is None
    assert "There is no room for its QR code, which takes a terminal of 83×25; this one is 80×24." in said


def _swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    dark, light, mixed = qrcode.SOLID_DARK, qrcode.SOLID_LIGHT, qrcode.MIXED
    monkeypatch.setattr(qrcode, "SOLID_DARK", light)
    monkeypatch.setattr(qrcode, "SOLID_LIGHT", dark)
    monkeypatch.setattr(qrcode, "MIXED", type(mixed)(color=mixed.bgcolor, bgcolor=mixed.color))


def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quiet zone as dark as the theme."""
    whole = qr.matrix

    def matrix(text: str) -> qr.QR:
        made = whole(text)
        inside = range(qr.QUIET, made.side - qr.QUIET)
        rows = tuple(tuple(dark or y not in inside or x not in inside for x, dark in enumerate(row)) for y, row in enumerate(made.rows))
        return replace(made, rows=rows)

    monkeypatch.setattr(qr, "matrix", matrix)


@pytest.mark.parametrize("spoil", [_swapped, _bare])
def test_one_that_is_wrong_is_not_read(seen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, spoil: Callable[..., None]) -> None:
    spoil(monkeypatch)
    assert seen(SMALL)[0] is None


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_without_colours_the_link_is_all(seen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    read, said = seen(SMALL)
    assert read is None
    assert LINK in said
    assert "without colours it would not be black on white on every terminal" in said
