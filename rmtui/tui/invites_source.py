"""Invites as a list of the console, and what there is to say about one."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from rmtui import clock
from rmtui.errors import ConfigurationError, RmtuiError, UnreachableError
from rmtui.i18n import later, tr
from rmtui.services import enrollments, links, pools
from rmtui.services.pools import PoolDetail, PoolQuery, PoolRow
from rmtui.services.types import Count, Cursor, EnrollmentQuery, Page, State
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.keynames import key_of
from rmtui.tui.paging import around_of, page_of
from rmtui.tui.sources import text_cell
from rmtui.tui.widgets.columns import Cell, Column, wide
from rmtui.tui.widgets.source import Source
from rmtui.tui.widgets.window import Around, Place
from rmtui.voice import grouped

__all__ = ["Invite", "InvitesSource", "code_of", "owner_of", "read_invite", "state_of"]

FEW = 8
"""Callsigns of a state that the details name."""
ACTIVE, DISABLED, DELETED = later("active"), later("disabled"), later("deleted")
"""How a state is called."""


@dataclass(frozen=True, slots=True)
class Invite:
    """One invite with its link, and whom it brought."""

    detail: PoolDetail
    link: str
    no_link: str
    """Why there is no link, as a sentence; empty where there is one."""
    came: Mapping[State, tuple[str, ...]]
    """The first callsigns of each state, oldest first."""


def read_invite(pk: uuid.UUID) -> Invite:
    """Everything about an invite; a query for each state that somebody is in, whose callsigns are :data:`FEW` at most."""
    detail = pools.pool(pk)
    numbers = {State.PENDING: detail.row.pending, State.APPROVED: detail.row.approved, State.REJECTED: detail.row.rejected}
    came = {}
    for state in (state for state, number in numbers.items() if number):
        page = enrollments.list_enrollments(EnrollmentQuery(state=state, pool=pk), limit=FEW)
        came[state] = tuple(row.callsign for row in page.rows)
    try:
        return Invite(detail, links.join_link(detail.row.code), "", came)
    except ConfigurationError as error:
        return Invite(detail, "", error.sentence, came)


def code_of(row: PoolRow) -> str:
    """The code of an invite as it is read aloud."""
    return show(grouped(row.code), 80)


def owner_of(row: PoolRow) -> str:
    """Whose it is."""
    return show(row.owner, 64) if row.owner is not None else tr("gone")


def state_of(row: PoolRow) -> Cell:
    """Whether people can come through, as symbol and word."""
    symbols = glyphs()
    if row.deleted is not None:
        return Cell(f"{symbols.refused} {tr(DELETED)}", "list--muted")
    return Cell(f"{symbols.done} {tr(ACTIVE)}", "list--good") if row.active else Cell(f"{symbols.pending} {tr(DISABLED)}", "list--pending")


def _number(value: int) -> Cell:
    return Cell(f"{value:,}", "" if value else "list--muted")


class InvitesSource(Source[PoolRow, PoolQuery]):
    """The codes that people come through."""

    def key(self, row: PoolRow) -> Hashable:
        return row.pk

    def name(self, row: PoolRow) -> str:
        return row.code

    def columns(self, query: PoolQuery) -> Sequence[Column[PoolRow]]:
        """All of them at 80 columns."""
        return [
            Column(tr("State"), state_of, wide(ACTIVE, DISABLED, DELETED), weight=9, sort="state"),
            Column(tr("Code"), lambda row: Cell(code_of(row)), 9, most=14, weight=10, sort="code"),
            Column(tr("Owner"), self._owner, 10, most=32, weight=8, sort="owner"),
            Column(tr("Age"), lambda row: Cell(clock.age(row.created)), 4, weight=7, sort="age", right=True),
            Column(tr("Pending"), lambda row: _number(row.pending), 8, weight=6, sort="pending", right=True, falling=True),
            Column(tr("Approved"), lambda row: _number(row.approved), 9, weight=5, sort="approved", right=True, falling=True),
            Column(tr("Rejected"), lambda row: _number(row.rejected), 9, weight=4, sort="rejected", right=True, falling=True),
        ]

    @staticmethod
    def _owner(row: PoolRow) -> Cell:
        return text_cell(row.owner) if row.owner is not None else Cell(tr("gone"), "list--muted")

    def cursor(self, query: PoolQuery, row: PoolRow) -> Cursor:
        return pools.cursor(query, row)

    def page(self, query: PoolQuery, place: Place) -> Page[PoolRow]:
        return page_of(pools.list_pools, query, place)

    def around(self, query: PoolQuery, row: PoolRow) -> Around[PoolRow]:
        return around_of(pools.list_pools, query, pools.cursor(query, row))

    def count(self, query: PoolQuery) -> Count:
        return pools.count_pools(query)

    def present(self, query: PoolQuery, rows: Sequence[PoolRow]) -> Sequence[PoolRow]:
        return pools.present(query, [row.pk for row in rows])

    def whereabouts(self, query: PoolQuery, row: PoolRow) -> str:
        """Deleted, or only moved."""
        try:
            now = pools.pool(row.pk).row
        except UnreachableError:
            raise
        except RmtuiError:
            return tr("The invite {code} is gone from the database.", code=code_of(row))
        if now.deleted is not None and row.deleted is None:
            return tr("The invite {code} was deleted, so it left this list.", code=code_of(row))
        return tr("The invite {code} has moved in the list.", code=code_of(row))

    def empty(self, query: PoolQuery) -> str:
        if query.text:
            return tr("No invite fits “{text}”. Esc clears the filter.", text=show(query.text))
        if query.deleted:
            return tr("There are no invites. {new} makes one.", new=key_of("invite.new", "n"))
        return tr(
            "There are no invites. {new} makes one. {others} shows deleted ones too.",
            new=key_of("invite.new", "n"),
            others=key_of("invites.state", "f"),
        )
