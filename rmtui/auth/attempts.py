"""Attempts to sign in are limited: whoever guesses is made to wait."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from rmtui import clock
from rmtui.auth.origin import origin
from rmtui.auth.refusals import TooManyAttempts
from rmtui.auth.sessions import SIGN_IN
from rmtui.db.own import Audit
from rmtui.i18n import tr

__all__ = ["ATTEMPTS", "WINDOW", "check", "lock_name"]

ATTEMPTS: Final = 5
"""Refused attempts by one user of the operating system on one host, after which the next must wait."""
WINDOW: Final = dt.timedelta(minutes=5)
"""How long a refused attempt counts."""


def lock_name() -> str:
    """Name of the lock that an attempt holds, so that many at once are counted one after the other."""
    here = origin()
    return f"sign-in:{here.account}@{here.host}"


def _same_account(account: str) -> Any:
    """Entries of one user of the operating system, whoever the environment says came by ``sudo``."""
    return (Audit.os_user == account) | Audit.os_user.startswith(f"{account} (sudo: ")


def check() -> None:
    """Whether another attempt may be made. Needs an open connection, and the lock.

    :raises TooManyAttempts: not yet; until when.
    """
    here = origin()
    query = Audit.select(Audit.at, Audit.outcome, Audit.details).where(
        (Audit.at > clock.utcnow() - WINDOW) & (Audit.action == SIGN_IN) & (Audit.host == here.host) & _same_account(here.account)
    )
    refused: list[dt.datetime] = []
    for row in query.order_by(Audit.id.desc()).iterator():
        if row.outcome == "done":  # who came in counts from the beginning
            break
        if '"limited": true' not in row.details:
            refused.append(row.at)
    if len(refused) >= ATTEMPTS:
        again = clock.stamp(refused[ATTEMPTS - 1] + WINDOW)
        raise TooManyAttempts(tr("Too many attempts to sign in were refused. Nothing was looked at; try again after {again}.", again=again))
