"""Mutual TLS with the deployment's CA: which side does not believe the other is told."""

from __future__ import annotations

import dataclasses
import ssl
import warnings

import pytest

from cfssl_stand_in import CA, StandIn, pem
from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.pki import cfssl_talk, mutual_tls
from rmtui.pki.cfssl import CfsslAuthority
from rmtui.pki.csr import build_csr
from rmtui.pki.http import Unreached
from rmtui.pki.keys import generate

REQUEST = build_csr(generate("ec256"), "Kettu")


@pytest.fixture
def ca(tmp_path, monkeypatch):
    monkeypatch.setattr(cfssl_talk, "PAUSES", (0, 0))
    made = StandIn(tmp_path, tls=True)
    made.ca.write_pair(tmp_path / "client.pem", "rasenmaeher")
    yield made
    made.stop()


def through(stand_in, tmp_path, **changes) -> CfsslAuthority:
    client = {"mtls_client_cert": tmp_path / "client.pem", "mtls_client_key": tmp_path / "client.key"}
    settings.configure(dataclasses.replace(stand_in.settings(), **(client | changes)))
    return CfsslAuthority.from_settings(settings.current())


def failure(authority) -> str:
    with pytest.raises(ConfigurationError) as caught:
        authority.sign(REQUEST, "Kettu")
    return caught.value.sentence


def test_each_believes_the_other(ca, tmp_path):
    authority = through(ca, tmp_path)
    serial = authority.sign(REQUEST, "Kettu").serial
    assert serial in ca.issued
    assert authority.crl()


def test_our_certificate_is_missing(ca, tmp_path):
    assert "refused our client certificate" in failure(through(ca, tmp_path, mtls_client_cert=None))
    assert "RM_MTLS_CLIENT_CERT_PATH" in failure(through(ca, tmp_path, mtls_client_cert=tmp_path / "none.pem"))
    (tmp_path / "client.key").write_bytes((tmp_path / "server.key").read_bytes())
    assert "RM_MTLS_CLIENT_CERT_PATH" in failure(through(ca, tmp_path))
    assert ca.asked == []


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", True),
        ("SSLV3_ALERT_BAD_CERTIFICATE", True),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", True),
        ("TLSV1_ALERT_UNKNOWN_CA", True),
        ("TLSV1_ALERT_PROTOCOL_VERSION", False),
        ("TLSV1_ALERT_INTERNAL_ERROR", False),
        ("CERTIFICATE_VERIFY_FAILED", False),
    ],
)
def test_which_alerts_are_about_our_certificate(reason, expected):
    error = ssl.SSLError()
    error.reason = reason
    assert mutual_tls.refuses_us(error) is expected


def test_a_server_of_an_old_protocol_has_nothing_against_our_certificate(ca, tmp_path):
    assert ca._tls is not None
    with warnings.catch_warnings(action="ignore"):  # of what is old
        ca._tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(Unreached) as caught:
        through(ca, tmp_path).sign(REQUEST, "Kettu")
    assert "client certificate" not in caught.value.sentence
    assert "protocol version" in caught.value.sentence


def test_our_certificate_is_anothers(ca, tmp_path):
    CA("Stranger").write_pair(tmp_path / "stranger.pem", "rasenmaeher")
    stranger = {"mtls_client_cert": tmp_path / "stranger.pem", "mtls_client_key": tmp_path / "stranger.key"}
    sentence = failure(through(ca, tmp_path, **stranger))
    assert "refused our client certificate" in sentence
    assert "Nothing was received there" in sentence
    assert ca.asked == []


def test_the_server_is_not_trusted(ca, tmp_path):
    (ca.public / "root_ca.pem").write_text(pem(CA("Stranger").root))
    sentence = failure(through(ca, tmp_path))
    assert "server certificate" in sentence
    assert "LOCAL_CA_CERTS_PATH" in sentence
    assert ca.asked == []


def test_the_place_that_the_deployment_has_is_believed_where_none_is_named(ca, tmp_path, monkeypatch):
    monkeypatch.setattr(mutual_tls, "CA_CERTS", ca.public)
    assert through(ca, tmp_path, local_ca_certs=None).sign(REQUEST, "Kettu").serial in ca.issued
    monkeypatch.setattr(mutual_tls, "CA_CERTS", tmp_path / "none")
    assert "There is no CA certificate in" in failure(through(ca, tmp_path, local_ca_certs=None))
    assert isinstance(mutual_tls.client_context(), ssl.SSLContext)


def test_the_server_has_another_name(ca, tmp_path):
    remote = dataclasses.replace(ca.settings().ca, ocsprest=f"https://localhost:{ca.port}")
    assert "ostname mismatch" in failure(through(ca, tmp_path, ca=remote))


def test_a_server_that_speaks_no_tls(tmp_path, monkeypatch):
    (tmp_path / "plain").mkdir()
    bare = StandIn(tmp_path / "plain")
    try:
        bare.ca.write_pair(tmp_path / "client.pem", "rasenmaeher")
        remote = dataclasses.replace(bare.settings().ca, ocsprest=f"https://127.0.0.1:{bare.port}")
        assert "does not speak TLS" in failure(through(bare, tmp_path, ca=remote))
    finally:
        bare.stop()
