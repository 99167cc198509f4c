"""PFX files open with the callsign, in old programs too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from rmtui.pki import csr, keys
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.pki.interface import PKIError
from rmtui.pki.pkcs12 import build_pfx, is_whole

CALLSIGNS = ["KARHU1", "Åke 1", "Ω'火$", "😀1", "x", "a" * 64]


@pytest.mark.parametrize("callsign", CALLSIGNS)
@pytest.mark.parametrize("own_key", [True, False], ids=["with-key", "certificates-only"])
def test_a_pfx_opens_with_the_callsign(
    authority: EmbeddedAuthority, tmp_path: Path, openssl: Callable[..., Any], callsign: str, own_key: bool
) -> None:
    key = keys.generate("ec256")
    signed = authority.sign(csr.build_csr(key, callsign), callsign)
    pfx = build_pfx(key if own_key else None, signed.certificate, signed.chain, callsign)

    opened = load_pkcs12(pfx, callsign.encode())
    name = callsign.encode() if callsign.isascii() or max(callsign) <= "\uffff" else None  # this reader knows no surrogate pairs
    leaf, issuing = x509.load_pem_x509_certificate(signed.certificate), x509.load_pem_x509_certificate(signed.chain)
    if own_key:
        assert isinstance(opened.key, ec.EllipticCurvePrivateKey)
        assert opened.key.private_numbers() == key.private_numbers()
        assert opened.cert is not None
        assert (opened.cert.certificate, opened.cert.friendly_name) == (leaf, name)
        assert [each.certificate for each in opened.additional_certs] == [issuing]
    else:
        assert opened.key is None
        assert [each.certificate for each in opened.additional_certs] == [leaf, issuing]
        assert opened.additional_certs[0].friendly_name == name
    with pytest.raises(ValueError, match="password"):
        load_pkcs12(pfx, callsign.encode() + b"!")

    (tmp_path / "a.pfx").write_bytes(pfx)
    seen = openssl("pkcs12", "-legacy", "-in", tmp_path / "a.pfx", "-passin", f"pass:{callsign}", "-nodes", "-info")
    if seen is not None:
        assert seen.returncode == 0, seen.stderr
        assert b"MAC: sha1, Iteration 2048" in seen.stderr
        assert b"pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048" in seen.stderr
        assert seen.stdout.count(b"BEGIN CERTIFICATE") == 2
        assert seen.stdout.count(b"BEGIN PRIVATE KEY") == int(own_key)


def test_an_rsa_key_goes_in_too(authority: EmbeddedAuthority, rsa_key: rsa.RSAPrivateKey) -> None:
    signed = authority.sign(csr.build_csr(rsa_key, "FOO"), "FOO")
    opened = load_pkcs12(build_pfx(rsa_key, signed.certificate, signed.chain, "FOO"), b"FOO")
    assert isinstance(opened.key, rsa.RSAPrivateKey)
    assert opened.key.private_numbers() == rsa_key.private_numbers()


def test_no_pfx_is_made_of_what_does_not_belong_together(authority: EmbeddedAuthority, ec_key: ec.EllipticCurvePrivateKey) -> None:
    signed = authority.sign(csr.build_csr(ec_key, "FOO"), "FOO")
    with pytest.raises(PKIError, match="for another key"):
        build_pfx(keys.generate("ec256"), signed.certificate, signed.chain, "FOO")
    with pytest.raises(PKIError, match="certificate is damaged"):
        build_pfx(None, b"garbage", signed.chain, "FOO")
    with pytest.raises(PKIError, match="certificate is damaged"):
        build_pfx(None, signed.certificate, b"garbage", "FOO")
    with pytest.raises(PKIError, match="that is empty"):
        build_pfx(None, signed.certificate, signed.chain, "")
    with pytest.raises(PKIError, match="half a character"):
        build_pfx(None, signed.certificate, signed.chain, "\ud800")


def test_a_chain_may_be_missing(authority: EmbeddedAuthority, ec_key: ec.EllipticCurvePrivateKey) -> None:
    signed = authority.sign(csr.build_csr(ec_key, "FOO"), "FOO")
    opened = load_pkcs12(build_pfx(ec_key, signed.certificate, b"", "FOO"), b"FOO")
    assert opened.cert is not None
    assert opened.cert.certificate.public_bytes(Encoding.PEM) == signed.certificate
    assert opened.additional_certs == []


@pytest.mark.parametrize(
    ("pfx", "whole"),
    [
        (b"", False),
        (b"0", False),
        (b"0\x00", True),
        (b"0\x01", False),
        (b"0\x81\x01x", True),
        (b"0\x82\x00\x01", False),
        (b"garbage", False),
    ],
)
def test_what_is_cut_off_is_not_whole(pfx: bytes, whole: bool) -> None:
    assert is_whole(pfx) == whole
