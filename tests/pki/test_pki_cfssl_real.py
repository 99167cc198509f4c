"""The real CFSSL (Debian's), skipped where it cannot be had. It has no CRL, and its revoke finds nothing: it keeps no key identifier."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import time

import pytest
from cfssl_program import PACKAGE, NoProgramError, find
from cryptography import x509

from cfssl_stand_in import CA, pem
from ports import HeldPort
from rmtui.clock import utcnow
from rmtui.pki.cfssl import CfsslAuthority
from rmtui.pki.cfssl_talk import UnknownThere
from rmtui.pki.csr import build_csr
from rmtui.pki.interface import Revocation
from rmtui.pki.keys import generate, private_pem
from rmtui.settings import Settings

TABLE = """CREATE TABLE certificates (
    serial_number blob NOT NULL, authority_key_identifier blob NOT NULL, ca_label blob, status blob NOT NULL,
    reason int, expiry timestamp, revoked_at timestamp, pem blob NOT NULL, PRIMARY KEY (serial_number, authority_key_identifier))"""


@pytest.fixture
def authority(tmp_path, pytestconfig):
    kept = pytestconfig.cache.mkdir("cfssl") if hasattr(pytestconfig, "cache") else tmp_path
    try:
        program = find(kept)
    except NoProgramError as error:
        pytest.skip(f"no cfssl is installed (Debian: {PACKAGE}), and it cannot be fetched: {error}")
    ca = CA("Real")
    (tmp_path / "ca.pem").write_text(pem(ca.issuing))
    (tmp_path / "ca.key").write_bytes(private_pem(ca.key))
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "root.pem").write_text(pem(ca.root))
    usages = {"expiry": "1008h", "usages": ["signing", "key encipherment", "client auth"]}
    (tmp_path / "config.json").write_text(json.dumps({"signing": {"default": usages, "profiles": {"client": usages}}}))
    with sqlite3.connect(tmp_path / "certs.db") as database:
        database.execute(TABLE)
    database.close()
    (tmp_path / "db.json").write_text(json.dumps({"driver": "sqlite3", "data_source": str(tmp_path / "certs.db")}))
    held = HeldPort()
    port = held.number
    named = {"-ca": "ca.pem", "-ca-key": "ca.key", "-config": "config.json", "-db-config": "db.json"}
    options = [text for option, name in named.items() for text in (option, str(tmp_path / name))]
    command = [program, "serve", "-address", "127.0.0.1", "-port", str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process)
            env = {"RM_CERT_BACKEND": "cfssl", "RM_CFSSL_PORT": str(port), "RM_CFSSL_TIMEOUT": "20", "HOME": str(tmp_path)}
            yield CfsslAuthority.from_settings(Settings.from_env(env | {"LOCAL_CA_CERTS_PATH": str(tmp_path / "public")}))
        finally:
            process.terminate()
            held.close()


def wait_for(port, process):
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("cfssl serve did not start")


def test_the_real_cfssl_signs(authority):
    assert authority.describe().endswith("CN=Real issuing")
    for key_type in ("ec256", "rsa2048"):
        key = generate(key_type)
        signed = authority.sign(build_csr(key, "Kettu Ääni"), "Kettu Ääni")
        leaf = x509.load_pem_x509_certificate(signed.certificate)
        assert leaf.public_key() == key.public_key()
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(signed.chain))
    with pytest.raises(UnknownThere, match="certificate not found"):
        authority.revoke(Revocation(signed.serial, utcnow(), "keyCompromise"), tuple)
