"""Measures rmtui against floors measured in the same run, and prints a table of ratios.

    python tests/benchmarks/run.py [--rounds 5] [--many 1000000] [--only trail]

Not part of the tests: it measures, it does not judge. Needs the extra ``test`` and a Unix with ``/proc``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median

import bulk
import psycopg2
import thin
import trail
from stage import ENGINES, ENROLLMENT_COLUMNS, PERSON_COLUMNS, ROLE_COLUMNS, admin, enrollments, fill, make, people, server

from rmtui.settings import Secret
from terminal import Terminal

HERE = Path(__file__).parent
COLUMNS, LINES = 120, 40
ROWS: list[tuple[str, str, str, str, float, str]] = []


def report(what: str, engine: str, mine: str, floor: str, ratio: float, bound: str) -> None:
    """Keep a line of the table, and show that it is done."""
    ROWS.append((what, engine, mine, floor, ratio, bound))
    sys.stderr.write(f"{what} ({engine}): {mine} against {floor}, {bound}\n")


def environment(env: dict[str, str], home: Path) -> dict[str, str]:
    """The environment of a program that is measured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RM_", "RMTUI_", "DB_", "JWT_"))}
    return {**kept, **env, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor", "RMTUI_REFRESH": "0"}


def key_press(program: Terminal, times: int = 40) -> float:
    """Median seconds from a key press to the first answer on the screen."""
    answers = []
    for _ in range(times):
        program.settle(0.12)
        sent = time.perf_counter()
        program.press("\x1b[B")  # down
        if program.read(5):
            answers.append(time.perf_counter() - sent)
    return median(answers)


def first_list(argv: list[str], env: dict[str, str], text: str, rounds: int) -> tuple[float, float, float]:
    """Medians of seconds to the first full list, megabytes, and seconds a key press takes."""
    seconds, sizes, keys = [], [], []
    for _ in range(rounds):
        program = Terminal(argv, env, COLUMNS, LINES)
        seconds.append(program.until(text))
        program.settle()
        keys.append(key_press(program))
        sizes.append(program.megabytes())
        program.close()
    return median(seconds), median(sizes), median(keys)


def console(engine: str, root: Path, pg: str, keyring: Path, rounds: int, many: int) -> None:
    """The console on many enrolments, on a hundred, and a bare table of a hundred."""
    rmtui = [str(Path(sys.executable).parent / "rmtui")]
    last = f"PERSON{LINES - 12:07d}"
    results = {}
    for count in (100, many):
        env = make(engine, root, pg, keyring)
        users, roles = admin()
        fill(env, "users", PERSON_COLUMNS, users)
        fill(env, "roles", ROLE_COLUMNS, roles)
        fill(env, "enrollments", ENROLLMENT_COLUMNS, enrollments(count))
        results[count] = environment(env, root)
    first_list(rmtui, results[100], last, 1)  # warm the caches of the file system
    few = first_list(rmtui, results[100], last, rounds)
    lots = first_list(rmtui, results[many], last, rounds)
    bare = first_list([sys.executable, str(HERE / "bare.py")], environment({}, root), last, rounds)
    report(f"first full list, {many:,} enrolments / 100", engine, f"{lots[0]:.3f} s", f"{few[0]:.3f} s", lots[0] / few[0], "≤ 1.3×")
    report(f"memory, {many:,} enrolments − 100", engine, f"{lots[1]:.1f} MB", f"{few[1]:.1f} MB", lots[1] - few[1], "≤ +30 MB")
    report(f"key press, {many:,} enrolments / 100", engine, f"{lots[2] * 1e3:.1f} ms", f"{few[2] * 1e3:.1f} ms", lots[2] / few[2], "≤ 1.5×")
    report("first list of 100 / bare Textual table", engine, f"{few[0]:.3f} s", f"{bare[0]:.3f} s", few[0] / bare[0], "≤ 1.4×")


def demo(root: Path, rounds: int) -> None:
    """The demo, from nothing to its list."""
    rmtui = str(Path(sys.executable).parent / "rmtui")
    seconds, _, _ = first_list([rmtui, "demo"], environment({}, root), "TAMMI", rounds)
    report("rmtui demo, from nothing to its list", "sqlite", f"{seconds:.3f} s", "2 s", seconds / 2, "≤ 1×")


def best(work: Callable[[], object], rounds: int) -> float:
    """Median seconds of ``work``."""
    taken = []
    for _ in range(rounds):
        gc.collect()
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


def bare_people(url: str) -> list[object]:
    """The same joined query with the bare driver, turned into the same dataclasses."""
    from rmtui.services.types import PersonRow

    table = "users" if url.startswith("sqlite") else "raesenmaeher.users"
    roles = "roles" if url.startswith("sqlite") else "raesenmaeher.roles"
    sql = f"""SELECT u.pk, u.callsign, u.created, u.deleted, u.revoke_reason, r.role FROM {table} u LEFT JOIN {roles} r ON r."user" = u.pk
              WHERE u.deleted IS NULL ORDER BY lower(u.callsign), u.pk"""
    if url.startswith("sqlite"):
        connection: object = sqlite3.connect(url.removeprefix("sqlite:///"))
        rows = connection.execute(sql).fetchall()  # type: ignore[attr-defined]

        def when(value: str) -> dt.datetime:
            return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)

        def key(value: str) -> uuid.UUID:
            return uuid.UUID(value)
    else:
        connection = psycopg2.connect(url)
        psycopg2.extras.register_uuid()  # type: ignore[attr-defined]
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(sql)
        rows = cursor.fetchall()

        def when(value: dt.datetime) -> dt.datetime:  # type: ignore[misc]
            return value.replace(tzinfo=dt.UTC)

        def key(value: uuid.UUID) -> uuid.UUID:  # type: ignore[misc]
            return value

    connection.close()  # type: ignore[attr-defined]
    grouped: dict[object, list[object]] = {}
    for row in rows:
        entry = grouped.setdefault(row[0], [row, set()])
        if row[5] is not None:
            entry[1].add(row[5])  # type: ignore[attr-defined]
    return [
        PersonRow(key(row[0]), row[1], tuple(sorted(names)), when(row[2]), when(row[3]) if row[3] else None, row[4])  # type: ignore
        for row, names in grouped.values()
    ]


def people_list(engine: str, root: Path, pg: str, keyring: Path, rounds: int) -> None:
    """Ten thousand people with their roles, and the command that lists a hundred."""
    import psycopg2.extras  # noqa: F401

    from rmtui import settings
    from rmtui.db.config import DBConfig
    from rmtui.services.people import list_people
    from rmtui.services.types import PeopleQuery

    env = make(engine, root, pg, keyring)
    users, roles = people(10_000)
    fill(env, "users", PERSON_COLUMNS, users)
    fill(env, "roles", ROLE_COLUMNS, roles)
    settings.configure(settings.Settings.from_env({**env, "HOME": str(root)}))
    DBConfig.singleton(dsn=Secret(env["RM_DB_DSN"]))

    def service() -> object:
        return list_people(PeopleQuery(), limit=10_000).rows

    assert list(service()) == bare_people(env["RM_DB_DSN"])  # type: ignore[call-overload]
    mine = best(service, rounds * 3)
    floor = best(lambda: bare_people(env["RM_DB_DSN"]), rounds * 3)
    report("10,000 people with roles / bare driver", engine, f"{mine * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms", mine / floor, "≤ 2×")

    env = make(engine, root, pg, keyring)
    users, roles = people(100)
    fill(env, "users", PERSON_COLUMNS, users)
    fill(env, "roles", ROLE_COLUMNS, roles)
    where = environment(env, root)
    command = [str(Path(sys.executable).parent / "rmtui"), "people", "list"]

    def run(argv: list[str]) -> Callable[[], object]:
        return lambda: subprocess.run(argv, env=where, check=True, capture_output=True)

    mine = best(run(command), rounds * 2)
    floor = best(run([sys.executable, "-c", "import peewee, cryptography"]), rounds * 2)
    report("rmtui people list, 100 / importing", engine, f"{mine * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms", mine / floor, "≤ 3×")


def main() -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("demo", "people", "console", "trail", "bulk", "thin"), help="one part of the table")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rmtui-bench-") as name:
        root = Path(name)
        keyring = root / "keyring"
        from rmtui.pki.embedded import EmbeddedAuthority

        EmbeddedAuthority.create(
            keyring / "private" / "ca", keyring / "public", passphrase=Secret(), hours=1008, key_type="ec256", name="Bench"
        )

        def wanted(part: str) -> bool:
            return args.only in {None, part}

        if wanted("demo"):
            demo(root, args.rounds)
        pg = server(root)
        if wanted("thin"):
            thin.measure(root, pg, keyring, environment, report)
            thin.wall(root, environment, report)
        ca = bulk.keyring(root) if wanted("bulk") else keyring
        for engine in ENGINES:
            if wanted("people"):
                people_list(engine, root, pg, keyring, args.rounds)
            if wanted("trail"):
                trail.measure(engine, root, pg, keyring, args.rounds, best, report)
            if wanted("bulk"):
                bulk.measure(engine, root, pg, ca, args.rounds, report)
            if wanted("console"):
                console(engine, root, pg, keyring, args.rounds, args.many)
    print("| what | engine | rmtui | floor | ratio | bound |")
    print("|-|-|-|-|-|-|")
    for what, engine, mine, floor, ratio, bound in ROWS:
        shown = f"+{ratio:.1f} MB" if "MB" in bound else f"{ratio:.2f}×"
        print(f"| {what} | {engine} | {mine} | {floor} | {shown} | {bound} |")


if __name__ == "__main__":
    main()
