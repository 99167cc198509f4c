"""The real CFSSL: the one that is installed, or Debian's, unpacked beside pytest's cache without touching the system."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PACKAGE = "golang-cfssl"
SECONDS = 90
"""That one step of fetching it may take."""


class NoProgramError(Exception):
    """It is not installed, and cannot be had here; says why."""


def find(cache: Path) -> Path:
    """The program ``cfssl``.

    :param cache: a directory that lasts from one run to the next.
    :raises NoProgramError: there is none.
    """
    installed = shutil.which("cfssl")
    if installed:
        return Path(installed)
    kept = cache / "cfssl"
    if not kept.exists():
        _fetch(cache, kept)
    return kept


def _fetch(cache: Path, kept: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise NoProgramError("not a Debian system")
    work = cache / "fetching"
    shutil.rmtree(work, ignore_errors=True)
    for name in ("lists/partial", "archives/partial"):
        (work / name).mkdir(parents=True)
    options = {"Dir::State::Lists": work / "lists", "Dir::Cache": work, "APT::Sandbox::User": "", "Acquire::Retries": 0}
    apt = ["apt-get", "--quiet", *(text for name, value in options.items() for text in ("-o", f"{name}={value}"))]
    try:
        _run(work, *apt, "update")
        _run(work, *apt, "download", PACKAGE)
        (package,) = work.glob(f"{PACKAGE}_*.deb")
        _run(work, "dpkg-deb", "-x", package.name, "unpacked")
        program = work / "unpacked" / "usr" / "bin" / "cfssl"
        _run(work, str(program), "version")
        program.replace(kept)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(work: Path, *command: str) -> None:
    try:
        subprocess.run(command, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=SECONDS)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise NoProgramError(f"{command[0]} failed ({error.returncode}) {said}".strip()) from error
    except subprocess.TimeoutExpired as error:
        raise NoProgramError(f"{command[0]} took longer than {SECONDS} seconds") from error
