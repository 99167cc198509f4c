"""CSRs: ours, and everything that people could send."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable

import hostile_csr as hostile
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from rmtui.errors import InvalidCallsign
from rmtui.pki import keys
from rmtui.pki.csr import LONGEST_CSR, build_csr, check_csr, describe_csr
from rmtui.pki.interface import CSRError


def make(
    key: object, *attributes: x509.NameAttribute | x509.RelativeDistinguishedName, extension: x509.ExtensionType | None = None
) -> bytes:
    names = [each if isinstance(each, x509.RelativeDistinguishedName) else x509.RelativeDistinguishedName([each]) for each in attributes]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
    if extension is not None:
        builder = builder.add_extension(extension, critical=False)
    hash_ = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, hash_).public_bytes(Encoding.PEM)


def cn(text: str) -> x509.NameAttribute:
    return x509.NameAttribute(NameOID.COMMON_NAME, text)


def refusal(pem: bytes | str, callsign: str = "FOO") -> str:
    with pytest.raises(CSRError) as caught:
        check_csr(pem, callsign)
    sentence = caught.value.sentence
    assert sentence.startswith("The CSR is refused: ")
    assert "Nothing was signed." in sentence
    assert sentence.isprintable()
    return sentence


@pytest.mark.parametrize("callsign", ["FOO", "Åke 1", "Ω", "火" * 21, "😀1", "a" * 64])
@pytest.mark.parametrize("key_type", ["ec256", "rsa2048"])
def test_our_own_csr_has_the_deployments_extensions_and_passes(key_type: str, callsign: str, rsa_key: rsa.RSAPrivateKey) -> None:
    key = rsa_key if key_type == "rsa2048" else keys.generate(key_type)
    pem = build_csr(key, callsign)
    request = x509.load_pem_x509_csr(pem)
    assert [(each.oid, each.value) for each in request.subject] == [(NameOID.COMMON_NAME, callsign)]
    usage = request.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.content_commitment) == (True, True)
    assert usage.value.key_encipherment is (key_type == "rsa2048")
    assert not any((usage.value.key_cert_sign, usage.value.crl_sign, usage.value.data_encipherment, usage.value.key_agreement))
    extended = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert extended.critical
    assert list(extended.value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert len(request.extensions) == 2
    assert isinstance(request.signature_hash_algorithm, hashes.SHA256)
    details = check_csr(pem, callsign)
    assert details == describe_csr(pem)
    assert details.pem == pem
    assert details.key == {"ec256": "EC P-256", "rsa2048": "RSA 2048"}[key_type]
    assert details.fingerprint == keys.spki_fingerprint(key.public_key())


@pytest.mark.parametrize("callsign", ["", "a\nb", "a/b", "a" * 65, " a", "A\u030a", "\ud800"])
def test_no_csr_is_made_for_what_is_no_callsign(callsign: str, ec_key: ec.EllipticCurvePrivateKey) -> None:
    with pytest.raises(InvalidCallsign, match="Nothing was signed"):
        build_csr(ec_key, callsign)


def test_the_pem_may_be_text_with_space_around_it_windows_line_ends_and_the_old_label(ec_key: ec.EllipticCurvePrivateKey) -> None:
    pem = build_csr(ec_key, "FOO")
    for variant in (
        pem.decode(),
        b"\r\n \n" + pem.replace(b"\n", b"\r\n") + b"\n\n",
        pem.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"),
        pem.rstrip(b"\n"),
    ):
        assert check_csr(variant, "FOO").pem == pem


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_the_three_curves_pass(curve: ec.EllipticCurve) -> None:
    pem = make(ec.generate_private_key(curve), cn("FOO"))
    assert check_csr(pem, "FOO").key == f"EC P-{curve.key_size}"


def test_a_plain_csr_without_extensions_and_a_pss_signature_pass(rsa_key: rsa.RSAPrivateKey) -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([cn("FOO")]))
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
    assert check_csr(builder.sign(rsa_key, hashes.SHA256()).public_bytes(Encoding.PEM), "FOO").subject == "CN=FOO"
    assert check_csr(builder.sign(rsa_key, hashes.SHA256(), rsa_padding=pss).public_bytes(Encoding.PEM), "FOO").subject == "CN=FOO"


@pytest.mark.parametrize("tag", [0x0C, 0x13])
def test_sane_strings_pass(tag: int, rsa_key: rsa.RSAPrivateKey) -> None:
    assert check_csr(hostile.csr(rsa_key, hostile.name([hostile.attribute(hostile.CN, b"FOO", tag)])), "FOO")


def test_a_bmp_string_of_windows_passes(rsa_key: rsa.RSAPrivateKey) -> None:
    assert check_csr(hostile.csr(rsa_key, hostile.name([hostile.attribute(hostile.CN, "Åke".encode("utf-16-be"), 0x1E)])), "Åke")


@pytest.mark.parametrize(("tag", "value"), [(0x14, b"FOO"), (0x16, b"FOO"), (0x1C, "FOO".encode("utf-32-be"))])
def test_outdated_strings_are_refused(tag: int, value: bytes, rsa_key: rsa.RSAPrivateKey) -> None:
    assert "outdated kind of string" in refusal(hostile.csr(rsa_key, hostile.name([hostile.attribute(hostile.CN, value, tag)])))


@pytest.mark.parametrize(
    ("text", "callsign"),
    [
        ("FOOBAR", "FOO"),
        ("FOO", "FOOBAR"),
        ("foo", "FOO"),
        ("ADMIN01a", "ADMIN01"),
        ("FOO\0BAR", "FOO"),
        ("FOO\x1b[2J", "FOO"),
        ("FОO", "FOO"),
        ("A\u030ake", "Åke"),
        ("FOO ", "FOO"),
        ("CN=FOO", "FOO"),
    ],
)
def test_another_cn_is_refused(text: str, callsign: str, ec_key: ec.EllipticCurvePrivateKey) -> None:
    assert "it is for “" in refusal(make(ec_key, cn(text)), callsign)


def test_two_cns_are_refused(ec_key: ec.EllipticCurvePrivateKey) -> None:
    for pem in (make(ec_key, cn("FOO"), cn("ADMIN01")), make(ec_key, cn("ADMIN01"), cn("FOO")), make(ec_key, cn("FOO"), cn("FOO"))):
        assert "2 CNs" in refusal(pem)


def test_a_cn_hidden_in_another_attribute_is_refused(ec_key: ec.EllipticCurvePrivateKey) -> None:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "CN=FOO")
    assert "no CN, only O" in refusal(make(ec_key, organisation))
    assert "more than a CN: O" in refusal(make(ec_key, cn("FOO"), organisation))
    assert "more than a CN: O" in refusal(make(ec_key, organisation, cn("FOO")))


def test_a_multi_valued_rdn_is_refused(rsa_key: rsa.RSAPrivateKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    both = x509.RelativeDistinguishedName([cn("FOO"), x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.example")])
    assert "more than a CN: emailAddress" in refusal(make(ec_key, both))
    twins = hostile.name([hostile.attribute(hostile.CN, b"BAR"), hostile.attribute(hostile.CN, b"FOO")])
    assert "2 CNs" in refusal(hostile.csr(rsa_key, twins))


def test_an_empty_subject_is_refused(ec_key: ec.EllipticCurvePrivateKey) -> None:
    assert "subject is empty" in refusal(make(ec_key))


def test_a_subject_that_is_no_string_is_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    for tag, value in ((0x02, b"\x01"), (0x0C, b"\xff\xfe"), (0x1E, b"\xd8\x00"), (0x30, b"")):
        refusal(hostile.csr(rsa_key, hostile.name([hostile.attribute(hostile.CN, value, tag)])))


def test_an_enormous_cn_is_refused_and_cut_short_in_the_sentence(rsa_key: rsa.RSAPrivateKey) -> None:
    sentence = refusal(hostile.csr(rsa_key, hostile.name([hostile.attribute(hostile.CN, b"F" * 30_000)])))
    assert len(sentence) < 400


@pytest.mark.parametrize(
    ("extension", "words"),
    [
        (x509.BasicConstraints(ca=True, path_length=None), "CA:TRUE"),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), "serverAuth"),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), "serverAuth"),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), "extendedKeyUsage 1.3.6.1.5.5.7.3.3"),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), "extendedKeyUsage 2.5.29.37.0"),
        (x509.SubjectAlternativeName([x509.DNSName("tak.example")]), "subjectAltName"),
        (x509.SubjectAlternativeName([x509.RFC822Name("admin@example.com")]), "subjectAltName"),
        (x509.IssuerAlternativeName([x509.DNSName("tak.example")]), "issuerAltName"),
        (x509.NameConstraints([x509.DNSName("example")], None), "nameConstraints"),
        (x509.PolicyConstraints(0, None), "policyConstraints"),
        (x509.InhibitAnyPolicy(0), "inhibitAnyPolicy"),
        (x509.UnrecognizedExtension(ObjectIdentifier("2.16.840.1.113730.1.1"), b"\x03\x02\x06\x40"), "nsCertType"),
        (x509.UnrecognizedExtension(ObjectIdentifier("2.16.840.1.113730.1.1"), b"\x03\x02\x02\x04"), "nsCertType"),
    ],
)
def test_authorities_servers_and_other_names_are_refused(
    extension: x509.ExtensionType, words: str, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    assert words in refusal(make(ec_key, cn("FOO"), extension=extension))


@pytest.mark.parametrize("flag", ["key_cert_sign", "crl_sign"])
def test_signing_certificates_or_crls_is_refused(flag: str, ec_key: ec.EllipticCurvePrivateKey) -> None:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    flags = dict.fromkeys((*names, "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
    assert "keyUsage" in refusal(make(ec_key, cn("FOO"), extension=x509.KeyUsage(**{**flags, flag: True})))


@pytest.mark.parametrize(
    "extension",
    [
        x509.BasicConstraints(ca=False, path_length=None),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
        x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.311.20.2"), b"\x1e\x08\x00U\x00s\x00e\x00r"),
        x509.UnrecognizedExtension(ObjectIdentifier("2.16.840.1.113730.1.1"), b"\x03\x02\x05\xa0"),
    ],
)
def test_what_a_client_may_ask_for_passes(extension: x509.ExtensionType, ec_key: ec.EllipticCurvePrivateKey) -> None:
    assert check_csr(make(ec_key, cn("FOO"), extension=extension), "FOO")


def test_extensions_in_a_second_place_are_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    subject = hostile.name([hostile.attribute(hostile.CN, b"FOO")])
    harmless = hostile.extension_request(bytes.fromhex("0603551d1304023000"))
    ca = hostile.extension_request(hostile.CA_TRUE)
    assert "CA:TRUE" in refusal(hostile.csr(rsa_key, subject, attributes=ca))
    assert "more than one place" in refusal(hostile.csr(rsa_key, subject, attributes=harmless + ca))
    twice = hostile.extension_request(bytes.fromhex("0603551d1304023000"), hostile.CA_TRUE)
    assert "asked for twice" in refusal(hostile.csr(rsa_key, subject, attributes=twice))
    broken = hostile.extension_request(bytes.fromhex("0603551d1304020500"))
    assert "cannot be read" in refusal(hostile.csr(rsa_key, subject, attributes=broken))


def test_weak_keys_are_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    assert "1024 bits" in refusal(make(rsa.generate_private_key(public_exponent=65537, key_size=1024), cn("FOO")))
    assert "malformed" in refusal(make(rsa.generate_private_key(public_exponent=3, key_size=2048), cn("FOO")))
    assert "secp256k1" in refusal(make(ec.generate_private_key(ec.SECP256K1()), cn("FOO")))
    assert "secp192r1" in refusal(make(ec.generate_private_key(ec.SECP192R1()), cn("FOO")))
    assert "Ed25519" in refusal(make(ed25519.Ed25519PrivateKey.generate(), cn("FOO")))
    assert "DSA" in refusal(make(dsa.generate_private_key(1024), cn("FOO")))
    subject = hostile.name([hostile.attribute(hostile.CN, b"FOO")])
    enormous = rsa.RSAPublicNumbers(65537, 2**9000 + 1).public_key()
    assert "9001 bits" in refusal(hostile.csr(rsa_key, subject, public=enormous))
    even = rsa.RSAPublicNumbers(65537, 2**2047 + 2)
    refusal(hostile.csr(rsa_key, subject, public=even.public_key()))


def test_a_weak_hash_is_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    subject = hostile.name([hostile.attribute(hostile.CN, b"FOO")])
    pem = hostile.csr(rsa_key, subject, algorithm=hostile.SHA1_RSA, hash_=hashes.SHA1())
    assert "SHA1" in refusal(pem)


def test_an_unknown_signature_algorithm_is_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    subject = hostile.name([hostile.attribute(hostile.CN, b"FOO")])
    assert "signature" in refusal(hostile.csr(rsa_key, subject, algorithm=bytes.fromhex("06032a0304")))


def test_a_broken_signature_is_refused(rsa_key: rsa.RSAPrivateKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    subject = hostile.name([hostile.attribute(hostile.CN, b"FOO")])
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    assert "signature is not valid" in refusal(hostile.csr(rsa_key, subject, public=other))
    request = x509.load_pem_x509_csr(make(ec_key, cn("FOO")))
    swapped = request.public_bytes(Encoding.DER).replace(b"FOO", b"BAR")
    assert "signature is not valid" in refusal(hostile.pem(swapped), "BAR")
    with pytest.raises(CSRError, match="signature is not valid"):
        describe_csr(hostile.pem(swapped))


def _cut(pem: bytes) -> bytes:
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    return hostile.pem(der[:-9])


def _longer(pem: bytes) -> bytes:
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    return hostile.pem(der + b"\0\0")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda _pem: b"", "it is empty"),
        (lambda _pem: b" \n\t", "it is empty"),
        (lambda _pem: "ei mitään", "not in PEM form"),
        (lambda _pem: b"\xff\xfe\x00garbage", "not in PEM form"),
        (lambda pem: base64.b64decode(b"".join(pem.splitlines()[1:-1])), "not in PEM form"),
        (lambda pem: pem + pem, "2 PEM blocks"),
        (lambda pem: b"Certificate Request:\n    Data:\n" + pem, "more than a CSR"),
        (lambda pem: pem + b"x", "more than a CSR"),
        (lambda pem: pem + b"\0", "more than a CSR"),
        (lambda pem: pem.replace(b"CERTIFICATE REQUEST", b"CERTIFICATE"), "another kind of PEM"),
        (lambda pem: pem.replace(b"END CERTIFICATE REQUEST", b"END NEW CERTIFICATE REQUEST"), "another kind of PEM"),
        (lambda pem: pem.splitlines()[0] + b"\n", "more than a CSR"),
        (lambda pem: pem.replace(b"=", b"", 1) if b"=" in pem else pem.replace(b"\nM", b"\nMA=", 1), "damaged"),
        (_cut, "damaged"),
        (_longer, "damaged"),
        (lambda _pem: hostile.pem(b"\x30\x03\x02\x01\x00"), "damaged"),
        (lambda _pem: b"A" * (LONGEST_CSR + 1), "bytes long"),
        (lambda pem: pem + b"\n" * LONGEST_CSR, "bytes long"),
        (lambda pem: "\ud800" + pem.decode(), "more than a CSR"),
    ],
)
def test_garbage_is_refused(spoil: Callable[[bytes], bytes | str], words: str, ec_key: ec.EllipticCurvePrivateKey) -> None:
    assert words in refusal(spoil(make(ec_key, cn("FOO"))))


def test_a_private_key_sent_along_is_pointed_out_and_not_repeated(ec_key: ec.EllipticCurvePrivateKey) -> None:
    private = bytes(keys.private_pem(ec_key))
    sentence = refusal(make(ec_key, cn("FOO")) + private)
    assert "holds a private key" in sentence
    assert private.splitlines()[1].decode() not in sentence


def test_no_single_changed_byte_gets_through_or_escapes_as_another_error(ec_key: ec.EllipticCurvePrivateKey) -> None:
    """Every CSR of this length that differs in a byte fails with a CSRError: nothing else, and never success."""
    der = x509.load_pem_x509_csr(build_csr(ec_key, "FOO")).public_bytes(Encoding.DER)
    chance = random.Random(7)
    for at in range(len(der)):
        spoilt = bytearray(der)
        spoilt[at] ^= chance.randrange(1, 256)
        with pytest.raises(CSRError):
            check_csr(hostile.pem(bytes(spoilt)), "FOO")


def test_any_subject_is_described(ec_key: ec.EllipticCurvePrivateKey) -> None:
    details = describe_csr(make(ec_key, cn("FOO"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "CN=BAR")))
    assert details.subject == "O=CN=BAR,CN=FOO"
    assert details.key == "EC P-256"
