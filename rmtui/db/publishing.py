"""Telling the world which certificates are revoked: the authority where it keeps count itself, then everybody by the CRL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rmtui import clock
from rmtui.db import effects
from rmtui.db.own import Effect, Issued
from rmtui.errors import RmtuiError

if TYPE_CHECKING:
    from rmtui.pki.interface import Authority, Revocation

__all__ = ["publish"]


def publish(signer: Authority, revocations: Callable[[], Iterable[Revocation]], *, at_once: bool = False) -> None:
    """Tell of every revocation that was committed; those that waited for it are done, or are tried again later.

    :param at_once: whether what failed before is tried again though it was to wait.
    :raises RmtuiError: none could be told of, or one could not that this process has in hand or was to tell at once.
    """
    from rmtui.pki.interface import NoAnswer

    if not signer.lists:
        _plan_untold()
    waiting = effects.unpublished(at_once=at_once)  # before the revocations are read, so that all of these are among them
    refused: RmtuiError | None = None
    try:
        for effect in list(waiting):
            try:
                if effect.target != effects.CRL:
                    _revoke(signer, effect, revocations)
            except NoAnswer:
                raise
            except RmtuiError as error:
                if at_once or effects.ours(effect):
                    refused = error
                effects.failed([effect], error)
                waiting.remove(effect)
        signer.publish_crl(revocations)
    except RmtuiError as error:
        effects.failed(waiting, error)
        raise
    effects.done(waiting)
    if refused is not None:
        raise refused


def _plan_untold() -> None:
    """An authority that shows no list is told of each once, also of what was recorded before it was the authority."""
    good = Issued.revoked_on.is_null(False) & (Issued.not_after > clock.utcnow())
    query: Any = Issued.select(Issued.person, Issued.callsign, Issued.serial).where(good).order_by(Issued.revoked_on)
    effects.plan_untold(query.tuples())


def _revoke(signer: Authority, effect: Effect, revocations: Callable[[], Iterable[Revocation]]) -> None:
    from rmtui.pki.interface import Revocation

    found: Issued | None = Issued.get_or_none(Issued.serial == effect.target.removeprefix(effects.CA))
    if found is not None and found.revoked_on is not None:
        signer.revoke(Revocation(int(found.serial, 16), found.revoked_on, found.reason or "unspecified", found.not_after), revocations)
