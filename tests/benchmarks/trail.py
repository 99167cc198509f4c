"""What the audit trail costs: verifying a long chain, verifying signatures, and recording an action."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
from stage import admin, fill, make, people

from rmtui import settings
from rmtui.settings import Secret

ENTRIES, SIGNED = 100_000, 2_000
Measure = Callable[[Callable[[], object], int], float]


def bind(env: dict[str, str], root: Path) -> None:
    """Bind this process to a deployment."""
    from rmtui.db.config import DBConfig

    settings.configure(settings.Settings.from_env({**env, "HOME": str(root)}))
    DBConfig.singleton(dsn=Secret(env["RM_DB_DSN"]))


def chain(count: int, key: Any = None) -> list[str]:
    """Append entries as fast as the database takes them; the texts that were hashed."""
    from rmtui.clock import utcnow
    from rmtui.db.base import db
    from rmtui.db.chain import COVERED, LAYOUT, canonical, digest, genesis
    from rmtui.db.middleware import connection
    from rmtui.db.own import Audit, Chain, Signer
    from rmtui.db.trail import chain_name

    with connection():
        head = genesis(chain_name())
    rows: list[dict[str, Any]] = []
    texts: list[str] = []
    for number in range(1, count + 1):
        values: dict[str, Any] = dict.fromkeys(COVERED, "")
        values |= {"id": number, "at": utcnow(), "operator_pk": None, "target_pk": None, "version": LAYOUT, "signer": None}
        values |= {"operator": "BOSS", "proof": "certificate", "surface": "console", "action": "approve", "outcome": "done"}
        values |= {"target": f"PERSON{number:07d}", "details": '{"serial": "75d38685f71d8b8aea18284a56af66628de4ad70"}', "os_user": "boss"}
        values |= {"host": "gate", "origin": "198.51.100.7 50112 192.0.2.10 22", "program": "1.0"}
        if key is not None:
            values["signer"] = key.fingerprint
        texts.append(f"{head}\n{canonical([values[name] for name in COVERED])}")
        head = digest(head, values)
        signature = base64.b64encode(key.sign(head.encode())).decode() if key is not None else None
        rows.append({**values, "hash": head, "signature": signature})
    with connection(), db.atomic():
        if key is not None:
            Signer.insert(fingerprint=key.fingerprint, certificate=key.certificate_pem.decode()).execute()
        for start in range(0, count, 500):
            Audit.insert_many(rows[start : start + 500]).execute()
        Chain.update(entries=count, head=head).execute()
    return texts


def bare_walk(url: str, texts: list[bytes]) -> str:
    """Read the rows with the bare driver, and hash the same bytes."""
    if url.startswith("sqlite"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"))
        cursor = connection.execute("SELECT * FROM rmtui_audit ORDER BY id")
    else:
        connection = psycopg2.connect(url)
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM rmtui.audit ORDER BY id")
    last = ""
    for row, text in zip(cursor, texts, strict=True):
        last = hashlib.sha256(text).hexdigest()
        assert row
    connection.close()
    return last


def verify(count: int) -> None:
    """Walk along the trail as ``rmtui audit verify`` does, without a log."""
    from rmtui.db import verification
    from rmtui.db.middleware import connection

    with connection():
        found = verification.walk({}, None)
    assert found.finding is None, found
    assert found.entries == count


def measure(engine: str, root: Path, pg: str, keyring: Path, rounds: int, best: Measure, report: Callable[..., None]) -> None:
    """The three lines of the table."""
    env = make(engine, root, pg, keyring)
    bind(env, root)
    texts = [text.encode() for text in chain(ENTRIES)]
    mine = best(lambda: verify(ENTRIES), rounds)
    floor = best(lambda: bare_walk(env["RM_DB_DSN"], texts), rounds)
    report(f"verifying {ENTRIES:,} entries / reading and hashing", engine, f"{mine:.2f} s", f"{floor:.2f} s", mine / floor, "≤ 4×")

    for kind in ("rsa4096", "ec256"):
        env = make(engine, root, pg, keyring)
        bind(env, root)
        _signatures(engine, kind, root, rounds, best, report)
    _action(engine, root, pg, keyring, rounds, best, report)


def _signatures(engine: str, kind: str, root: Path, rounds: int, best: Measure, report: Callable[..., None]) -> None:
    from rmtui.db.middleware import connection
    from rmtui.db.own import Audit
    from rmtui.pki.embedded import EmbeddedAuthority
    from rmtui.pki.identity import make_identity
    from rmtui.pki.proof import load_credential
    from rmtui.pki.signatures import Verifier

    directory = root / f"signer-{engine}-{kind}"
    make_identity(directory, "BOSS", EmbeddedAuthority.from_settings(settings.current()), key_type=kind)
    key = load_credential(directory / "mtls.pem", None)
    chain(SIGNED, key)
    with connection():
        pairs = [(row.hash.encode(), base64.b64decode(row.signature)) for row in Audit.select().order_by(Audit.id)]
    verifier = Verifier(key.certificate_pem)

    def bare() -> None:
        for data, signature in pairs:
            assert verifier.verify(data, signature)

    mine, floor = best(lambda: verify(SIGNED), rounds), best(bare, rounds)
    what = f"verifying {SIGNED:,} entries signed with {kind} / the signatures alone"
    report(what, engine, f"{mine * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms", mine / floor, "measured")


def _action(engine: str, root: Path, pg: str, keyring: Path, rounds: int, best: Measure, report: Callable[..., None]) -> None:
    from rmtui.auth.operator import Operator
    from rmtui.db.middleware import connection
    from rmtui.db.people import Person
    from rmtui.services import roles

    env = make(engine, root, pg, keyring)
    users, given = admin()
    more, _ = people(1)
    fill(env, "users", ("pk", "created", "updated", "callsign", "certspath", "extra"), [*users, *more])
    fill(env, "roles", ("pk", "created", "updated", '"user"', "role"), given)
    bind(env, root)
    with connection():
        boss, other = Person.by_callsign("BOSS"), Person.by_callsign("MEMBER000000")
    operator = Operator(boss.pk, boss.callsign, "benchmark")

    def audited() -> None:
        for _ in range(50):
            roles.assign(operator, other.pk, "pilot")
            roles.remove(operator, other.pk, "pilot")

    def unaudited() -> None:
        for _ in range(50):
            for change in ("assign_role", "remove_role"):
                with connection():
                    getattr(Person.by_pk(other.pk), change)("pilot")

    mine, floor = best(audited, rounds) / 100, best(unaudited, rounds) / 100
    report("giving a role, audited / not", engine, f"{mine * 1e3:.2f} ms", f"{floor * 1e3:.2f} ms", mine / floor, "measured")
