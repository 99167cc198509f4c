"""An approval on a deployment's own tables leaves what the web API's leaves: ``pytest -s`` shows the comparison, field by field."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from walk import files, row_of, rows

from cfssl_stand_in import StandIn
from deployments import run_sql, unbind
from making import make_enrollment, make_operator
from rmtui import settings
from rmtui.db import DBConfig
from rmtui.services import enrollments


@pytest.fixture(params=["embedded", "cfssl"])
def authority(request, env, tmp_path):
    """Who signs; what it calls the CA that it signs with."""
    settings.configure(replace(settings.current(), key_type="rsa4096"))
    if request.param == "embedded":
        yield lambda: x509.load_pem_x509_certificates((settings.current().public_dir / "ca_chain.pem").read_bytes())[0]
        return
    (tmp_path / "stand-in").mkdir()
    made = StandIn(tmp_path / "stand-in")
    named = made.settings()
    settings.configure(replace(settings.current(), cert_backend="cfssl", ca=named.ca, local_ca_certs=named.local_ca_certs))
    yield lambda: made.ca.issuing
    made.stop()


@pytest.mark.parametrize("env", ["upstream"], indirect=True)
def test_an_approval_field_by_field(env, authority, request):
    url = env["RM_DB_DSN"]
    name = DBConfig.singleton().connect_params()["dbname"]
    run_sql(url, f"ALTER DATABASE \"{name}\" SET timezone = 'Asia/Tokyo'")
    unbind()
    DBConfig.singleton(dsn=url)
    if os.geteuid() == 0:
        people = settings.current().people_dir
        people.mkdir(parents=True, exist_ok=True)
        people.chmod(0o755)
        os.chown(people, 12345, 12346)
    boss, asked = make_operator(), make_enrollment("Kettu Ääni", "CODE0001", extra={"unit": "1"})
    before = row_of(url, "enrollments", asked.pk)
    began = dt.datetime.now(dt.UTC)

    approved = enrollments.approve(boss, asked.pk, "CODE0001")

    data = settings.current().data_dir
    found = rows(url, before, boss.pk, data, began)
    found += files(Path(approved.files), "Kettu Ääni", authority())
    print(f"\n{request.node.name}\n" + "\n".join(map(str, found)))
    assert [str(field) for field in found if not field.same] == []
