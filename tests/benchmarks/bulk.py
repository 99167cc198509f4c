"""What approvals cost: many marked ones with and without CSRs, and one whose key was made ahead."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from stage import ENROLLMENT_COLUMNS, PERSON_COLUMNS, ROLE_COLUMNS, admin, enrollments, fill, make
from trail import bind

from rmtui import settings
from rmtui.settings import Secret

MANY = 100
Row = tuple[object, ...]
Report = Callable[..., None]


def keyring(root: Path) -> Path:
    """An authority as deployments have it, with RSA-4096 keys."""
    from rmtui.pki.embedded import EmbeddedAuthority

    made = root / "keyring-rsa"
    EmbeddedAuthority.create(made / "private" / "ca", made / "public", passphrase=Secret(), hours=1008, name="Bench")
    return made


def requests(rows: list[Row]) -> dict[str, bytes]:
    """A CSR for each callsign; their keys are elliptic, so that making them takes no time."""
    from rmtui.pki.csr import build_csr

    return {str(row[4]): build_csr(ec.generate_private_key(ec.SECP256R1()), str(row[4])) for row in rows}


@dataclass
class Stage:
    """A deployment to measure on."""

    url: str
    rows: list[Row]
    csrs: dict[str, bytes]
    """By callsign."""
    boss: Any


def stage(engine: str, root: Path, pg: str, ca: Path, count: int, csrs: bool) -> Stage:
    """A deployment of one admin with enrolments that wait."""
    from rmtui.auth.operator import Operator
    from rmtui.db.enrollments import Enrollment
    from rmtui.db.middleware import connection
    from rmtui.db.people import Person

    env = make(engine, root, pg, ca) | {"RMTUI_KEY_TYPE": "rsa4096"}
    users, roles = admin()
    rows = list(enrollments(count))
    fill(env, "users", PERSON_COLUMNS, users)
    fill(env, "roles", ROLE_COLUMNS, roles)
    fill(env, "enrollments", ENROLLMENT_COLUMNS, rows)
    bind(env, root)
    asked = requests(rows) if csrs else {}
    with connection() as db, db.atomic():
        for callsign, pem in asked.items():
            Enrollment.update(csr=pem.decode()).where(Enrollment.callsign == callsign).execute()
        boss = Person.by_callsign("BOSS")
    return Stage(env["RM_DB_DSN"], rows, asked, Operator(boss.pk, boss.callsign, "benchmark"))


def approvals(on: Stage) -> list[Any]:
    """What is asked for, of all that wait."""
    from rmtui.pki.csr import describe_csr
    from rmtui.services.bulk import Target
    from rmtui.services.bulk_actions import Approval

    def key(callsign: str) -> str:
        return describe_csr(on.csrs[callsign]).fingerprint if on.csrs else ""

    return [Approval(Target(uuid.UUID(str(row[0])), str(row[4])), Secret(str(row[3])), key(str(row[4]))) for row in on.rows]


class Floor:
    """The bare work of an approval: signatures, PKCS#12, durable files and one committed transaction."""

    def __init__(self, root: Path, url: str) -> None:
        ca = settings.current().ca_dir
        self.issuer = x509.load_pem_x509_certificate((ca / "issuing.pem").read_bytes())
        self.key = load_pem_private_key((ca / "issuing.key").read_bytes(), None)
        self.directory = root / f"floor-{uuid.uuid4().hex[:8]}"
        self.directory.mkdir()
        self.connection, self.mark, self.tables = self._connect(url)

    @staticmethod
    def _connect(url: str) -> tuple[Any, str, tuple[str, str]]:
        if url.startswith("sqlite"):
            connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            connection.execute("PRAGMA journal_mode = wal")
            connection.execute("PRAGMA synchronous = full")
            return connection, "?", ("users", "enrollments")
        return psycopg2.connect(url), "%s", ("raesenmaeher.users", "raesenmaeher.enrollments")

    def one(self, row: Row, request: bytes | None, key: rsa.RSAPrivateKey | None) -> None:
        """What one approval cannot do without."""
        from rmtui.pki.certificates import leaf_certificate
        from rmtui.pki.csr import build_csr
        from rmtui.pki.keys import private_pem, public_pem
        from rmtui.pki.pkcs12 import build_pfx

        callsign, pk = str(row[4]), uuid.uuid4().hex
        files: dict[str, bytes] = {}
        if key is not None:
            files |= {"mtls.key": private_pem(key), "mtls.pub": public_pem(key.public_key())}
            request = build_csr(key, callsign)
            public: Any = key.public_key()
        else:
            assert request is not None
            public = x509.load_pem_x509_csr(request).public_key()
        now = dt.datetime.now(dt.UTC)
        leaf = leaf_certificate(public, callsign, self.issuer, self.key, now=now, life=dt.timedelta(days=42))  # type: ignore[arg-type]
        pem, chain = leaf.public_bytes(Encoding.PEM), self.issuer.public_bytes(Encoding.PEM)
        files |= {"mtls.csr": request, "mtls.pem": pem + chain, "mtls.pfx": build_pfx(key, pem, chain, callsign)}
        self._write(self.directory / pk, files)
        self._commit(row, pk, callsign, now)

    def _write(self, place: Path, files: dict[str, bytes]) -> None:
        part = place.with_suffix(".part")
        part.mkdir(0o700)
        for name, data in files.items():
            fd = os.open(part / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(fd, data)
            os.fsync(fd)
            os.close(fd)
        sync(part)
        part.rename(place)
        sync(place.parent)

    def _commit(self, row: Row, pk: str, callsign: str, now: dt.datetime) -> None:
        users, enrolled = self.tables
        at = now.replace(tzinfo=None).isoformat(" ", "microseconds")
        cursor = self.connection.cursor()
        if self.mark == "?":
            cursor.execute("BEGIN IMMEDIATE")
        values = (pk, at, at, callsign, f"/floor/{pk}", "{}")
        cursor.execute(
            f"INSERT INTO {users} (pk, created, updated, callsign, certspath, extra) VALUES ({','.join([self.mark] * 6)})", values
        )
        cursor.execute(f"UPDATE {enrolled} SET state = 1, person = {self.mark} WHERE pk = {self.mark} AND state = 0", (pk, str(row[0])))
        if self.mark == "?":
            cursor.execute("COMMIT")
        else:
            self.connection.commit()


def sync(directory: Path) -> None:
    """Make the names in a directory durable."""
    fd = os.open(directory, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def timed(work: Callable[[], object]) -> float:
    """Seconds that work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def with_csrs(engine: str, root: Path, pg: str, ca: Path, rounds: int, report: Report) -> None:
    """Many that brought CSRs."""
    mine, floors = [], []
    for _ in range(rounds):
        on = stage(engine, root, pg, ca, MANY, csrs=True)
        floor = Floor(root, on.url)
        floors.append(timed(lambda: [floor.one(row, on.csrs[str(row[4])], None) for row in on.rows]))  # noqa: B023
        floor.connection.close()
        mine.append(approve_all(stage(engine, root, pg, ca, MANY, csrs=True)))
    a, b = median(mine), median(floors)
    report(f"approving {MANY} with CSRs / bare work", engine, f"{a:.2f} s", f"{b:.2f} s", a / b, "≤ 2×")


def approve_all(on: Stage) -> float:
    """Seconds that it takes."""
    from rmtui.services import bulk_actions

    wanted, reports = approvals(on), []
    seconds = timed(lambda: reports.append(bulk_actions.approve(on.boss, wanted)))
    assert reports[0].number("done") == len(wanted), reports[0]
    return seconds


def without_csrs(engine: str, root: Path, pg: str, ca: Path, report: Report) -> None:
    """Many whose keys are made here."""
    from rmtui.pki import keys

    spent: list[float] = []
    generate = keys.generate

    def measured(kind: str) -> Any:
        began = time.thread_time()
        try:
            return generate(kind)
        finally:
            spent.append(time.thread_time() - began)

    on = stage(engine, root, pg, ca, MANY, csrs=False)
    cores = len(os.sched_getaffinity(0))
    keys.generate = measured
    own, everybody = time.process_time(), busy()
    try:
        mine = approve_all(on)
    finally:
        keys.generate = generate
    own = time.process_time() - own
    others = busy() - everybody - own
    floor = sum(spent) / cores
    what = f"approving {MANY} without CSRs / CPU time of their keys by {cores} cores"
    report(what, engine, f"{mine:.1f} s", f"{floor:.1f} s", mine / floor, "≤ 1.15×")
    told = f"others took {others:.0f} s"
    report("the same, all its CPU time by cores", engine, f"{own / cores:.1f} s", f"{floor:.1f} s", own / cores / floor, told)


def busy() -> float:
    """Seconds that all cores together have been busy."""
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


def key_ahead(engine: str, root: Path, pg: str, ca: Path, rounds: int, report: Report) -> None:
    """One approval after the other, each with a key that was there; in turn with the bare work."""
    from rmtui.pki import keys
    from rmtui.services import decisions

    count = rounds * 4
    with ThreadPoolExecutor() as pool:
        ready = list(pool.map(keys.generate, ["rsa4096"] * 2 * count))
    on = stage(engine, root, pg, ca, count * 2, csrs=False)
    floor = Floor(root, on.url)
    mine, floors = [], []
    generate = keys.generate
    keys.generate = lambda _kind: ready.pop()
    try:
        for one, other in zip(on.rows[::2], on.rows[1::2], strict=True):
            key = ready.pop()
            floors.append(timed(lambda: floor.one(one, None, key)))  # type: ignore[arg-type]  # noqa: B023
            mine.append(timed(lambda: decisions.approve(on.boss, uuid.UUID(str(other[0])), str(other[3]))))  # noqa: B023
    finally:
        keys.generate = generate
    floor.connection.close()
    a, b = median(mine), median(floors)
    report("one approval, its key made ahead / bare work", engine, f"{a * 1e3:.1f} ms", f"{b * 1e3:.1f} ms", a / b, "≤ 2×")


def measure(engine: str, root: Path, pg: str, ca: Path, rounds: int, report: Report) -> None:
    """The lines of the table."""
    with_csrs(engine, root, pg, ca, rounds, report)
    key_ahead(engine, root, pg, ca, rounds, report)
    without_csrs(engine, root, pg, ca, report)
