"""Make login codes good for nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget

from rmtui import clock
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr, trn
from rmtui.services import bulk_actions, codes
from rmtui.services.bulk import Report, Target
from rmtui.services.codes import CodeRow
from rmtui.tui.codes_source import code_name
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.dialogs.bulk import BulkDialog, Told
from rmtui.tui.glyphs import show
from rmtui.tui.keynames import key_of

__all__ = ["BurnCodeDialog", "BurnCodesDialog"]


class BurnCodeDialog(Dialog[CodeRow]):
    """One; opens on Cancel."""

    CONFIRM = later("Burn")
    DANGER = True

    def __init__(self, row: CodeRow) -> None:
        super().__init__(tr("Burn {name}", name=show(code_name(row), 54)))
        self._row = row

    def body(self) -> Iterable[Widget]:
        """What follows from it."""
        by, when = show(self._row.created_by or "", 80), clock.stamp(self._row.created)
        yield prose(
            tr("It was made by {by} on {when}, and nobody has used it.", by=by, when=when)
            if by
            else tr("It was made on {when}, and nobody has used it.", when=when)
        )
        yield prose(
            tr(
                "Burnt, it is good for nothing: nobody signs in with it any more. It stays in the list as burnt, and "
                "cannot be had back; {new} makes another.",
                new=key_of("code.new", "n"),
            )
        )

    def submit(self) -> None:
        """Burn."""
        operator, pk = self.console.operator, self._row.pk
        self.act(lambda: codes.burn(operator, pk), tr("burning a login code"))

    def refused(self, error: RmtuiError) -> None:
        """Once it is used or burnt there is nothing left to do."""
        if self.final(error):
            self.over()

    def finished(self, value: CodeRow) -> None:
        """Gone."""
        self.dismiss(value)


class BurnCodesDialog(BulkDialog):
    """All that are marked."""

    VERB = later("Burn")

    def heading(self, number: int) -> str:
        """Login codes."""
        return trn("Burn {number} login code", "Burn {number} login codes", number, number=f"{number:,}")

    def consequences(self) -> Iterable[Widget]:
        """What follows from it."""
        yield prose(
            tr("Burnt, they are good for nothing: nobody signs in with them any more. They stay in the list, and cannot be had back.")
        )

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Burn each."""
        operator = self.console.operator
        return lambda: bulk_actions.burn_codes(operator, targets, told=told, stop=stop)
