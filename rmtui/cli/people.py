"""``rmtui people``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

from rmtui.cli.asking import confirm, offering_force
from rmtui.cli.bulk import act_on, chosen_people, only_one
from rmtui.cli.enrollments import csr_of, entries
from rmtui.cli.output import one, say, table
from rmtui.cli.paging import asked, every
from rmtui.cli.telling import one_told
from rmtui.cli.usage import UsageError
from rmtui.i18n import later, tr
from rmtui.services import bulk_actions, certificates, people
from rmtui.services.certificates import NotTold, Reissued, Revoked
from rmtui.services.types import PeopleQuery, PersonRow
from rmtui.text import plain

EFFECT = ("id", "created", "event", "target", "state", "failing", "attempts", "next_try", "done_on", "last_error")
"""What is said of each effect, as ``rmtui effects list`` says it."""


def _record(row: PersonRow) -> dict[str, Any]:
    return {
        "callsign": row.callsign,
        "status": tr("revoked") if row.revoked_on else tr("active"),
        "roles": row.roles,
        "created": row.created,
        "revoked_on": row.revoked_on,
        "revoke_reason": row.revoke_reason,
        "expires": row.expires,
        "pk": row.pk,
    }


def list_(args: argparse.Namespace) -> None:
    """List people and their roles."""
    query = asked(PeopleQuery(status=args.status, role=args.role, expiring=args.expiring), args)

    def records() -> Iterator[dict[str, Any]]:
        for row in every(people.list_people, people.cursor, query):
            yield _record(row)

    table(records(), ("callsign", "status", "roles", "created", "revoked_on", "revoke_reason", "expires"), args.format)


def show(args: argparse.Namespace) -> None:
    """Show one person, their certificate and history."""
    found = people.find(args.callsign)
    certificate = found.certificate
    one(
        {
            **_record(found.row),
            "approved_by": found.approved_by,
            "approved_on": found.approved_on,
            "pool": found.pool,
            "certspath": found.certspath,
            "files": found.files,
            "serial": certificate.serial if certificate else None,
            "fingerprint": certificate.fingerprint if certificate else None,
            "subject": certificate.subject if certificate else None,
            "issuer": certificate.issuer if certificate else None,
            "key": certificate.key if certificate else None,
            "not_before": certificate.not_before if certificate else None,
            "not_after": certificate.not_after if certificate else None,
            "crl": certificate.crl.sentence if certificate else None,
            "certificate_problem": found.certificate_problem,
            "extra": dict(found.extra),
            "effects": [{name: getattr(row, name) for name in EFFECT} for row in found.effects],
            "history": entries(found.history),
        },
        args.format,
    )


def revoke(args: argparse.Namespace) -> int | None:
    """Revoke somebody, or several, and their certificates."""
    callsign = only_one(args)
    if callsign is None:
        return act_on(
            args,
            chosen_people(args),
            tr("revoke ({reason})", reason=args.reason),
            later("Revoke ({reason}) {who}?"),
            lambda targets, stop: bulk_actions.revoke(args.who, targets, args.reason, stop=stop),
            reason=args.reason,
        )
    row = people.by_callsign(callsign)
    confirm(
        tr("Revoke {callsign} ({reason})? They cannot come back under this callsign.", callsign=plain(row.callsign), reason=args.reason),
        args.yes,
    )
    _act(lambda: certificates.revoke(args.who, row.pk, args.reason), args)
    return None


def reissue(args: argparse.Namespace) -> int | None:
    """Give somebody, or several, a new certificate."""
    callsign = only_one(args)
    if callsign is None:
        if args.csr is not None:
            raise UsageError(tr("--csr is for one callsign"))
        return act_on(
            args,
            chosen_people(args),
            tr("reissue"),
            later("Make new certificates and revoke the old ones, for {who}?"),
            lambda targets, stop: bulk_actions.reissue(args.who, targets, stop=stop),
        )
    row = people.by_callsign(callsign)
    csr = csr_of(args.csr)
    confirm(tr("Make a new certificate for {callsign}? The old one is revoked.", callsign=plain(row.callsign)), args.yes)
    _act(lambda: certificates.reissue(args.who, row.pk, csr=csr), args)
    return None


def _act(act: Callable[[], Revoked | Reissued], args: argparse.Namespace) -> None:
    """Do it and print what was done, that too of which the authority was not told; this is then said, and is no success.

    :raises NotTold: it was not.
    """
    try:
        done = act()
    except NotTold as error:
        one_told(_done(error.done), args)
        raise
    if done.left:
        say(tr("Warning: {error}", error=done.left))
    one_told(_done(done), args)


def _done(done: Revoked | Reissued) -> dict[str, Any]:
    if isinstance(done, Revoked):
        return {"callsign": done.callsign, "status": tr("revoked"), "revoke_reason": done.reason, "serials": done.serials, "pk": done.pk}
    return {
        "callsign": done.callsign,
        "serial": done.serial,
        "not_after": done.not_after,
        "superseded": done.superseded,
        "files": done.files,
        "pk": done.pk,
    }


def export(args: argparse.Namespace) -> int | None:
    """Write somebody's PFX or PEM to a file, or those of several into a directory."""
    callsign = only_one(args)
    if callsign is None:
        if args.force:
            raise UsageError(tr("--force is for one callsign"))
        return act_on(
            args,
            chosen_people(args),
            tr("export to {path}", path=plain(args.to)),
            later("Write to {path} the {form} of {who}?"),
            lambda targets, stop: bulk_actions.export(args.who, targets, args.to, pem=args.pem, stop=stop),
            path=plain(args.to),
            form="PEM" if args.pem else "PFX",
        )
    row = people.by_callsign(callsign)
    confirm(
        tr(
            "Write the {form} of {callsign} to {path}?",
            form="PEM" if args.pem else "PFX",
            callsign=plain(row.callsign),
            path=plain(args.to),
        ),
        args.yes,
    )
    with offering_force():
        done = certificates.export(args.who, row.pk, args.to, pem=args.pem, force=args.force)
    if done.key is False:
        say(tr("{callsign} keeps the key themselves; it is not in the file.", callsign=plain(done.callsign)))
    one({"callsign": done.callsign, "path": done.path, "form": done.form, "pk": done.pk}, args.format)
    return None
