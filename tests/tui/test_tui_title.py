"""The terminal's title, and what is copied, as the console does them."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from tui_harness import Console, dialog_text, press, screen_text, settle

from rmtui.services.preferences import load
from rmtui.tui.clipboard import BRIEF
from rmtui.tui.commands import switch_title
from rmtui.tui.link.driver import LinkDriver


def test_a_title_is_written_only_when_it_changes() -> None:
    driver = object.__new__(LinkDriver)
    driver._title = ""
    written: list[str] = []
    driver.write = written.append  # type: ignore[method-assign]
    for title in ("rmtui A", "rmtui A", "rmtui (1 waiting) A", "rmtui (1 waiting) A", "", ""):
        driver.entitle(title)
    assert written == ["\x1b[22;0t\x1b]2;rmtui A\a", "\x1b]2;rmtui (1 waiting) A\a", "\x1b]2;\a\x1b[23;0t"]


def test_the_title_tells_who_waits_until_the_palette_says_otherwise_which_is_remembered(console: Console) -> None:
    titles: list[str] = []

    async def script(pilot: Pilot[Any]) -> None:
        app = pilot.app
        app.link.entitle = titles.append  # type: ignore[attr-defined]
        for expected in (False, True, False):
            switch_title(app, app.screen)  # type: ignore[arg-type]
            await settle(pilot)
            assert load().title is expected

    console.run(script)
    assert titles[0] == titles[2] == ""
    assert titles[1].startswith("rmtui (12 waiting) ")

    async def again(pilot: Pilot[Any]) -> None:
        pilot.app.link.entitle = titles.append  # type: ignore[attr-defined]
        await press(pilot, "r")

    del titles[:]
    console.run(again)
    assert set(titles) <= {""}


def test_a_long_text_that_is_copied_is_shown_whole_in_a_dialog(console: Console) -> None:
    brief, long = ("KARHU01 " * BRIEF)[: BRIEF - 1].strip(), "KARHU01 " * 40 + "LAST"

    async def script(pilot: Pilot[Any]) -> None:
        pilot.app.copy_text(brief)  # type: ignore[attr-defined]
        await settle(pilot)
        assert type(pilot.app.screen).__name__ == "MainScreen"
        assert "Sent to the terminal: KARHU01" in "".join(screen_text(pilot.app))
        pilot.app.copy_text(long)  # type: ignore[attr-defined]
        await settle(pilot)
        assert pilot.app.clipboard == long
        told = dialog_text(pilot.app)
        assert told.count("KARHU01") == 40
        assert "LAST" in told
        await press(pilot, "escape")
        assert type(pilot.app.screen).__name__ == "MainScreen"

    console.run(script, size=(120, 40))
