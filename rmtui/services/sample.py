"""Believable people for the demo: the same ones every time, as they would be a few weeks into a deployment."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any

from rmtui import __version__, clock, settings
from rmtui.auth.operator import ADMIN
from rmtui.db import trail
from rmtui.db.base import db, init_db
from rmtui.db.enrollments import Enrollment, EnrollmentPool, EnrollmentState
from rmtui.db.logincodes import CODE_SIZE, LoginCode
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.people import Person, Role
from rmtui.settings import Secret
from rmtui.text import CODE_ALPHABET

__all__ = ["OPERATOR", "fill"]

OPERATOR = "AURORA"
"""Who acts in the demo."""

PEOPLE = """
    AURORA ILVES KARHU01 KETTU SUSI12 HAUKKA KOTKA PÖLLÖ TIIRA LOKKI02 NORPPA HYLJE AHMA MÄYRÄ SAUKKO MINKKI HIRVI PORO7
    METSO TEERI RIEKKO PYY01 KURKI JOUTSEN HANHI SORSA TELKKÄ KUIKKA HARRIER FALCON03 OSPREY MERLIN KESTREL BISON LYNX
    VIXEN ÅSKA BJÖRN VARG ÄLG
""".split()
WAITING = """
    RAVEN BADGER04 OTTER SALAMA MYRSKY PAKKANEN HALLA ROUTA TUISKU PYRY SUVI KAAMOS VIIMA KALLIO SORA HIEKKA KANTO PUNKKI
    JÄKÄLÄ KANERVA VARPU NAAVA KARHUO1 SAMMAL TAMMI
""".split()
REJECTED = {"UNKNOWN1": "Nobody at the gate knows them", "TEST": "Test entry", "KARHU_01": "Asked twice", "FOX": "Wrong unit"}
REVOKED = {"MINKKI": "cessationOfOperation", "SORSA": "keyCompromise", "VARG": "affiliationChanged"}
ROLES = {
    "AURORA": [ADMIN],
    "ILVES": [ADMIN, "signal"],
    "KETTU": ["signal"],
    "HAUKKA": ["pilot"],
    "HARRIER": ["pilot"],
    "KOTKA": ["medic", "pilot"],
    "NORPPA": ["medic"],
    "BJÖRN": ["logistics"],
    "METSO": ["logistics", "signal"],
}


class _Sample:
    """Draws what is made up, always the same for the same clock."""

    def __init__(self) -> None:
        self.dice = random.Random(8)  # noqa: S311  # made up, and nobody's secret
        self.now = clock.utcnow()
        self.pks = {name: self.pk() for name in PEOPLE}
        self.joined = {name: self.ago(hours=self.dice.uniform(200, 900)) for name in PEOPLE}
        self.boss = self.pks[OPERATOR]
        self.pools = [
            EnrollmentPool(pk=self.pk(), owner=self.boss, invitecode=self.code(), active=active, created=self.ago(hours=910), extra={})
            for active in (True, True, False)
        ]

    def pk(self) -> uuid.UUID:
        return uuid.UUID(int=self.dice.getrandbits(128), version=4)

    def code(self) -> str:
        return "".join(self.dice.choices(CODE_ALPHABET, k=settings.current().code_size))

    def ago(self, **span: float) -> dt.datetime:
        return self.now - dt.timedelta(**span)

    def enrollment(self, name: str, state: EnrollmentState, created: dt.datetime, decided: dt.datetime | None = None) -> Enrollment:
        return Enrollment(
            pk=self.pk(),
            callsign=name,
            approvecode=self.code(),
            state=int(state),
            created=created,
            updated=decided or created,
            decided_on=decided,
            decided_by=self.boss if decided else None,
            person=self.pks.get(name),
            pool=self.dice.choice(self.pools).pk if self.dice.random() < 0.8 else None,
            extra={},
        )


def fill() -> dict[str, str]:
    """Make the sample in an empty embedded deployment.

    :return: approve codes of those who wait, by callsign.
    """
    init_db()
    sample = _Sample()
    with connection(), db.atomic():
        _people(sample)
        EnrollmentPool.bulk_create(sample.pools)
        Role.bulk_create([Role(user=sample.pks[name], role=role) for name, roles in ROLES.items() for role in roles])
        waiting = _enrollments(sample)
        _login_codes(sample)
    return waiting


def _people(sample: _Sample) -> None:
    """People, with real certificates from an authority of the sample's own."""
    from rmtui.pki.embedded import EmbeddedAuthority
    from rmtui.pki.identity import make_identity
    from rmtui.pki.tokens import JWTKeys

    config = settings.current()
    signer = EmbeddedAuthority.create(
        config.ca_dir, config.public_dir, passphrase=Secret(), hours=config.cert_hours, key_type="ec256", name="Demo"
    )
    JWTKeys.from_settings(config).create(bits=2048)
    people, issued = [], []
    for name, pk in sample.pks.items():
        directory = config.people_dir / str(pk)
        signed = make_identity(directory, name, signer, key_type="ec256")
        reason = REVOKED.get(name)
        gone = sample.ago(hours=sample.dice.uniform(2, 100)) if reason else None
        joined = sample.joined[name]
        people.append(
            Person(
                pk=pk, callsign=name, certspath=str(directory), created=joined, updated=joined, deleted=gone, revoke_reason=reason, extra={}
            )
        )
        issued.append(
            Issued(
                serial=f"{signed.serial:x}",
                person=pk,
                callsign=name,
                fingerprint=signed.fingerprint,
                not_before=signed.not_before,
                not_after=signed.not_after,
                committed=True,
                revoked_on=gone,
                reason=reason,
            )
        )
    Person.bulk_create(people)
    Issued.bulk_create(issued)


def _enrollments(sample: _Sample) -> dict[str, str]:
    """Who came in, who was turned away and why, and who waits."""
    dice = sample.dice
    approved = [
        sample.enrollment(name, EnrollmentState.APPROVED, at - dt.timedelta(minutes=dice.randint(2, 300)), at)
        for name, at in sample.joined.items()
        if name != OPERATOR
    ]
    rejected = []
    for name in REJECTED:
        asked = sample.ago(hours=dice.uniform(30, 120))
        rejected.append(sample.enrollment(name, EnrollmentState.REJECTED, asked, asked + dt.timedelta(minutes=dice.randint(2, 90))))
    waiting = [sample.enrollment(name, EnrollmentState.PENDING, sample.ago(minutes=dice.uniform(1, 60) ** 1.7)) for name in WAITING]
    Enrollment.bulk_create([*approved, *rejected, *waiting])
    _trail(sample, approved, rejected)
    return {row.callsign: row.approvecode for row in waiting}


def _login_codes(sample: _Sample) -> None:
    """One that waits to be used, and one that was."""
    said = [({"sub": "KETTU"}, 30, None), ({"sub": "ILVES"}, 80, 79)]
    LoginCode.bulk_create(
        [
            LoginCode(
                pk=sample.pk(),
                code="".join(sample.dice.choices(CODE_ALPHABET, k=CODE_SIZE)),
                claims=claims,
                created=sample.ago(hours=made),
                updated=sample.ago(hours=used or made),
                used_on=sample.ago(hours=used) if used else None,
                auditmeta={"created_by": OPERATOR, **({"used_by": claims["sub"]} if used else {})},
            )
            for claims, made, used in said
        ]
    )


def _trail(sample: _Sample, approved: list[Enrollment], rejected: list[Enrollment]) -> None:
    """What was done and refused, as the audit trail has it: decisions, and a few sign-ins and roles among them."""
    boss: dict[str, Any] = {"operator_pk": sample.boss, "operator": OPERATOR, "proof": "certificate"}
    nobody: dict[str, Any] = {"operator_pk": None, "operator": "", "proof": "none"}
    told: list[tuple[dt.datetime, dict[str, Any]]] = []

    def tell(at: dt.datetime | None, who: dict[str, Any], action: str, name: str, pk: Any, outcome: str = "done", **more: Any) -> None:
        assert at is not None
        told.append((at, {**who, "action": action, "outcome": outcome, "target": name, "target_pk": pk, "reason": "", **more}))

    for row in approved:
        tell(row.decided_on, boss, "approve", row.callsign, row.pk)
    for row in rejected:
        tell(row.decided_on, boss, "reject", row.callsign, row.pk, reason=REJECTED[row.callsign])
    for name, roles in ROLES.items():
        for role in roles if name != OPERATOR else ():
            at = sample.joined[name] + dt.timedelta(minutes=sample.dice.randint(10, 600))
            tell(at, boss, "assign-role", name, sample.pks[name], details={"role": role})
    for hours in (50, 26, 3):
        tell(sample.ago(hours=hours), boss, "sign-in", OPERATOR, sample.boss, details={"way": "certificate"})
    wrong = "That is not the code of RAVEN; nothing was approved. Ask them to read it out again."
    tell(sample.ago(hours=2.5), boss, "approve", "RAVEN", None, "refused", reason=wrong)
    tell(sample.ago(hours=26.1), nobody, "sign-in", "", None, "refused", reason="There is no such login code.", details={"way": "code"})
    here: dict[str, Any] = {
        "surface": "console",
        "os_user": "aurora",
        "host": "gate",
        "origin": "198.51.100.7 50112 192.0.2.10 22",
        "program": __version__,
    }
    for at, values in sorted(told, key=lambda each: each[0]):
        trail.append(trail.Entry(**here, **values), at=at)
