"""Telling the world which certificates are revoked: the authority where it keeps count itself, then everybody by the CRL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rmtui.db import effects
from rmtui.db.own import Effect, Issued
from rmtui.errors import RmtuiError, UnreachableError

if TYPE_CHECKING:
    from rmtui.pki.interface import Authority, Revocation

__all__ = ["publish"]


def publish(signer: Authority, revocations: Callable[[], Iterable[Revocation]]) -> None:
    """Tell of every revocation that was committed; those that waited for it are done, or are tried again later.

    :raises RmtuiError: none could be told of, or one that this process has in hand could not.
    """
    waiting = effects.unpublished()  # before the revocations are read, so that all of these are among them
    refused: RmtuiError | None = None
    try:
        for effect in list(waiting):
            try:
                if effect.target != effects.CRL:
                    _revoke(signer, effect, revocations)
            except UnreachableError:
                raise
            except RmtuiError as error:
                if effects.ours(effect):
                    refused = error
                effects.failed([effect], error.sentence)
                waiting.remove(effect)
        signer.publish_crl(revocations)
    except RmtuiError as error:
        effects.failed(waiting, error.sentence)
        raise
    effects.done(waiting)
    if refused is not None:
        raise refused


def _revoke(signer: Authority, effect: Effect, revocations: Callable[[], Iterable[Revocation]]) -> None:
    from rmtui.pki.interface import Revocation

    found: Issued | None = Issued.get_or_none(Issued.serial == effect.target.removeprefix(effects.CA))
    if found is not None and found.revoked_on is not None:
        signer.revoke(Revocation(int(found.serial, 16), found.revoked_on, found.reason or "unspecified", found.not_after), revocations)
