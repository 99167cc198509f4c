"""The join link: whose word counts, and what is no link."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.services.links import NoJoinLink, join_link
from rmtui.settings import Settings

PRODUCTS = {"tak": {"api": "https://tak.example/", "uri": "https://tak.example/", "certcn": "tak.example"}}


@pytest.fixture
def setting(data_dir):
    def change(dns=None, **fields):
        if dns is not None:
            file = data_dir / "manifest.json"
            file.write_text(json.dumps({"dns": dns, "deployment": "x", "products": PRODUCTS}))
            fields["manifest"] = file
        settings.configure(replace(settings.current(), **fields))

    return change


@pytest.mark.parametrize(
    ("dns", "join_url", "link"),
    [
        ("kaira.example", None, "https://kaira.example/login?code=AB%2FC%202"),
        ("kaira.example:4439", None, "https://kaira.example:4439/login?code=AB%2FC%202"),
        ("kaira.example", "http://10.0.0.7:8080/", "http://10.0.0.7:8080/login?code=AB%2FC%202"),
        (None, "https://here.example/join/{code}#{code}", "https://here.example/join/AB%2FC%202#AB%2FC%202"),
        ("not a host", "https://here.example", "https://here.example/login?code=AB%2FC%202"),
    ],
)
def test_where_it_leads(setting, dns, join_url, link):
    setting(dns, join_url=join_url)
    assert join_link("AB/C 2") == link


def test_without_a_page_the_code_is_what_to_hand_on(setting):
    for dns in (None, "", 7):
        setting(dns, join_url=None)
        with pytest.raises(NoJoinLink, match=r"code itself is what to hand on.*RMTUI_JOIN_URL.*RM_KRAFTWERK_MANIFEST_PATH") as caught:
            join_link("ABCD2345")
        assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "dns",
    [
        "evil.example/x?",
        "a b",
        "user@evil.example",
        "https://x.example",
        "x.example:0",
        "x.example:65536",
        "x\x1b[2J",
        "-x.example",
        "x..y",
        "é.example",
        "x\n",
    ],
)
def test_a_foreign_dns_is_no_link(setting, dns):
    setting(dns)
    with pytest.raises(ConfigurationError, match="no host name") as caught:
        join_link("ABCD2345")
    assert not isinstance(caught.value, NoJoinLink)
    assert "\x1b" not in caught.value.sentence


def test_a_manifest_that_cannot_be_read_is_an_error(setting, tmp_path):
    setting(manifest=tmp_path / "gone.json")
    with pytest.raises(ConfigurationError, match=r"so the join link is not known\. Check RM_KRAFTWERK_MANIFEST_PATH"):
        join_link("ABCD2345")


def test_the_setting(tmp_path):
    base = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    assert Settings.from_env(base).join_url is None
    file = tmp_path / "rmtui" / "config.toml"
    file.parent.mkdir()
    file.write_text('join_url = "https://file.example/?c={code}"\n')
    assert Settings.from_env(base).join_url == "https://file.example/?c={code}"
    assert Settings.from_env({**base, "RMTUI_JOIN_URL": " https://env.example "}).join_url == "https://env.example"
    for wrong in ("7", '"ftp://x.example"'):
        file.write_text(f"join_url = {wrong}\n")
        with pytest.raises(ConfigurationError, match=r"config\.toml.*join_url"):
            Settings.from_env(base)


@pytest.mark.parametrize(
    "text",
    [
        "x.example",
        "ftp://x.example",
        "javascript:x",
        "https://",
        "https://a:b@x.example",
        "https://x.example/\x1b[2J",
        "https://x.example/a b",
        "https://x.example:99999",
        "https://[x",
        "https://x.example/?a=b",
        "https://x.example/#a",
        "https://x.example/" + "a" * 500,
    ],
)
def test_what_is_no_address(text, tmp_path):
    with pytest.raises(ConfigurationError, match="RMTUI_JOIN_URL"):
        Settings.from_env({"HOME": str(tmp_path), "RMTUI_JOIN_URL": text})
