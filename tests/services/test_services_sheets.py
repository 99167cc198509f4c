"""The sheet of an invite: what stands on it, who may write it, and where."""

from __future__ import annotations

import datetime as dt
import json
import stat
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from making import START, audit_rows, make_operator, make_person, make_pool
from rmtui import clock, settings
from rmtui.db.errors import Deleted
from rmtui.errors import ConfigurationError
from rmtui.services import qr, sheets
from rmtui.services.exports import ExportRefused
from rmtui.voice import spell

pytestmark = pytest.mark.two_databases

SVG = "{http://www.w3.org/2000/svg}"
LINK = "https://kaira.example/login?code=INVITE22"


@pytest.fixture
def boss(env, monkeypatch):
    monkeypatch.setattr(clock, "utcnow", lambda: dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC))
    return make_operator()


@pytest.fixture
def manifest(boss, tmp_path):
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({"dns": "kaira.example", "deployment": "KAIRA <&>\x1b[2J", "products": {}}))
    settings.configure(replace(settings.current(), manifest=file))
    return file


def test_as_text_and_as_svg(boss, manifest, tmp_path):
    made = make_pool(make_person("KETTU").pk)
    text, page = tmp_path / "sheet.txt", tmp_path / "sheet.svg"
    done = sheets.write(boss, made.pk, str(text))
    assert (done.code, done.link, done.path, done.form) == ("INVITE22", LINK, str(text), "text")
    assert sheets.write(boss, made.pk, str(page), svg=True).form == "svg"
    assert [stat.S_IMODE(file.stat().st_mode) for file in (text, page)] == [0o600, 0o600]
    written = text.read_text()
    root = ET.fromstring(page.read_bytes())
    drawn = "\n".join("".join(each.itertext()) for each in root.iter(f"{SVG}text"))
    for sheet in (written, drawn):
        for wanted in ("KAIRA <&>", LINK, "INVI TE22", "Scan the QR code", "Lue QR-koodi", "KETTU", "2026-11-24"):
            assert wanted in sheet
        for alphabet in ("nato", "finnish"):
            assert [word for word in sheet.split() if word in spell("INVITE22", alphabet)] == [*spell("INVITE22", alphabet)]
        assert "\x1b" not in sheet
    assert "\n".join(line.rstrip() for line in qr.lines(qr.matrix(LINK))).strip("\n") in written
    assert max(map(len, written.splitlines())) <= sheets.WIDTH
    symbol = root.find(f"{SVG}svg/{SVG}svg")
    assert symbol is not None
    assert ET.tostring(symbol) == ET.tostring(ET.fromstring(qr.svg(LINK).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)))
    sheets.write(boss, made.pk, str(tmp_path / "again.svg"), svg=True)
    assert (tmp_path / "again.svg").read_bytes() == page.read_bytes()
    entries = audit_rows()
    assert [row[:4] for row in entries] == [("BOSS", "sheet", "done", "KETTU")] * 3
    assert "INVITE22" not in str(entries)


def test_without_a_link_the_code_is_on_it(boss, tmp_path):
    made = make_pool(code="A<\x1b[2J&Å")
    for svg in (False, True):
        done = sheets.write(boss, made.pk, str(tmp_path / f"{svg}"), svg=svg)
        assert done.link is None
        written = (tmp_path / f"{svg}").read_text()
        assert "\x1b" not in written
        assert "█" not in written
        assert "Ask the admin who gave you this sheet" in written
        assert "Kysy verkkosivun osoite" in written
        assert "Åke" in written
    ET.fromstring((tmp_path / "True").read_bytes())


def test_refused(boss, manifest, tmp_path):
    made, gone = make_pool(), make_pool(code="GONEGONE", deleted=START)
    file = tmp_path / "sheet.txt"
    with pytest.raises(Deleted):
        sheets.write(boss, gone.pk, str(file))
    file.write_text("mine")
    with pytest.raises(ExportRefused, match="is there already"):
        sheets.write(boss, made.pk, str(file))
    assert file.read_text() == "mine"
    manifest.write_text("{")
    with pytest.raises(ConfigurationError, match="RM_KRAFTWERK_MANIFEST_PATH"):
        sheets.write(boss, made.pk, str(file), force=True)
    assert file.read_text() == "mine"
    manifest.write_text('{"dns": "kaira.example", "products": {}}')
    sheets.write(boss, made.pk, str(file), force=True)
    assert file.read_text().startswith("kaira.example · Invite / Kutsu\n")
    assert [row[2] for row in audit_rows()] == ["refused", "refused", "failed", "done"]
