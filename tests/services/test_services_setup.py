"""Set-up: on nothing, again, half-way, and where it cannot be."""

from __future__ import annotations

import dataclasses
import os
import stat
import tomllib
from pathlib import Path

import pytest

from deployments import run_sql, unbind
from making import audit_rows, everybody, make_operator, make_person, run
from rmtui import i18n, settings
from rmtui.auth.operator import deployment_key
from rmtui.db.config import DBConfig
from rmtui.db.errors import CallsignReserved, SchemaMismatch
from rmtui.errors import ConfigurationError, InvalidCallsign
from rmtui.pki.interface import StorageError
from rmtui.services import operators, people, setup
from rmtui.services.deployment import open_deployment, start_up
from rmtui.services.setup import AdminExists, set_up
from rmtui.settings import Secret, Settings


def use(**env: str) -> None:
    """What a process with this environment would see."""
    unbind()
    settings.configure(Settings.from_env({"HOME": os.environ["HOME"], "RMTUI_KEY_TYPE": "ec256", **env}))
    DBConfig.singleton(**({"dsn": Secret(env["RM_DB_DSN"])} if "RM_DB_DSN" in env else {}))


@pytest.fixture
def quick_tokens(monkeypatch, keyring):
    """Token keys of another length: what they are for does not depend on it."""
    from rmtui.pki.tokens import JWTKeys

    real = JWTKeys.create
    monkeypatch.setattr(JWTKeys, "create", lambda self, bits=2048: real(self, bits=2048))


@pytest.fixture(params=["sqlite", "postgresql", "upstream"])
def nothing(request, tmp_path, quick_tokens):
    """A place where nothing was set up yet; the environment that names it."""
    env = {"RM_PERSISTENT_DATA_DIR": str(tmp_path / "data")}
    if request.param != "sqlite":
        env["RM_DB_DSN"] = request.getfixturevalue("make_database")("empty" if request.param == "postgresql" else "current")
        env["RM_CERT_BACKEND"] = "embedded"
    use(**env)
    return env


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_embedded_deployment_is_called_so_in_the_operators_language(nothing):
    if "RM_DB_DSN" not in nothing:
        assert open_deployment().name == "embedded"
        i18n.use("fi")
        assert open_deployment().name == "sisäinen"


def test_fresh(nothing, tmp_path):
    if "RM_DB_DSN" not in nothing:
        assert not open_deployment().ready
    steps: list[str] = []
    done = set_up("Åke 1", progress=steps.append)
    assert (done.admin, done.password) == ("Åke 1", "Åke 1")
    assert Path(done.pfx).is_file()
    assert done.data_dir == str(tmp_path / "data")
    assert steps == [
        "Making the database",
        "Making the certificate authority (two keys, a few seconds)",
        "Making the token keys",
        "Making the key and certificate of Åke 1",
    ]
    found = open_deployment()
    assert found.ready
    use(**nothing)
    operator = operators.identify()
    assert (operator.callsign, operator.source) == ("Åke 1", "config.toml")
    assert people.find("Åke 1").row.roles == ("admin",)
    assert audit_rows() == [("", "init", "done", "Åke 1", "break glass; admin")]
    if "RM_DB_DSN" not in nothing:
        assert mode(tmp_path / "data" / "rmtui.db") == 0o600
    assert mode(tmp_path / "data" / "private" / "ca") == 0o700
    assert {mode(path) for path in (tmp_path / "data" / "private" / "ca").glob("*.key")} == {0o600}
    assert mode(tmp_path / "data" / "public" / "crl.pem") == 0o644


def test_again_nothing_is_missing(nothing):
    first = set_up("BOSS")
    again = set_up("boss")
    assert again.made == ()
    assert (again.admin, again.password, again.pfx) == ("BOSS", "BOSS", first.pfx)
    assert set_up(None).made == ()
    assert everybody() == ["BOSS"]
    assert start_up() == ()


def test_somebody_else_later(nothing):
    set_up("BOSS")
    with pytest.raises(AdminExists, match="active admin already, who can make ILVES one; nothing was made"):
        set_up("ILVES")
    make_person("KARHU")
    with pytest.raises(AdminExists):
        set_up("KARHU")
    assert everybody() == ["BOSS", "KARHU"]


def test_a_deployment_that_has_an_admin_gets_no_authority_in_passing(nothing, tmp_path):
    set_up(None)
    make_operator("BOSS")
    use(
        **{
            **nothing,
            "RM_DB_DSN": nothing.get("RM_DB_DSN", f"sqlite:///{tmp_path}/data/rmtui.db"),
            "RM_PERSISTENT_DATA_DIR": str(tmp_path / "two"),
        }
    )
    with pytest.raises(AdminExists, match="nothing was made"):
        set_up("ILVES")
    assert not (tmp_path / "two" / "private").exists()


def test_without_an_admin(nothing):
    done = set_up(None)
    assert (done.admin, done.pfx, done.password) == ("", "", "")
    assert len(done.made) >= 2
    assert everybody() == []


def test_the_first_admin_may_be_somebody_who_is_in(nothing):
    set_up(None)
    make_person("RAVEN")
    assert set_up("raven").admin == "RAVEN"
    assert people.find("RAVEN").row.roles == ("admin",)


def test_an_admin_who_was_revoked_is_none(nothing):
    set_up("BOSS")
    run("UPDATE users SET deleted = created, revoke_reason = 'keyCompromise'")
    with pytest.raises(CallsignReserved, match="taken by a revoked person"):
        set_up("BOSS")
    assert set_up("ILVES").admin == "ILVES"


STEPS = [
    "_make_keys",
    "_make_admin",
    "EmbeddedAuthority.create",
    "JWTKeys.create",
    "Person.create_with_cert",
    "record",
    "remember",
    "publish",
]


@pytest.mark.parametrize("step", STEPS)
def test_ended_half_way_and_then_again(tmp_path, quick_tokens, monkeypatch, step):
    """Whatever it was doing when it ended, the next set-up goes on from there."""
    env = {"RM_PERSISTENT_DATA_DIR": str(tmp_path / "data")}
    use(**env)
    from rmtui.db import issuing
    from rmtui.db.people import Person
    from rmtui.pki.embedded import EmbeddedAuthority
    from rmtui.pki.tokens import JWTKeys

    owner, name = {
        "EmbeddedAuthority.create": (EmbeddedAuthority, "create"),
        "JWTKeys.create": (JWTKeys, "create"),
        "Person.create_with_cert": (Person, "create_with_cert"),
        "remember": (operators, "remember"),
        "publish": (issuing, "publish_crl"),
    }.get(step, (setup, step))

    def stop(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, stop)
        with pytest.raises(KeyboardInterrupt):
            set_up("BOSS")
    use(**env)
    done = set_up("BOSS")
    assert (done.admin, everybody()) == ("BOSS", ["BOSS"])
    use(**env)
    assert open_deployment().ready
    assert operators.identify().callsign == "BOSS"
    assert len(list((tmp_path / "data" / "private" / "people").iterdir())) == 1
    assert people.find("BOSS").certificate is not None


@pytest.mark.parametrize("place", ["/proc/rmtui", "FILE/data", "FILE"])
def test_where_nothing_can_be_written(tmp_path, place):
    (tmp_path / "file").write_text("")
    place = place.replace("FILE", str(tmp_path / "file"))
    use(RM_PERSISTENT_DATA_DIR=place)
    with pytest.raises(StorageError) as caught:
        set_up("BOSS")
    assert caught.value.exit_code == 1
    assert place.split("/data")[0] in caught.value.sentence
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["file"]
    assert not settings.current().config_file.exists()


def test_a_full_disk_leaves_no_half_authority(tmp_path, quick_tokens, monkeypatch):
    use(RM_PERSISTENT_DATA_DIR=str(tmp_path / "data"))
    from rmtui.pki import files

    with monkeypatch.context() as patch:

        def full(fd, data):
            raise OSError(28, "No space left on device")

        patch.setattr(files.os, "write", full)
        with pytest.raises(StorageError, match="The disk is full"):
            set_up("BOSS")
    assert not list((tmp_path / "data").rglob("*.key"))
    assert set_up("BOSS").admin == "BOSS"


@pytest.mark.parametrize(
    ("callsign", "error"), [("", InvalidCallsign), ("a/b", InvalidCallsign), ("anon_admin", CallsignReserved), ("A\x00", InvalidCallsign)]
)
def test_a_callsign_that_cannot_be_makes_nothing(tmp_path, callsign, error):
    use(RM_PERSISTENT_DATA_DIR=str(tmp_path / "data"))
    with pytest.raises(error):
        set_up(callsign)
    assert not (tmp_path / "data").exists()


def test_an_authority_is_made_only_where_it_was_asked_for(make_database, tmp_path):
    url = make_database("empty")
    for env, words in [
        ({"RM_DB_DSN": url, "RM_CERT_BACKEND": "embedded"}, "RM_PERSISTENT_DATA_DIR"),
        ({"RM_DB_DSN": url, "RM_PERSISTENT_DATA_DIR": str(tmp_path / "d")}, "RM_CERT_BACKEND"),
        ({"RM_DB_DSN": url, "RM_PERSISTENT_DATA_DIR": str(tmp_path / "d"), "RM_CERT_BACKEND": "cfssl"}, "RM_CERT_BACKEND"),
        ({"RM_PERSISTENT_DATA_DIR": str(tmp_path / "d"), "RM_CERT_BACKEND": "cfssl"}, "RM_CERT_BACKEND"),
    ]:
        use(**env)
        with pytest.raises(ConfigurationError, match=words):
            set_up("BOSS")
        assert not (tmp_path / "d").exists()


def test_a_database_of_2023_is_left_as_it_is(make_database, tmp_path):
    url = make_database("2023")
    use(RM_DB_DSN=url, RM_CERT_BACKEND="embedded", RM_PERSISTENT_DATA_DIR=str(tmp_path / "d"))
    with pytest.raises(SchemaMismatch, match=r"enrollments\.csr"):
        set_up("BOSS")
    unbind()
    with pytest.raises(Exception, match="does not exist"):
        run_sql(url, "SELECT * FROM rmtui.audit")


class TestConfigFile:
    @pytest.fixture
    def deployment(self, tmp_path, quick_tokens):
        use(RM_PERSISTENT_DATA_DIR=str(tmp_path / "data"))
        return settings.current().config_file

    def test_a_new_one_is_for_its_owner_only(self, deployment):
        set_up("BOSS")
        assert mode(deployment) == 0o600
        assert mode(deployment.parent) == 0o700
        pfx = str(settings.current().people_dir / str(people.find("BOSS").row.pk) / "mtls.pfx")
        assert tomllib.loads(deployment.read_text()) == {"operators": {deployment_key(): "BOSS"}, "identities": {deployment_key(): pfx}}

    def test_what_was_in_it_stays(self, deployment):
        deployment.parent.mkdir(parents=True)
        deployment.write_text('# mine\ntheme = "dark"  # at night\n\n[operators]\n"sqlite:/other" = "ILVES" # there\n')
        set_up("BOSS")
        text = deployment.read_text()
        assert text.startswith('# mine\ntheme = "dark"  # at night\n\n[operators]\n"sqlite:/other" = "ILVES" # there\n')
        assert tomllib.loads(text)["operators"] == {"sqlite:/other": "ILVES", deployment_key(): "BOSS"}
        assert mode(deployment) == 0o600

    def test_an_operator_named_before_is_not_replaced(self, deployment):
        set_up("BOSS")
        deployment.write_text(deployment.read_text().replace("BOSS", "ILVES"))
        settings.configure(dataclasses.replace(settings.current(), operators={deployment_key(): "ILVES"}))
        set_up("BOSS")
        assert tomllib.loads(deployment.read_text())["operators"] == {deployment_key(): "ILVES"}

    def test_who_acted_on_an_earlier_database_in_the_same_place_is_forgotten(self, deployment):
        operators.remember("LONGGONE")
        set_up("BOSS")
        assert operators.identify().callsign == "BOSS"
        assert tomllib.loads(deployment.read_text())["operators"] == {deployment_key(): "BOSS"}

    def test_one_that_cannot_be_understood_is_left(self, deployment):
        deployment.parent.mkdir(parents=True)
        deployment.write_text("not toml")
        with pytest.raises(ConfigurationError, match="BOSS was not written to it"):
            operators.remember("BOSS")
        assert deployment.read_text() == "not toml"

    def test_two_deployments_have_two_operators(self, deployment, tmp_path):
        set_up("BOSS")
        use(RM_PERSISTENT_DATA_DIR=str(tmp_path / "two"))
        assert operators.remember("x") is None
        set_up("ILVES")
        kept = tomllib.loads(deployment.read_text())["operators"]
        assert kept[f"sqlite:{tmp_path / 'data' / 'rmtui.db'}"] == "BOSS"
