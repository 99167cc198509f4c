"""What people have for a certificate and key, as other tools make it and accidents leave it; no failure gives anything secret away."""

from __future__ import annotations

import copy
import errno
import os
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from authorities import NOW, Run
from credentials import certificate, new_key, pem, rsa_key, tree
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from rmtui.errors import RmtuiError
from rmtui.pki import certificates, keys, proof
from rmtui.pki.interface import CredentialError, FileMissing, StorageError, WrongPassphrase
from rmtui.pki.pkcs12 import build_pfx
from rmtui.pki.proof import Credential, load_credential
from rmtui.settings import Secret

CALLSIGN = "ÅSKA"
WORD = "correct horse 7431"
OURS = tree()
KEY = new_key()
LEAF = OURS.leaf(KEY, CALLSIGN)
PLAIN, SEALED = keys.private_pem(KEY), keys.private_pem(KEY, Secret(WORD))
PFX = build_pfx(KEY, pem(LEAF), OURS.trusted, CALLSIGN)


def put(path: Path, *contents: bytes) -> Path:
    path.write_bytes(b"".join(contents))
    return path


def secrets_of(key: keys.PrivateKey, *words: str) -> list[str]:
    """What must not be seen of a key, as text and as bytes print, and the passphrases."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    numbers = key.private_numbers()
    number = numbers.private_value if isinstance(numbers, ec.EllipticCurvePrivateNumbers) else numbers.d
    return [*words, keys.private_pem(key).decode().splitlines()[1], repr(der)[2:30], str(number), f"{number:x}", "PRIVATE KEY-----"]


def represented(value: object) -> str:
    """As a debugger prints it; the library's own repr of a certificate that is damaged inside fails."""
    try:
        return repr(value)
    except ValueError:
        assert all(isinstance(each, x509.Certificate) for each in (value if isinstance(value, list) else [value]))
        return "…"


def shown(error: BaseException) -> str:
    """All that a log, a debugger or a crash report would print of an error and of what led to it."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    parts: list[str] = []
    while left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        left += [each.__cause__, each.__context__]
        parts += [str(each), repr(each), repr(each.args), repr(vars(each))]
        frames = [frame for frame, _ in traceback.walk_tb(each.__traceback__) if "/rmtui/" in frame.f_code.co_filename]
        parts += [f"{name}={represented(value)}" for frame in frames for name, value in frame.f_locals.items()]
    return "\n".join(parts)


def refusal(
    kind: type[RmtuiError], path: Path, passphrase: str | None = None, key_path: Path | None = None, *, hidden: tuple[str, ...] = ()
) -> str:
    with pytest.raises(kind) as caught:
        load_credential(path, None if passphrase is None else Secret(passphrase), key_path)
    text = shown(caught.value)
    assert "path=" in text
    for secret in [*secrets_of(KEY), *hidden]:
        assert secret not in text
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.sentence) == (type(caught.value), caught.value.sentence)
    assert caught.value.sentence.isprintable()
    return caught.value.sentence


def test_a_callsign_that_is_not_ascii_opens_its_pfx(tmp_path: Path) -> None:
    path = put(tmp_path / "mtls.pfx", PFX)
    credential = load_credential(path, Secret(CALLSIGN))
    assert (credential.callsign, credential.certificate_pem) == (CALLSIGN, pem(LEAF))
    for wrong in ("åska", "ASKA", "A\u030aSKA", CALLSIGN + " ", "", None):
        hidden = (wrong,) if wrong and wrong not in {"ASKA"} else ()
        assert "takes the callsign" in refusal(WrongPassphrase, path, wrong, hidden=hidden)


@pytest.mark.parametrize("form", [[], ["-legacy"], ["-nomac"], ["-keypbe", "NONE", "-certpbe", "NONE"]], ids=" ".join)
@pytest.mark.parametrize("word", ["", CALLSIGN, "😀 1"])
def test_what_openssl_makes_is_read(tmp_path: Path, openssl: Run, form: list[str], word: str) -> None:
    put(tmp_path / "key", PLAIN)
    put(tmp_path / "certs", pem(LEAF, OURS.issuing, OURS.root))
    path = tmp_path / "a.pfx"
    seen = openssl(
        "pkcs12", "-export", "-inkey", tmp_path / "key", "-in", tmp_path / "certs", "-out", path, "-passout", f"pass:{word}", *form
    )
    if seen is None or seen.returncode:
        pytest.skip("there is no openssl command, or it does not know this form")
    assert load_credential(path, Secret(word)).certificate_pem == pem(LEAF)
    if not word:
        assert load_credential(path, None).certificate_pem == pem(LEAF)


@pytest.mark.parametrize("form", ["-traditional", "-aes256"])
def test_keys_that_openssl_wrote_are_read(tmp_path: Path, openssl: Run, form: str) -> None:
    put(tmp_path / "key", PLAIN)
    extra = ["-passout", f"pass:{WORD}"] if form == "-aes256" else []
    seen = openssl("pkey", "-in", tmp_path / "key", "-out", tmp_path / "a.key", form, *extra)
    if seen is None or seen.returncode:
        pytest.skip("there is no openssl command, or it does not know this form")
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    path = put(tmp_path / "both.pem", parameters, (tmp_path / "a.key").read_bytes(), pem(LEAF))
    assert load_credential(path, Secret(WORD)).callsign == CALLSIGN


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [2, 1, 0], [1, 2, 0]])
def test_the_order_in_a_pem_and_its_line_ends_do_not_matter(tmp_path: Path, ends: bytes, order: list[int]) -> None:
    parts = [pem(LEAF), pem(OURS.issuing, OURS.root), PLAIN]
    mark = b"\xef\xbb\xbfsubject=CN = \xc5SKA\n"
    content = mark + b"\n# text between\n".join(parts[at] for at in order)
    assert load_credential(put(tmp_path / "x", content.replace(b"\n", ends)), None).certificate_pem == pem(LEAF)


@pytest.mark.parametrize("key", [PLAIN, SEALED], ids=["plain", "sealed"])
@pytest.mark.parametrize("name", ["mtls.pem", "x.pem", "x.crt", "x", "x.y.pem", "Å 1.pem"])
def test_a_key_beside_its_certificate_is_found(tmp_path: Path, key: bytes, name: str) -> None:
    path = put(tmp_path / name, pem(LEAF, OURS.issuing))
    put(path.with_suffix(".key"), key)
    assert load_credential(path, Secret(WORD)).callsign == CALLSIGN
    if key is SEALED:
        assert "asks for its passphrase" in refusal(WrongPassphrase, path)
        assert "does not open" in refusal(WrongPassphrase, path, "wrong horse", hidden=("wrong horse",))


def test_a_key_that_is_named_wins_over_all_others(tmp_path: Path) -> None:
    other = keys.private_pem(new_key())
    path = put(tmp_path / "x.pem", pem(LEAF), other)
    put(tmp_path / "x.key", other)
    named = put(tmp_path / "my.key", PLAIN)
    assert load_credential(path, None, named).callsign == CALLSIGN
    assert "does not belong to the certificate" in refusal(CredentialError, path)
    bundle = put(tmp_path / "a.pfx", build_pfx(None, pem(LEAF), OURS.trusted, CALLSIGN))
    assert load_credential(bundle, Secret(CALLSIGN), named).callsign == CALLSIGN
    assert "There is no private key in" in refusal(CredentialError, path, None, put(tmp_path / "none", pem(LEAF)))


@pytest.mark.parametrize("end", [r"\ud800", r"\udc7f", r"\udce5", r"\udfff", r"\x00.", "." * 2000], ids=lambda each: each[:6])
@pytest.mark.parametrize("content", [PFX, SEALED + pem(LEAF)], ids=["pfx", "pem"])
def test_a_passphrase_that_no_tool_takes_is_wrong_and_not_shown(tmp_path: Path, content: bytes, end: str) -> None:
    passphrase = WORD + end.encode().decode("unicode_escape")
    assert "does not open with that passphrase" in refusal(WrongPassphrase, put(tmp_path / "a", content), passphrase, hidden=(WORD,))


KEYS: list[Callable[[], object]] = [
    lambda: rsa.generate_private_key(public_exponent=65537, key_size=1024),
    lambda: ec.generate_private_key(ec.SECP192R1()),
    lambda: ec.generate_private_key(ec.SECP256K1()),
    ed25519.Ed25519PrivateKey.generate,
]


@pytest.mark.parametrize("make", KEYS, ids=["rsa1024", "p192", "secp256k1", "ed25519"])
def test_other_kinds_of_key_are_refused_in_every_form(tmp_path: Path, make: Callable[[], object]) -> None:
    try:
        key: keys.PrivateKey = make()  # type: ignore[assignment]
    except (ValueError, UnsupportedAlgorithm):
        pytest.skip("this build of the library makes no such key")
    leaf = certificate(key, certificates.common_name(CALLSIGN), OURS.issuing.subject, OURS.issuing_key)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    hidden = (secret.decode().splitlines()[1],)
    put(tmp_path / "two.key", secret)
    pfx = serialize_key_and_certificates(b"x", key, leaf, [OURS.issuing], BestAvailableEncryption(b"x"))
    for path in (put(tmp_path / "one", pem(leaf), secret), put(tmp_path / "two.pem", pem(leaf)), put(tmp_path / "a.pfx", pfx)):
        said = refusal(CredentialError, path, "x", hidden=hidden)
        assert "is too short" in said or "of an unknown kind" in said or "neither RSA nor EC" in said


def test_keys_that_cannot_sign_are_refused(tmp_path: Path) -> None:
    for key in (x25519.X25519PrivateKey.generate(), dsa.generate_private_key(2048)):
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        assert "neither RSA nor EC" in refusal(CredentialError, put(tmp_path / "a", pem(LEAF), secret))


@pytest.mark.parametrize("names", [[], ["KARHU1", "KARHU2"], ["KARHU1", "KARHU1"], [""]], ids=["none", "two", "twice", "empty"])
@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_a_subject_that_does_not_name_one_person_is_refused(tmp_path: Path, names: list[str]) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each, _validate=False) for each in names])
    leaf = certificate(KEY, subject, OURS.issuing.subject, OURS.issuing_key)
    pfx = serialize_key_and_certificates(None, KEY, leaf, None, BestAvailableEncryption(b"x"))
    for path in (put(tmp_path / "a", pem(leaf), PLAIN), put(tmp_path / "b", pfx)):
        assert "The certificate names nobody: " in refusal(CredentialError, path, "x")


def test_what_is_no_plain_file_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    good = put(tmp_path / "good.pem", pem(LEAF))
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dir").mkdir()
    put(tmp_path / "long", pem(LEAF), PLAIN, b"\n" * 65 * 1024)
    put(tmp_path / "empty")
    for name in ("fifo", "dir", "long"):
        assert "was not read" in refusal(StorageError, tmp_path / name)
        assert "was not read" in refusal(StorageError, good, None, tmp_path / name)
        (tmp_path / "good.key").unlink(missing_ok=True)
        (tmp_path / "good.key").symlink_to(name)
        assert "was not read" in refusal(StorageError, good)
    assert "There is no certificate" in refusal(CredentialError, tmp_path / "empty")
    assert "There is no private key" in refusal(CredentialError, good, None, tmp_path / "empty")
    assert "There is no " in refusal(FileMissing, good, None, tmp_path / "missing")
    for odd in (Path(), Path("/"), Path(".."), tmp_path / ("x" * 300), tmp_path / "\udce5\n", tmp_path / "a\x00b"):
        refusal(StorageError, odd)


@pytest.mark.parametrize(("number", "words"), [(errno.EACCES, "permission is denied"), (errno.EIO, os.strerror(errno.EIO))])
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    path, really = put(tmp_path / "a", pem(LEAF), PLAIN), os.open

    def refuse(name: object, *rest: int) -> int:
        if name == path:
            raise OSError(number, os.strerror(number), str(path))
        return really(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(proof.os, "open", refuse)
    assert words in refusal(StorageError, path)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no such file here whose reading fails")
def test_a_file_that_opens_and_cannot_be_read_is_a_sentence() -> None:
    assert "was not read: " in refusal(StorageError, Path("/proc/self/mem"))


@pytest.mark.parametrize("key", [KEY, rsa_key()], ids=["ec", "rsa"])
def test_a_credential_shows_and_gives_away_nothing(tmp_path: Path, key: keys.PrivateKey) -> None:
    sealed = keys.private_pem(key, Secret(WORD))
    credential: Credential = load_credential(put(tmp_path / "a", pem(OURS.leaf(key, CALLSIGN)), sealed), Secret(WORD))
    for text in (repr(credential), str(credential), f"{credential}", repr([credential]), repr(vars(type(credential)))):
        for secret in [*secrets_of(key, WORD), "PrivateKey object"]:
            assert secret not in text
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not to be pickled"):
            act(credential)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="not to be pickled"):
            pickle.dumps(credential, protocol)
    with pytest.raises(AttributeError):
        credential.callsign = "BOSS"  # type: ignore[misc]
    assert credential.not_before < NOW < credential.not_after


def loaded(path: Path, *contents: bytes) -> Credential | None:
    """What is read of a file; nothing but a sentence comes of one that is odd, and nothing of the key is in it."""
    try:
        return load_credential(put(path, *contents), Secret(CALLSIGN))
    except RmtuiError as error:
        text = shown(error)
    assert not [secret for secret in secrets_of(KEY) if secret in text]
    return None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd") / "file"


@settings(max_examples=200, deadline=None)
@given(noise=st.binary(max_size=600), label=st.sampled_from(["", "CERTIFICATE", "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]))
def test_arbitrary_bytes_are_a_sentence(place: Path, noise: bytes, label: str) -> None:
    body = b64encode(noise) if label else noise
    odd = f"-----BEGIN {label}-----\n".encode() + body + f"\n-----END {label}-----\n".encode() if label else noise
    assert loaded(place, odd) is None
    assert loaded(place, b"\x30\x82\x01\x00\x02\x01\x03" + noise) is None
    if "KEY" in label:
        assert loaded(place, pem(LEAF), odd) is None


@settings(max_examples=300, deadline=None)
@given(which=st.integers(0, 2), at=st.integers(0, 10_000), flip=st.integers(1, 255), cut=st.integers(0, 3))
def test_wrong_bytes_prove_no_other_key(place: Path, which: int, at: int, flip: int, cut: int) -> None:
    content = bytearray([PFX, pem(LEAF) + PLAIN, pem(OURS.leaf(rsa_key())) + keys.private_pem(rsa_key())][which])
    content[at % len(content)] ^= flip
    del content[at % len(content) : at % len(content) + cut]
    credential = loaded(place, content)
    if credential is not None:
        assert credential.private_key.public_key() == (rsa_key() if which == 2 else KEY).public_key()
