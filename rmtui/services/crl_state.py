"""Whether the CRL that the deployment publishes names a certificate; read from its files, as those who check certificates do."""

from __future__ import annotations

import datetime as dt

from rmtui import clock, settings
from rmtui.auth.trust import published
from rmtui.errors import RmtuiError
from rmtui.services.types import CRLState
from rmtui.text import plain

__all__ = ["crl_state"]


def crl_state(serial: str, issuer: str) -> CRLState:
    """What the published CRLs say of a certificate.

    :param serial: hexadecimal.
    :param issuer: RFC 4514.
    """
    from rmtui.pki.chain import look_up

    try:
        crl, trusted = published("crl.pem"), published("ca_chain.pem")
        if crl is None or trusted is None:
            what = "CRL" if crl is None else "CA chain to check the CRL with"
            return CRLState(None, f"There is no {what} that this host can see in {plain(settings.current().public_dir)}.")
        found = look_up(int(serial, 16), issuer, trusted, crl)
    except RmtuiError as error:
        return CRLState(None, error.sentence)
    if found is None:
        return CRLState(None, "None of the CRLs is of this certificate's issuer and signed by it; renew them with rmtui crl.")
    late = _late(found.until)
    if found.revoked_on is None:
        return CRLState(False, f"not on the CRL of {_minute(found.issued)}{late}", late=bool(late))
    said = f"on the CRL since {_minute(found.revoked_on)}, reason {plain(found.reason, 40)}{late}"
    return CRLState(True, said, late=bool(late))


def _minute(when: dt.datetime) -> str:
    return when.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%MZ")


def _late(until: dt.datetime | None) -> str:
    """That it has run out, as the rest of a sentence; empty while it is good."""
    if until is None or clock.utcnow() <= until:
        return ""
    return f"; the CRL has run out (next update was {_minute(until)}): renew it with rmtui crl"
