"""Who else can use the deployment's own files, and that being taken from them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from doctoring import repair_all, troubles
from test_services_effects_tls import self_signed

from rmtui import clock, settings
from rmtui.db.config import DBConfig
from rmtui.services import doctor

pytestmark = pytest.mark.two_databases


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_others_can_do_with_our_files(boss, tmp_path):
    config = settings.current()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("kept")
    elsewhere.chmod(0o666)
    (config.public_dir / "link.pem").symlink_to(elsewhere)
    wide = {
        config.people_dir: (0o775, 0o755),
        config.jwt_privkey_path: (0o444, 0o400),
        config.ca_dir: (0o777, 0o700),
        config.ca_dir / "root.key": (0o640, 0o600),
        config.ca_dir / "issuing.key": (0o466, 0o400),
        config.ca_dir / "issuing.pem": (0o666, 0o644),
        config.public_dir: (0o777, 0o755),
        config.public_dir / "crl.pem": (0o464, 0o444),
    }
    if DBConfig.singleton().is_sqlite:
        file = DBConfig.singleton().database
        wide |= {Path(file): (0o644, 0o600)} | {Path(file + end): (0o666, 0o600) for end in ("-wal", "-shm")}
        held = sqlite3.connect(file)
        held.execute("SELECT COUNT(*) FROM users").fetchall()  # its -wal and -shm stay as long
    for path, (before, _after) in wide.items():
        path.chmod(before)
    checks = {config.people_dir: "directories", config.jwt_privkey_path: "token-keys"}
    assert troubles() == {(checks.get(path, "own-files"), str(path), "own-files") for path in wide}
    (done,) = repair_all(boss)
    assert (done.outcome, done.sentence) == ("done", f"{len(wide)} files and directories were closed to others.")
    assert {path: mode(path) for path in wide} == {path: after for path, (_before, after) in wide.items()}
    assert mode(elsewhere) == 0o666
    assert troubles() == set()


def test_a_directory_of_keys_that_is_a_link_is_left_alone(boss, tmp_path):
    ca = settings.current().ca_dir
    ca.rename(tmp_path / "keys")
    ca.symlink_to(tmp_path / "keys")
    (tmp_path / "keys").chmod(0o777)
    settings.current().people_dir.chmod(0o777)
    assert troubles() == {("directories", str(settings.current().people_dir), "own-files")}
    assert [each.outcome for each in repair_all(boss)] == ["done"]
    assert mode(tmp_path / "keys") == 0o777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_token_key_of_somebody_else(boss):
    key = settings.current().jwt_privkey_path
    os.chown(key, 12345, 12345)
    assert troubles() == {("token-keys", str(key), "")}


def test_the_client_certificate(boss, tmp_path, monkeypatch):
    certificate, key = self_signed(tmp_path, "ours")  # for an hour
    key.chmod(0o640)
    settings.configure(dataclasses.replace(settings.current(), mtls_client_cert=certificate, mtls_client_key=key))

    def found() -> set[tuple[str, str, str]]:
        every = [each for each in doctor.examine().findings if each.check == "client-certificate"]
        assert not any(each.repair for each in every)
        return {(each.severity, each.subject, each.sentence.split(" 20")[0]) for each in every}

    ends = ("warning", str(certificate), "The client certificate runs out on")
    used = "The key of the client certificate can be used by others than its owner (mode 0640). Take that from them: chmod go=."
    assert found() == {ends, ("error", str(key), used)}
    key.chmod(0o600)
    assert found() == {ends}
    now = clock.utcnow()
    monkeypatch.setattr(clock, "utcnow", lambda: now + dt.timedelta(hours=2))
    assert found() == {("error", str(certificate), "The client certificate ran out on")}
    monkeypatch.setattr(clock, "utcnow", lambda: now - dt.timedelta(days=15))
    assert found() == {("ok", "", "The client certificate is good until")}
    certificate.write_text("nothing")
    assert {each[:2] for each in found()} == {("error", str(certificate))}
    key.unlink()
    assert {each[:2] for each in found()} == {("error", str(certificate))}
