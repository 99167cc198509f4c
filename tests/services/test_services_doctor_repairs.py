"""What a repair says that it did is what it did."""

from __future__ import annotations

import os
import shutil
import time
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from doctoring import named, repair_all, troubles

from rmtui import clock, settings
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.people import Person
from rmtui.pki import certificates

pytestmark = pytest.mark.two_databases


def test_what_is_set_aside_may_have_nothing_to_revoke(boss):
    """A copy of somebody's directory, one of somebody revoked, one of another CA, and one without a certificate."""
    raven, gone = named("RAVEN"), named("GONE")
    with connection():
        gone.revoke("keyCompromise")
    foreign = certificates.root_certificate(ec.generate_private_key(ec.SECP256R1()), "Elsewhere", clock.utcnow())
    why = {
        "on record for RAVEN": raven,
        "revoked already": gone,
        "CA did not issue": foreign.public_bytes(Encoding.PEM),
        "can be read": b"nothing",
    }
    for holds in why.values():
        lost = settings.current().people_dir / str(uuid.uuid4())
        if isinstance(holds, Person):
            shutil.copytree(holds.directory, lost)
        else:
            lost.mkdir(0o700)
            (lost / "mtls.pem").write_bytes(holds)
        os.utime(lost, (time.time() - 7200,) * 2)
    *aside, crl = repair_all(boss)
    assert [each.outcome for each in (*aside, crl)] == ["done"] * 5
    for clause in why:
        (said,) = [each.sentence for each in aside if clause in each.sentence]
        assert "No certificate was revoked: " in said
    with connection():
        assert Issued.get(Issued.person == raven.pk).revoked_on is None
    assert troubles() == set()
