"""Private keys: made, written, read and described. Keys that are read here are ones this deployment wrote itself."""

from __future__ import annotations

import hashlib
from typing import Final, SupportsIndex, TypeAlias, overload

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from rmtui.errors import ConfigurationError
from rmtui.i18n import later, tr
from rmtui.pki.interface import PKIError, WrongPassphrase
from rmtui.settings import KEY_TYPES, Secret

__all__ = ["PrivateBytes", "PrivateKey", "describe", "generate", "load", "private_pem", "public_pem", "spki_fingerprint"]

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""The kinds of private key made and used here."""

_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_LONGEST_PASSPHRASE: Final = 1023  # bytes; what an encrypted PKCS#8 key takes


class PrivateBytes(bytes):
    """Bytes that no repr, and so no traceback that shows variables, gives away."""

    def __repr__(self) -> str:
        return f"<{len(self)} private bytes>"

    __str__ = __repr__

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> PrivateBytes: ...
    def __getitem__(self, key: SupportsIndex | slice) -> int | PrivateBytes:
        return PrivateBytes(super().__getitem__(key)) if isinstance(key, slice) else super().__getitem__(key)


def generate(key_type: str) -> PrivateKey:
    """A fresh key; RSA 4096 takes about half a second, and others may run meanwhile.

    :raises ConfigurationError: ``key_type`` is none of :data:`rmtui.settings.KEY_TYPES`.
    """
    if key_type not in KEY_TYPES:
        raise ConfigurationError(
            tr("No key was made: the key type is {key_type}; it takes one of {names}.", key_type=repr(key_type), names=", ".join(KEY_TYPES))
        )
    if key_type == "ec256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(key_type.removeprefix("rsa")))


def private_pem(key: PrivateKey, passphrase: Secret | None = None) -> PrivateBytes:
    """PKCS#8 PEM, encrypted when there is a passphrase.

    :raises ConfigurationError: the passphrase is too long for a key file.
    """
    if not passphrase:
        return PrivateBytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if len(_encoded(passphrase)) > _LONGEST_PASSPHRASE:
        raise ConfigurationError(
            tr("The key was not written: its passphrase is longer than {most} bytes. Choose a shorter one.", most=_LONGEST_PASSPHRASE)
        )
    return PrivateBytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(_encoded(passphrase))))


def public_pem(key: PublicKeyTypes) -> bytes:
    """SubjectPublicKeyInfo PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load(pem: bytes, passphrase: Secret | None = None, *, what: str = later("The private key")) -> PrivateKey:
    """Read a key that this deployment wrote; an RSA key is not proven anew, which would take 0.3 s and stop all threads.

    :param what: begins the sentence of an error: which key it is.
    :raises WrongPassphrase: the passphrase is wrong, missing, or there though the key is not encrypted.
    :raises PKIError: it is no key, or of another kind than RSA and EC.
    """
    what = tr(what)
    encrypted, pem = b"ENCRYPTED" in pem, PrivateBytes(pem)
    try:
        key = load_pem_private_key(pem, _encoded(passphrase) if passphrase else None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        if passphrase:
            raise WrongPassphrase(
                tr(
                    "{what} is not encrypted, but a passphrase is configured. Nothing was signed; unset the passphrase and try again.",
                    what=what,
                )
            ) from None
        raise WrongPassphrase(
            tr("{what} is encrypted, and no passphrase is configured. Nothing was signed; set the passphrase and try again.", what=what)
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        if passphrase and encrypted:
            raise WrongPassphrase(
                tr("{what} does not open with the passphrase that is configured. Nothing was signed; set the right one.", what=what)
            ) from None
        raise PKIError(
            tr("{what} is damaged or of an unknown form. Nothing was signed; restore the file from a backup.", what=what)
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise PKIError(tr("{what} is neither RSA nor EC. Nothing was signed; put a key of a known kind in its place.", what=what))
    return key


def describe(public_key: PublicKeyTypes) -> str:
    """The kind and size of a key for the eye: ``RSA 4096``, ``EC P-256``."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"RSA {public_key.key_size}"
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return f"EC {_CURVES.get(public_key.curve.name, public_key.curve.name)}"
    return type(public_key).__name__.strip("_").removesuffix("PublicKey")


def spki_fingerprint(public_key: PublicKeyTypes) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo), lower-case hexadecimal."""
    return hashlib.sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _encoded(passphrase: Secret) -> PrivateBytes:
    return PrivateBytes(passphrase.reveal().encode("utf-8", "surrogateescape"))
