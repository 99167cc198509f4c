"""What there is to say about one invite, as sections of label and value."""

from __future__ import annotations

from rmtui.services.types import State
from rmtui.tui.facts import CUT, extra_sections, history_sections, kept, when
from rmtui.tui.glyphs import show
from rmtui.tui.invites_source import Invite, code_of, owner_of, state_of
from rmtui.tui.widgets.facts import Section

__all__ = ["invite_sections"]


def invite_sections(invite: Invite) -> list[Section]:
    """An invite, whole, with the first of those whom it brought."""
    row = invite.detail.row
    about = Section(
        code_of(row),
        kept(
            ("State", state_of(row).text),
            ("Owner", owner_of(row)),
            ("Made", when(row.created)),
            ("Deleted", when(row.deleted)),
            ("Link", show(invite.link or invite.no_link, CUT)),
        ),
    )
    came = []
    for state, number in ((State.PENDING, row.pending), (State.APPROVED, row.approved), (State.REJECTED, row.rejected)):
        names = invite.came.get(state, ())
        more = f" and {number - len(names):,} more" if number > len(names) else ""
        came.append((state.capitalize(), f"{number:,}" + (f": {', '.join(show(name, 64) for name in names)}{more}" if names else "")))
    sections = [about, Section("Who came through", tuple(came))]
    return [*sections, *history_sections(invite.detail.history), *extra_sections(invite.detail.extra)]
