"""What an approval that failed may leave: nothing."""

from __future__ import annotations

from cryptography import x509
from db_rows import people_files

from rmtui import settings
from rmtui.db import EnrollmentState, Person, approval
from rmtui.db.own import Claim, Issued


def crl_serials() -> set[str]:
    pems = (settings.current().public_dir / "crl.pem").read_bytes().split(b"-----END X509 CRL-----")[:-1]
    lists = [x509.load_pem_x509_crl(pem.strip() + b"\n-----END X509 CRL-----\n") for pem in pems]
    return {f"{entry.serial_number:x}" for each in lists for entry in each}


def nothing_left(row, admin, *, signed=0, then_approve=True):
    """No files, no claim, no person, every certificate that was signed revoked; and the next attempt succeeds at once."""
    assert people_files() == []
    assert Claim.select().count() == 0
    assert Person.list(include_deleted=True) == [admin]
    lost = {each.serial for each in Issued.select().where(~Issued.committed)}
    assert len(lost) == signed == Issued.select().count()
    assert crl_serials() == lost
    if then_approve:
        assert row.reread().state == EnrollmentState.PENDING
        made = row.approve(admin)
        assert people_files() == [str(made.pk)]
        assert crl_serials() == lost


def while_made(monkeypatch, action):
    """Do something after the files were made and before the commit."""
    make = approval._make

    def made(*args):
        make(*args)
        action()

    monkeypatch.setattr(approval, "_make", made)
