"""The keys: chosen ones are judged before the console opens and told as they are; the console's own can be typed anywhere."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.pilot import Pilot
from tui_harness import Console, dialog_text, press, screen_text

import rmtui
from rmtui import i18n, settings
from rmtui.errors import ConfigurationError
from rmtui.tui import running
from rmtui.tui.keymap import check_keys, contexts
from rmtui.tui.keynames import character, exists, named, split

README = Path(__file__).resolve().parents[2] / "README.md"


def every() -> dict[str, list[Binding]]:
    """Every binding, by where it works."""
    found: dict[str, list[Binding]] = {}
    for place, bindings in contexts():
        found.setdefault(place, []).extend(bindings)
    return found


class TestChosen:
    def test_keys_are_what_config_toml_says(self, console: Console) -> None:
        settings.configure(replace(settings.current(), keys={"enrolment.approve": "f5", "list.range": "f6", "app.quit-anywhere": "f9"}))
        check_keys()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "a")
            assert type(pilot.app.screen).__name__ == "MainScreen"
            assert "F5 Approve" in screen_text(pilot.app)[-1]
            await press(pilot, "f6")
            assert "press F6 again" in " ".join(screen_text(pilot.app))
            await press(pilot, "j", "f6")
            assert len(pilot.app.screen.pane.view.marks) == 2  # type: ignore[attr-defined]
            await press(pilot, "escape", "f5")
            assert type(pilot.app.screen).__name__ == "ApproveDialog"
            await press(pilot, "escape", "question_mark")
            told = [line.split()[1:3] for line in screen_text(pilot.app) if "approve" in line.casefold()]
            assert "F5" in {word for words in told for word in words}
            await press(pilot, "escape", "f9")
            assert pilot.app.return_code == 0

        console.run(script, size=(120, 60))

    def test_a_chosen_key_stands_where_the_own_one_would(self, console: Console) -> None:
        settings.configure(replace(settings.current(), keys={"enrolment.approve": "f5", "person.revoke": "f8, X", "app.quit": "f10"}))
        check_keys()

        async def script(pilot: Pilot[Any]) -> None:
            line = " ".join(screen_text(pilot.app)[-1].split())
            assert line.startswith("F5 Approve x Reject o Re-open")
            assert line.endswith("F10 Quit")
            await press(pilot, "2")
            assert " ".join(screen_text(pilot.app)[-1].split()).startswith("e Edit roles F8 Revoke i Reissue")
            await press(pilot, "question_mark")
            assert re.search(r"People e .* F8 X .* i .* w ", dialog_text(pilot.app))

        console.run(script)

    def test_what_is_told_of_a_key_is_the_key_there_is(self, console: Console) -> None:
        settings.configure(
            replace(settings.current(), keys={"doctor.repair": "f5", "doctor.again": "f6", "app.quit": "f7", "audit.outcome": "f8"})
        )
        check_keys()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "ctrl+c")
            assert "F7 quits" in " ".join(screen_text(pilot.app))
            await press(pilot, "H")
            assert "F5: put right. F6: check again. y: copy." in dialog_text(pilot.app)

        console.run(script, size=(120, 40))

    @pytest.mark.parametrize(
        ("keys", "sentence"),
        [
            ({"enrolment.reject": "n"}, "n would be enrolment.reject and enrolment.new on Enrolments"),
            ({"person.revoke": "f5", "person.roles": "f5"}, "F5 would be person.roles and person.revoke on People"),
            ({"invite.new": "q"}, "q would be invite.new and app.quit on Invites"),
            ({"invite.new": "?"}, "? would be invite.new and main.help on Invites"),
            ({"enrolment.approve": "ctrl+l"}, "Ctrl+L would be enrolment.approve and app.redraw on Enrolments"),
            ({"enrolment.approve": "f4, ctrl+z"}, "Ctrl+Z would be enrolment.approve and app.suspend on Enrolments"),
            ({"enrolment.approve": "ctrl+q"}, "Ctrl+Q would be enrolment.approve and app.quit-anywhere on Enrolments"),
            ({"person.revoke": "ctrl+p"}, "Ctrl+P would be person.revoke and “the palette” on People"),
            ({"person.revoke": "ctrl+c"}, "Ctrl+C would be person.revoke and “Copy selected text” on People"),
            ({"role.give": "j"}, "j would be role.give and list.down on Roles"),
            ({"code.burn": "space"}, "Space would be code.burn and list.mark on Login codes"),
            ({"audit.target": "s"}, "s would be audit.target and “Sort” on Audit"),
            ({"app.redraw": "escape"}, "Esc would be pane.back and app.redraw on Enrolments"),
            ({"doctor.repair": "down"}, "Down would be dialog.down and doctor.repair on a dialog"),
            ({"doctor.repair": "q"}, "q would be doctor.repair and “Close” on a dialog"),
            ({"detail.copy": "j"}, "j would be “Down” and detail.copy on a dialog"),
            ({"code.reveal": "enter"}, "Enter would be code.reveal and “Send” on a dialog"),
            ({"app.quit-anywhere": "Q"}, "app.quit-anywhere works while you type, so it cannot be Q"),
            ({"dialog.cancel": "f9"}, "dialog.cancel keeps its key, Esc"),
            ({"pane.back": "f9"}, "pane.back keeps its key, Esc"),
            ({"enrolment.approve": "ctl+a"}, "is given “ctl+a”, which is no key. A key is a character, or a name such as f5"),
            ({"enrolment.approve": "ctrl+nothing"}, "“ctrl+nothing”, which is no key"),
            ({"enrolment.approve": ""}, "“”, which is no key"),
            ({"enrolment.approve": "f5,"}, "“”, which is no key"),
            ({"enrolment.approve": "aa"}, "“aa”, which is no key"),
            ({"enrolment.approve": "shift+a"}, "“shift+a”, which is no key"),
            ({"enrolment.approve": "ctrl+ctrl+a"}, "“ctrl+ctrl+a”, which is no key"),
            ({"enrolment.approve": "f5, f99"}, "“f99”, which is no key"),
            ({"enrolment.approve": "ctrl+i"}, "cannot be Ctrl+I, for which a terminal sends Tab"),
            ({"enrolment.approve": "ctrl+m"}, "cannot be Ctrl+M, for which a terminal sends Enter"),
            ({"enrolment.approve": "ctrl+j"}, "cannot be Ctrl+J, for which a terminal sends Enter"),
            ({"enrolment.approve": "ctrl+h"}, "cannot be Ctrl+H, for which a terminal sends Backspace"),
            ({"enrolment.approve": "ctrl+["}, "cannot be Ctrl+[, for which a terminal sends Esc"),
            ({"enrolment.approve": "ctrl+a"}, "cannot be Ctrl+A, which GNU screen keeps for itself"),
            ({"enrolment.approve": "ctrl+b"}, "cannot be Ctrl+B, which tmux keeps for itself"),
            ({"enrolment.approve": "alt+a"}, "cannot be Alt+A, for which a terminal sends Esc and then the other key"),
            ({"enrolment.aprove": "f5"}, "names enrolment.aprove, which is no action"),
        ],
    )
    def test_keys_that_make_no_sense_keep_the_console_from_opening(self, console: Console, keys: dict[str, str], sentence: str) -> None:
        settings.configure(replace(settings.current(), keys=keys))
        with pytest.raises(ConfigurationError, match=re.escape(sentence)) as refused:
            running.run_console()
        assert refused.value.exit_code == 2
        i18n.use("fi")
        with pytest.raises(ConfigurationError) as refused:
            check_keys()
        assert refused.value.sentence != str(refused.value)
        assert "“" not in refused.value.sentence

    def test_what_cannot_be_chosen_is_told_in_the_language_as_well(self) -> None:
        for keys in ({"enrolment.approve": "ctrl+c"}, {"app.quit": "ctrl+p"}, {"audit.outcome": "s"}, {"code.copy": "enter"}):
            settings.configure(replace(settings.current(), keys=keys))
            i18n.use("fi")
            with pytest.raises(ConfigurationError) as refused:
                check_keys()
            (told,), (said,) = (re.findall("”(.+?)”", refused.value.sentence), re.findall("“(.+?)”", str(refused.value)))
            assert told != said

    @pytest.mark.parametrize(
        "key", ["A", "?", "ä", "+", ".", "question_mark", "f12", "ctrl+g", "shift+f5", "alt+up", "ctrl+home", "insert"]
    )
    def test_keys_that_there_are(self, key: str) -> None:
        settings.configure(replace(settings.current(), keys={"audit.target": key} if key != "?" else {"main.help": key}))
        if key != "question_mark":
            check_keys()
        assert exists(*split(key))

    def test_an_action_may_be_given_the_key_it_has(self) -> None:
        settings.configure(
            replace(
                settings.current(),
                keys={each.id: each.key for found in every().values() for each in found if each.id and each.id != "dialog.down"},
            )
        )
        check_keys()

    def test_sentences_fall_back_on_the_keys_there_are(self) -> None:
        own = {each.id: split(each.key) for found in every().values() for each in found if each.id}
        told = 0
        for path in Path(rmtui.__file__).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"key_of", "keys_of"}:
                    values = [each.value for each in node.args if isinstance(each, ast.Constant)]
                    if len(values) == 2:
                        assert own[str(values[0])][0] == values[1], path
                        told += 1
        assert told > 20


class TestOwn:
    NOWHERE = set("[]{}\\@|~$€£^´`¨")
    """Characters that need AltGr on a Finnish or Swedish layout, or wait for the next one."""

    @pytest.mark.parametrize("place", list(every()))
    def test_every_key_can_be_typed_on_every_layout_and_terminal(self, place: str) -> None:
        taken = {"ctrl+a", "ctrl+b", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+s", "f10", "f11", "delete", "backspace", "insert"}
        for binding in every()[place]:
            keys = [key for key in split(binding.key) if not key.startswith("super+")]
            for key in keys:
                assert key not in taken, binding
                assert not key.startswith(("alt+", "ctrl+shift+")), binding
                assert character(key) not in self.NOWHERE, binding
                assert len(key) > 1 or key.isascii(), binding
            assert binding.key in {"f1"} or any(not re.fullmatch(r"f\d+", key) for key in keys), f"only a function key: {binding}"

    def test_the_main_job_has_plain_keys_and_stands_in_the_palette(self, console: Console) -> None:
        own = {each.id: split(each.key) for found in every().values() for each in found if each.id}
        main = {"enrolment.approve", "enrolment.reject", "enrolment.codes", "enrolment.new", "person.roles", "pane.filter"}
        for action in {*main, "main.help", "app.quit", "main.palette"}:
            assert len(character(own[action][0])) == 1, action
        offered: set[str] = set()

        async def script(pilot: Pilot[Any]) -> None:
            for pane in ("1", "2"):
                await press(pilot, pane)
                offered.update(each.title for each in pilot.app.get_system_commands(pilot.app.screen))

        console.run(script)
        assert {"Approve", "Reject", "Codes", "New", "Edit roles", "Filter", "Help", "Quit"} <= offered


def test_readme_tells_every_key() -> None:
    section = re.search(r"\n## Keys\n(.*?)\n### ", README.read_text("utf-8"), re.DOTALL)
    assert section
    first, second = section[1].split("| Pane | Keys |")
    rows = {row.split("|")[1].strip(): row for row in second.splitlines() if row.startswith("| ")}
    for place, found in every().items():
        if place not in rows:
            continue
        for binding in found:
            if binding.id and binding.tooltip:
                names = [named(key) for key in split(binding.key)]
                if binding.id.startswith(("list.up", "list.down", "role.members", "role.roles")):
                    continue  # arrows
                told = first + rows[place]
                names = [name for name in names if f"`{name}`" not in told and not re.search(rf"(?<![\w`]){re.escape(name)}(?!\w)", told)]
                assert not set(names) - set("2345"), (place, binding.id, names)  # they stand as 1 … 6
