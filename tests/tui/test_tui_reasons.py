"""Why a key is greyed, and what the banner says: nothing is refused or lost without a reason."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_harness import Console, press, screen_text, settle, write
from tui_world import World

from rmtui import settings
from rmtui.db.errors import DeploymentMissing
from rmtui.services import deployment
from rmtui.tui.panes.keys import NO_ROW


def why(pilot: Pilot[Any], *actions: str) -> list[str]:
    return [pilot.app.screen.pane.why_not(action) for action in actions]


def lines(pilot: Pilot[Any]) -> list[str]:
    return [line.strip() for line in screen_text(pilot.app)]


class TestGreyed:
    def test_enrolments_say_their_state(self, console: Console) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            assert why(pilot, "approve", "reject", "copy", "new") == ["", "", "", ""]
            assert why(pilot, "reopen") == ["KARHU01 is pending; only a rejected one can be re-opened."]
            await press(pilot, "f")
            assert why(pilot, "approve", "reject") == ["KETTU is approved already."] * 2
            assert why(pilot, "reopen") == ["KETTU is approved; only a rejected one can be re-opened."]
            await press(pilot, "f")
            assert why(pilot, "approve", "reopen") == ["TEST is rejected already; o re-opens it.", ""]

        console.run(script)

    @pytest.mark.parametrize("keys", [(), ("2",), ("3",)])
    def test_no_row(self, console: Console, keys: tuple[str, ...]) -> None:
        actions = {(): ["approve", "reject", "reopen", "copy"], ("2",): ["edit", "copy"], ("3",): ["edit", "members", "copy"]}[keys]

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, *keys, "slash")
            await write(pilot, "nobody")
            await press(pilot, "enter")
            assert why(pilot, *actions) == [NO_ROW] * len(actions)
            assert [pilot.app.screen.pane.check_action(action, ()) for action in actions] == [None] * len(actions)

        console.run(script)

    def test_foreign_text_in_it_is_harmless(self, console: Console) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "j", "j", "j", "j")
            assert why(pilot, "reopen")[0].startswith("EVIL\\x1b[31m")

        console.run(script)


class TestBanner:
    def missing(self, tmp_path: Path) -> str:
        """What is really raised when the file of an open deployment is moved."""
        place = settings.current().local_data_dir / "rmtui.db"
        shutil.move(place, tmp_path / "elsewhere.db")
        with pytest.raises(DeploymentMissing) as caught:
            deployment.changes()
        return caught.value.sentence.replace(str(place), "/srv/rmtui/rmtui.db")

    @pytest.mark.parametrize("env", ["sqlite"], indirect=True)
    @pytest.mark.parametrize("width", [80, 120])
    def test_of_a_file_that_was_moved_gives_no_wrong_advice(self, env: Any, monkeypatch: Any, tmp_path: Path, width: int) -> None:
        from tui_services import install

        sentence = self.missing(tmp_path)
        assert "rmtui init" in sentence
        world = install(World().fill(), monkeypatch)

        async def script(pilot: Pilot[Any]) -> None:
            world.trouble = DeploymentMissing(sentence)
            pilot.app.screen.check()
            await settle(pilot)
            shown = lines(pilot)
            start = next(index for index, line in enumerate(shown) if "Database unreachable" in line)
            assert shown[start].startswith("▲ Database unreachable")
            assert "since 12:00:00Z, retrying." in shown[start]
            whole = "".join("".join(shown[start:]).split())
            assert "cannotbeopened:itisnotthere." in whole
            assert "moveitback:whatisshownhereisfrombefore." in whole
            assert "rmtuiinit" not in whole
            assert "AURORA" in shown[-2], "the status line stays"
            world.trouble = None
            pilot.app.screen.check()
            await settle(pilot)
            assert "unreachable" not in "\n".join(lines(pilot))

        Console(world).run(script, size=(width, 24))
