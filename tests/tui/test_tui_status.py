"""The status line tells how old the data is, whatever else it has to tell."""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, screen_text, settle

from rmtui import i18n
from rmtui.i18n import tr
from rmtui.tui.link.asking import Asked
from rmtui.tui.link.state import Link

AGES = {
    ("en", False, False): ("data now", "fresh"),
    ("en", True, False): ("as of 12:00Z",),
    ("en", False, True): ("5m old",),
    ("en", True, True): ("5m old",),
    ("fi", False, False): ("ajan tasalla", "tuoreet"),
    ("fi", True, False): ("12.00 UTC",),
    ("fi", False, True): ("ikä 5m",),
    ("fi", True, True): ("ikä 5m",),
}
"""By language, whether the line is thin, and whether the database does not answer."""


@pytest.mark.parametrize("thin", [False, True])
@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize("width", [60, 80])
def test_the_age_of_the_data_is_never_left_out(
    console: Console, monkeypatch: pytest.MonkeyPatch, width: int, language: str, thin: bool
) -> None:
    i18n.use(language)
    missing: list[str] = []

    async def script(pilot: Pilot[Any]) -> None:
        screen: Any = pilot.app.screen
        seen = screen.health.seen
        for marks, text, old, behind, read_only in product((0, 12), ("", "state:pending karhu"), (False, True), (0, 14), (False, True)):
            monkeypatch.setattr(Link, "behind", property(lambda _link, behind=behind: behind))
            screen.set_health(
                marks=marks,
                filter=text,
                read_only=read_only,
                trouble="It is gone." if old else "",
                seen=seen - dt.timedelta(minutes=5) if old else seen,
            )
            screen.show_health()
            await settle(pilot)
            line = screen_text(pilot.app)[-2]
            told = any(age in line for age in AGES[language, thin, old])
            if not told or (behind and tr("line {behind} s behind", behind=behind) not in line):
                missing.append(line)

    console.run(script, size=(width, 20 if width == 60 else 24), link=Link(Asked(thin)))
    assert not missing
