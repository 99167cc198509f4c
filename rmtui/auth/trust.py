"""What people's certificates are believed by, and which of them are revoked, as far as this host can know."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rmtui import clock, settings
from rmtui.auth.refusals import SignInRefused
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.settings_ca import RemoteCA
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.pki.cfssl import CfsslAuthority

__all__ = ["KEPT", "NoTrust", "published", "trust"]

KEPT: Final = dt.timedelta(minutes=5)
"""How long what the CA gave is used without asking again."""

logger = logging.getLogger("rmtui.auth.trust")
_given: dict[tuple[RemoteCA, str], tuple[dt.datetime, bytes]] = {}
"""When a CA gave what, and that."""


class NoTrust(SignInRefused):
    """This host does not see the deployment's CA, so no certificate can be believed."""


def trust() -> tuple[bytes, bytes | None]:
    """PEM of the deployment's CAs, and of the CRL; None where no CRL is to be had.

    The files of ``<data>/public`` come first, then those of ``LOCAL_CA_CERTS_PATH`` where a CFSSL signs. Only where there is no chain, or
    no CRL that is still good, is the CA asked; while it does not answer, what it gave last is used, a CRL until that runs out. Then,
    and without any, the database alone tells who is revoked: an outage of the CA locks nobody out.

    :raises NoTrust: no CA certificate is to be had.
    :raises StorageError: a file cannot be read.
    """
    remote = settings.current().cert_backend == "cfssl"
    places = _places()
    trusted = _first(places, "ca_chain.pem")
    if trusted is None and remote:
        trusted = _from_ca(lambda ca: ca.ca_chain(), "CA's certificate") or _all_of(places[-1])
    if trusted is None:
        where = " or ".join(plain(place / "ca_chain.pem") for place in places)
        raise NoTrust(
            tr(
                "This host does not see the deployment's CA ({where}), so no certificate can be believed. Check "
                "RM_PERSISTENT_DATA_DIR, or sign in with a login code.",
                where=where,
            )
        )
    crl = _first(places, "crl.pem")
    if remote and not _good(crl):
        crl = _from_ca(lambda ca: ca.crl(), "CRL")
        crl = crl if _good(crl) else None
    return trusted, crl


def published(name: str) -> bytes | None:
    """The first file of this name that :func:`trust` looks for; None where there is none.

    :param name: ``ca_chain.pem`` or ``crl.pem``.
    :raises StorageError: it cannot be read.
    """
    return _first(_places(), name)


def _places() -> list[Path]:
    config = settings.current()
    if config.cert_backend != "cfssl":
        return [config.public_dir]
    from rmtui.pki.mutual_tls import CA_CERTS

    return [config.public_dir, config.local_ca_certs or CA_CERTS]


def _all_of(place: Path) -> bytes | None:
    from rmtui.pki.interface import AuthorityMissing
    from rmtui.pki.trust import read_trusted

    try:
        return read_trusted(place)
    except AuthorityMissing:
        return None


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


def _from_ca(ask: Callable[[CfsslAuthority], bytes], what: str) -> bytes | None:
    """What the CA gives: kept, asked for, or the last that it gave; None when there is none."""
    from rmtui.pki.cfssl import CfsslAuthority

    config, now = settings.current(), clock.utcnow()
    place = (config.ca, what)
    at, kept = _given.get(place, (None, None))
    if at is None or not dt.timedelta() <= now - at < KEPT:
        try:
            kept = ask(CfsslAuthority.from_settings(config))
            _given[place] = now, kept
        except RmtuiError as error:
            logger.warning("the %s cannot be had from the CA: %s", what, error)
    return kept
