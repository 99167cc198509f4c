"""The looks: whatever is drawn can be read in many colours, in sixteen, in eight and in none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, press, screen_text, settle, write
from tui_world import World, look_like, lost

from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.services.preferences import Preferences, load, save
from rmtui.settings import Settings
from rmtui.tui.colours import LINUX, MANY_COLOURS, READABLE, XTERM, _triplets, colours, contrast

DEPTHS = [
    *((look, most) for look in ("dark", "light", "high-contrast") for most in (8, MANY_COLOURS)),
    ("dark", 16),
]
STEPS: list[list[str]] = [
    ["j", "space", "j", "slash", "=ka"],
    ["escape", "escape", "f", "f", "f", "2", "f", "f", "G"],
    ["1", "f", "x", "tab"],
    ["=why", "enter"],
    ["escape", "a", "=zzzz", "enter"],
    ["escape", "2", "e", "down"],
    ["escape", "colon"],
]
"""Keys to what is looked at, one after the other; what begins with ``=`` is typed."""


async def walk(pilot: Pilot[Any], world: World) -> Any:
    """Go through screens and dialogs, and stop at each."""
    for step in STEPS:
        for key in step:
            await (write(pilot, key[1:]) if key.startswith("=") else press(pilot, key))
        yield
    await press(pilot, "escape")
    world.trouble = lost()
    pilot.app.screen.check()
    pilot.app.tell("It went wrong.", severity="error")
    await settle(pilot)
    yield


def drawn(pilot: Pilot[Any]) -> list[tuple[str, Any]]:
    """Text and style of everything on top: the screen, or the dialog on it."""
    box = pilot.app.screen.query("#box, CommandList")
    region = box.first().region if box else pilot.app.screen.region
    strips = pilot.app.screen._compositor.render_strips()
    lines = [strip.crop(region.x, region.right) for strip in strips[region.y : region.bottom]]
    return [(segment.text, segment.style) for line in lines for segment in line if segment.text.strip() and segment.style]


def off(pilot: Pilot[Any]) -> set[str]:
    """The keys that are greyed, which nobody has to read."""
    return {
        f"{pilot.app.get_key_display(active.binding)} {active.binding.description}"
        for active in pilot.app.screen.active_bindings.values()
        if not active.enabled
    }


@pytest.mark.parametrize(("look", "most"), DEPTHS)
def test_text_can_be_read_on_what_is_under_it(console: Console, world: World, look: str, most: int) -> None:
    look_like(look)
    poor: set[tuple[str, str, float]] = set()

    async def script(pilot: Pilot[Any]) -> None:
        async for _ in walk(pilot, world):
            for text, style in drawn(pilot):
                fore, back = style.color, style.bgcolor
                fore, back = (back, fore) if style.reverse else (fore, back)
                if most < MANY_COLOURS:
                    assert {fore.number, back.number} <= {*range(most)}, (text, style)
                    worst = min(contrast(palette[fore.number], palette[back.number]) for palette in map(_triplets, (XTERM, LINUX)))
                else:
                    worst = contrast(tuple(fore.get_truecolor()), tuple(back.get_truecolor()))
                if any(map(str.isalnum, text)) and text not in off(pilot) and worst < (READABLE if most < MANY_COLOURS else 4.5):
                    poor.add((text.strip(), str(style), round(worst, 1)))

    console.run(script, colours=most)
    assert not poor


def behind(pilot: Pilot[Any]) -> list[tuple[str, Any]]:
    """Text and style of what a dialog leaves of the screen behind it."""
    region = pilot.app.screen.query("#box, CommandList").first().region
    strips = pilot.app.screen._compositor.render_strips()
    return [
        (segment.text, segment.style)
        for strip in (*strips[: region.y], *strips[region.bottom :])
        for segment in strip
        if segment.text.strip() and segment.style
    ]


@pytest.mark.parametrize("keys", [("j", "x"), ("x",), ("n",), ("question_mark",)])
def test_high_contrast_can_be_read_behind_a_dialog(console: Console, keys: tuple[str, ...]) -> None:
    look_like("high-contrast")

    async def script(pilot: Pilot[Any]) -> None:
        await press(pilot, *keys)
        assert behind(pilot)
        for text, style in behind(pilot):
            if any(map(str.isalnum, text)) and text.strip() != "o Re-open":
                assert contrast(tuple(style.color.get_truecolor()), tuple(style.bgcolor.get_truecolor())) > 4.5, (text, style)

    console.run(script)


def test_without_colours_the_screen_stays_behind_a_dialog(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        before = screen_text(pilot.app)
        await press(pilot, "x")
        after = screen_text(pilot.app)
        assert [after[line] for line in (0, 1, 2, 3, 22, 23)] == [before[line] for line in (0, 1, 2, 3, 22, 23)]
        await press(pilot, "escape", "colon")
        assert screen_text(pilot.app)[23] == before[23]

    console.run(script, colours=0)


@pytest.mark.parametrize("most", [0, 8, MANY_COLOURS])
def test_what_is_chosen_looks_another_way(console: Console, most: int) -> None:
    def looks(pilot: Pilot[Any], *texts: str) -> list[Any]:
        found = [next(style for shown, style in drawn(pilot) if text in shown) for text in texts]
        return [(style.color, style.bgcolor, style.bold, style.reverse) for style in found]

    async def script(pilot: Pilot[Any]) -> None:
        under, other = looks(pilot, "KARHU01", "SALAMA")
        assert under != other
        await press(pilot, "x")
        focused, button = looks(pilot, "Cancel", "Reject")
        assert focused != button
        await press(pilot, "escape", "2", "e")
        under, other = looks(pilot, "admin", "medic")
        assert under != other
        await press(pilot, "escape", "1", "colon")
        under, other = looks(pilot, "Approve", "Bell")
        assert under != other

    console.run(script, colours=most)


def test_without_colours_nothing_is_told_by_colour(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        assert "(o Re-open)" in screen_text(pilot.app)[-1]
        await press(pilot, "x")
        assert {"[Cancel]", "[Reject]"} <= {text.strip() for text, _style in drawn(pilot)}
        assert "(why: press Tab to type it)" in "\n".join(screen_text(pilot.app))
        assert all(style.color is None and style.bgcolor is None for _text, style in drawn(pilot))
        await press(pilot, "tab")
        assert any(style.reverse and text == "(" for text, style in drawn(pilot)), "where typing goes"
        await press(pilot, "escape", "a")
        assert "[Approve]" in {text.strip() for text, _style in drawn(pilot)}
        await press(pilot, "escape")
        pilot.app.tell("It went wrong.", severity="error")
        await settle(pilot)
        assert "▲ It went wrong." in "\n".join(screen_text(pilot.app))

    console.run(script, colours=0)


def test_the_look_is_changed_and_remembered(console: Console) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        for name in ("mono", "light", "mono", "dark"):
            await press(pilot, "colon")
            await write(pilot, f"theme {name}")
            await press(pilot, "enter")
            assert pilot.app.theme == name
            assert load().theme == name
            bare = all(style.color is None for _text, style in drawn(pilot))
            assert bare == (name == "mono")

    console.run(script)


@pytest.mark.parametrize(
    ("named", "remembered", "no_color", "most", "look"),
    [
        (None, "", None, MANY_COLOURS, "dark"),
        (None, "", "", MANY_COLOURS, "dark"),
        (None, "light", "", MANY_COLOURS, "light"),
        (None, "light", None, MANY_COLOURS, "light"),
        ("high-contrast", "light", None, MANY_COLOURS, "high-contrast"),
        (None, "light", "1", MANY_COLOURS, "mono"),
        ("light", "dark", "1", MANY_COLOURS, "light"),
        ("light", "light", None, 0, "mono"),
    ],
)
def test_which_look_wins(
    console: Console, monkeypatch: pytest.MonkeyPatch, named: str | None, remembered: str, no_color: str | None, most: int, look: str
) -> None:
    look_like(named)
    save(Preferences(theme=remembered))
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)

    async def script(pilot: Pilot[Any]) -> None:
        assert pilot.app.theme == look
        greys = {style.color for _text, style in drawn(pilot)} - {None}
        assert bool(greys) == (look != "mono")

    console.run(script, colours=most)


@pytest.mark.parametrize(
    ("env", "most"),
    [
        ({"TERM": "xterm"}, 8),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, MANY_COLOURS),
        ({"TERM": "xterm-256color"}, MANY_COLOURS),
        ({"TERM": "xterm-16color"}, 16),
        ({"TERM": "tmux-256color"}, MANY_COLOURS),
        ({"TERM": "screen"}, 8),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, 8),
        ({"TERM": "screen", "COLORTERM": "truecolor", "TMUX": "/run/tmux,1,0"}, MANY_COLOURS),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, 8),
        ({"TERM": "vt220"}, 0),
        ({"TERM": "xterm-mono"}, 0),
        ({"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "256"}, MANY_COLOURS),
    ],
)
def test_how_many_colours_a_terminal_has(env: dict[str, str], most: int) -> None:
    assert colours(env) == most


def test_a_look_that_there_is_not(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    with pytest.raises(ConfigurationError, match="RMTUI_THEME is 'pink'; it takes one of dark, light, high-contrast, mono"):
        Settings.from_env({**home, "RMTUI_THEME": "pink"})
    (tmp_path / ".config" / "rmtui").mkdir(parents=True)
    config = tmp_path / ".config" / "rmtui" / "config.toml"
    config.write_text('theme = "pink"')
    with pytest.raises(ConfigurationError, match="theme is one of dark, light, high-contrast, mono"):
        Settings.from_env(home)
    config.write_text('theme = "light"')
    assert Settings.from_env(home).theme == "light"
    assert Settings.from_env({**home, "RMTUI_THEME": "mono"}).theme == "mono"
    assert Settings.from_env({**home, "RMTUI_THEME": "mono"}, theme="dark").theme == "dark"
    assert Settings.from_env({**home, "RMTUI_ASCII": "1"}).ascii is True
    assert Settings.from_env({**home, "RMTUI_ASCII": "0"}).ascii is False
    assert Settings.from_env(home).ascii is None


def test_what_is_remembered_of_looks_makes_sense(tmp_path: Path) -> None:
    save(Preferences(theme="light"))
    path = settings.current().state_dir / "console.json"
    assert load().theme == "light"
    path.write_text(json.dumps({"theme": "pink"}))
    assert load().theme == ""
