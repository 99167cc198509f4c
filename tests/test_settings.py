"""What the environment and the configuration file say."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from rmtui import i18n, settings
from rmtui.errors import ConfigurationError
from rmtui.settings import KEY_TYPES, Secret, Settings, flag


@pytest.fixture
def base(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def write_config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / ".config" / "rmtui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return path


class TestSecret:
    def test_nothing_shows_it(self):
        secret = Secret("hunter2")
        shown = f"{secret} {secret!r} {secret!s} {[secret]} { {'a': secret} }"
        assert "hunter2" not in shown
        assert secret.reveal() == "hunter2"
        assert not hasattr(secret, "__dict__")

    def test_it_is_not_pickled_or_copied_away(self):
        with pytest.raises(TypeError):
            pickle.dumps(Secret("hunter2"))
        with pytest.raises(TypeError):
            copy.copy(Secret("hunter2"))

    def test_it_compares_with_its_like_only(self):
        assert Secret("a") == Secret("a") != Secret("b")
        assert Secret("a") != "a"
        assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
        assert Secret("a")
        assert not Secret()
        assert str(Secret()) == ""

    def test_settings_do_not_show_theirs(self, base):
        made = Settings.from_env({**base, "JWT_PRIVKEY_PASS": "hunter2", "RMTUI_CA_PASSPHRASE": "hunter3"})
        assert "hunter" not in repr(made)
        assert (made.jwt_privkey_pass.reveal(), made.ca_passphrase.reveal()) == ("hunter2", "hunter3")


@pytest.mark.parametrize("word", ["1", "true", "YES", " on ", "True"])
def test_yes(word):
    assert flag(word, "X") is True


@pytest.mark.parametrize("word", ["0", "false", "No", "off"])
def test_no(word):
    assert flag(word, "X", default=True) is False


@pytest.mark.parametrize("word", [None, "", "  "])
def test_neither_said(word):
    assert flag(word, "X", default=True) is True


def test_neither_yes_nor_no():
    with pytest.raises(ConfigurationError, match="X is 'maybe'"):
        flag("maybe", "X")


class TestPlaces:
    def test_defaults(self, base, tmp_path):
        made = Settings.from_env(base)
        data = tmp_path / ".local" / "share" / "rmtui"
        assert made.data_dir == made.local_data_dir == data
        assert not made.data_dir_named
        assert made.config_file == tmp_path / ".config" / "rmtui" / "config.toml"
        assert made.people_dir == data / "private" / "people"
        assert made.ca_dir == data / "private" / "ca"
        assert made.public_dir == data / "public"
        assert made.jwt_privkey_path == data / "private" / "rasenmaeher_jwt.key"
        assert made.jwt_pubkey_path == data / "public"

    def test_xdg(self, base):
        made = Settings.from_env({**base, "XDG_DATA_HOME": "/x/data", "XDG_CONFIG_HOME": "/x/config"})
        assert made.data_dir == Path("/x/data/rmtui")
        assert made.config_file == Path("/x/config/rmtui/config.toml")

    def test_relative_xdg_counts_for_nothing(self, base, tmp_path):
        assert Settings.from_env({**base, "XDG_DATA_HOME": "data"}).data_dir == tmp_path / ".local/share/rmtui"

    def test_a_container_sees_it_elsewhere(self, base):
        made = Settings.from_env({**base, "RM_PERSISTENT_DATA_DIR": "/data/persistent", "RMTUI_DATA_DIR": "/srv/volume"})
        assert made.data_dir == Path("/data/persistent")
        assert made.local_data_dir == Path("/srv/volume")
        assert made.data_dir_named
        assert made.local("/data/persistent/private/people/x") == Path("/srv/volume/private/people/x")

    @pytest.mark.parametrize("path", ["/etc/passwd", "/data/persistent/../x", "relative", "/data/persistent2/x", ""])
    def test_rows_that_point_elsewhere_are_refused(self, base, path):
        made = Settings.from_env({**base, "RM_PERSISTENT_DATA_DIR": "/data/persistent"})
        with pytest.raises(ConfigurationError, match="points outside"):
            made.local(path)

    @pytest.mark.parametrize("url", ["sqlite:////srv/one/rmtui.db", " sqlite:////srv/one/rmtui.db", "sqlite+pysqlite:////srv/one/x%20y.db"])
    def test_beside_a_named_file(self, base, url):
        assert Settings.from_env({**base, "RM_DB_DSN": url}).data_dir == Path("/srv/one")

    def test_the_command_lines_database_wins(self, base):
        made = Settings.from_env({**base, "RM_DB_DSN": "sqlite:////srv/one/rmtui.db"}, db="sqlite:////srv/two/rmtui.db")
        assert made.data_dir == Path("/srv/two")

    def test_not_beside_a_server(self, base, tmp_path):
        assert Settings.from_env({**base, "RM_DB_DSN": "postgresql://h/db"}).data_dir == tmp_path / ".local/share/rmtui"


class TestValues:
    def test_defaults(self, base):
        made = Settings.from_env(base)
        assert (made.key_type, made.cert_hours, made.code_size, made.client_cert_cn) == ("rsa4096", 1008, 8, "rasenmaeher")
        assert made.cert_backend is made.operator is made.manifest is None
        assert not made.read_only

    def test_given(self, base):
        made = Settings.from_env(
            {
                **base,
                "RMTUI_OPERATOR": " BOSS ",
                "RMTUI_READ_ONLY": "1",
                "RM_CERT_BACKEND": "CFSSL",
                "RMTUI_KEY_TYPE": "EC256",
                "RMTUI_CERT_HOURS": "24",
                "RM_CODE_SIZE": "12",
                "RM_MTLS_CLIENT_CERT_CN": "lawn",
                "RM_KRAFTWERK_MANIFEST_PATH": "/m.json",
                "JWT_PRIVKEY_PATH": "/k",
                "JWT_PUBKEY_PATH": "/p",
            }
        )
        assert made.operator == "BOSS"
        assert made.read_only
        assert (made.cert_backend, made.key_type, made.cert_hours, made.code_size) == ("cfssl", "ec256", 24, 12)
        assert (made.client_cert_cn, made.manifest) == ("lawn", Path("/m.json"))
        assert (made.jwt_privkey_path, made.jwt_pubkey_path) == (Path("/k"), Path("/p"))

    def test_flags_win_over_the_environment(self, base):
        made = Settings.from_env({**base, "RMTUI_OPERATOR": "BOSS"}, operator="ILVES", read_only=True)
        assert (made.operator, made.read_only) == ("ILVES", True)
        assert Settings.from_env({**base, "RMTUI_OPERATOR": "BOSS"}, operator=None).operator == "BOSS"

    @pytest.mark.parametrize("key_type", KEY_TYPES)
    def test_key_types(self, base, key_type):
        assert Settings.from_env({**base, "RMTUI_KEY_TYPE": key_type}).key_type == key_type

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("RM_CERT_BACKEND", "vault"),
            ("RMTUI_KEY_TYPE", "rsa1024"),
            ("RMTUI_CERT_HOURS", "0"),
            ("RMTUI_CERT_HOURS", "-1"),
            ("RMTUI_CERT_HOURS", "1.5"),
            ("RMTUI_CERT_HOURS", "many"),
            ("RMTUI_CERT_HOURS", "٢٤"),
            pytest.param("RMTUI_CERT_HOURS", "9" * 5000, id="far too long"),
            ("RM_CODE_SIZE", "5"),
            ("RM_CODE_SIZE", "65"),
            ("RMTUI_READ_ONLY", "perhaps"),
        ],
    )
    def test_what_cannot_be_used_is_named(self, base, name, value):
        with pytest.raises(ConfigurationError, match=name) as caught:
            Settings.from_env({**base, name: value})
        assert caught.value.exit_code == 2

    @pytest.mark.parametrize("name", ["RM_KC_URL", "RMTUI_JOIN_URL", "RM_CFSSL_HOST", "RM_OCSPREST_HOST"])
    @pytest.mark.parametrize("value", ["http://u:hunter2@kc.example/", "http://kc.example/?key=hunter2"])
    def test_an_address_that_may_hold_a_secret_is_not_shown(self, base, name, value):
        with pytest.raises(ConfigurationError, match=name) as caught:
            Settings.from_env({**base, name: value})
        assert "hunter2" not in caught.value.sentence


class TestConfigFile:
    def test_operators(self, base, tmp_path):
        write_config(tmp_path, '[operators]\n"sqlite:/x/rmtui.db" = "BOSS"\n')
        assert Settings.from_env(base).operators == {"sqlite:/x/rmtui.db": "BOSS"}

    def test_none(self, base):
        assert Settings.from_env(base).operators == {}

    @pytest.mark.parametrize("text", ["not toml at all", "[operators]\nx = 1\n", "operators = 3\n", "operators = []\n"])
    def test_one_that_cannot_be_understood_is_no_reason_to_guess(self, base, tmp_path, text):
        write_config(tmp_path, text)
        with pytest.raises(ConfigurationError, match=r"config\.toml"):
            Settings.from_env(base)

    def test_one_that_is_not_text(self, base, tmp_path):
        write_config(tmp_path, "").write_bytes(b"\xff\xfe")
        with pytest.raises(ConfigurationError, match="cannot be read"):
            Settings.from_env(base)

    @pytest.mark.parametrize(
        ("given", "english", "finnish"),
        [
            (b"[keys]\na = [x", "it is no valid TOML at line 2, column 6", "ei ole kelvollista TOMLia rivillä 2, sarakkeessa 6"),
            (b"[keys]\na = [1,\n", "it is no valid TOML at its end", "ei ole lopussaan kelvollista TOMLia"),
            (b"\xff\xfe", "it is no text in UTF-8", "ei ole UTF-8-tekstiä"),
        ],
    )
    def test_where_it_cannot_be_understood_is_told_in_our_own_words(self, base, tmp_path, given, english, finnish):
        path = write_config(tmp_path, "")
        path.write_bytes(given)
        with pytest.raises(ConfigurationError) as told:
            Settings.from_env(base)
        assert told.value.sentence == f"{path} cannot be read: {english}"
        i18n.use("fi")
        with pytest.raises(ConfigurationError) as told:
            Settings.from_env(base)
        assert told.value.sentence == f"Tiedostoa {path} ei voi lukea: se {finnish}"

    def test_a_directory_in_its_place(self, base, tmp_path):
        (tmp_path / ".config" / "rmtui" / "config.toml").mkdir(parents=True)
        with pytest.raises(ConfigurationError, match="cannot be read"):
            Settings.from_env(base)


class TestInForce:
    def test_read_once(self, monkeypatch):
        first = settings.current()
        monkeypatch.setenv("RMTUI_OPERATOR", "LATER")
        assert settings.current() is first
        settings.configure(None)
        assert settings.current().operator == "LATER"

    def test_frozen(self, base):
        with pytest.raises(AttributeError):
            Settings.from_env(base).read_only = True


def test_keys_of_the_console_with_and_without_quotation_marks(tmp_path):
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    file = tmp_path / "rmtui" / "config.toml"
    file.parent.mkdir()
    file.write_text('[keys]\nenrolment.approve = "f5"\n"person.revoke" = "f8"\n')
    assert Settings.from_env(env).keys == {"enrolment.approve": "f5", "person.revoke": "f8"}
    for wrong in ("keys = 1", "[keys]\na.b = 1", '[keys]\na = ""', '[keys]\na.b = "\\u001b"', '[keys.a.b]\nc = "x"'):
        file.write_text(wrong)
        with pytest.raises(ConfigurationError, match=r"\[keys\] maps an action to a key"):
            Settings.from_env(env)


def test_times_in_utc_are_asked_for_by_flag_environment_or_file(base, tmp_path):
    assert Settings.from_env(base).utc is None
    assert Settings.from_env({**base, "RMTUI_UTC": "1"}).utc is True
    write_config(tmp_path, "utc = true")
    assert Settings.from_env(base).utc is True
    assert Settings.from_env({**base, "RMTUI_UTC": "0"}).utc is False
    assert Settings.from_env({**base, "RMTUI_UTC": "0"}, utc=True).utc is True
