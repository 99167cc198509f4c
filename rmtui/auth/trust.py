"""What people's certificates are believed by, and which of them are revoked, as far as this host can know."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import suppress
from pathlib import Path
from typing import Final

from rmtui import clock, settings
from rmtui.auth.refusals import SignInRefused
from rmtui.errors import RmtuiError
from rmtui.text import plain

__all__ = ["KEPT", "NoTrust", "trust"]

KEPT: Final = dt.timedelta(minutes=5)
"""How long a CRL that the CA gave is used without asking for another."""

logger = logging.getLogger("rmtui.auth.trust")
_given: dict[str, tuple[dt.datetime, bytes]] = {}
"""The CA's address, when it gave its CRL, and the CRL."""


class NoTrust(SignInRefused):
    """This host does not see the deployment's CA, so no certificate can be believed."""


def trust() -> tuple[bytes, bytes | None]:
    """PEM of the deployment's CAs, and of the CRL; None where no CRL is to be had.

    The files of ``<data>/public`` come first, then those of ``LOCAL_CA_CERTS_PATH`` where a CFSSL signs. Only where no file holds a CRL
    that is still good is the CA asked; while it does not answer, what it gave last is used until that runs out. Then, and without
    any, the database alone tells who is revoked: an outage of the CA locks nobody out.

    :raises NoTrust: no CA certificate is to be had.
    :raises StorageError: a file cannot be read.
    """
    config = settings.current()
    remote = config.cert_backend == "cfssl"
    places = [config.public_dir]
    if remote:
        from rmtui.pki.cfssl import CA_CERTS

        places.append(config.local_ca_certs or CA_CERTS)
    trusted = _first(places, "ca_chain.pem")
    if trusted is None and remote:
        from rmtui.pki.interface import AuthorityMissing
        from rmtui.pki.trust import read_trusted

        with suppress(AuthorityMissing):
            trusted = read_trusted(places[-1])
    if trusted is None:
        where = " or ".join(plain(place / "ca_chain.pem") for place in places)
        raise NoTrust(
            f"This host does not see the deployment's CA ({where}), so no certificate can be believed. "
            "Check RM_PERSISTENT_DATA_DIR, or sign in with a login code."
        )
    crl = _first(places, "crl.pem")
    return trusted, crl if not remote or _good(crl) else _asked_for()


def _first(places: list[Path], name: str) -> bytes | None:
    from rmtui.pki.files import read_file
    from rmtui.pki.interface import FileMissing, StorageError

    for place in places:
        try:
            return read_file(place / name, follow=True)
        except FileMissing:
            continue
        except StorageError:
            if place.is_dir():
                raise
    return None


def _good(crl: bytes | None) -> bool:
    """Whether a CRL has not run out; one that cannot be read is for whoever uses it to tell."""
    from rmtui.pki.chain import until
    from rmtui.pki.interface import CredentialError

    if crl is None:
        return False
    try:
        end = until(crl)
    except CredentialError:
        return True
    return end is not None and clock.utcnow() <= end


def _asked_for() -> bytes | None:
    """The CA's CRL: kept, asked for, or the last that it gave while that is good."""
    from rmtui.pki.cfssl import CfsslAuthority

    config, now = settings.current(), clock.utcnow()
    address = config.ca.ocsprest or config.ca.cfssl
    at, kept = _given.get(address, (None, None))
    if at is None or not dt.timedelta() <= now - at < KEPT:
        try:
            kept = CfsslAuthority.from_settings(config).crl()
            _given[address] = now, kept
        except RmtuiError as error:
            logger.warning("the CRL cannot be had from the CA: %s", error.sentence)
    return kept if _good(kept) else None
