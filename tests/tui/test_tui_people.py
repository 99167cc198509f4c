"""Revoking, reissuing and writing certificates: what is shown first, what is asked for, what is said afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from tui_harness import Console, dialog_text, press, screen_text, settle, write
from tui_people import Registry, on_crl
from tui_rows import pk
from tui_world import World, read_only

from rmtui.services.operators import Permission
from rmtui.services.types import PeopleQuery
from rmtui.tui.panes.people import PeoplePane


@pytest.fixture
def registry(world: World, monkeypatch: pytest.MonkeyPatch) -> Registry:
    return Registry(world, monkeypatch)


def name(pilot: Pilot[Any]) -> str:
    return type(pilot.app.screen).__name__


def text(pilot: Pilot[Any]) -> str:
    return dialog_text(pilot.app)


def focused(pilot: Pilot[Any]) -> str:
    return pilot.app.screen.focused.id


async def choose(pilot: Pilot[Any]) -> None:
    """To the reason, keyCompromise, and on."""
    await press(pilot, "tab", "down", "down", "enter")


class TestRevoke:
    def test_shows_what_it_is_asks_for_reason_and_callsign_and_says_each_effect(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "x")
            assert (name(pilot), focused(pilot)) == ("RevokeDialog", "cancel")
            assert "Serial a2a2a2a2" in text(pilot)
            assert "SHA-256 0011 2233" in text(pilot)
            assert "cannot come back under this callsign" in text(pilot)
            assert "(x)" not in text(pilot)
            await press(pilot, "tab")
            assert focused(pilot) == "reason"
            await press(pilot, "down", "down", "enter")
            assert focused(pilot) == "callsign"
            await write(pilot, "ILVES")
            await press(pilot, "enter")
            assert focused(pilot) == "confirm"
            await press(pilot, "tab", "shift+tab", "enter")
            assert "ILVES is revoked" in text(pilot)
            assert "Certificates 1 revoked: a2a2" in text(pilot)
            assert "CRL published" in text(pilot)
            await press(pilot, "escape")
            assert "ILVES is revoked." in " ".join(screen_text(pilot.app))
            assert all(row.callsign != "ILVES" for row in pilot.app.screen.query_one("#people-list").window.rows)

        console.run(script)
        assert registry.done == [("revoke", "ILVES", "keyCompromise")]

    def test_nothing_without_a_reason_or_with_another_callsign(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "x", "right", "enter")
            assert "Choose the reason with Space; nobody was revoked." in text(pilot)
            assert focused(pilot) == "reason"
            await press(pilot, "space", "enter")
            await write(pilot, "ilves")
            await press(pilot, "enter", "tab", "shift+tab", "enter")
            assert "Type the callsign exactly, ILVES; nobody was revoked." in text(pilot)

        console.run(script)
        assert registry.done == []

    @pytest.mark.parametrize("key", ["x", "i"])
    def test_a_certificate_that_stays_good_is_told(self, console: Console, registry: Registry, key: str) -> None:
        registry.left = "Which certificate ILVES has is not known here."

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", key)
            if key == "x":
                await choose(pilot)
                await write(pilot, "ILVES")
                await press(pilot, "enter", "tab", "shift+tab", "enter")
            else:
                await press(pilot, "right", "enter")
            assert "A certificate may stay good" in text(pilot)
            assert registry.left in text(pilot)

        console.run(script)

    def test_what_is_revoked_but_not_published_is_said_to_be_revoked(self, console: Console, registry: Registry) -> None:
        registry.unpublished = "The disk is full."

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "x")
            await choose(pilot)
            await write(pilot, "ILVES")
            await press(pilot, "enter", "tab", "shift+tab", "enter")
            assert "ILVES is revoked, but not on the CRL" in text(pilot)
            assert "The disk is full. An open console tries again by itself; rmtui crl does so at once." in text(pilot)
            assert not pilot.app.screen.query_one("#confirm").display
            await press(pilot, "escape")
            assert name(pilot) == "MainScreen"

        console.run(script)

    def test_guards_are_sentences_and_it_can_be_closed(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "x")
            await choose(pilot)
            await write(pilot, "AURORA")
            await press(pilot, "enter", "tab", "shift+tab", "enter")
            assert "AURORA is you; another admin revokes you." in text(pilot)
            await press(pilot, "escape", "j", "x")
            registry._gone(pk(1002), "superseded")
            await choose(pilot)
            await write(pilot, "ILVES")
            await press(pilot, "enter", "tab", "shift+tab", "enter")
            assert "was revoked by ILVES (superseded)" in text(pilot)
            assert focused(pilot) == "cancel"

        console.run(script)
        assert registry.done == []

    def test_a_callsign_that_nobody_can_type_is_typed_as_it_is_shown(self, console: Console, world: World, registry: Registry) -> None:
        row = world.people[pk(1002)]
        world.people[pk(1002)] = type(row)(row.pk, "EV\x1bIL", row.roles, row.created, None, None)

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "slash")
            await write(pilot, "ev")
            await press(pilot, "enter", "x")
            await choose(pilot)
            pilot.app.screen.query_one("#callsign", Input).value = pilot.app.screen._name
            await press(pilot, "tab", "tab", "tab", "shift+tab", "shift+tab", "shift+tab", "enter")
            assert "\x1b" not in pilot.app.screen._name

        console.run(script)

    def test_many_with_one_reason_and_the_number(self, console: Console, world: World, registry: Registry) -> None:
        registry.note = "What was done stands, but the CRL was not published: The disk is full. rmtui crl does so at once."

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "f", "f", "f", "asterisk", "x")
            assert (name(pilot), focused(pilot)) == ("RevokeManyDialog", "cancel")
            assert "1 more marked: revoked, so left as they are." in text(pilot)
            await press(pilot, "right", "enter")
            assert "Choose the reason with Space; nobody was revoked." in text(pilot)
            await press(pilot, "down", "down", "enter")
            await write(pilot, "5")
            world.people[pk(2000)] = type(world.people[pk(1001)])(pk(2000), "LATER", (), world.people[pk(1001)].created, None, None)
            await press(pilot, "enter", "tab", "shift+tab", "enter")
            assert "4 of 5 done" in text(pilot)
            assert "AURORA is you" in text(pilot)
            assert "but the CRL was not published" in text(pilot)

        console.run(script)
        assert {done[2] for done in registry.done} == {"keyCompromise"}
        assert len(registry.done) == 4


class TestReissue:
    def test_a_new_key(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "i")
            assert (name(pilot), focused(pilot)) == ("ReissueDialog", "cancel")
            assert "runs out in 12d" in text(pilot)
            assert "revoked as superseded" in text(pilot)
            await press(pilot, "right", "enter")
            assert "ILVES has a new certificate" in text(pilot)
            assert f"Superseded {'a2' * 16}" in text(pilot)
            await press(pilot, "escape")
            assert name(pilot) == "MainScreen"

        console.run(script)
        assert registry.done == [("reissue", "ILVES", None)]

    def test_a_request_is_shown_before_it_is_signed(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "i", "tab", "down", "enter")
            assert focused(pilot) == "csr"
            await write(pilot, "/tmp/bad.csr")
            await press(pilot, "enter")
            assert "/tmp/bad.csr cannot be read" in text(pilot)
            await press(pilot, *["backspace"] * 7)
            await write(pilot, "good.csr")
            await press(pilot, "enter")
            assert "EC P-256" in text(pilot)
            assert "SHA-256 0011 2233" in text(pilot)
            assert focused(pilot) == "confirm"
            assert registry.done == []
            await press(pilot, "shift+tab", "tab", "enter")
            assert "ILVES has a new certificate" in text(pilot)

        console.run(script)
        assert registry.done == [("reissue", "ILVES", "PEM of good.csr")]

    def test_another_path_has_to_be_looked_at_first(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "i", "tab", "down", "enter")
            await write(pilot, "/tmp/good.csr")
            await press(pilot, "enter")
            pilot.app.screen.query_one("#csr", Input).value = "/tmp/other.csr"
            await settle(pilot)
            await press(pilot, "tab", "shift+tab", "enter")
            assert "/tmp/other.csr cannot be read" in text(pilot)

        console.run(script)
        assert registry.done == []

    def test_who_keeps_their_key_is_asked_for_a_request_first(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "j", "i")
            assert "(x) With their own key" in text(pilot)
            await press(pilot, "right", "enter")
            assert "Type where the CSR is; nothing was signed." in text(pilot)
            await press(pilot, "shift+tab", "up")
            assert "They keep their key to themselves." in text(pilot)

        console.run(script)
        assert registry.done == []

    def test_reissued_but_not_published(self, console: Console, registry: Registry) -> None:
        registry.unpublished = "The disk is full."

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "i", "right", "enter")
            assert "not published: the old certificate connects until rmtui crl" in text(pilot)
            assert f"Serial {registry.serials[pk(1002)]}" in text(pilot)

        console.run(script)

    def test_many_names_those_who_keep_their_key(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "space", "space", "i")
            assert (name(pilot), focused(pilot)) == ("ReissueManyDialog", "cancel")
            assert "1 of them keeps their own key, and would get one made here: KETTU." in text(pilot)
            await press(pilot, "tab")
            await write(pilot, "2")
            await press(pilot, "enter", "tab", "shift+tab", "enter")
            assert "2 of 2 done" in text(pilot)
            assert "published once, after the last of them" in text(pilot)
            assert "would get one" not in text(pilot)

        console.run(script)
        assert [done[:2] for done in registry.done] == [("reissue", "ILVES"), ("reissue", "KETTU")]


class TestExport:
    def test_to_the_path_that_is_offered(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "w")
            assert (name(pilot), focused(pilot)) == ("ExportDialog", "path")
            assert "~/ILVES.pfx" in text(pilot)
            await press(pilot, "end", "enter")
            assert "File /home/aurora/ILVES.pfx" in text(pilot)
            assert "Password the callsign, ILVES" in text(pilot)

        console.run(script)
        assert registry.done == [("export", "ILVES", "~/ILVES.pfx", False)]

    def test_pem_of_somebody_who_keeps_their_key(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "j", "w")
            assert "not in the file, they keep it themselves" in text(pilot)
            await press(pilot, "shift+tab", "down")
            assert "~/KETTU.pem" in text(pilot)
            await press(pilot, "tab", "end", "enter")
            assert "Private key not in the file" in text(pilot)

        console.run(script)
        assert registry.done == [("export", "KETTU", "~/KETTU.pem", True)]

    def test_a_file_that_is_there_stays(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "w")
            pilot.app.screen.query_one("#path", Input).value = "/tmp/there.pfx"
            await press(pilot, "end", "enter")
            assert "there already and was left as it is. Name another path." in text(pilot)
            assert "--force" not in text(pilot)
            assert pilot.app.screen.query_one("#confirm").display

        console.run(script)
        assert registry.done == []

    def test_many_into_a_directory(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "j", "space", "space", "space", "w")
            assert (name(pilot), focused(pilot)) == ("ExportManyDialog", "cancel")
            await press(pilot, "tab")
            await write(pilot, "/tmp")
            await press(pilot, "enter")
            await write(pilot, "3")
            await press(pilot, "enter", "tab", "shift+tab", "enter")
            assert "2 of 3 done" in text(pilot)
            assert "left as it is. Name another path." in text(pilot)
            assert "--force" not in text(pilot)

        console.run(script)
        assert [done[1] for done in registry.done] == ["ILVES", "KETTU"]


class TestPane:
    def test_f_goes_through_expiring_and_the_status_line_counts_them(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2")
            lines = screen_text(pilot.app)
            assert "▲ 12d" in next(line for line in lines if "ILVES" in line)
            assert "▲ ran out" in next(line for line in lines if "KOTKA" in line)
            assert "▲" not in next(line for line in lines if "AURORA" in line and "active" in line)
            assert any("3 expiring" in line for line in lines)
            await press(pilot, "f")
            assert any("Expiring within 14 days" in line for line in screen_text(pilot.app))
            rows = pilot.app.screen.query_one("#people-list").window.rows
            assert [row.callsign for row in rows] == ["ILVES", "KETTU", "KOTKA"]
            await press(pilot, "f")
            assert any("Revoked" in line for line in screen_text(pilot.app))
            await press(pilot, "f", "f")
            assert len(pilot.app.screen.query_one("#people-list").window.rows) == 5

        console.run(script)

    @pytest.mark.parametrize(("typed", "scope"), [("state:revoked", "Revoked"), ("reason:superseded", "Everybody")])
    def test_the_status_that_is_typed_is_told_and_has_its_columns(self, typed: str, scope: str) -> None:
        pane, query = PeoplePane(), PeopleQuery(text=typed)
        assert pane.scope(query) == scope
        assert {"Revoked", "Reason"} <= {column.title for column in pane.view.source.columns(query)}

    def test_greyed_keys_say_why(self, console: Console, registry: Registry) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "f", "f")
            for key in "xiw":
                await press(pilot, key)
                assert name(pilot) == "MainScreen"
            assert "Revoke: SORSA is revoked, and has no certificate that counts." in " ".join(" ".join(screen_text(pilot.app)).split())

        console.run(script, size=(120, 40))

    def test_nothing_in_read_only_mode(self, console: Console, registry: Registry) -> None:
        read_only()

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", "j", "x", "i", "w")
            assert name(pilot) == "MainScreen"
            assert "read-only mode" in pilot.app.why_not(Permission.REVOKE)

        console.run(script)

    @pytest.mark.parametrize(("listed", "status", "said"), [(False, "revoked", "still connects"), (True, "active", "does not connect")])
    def test_the_detail_warns_where_the_crl_says_otherwise(
        self, console: Console, world: World, registry: Registry, listed: bool, status: str, said: str
    ) -> None:
        world.crl = on_crl(listed)
        if status == "revoked":
            registry._gone(pk(1002), "keyCompromise")

        async def script(pilot: Pilot[Any]) -> None:
            await press(pilot, "2", *(["f", "f"] if status == "revoked" else ["j", "j"]), "enter")
            assert said in text(pilot)
            assert "runs out in 12d" in text(pilot)
            assert world.crl.sentence.partition(",")[0] in text(pilot)

        console.run(script, size=(120, 40))
