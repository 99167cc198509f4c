"""``rmtui pools``: every command in every form, and every refusal with its exit code."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import re
import shutil
import signal
import sys

import pyte
import pytest
from cli_running import told

from decoding import decoded
from making import START, audit_rows, make_enrollment, make_operator, make_person, make_pool, run
from rmtui import settings
from rmtui.cli import invites
from rmtui.cli.reports import stopping
from rmtui.services import pools, qr
from rmtui.services.types import State

POOL = ["code", "owner", "active", "created", "age", "deleted", "pending", "approved", "rejected", "pk"]
COLUMNS = ["code", "owner", "active", "created", "age", "pending", "approved", "rejected"]


def from_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def boss(embedded, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


@pytest.fixture
def invite(boss):
    pool = make_pool(boss.pk, created=START)
    for callsign, state in [("RAVEN", State.PENDING), ("KARHU", State.APPROVED), ("SUSI", State.PENDING)]:
        make_enrollment(callsign, state=state, pool=pool.pk, created=START)
    return pool


def test_list_in_every_form(invite, cli):
    make_pool(code="OWNERGONE", created=START, active=False)
    make_pool(code="DELETED2", created=START, deleted=START)
    rows = cli("pools", "list", "--format", "json", code=0).json
    assert all(list(row) == POOL for row in rows)
    by_code = {row["code"]: row for row in rows}
    assert set(by_code) == {"INVITE22", "OWNERGONE"}
    assert by_code["INVITE22"] == {
        "code": "INVITE22",
        "owner": "BOSS",
        "active": True,
        "created": "2026-03-01T12:00:00Z",
        "age": by_code["INVITE22"]["age"],
        "deleted": None,
        "pending": 2,
        "approved": 1,
        "rejected": 0,
        "pk": str(invite.pk),
    }
    assert re.fullmatch(r"\d+[dwy]", by_code["INVITE22"]["age"])
    assert (by_code["OWNERGONE"]["owner"], by_code["OWNERGONE"]["active"]) == (None, False)
    table = from_csv(cli("pools", "list", "--format", "csv", code=0).out)
    assert all(list(row) == COLUMNS for row in table)
    assert {row["code"]: row["owner"] for row in table} == {"INVITE22": "BOSS", "OWNERGONE": "gone"}
    text = cli("pools", "list", code=0).lines
    assert text[0].split() == [name.upper() for name in COLUMNS]
    assert len(text) == 3
    every = cli("pools", "list", "--all", "--format", "json", code=0).json
    assert {row["code"]: row["active"] for row in every} == {"INVITE22": True, "OWNERGONE": False, "DELETED2": False}
    assert cli("pools", "list", "--all", code=0).lines[0].split()[-1] == "DELETED"


def test_longer_than_a_page(boss, cli, monkeypatch):
    from rmtui.cli import paging

    monkeypatch.setattr(paging, "PAGE", 3)
    for number in range(8):
        pool = make_pool(code=f"INVITE{number:02}", created=START)
        make_enrollment(f"E{number}", pool=pool.pk)
        make_enrollment(f"F{number}", pool=make_pool(code=f"OTHER{number:02}").pk)
    assert len({row["code"] for row in cli("pools", "list", "--format", "json").json}) == 16


def test_none(boss, cli):
    assert cli("pools", "list", code=0).out == ""
    assert cli("pools", "list", "--format", "json", code=0).json == []
    assert cli("pools", "list", "--format", "csv", code=0).lines == [",".join(COLUMNS)]


def test_show_in_every_form(invite, cli):
    cli("pools", "disable", "INVITE22", "--yes", code=0)
    shown = cli("pools", "show", "1nv1te 22", "--format", "json", code=0).json
    callsigns = ["pending_callsigns", "approved_callsigns", "rejected_callsigns"]
    assert list(shown) == [*POOL, *callsigns, "extra", "history"]
    assert [sorted(shown[name]) for name in callsigns] == [["RAVEN", "SUSI"], ["KARHU"], []]
    assert [(entry["action"], entry["outcome"]) for entry in shown["history"]] == [("disable-pool", "done")]
    text = cli("pools", "show", "INVITE22", code=0).out
    assert re.search(r"^approved callsigns +KARHU$", text, re.M)
    assert re.search(r"^  20.*Z  disable-pool done by BOSS \(none\)$", text, re.M)
    assert from_csv(cli("pools", "show", "INVITE22", "--format", "csv", code=0).out)[0]["approved_callsigns"] == "KARHU"


def test_show_what_is_foreign_deleted_and_broken(boss, cli):
    pool = make_pool(code="A\x1b[2J", deleted=START)
    make_enrollment("R\x1b]52;c;x\x07", pool=pool.pk)
    run("UPDATE enrollmentpools SET extra = 'null'")
    for argv in (("pools", "show", "A\x1b[2J"), ("pools", "list", "--all")):
        for form in ("text", "json", "csv"):
            assert "\x1b" not in cli(*argv, "--format", form, code=0).out
    assert "gone" in cli("pools", "list", "--all").out


def test_the_whole_of_it(boss, cli):
    made = cli("pools", "create", "--yes", "--format", "json", code=0).json
    assert list(made) == POOL
    assert (made["owner"], made["active"]) == ("BOSS", True)
    code = made["code"]
    assert cli("pools", "disable", code.lower(), "--yes", "--format", "json", code=0).json["active"] is False
    assert f"{code} is disabled already." in cli("pools", "disable", code, "--yes", code=0).err
    told(cli("enrollments", "create", "RAVEN", "--pool", code, "--yes"), 1, "disabled")
    assert cli("pools", "enable", f"{code[:4]}-{code[4:]}", "--yes", "--format", "json", code=0).json["active"] is True
    assert f"{code} is enabled already." in cli("pools", "enable", code, "--yes", code=0).err
    fresh = cli("pools", "reset", code, "--yes", "--format", "json", code=0)
    assert fresh.json["code"] != code
    assert fresh.out.count(fresh.json["code"]) == 1
    told(cli("pools", "show", code), 1, "no such invite code")
    gone = cli("pools", "delete", fresh.json["code"], "--yes", "--format", "json", code=0).json
    assert (gone["active"], gone["deleted"] is not None, gone["pk"]) == (False, True, made["pk"])
    make_person("Kettu")
    assert cli("pools", "create", "--owner", "KETTU", "--yes", "--format", "csv", code=0).lines[1].split(",")[1] == "Kettu"
    assert [row[1:4] for row in audit_rows() if row[2] == "done"] == [
        ("create-pool", "done", "BOSS"),
        ("disable-pool", "done", "BOSS"),
        ("enable-pool", "done", "BOSS"),
        ("reset-pool", "done", "BOSS"),
        ("delete-pool", "done", "BOSS"),
        ("create-pool", "done", "Kettu"),
    ]
    trail = cli("audit", "export", code=0).out
    assert code not in trail
    assert fresh.json["code"] not in trail


class TestRefused:
    @pytest.mark.parametrize("command", ["show", "enable", "disable", "delete", "reset"])
    def test_an_unknown_invite(self, invite, cli, command):
        yes = () if command == "show" else ("--yes",)
        for typed in ("NEVERWAS", "", "INVITE2", "NO\x1b[2J", "\udcff"):
            told(cli("pools", command, typed, *yes), 1, "no such invite code")

    @pytest.mark.parametrize("command", ["enable", "disable", "delete", "reset"])
    def test_a_deleted_one(self, boss, cli, command):
        make_pool(deleted=START)
        told(cli("pools", command, "INVITE22", "--yes"), 1, "The invite was revoked or deleted on 2026-03-01 12:00:00Z")

    @pytest.mark.parametrize("command", ["enable", "disable", "delete", "reset"])
    def test_without_a_yes_without_an_operator_and_read_only(self, invite, cli, command, monkeypatch):
        told(cli("pools", command, "INVITE22"), 2, "--yes")
        told(cli("pools", command, "INVITE22", "--yes", "--read-only"), 1, "read-only mode")
        monkeypatch.delenv("RMTUI_OPERATOR")
        told(cli("pools", command, "INVITE22", "--yes"), 2, "--as CALLSIGN")
        told(cli("pools", command, "INVITE22", "--yes", "--as", "NOBODY"), 2, "active admin")
        shown = cli("pools", "show", "INVITE22", "--format", "json", code=0).json
        assert (shown["active"], shown["deleted"]) == (True, None)

    def test_making_one(self, boss, cli):
        make_person("GONE", deleted=START)
        told(cli("pools", "create"), 2, "--yes")
        told(cli("pools", "create", "--owner", "NOBODY", "--yes"), 1, "There is no")
        told(cli("pools", "create", "--owner", "GONE", "--yes"), 1, "revoked")
        told(cli("pools", "create", "--yes", "--read-only"), 1, "read-only mode")
        assert cli("pools", "list", "--format", "json").json == []

    def test_usage(self, boss, cli):
        told(cli("pools"), 2, "--help")
        told(cli("pools", "show"), 2, "INVITE")

    def test_no_database(self, boss, cli, tmp_path):
        told(cli("pools", "list", "--db", f"sqlite:///{tmp_path}/none.db"), 2)
        told(cli("pools", "list", "--db", "postgresql://nobody@127.0.0.1:1/x"), 3)


class TestHandingOut:
    @pytest.fixture(autouse=True)
    def page(self, monkeypatch):
        monkeypatch.setenv("RMTUI_JOIN_URL", "https://kaira.example")

    def test_the_link_in_every_form(self, invite, cli, monkeypatch):
        address = "https://kaira.example/login?code=INVITE22"
        assert cli("pools", "link", "invite-22", "--format", "json", code=0).json == {"code": "INVITE22", "link": address}
        assert from_csv(cli("pools", "link", "INVITE22", "--format", "csv", code=0).out) == [{"code": "INVITE22", "link": address}]
        shown = cli("pools", "link", "INVITE22", "--qr", code=0)
        assert shown.lines[:2] == ["code  INVITE22", f"link  {address}"]
        assert shown.out.splitlines()[2:] == qr.lines(qr.matrix(address))
        assert (shown.err, "\x1b" in shown.out) == ("", False)
        told(cli("pools", "link", "INVITE22", "--qr", "--format", "json"), 2, "--format text")
        cli("pools", "disable", "INVITE22", "--yes", code=0)
        assert "disabled: nobody comes through" in cli("pools", "link", "INVITE22", code=0).err
        monkeypatch.delenv("RMTUI_JOIN_URL")
        told(cli("pools", "link", "INVITE22"), 2, "the invite code itself is what to hand on", "RMTUI_JOIN_URL")

    def on_a_terminal(self, monkeypatch, encoding="utf-8", size=(80, 24), **env):
        """What is written to a terminal of this kind."""

        class Tty(io.StringIO):
            def isatty(self) -> bool:
                return True

        Tty.encoding = encoding
        out = Tty()
        with monkeypatch.context() as patch:
            for name, value in {"TERM": "xterm-256color", **env}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdout", out)
            patch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size(size))
            invites._draw("https://kaira.example/login?code=INVITE22")
        return out.getvalue()

    @pytest.mark.parametrize(("encoding", "size"), [("utf-8", (80, 24)), ("latin-1", (80, 50))])
    def test_on_a_terminal_the_qr_code_is_black_on_white(self, monkeypatch, encoding, size):
        screen = pyte.Screen(*size)
        pyte.Stream(screen).feed(self.on_a_terminal(monkeypatch, encoding, size).replace("\n", "\r\n"))
        rows: list[list[bool]] = []
        for number in range(screen.cursor.y):
            cells = [screen.buffer[number][column] for column in range(size[0])]
            lit = [(cell.data, cell.fg, cell.bg) for cell in cells if cell.bg != "default"]
            if encoding == "utf-8":
                assert {(fg, bg) for _data, fg, bg in lit} == {("black", "brightwhite")}
                rows += [[data in upper for data, _fg, _bg in lit] for upper in ("▀█", "▄█")]
            else:
                assert {data for data, _fg, _bg in lit} == {" "}
                rows.append([bg == "black" for _data, _fg, bg in lit[::2]])
        assert len(rows[0]) == 37
        assert decoded(rows) == "https://kaira.example/login?code=INVITE22"

    def test_where_it_does_not_fit_the_link_is_what_to_hand_on(self, monkeypatch, capsys):
        for size in ((36, 24), (80, 19)):
            assert self.on_a_terminal(monkeypatch, size=size) == ""
            assert "takes 37 columns and 20 lines, more than this terminal has; hand on the link." in capsys.readouterr().err
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            assert "\x1b" not in self.on_a_terminal(monkeypatch, **env)
            assert "light background only" in capsys.readouterr().err
        settings.configure(dataclasses.replace(settings.current(), theme="mono"))  # as --no-color does
        assert "\x1b" not in self.on_a_terminal(monkeypatch)

    def test_a_sheet(self, invite, cli, tmp_path):
        file = tmp_path / "sheet.svg"
        told(cli("pools", "sheet", "INVITE22", "--to", str(file)), 2, "--yes")
        done = cli("pools", "sheet", "INVITE22", "--to", str(file), "--svg", "--yes", "--format", "json", code=0)
        assert done.json == {"code": "INVITE22", "path": str(file), "form": "svg", "link": "https://kaira.example/login?code=INVITE22"}
        assert file.read_text().startswith("<?xml")
        told(cli("pools", "sheet", "INVITE22", "--to", str(file), "--yes"), 1, "left as it is", "--force")
        cli("pools", "sheet", "INVITE22", "--to", str(file), "--yes", "--force", code=0)
        assert "Scan the QR code" in file.read_text()
        told(cli("pools", "sheet", "INVITE22", "--to", str(file), "--yes", "--force", "--read-only"), 1, "read-only mode")
        told(cli("pools", "sheet", "INVITE22", "--yes"), 2, "--to")


class TestBurn:
    WORDS = ("pools", "burn", "INVITE22", "--reason", "Leaked")

    @pytest.fixture
    def leaked(self, invite, boss):
        make_enrollment("BOSS", state=State.APPROVED, pool=invite.pk, person=boss.pk, created=START)
        run("UPDATE enrollments SET created = '2026-03-02 12:00:00' WHERE callsign = 'SUSI'")
        return invite

    def test_a_dry_run_changes_nothing(self, leaked, cli):
        shown = cli(*self.WORDS, "--dry-run", "--read-only", "--format", "json", code=0)
        assert [(row["callsign"], row["would"]) for row in shown.json] == [("RAVEN", "reject"), ("SUSI", "reject"), ("BOSS", "revoke")]
        assert "3 would be concerned; nothing was changed." in shown.err
        assert "1 approved without a person on record" in shown.err
        assert cli(*self.WORDS, "--dry-run", code=0).lines[1].split() == ["RAVEN", "reject"]
        assert cli("pools", "show", "INVITE22", "--format", "json", code=0).json["active"] is True
        assert audit_rows() == []

    def test_a_result_for_each(self, leaked, cli):
        told(cli(*self.WORDS), 2, "--yes")
        told(cli(*self.WORDS, "--revoke-reason", "whim", "--yes"), 2, "--revoke-reason")
        done = cli(*self.WORDS, "--yes", "--format", "json", code=4)
        assert [(row["callsign"], row["outcome"], row["detail"]) for row in done.json[:2]] == [
            ("RAVEN", "done", "Rejected."),
            ("SUSI", "done", "Rejected."),
        ]
        assert (done.json[2]["callsign"], done.json[2]["outcome"]) == ("BOSS", "refused")
        assert "2 done, 1 refused." in done.err
        again = cli(*self.WORDS, "--yes", "--format", "csv", code=1)
        assert [(row["callsign"], row["outcome"]) for row in from_csv(again.out)] == [("BOSS", "refused")]
        run("UPDATE enrollments SET person = NULL")
        assert "Nobody was concerned." in cli(*self.WORDS, "--yes", code=0).err
        told(cli("pools", "burn", "NEVERWAS", "--reason", "x", "--yes"), 1, "no such invite code")

    def test_it_is_asked_with_names(self, leaked, terminal):
        asked = terminal(*self.WORDS)
        asked.read("disable it, reject 2: RAVEN, SUSI and revoke 1: BOSS? [y/N]")
        asked.type("n\n")
        assert asked.end() == (1, "")
        assert audit_rows() == []


def test_what_stops_a_bulk_between_two():
    before = signal.getsignal(signal.SIGINT)
    with stopping() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


class TestSeveral:
    """Enabling, disabling and deleting more than one at a time."""

    @pytest.fixture
    def both(self, boss):
        return [make_pool(boss.pk, code=code, created=START) for code in ("FIRST222", "SECOND22")]

    def test_each_has_a_result(self, both, cli):
        make_pool(code="GONE2222", created=START, deleted=START)
        done = cli("pools", "disable", "first-222", "SECOND22", "GONE2222", "NOWHERE2", "--yes", "--format", "json", code=4)
        assert [(row["invite"], row["outcome"]) for row in done.json] == [
            ("FIRST222", "done"),
            ("SECOND22", "done"),
            ("GONE2222", "refused"),
            ("NOWHERE2", "refused"),
        ]
        assert [pools.pool(each.pk).row.active for each in both] == [False, False]
        assert "Was disabled already." in cli("pools", "disable", "FIRST222", "SECOND22", "--yes", code=0).out
        cli("pools", "enable", "FIRST222", "FIRST222", "SECOND22", "--yes", code=0)
        cli("pools", "delete", "FIRST222", "SECOND22", "--yes", code=0)
        assert cli("pools", "list", "--format", "json", code=0).json == []
        assert [row[2] for row in audit_rows() if row[1] == "delete-pool"] == ["done", "done"]

    def test_a_dry_run_changes_nothing(self, both, cli):
        for codes in (("FIRST222",), ("FIRST222", "NOWHERE2")):
            done = cli("pools", "delete", *codes, "--dry-run", "--format", "csv", code=0)
            assert from_csv(done.out)[0]["would"] == "delete"
        assert "1 would be concerned, 1 not; nothing was changed." in done.err
        assert audit_rows() == []

    def test_a_dry_run_does_not_even_look_after_the_crl(self, both, cli):
        crl = settings.current().public_dir / "crl.pem"
        crl.unlink()
        cli("pools", "delete", "FIRST222", "SECOND22", "--dry-run", code=0)
        assert not crl.exists()
        cli("pools", "disable", "FIRST222", "--yes", "SECOND22", code=0)
        assert crl.exists()

    def test_without_a_yes_nothing_is_done(self, both, cli):
        told(cli("pools", "delete", "FIRST222", "SECOND22"), 2, "--yes")
        assert audit_rows() == []

    def test_none_that_there_is(self, boss, cli):
        assert cli("pools", "delete", "NOWHERE2", "NOWHERE3", "--yes").code == 1

    def test_it_is_asked_once_with_what_is_meant(self, both, terminal):
        asked = terminal("pools", "delete", "FIRST222", "SECOND22")
        asked.read("Delete invites, 2: FIRST222, SECOND22, for good? [y/N] ")
        asked.type("n\n")
        assert asked.end()[0] == 1
        assert audit_rows() == []
