"""The certificate that others are told of: the person's own, or none."""

from __future__ import annotations

from rmtui.db.people import Person
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.pki.identity import read_certificate
from rmtui.services.effects.types import NoCertificate
from rmtui.text import plain

__all__ = ["pem_of"]


def pem_of(person: Person) -> str:
    """PEM of a person's certificate and its chain.

    :raises NoCertificate: it cannot be read, or is somebody else's.
    """
    try:
        found = read_certificate(person.directory)
        pem = person.get_cert_pem().decode("ascii", "replace")
    except RmtuiError as error:  # whatever it is, it concerns this person alone
        raise NoCertificate(
            tr("The certificate of {callsign} cannot be told of. {error}", callsign=plain(person.callsign, 80), error=error.sentence)
        ) from error
    if found.names != person.callsign:
        raise NoCertificate(
            tr(
                "The certificate in the files of {callsign} is that of {names}, and nobody was told of it. Give them a "
                "new one, or skip this.",
                callsign=plain(person.callsign, 80),
                names=plain(found.names, 80) or tr("nobody"),
            )
        )
    return pem
