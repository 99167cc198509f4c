"""Letters that a terminal has not: others stand in for them, and nothing beside them moves."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rmtui import i18n, settings
from rmtui.glyphs import charset
from rmtui.tui.glyphs import show
from rmtui.tui.link.letters import fitted
from rmtui.tui.link.outlet import Outlet


@pytest.mark.parametrize(
    ("text", "charset", "shown"),
    [
        ("Yrjö, Åke", "utf-8", "Yrjö, Åke"),
        ("Yrjö, Åke", "iso8859-1", "Yrjö, Åke"),
        ("Yrjö, Åke", "ascii", "Yrjo, Ake"),
        ("Yrjo\u0308", "iso8859-1", "Yrjö"),
        ("Yrjo\u0308", "ascii", "Yrjo"),
        ("”a” – b · c", "iso8859-1", '"a" - b · c'),
        ("”a” – b · c", "ascii", '"a" - b - c'),
        ("a… ½ ﬁ Ж ø", "ascii", "a? ? ? ? ?"),
        ("a漢b", "iso8859-1", "a??b"),
        ("a👩‍👧b", "ascii", "a??b"),
    ],
)
def test_each_letter_keeps_its_cells(text: str, charset: str, shown: str) -> None:
    assert fitted(text, charset) == shown
    assert cell_len(shown) == cell_len(text)


@given(st.text(), st.sampled_from(["ascii", "iso8859-1", "koi8-r", "euc_jp", "utf-8"]))
def test_whatever_is_drawn_can_be_sent(text: str, charset: str) -> None:
    whole = fitted(text, charset)
    whole.encode(charset, "strict" if charset != "utf-8" else "surrogatepass")
    assert charset == "utf-8" or not text.isprintable() or cell_len(whole) == cell_len(text)


@pytest.mark.parametrize(("charset", "sent"), [("ascii", b"Hyvaksy"), ("iso8859-1", b"Hyv\xe4ksy"), ("utf-8", b"Hyv\xc3\xa4ksy")])
def test_what_is_sent_is_in_the_terminals_charset(charset: str, sent: bytes) -> None:
    written = bytearray()
    outlet = Outlet(written.extend, 20, 2, charset=charset)
    outlet.start()
    outlet.feed("\x1b]2;Hyväksy\a\x1b[?1049h\x1b[1;1HHyväksy", (20, 2))
    outlet.stop()
    assert written.count(sent) == 2
    assert sum(byte > 0x7F for byte in written) == 2 * sum(byte > 0x7F for byte in sent)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"LANG": "C.UTF-8"}, "utf-8"),
        ({"LANG": "C"}, "ascii"),
        ({}, "ascii"),
        ({"LANG": "fi_FI.ISO-8859-1"}, "iso8859-1"),
        ({"LANG": "fi_FI.ISO-8859-15@euro"}, "iso8859-15"),
        ({"LANG": "fi_FI.UTF-8"}, "utf-8"),
        ({"LANG": "fi_FI.UTF-8", "LC_ALL": "C"}, "ascii"),
        ({"LANG": "fi_FI.UTF-16"}, "ascii"),
        ({"LANG": "fi_FI.none"}, "ascii"),
        ({"LANG": "C", "PYTHONUTF8": "1"}, "utf-8"),
        ({"LANG": "C", "RMTUI_ASCII": "0"}, "utf-8"),
        ({"LANG": "C.UTF-8", "PYTHONIOENCODING": "latin-1"}, "iso8859-1"),
    ],
)
def test_the_locale_says_which_charset_it_is(env: dict[str, str], expected: str) -> None:
    """Whether this host has the locale or not."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHONUTF8", "PYTHONIO", "RMTUI_"))}
    program = (
        "from rmtui import settings; from rmtui.glyphs import charset; settings.configure(settings.Settings.from_env()); print(charset())"
    )
    done = subprocess.run([sys.executable, "-c", program], env={**kept, **env}, capture_output=True, text=True, check=False)
    assert done.stdout == f"{expected}\n", done.stderr


def test_no_name_is_taken_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is approved or revoked is told exactly, where the rest is told as well as it can be."""
    settings.configure(replace(settings.current(), ascii=True))
    monkeypatch.setattr("rmtui.glyphs._charset", lambda: "ascii")
    assert charset() == "ascii"
    assert (show("BJÖRN"), show("BJORN")) == ("BJ\\xd6RN", "BJORN")
    monkeypatch.setattr("rmtui.glyphs._charset", lambda: "iso8859-1")
    assert show("BJÖRN Ж") == "BJÖRN \\u0416"
    i18n.use("fi")
    monkeypatch.setattr("rmtui.glyphs._charset", lambda: "ascii")
    assert show(i18n.tr("Not reachable")) == "Ei vastaa"
    assert show(i18n.tr("Approve")) == "Hyväksy"  # which is sent as Hyvaksy
    assert show(i18n.tr("{callsign} is approved.", callsign="BJÖRN")) == "BJ\\xd6RN on hyväksytty."
