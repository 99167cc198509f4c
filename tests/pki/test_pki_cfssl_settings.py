"""Where the deployment's CA answers, as the environment says."""

from __future__ import annotations

import pytest

from rmtui.errors import ConfigurationError
from rmtui.settings import Settings
from rmtui.settings_ca import RemoteCA


def read(tmp_path, **env) -> RemoteCA:
    return Settings.from_env({"HOME": str(tmp_path), **env}).ca


def test_the_defaults_are_those_of_the_deployment(tmp_path):
    assert read(tmp_path) == RemoteCA() == RemoteCA(cfssl="http://127.0.0.1:8888", ocsprest=None, timeout=2.5)


def test_all_is_named(tmp_path):
    named = {"RM_CFSSL_HOST": "http://cfssl/", "RM_CFSSL_PORT": "1", "RM_OCSPREST_HOST": "https://[::1]", "RM_CFSSL_TIMEOUT": "0.5"}
    assert read(tmp_path, **named) == RemoteCA(cfssl="http://cfssl:1", ocsprest="https://[::1]:8887", timeout=0.5)


@pytest.mark.parametrize(
    "host", ["cfssl", "ftp://cfssl", "http://", "http://cfssl:8888", "http://a@cfssl", "http://cfssl/api", "http://[", "http://ä"]
)
def test_what_is_no_host(tmp_path, host):
    for name in ("RM_CFSSL_HOST", "RM_OCSPREST_HOST"):
        with pytest.raises(ConfigurationError, match=name):
            read(tmp_path, **{name: host})


@pytest.mark.parametrize(
    ("name", "value"), [("RM_CFSSL_PORT", "0"), ("RM_CFSSL_TIMEOUT", "nan"), ("RM_CFSSL_TIMEOUT", "0"), ("RM_CFSSL_TIMEOUT", "x")]
)
def test_what_is_no_number(tmp_path, name, value):
    with pytest.raises(ConfigurationError, match=name):
        read(tmp_path, **{name: value})
