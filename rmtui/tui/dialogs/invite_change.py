"""Enable, disable or delete an invite, or all that are marked; give one a new code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget

from rmtui.services import pools, pools_many
from rmtui.services.bulk import Report, Target
from rmtui.services.pools import PoolRow
from rmtui.services.pools_many import Change
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.dialogs.bulk import BulkDialog, Told
from rmtui.tui.invites_source import code_of, owner_of

__all__ = ["ChangeInviteDialog", "ChangeInvitesDialog", "ResetInviteDialog"]

FOLLOWS = {
    "enable": "Whoever has the code can come through again, and asks to be approved as everybody does.",
    "disable": "Nobody comes through any more. Who came through stays as they are: those pending still wait for a decision. "
    "It can be enabled again.",
    "delete": "Nobody comes through any more, for good: a deleted invite cannot be enabled again. Who came through stays as they are.",
}
"""What follows from each change, of one invite or of each of many."""


def _about(row: PoolRow) -> str:
    """An invite, as the head of a sentence."""
    came = "Nobody has" if not row.total else "1 person has" if row.total == 1 else f"{row.total:,} people have"
    return f"The invite {code_of(row)}, owner {owner_of(row)}. {came} come through it."


class ChangeInviteDialog(Dialog[bool]):
    """Says what follows and asks whether; gives whether it was done, and False when it was so already."""

    def __init__(self, row: PoolRow, change: Change) -> None:
        self.CONFIRM = change.capitalize()  # type: ignore[misc]
        self.DANGER = change == "delete"  # type: ignore[misc]
        super().__init__(f"{change.capitalize()} invite {code_of(row)}")
        self._row, self._change = row, change

    def body(self) -> Iterable[Widget]:
        """Which, and what follows."""
        yield prose(_about(self._row))
        yield prose(FOLLOWS[self._change])

    def first_focus(self) -> str:
        """What can be undone opens on its button."""
        return "#cancel" if self.DANGER else "#confirm"

    def submit(self) -> None:
        """Do it."""
        operator, pk = self.console.operator, self._row.pk
        work = {"enable": pools.enable, "disable": pools.disable, "delete": pools.delete}[self._change]
        self.act(lambda: work(operator, pk), f"changing the invite {code_of(self._row)}")

    def finished(self, value: bool | None) -> None:
        """Deleting gives nothing, and is refused where there is nothing to delete."""
        self.dismiss(value is not False)


class ResetInviteDialog(Dialog[str]):
    """Opens on Cancel; gives the new code."""

    CONFIRM = "New code"
    DANGER = True

    def __init__(self, row: PoolRow) -> None:
        super().__init__(f"New code for invite {code_of(row)}")
        self._row = row

    def body(self) -> Iterable[Widget]:
        """Which, and what follows."""
        yield prose(_about(self._row))
        yield prose(
            f"The code {code_of(self._row)} stops working at once, and so do its link, its QR code and every sheet printed with them. "
            "The new code is shown next. Who came through stays as they are."
        )

    def submit(self) -> None:
        """Do it."""
        operator, pk = self.console.operator, self._row.pk
        self.act(lambda: pools.reset(operator, pk), f"giving the invite {code_of(self._row)} a new code")

    def finished(self, value: str) -> None:
        """The new code is for the next dialog."""
        self.dismiss(value)


class ChangeInvitesDialog(BulkDialog):
    """Enables, disables or deletes all that are marked."""

    NOUN = ("invite", "invites")

    def __init__(self, change: Change, targets: Sequence[Target], left_out: tuple[int, str]) -> None:
        self.VERB = change.capitalize()  # type: ignore[misc]
        super().__init__(targets, left_out)
        self._change = change

    def consequences(self) -> Iterable[Widget]:
        """What follows for each."""
        follows = FOLLOWS[self._change]
        yield prose(f"For each of them: {follows[0].lower()}{follows[1:]}")

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Change each."""
        operator, change = self.console.operator, self._change
        return lambda: pools_many.change(operator, change, targets, told=told, stop=stop)
