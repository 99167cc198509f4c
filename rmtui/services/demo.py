"""A sample deployment to try the console on: about 40 people, 25 waiting, and gone afterwards whatever ends the program."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rmtui import clock, settings
from rmtui.auth.operator import ADMIN
from rmtui.db.base import bind_config, db, init_db
from rmtui.db.config import DBConfig
from rmtui.db.enrollments import Enrollment, EnrollmentPool, EnrollmentState
from rmtui.db.middleware import connection
from rmtui.db.own import Audit, Issued
from rmtui.db.people import Person, Role
from rmtui.settings import Secret
from rmtui.text import CODE_ALPHABET

__all__ = ["OPERATOR", "Demo", "demo"]

OPERATOR = "AURORA"
"""Who acts in the demo."""

_PEOPLE = [
    "AURORA",
    "ILVES",
    "KARHU01",
    "KETTU",
    "SUSI12",
    "HAUKKA",
    "KOTKA",
    "PÖLLÖ",
    "TIIRA",
    "LOKKI02",
    "NORPPA",
    "HYLJE",
    "AHMA",
    "MÄYRÄ",
    "SAUKKO",
    "MINKKI",
    "HIRVI",
    "PORO7",
    "METSO",
    "TEERI",
    "RIEKKO",
    "PYY01",
    "KURKI",
    "JOUTSEN",
    "HANHI",
    "SORSA",
    "TELKKÄ",
    "KUIKKA",
    "HARRIER",
    "FALCON03",
    "OSPREY",
    "MERLIN",
    "KESTREL",
    "BISON",
    "LYNX",
    "VIXEN",
    "ÅSKA",
    "BJÖRN",
    "VARG",
    "ÄLG",
]
_WAITING = [
    "RAVEN",
    "BADGER04",
    "OTTER",
    "SALAMA",
    "MYRSKY",
    "PAKKANEN",
    "HALLA",
    "ROUTA",
    "TUISKU",
    "PYRY",
    "SUVI",
    "KAAMOS",
    "VIIMA",
    "KALLIO",
    "SORA",
    "HIEKKA",
    "KANTO",
    "PUNKKI",
    "JÄKÄLÄ",
    "KANERVA",
    "VARPU",
    "NAAVA",
    "KARHUO1",
    "SAMMAL",
    "TAMMI",
]
_REJECTED = {"UNKNOWN1": "Nobody at the gate knows them", "TEST": "Test entry", "KARHU_01": "Asked twice", "FOX": "Wrong unit"}
_REVOKED = {"MINKKI": "cessationOfOperation", "SORSA": "keyCompromise", "VARG": "affiliationChanged"}
_ROLES = {"AURORA": [ADMIN], "ILVES": [ADMIN, "signal"], "KETTU": ["signal"], "HAUKKA": ["pilot"], "KOTKA": ["pilot", "medic"]}


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the sample is, while it is."""

    directory: Path
    operator: str
    codes: dict[str, str]
    """Approve codes of those who wait, by callsign: in a demo nobody can read them out."""


@contextmanager
def demo() -> Iterator[Demo]:
    """Make the sample, point the settings at it, and remove it afterwards."""
    shm = Path("/dev/shm")  # noqa: S108  # memory, where there is such a place: not even a disk keeps it
    parent = shm if shm.is_dir() and os.access(shm, os.W_OK) else None
    directory = Path(tempfile.mkdtemp(prefix="rmtui-demo-", dir=parent))
    watcher = _watch(directory)
    before = settings.current()
    try:
        settings.configure(
            replace(
                before,
                data_dir=directory,
                local_data_dir=directory,
                data_dir_named=True,
                operator=OPERATOR,
                cert_backend="embedded",
                manifest=None,
                jwt_privkey=None,
                jwt_pubkey=None,
                ca_passphrase=Secret(),
                read_only=False,
            )
        )
        DBConfig.singleton(dsn=Secret(f"sqlite:///{directory / 'rmtui.db'}"))
        bind_config()
        codes = _fill()
        settings.configure(replace(settings.current(), read_only=before.read_only))
        DBConfig.singleton(dsn=Secret(f"sqlite:///{directory / 'rmtui.db'}"))
        yield Demo(directory, OPERATOR, codes)
    finally:
        settings.configure(before)
        shutil.rmtree(directory, ignore_errors=True)
        os.close(watcher)


def _watch(directory: Path) -> int:
    """A child that removes the directory when this process ends in whatever way; the end of the pipe that it watches."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            os.close(writer)
            os.read(reader, 1)  # ends when the parent's end is closed, by itself or by the kernel
            shutil.rmtree(directory, ignore_errors=True)
        finally:
            os._exit(0)
    os.close(reader)
    return writer


def _fill() -> dict[str, str]:
    from rmtui.pki.embedded import EmbeddedAuthority
    from rmtui.pki.identity import make_identity

    config = settings.current()
    init_db()
    signer = EmbeddedAuthority.create(
        config.ca_dir, config.public_dir, passphrase=Secret(), hours=config.cert_hours, key_type="ec256", name="Demo"
    )
    dice = random.Random(8)  # noqa: S311  # the same sample every time
    now = clock.utcnow()

    def ago(least: float, most: float) -> dt.datetime:
        return now - dt.timedelta(hours=dice.uniform(least, most))

    def key() -> uuid.UUID:
        return uuid.UUID(int=dice.getrandbits(128), version=4)

    def code() -> str:
        return "".join(dice.choices(CODE_ALPHABET, k=config.code_size))

    with connection(), db.atomic():
        pks = {name: key() for name in _PEOPLE}
        boss = pks[OPERATOR]
        joined = {name: ago(200, 900) for name in _PEOPLE}
        people, issued = [], []
        for name, pk in pks.items():
            signed = make_identity(config.people_dir / str(pk), name, signer, key_type="ec256")
            gone = ago(2, 100) if name in _REVOKED else None
            people.append(
                Person(
                    pk=pk,
                    callsign=name,
                    certspath=str(config.people_dir / str(pk)),
                    created=joined[name],
                    deleted=gone,
                    revoke_reason=_REVOKED.get(name),
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
                    reason=_REVOKED.get(name),
                )
            )
        Person.bulk_create(people)
        Issued.bulk_create(issued)
        Role.bulk_create([Role(user=pks[name], role=role) for name, roles in _ROLES.items() for role in roles])
        pools = [
            EnrollmentPool(pk=key(), owner=boss, invitecode=code(), active=active, created=ago(900, 950)) for active in (True, True, False)
        ]
        EnrollmentPool.bulk_create(pools)
        rows, audit = [], []

        def enrol(name: str, state: EnrollmentState, created: dt.datetime, decided: dt.datetime | None) -> Enrollment:
            row = Enrollment(
                pk=key(),
                callsign=name,
                approvecode=code(),
                state=int(state),
                created=created,
                updated=decided or created,
                decided_on=decided,
                decided_by=boss if decided else None,
                person=pks.get(name) if state is EnrollmentState.APPROVED else None,
                pool=dice.choice(pools).pk if dice.random() < 0.8 else None,
            )
            rows.append(row)
            return row

        for name in _PEOPLE[1:]:
            enrol(name, EnrollmentState.APPROVED, joined[name] - dt.timedelta(minutes=dice.randint(2, 300)), joined[name])
        for name, reason in _REJECTED.items():
            asked = ago(30, 120)
            row = enrol(name, EnrollmentState.REJECTED, asked, asked + dt.timedelta(minutes=dice.randint(2, 90)))
            audit.append((row, reason))
        waiting = [enrol(name, EnrollmentState.PENDING, now - dt.timedelta(minutes=dice.uniform(1, 60) ** 1.7), None) for name in _WAITING]
        Enrollment.bulk_create(rows)
        for row, reason in audit:
            Audit.create(
                at=row.decided_on,
                operator_pk=boss,
                operator=OPERATOR,
                proof="unproven",
                surface="console",
                action="reject",
                outcome="done",
                target_pk=row.pk,
                target=row.callsign,
                detail=reason,
            )
    return {row.callsign: row.approvecode for row in waiting}
