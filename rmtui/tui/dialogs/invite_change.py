"""Enable, disable or delete an invite, or all that are marked; give one a new code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from textual.widget import Widget

from rmtui.i18n import later, tr, trn
from rmtui.services import pools, pools_many
from rmtui.services.bulk import Report, Target
from rmtui.services.pools import PoolRow
from rmtui.services.pools_many import Change
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.dialogs.bulk import BulkDialog, Told
from rmtui.tui.invites_source import code_of, owner_of

__all__ = ["ChangeInviteDialog", "ChangeInvitesDialog", "ResetInviteDialog"]

FOLLOWS = {
    "enable": later("Whoever has the code can come through again, and asks to be approved as everybody does."),
    "disable": later(
        "Nobody comes through any more. Who came through stays as they are: those pending still wait for a "
        "decision. It can be enabled again."
    ),
    "delete": later(
        "Nobody comes through any more, for good: a deleted invite cannot be enabled again. Who came through stays as they are."
    ),
}
"""What follows from each change, of one invite or of each of many."""
BUTTONS: Mapping[Change, str] = {"enable": later("Enable"), "disable": later("Disable"), "delete": later("Delete")}
TITLES: Mapping[Change, str] = {
    "enable": later("Enable invite {code}"),
    "disable": later("Disable invite {code}"),
    "delete": later("Delete invite {code}"),
}


def _about(row: PoolRow) -> str:
    """An invite, as the head of a sentence."""
    code, owner = code_of(row), owner_of(row)
    if not row.total:
        return tr("The invite {code}, owner {owner}. Nobody has come through it.", code=code, owner=owner)
    return trn(
        "The invite {code}, owner {owner}. {number} person has come through it.",
        "The invite {code}, owner {owner}. {number} people have come through it.",
        row.total,
        code=code,
        owner=owner,
        number=f"{row.total:,}",
    )


class ChangeInviteDialog(Dialog[bool]):
    """Says what follows and asks whether; gives whether it was done, and False when it was so already."""

    def __init__(self, row: PoolRow, change: Change) -> None:
        self.CONFIRM = BUTTONS[change]  # type: ignore[misc]
        self.DANGER = change == "delete"  # type: ignore[misc]
        super().__init__(tr(TITLES[change], code=code_of(row)))
        self._row, self._change = row, change

    def body(self) -> Iterable[Widget]:
        """Which, and what follows."""
        yield prose(_about(self._row))
        yield prose(tr(FOLLOWS[self._change]))

    def first_focus(self) -> str:
        """What can be undone opens on its button."""
        return "#cancel" if self.DANGER else "#confirm"

    def submit(self) -> None:
        """Do it."""
        operator, pk = self.console.operator, self._row.pk
        work = {"enable": pools.enable, "disable": pools.disable, "delete": pools.delete}[self._change]
        self.act(lambda: work(operator, pk), tr("changing the invite {code}", code=code_of(self._row)))

    def finished(self, value: bool | None) -> None:
        """Deleting gives nothing, and is refused where there is nothing to delete."""
        self.dismiss(value is not False)


class ResetInviteDialog(Dialog[str]):
    """Opens on Cancel; gives the new code."""

    CONFIRM = later("New code")
    DANGER = True

    def __init__(self, row: PoolRow) -> None:
        super().__init__(tr("New code for invite {code}", code=code_of(row)))
        self._row = row

    def body(self) -> Iterable[Widget]:
        """Which, and what follows."""
        yield prose(_about(self._row))
        yield prose(
            tr(
                "The code {code} stops working at once, and so do its link, its QR code and every sheet printed with "
                "them. The new code is shown next. Who came through stays as they are.",
                code=code_of(self._row),
            )
        )

    def submit(self) -> None:
        """Do it."""
        operator, pk = self.console.operator, self._row.pk
        self.act(lambda: pools.reset(operator, pk), tr("giving the invite {code} a new code", code=code_of(self._row)))

    def finished(self, value: str) -> None:
        """The new code is for the next dialog."""
        self.dismiss(value)


class ChangeInvitesDialog(BulkDialog):
    """Enables, disables or deletes all that are marked."""

    def __init__(self, change: Change, targets: Sequence[Target], left_out: tuple[int, str]) -> None:
        self.VERB = BUTTONS[change]  # type: ignore[misc]
        self._change = change
        super().__init__(targets, left_out)

    def heading(self, number: int) -> str:
        """Invites."""
        said = f"{number:,}"
        if self._change == "enable":
            return trn("Enable {number} invite", "Enable {number} invites", number, number=said)
        if self._change == "disable":
            return trn("Disable {number} invite", "Disable {number} invites", number, number=said)
        return trn("Delete {number} invite", "Delete {number} invites", number, number=said)

    def consequences(self) -> Iterable[Widget]:
        """What follows for each."""
        follows = tr(FOLLOWS[self._change])
        yield prose(tr("For each of them: {follows}", follows=follows[0].lower() + follows[1:]))

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Change each."""
        operator, change = self.console.operator, self._change
        return lambda: pools_many.change(operator, change, targets, told=told, stop=stop)
