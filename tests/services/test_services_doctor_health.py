"""Health of host, database, keys and authority, as the doctor sees it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os

import pytest
from doctoring import repair_all, troubles

from deployments import unbind
from rmtui import clock, settings
from rmtui.db.base import db
from rmtui.db.config import DBConfig
from rmtui.db.errors import DatabaseUnreachable
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.errors import EXIT_UNREACHABLE
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import AuthorityUnavailable
from rmtui.services import doctor

pytestmark = pytest.mark.two_databases


def test_what_is_wrong_on_the_host(boss, monkeypatch, tmp_path):
    config = settings.current()
    config.jwt_privkey_path.chmod(0o644)
    config.people_dir.chmod(0o777)
    manifest = tmp_path / "manifest.json"
    manifest.write_text("{")
    settings.configure(dataclasses.replace(config, manifest=manifest))
    assert {each[0] for each in troubles()} == {"token-keys", "directories", "manifest"}
    manifest.write_text('{"products": {"tak": {"api": "https://127.0.0.1:1/", "certcn": "t"}, "odd": {"api": "no", "certcn": "o"}}}')
    config.jwt_privkey_path.unlink()
    assert {each[:2] for each in troubles()} >= {("product", "tak"), ("product", "odd"), ("token-keys", "")}


def test_the_crl_is_gone_and_comes_back(boss):
    (settings.current().public_dir / "crl.pem").unlink()
    assert troubles() == {("crl", "", "publish-crl")}
    assert [each.outcome for each in repair_all(boss)] == ["done"]
    assert troubles() == set()


def test_time_goes_on(boss, monkeypatch):
    now = clock.utcnow()
    monkeypatch.setattr(clock, "utcnow", lambda: now + dt.timedelta(days=56))
    assert ("crl", "", "publish-crl") in troubles()
    monkeypatch.setattr(clock, "utcnow", lambda: now + dt.timedelta(days=3640))
    found = {each.check: each for each in doctor.examine().findings}
    assert found["authority"].severity == "warning"
    assert "ran out on" in found["crl"].sentence
    if not DBConfig.singleton().is_sqlite:
        assert "seconds apart" in found["clock"].sentence


def test_the_server_is_in_another_zone(boss):
    if DBConfig.singleton().is_sqlite:
        pytest.skip("a file has no zone")
    with connection():
        name = db.execute_sql("SELECT current_database()").fetchone()[0]
        db.execute_sql(f"ALTER DATABASE \"{name}\" SET timezone = 'Europe/Helsinki'")
    assert troubles() == {("time-zone", "server", "")}


def test_a_database_that_takes_no_writes(boss, monkeypatch):
    """As a standby, or a file for somebody who may only read it; root may write any."""
    url = DBConfig.singleton().dsn
    if not DBConfig.singleton().is_sqlite:
        with connection():
            name = db.execute_sql("SELECT current_database()").fetchone()[0]
            db.execute_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    unbind()
    monkeypatch.setattr("os.access", lambda _path, mode: mode != os.W_OK)
    DBConfig.singleton(dsn=url)
    (found,) = doctor.examine().troubles
    assert (found.check, found.severity) == ("writes", "error")
    settings.configure(dataclasses.replace(settings.current(), read_only=True))
    assert troubles() == set()


def test_neither_ca_nor_database(boss, monkeypatch):
    def away(*_args):
        raise AuthorityUnavailable("The CA does not answer.")

    with connection():
        Person.create_with_cert("GONE").revoke("keyCompromise")
    monkeypatch.setattr(EmbeddedAuthority, "ca_chain", away)
    assert {each[0] for each in troubles()} == {"authority", "crl"}
    assert doctor.examine().exit_code == EXIT_UNREACHABLE
    monkeypatch.undo()

    def gone():
        raise DatabaseUnreachable("The database cannot be reached.")

    monkeypatch.setattr(doctor, "open_deployment", gone)
    found = doctor.examine()
    assert found.exit_code == EXIT_UNREACHABLE
    assert found.findings[0].sentence == "The database cannot be reached."
    assert {"authority", "crl", "disk"} <= {each.check for each in found.findings}


def test_what_nobody_thought_of_is_a_finding(boss, monkeypatch, caplog):
    def broken():
        raise RuntimeError("\x1b[31mboo")

    monkeypatch.setattr(doctor, "_OUTSIDE", (("disk", broken),))
    worst = doctor.examine().findings[0]
    assert (worst.check, worst.severity, worst.sentence) == ("disk", "error", "This could not be checked: RuntimeError: \\x1b[31mboo")
    assert "RuntimeError about disk" in caplog.text
    assert "in broken" in caplog.text
