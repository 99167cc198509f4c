"""Revoke, reissue, export and what runs out, by commands; every refusal with its exit code."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from cli_running import told
from cryptography.hazmat.primitives.serialization import pkcs12

from making import make_operator, make_person
from rmtui import clock, settings
from rmtui.cli import areas
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.pki.csr import build_csr
from rmtui.pki.interface import StorageError
from rmtui.pki.keys import generate
from rmtui.services import certificates

pytestmark = pytest.mark.two_databases


@pytest.fixture
def boss(deployed, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


@pytest.fixture
def raven(boss):
    with connection():
        return Person.create_with_cert("RAVEN")


def openssl_crl() -> str:
    """What openssl reads in the issuing CA's CRL."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    path = settings.current().public_dir / "crl.pem"
    done = subprocess.run(["openssl", "crl", "-in", str(path), "-noout", "-text"], capture_output=True, text=True, check=True)
    return done.stdout.replace(":", "").lower()


def printed(serial: str) -> str:
    """A serial as openssl prints it: whole bytes."""
    return f"serial number {serial.zfill(len(serial) + len(serial) % 2)}\n"


def test_the_reasons_are_those_of_the_services():
    assert areas._REASONS == certificates.REASONS


def test_revoke_in_json(raven, cli):
    serial = cli("people", "show", "RAVEN", "--format", "json").json["serial"]
    done = cli("people", "revoke", "raven", "--reason", "keyCompromise", "--yes", "--format", "json", code=0).json
    assert [(row["target"], row["event"], row["state"]) for row in done.pop("effects")] == [("crl", "revoked", "done")]
    assert done == {
        "callsign": "RAVEN",
        "status": "revoked",
        "revoke_reason": "keyCompromise",
        "serials": [serial],
        "pk": str(raven.pk),
    }
    shown = cli("people", "show", "RAVEN", "--format", "json").json
    assert (shown["status"], shown["revoke_reason"]) == ("revoked", "keyCompromise")
    assert [entry["action"] for entry in shown["history"]] == ["revoke"]
    crl = openssl_crl()
    assert printed(serial) in crl
    assert "key compromise" in crl


def test_revoke_in_text(raven, cli):
    out = cli("people", "revoke", "RAVEN", "--reason", "superseded", "--yes", code=0).out
    assert [line.split("  ")[0] for line in out.splitlines()] == ["callsign", "status", "revoke reason", "serials", "pk"]


@pytest.mark.parametrize("command", [("revoke", "--reason", "keyCompromise"), ("reissue",)])
def test_a_certificate_that_is_not_known_is_told(raven, cli, command):
    with connection():
        Issued.delete().where(Issued.person == raven.pk).execute()
    (raven.directory / "mtls.pem").write_bytes(b"")
    done = cli("people", command[0], "RAVEN", *command[1:], "--yes", "--format", "json", code=0)
    assert done.json["callsign"] == "RAVEN"
    assert "Warning: Which certificate RAVEN has is not known here, so none was revoked: " in done.err


def test_what_revoke_refuses(raven, cli):
    told(cli("people", "revoke", "RAVEN", "--yes"), 2, "--reason")
    told(cli("people", "revoke", "RAVEN", "--reason", "stolen", "--yes"), 2, "invalid choice", "keyCompromise")
    told(cli("people", "revoke", "RAVEN", "--reason", "superseded"), 2, "no terminal to ask on")
    told(cli("people", "revoke", "NOBODY", "--reason", "superseded", "--yes"), 1, "NOBODY")
    told(cli("people", "revoke", "BOSS", "--reason", "superseded", "--yes"), 1, "BOSS is the last admin")
    make_operator("ILVES")
    told(cli("people", "revoke", "BOSS", "--reason", "superseded", "--yes"), 1, "BOSS is you")
    assert cli("people", "show", "RAVEN", "--format", "json").json["status"] == "active"
    cli("people", "revoke", "RAVEN", "--reason", "superseded", "--yes", code=0)
    told(cli("people", "revoke", "RAVEN", "--reason", "keyCompromise", "--yes"), 1, "RAVEN was revoked by BOSS on", "(superseded)")
    told(cli("people", "reissue", "RAVEN", "--yes"), 1, "RAVEN was revoked by BOSS on")
    told(cli("people", "export", "RAVEN", "--to", "x", "--yes"), 1, "RAVEN was revoked by BOSS on")


def test_read_only_mode(raven, cli, tmp_path):
    for command in (("revoke", "--reason", "superseded"), ("reissue",), ("export", "--to", str(tmp_path / "x"))):
        told(cli("people", command[0], "RAVEN", *command[1:], "--yes", "--read-only"), 1, "read-only mode")
    assert not (tmp_path / "x").exists()


def test_a_crl_that_cannot_be_published(raven, cli, monkeypatch):
    def full(*_args):
        raise StorageError("The disk is full.")

    monkeypatch.setattr("rmtui.pki.embedded.EmbeddedAuthority.publish_crl", full)
    done = cli("people", "reissue", "RAVEN", "--yes", "--format", "json", code=3)
    assert done.json["serial"] == cli("people", "show", "RAVEN", "--format", "json").json["serial"]
    assert done.err.startswith("rmtui: RAVEN has a new certificate, but the CRL was not published: The disk is full.")
    done = cli("people", "revoke", "RAVEN", "--reason", "superseded", "--yes", code=3)
    assert "status         revoked" in done.out.splitlines()
    assert done.err.startswith("rmtui: RAVEN is revoked, but the CRL was not published: The disk is full.")


class TestInterrupted:
    """What is recorded by then stands, and is told; what is not is taken back."""

    BACK = "rmtui: interrupted; what was under way was taken back or left as it was."

    @pytest.fixture
    def at(self, monkeypatch):
        def at(place: str) -> None:
            def interrupt(*_args, **_options):
                raise KeyboardInterrupt

            monkeypatch.setattr(place, interrupt)

        return at

    def test_before_it_is_recorded(self, raven, cli, at):
        at("rmtui.db.issuing.revoke_serials")
        done = cli("people", "revoke", "RAVEN", "--reason", "superseded", "--yes", code=130)
        assert done.err.splitlines() == [self.BACK]
        assert cli("people", "show", "RAVEN", "--format", "json").json["status"] == "active"

    @pytest.mark.parametrize("action", [("revoke", "--reason", "superseded"), ("reissue",)])
    def test_while_the_crl_is_published(self, raven, cli, at, action):
        at("rmtui.pki.embedded.EmbeddedAuthority.publish_crl")
        done = cli("people", action[0], "RAVEN", *action[1:], "--yes", code=130)
        (line,) = done.err.splitlines()
        assert line.startswith(f"rmtui: interrupted. Done, and it stands: {action[0]} RAVEN. ")
        assert "rmtui effects run. What else was under way" in line
        assert [entry["action"] for entry in cli("people", "show", "RAVEN", "--format", "json").json["history"]] == [action[0]]

    def test_when_several_are_done(self, raven, cli, at):
        with connection():
            Person.create_with_cert("KARHU")
        at("rmtui.pki.embedded.EmbeddedAuthority.publish_crl")
        done = cli("people", "revoke", "RAVEN", "KARHU", "NOBODY", "--reason", "superseded", "--yes", code=130)
        assert "it stands: revoke RAVEN and 1 more." in done.err

    def test_while_others_are_told(self, raven, cli, at):
        at("rmtui.cli.people.one_told")
        assert "it stands: revoke RAVEN. " in cli("people", "revoke", "RAVEN", "--reason", "superseded", "--yes", code=130).err


def test_reissue_in_json(raven, cli):
    before = cli("people", "show", "RAVEN", "--format", "json").json
    done = cli("people", "reissue", "RAVEN", "--yes", "--format", "json", code=0).json
    assert list(done) == ["callsign", "serial", "not_after", "superseded", "files", "pk", "effects"]
    assert done["superseded"] == [before["serial"]]
    after = cli("people", "show", "RAVEN", "--format", "json").json
    assert (after["serial"], after["certspath"], after["files"]) == (done["serial"], before["certspath"], before["files"])
    crl = openssl_crl()
    assert printed(before["serial"]) in crl
    assert "superseded" in crl
    assert printed(done["serial"]) not in crl


@pytest.mark.parametrize("by", ["file", "stdin"])
def test_reissue_for_a_request(raven, cli, tmp_path, by):
    request = build_csr(generate("ec256"), "RAVEN")
    (tmp_path / "raven.csr").write_bytes(request)
    name, stdin = (str(tmp_path / "raven.csr"), "") if by == "file" else ("-", request.decode())
    done = cli("people", "reissue", "RAVEN", "--csr", name, "--yes", stdin=stdin, code=0)
    assert done.out.startswith("callsign")
    assert not (raven.directory / "mtls.key").exists()
    told_too = cli("people", "export", "RAVEN", "--to", str(tmp_path / "x"), "--pem", "--yes", code=0)
    assert "RAVEN keeps the key themselves" in told_too.err


def test_what_reissue_refuses(raven, cli, tmp_path):
    (tmp_path / "karhu.csr").write_bytes(build_csr(generate("ec256"), "KARHU"))
    told(cli("people", "reissue", "RAVEN", "--csr", str(tmp_path / "karhu.csr"), "--yes"), 1, "KARHU")
    told(cli("people", "reissue", "RAVEN", "--csr", str(tmp_path / "none.csr"), "--yes"), 1, "cannot be read")
    told(cli("people", "reissue", "RAVEN"), 2, "no terminal to ask on")
    told(cli("people", "reissue", "NOBODY", "--yes"), 1, "NOBODY")
    with connection():
        assert Issued.select().count() == 1


def test_export_in_both_forms(raven, cli, tmp_path):
    pfx, pem = tmp_path / "raven.pfx", tmp_path / "raven.pem"
    done = cli("people", "export", "RAVEN", "--to", str(pfx), "--yes", "--format", "json", code=0).json
    assert done == {"callsign": "RAVEN", "path": str(pfx), "form": "pfx", "pk": str(raven.pk)}
    assert pkcs12.load_pkcs12(pfx.read_bytes(), b"RAVEN").key is not None
    assert "PEM" not in cli("people", "export", "RAVEN", "--to", str(pem), "--pem", "--yes", code=0).out
    assert pem.read_bytes().count(b"-----BEGIN") == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in (pfx, pem)} == {0o600}


def test_what_export_refuses(raven, cli, tmp_path):
    file = tmp_path / "kept"
    file.write_text("mine")
    (tmp_path / "link").symlink_to(file)
    told(cli("people", "export", "RAVEN", "--yes"), 2, "--to")
    told(cli("people", "export", "RAVEN", "--to", str(file)), 2, "no terminal to ask on")
    told(cli("people", "export", "RAVEN", "--to", str(file), "--yes"), 1, "is there already and was left as it is", "--force")
    for place, what in ((tmp_path, "a directory"), (tmp_path / "link", "a symbolic link"), (Path("/dev/null"), "no plain file")):
        for force in ((), ("--force",)):
            told(cli("people", "export", "RAVEN", "--to", str(place), "--yes", *force), 1, what, "nothing was written")
    assert file.read_text() == "mine"
    cli("people", "export", "RAVEN", "--to", str(file), "--yes", "--force", code=0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = make_person("KARHU")
    raven.directory.rename(other.directory)
    told(cli("people", "export", "KARHU", "--to", str(tmp_path / "x"), "--yes"), 1, "The certificate there names RAVEN, not KARHU")
    assert cli("people", "show", "KARHU", "--format", "json").json["certificate_problem"].startswith("The certificate there names RAVEN")


def test_who_runs_out(raven, cli):
    with connection():
        Issued.update(not_after=clock.utcnow() + dt.timedelta(days=10)).execute()
    assert cli("people", "list", "--expiring", "9", "--format", "json", code=0).json == []
    assert [row["callsign"] for row in cli("people", "list", "--expiring", "10", "--format", "json", code=0).json] == ["RAVEN"]
    assert len(list(csv.DictReader(io.StringIO(cli("people", "list", "--expiring", "10", "--format", "csv").out)))) == 1
    for days in ("-1", "soon", "1.5", "١"):
        told(cli("people", "list", f"--expiring={days}"), 2, "from 0 to 99999")
    assert cli("people", "list", "--expiring", "99999").code == 0
