"""The connection to PostgreSQL is lost while a reissue commits."""

from __future__ import annotations

import pytest
from db_outcome import crl_serials
from db_rows import people_files

from deployments import deploy, unbind
from rmtui.db import Person, issuing
from rmtui.db.errors import OutcomeUnknown
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.errors import UnreachableError
from rmtui.pki.identity import read_certificate
from wires import Wire


@pytest.fixture(params=["empty", "current"])
def wire(request, make_database, data_dir, monkeypatch):
    """A deployment that is reached by a wire, and somebody with a certificate."""
    monkeypatch.setenv("DB_RETRY_LIMIT", "0")
    made = Wire(make_database(request.param))
    deploy("upstream", data_dir, made.dsn)
    with connection():
        Person.create_with_cert("Kettu")
    yield made
    unbind()
    made.close()


def serial() -> str:
    with connection():
        return read_certificate(Person.by_callsign("Kettu").directory).serial


def reissue(wire, plan, *, stays_away=False):
    def plot(*_given):
        wire.plan, wire.down = plan, stays_away

    with connection():
        return Person.by_callsign("Kettu").reissue(on_commit=plot)


def whole(good: str, *revoked: str) -> None:
    """One good certificate, and it is the one in place; every other is on the CRL."""
    assert serial() == good
    with connection():
        assert people_files() == [str(Person.by_callsign("Kettu").pk)]
        row = Issued.get(Issued.revoked_on.is_null())
        assert (row.serial, row.committed) == (good, True)
        assert crl_serials() == {row.serial for row in Issued.select()} - {good} >= set(revoked)


def test_the_commit_never_arrived(wire):
    old = serial()
    with pytest.raises(UnreachableError) as caught:
        reissue(wire, "before")
    assert not isinstance(caught.value, OutcomeUnknown)
    whole(old)
    whole(reissue(wire, None).serial, old)


@pytest.mark.parametrize("plan", ["after", "late"])
def test_the_answer_to_the_commit_is_lost(wire, plan):
    old = serial()
    whole(reissue(wire, plan).serial, old)


def test_the_database_stays_away(wire):
    old = serial()
    with pytest.raises(OutcomeUnknown, match="Look at the person once the database is back") as caught:
        reissue(wire, "before", stays_away=True)
    assert caught.value.exit_code == 3
    wire.down = False
    new = serial()
    assert new != old
    with connection():
        assert Issued.get(Issued.serial == old).revoked_on is None
        assert "Finished the reissue of Kettu that was interrupted." in issuing.sweep()
        issuing.publish_crl()
        assert Issued.get(Issued.serial == new).committed
        assert crl_serials() == {old}
