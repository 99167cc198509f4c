"""Whether the CRL that the deployment publishes names a certificate; read from its files, as those who check certificates do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmtui import clock, settings
from rmtui.auth.trust import published
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.services.types import CRLState
from rmtui.text import plain

if TYPE_CHECKING:
    from cryptography.x509 import Name

__all__ = ["crl_state"]


def crl_state(serial: int, issuer: Name) -> CRLState:
    """What the published CRLs say of a certificate."""
    from rmtui.pki.chain import look_up

    try:
        crl, trusted = published("crl.pem"), published("ca_chain.pem")
        if crl is None or trusted is None:
            place = plain(settings.current().public_dir)
            if crl is None:
                return CRLState(None, tr("There is no CRL that this host can see in {place}.", place=place))
            return CRLState(None, tr("There is no CA chain to check the CRL with that this host can see in {place}.", place=place))
        found = look_up(serial, issuer, trusted, crl)
    except RmtuiError as error:
        return CRLState(None, error.sentence)
    if found is None:
        return CRLState(None, tr("None of the CRLs is of this certificate's issuer and signed by it; renew them with rmtui crl."))
    late = found.until is not None and clock.utcnow() > found.until
    if found.revoked_on is None:
        said = tr("not on the CRL of {minute}", minute=clock.minute(found.issued))
    else:
        said = tr("on the CRL since {minute}, reason {reason}", minute=clock.minute(found.revoked_on), reason=plain(found.reason, 40))
    if late and found.until is not None:
        said = tr(
            "{state}; the CRL has run out (next update was {minute}): renew it with rmtui crl", state=said, minute=clock.minute(found.until)
        )
    return CRLState(found.revoked_on is not None, said, late=late)
