"""What an operator does to many at once. Every row is an action of its own: permission, checks, audit entry and result."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rmtui import clock
from rmtui.auth.operator import Operator
from rmtui.db import issuing
from rmtui.db.config import DBConfig
from rmtui.db.lookalikes import Lookalikes
from rmtui.db.middleware import connection
from rmtui.errors import RmtuiError
from rmtui.i18n import tr, trn
from rmtui.services import bulk, certificates, codes, decisions, roles
from rmtui.services.bulk import Report, Stop, Target, Told
from rmtui.services.exports import ExportRefused
from rmtui.settings import Secret
from rmtui.text import plain

__all__ = ["Approval", "approve", "assign_role", "burn_codes", "export", "file_name", "reissue", "reject", "remove_role", "revoke"]

SPARE = 3
"""Connections of the pool that many at once leave: the one that stays open, and two for whoever looks meanwhile."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One to approve, as it was shown when it was asked for."""

    target: Target
    """Primary key of the enrolment, and its callsign."""
    code: Secret
    """What the person read out."""
    key: str
    """SHA-256 of the public key of the CSR, lower-case hexadecimal; empty without a CSR."""


def approve(operator: Operator | None, approvals: Sequence[Approval], *, told: Told = None, stop: Stop = None) -> Report:
    """Approve each with its code. Who looks like somebody else, or is not what was shown, is refused."""
    asked = {approval.target: approval for approval in approvals}
    interrupted = threading.Event()

    def going(_step: str) -> None:
        if interrupted.is_set():
            raise bulk.Interrupted

    def act(target: Target) -> str:
        approval = asked[target]
        shown = decisions.Shown(target.name, approval.key)
        try:
            done = decisions.approve(operator, target.pk, approval.code.reveal(), alike=people.taking, shown=shown, progress=going)
        except decisions.LookalikeWarning as error:
            error.args = (tr("{error} It is approved by itself, not in bulk.", error=error.sentence),)
            raise
        return tr("Approved until {day}.", day=clock.day(done.not_after))

    people = Lookalikes()
    with issuing.signing_many(), connection():  # kept open, so that no thread's is the last, whose end tidies up the file
        return bulk.run([approval.target for approval in approvals], act, told=told, stop=stop, threads=_threads(), interrupted=interrupted)


def _threads() -> int:
    """So many that every core has a key to make or a signature while others wait for the disk; some connections are left to others."""
    wanted = (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) + 1
    config = DBConfig.singleton()
    return wanted if config.is_sqlite else max(min(wanted, config.pool_max_size - SPARE), 1)


def reject(operator: Operator | None, targets: Sequence[Target], reason: str, *, told: Told = None, stop: Stop = None) -> Report:
    """Reject each, for one reason."""

    def act(target: Target) -> str:
        decisions.reject(operator, target.pk, reason)
        return "Rejected."

    return bulk.run(targets, act, told=told, stop=stop)


def assign_role(operator: Operator | None, targets: Sequence[Target], role: str, *, told: Told = None, stop: Stop = None) -> Report:
    """Give each a role; who has it already keeps it."""

    def act(target: Target) -> str:
        given = roles.assign(operator, target.pk, role)
        return tr("Has the role {role} now.", role=plain(role, 40)) if given else tr("Had the role {role} already.", role=plain(role, 40))

    return bulk.run(targets, act, told=told, stop=stop)


def remove_role(operator: Operator | None, targets: Sequence[Target], role: str, *, told: Told = None, stop: Stop = None) -> Report:
    """Take a role from each; who did not have it stays as they are."""

    def act(target: Target) -> str:
        taken = roles.remove(operator, target.pk, role)
        return (
            tr("Has the role {role} no more.", role=plain(role, 40)) if taken else tr("Did not have the role {role}.", role=plain(role, 40))
        )

    return bulk.run(targets, act, told=told, stop=stop)


def revoke(operator: Operator | None, targets: Sequence[Target], reason: str, *, told: Told = None, stop: Stop = None) -> Report:
    """Revoke each, for one reason of RFC 5280; the CRL is published once, after the last."""

    def act(target: Target) -> str:
        done = certificates.revoke(operator, target.pk, reason)
        return certificates.and_left(trn("Revoked with {n} certificate.", "Revoked with {n} certificates.", len(done.serials)), done.left)

    return _published_once(lambda: bulk.run(targets, act, told=told, stop=stop))


def reissue(operator: Operator | None, targets: Sequence[Target], *, told: Told = None, stop: Stop = None) -> Report:
    """Give each a new key and certificate; the CRL is published once, after the last."""

    def act(target: Target) -> str:
        done = certificates.reissue(operator, target.pk)
        return certificates.and_left(tr("Has a new certificate until {day}.", day=clock.day(done.not_after)), done.left)

    with issuing.signing_many():
        return _published_once(lambda: bulk.run(targets, act, told=told, stop=stop, threads=_threads()))


def burn_codes(operator: Operator | None, targets: Sequence[Target], *, told: Told = None, stop: Stop = None) -> Report:
    """Burn each login code."""

    def act(target: Target) -> str:
        codes.burn(operator, target.pk)
        return tr("Burnt; it is good for nothing now.")

    return bulk.run(targets, act, told=told, stop=stop)


def _published_once(work: Callable[[], Report]) -> Report:
    """Publish the CRL when all is done, whatever ended it; what cannot be published is told in the report."""
    report: Report | None = None
    try:
        with connection(), issuing.publishing_once():
            report = work()
    except RmtuiError as error:
        if report is None:
            raise
        return replace(report, note=error.sentence, untold=True)
    return report


def export(
    operator: Operator | None, targets: Sequence[Target], directory: str, *, pem: bool = False, told: Told = None, stop: Stop = None
) -> Report:
    """Write each one's PFX, or PEM of key, certificate and chain, into a directory; no file that is there is replaced.

    :raises ExportRefused: there is no such directory.
    """
    where = _directory(directory)

    def act(target: Target) -> str:
        path = where / file_name(target.name, "pem" if pem else "pfx")
        return tr("Written to {path}.", path=plain(certificates.export(operator, target.pk, str(path), pem=pem).path))

    return bulk.run(targets, act, told=told, stop=stop)


def _directory(path: str) -> Path:
    try:
        where = Path(path).expanduser().absolute()
        if path and where.is_dir():
            return where
    except (RuntimeError, ValueError, OSError):
        pass
    raise ExportRefused(tr("There is no directory “{path}”; nothing was written.", path=plain(path, 80)))


def file_name(callsign: str, ending: str) -> str:
    """The name of a person's file: one for each callsign, of letters, digits, ``-``, ``_`` and ``.``; all else as ``%`` and its bytes."""
    name = "".join(char if char.isalnum() or char in "-_." else _spelt(char) for char in callsign)
    return f"{_spelt('.') + name[1:] if name.startswith('.') else name}.{ending}"


def _spelt(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
