"""``rmtui pools``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

from rmtui import clock
from rmtui.cli.asking import confirm
from rmtui.cli.bulk import act_on, chosen_by
from rmtui.cli.enrollments import entries
from rmtui.cli.output import one, say, table
from rmtui.cli.paging import asked, every
from rmtui.i18n import later, tr
from rmtui.services import enrollments, filters, pools
from rmtui.services.bulk import Target
from rmtui.services.pools import PoolQuery, PoolRow
from rmtui.services.pools_many import Change, change
from rmtui.services.types import EnrollmentQuery, State
from rmtui.text import plain

COLUMNS = ("code", "owner", "active", "created", "age", "pending", "approved", "rejected")


def _record(row: PoolRow, form: str) -> dict[str, Any]:
    """An invite; whose owner is gone says so to the eye, and is null in JSON, as a callsign may be any word."""
    return {
        "code": row.code,
        "owner": tr("gone") if row.owner is None and form != "json" else row.owner,
        "active": row.active and row.deleted is None,
        "created": row.created,
        "age": clock.age(row.created),
        "deleted": row.deleted,
        "pending": row.pending,
        "approved": row.approved,
        "rejected": row.rejected,
        "pk": row.pk,
    }


def list_(args: argparse.Namespace) -> None:
    """List invites, and how many came through each."""
    query = asked(PoolQuery(deleted=args.all), args)
    deleted = args.all or "state" in filters.typed(args.filter, filters.POOLS)

    def records() -> Iterator[dict[str, Any]]:
        for row in every(pools.list_pools, pools.cursor, query):
            yield _record(row, args.format)

    table(records(), (*COLUMNS, "deleted") if deleted else COLUMNS, args.format)


def show(args: argparse.Namespace) -> None:
    """Show one invite, who came through it, and its history."""
    found = pools.find(args.invite)
    came: dict[State, list[str]] = {state: [] for state in State}
    query = EnrollmentQuery(state=None, pool=found.row.pk)
    for row in every(enrollments.list_enrollments, enrollments.cursor, query):
        came[row.state].append(row.callsign)
    one(
        {
            **_record(found.row, args.format),
            **{f"{state.value}_callsigns": tuple(callsigns) for state, callsigns in came.items()},
            "extra": found.extra,
            "history": entries(found.history),
        },
        args.format,
    )


def create(args: argparse.Namespace) -> None:
    """Make an invite and print its code."""
    asked = tr("Make an invite?") if args.owner is None else tr("Make an invite of {owner}?", owner=plain(args.owner))
    confirm(asked, args.yes)
    one(_record(pools.create(args.who, args.owner), args.format), args.format)


def _after(row: PoolRow, form: str) -> None:
    one(_record(pools.pool(row.pk).row, form), form)


_CHANGES: dict[Change, tuple[Callable[..., bool | None], str, str, str, str]] = {
    "enable": (
        pools.enable,
        later("enable"),
        later("Enable the invite {code}?"),
        later("Enable invites, {who}?"),
        later("The invite {code} is enabled already."),
    ),
    "disable": (
        pools.disable,
        later("disable"),
        later("Disable the invite {code}?"),
        later("Disable invites, {who}?"),
        later("The invite {code} is disabled already."),
    ),
    "delete": (
        pools.delete,
        later("delete"),
        later("Delete the invite {code}, for good?"),
        later("Delete invites, {who}, for good?"),
        "",
    ),
}
"""What changes one, and is False where it was so already; what that is called; what is asked about one, and about several; and what is
said where it was so already."""


def _change(args: argparse.Namespace, what: Change) -> int | None:
    """Change one invite, or several, each with a result."""
    act, verb, about_one, about_several, already = _CHANGES[what]
    if len(args.invite) > 1 or args.dry_run:
        chosen = chosen_by(args.invite, lambda code: _target(pools.find(code).row), plain)
        return act_on(
            args, chosen, tr(verb), about_several, lambda targets, stop: change(args.who, what, targets, stop=stop), column="invite"
        )
    row = pools.find(args.invite[0]).row
    confirm(tr(about_one, code=plain(row.code)), args.yes)
    if act(args.who, row.pk) is False:
        say(tr(already, code=plain(row.code)))
    _after(row, args.format)
    return None


def _target(row: PoolRow) -> Target:
    return Target(row.pk, row.code)


def enable(args: argparse.Namespace) -> int | None:
    """Let people come through invites."""
    return _change(args, "enable")


def disable(args: argparse.Namespace) -> int | None:
    """Let nobody come through invites."""
    return _change(args, "disable")


def delete(args: argparse.Namespace) -> int | None:
    """Delete invites."""
    return _change(args, "delete")


def reset(args: argparse.Namespace) -> None:
    """Give an invite a new code and print it."""
    row = pools.find(args.invite).row
    confirm(tr("Give the invite {code} a new code? The old one stops working.", code=plain(row.code)), args.yes)
    pools.reset(args.who, row.pk)
    _after(row, args.format)
