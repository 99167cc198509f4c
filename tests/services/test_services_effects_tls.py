"""A product that takes nobody without a certificate, and one that is not to be believed."""

from __future__ import annotations

import datetime as dt
import ssl
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from making import make_operator
from product_stand_in import Product, manifest
from rmtui import settings
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.services import effects


def self_signed(place, name: str):
    """Certificate and key of a server or a client that signs for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = place / f"{name}.pem", place / f"{name}.key"
    made[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    made[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
def test_mutual_tls(env, tmp_path):
    trusted = tmp_path / "ca_public"
    trusted.mkdir()
    server, ours, others = self_signed(trusted, "server"), self_signed(tmp_path, "ours"), self_signed(tmp_path, "others")
    (trusted / "crl.pem").write_text("-----BEGIN X509 CRL-----")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*server)
    context.load_verify_locations(ours[0])
    context.verify_mode = ssl.CERT_REQUIRED
    product = Product(context=context)
    (tmp_path / "manifest.json").write_text(manifest(tak=product.api))
    settings.configure(replace(settings.current(), manifest=tmp_path / "manifest.json"))
    make_operator()

    def tell(**changes) -> str:
        settings.configure(replace(settings.current(), **changes))
        (row,) = effects.list_effects(effects.EffectQuery("all")).rows
        effects.run_due(only=[row.id])
        with connection():
            from rmtui.db.own import Effect

            Effect.update(next_try=Effect.created).execute()
        return effects.find(row.id).last_error

    with connection():
        Person.create_with_cert("RAVEN")
    assert "is not trusted" in tell(mtls_client_cert=ours[0], mtls_client_key=ours[1])
    assert "RM_MTLS_CLIENT_CERT_PATH" in tell(local_ca_certs=trusted, mtls_client_cert=tmp_path / "none.pem")
    assert tell(mtls_client_cert=others[0], mtls_client_key=others[1])
    assert product.told == []
    assert tell(mtls_client_cert=ours[0], mtls_client_key=ours[1]) == ""
    assert product.told == [("created", "RAVEN")]
    product.close()
