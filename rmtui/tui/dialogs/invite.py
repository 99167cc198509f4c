"""Make an invite."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Input

from rmtui.i18n import later, tr
from rmtui.services import pools
from rmtui.services.pools import PoolRow
from rmtui.tui.dialogs.base import Dialog, entry, prose
from rmtui.tui.glyphs import show

__all__ = ["NewInviteDialog"]


class NewInviteDialog(Dialog[PoolRow]):
    """Takes whose it is to be; gives the invite, whose code and link are for the next dialog."""

    CONFIRM = later("Make invite")

    def __init__(self) -> None:
        super().__init__(tr("New invite"))

    def body(self) -> Iterable[Widget]:
        """One line to type in, which may stay empty."""
        yield prose(
            tr(
                "Makes a code that anybody who has it can ask to come in with, as often as they like, until it is "
                "disabled. Whoever comes through still has to be approved. The code and its link are shown next."
            )
        )
        yield entry(tr("Owner"), ident="owner", placeholder=tr("optional: a callsign; without one it is yours"))

    def submit(self) -> None:
        """Make it."""
        operator, owner = self.console.operator, self.query_one("#owner", Input).value.strip()
        doing = tr("making an invite of {owner}", owner=show(owner, 64)) if owner else tr("making an invite")
        self.act(lambda: pools.create(operator, owner or None), doing)

    def finished(self, value: PoolRow) -> None:
        """It is for the next dialog."""
        self.dismiss(value)
