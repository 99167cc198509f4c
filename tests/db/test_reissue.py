"""A reissue is one outcome: the new certificate in place and the old one revoked, or nothing."""

from __future__ import annotations

import threading

import pytest
from cryptography import x509
from db_outcome import crl_serials
from db_rows import people_files, person

from rmtui import settings
from rmtui.db import Person, issuing, reissuing
from rmtui.db.errors import Deleted
from rmtui.db.middleware import connection
from rmtui.db.own import Issued
from rmtui.db.reissuing import ReissuedMeanwhile
from rmtui.pki import files
from rmtui.pki.csr import build_csr
from rmtui.pki.identity import MODES, read_certificate
from rmtui.pki.interface import CSRError, StorageError
from rmtui.pki.keys import generate


@pytest.fixture
def kettu(database):
    return Person.create_with_cert("Kettu")


def serial_of(person) -> str:
    return read_certificate(person.directory).serial


def unchanged(person, serial, *, lost=1):
    """The old files, a good old certificate, and every certificate that was signed in vain revoked."""
    assert serial_of(person) == serial
    assert people_files() == [str(person.pk)]
    assert Issued.get(Issued.serial == serial).revoked_on is None
    vain = {row.serial for row in Issued.select().where(~Issued.committed)}
    assert len(vain) == lost
    assert crl_serials() == vain


def test_a_new_key_in_the_same_place(kettu):
    old, path = serial_of(kettu), kettu.certspath
    told = []
    row = kettu.reissue(on_commit=lambda *serials: told.append(serials))
    assert told == [([old], row.serial, "")]
    assert serial_of(kettu) == row.serial != old
    assert kettu.reread().certspath == path
    assert {each.name: each.stat().st_mode & 0o777 for each in kettu.directory.iterdir()} == dict(MODES)
    assert people_files() == [str(kettu.pk)]
    assert crl_serials() == {old}
    was = Issued.get(Issued.serial == old)
    assert (was.reason, was.committed, row.committed, row.revoked_on) == ("superseded", True, True, None)
    assert kettu.reread().deleted is None


def test_with_a_request_the_old_key_is_gone(kettu):
    key = generate("ec256")
    kettu.reissue(build_csr(key, "Kettu").decode())
    assert sorted(path.name for path in kettu.directory.iterdir()) == ["mtls.csr", "mtls.pem", "mtls.pfx"]
    assert x509.load_pem_x509_certificates(kettu.get_cert_pem())[0].public_key() == key.public_key()
    kettu.reissue()
    assert (kettu.directory / "mtls.key").exists()


def test_a_request_for_somebody_else_is_refused_before_signing(kettu):
    old = serial_of(kettu)
    with pytest.raises(CSRError):
        kettu.reissue(build_csr(generate("ec256"), "Karhu").decode())
    unchanged(kettu, old, lost=0)


def test_somebody_revoked(kettu):
    kettu.revoke("keyCompromise")
    with pytest.raises(Deleted):
        kettu.reissue()
    assert Issued.select().count() == 1


def test_a_certificate_that_others_issued_is_revoked_too(kettu):
    old = serial_of(kettu)
    Issued.delete().execute()
    kettu.reissue()
    assert crl_serials() == {old}


def test_a_certificate_that_others_put_in_its_place_is_revoked_too(kettu):
    first = serial_of(kettu)
    kettu.reissue()
    second = serial_of(kettu)
    Issued.delete().where(Issued.serial == second).execute()
    kettu.revoke()
    assert crl_serials() == {first, second}


def test_somebody_elses_certificate_is_not_revoked(kettu):
    other = person("Karhu")
    kettu.directory.rename(other.directory)
    row = other.reissue()
    assert serial_of(other) == row.serial
    assert Issued.get(Issued.person == kettu.pk).revoked_on is None
    assert crl_serials() == set()


def test_whoever_lost_their_files_gets_new_ones(kettu):
    old = serial_of(kettu)
    files.remove_tree(kettu.directory)
    assert kettu.reissue().serial == serial_of(kettu)
    assert crl_serials() == {old}


def test_damaged_files_are_replaced(kettu):
    """Which certificate the web API gave them cannot be known any more."""
    Issued.delete().execute()
    (kettu.directory / "mtls.pem").write_bytes(b"nothing")
    told = []
    row = kettu.reissue(on_commit=lambda *given: told.append(given))
    (old, new, left) = told[0]
    assert (old, new, row.serial, "Which certificate Kettu has is not known here" in left) == ([], serial_of(kettu), new, True)
    assert crl_serials() == set()


def test_a_reissue_of_damaged_files_that_fails_is_taken_back(kettu):
    Issued.delete().execute()
    (kettu.directory / "mtls.pem").write_bytes(b"nothing")
    with pytest.raises(StorageError, match="No"):
        kettu.reissue(on_commit=refuse)
    (vain,) = Issued.select()
    assert (vain.committed, crl_serials()) == (False, {vain.serial})
    assert (kettu.directory / "mtls.pem").read_bytes() == b"nothing"


def test_a_link_in_the_place_of_the_directory(kettu, tmp_path):
    kettu.directory.rename(tmp_path / "elsewhere")
    kettu.directory.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        kettu.reissue()
    assert kettu.directory.is_symlink()
    assert Issued.select().count() == 1


def test_this_host_does_not_see_the_files(kettu, tmp_path):
    settings.current().people_dir.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        kettu.reissue()
    assert Issued.select().count() == 1


def refuse(*_args):
    raise StorageError("No.")


@pytest.mark.parametrize("where", ["exchange_dirs", "on_commit"])
def test_what_fails_on_the_way_is_taken_back(kettu, monkeypatch, where):
    old = serial_of(kettu)
    if where == "exchange_dirs":
        monkeypatch.setattr(files, where, refuse)
    with pytest.raises(StorageError):
        kettu.reissue(on_commit=refuse if where == "on_commit" else None)
    unchanged(kettu, old)
    monkeypatch.undo()


@pytest.mark.parametrize("error", [StorageError, KeyboardInterrupt])
def test_what_fails_after_the_exchange_is_put_back(kettu, monkeypatch, error):
    old, swap = serial_of(kettu), reissuing._swap

    def then_fail(making):
        swap(making)
        assert serial_of(kettu) != old
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(reissuing, "_swap", then_fail)
        with pytest.raises(error):
            kettu.reissue()
    unchanged(kettu, old)
    kettu.reissue()


@pytest.mark.parametrize("who", ["sweep", "reissue", "revoke"])
def test_stopped_between_the_exchange_and_the_commit(kettu, monkeypatch, who):
    """As a power cut leaves it: the new files are there, and the rows know nothing of it."""
    old, swap = serial_of(kettu), reissuing._swap

    def then_stop(making):
        swap(making)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reissuing, "_swap", then_stop)
        patch.setattr(reissuing, "_resolved", lambda *_args: False)
        with pytest.raises(KeyboardInterrupt):
            kettu.reissue()
    new = serial_of(kettu)
    assert (new != old, crl_serials()) == (True, set())
    if who == "sweep":
        assert issuing.sweep() == ["Finished the reissue of Kettu that was interrupted."]
        issuing.publish_crl()
        assert (serial_of(kettu), crl_serials()) == (new, {old})
    elif who == "reissue":
        kettu.reissue()
        assert crl_serials() == {old, new}
    else:
        kettu.revoke()
        assert crl_serials() == {old, new}


def test_the_crl_cannot_be_published(kettu, monkeypatch):
    old = serial_of(kettu)
    with monkeypatch.context() as patch:
        patch.setattr("rmtui.pki.embedded.EmbeddedAuthority.publish_crl", refuse)
        with pytest.raises(StorageError, match="Kettu has a new certificate, but the CRL was not published"):
            kettu.reissue()
    assert serial_of(kettu) != old
    assert Issued.get(Issued.serial == old).reason == "superseded"
    issuing.publish_crl()
    assert crl_serials() == {old}


def test_two_at_once(kettu, monkeypatch):
    old, barrier, told = serial_of(kettu), threading.Barrier(2), []

    def one():
        with connection():
            try:
                told.append(Person.by_pk(kettu.pk).reissue().serial)
            except ReissuedMeanwhile as error:
                told.append(str(error))

    make = reissuing._make

    def meet(*args):
        make(*args)
        barrier.wait(20)

    monkeypatch.setattr(reissuing, "_make", meet)
    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    won = serial_of(kettu)
    assert won in told
    assert sum("meanwhile" in each for each in told) == 1
    assert [row.serial for row in Issued.select().where(Issued.revoked_on.is_null())] == [won]
    assert old in crl_serials()
    assert len(crl_serials()) == 2
    assert people_files() == [str(kettu.pk)]


def test_revoked_while_it_is_made(kettu, monkeypatch):
    old, make = serial_of(kettu), reissuing._make

    def then_revoke(*args):
        make(*args)
        Person.by_pk(kettu.pk).revoke("keyCompromise")

    monkeypatch.setattr(reissuing, "_make", then_revoke)
    with pytest.raises(Deleted):
        kettu.reissue()
    assert serial_of(kettu) == old
    assert crl_serials() == {row.serial for row in Issued.select()}
    assert people_files() == [str(kettu.pk)]
