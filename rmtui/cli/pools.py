"""``rmtui pools``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

from rmtui import clock
from rmtui.cli.asking import confirm
from rmtui.cli.enrollments import entries
from rmtui.cli.output import one, say, table
from rmtui.cli.paging import asked, every
from rmtui.services import enrollments, filters, pools
from rmtui.services.pools import PoolQuery, PoolRow
from rmtui.services.types import EnrollmentQuery, State
from rmtui.text import plain

COLUMNS = ("code", "owner", "active", "created", "age", "pending", "approved", "rejected")


def _record(row: PoolRow, form: str) -> dict[str, Any]:
    """An invite; whose owner is gone says so to the eye, and is null in JSON, as a callsign may be any word."""
    return {
        "code": row.code,
        "owner": "gone" if row.owner is None and form != "json" else row.owner,
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
    confirm(f"Make an invite{'' if args.owner is None else ' of ' + plain(args.owner)}?", args.yes)
    one(_record(pools.create(args.who, args.owner), args.format), args.format)


def _after(row: PoolRow, form: str) -> None:
    one(_record(pools.pool(row.pk).row, form), form)


def _switch(args: argparse.Namespace, verb: str, change: Callable[..., bool]) -> None:
    row = pools.find(args.invite).row
    confirm(f"{verb} the invite {plain(row.code)}?", args.yes)
    if not change(args.who, row.pk):
        say(f"The invite {plain(row.code)} is {verb.lower()}d already.")
    _after(row, args.format)


def enable(args: argparse.Namespace) -> None:
    """Let people come through an invite."""
    _switch(args, "Enable", pools.enable)


def disable(args: argparse.Namespace) -> None:
    """Let nobody come through an invite."""
    _switch(args, "Disable", pools.disable)


def delete(args: argparse.Namespace) -> None:
    """Delete an invite."""
    row = pools.find(args.invite).row
    confirm(f"Delete the invite {plain(row.code)}, for good?", args.yes)
    pools.delete(args.who, row.pk)
    _after(row, args.format)


def reset(args: argparse.Namespace) -> None:
    """Give an invite a new code and print it."""
    row = pools.find(args.invite).row
    confirm(f"Give the invite {plain(row.code)} a new code? The old one stops working.", args.yes)
    pools.reset(args.who, row.pk)
    _after(row, args.format)
