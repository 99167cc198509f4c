"""Tokens (JWT) and the key pair they are signed with. RS256 is the only algorithm, whatever a token says of itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rmtui import clock
from rmtui.i18n import tr
from rmtui.pki import files
from rmtui.pki.interface import FileMissing, PKIError, StorageError, TokenError
from rmtui.settings import Secret, Settings
from rmtui.text import plain

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

__all__ = ["LIFETIME", "PUBLIC_NAME", "JWTKeys"]

LIFETIME: Final = dt.timedelta(hours=2)
"""How long a token is good for."""
PUBLIC_NAME: Final = "rasenmaeher_jwt.pub"
"""The deployment's own key in a directory of public keys."""

_ALGORITHM: Final = "RS256"
_LONGEST: Final = 16 * 1024  # characters of a token
_SKEW: Final = 10.0  # seconds that the clock of another service may be ahead
_LEAST_BITS: Final = 2048
_LATEST: Final = 2.0**53  # seconds since 1970; infinity and what is no number are beyond it


class JWTKeys:
    """The deployment's key pair, and the public keys of the services it believes."""

    def __init__(self, privkey: Path, pubkey: Path, passphrase: Secret) -> None:
        """Name the keys; nothing is read or made.

        :param privkey: the private key's file.
        :param pubkey: a public key's file (named ``*.pub`` or ``*.pem``), or a directory of ``*.pub``.
        :param passphrase: opens the private key; an empty one for a key that is not encrypted.
        """
        self.privkey = privkey
        self.pubkey = pubkey
        self._passphrase = passphrase

    def __repr__(self) -> str:
        return f"JWTKeys({str(self.privkey)!r}, {str(self.pubkey)!r})"

    @classmethod
    def from_settings(cls, settings: Settings) -> JWTKeys:
        """The keys that ``settings`` name."""
        return cls(settings.jwt_privkey_path, settings.jwt_pubkey_path, settings.jwt_privkey_pass)

    @property
    def own_public(self) -> Path:
        """The file of the deployment's own public key."""
        return self.pubkey if self._pubkey_is_file() else self.pubkey / PUBLIC_NAME

    def exists(self) -> bool:
        """Whether both halves of the deployment's own key are there.

        :raises StorageError: their directories cannot be looked into.
        """
        with files.storage(self.privkey, "read"):
            return self.privkey.is_file() and self.own_public.is_file()

    def create(self, bits: int = 4096) -> None:
        """Make the key pair; the private half first, so that what a crash leaves is completed by calling this again.

        :param bits: of the RSA key.
        :raises PKIError: the pair, or a public key without its private one, is there already; nothing was changed.
        :raises StorageError: a file cannot be written.
        """
        from rmtui.pki import keys

        files.make_dir(self.privkey.parent, 0o755)
        files.make_dir(self.own_public.parent, 0o755)
        with files.lock(self.privkey.with_name(f".{self.privkey.name}.lock")):
            with files.storage(self.privkey, "read"):
                private_there, public_there = self.privkey.exists(), self.own_public.exists()
            if public_there:
                there = self.privkey if private_there else self.own_public
                raise PKIError(
                    tr(
                        "No key for tokens was made: {there} is there already, and was left as it is. Use it, or move it away.",
                        there=plain(there),
                    )
                )
            for path in (self.privkey, self.own_public):
                files.sweep(path)
            key = self._private() if private_there else keys.generate(f"rsa{bits}")
            if not private_there:
                files.write_file(self.privkey, keys.private_pem(key, self._passphrase), 0o600, replace=False)
            files.write_file(self.own_public, keys.public_pem(key.public_key()), 0o644, replace=False)

    def issue(self, claims: Mapping[str, Any], lifetime: dt.timedelta = LIFETIME) -> str:
        """A signed token that is good from now on; ``nbf``, ``iat`` and ``exp`` are always set here.

        :raises TokenError: the claims cannot be written as JSON.
        :raises PKIError: the private key is missing, damaged, or does not open.
        """
        import jwt

        now = int(clock.utcnow().timestamp())
        payload = {**claims, "nbf": now, "iat": now, "exp": now + int(lifetime.total_seconds())}
        try:
            return jwt.encode(payload, self._private(), algorithm=_ALGORITHM)
        except (TypeError, ValueError, jwt.PyJWTError) as error:
            raise TokenError(tr("No token was issued: its claims cannot be written as JSON. Correct the claims and try again.")) from error

    def verify(self, token: str, own_only: bool = False) -> dict[str, Any]:
        """The claims of a token that is signed with a key we believe, and good now.

        :param own_only: believe the deployment's own key only, as for signing in.
        :raises TokenError: it is not to be believed, and why.
        :raises PKIError: no public key can be read.
        """
        import jwt

        if len(token) > _LONGEST or not token.isascii():
            raise TokenError(tr("The token is refused: it is no token, or far too long. Ask for a new one."))
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
        except jwt.PyJWTError:
            raise TokenError(tr("The token is refused: it is damaged, or no token at all. Copy it whole, or ask for a new one.")) from None
        if algorithm != _ALGORITHM:
            raise TokenError(
                tr(
                    "The token is refused: it says {algorithm}, and only {known} is accepted. Ask for a new one.",
                    algorithm=plain(algorithm, 20),
                    known=_ALGORITHM,
                )
            )
        for key in [self._own()] if own_only else self._believed():
            claims = _claims(token, key)
            if claims is not None:
                _check_times(claims)
                return claims
        whose = tr("the deployment's own key") if own_only else tr("a key of this deployment or of a service it believes")
        raise TokenError(tr("The token is refused: it is not signed with {whose}. Ask for a new one from this deployment.", whose=whose))

    def _pubkey_is_file(self) -> bool:
        with files.storage(self.pubkey, "read"):
            return self.pubkey.is_file() or (self.pubkey.suffix in {".pub", ".pem"} and not self.pubkey.is_dir())

    def _private(self) -> RSAPrivateKey:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        from rmtui.pki import keys

        what = tr("The key for tokens {path}", path=plain(self.privkey))
        key = keys.load(files.read_file(self.privkey, follow=True), self._passphrase, what=what)
        if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
            raise PKIError(
                tr(
                    "{what} is no RSA key of {least} bits or more. No token was issued; name the deployment's own key.",
                    what=what,
                    least=_LEAST_BITS,
                )
            )
        return key

    def _own(self) -> RSAPublicKey:
        """The public half of the private key; on a host that does not hold that, the file of its name."""
        try:
            return self._private().public_key()
        except FileMissing:
            key = _public(self.own_public)
        if key is None:
            raise PKIError(tr("{path} is no RSA public key. No token was believed; restore it from a backup.", path=plain(self.own_public)))
        return key

    def _believed(self) -> Iterator[RSAPublicKey]:
        """Every public key of ours and of the services beside; what is no key there proves nothing, and is passed over."""
        if self._pubkey_is_file():
            paths = [self.pubkey]
        else:
            with files.storage(self.pubkey, "read"):
                paths = sorted(self.pubkey.glob("*.pub"), key=lambda path: (path.name != PUBLIC_NAME, path.name))
        if not paths:
            raise FileMissing(tr("There is no *.pub in {path}; no token was believed. Check JWT_PUBKEY_PATH.", path=plain(self.pubkey)))
        unreadable: StorageError | None = None
        none = True
        for path in paths:
            try:
                key = _public(path)
            except StorageError as error:
                unreadable = error
                continue
            if key is not None:
                none = False
                yield key
        if none and unreadable is not None:
            raise unreadable


def _public(path: Path) -> RSAPublicKey | None:
    """The RSA key in a file; None when it holds another thing, or a weak one."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(files.read_file(path, follow=True))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_BITS else None


def _claims(token: str, key: RSAPublicKey) -> dict[str, Any] | None:
    """The claims of a token that ``key`` has signed; None when it has not. Times are judged by our own clock, not here."""
    import jwt

    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "require": ["exp", "nbf", "iat"]}
    try:
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=[_ALGORITHM], options=options)  # type: ignore[arg-type]
    except jwt.InvalidSignatureError:
        return None
    except jwt.MissingRequiredClaimError as error:
        raise TokenError(tr("The token is refused: it does not say its {claim}. Ask for a new one.", claim=plain(error.claim))) from None
    except jwt.PyJWTError:
        raise TokenError(tr("The token is refused: what it claims cannot be read. Ask for a new one.")) from None
    return claims


def _check_times(claims: Mapping[str, Any]) -> None:
    times = {name: claims[name] for name in ("exp", "nbf", "iat")}
    for name, value in times.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
            raise TokenError(tr("The token is refused: its {name} is no time. Ask for a new one.", name=name))
    now = clock.utcnow().timestamp()
    if times["exp"] <= now:
        raise TokenError(tr("The token is refused: it has run out. Ask for a new one."))
    if times["nbf"] > now + _SKEW or times["iat"] > now + _SKEW:
        raise TokenError(tr("The token is refused: it is not valid yet. Check this host's clock, then ask for a new one."))
