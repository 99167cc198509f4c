"""TLS to the database: ``verify-full`` holds, and each way it fails says why."""

from __future__ import annotations

import datetime as dt
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deployments import unbind
from rmtui.db import DBConfig, db
from rmtui.db.errors import DatabaseUnreachable
from rmtui.db.middleware import connection
from rmtui.errors import ConfigurationError
from wires import TLSFront

HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("db.elsewhere.example")
DAY = dt.timedelta(days=1)


class CA:
    """A certificate authority for servers."""

    def __init__(self, name, directory):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.path = directory / f"{name}.pem"
        made = self._certificate(self.name, self.key, DAY, x509.BasicConstraints(True, None))
        self.path.write_bytes(made.public_bytes(Encoding.PEM))
        self._directory = directory

    def _certificate(self, subject, key, life, extension):
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - 2 * DAY)
            .not_valid_after(now + life)
            .add_extension(extension, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def server(self, name, life=DAY):
        """A PEM file of a server's key and certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(x509.Name([]), key, life, x509.SubjectAlternativeName([name]))
        path = self._directory / "server.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(secret + made.public_bytes(Encoding.PEM))
        return path


@pytest.fixture
def ca(tmp_path):
    return CA("ours", tmp_path)


@pytest.fixture
def front(make_database, ca):
    """Put a server before a database: with a certificate, or without TLS."""
    started = []

    def start(certificate):
        started.append(TLSFront(make_database("current"), certificate))
        return started[-1]

    yield start
    unbind()
    for each in started:
        each.close()


def failure(url):
    DBConfig.singleton(dsn=url, ssl="verify-full", retry_limit=0)
    with pytest.raises((ConfigurationError, DatabaseUnreachable)) as caught, connection():
        pass
    return caught.value


def test_the_right_certificate(front, ca):
    server = front(ca.server(HERE))
    DBConfig.singleton(dsn=server.url(sslrootcert=str(ca.path)), ssl="verify-full")
    with connection():
        assert db.connection().info.ssl_in_use
        assert db.execute_sql("SELECT 1").fetchone() == (1,)


def test_the_deployments_own_variables_with_libpqs(front, ca, monkeypatch):
    server = front(ca.server(HERE))
    place = server.url().split("@")[1]
    monkeypatch.setenv("DB_SSL", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(ca.path))
    monkeypatch.setenv("RM_DATABASE_HOST", "127.0.0.1")
    monkeypatch.setenv("RM_DATABASE_PORT", place.split(":")[1].split("/")[0])
    monkeypatch.setenv("RM_DATABASE_NAME", place.split("/")[1].split("?")[0])
    monkeypatch.setenv("RM_DATABASE_USER", "postgres")
    with connection():
        assert db.connection().info.ssl_in_use


def test_a_certificate_for_another_name(front, ca):
    error = failure(front(ca.server(ELSEWHERE)).url(sslrootcert=str(ca.path)))
    assert 'for "db.elsewhere.example"' in error.sentence
    assert 'does not match host name "127.0.0.1". Use a name that the certificate is for' in error.sentence
    assert error.exit_code == 2


def test_a_certificate_of_an_unknown_ca(front, ca, tmp_path):
    other = CA("theirs", tmp_path)
    error = failure(front(other.server(HERE)).url(sslrootcert=str(ca.path)))
    assert f"the server's certificate is not from a CA in {ca.path} (" in error.sentence
    assert error.exit_code == 2


def test_an_expired_certificate(front, ca):
    error = failure(front(ca.server(HERE, -DAY)).url(sslrootcert=str(ca.path)))
    assert error.sentence.endswith("cannot be reached: the server's certificate has expired. Have it renewed")
    assert error.exit_code == 3


def test_a_server_without_tls(front, ca):
    error = failure(front(None).url(sslrootcert=str(ca.path)))
    assert "server does not support SSL, but SSL was required. Switch TLS on there" in error.sentence
    assert error.exit_code == 2


def test_no_ca_to_believe(front, ca, monkeypatch, tmp_path):
    error = failure(front(ca.server(HERE)).url(sslrootcert=str(tmp_path / "nowhere.pem")))
    assert 'nowhere.pem" is not there. Name it in the URL (sslrootcert=…) or in PGSSLROOTCERT' in error.sentence
    assert error.exit_code == 2
