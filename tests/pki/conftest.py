"""What the tests of keys and certificates share."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from authorities import NOW
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rmtui import clock
from rmtui.pki.embedded import EmbeddedAuthority
from rmtui.settings import Secret

OpenSSL = Callable[..., "subprocess.CompletedProcess[bytes] | None"]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> dt.datetime:
    """The time, pinned."""
    monkeypatch.setattr(clock, "utcnow", lambda: NOW)
    return NOW


@pytest.fixture
def authority(tmp_path: Path) -> EmbeddedAuthority:
    """A fresh authority with EC keys."""
    return EmbeddedAuthority.create(
        tmp_path / "private" / "ca", tmp_path / "public", passphrase=Secret(), hours=1008, key_type="ec256", name="Testers"
    )


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Where people's directories go; not made yet."""
    return tmp_path / "private" / "people"


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def openssl() -> OpenSSL:
    """Runs the ``openssl`` command and gives its result; None where the command is not installed."""
    program = shutil.which("openssl")

    def run(*arguments: object) -> subprocess.CompletedProcess[bytes] | None:
        if program is None:
            return None
        return subprocess.run([program, *map(str, arguments)], capture_output=True, check=False, timeout=30)

    return run
