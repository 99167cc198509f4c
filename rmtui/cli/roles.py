"""``rmtui roles``."""

from __future__ import annotations

import argparse

from rmtui.cli.asking import confirm
from rmtui.cli.bulk import act_on, chosen_people, single
from rmtui.cli.output import one, say, table
from rmtui.cli.paging import asked
from rmtui.services import bulk_actions, people, roles
from rmtui.services.types import RoleQuery
from rmtui.text import plain


def list_(args: argparse.Namespace) -> None:
    """List roles and how many people have each."""
    rows = roles.narrowed(roles.list_roles(), asked(RoleQuery(), args))
    table(({"role": row.role, "members": row.members} for row in rows), ("role", "members"), args.format)


def _after(callsign: str, form: str) -> None:
    row = people.by_callsign(callsign)
    one({"callsign": row.callsign, "roles": row.roles, "pk": row.pk}, form)


def assign(args: argparse.Namespace) -> int | None:
    """Give somebody, or several, a role."""
    if not single(args):
        return act_on(
            args,
            chosen_people(args),
            f"assign {plain(args.role)}",
            f"Give the role {plain(args.role)} to",
            lambda targets, stop: bulk_actions.assign_role(args.who, targets, args.role, stop=stop),
        )
    row = people.by_callsign(args.callsign)
    confirm(f"Give {plain(row.callsign)} the role {plain(args.role)}?", args.yes)
    if not roles.assign(args.who, row.pk, args.role):
        say(f"{plain(row.callsign)} has the role {plain(args.role)} already.")
    _after(row.callsign, args.format)
    return None


def remove(args: argparse.Namespace) -> int | None:
    """Take a role from somebody, or several."""
    if not single(args):
        return act_on(
            args,
            chosen_people(args),
            f"remove {plain(args.role)}",
            f"Take the role {plain(args.role)} from",
            lambda targets, stop: bulk_actions.remove_role(args.who, targets, args.role, stop=stop),
        )
    row = people.by_callsign(args.callsign)
    confirm(f"Take the role {plain(args.role)} from {plain(row.callsign)}?", args.yes)
    if not roles.remove(args.who, row.pk, args.role):
        raise roles.NotAMember(f"{plain(row.callsign)} does not have the role {plain(args.role)}; nothing was changed.")
    _after(row.callsign, args.format)
    return None
