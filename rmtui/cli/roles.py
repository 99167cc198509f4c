"""``rmtui roles``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from rmtui.cli.asking import confirm
from rmtui.cli.bulk import act_on, chosen_people, only_one
from rmtui.cli.output import say, table
from rmtui.cli.paging import asked
from rmtui.cli.telling import one_told
from rmtui.i18n import later, tr
from rmtui.services import bulk_actions, people, roles
from rmtui.services.bulk import Report
from rmtui.services.types import RoleQuery
from rmtui.text import plain


def list_(args: argparse.Namespace) -> None:
    """List roles and how many people have each."""
    rows = roles.narrowed(roles.list_roles(), asked(RoleQuery(), args))
    table(({"role": row.role, "members": row.members} for row in rows), ("role", "members"), args.format)


def _several(args: argparse.Namespace, verb: str, question: str, change: Callable[..., Report]) -> int:
    return act_on(
        args,
        chosen_people(args),
        verb,
        question,
        lambda targets, stop: change(args.who, targets, args.role, stop=stop),
        role=plain(args.role),
    )


def _after(callsign: str, args: argparse.Namespace) -> None:
    row = people.by_callsign(callsign)
    one_told({"callsign": row.callsign, "roles": row.roles, "pk": row.pk}, args)


def assign(args: argparse.Namespace) -> int | None:
    """Give somebody, or several, a role."""
    role, callsign = plain(args.role), only_one(args)
    if callsign is None:
        return _several(args, tr("assign {role}", role=role), later("Give the role {role} to {who}?"), bulk_actions.assign_role)
    row = people.by_callsign(callsign)
    confirm(tr("Give {callsign} the role {role}?", callsign=plain(row.callsign), role=role), args.yes)
    if not roles.assign(args.who, row.pk, args.role):
        say(tr("{callsign} has the role {role} already.", callsign=plain(row.callsign), role=role))
    _after(row.callsign, args)
    return None


def remove(args: argparse.Namespace) -> int | None:
    """Take a role from somebody, or several."""
    role, callsign = plain(args.role), only_one(args)
    if callsign is None:
        return _several(args, tr("remove {role}", role=role), later("Take the role {role} from {who}?"), bulk_actions.remove_role)
    row = people.by_callsign(callsign)
    confirm(tr("Take the role {role} from {callsign}?", role=role, callsign=plain(row.callsign)), args.yes)
    if not roles.remove(args.who, row.pk, args.role):
        raise roles.NotAMember(
            tr("{callsign} does not have the role {role}; nothing was changed.", callsign=plain(row.callsign), role=role)
        )
    _after(row.callsign, args)
    return None
