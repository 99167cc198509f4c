"""What there is to say about one invite, as sections of label and value."""

from __future__ import annotations

from rmtui.i18n import later, tr
from rmtui.services.types import State
from rmtui.tui.facts import CUT, extra_sections, history_sections, kept, when
from rmtui.tui.glyphs import show
from rmtui.tui.invites_source import Invite, code_of, owner_of, state_of
from rmtui.tui.widgets.facts import Section

__all__ = ["invite_sections"]

CAME = {State.PENDING: later("Pending"), State.APPROVED: later("Approved"), State.REJECTED: later("Rejected")}
"""What became of somebody, in a word."""


def invite_sections(invite: Invite) -> list[Section]:
    """An invite, whole, with the first of those whom it brought."""
    row = invite.detail.row
    about = Section(
        code_of(row),
        kept(
            (tr("State"), state_of(row).text),
            (tr("Owner"), owner_of(row)),
            (tr("Made"), when(row.created)),
            (tr("Deleted"), when(row.deleted)),
            (tr("Link"), show(invite.link or invite.no_link, CUT)),
        ),
    )
    came = []
    for state, number in ((State.PENDING, row.pending), (State.APPROVED, row.approved), (State.REJECTED, row.rejected)):
        names = invite.came.get(state, ())
        told = f"{number:,}"
        if names:
            told += f": {', '.join(show(name, 64) for name in names)}"
        if names and number > len(names):
            told = tr("{names} and {more} more", names=told, more=f"{number - len(names):,}")
        came.append((tr(CAME[state]), told))
    sections = [about, Section(tr("Who came through"), tuple(came))]
    return [*sections, *history_sections(invite.detail.history), *extra_sections(invite.detail.extra)]
