"""Carrying our revocations over to a CA that keeps a list of its own: those that are not on it are told, one by one."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rmtui import clock
from rmtui.errors import ConfigurationError
from rmtui.pki.cfssl_talk import UnknownThere
from rmtui.pki.chain import serials_of
from rmtui.pki.interface import AuthorityUnavailable, NoAnswer, PKIError, Revocation

if TYPE_CHECKING:
    from rmtui.pki.cfssl import CfsslAuthority

__all__ = ["MOST_UNKNOWN", "carry_over"]

logger = logging.getLogger("rmtui.pki.cfssl")

MOST_UNKNOWN = 20
"""Certificates that the CA does not know, of which it is told at a time."""


def carry_over(ca: CfsslAuthority, revocations: Iterable[Revocation]) -> PKIError | None:
    """Revoke at the CA what is not on its list; what it does not know or refuses is logged, and keeps no other from being revoked.

    :return: why some could not be revoked, though that may come right.
    :raises NoAnswer: the CA does not answer; the next would fare no better.
    :raises PKIError: there is no list to go by, though it was published anew. None is told: else all would be, each time.
    """
    listed = _listed(ca)
    failed: PKIError | None = None
    unlisted = [each for each in {each.serial: each for each in revocations}.values() if each.serial not in listed]
    if len(unlisted) > MOST_UNKNOWN:
        random.shuffle(unlisted)  # so that none is always among those that are left for another time
    unknown = 0
    for each in unlisted:
        if unknown == MOST_UNKNOWN:
            logger.warning("the CA does not know %d of those revoked here; others are left for another time", unknown)
            break
        try:
            ca.revoke(each, tuple)
        except UnknownThere:
            unknown += 1
            logger.warning("revoked here, and not known to the CA: serial %x", each.serial)
        except (NoAnswer, ConfigurationError):
            raise
        except PKIError as error:
            logger.warning("revoked here, and not at the CA: serial %x: %s", each.serial, error)
            if isinstance(error, AuthorityUnavailable):
                failed = failed or error
    return failed


def _listed(ca: CfsslAuthority) -> frozenset[int]:
    """Serial numbers on the CA's list, which is published anew where it cannot be read, is not believed or has run out."""
    chain = ca.ca_chain()
    try:
        return serials_of(ca.crl(), chain, clock.utcnow())
    except NoAnswer:
        raise
    except PKIError as error:
        logger.warning("the CRL is of no use, and is published anew: %s", error)
    ca.refresh()
    return serials_of(ca.crl(), chain, clock.utcnow())
