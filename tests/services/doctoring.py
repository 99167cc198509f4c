"""People for the doctor to look at, what it finds, and having it put right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from rmtui import clock, settings
from rmtui.db.middleware import connection
from rmtui.db.people import Person, Role
from rmtui.pki import certificates, keys
from rmtui.services import doctor
from rmtui.services.bulk import Result


def named(callsign: str, *roles: str) -> Person:
    """Somebody whole: row, files, record."""
    with connection():
        person = Person.create_with_cert(callsign)
        for role in roles:
            Role.create(user=person.pk, role=role)
    return person


def planted(directory: Path, *names: str, key: ec.EllipticCurvePrivateKey | None = None, **changes: Any) -> str:
    """A certificate for all of these CNs alone in a directory; its serial.

    :param key: of another CA of the same name, in place of the deployment's.
    :param changes: ``serial``, and ``extension``, which it has; others have none.
    """
    ca = settings.current().people_dir.with_name("ca")
    issuing = x509.load_pem_x509_certificate((ca / "issuing.pem").read_bytes())
    now = clock.utcnow()
    builder = x509.CertificateBuilder(
        issuing.subject,
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names]),
        ec.generate_private_key(ec.SECP256R1()).public_key(),
        changes.get("serial") or x509.random_serial_number(),
        now - certificates.BACKDATED,
        now + 30 * certificates.BACKDATED,
    )
    if "extension" in changes:
        builder = builder.add_extension(changes["extension"], critical=True)
    signer = key or keys.load((ca / "issuing.key").read_bytes(), what="the CA's key")
    made = builder.sign(signer, certificates.signature_hash(signer))
    directory.mkdir(0o700, parents=True, exist_ok=True)
    (directory / "mtls.pem").write_bytes(made.public_bytes(Encoding.PEM))
    return f"{made.serial_number:x}"


def troubles() -> set[tuple[str, str, str]]:
    """What is not well: check, subject, repair."""
    return {(each.check, each.subject, each.repair) for each in doctor.examine().findings if each.severity != "ok"}


def repair_all(operator) -> list[Result]:
    plans = doctor.examine().plans
    return [each for plan in plans for each in doctor.repair(operator, plan.repair, doctor.targets_of(plan)).results]
