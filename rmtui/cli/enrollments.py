"""``rmtui enrollments``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from rmtui import settings
from rmtui.cli.asking import confirm, read_code
from rmtui.cli.bulk import act_on, chosen_enrollments, only_one
from rmtui.cli.output import one, say, table
from rmtui.cli.paging import asked, every
from rmtui.cli.telling import one_told
from rmtui.cli.usage import UsageError
from rmtui.i18n import later, tr
from rmtui.services import bulk_actions, deployment, enrollments
from rmtui.services.requests import read_given_request, read_request
from rmtui.services.types import AuditEntry, CreatedEnrollment, EnrollmentQuery, EnrollmentRow, State
from rmtui.text import plain


def _record(row: EnrollmentRow) -> dict[str, Any]:
    return {
        "callsign": row.callsign,
        "state": tr(row.state.value),
        "created": row.created,
        "decided_on": row.decided_on,
        "decided_by": row.decided_by,
        "pool": row.pool,
        "csr": row.has_csr,
        "pk": row.pk,
    }


def entries(history: tuple[AuditEntry, ...]) -> tuple[dict[str, Any], ...]:
    """A history as records."""
    return tuple(
        {
            "at": each.at,
            "operator": each.operator,
            "proof": tr(each.proof),
            "action": each.action,
            "outcome": tr(each.outcome),
            "detail": each.about,
        }
        for each in history
    )


def list_(args: argparse.Namespace) -> None:
    """List enrolments."""
    query = asked(EnrollmentQuery(state=None if args.state == "all" else State(args.state)), args)

    def records() -> Iterator[dict[str, Any]]:
        for row in every(enrollments.list_enrollments, enrollments.cursor, query):
            yield _record(row)

    table(records(), ("callsign", "state", "created", "decided_on", "decided_by", "pool", "csr"), args.format)


def show(args: argparse.Namespace) -> None:
    """Show one enrolment and its history; never its approve code."""
    found = enrollments.find(args.callsign)
    one(
        {
            **_record(found.row),
            "problem": found.problem,
            "reason": found.reason,
            "csr_details": found.csr,
            "csr_fingerprint": found.csr_fingerprint,
            "looks_like": found.lookalikes,
            "being_approved_by": found.claimed_by,
            "extra": dict(found.extra),
            "history": entries(found.history),
        },
        args.format,
    )


def csr_of(name: str | None) -> str | None:
    """The text of the request that ``--csr`` names; None when it names none."""
    if name == "-":
        return read_given_request(settings.standard_input())
    return None if name is None else read_request(name)


def create(args: argparse.Namespace) -> None:
    """Make an enrolment and print its approve code."""
    csr = csr_of(args.csr)
    confirm(tr("Make an enrolment for {callsign}?", callsign=plain(args.callsign)), args.yes)
    _print_code(enrollments.create(args.who, args.callsign, csr=csr, invitecode=args.pool), args.format)


def approve(args: argparse.Namespace) -> int | None:
    """Approve with the code that was read out, or with a list of codes."""
    if (args.codes is None) == (args.callsign is None) or (args.codes is None) != (args.code is not None):
        raise UsageError(tr("approve takes CALLSIGN and --code, or --codes"))
    if args.codes is not None:
        from rmtui.cli import batches

        return batches.approve(args)
    if args.dry_run:
        raise UsageError(tr("--dry-run goes with --codes"))
    row = enrollments.by_callsign(args.callsign)
    code = read_code(args.code)
    ahead = enrollments.preview(row.pk)
    name, alike = plain(row.callsign), ahead.detail.lookalikes
    for other in alike:
        say(tr("Warning: {name} looks like {other}.", name=name, other=plain(other)))
    if ahead.blocked is None or ahead.detail.claimed_by:
        signs = {"name": name, "subject": plain(ahead.subject), "key": plain(ahead.key)}
        if ahead.hours is None:
            question = tr("Approve {name}? Signs {subject} with {key}, for as long as the CA decides.", **signs)
        else:
            question = tr("Approve {name}? Signs {subject} with {key}, {hours} hours.", hours=ahead.hours, **signs)
        confirm(question, args.yes)
    done = enrollments.approve(args.who, row.pk, code, accept_lookalikes=bool(alike), shown=ahead)
    one_told(
        {
            "callsign": done.callsign,
            "state": tr("approved"),
            "person": done.person,
            "serial": done.serial,
            "not_after": done.not_after,
            "files": done.files,
        },
        args,
    )
    return None


def reject(args: argparse.Namespace) -> int | None:
    """Reject one, or several, with a reason."""
    callsign = only_one(args)
    if callsign is None:
        chosen = chosen_enrollments(args)
        if not args.dry_run and chosen.known and deployment.open_deployment().has_web_page:
            everybody = tr("each of them")
            say(tr("Warning: {warning}", warning=enrollments.told_accepted(everybody)))
        return act_on(
            args,
            chosen,
            tr("reject"),
            later("Reject {who}?"),
            lambda targets, stop: bulk_actions.reject(args.who, targets, args.reason, stop=stop),
        )
    row = enrollments.by_callsign(callsign)
    if deployment.open_deployment().has_web_page:
        say(tr("Warning: {warning}", warning=enrollments.told_accepted(row.callsign)))
    confirm(tr("Reject {callsign}?", callsign=plain(row.callsign)), args.yes)
    enrollments.reject(args.who, row.pk, args.reason)
    one(_record(enrollments.enrollment(row.pk).row), args.format)
    return None


def _print_code(made: CreatedEnrollment, form: str) -> None:
    one({"callsign": made.callsign, "state": tr("pending"), "approvecode": made.approvecode, "pk": made.pk}, form)
    if form == "text":
        say(tr("Hand the approve code to the person; it is not shown again."))


def reopen(args: argparse.Namespace) -> None:
    """Make a rejected enrolment pending again and print its new approve code."""
    row = enrollments.by_callsign(args.callsign)
    confirm(tr("Re-open the enrolment of {callsign}?", callsign=plain(row.callsign)), args.yes)
    _print_code(enrollments.reopen(args.who, row.pk), args.format)


def reset(args: argparse.Namespace) -> None:
    """Give a pending enrolment a new approve code and print it."""
    row = enrollments.by_callsign(args.callsign)
    confirm(tr("Give the enrolment of {callsign} a new approve code? The old one stops working.", callsign=plain(row.callsign)), args.yes)
    _print_code(enrollments.reset_code(args.who, row.pk), args.format)
