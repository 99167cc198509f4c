"""A certificate and its key are read from what people have, and belong together; whatever fails gives nothing secret away."""

from __future__ import annotations

import os
import pickle
import traceback
import warnings
from pathlib import Path

import pytest
from authorities import NOW
from credentials import DAY, Tree, certificate, new_key, pem, rsa_key, tree
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from rmtui.pki import certificates, keys
from rmtui.pki.interface import CredentialError, FileMissing, StorageError, WrongPassphrase
from rmtui.pki.pkcs12 import build_pfx
from rmtui.pki.proof import MOST_READ, Credential, load_credential
from rmtui.settings import Secret

CALLSIGN = "Karhu 1"
WORD = "correct horse 7431"


@pytest.fixture(scope="module")
def ours() -> Tree:
    return tree()


def put(path: Path, *contents: bytes) -> Path:
    path.write_bytes(b"".join(contents))
    return path


def refusal(kind: type[Exception], path: Path, passphrase: str = "", key_path: Path | None = None) -> str:
    """The sentence with which ``path`` is refused; no secret stands in the traceback, nor in any variable of it."""
    with pytest.raises(kind) as caught:
        load_credential(path, Secret(passphrase), key_path)
    error: BaseException | None = caught.value
    shown = ""
    while error is not None:
        shown += f"{error!r} {error.args!r} {getattr(error, '__notes__', '')!r}"
        frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
        shown += "".join(str(frame.locals) for frame in frames if "rmtui/pki/" in frame.filename)
        error = error.__context__
    assert "path" in shown
    for secret in (WORD, "MIG", "MIIE", "PRIVATE KEY-", "b'0\\x8", 'b"0\\x8'):
        assert secret not in shown
    return str(caught.value)


def right(credential: Credential, leaf: object, key: keys.PrivateKey) -> None:
    assert credential.certificate_pem == pem(leaf)  # type: ignore[arg-type]
    assert credential.private_key.public_key() == key.public_key()
    assert credential.callsign == CALLSIGN
    assert credential.not_after == NOW + 30 * DAY


@pytest.mark.parametrize("key", [new_key(), rsa_key()], ids=["ec", "rsa"])
def test_every_form_is_read(tmp_path: Path, ours: Tree, key: keys.PrivateKey) -> None:
    leaf, secret = ours.leaf(key, CALLSIGN), keys.private_pem(key)
    sealed, word = keys.private_pem(key, Secret(WORD)), Secret(WORD)
    chain = pem(leaf, ours.issuing)
    pfx = put(tmp_path / "named.pem", build_pfx(key, pem(leaf), ours.trusted, CALLSIGN))
    right(load_credential(pfx, Secret(CALLSIGN)), leaf, key)
    for at, contents in enumerate(((chain, secret), (secret, chain), (b"Bag Attributes\n", pem(ours.issuing, leaf), secret))):
        both = put(tmp_path / f"both{at}.pfx", *contents)
        right(load_credential(both, None), leaf, key)
        right(load_credential(both, Secret("needless")), leaf, key)
    right(load_credential(put(tmp_path / "sealed.pem", chain, sealed), word), leaf, key)
    old = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(WORD.encode()))
    right(load_credential(put(tmp_path / "old.pem", chain, old), word), leaf, key)
    mine = put(tmp_path / "mtls.pem", chain)
    put(tmp_path / "mtls.key", secret)
    right(load_credential(mine, None), leaf, key)
    other = put(tmp_path / "karhu.crt", chain)
    put(tmp_path / "karhu.key", sealed)
    right(load_credential(other, word), leaf, key)
    right(load_credential(mine, word, tmp_path / "karhu.key"), leaf, key)
    (tmp_path / "link.pem").symlink_to(both)
    right(load_credential(tmp_path / "link.pem", None), leaf, key)
    bare = put(tmp_path / "bare.pfx", build_pfx(None, pem(leaf), ours.trusted, CALLSIGN))
    right(load_credential(bare, Secret(CALLSIGN), tmp_path / "mtls.key"), leaf, key)


def test_the_certificate_is_the_keys_and_the_newest(tmp_path: Path, ours: Tree) -> None:
    key = new_key()
    old, new, other = ours.leaf(key, CALLSIGN, days=5), ours.leaf(key, CALLSIGN), ours.leaf(new_key(), "OTHER", days=90)
    pfx = serialize_key_and_certificates(None, key, old, [other, ours.issuing, new], BestAvailableEncryption(b"x"))
    right(load_credential(put(tmp_path / "a", pfx), Secret("x")), new, key)
    right(load_credential(put(tmp_path / "b", pem(other, old, ours.root, new), keys.private_pem(key)), None), new, key)


def test_a_wrong_or_missing_passphrase_is_told_apart_and_hints_at_the_callsign(tmp_path: Path, ours: Tree) -> None:
    key = new_key()
    pfx = put(tmp_path / "a.pfx", build_pfx(key, pem(ours.leaf(key, CALLSIGN)), b"", CALLSIGN))
    hint = "A PFX made by the deployment takes the callsign, as it is written."
    assert refusal(WrongPassphrase, pfx, WORD) == f"{pfx.name} does not open with that passphrase. Nobody was signed in. {hint}"
    assert refusal(WrongPassphrase, pfx, CALLSIGN.upper()).endswith(hint)
    assert refusal(WrongPassphrase, pfx) == f"{pfx.name} asks for a passphrase. Nobody was signed in. {hint}"
    sealed = put(tmp_path / "a.pem", pem(ours.leaf(key, CALLSIGN)), keys.private_pem(key, Secret("another")))
    assert "does not open with that passphrase" in refusal(WrongPassphrase, sealed, WORD)
    assert "is encrypted, and asks for its passphrase" in refusal(WrongPassphrase, sealed)
    half = WORD + b"\xe5".decode("utf-8", "surrogateescape")
    assert "does not open" in refusal(WrongPassphrase, pfx, half)
    assert "does not open" in refusal(WrongPassphrase, sealed, half)


def test_what_is_missing_is_told(tmp_path: Path, ours: Tree) -> None:
    key = new_key()
    leaf = pem(ours.leaf(key, CALLSIGN))
    alone = put(tmp_path / "mtls.pem", leaf)
    assert "no private key in" in refusal(CredentialError, alone)
    assert "and no mtls.key beside it" in refusal(CredentialError, alone)
    put(tmp_path / "mtls.key", b"garbage")
    assert f"There is no private key in {tmp_path / 'mtls.key'}" in refusal(CredentialError, alone)
    assert "There is no private key in" in refusal(CredentialError, put(tmp_path / "x.key", leaf))
    bare = put(tmp_path / "bare.pfx", build_pfx(None, leaf, b"", CALLSIGN))
    assert f"There is no private key in {bare}" in refusal(CredentialError, bare, CALLSIGN)
    empty = serialize_key_and_certificates(None, key, None, None, BestAvailableEncryption(b"x"))
    assert "There is no certificate in" in refusal(CredentialError, put(tmp_path / "empty.pfx", empty), "x")
    for at, content in enumerate((b"", b"garbage", os.urandom(999), keys.private_pem(key))):
        assert "There is no certificate in" in refusal(CredentialError, put(tmp_path / f"none{at}", content))
    assert f"There is no {tmp_path / 'nowhere'}" in refusal(FileMissing, tmp_path / "nowhere")
    assert f"There is no {tmp_path / 'no.key'}" in refusal(FileMissing, alone, key_path=tmp_path / "no.key")


def test_what_is_damaged_is_told(tmp_path: Path, ours: Tree) -> None:
    key = new_key()
    leaf, secret = pem(ours.leaf(key, CALLSIGN)), keys.private_pem(key)
    pfx = build_pfx(key, leaf, b"", CALLSIGN)
    assert "is damaged, or of an unknown form" in refusal(CredentialError, put(tmp_path / "a", pfx[:-9]), CALLSIGN)
    assert "The certificate in" in refusal(CredentialError, put(tmp_path / "b", leaf[:90], leaf[99:], secret))
    assert "The key in" in refusal(CredentialError, put(tmp_path / "c", leaf, secret[:60], secret[70:]))
    assert "There is no private key" in refusal(CredentialError, put(tmp_path / "d.pem", leaf, secret[:90]))


def test_another_key_is_refused(tmp_path: Path, ours: Tree) -> None:
    leaf, other = pem(ours.leaf(new_key(), CALLSIGN)), new_key()
    said = "The private key does not belong to the certificate in"
    assert said in refusal(CredentialError, put(tmp_path / "a", leaf, keys.private_pem(other)))
    assert said in refusal(CredentialError, put(tmp_path / "b", leaf, keys.private_pem(rsa_key())))
    pfx = build_pfx(other, pem(ours.leaf(other)), leaf, CALLSIGN)
    assert said in refusal(CredentialError, put(tmp_path / "c", leaf), key_path=put(tmp_path / "k", keys.private_pem(other)))
    assert load_credential(put(tmp_path / "d", pfx), Secret(CALLSIGN)).callsign == "KARHU1"


def test_a_key_that_only_looks_right_is_found_out_by_the_challenge(tmp_path: Path, ours: Tree) -> None:
    """The public half of the file is the certificate's, the private one is another's."""
    mine, other = rsa_key().private_numbers(), rsa.generate_private_key(public_exponent=65537, key_size=2048).private_numbers()
    numbers = rsa.RSAPrivateNumbers(mine.p, mine.q, other.d, other.dmp1, other.dmq1, mine.iqmp, mine.public_numbers)
    forged = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    secret = forged.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = put(tmp_path / "a", pem(ours.leaf(rsa_key(), CALLSIGN)), secret)
    assert "is damaged: what it signs is not valid" in refusal(CredentialError, path)


def test_keys_of_other_kinds_are_refused(tmp_path: Path, ours: Tree) -> None:
    weak, odd = rsa.generate_private_key(public_exponent=65537, key_size=1024), ec.generate_private_key(ec.SECP256K1())
    edwards = ed25519.Ed25519PrivateKey.generate()
    for key, words in ((weak, "is too short (RSA 1024"), (odd, "of an unknown kind (EC secp256k1"), (edwards, "neither RSA nor EC")):
        name = certificates.common_name(CALLSIGN)
        leaf = certificate(key, name, ours.issuing.subject, ours.issuing_key)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        assert words in refusal(CredentialError, put(tmp_path / "a.pem", pem(leaf), secret))
        pfx = serialize_key_and_certificates(None, key, leaf, None, NoEncryption())
        assert words in refusal(CredentialError, put(tmp_path / "a.pfx", pfx))


def test_files_that_are_none_are_refused_and_not_waited_for(tmp_path: Path, ours: Tree) -> None:
    os.mkfifo(tmp_path / "fifo")
    for odd in (tmp_path / "fifo", tmp_path, Path("/dev/zero"), put(tmp_path / "long", b"x" * (MOST_READ + 1))):
        assert "it is no plain file, or longer than 65,536 bytes" in refusal(StorageError, odd)
    (tmp_path / "loop").symlink_to("loop")
    for odd in (tmp_path / "loop", tmp_path / "long" / "below", tmp_path / "nul\0"):
        assert "was not read: " in refusal(StorageError, odd)
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 36)
    assert "longer than" in refusal(StorageError, tmp_path / "huge")
    put(tmp_path / "exact", b"x" * MOST_READ)
    assert "There is no certificate" in refusal(CredentialError, tmp_path / "exact")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_others_is_a_sentence(tmp_path: Path) -> None:
    put(tmp_path / "a", b"x").chmod(0)
    assert "permission is denied" in refusal(StorageError, tmp_path / "a")


def test_nothing_of_the_key_shows(tmp_path: Path, ours: Tree) -> None:
    key = new_key()
    credential = load_credential(put(tmp_path / "a", pem(ours.leaf(key, CALLSIGN)), keys.private_pem(key)), None)
    assert "key" not in repr(credential)
    assert "PEM" not in repr(credential)
    assert CALLSIGN in repr(credential)
    with pytest.raises(TypeError, match="not to be pickled"):
        pickle.dumps(credential)
    again = load_credential(tmp_path / "a", None)
    assert again == credential
    assert hash(again) == hash(credential)


def test_a_long_name_warns_nobody(tmp_path: Path, ours: Tree) -> None:
    """Foreign lengths are no matter for the terminal."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        key = new_key()
        pfx = build_pfx(key, pem(ours.leaf(key, CALLSIGN)), b"", CALLSIGN)
        load_credential(put(tmp_path / "a", pfx, b"more"), Secret(CALLSIGN))
    assert caught == []
