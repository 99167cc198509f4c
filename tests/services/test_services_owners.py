"""What root makes in the deployment's data directory belongs to whom the directory belongs to, so that its other programs can read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from making import make_enrollment, make_operator
from rmtui import settings
from rmtui.services import certificates, enrollments

OWNER = (12345, 12346)


def owners(data: Path) -> dict[Path, tuple[int, int]]:
    """Whose each file and directory is that is another's; the operator's own state lies there too, and is theirs."""
    found = {path: (path.lstat().st_uid, path.lstat().st_gid) for path in (data, *data.rglob("*")) if ".local" not in path.parts}
    return {path: owner for path, owner in found.items() if owner != OWNER}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_everything_is_owned_like_the_directory(env: dict[str, str]) -> None:
    boss = make_operator()
    asked = {name: make_enrollment(name, f"CODE{name.upper()}") for name in ("Kettu", "Susi")}
    data = settings.current().data_dir
    for path in (data, *data.rglob("*")):
        os.lchown(path, *OWNER)

    made = {name: enrollments.approve(boss, row.pk, f"CODE{name.upper()}") for name, row in asked.items()}
    assert owners(data) == {}
    certificates.reissue(boss, made["Kettu"].person)
    certificates.revoke(boss, made["Susi"].person, "keyCompromise")
    assert (data / "public" / "crl.pem").stat().st_uid == OWNER[0]
    handed = data / "handed"
    handed.mkdir()
    os.chown(handed, *OWNER)
    certificates.export(boss, made["Kettu"].person, str(handed / "kettu.pfx"))
    certificates.export(boss, made["Kettu"].person, str(handed / "kettu.pfx"), force=True)
    assert (handed / "kettu.pfx").stat().st_mode & 0o777 == 0o600
    assert owners(data) == {}
    assert {path.name for path in (data / "private" / "people").iterdir()} == {str(each.person) for each in made.values()}
