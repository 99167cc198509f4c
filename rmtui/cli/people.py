"""``rmtui people``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from rmtui.cli.enrollments import entries
from rmtui.cli.output import one, table
from rmtui.cli.paging import every
from rmtui.services import people
from rmtui.services.types import PeopleQuery, PersonRow


def _record(row: PersonRow) -> dict[str, Any]:
    return {
        "callsign": row.callsign,
        "status": "revoked" if row.revoked_on else "active",
        "roles": row.roles,
        "created": row.created,
        "revoked_on": row.revoked_on,
        "revoke_reason": row.revoke_reason,
        "pk": row.pk,
    }


def list_(args: argparse.Namespace) -> None:
    """List people and their roles."""
    query = PeopleQuery(status=args.status, role=args.role)

    def records() -> Iterator[dict[str, Any]]:
        for row in every(people.list_people, people.cursor, query):
            yield _record(row)

    table(records(), ("callsign", "status", "roles", "created", "revoked_on", "revoke_reason"), args.format)


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
            "certificate_problem": found.certificate_problem,
            "extra": dict(found.extra),
            "history": entries(found.history),
        },
        args.format,
    )
